//! A client: does its operations, keeps its sessions' tokens, and goes from replica to replica as its router says.
//!
//! A client does one thing at a time unless it is told to be open-ended (a telemetry feed does not wait for its answers).
//! A write is never repeated after it may have been executed: without an answer its outcome is *indeterminate*.

mod backlog;
mod deadlines;
mod leaderless;
mod multi_leader;
mod pending;
mod reads;

pub use leaderless::{LeaderlessClient, Places, RingView};
pub use multi_leader::{LeadersView, MultiLeaderClient};

use crate::family::single_leader::{Answer, Message, SingleLeader};
use crate::family::{self, Effects, GroupId, Input, Now, Timer};
use crate::log::{Dependencies, Value};
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::operation::{Attempt, Completed, Deadline, Invocation, Kind, Outcome, Reason, Started};
use crate::router::{Pool, ReadMode, ReadSettings, TokenKind};
use crate::sabotage::Sabotage;
use crate::session::Session;
use crate::sorted::Map;
use crate::time::{LocalClock, SimDuration, SimTime};
use crate::version::Range;
use backlog::Backlog;
use deadlines::Deadlines;
use pending::{Operations, Pending};

/// How often a write is sent on to a replica that is said to lead.
const REDIRECTS_MAX: u8 = 3;

/// For how long a client goes by how far it has heard a follower to be.
const FRESH_FOR: SimDuration = SimDuration::secs(1);

/// What a client is told about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// Its number.
    pub id: NodeId,
    /// The clock by which it knows how long ago it wrote.
    pub clock: LocalClock,
    /// How it reads.
    pub read: ReadSettings,
    /// How long an operation may take.
    pub op_timeout: SimDuration,
    /// Whether it waits for the end of one operation before it starts the next.
    pub sequential: bool,
    /// The number of its session, for operations of which nothing else is said.
    pub session: u32,
    /// The other devices that find its session's token where it is kept.
    pub shares: Vec<NodeId>,
    /// Built-in defects.
    pub sabotage: Vec<Sabotage>,
}

/// What a client knows of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupView {
    /// All its replicas.
    pub members: Vec<NodeId>,
    /// Those of them that keep only some keys: they are read only by who asks for them.
    pub partial: Vec<NodeId>,
    /// Who leads.
    pub leader: NodeId,
    /// In which generation.
    pub epoch: Epoch,
}

impl GroupView {
    /// The replicas that do not lead.
    #[must_use]
    pub fn followers(&self) -> Vec<NodeId> {
        self.each_follower().collect()
    }

    /// One of them by any number: they take turns.
    pub(crate) fn follower(&self, number: u64) -> Option<NodeId> {
        let of = |count: usize| usize::try_from(number % count.max(1) as u64).unwrap_or(0);
        if !self.partial.is_empty() {
            return self.each_follower().nth(of(self.each_follower().count()));
        }
        // Nearly always: all members follow but one, which is left out by counting past it.
        let leader = self.members.iter().position(|id| *id == self.leader).unwrap_or(self.members.len());
        let place = of(self.members.len() - usize::from(leader < self.members.len()));
        self.members.get(place + usize::from(place >= leader)).copied()
    }

    fn each_follower(&self) -> impl Iterator<Item = NodeId> {
        self.members.iter().copied().filter(|id| *id != self.leader && !self.partial.contains(id))
    }
}

/// One client.
#[derive(Clone, Debug)]
pub struct Client {
    /// What it was told about itself.
    pub config: ClientConfig,
    /// The groups, as it knows them.
    pub groups: Vec<GroupView>,
    /// Which group a key belongs to, by the number of the key.
    pub key_groups: Vec<GroupId>,
    /// Its sessions, by number; most clients have one.
    pub(crate) sessions: Map<u32, Session>,
    pending: Operations,
    queue: Backlog<Invocation>,
    writes: Deadlines,
    reads: Deadlines,
    /// The followers that are left out for being too far behind.
    pool: Pool,
    /// How far each follower was when it was last heard, and when that was.
    heard: Map<NodeId, (Position, SimTime)>,
}

impl Client {
    /// A client that knows the groups as they are at the start.
    #[must_use]
    pub fn new(config: ClientConfig, groups: Vec<GroupView>, key_groups: Vec<GroupId>) -> Client {
        Client {
            config,
            groups,
            key_groups,
            sessions: Map::default(),
            pending: Operations::default(),
            queue: Backlog::default(),
            writes: Deadlines::default(),
            reads: Deadlines::default(),
            pool: Pool::default(),
            heard: Map::default(),
        }
    }

    /// The token of a session for one group.
    #[must_use]
    pub fn token(&self, session: u32, group: GroupId) -> Position {
        self.sessions.get(session).map_or(Position::ZERO, |s| s.token(group))
    }

    /// Whether it leaves a replica out of the pool of those that it asks.
    #[must_use]
    pub fn leaves_out(&self, replica: NodeId) -> bool {
        self.pool.lacks(replica)
    }

    /// How many operations it has begun and not ended.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.pending.len()
    }

    /// Handles one input.
    ///
    /// # Panics
    /// If it gets what only a replica can handle.
    pub fn handle(&mut self, now: Now, input: Input, out: &mut impl Effects<SingleLeader>) {
        match input {
            Input::Invoke(invocation) => return self.invoke(now, &invocation, out),
            Input::Deliver { src, msg: family::Message::SingleLeader(msg) } => return self.receive(now, src, &msg, out),
            Input::Timer(Timer::Client(Deadline::Write)) => self.on_write_deadline(now, out),
            Input::Timer(Timer::Client(Deadline::Read)) => self.on_read_deadline(now, out),
            Input::Start => {}
            Input::Timer(Timer::SingleLeader(timer)) => panic!("client {:?} has a replica's timer {timer:?}", self.config.id),
            Input::Order(order) => panic!("client {:?} was told to do a replica's work: {order:?}", self.config.id),
            Input::Deliver { msg: family::Message::MultiLeader(..) | family::Message::Leaderless(..), .. }
            | Input::Timer(Timer::MultiLeader(..) | Timer::Leaderless(..)) => {
                panic!("client {:?} got what is of another family", self.config.id)
            }
        }
        self.begin_next(now, out);
    }

    /// Takes on an operation: begins it, or keeps it until it is its turn.
    pub fn invoke(&mut self, now: Now, invocation: &Invocation, out: &mut impl Effects<SingleLeader>) {
        if self.config.sequential && !self.pending.is_empty() {
            return self.queue.push(*invocation);
        }
        self.begin(now, invocation, out);
        self.begin_next(now, out);
    }

    /// Handles a message.
    ///
    /// # Panics
    /// If it is meant for a replica.
    pub fn receive(&mut self, now: Now, src: NodeId, msg: &Message, out: &mut impl Effects<SingleLeader>) {
        match msg {
            Message::Reply { attempt, answer, deps } => self.on_reply(now, src, *attempt, *answer, deps, out),
            Message::Announce { epoch, resent, .. } => self.on_announce(src, *epoch, *resent, out),
            _ => panic!("client {:?} got from {src:?} what is meant for a replica", self.config.id),
        }
        self.begin_next(now, out);
    }

    /// Begins the next operation of those that wait, if nothing is under way.
    fn begin_next(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        // An operation may end as it begins (nobody to ask): a loop, because a long queue of such must not become deep.
        while self.pending.is_empty()
            && let Some(next) = self.queue.pop()
        {
            self.begin(now, &next, out);
        }
    }

    fn begin(&mut self, now: Now, invocation: &Invocation, out: &mut impl Effects<SingleLeader>) {
        let group = self.key_groups.get(invocation.key.0 as usize).copied().unwrap_or(GroupId(0));
        let view = &self.groups[group.index()];
        let session = self.sessions.or_insert_with(invocation.session, Session::default);
        let token = session.token(group);
        let started = Started { op: invocation.op, session_number: session.number, token, context: Range::EMPTY };
        out.started(&started);
        let mode = match invocation.kind {
            Kind::Write(_) | Kind::Read(None) => self.config.read.mode,
            Kind::Read(Some(mode)) => mode,
        };
        let chosen = self.config.read.guarantees;
        let token = match (mode, invocation.kind) {
            (ReadMode::Guarantees, Kind::Write(_)) => session.for_write(group, chosen),
            (ReadMode::Guarantees, Kind::Read(_)) => session.for_read(group, chosen),
            _ => started.token,
        };
        if let (ReadMode::PinnedFollower, Some(told)) = (mode, invocation.prefer) {
            session.pin = Some(told);
        }
        let deadline = now + self.config.op_timeout;
        let place = self.pending.add(Pending {
            invocation: *invocation,
            group,
            mode,
            attempt: 0,
            target: view.leader,
            epoch: view.epoch,
            waits: SimDuration::ZERO,
            linear: mode == ReadMode::Leader,
            deadline,
            route: None,
            session_number: session.number,
            token,
            deps: if matches!(invocation.kind, Kind::Write(_)) { session.dependencies(group) } else { None },
        });
        match invocation.kind {
            Kind::Write(value) => {
                self.writes.add(now, (deadline, invocation.op, 0), Deadline::Write, out);
                self.send_write(place, value, out);
            }
            Kind::Read(_) => self.route_read(now, place, out),
        }
    }

    fn send_write(&mut self, place: usize, value: Value, out: &mut impl Effects<SingleLeader>) {
        let (pending, token) = (&self.pending[place], self.checked(place));
        let Invocation { op, identity, key, .. } = pending.invocation;
        let attempt = Attempt { op, identity, number: pending.attempt };
        let strict = pending.mode == ReadMode::Guarantees && token.is_some_and(|token| token.lsn.0 > 0);
        let (epoch, deps) = (pending.epoch, pending.deps.clone());
        out.send(pending.target, Message::Write { attempt, epoch, token, strict, key, value, deps });
    }

    fn on_reply(
        &mut self,
        now: Now,
        src: NodeId,
        attempt: Attempt,
        answer: Answer,
        deps: &Dependencies,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let Some(place) = self.pending.find_attempt(attempt.op, attempt.number) else { return };
        let pending = &mut self.pending[place];
        let group = pending.group;
        match answer {
            Answer::Written { at, token_lost } => {
                if let Some(session) = session_of(&mut self.sessions, pending, at, (token_lost, self.config.read.token)) {
                    session.wrote(group, at, self.config.clock.at(now), &self.config.sabotage);
                    self.share(place, out);
                }
                self.end(place, Outcome::Written { at }, Some(src), out);
            }
            Answer::Value { found, applied } => {
                if let Some(session) = session_of(&mut self.sessions, pending, applied, (false, self.config.read.token)) {
                    if pending.mode.carries_token() && session.cannot_join(deps) {
                        session.begin_anew();
                    }
                    session.read(group, applied, deps, &self.config.sabotage);
                    self.share(place, out);
                }
                self.answered(now, place, src, applied, out);
                self.end(place, Outcome::Value { found, applied }, Some(src), out);
            }
            Answer::Behind { applied } => {
                pending.route().was_behind(src, applied);
                *self.heard.or_insert_with(src, || (applied, now)) = (applied, now);
                self.leave_out(now, place, src, out);
                self.pending[place].attempt += 1;
                self.route_read(now, place, out);
            }
            Answer::SessionLost { .. } => {
                session_of(&mut self.sessions, pending, pending.token, (true, self.config.read.token));
                self.share(place, out);
                self.end(place, Outcome::Rejected(Reason::SessionLost), Some(src), out);
            }
            Answer::NotLeader { leader, epoch } => {
                let view = &mut self.groups[group.index()];
                if epoch > view.epoch {
                    (view.leader, view.epoch) = (leader, epoch);
                }
                let now_known = (view.leader, view.epoch);
                if pending.attempt >= REDIRECTS_MAX || now_known == (src, pending.epoch) {
                    self.end(place, Outcome::Rejected(Reason::NoLeader), Some(src), out);
                } else {
                    pending.attempt += 1;
                    (pending.target, pending.epoch) = now_known;
                    match pending.invocation.kind {
                        Kind::Write(value) => self.send_write(place, value, out),
                        Kind::Read(_) => self.send_read(now, place, self.config.op_timeout, out),
                    }
                }
            }
            Answer::Deposed => self.end(place, Outcome::Indeterminate(Reason::Deposed), Some(src), out),
        }
    }

    fn on_announce(&mut self, src: NodeId, epoch: Epoch, resent: u32, out: &mut impl Effects<SingleLeader>) {
        if let Some(view) = self.groups.iter_mut().find(|g| g.members.contains(&src)) {
            if epoch > view.epoch {
                (view.leader, view.epoch) = (src, epoch);
            }
            out.send(src, Message::Noted { epoch, resent });
        }
    }

    fn end(&mut self, place: usize, outcome: Outcome, replica: Option<NodeId>, out: &mut impl Effects<SingleLeader>) {
        let pending = &self.pending[place];
        let (op, attempts) = (pending.invocation.op, pending.attempt.saturating_add(1));
        self.pending.remove(place);
        out.completed(&Completed { op, outcome, replica, attempts });
        self.forget_ended();
    }

    /// The session of an operation has moved: the user's other devices find it so.
    fn share(&self, place: usize, out: &mut impl Effects<SingleLeader>) {
        if !self.config.shares.is_empty() {
            out.share(self.pending[place].invocation.session);
        }
    }

    /// What another device of the user has left where the token is kept.
    pub(crate) fn adopt(&mut self, number: u32, session: &Session) {
        session.clone_into(self.sessions.or_insert_with(number, Session::default));
    }
}

/// The session that an answer from position `at` moves on; none if the operation's session is over.
///
/// A token holds one position per group, so a step from one generation to another may be taken only if a replica has checked
/// that the token survived. If it did not, or if the token has moved since it was sent, the session begins anew.
fn session_of<'a>(
    sessions: &'a mut Map<u32, Session>,
    pending: &Pending,
    at: Position,
    (lost, kind): (bool, TokenKind),
) -> Option<&'a mut Session> {
    let session = sessions.get_mut(pending.invocation.session)?;
    if session.number != pending.session_number {
        return None;
    }
    let unchecked = || {
        let token = session.token(pending.group);
        token != pending.token && token.epoch != at.epoch && token != Position::ZERO
    };
    if lost || (pending.mode.carries_token() && kind == TokenKind::Position && unchecked()) {
        session.begin_anew();
    }
    Some(session)
}
