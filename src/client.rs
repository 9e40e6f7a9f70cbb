//! A client: does its operations, keeps its sessions' tokens, and goes from replica to replica as its router says.
//!
//! A client does one thing at a time unless it is told to be open-ended (a telemetry feed does not wait for its answers).
//! A write is never repeated after it may have been executed: without an answer its outcome is *indeterminate*.

use std::collections::VecDeque;

use crate::log::{Dependencies, KeyId, OpId};
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::protocol::{
    Answer, Attempt, Completed, Effects, Fact, GroupId, Input, Invocation, Kind, Message, Now, Outcome, Reason, Started, Timer,
};
use crate::router::{OnMiss, Pool, ReadMode, ReadSettings, Route, Step, TokenKind};
use crate::sabotage::Sabotage;
use crate::session::Session;
use crate::sorted::Map;
use crate::time::{SimDuration, SimTime};

/// How often a write is sent on to a replica that is said to lead.
const REDIRECTS_MAX: u8 = 3;

/// For how long a client goes by how far it has heard a follower to be.
const FRESH_FOR: SimDuration = SimDuration::secs(1);

/// What a client is told about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// Its number.
    pub id: NodeId,
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
        self.members.iter().copied().filter(|id| *id != self.leader && !self.partial.contains(id)).collect()
    }
}

#[derive(Clone, Debug)]
struct Pending {
    invocation: Invocation,
    group: GroupId,
    mode: ReadMode,
    attempt: u8,
    target: NodeId,
    /// The generation that a write is addressed to.
    epoch: Epoch,
    waits: SimDuration,
    /// Whether only the leader may answer.
    linear: bool,
    deadline: SimTime,
    route: Route,
    /// The session as it was at the start: its number, its token for the group, and what a write depends on elsewhere.
    session_number: u32,
    token: Position,
    deps: Dependencies,
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
    /// In the order of their numbers: few, and nearly always the oldest ends first.
    pending: VecDeque<Pending>,
    queue: VecDeque<Invocation>,
    write_deadlines: VecDeque<(SimTime, OpId)>,
    read_deadlines: VecDeque<(SimTime, OpId, u8)>,
    /// The followers that are left out for being too far behind.
    pool: Pool,
    /// How far each follower was when it was last heard, and when that was.
    heard: Map<NodeId, (Position, SimTime)>,
    /// When the next timer for writes runs out; one that runs out before is a leftover.
    write_timer: Option<SimTime>,
    /// The same for reads.
    read_timer: Option<SimTime>,
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
            pending: VecDeque::new(),
            queue: VecDeque::new(),
            write_deadlines: VecDeque::new(),
            read_deadlines: VecDeque::new(),
            pool: Pool::default(),
            heard: Map::default(),
            write_timer: None,
            read_timer: None,
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
    pub fn handle(&mut self, now: Now, input: Input, out: &mut impl Effects) {
        match input {
            Input::Invoke(invocation) if self.config.sequential => self.queue.push_back(invocation),
            Input::Invoke(invocation) => self.begin(now, invocation, out),
            Input::Deliver { msg: Message::Reply { attempt, answer, deps }, src } => {
                self.on_reply(now, src, attempt, answer, &deps, out)
            }
            Input::Deliver { msg: Message::Announce { epoch, resent, .. }, src } => self.on_announce(src, epoch, resent, out),
            Input::Timer(Timer::WriteDeadline) => self.on_write_deadline(now, out),
            Input::Timer(Timer::ReadDeadline) => self.on_read_deadline(now, out),
            Input::Start => {}
            Input::Deliver { src, .. } => panic!("client {:?} got from {src:?} what is meant for a replica", self.config.id),
            Input::Timer(_) => panic!("client {:?} has a replica's timer", self.config.id),
            Input::Promote { .. } | Input::Alter => panic!("client {:?} was told to do a replica's work", self.config.id),
        }
        // An operation may end as it begins (nobody to ask): a loop, because a long queue of such must not become deep.
        while self.pending.is_empty()
            && let Some(next) = self.queue.pop_front()
        {
            self.begin(now, next, out);
        }
    }

    fn begin(&mut self, now: Now, invocation: Invocation, out: &mut impl Effects) {
        let group = self.group_of(invocation.key);
        let view = &self.groups[group.index()];
        let session = self.sessions.or_insert_with(invocation.session, Session::default);
        let started = Started { invocation, session_number: session.number, token: session.token(group) };
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
        let pending = Pending {
            invocation,
            group,
            mode,
            attempt: 0,
            target: view.leader,
            epoch: view.epoch,
            waits: SimDuration::ZERO,
            linear: mode == ReadMode::Leader,
            deadline: now + self.config.op_timeout,
            route: Route::default(),
            session_number: session.number,
            token,
            deps: if matches!(invocation.kind, Kind::Write(_)) { session.dependencies(group) } else { None },
        };
        match invocation.kind {
            Kind::Write(_) => {
                self.write_deadlines.push_back((pending.deadline, invocation.op));
                self.arm_write_timer(now, out);
                self.send_write(pending, out);
            }
            Kind::Read(_) => self.route_read(now, pending, out),
        }
    }

    fn group_of(&self, key: KeyId) -> GroupId {
        self.key_groups.get(key.0 as usize).copied().unwrap_or(GroupId(0))
    }

    fn send_write(&mut self, pending: Pending, out: &mut impl Effects) {
        let Invocation { op, identity, key, kind, .. } = pending.invocation;
        let Kind::Write(value) = kind else { panic!("operation {op:?} is no write") };
        let (epoch, token, deps) = (pending.epoch, self.checked(&pending), pending.deps.clone());
        let attempt = Attempt { op, identity, number: pending.attempt };
        let strict = pending.mode == ReadMode::Guarantees && token.is_some_and(|token| token.lsn.0 > 0);
        out.send(pending.target, Message::Write { attempt, epoch, token, strict, key, value, deps });
        self.keep(pending);
    }

    /// Sends a read to where it goes next; ends it if there is nowhere left.
    fn route_read(&mut self, now: Now, mut pending: Pending, out: &mut impl Effects) {
        let (leader, patience) = (self.groups[pending.group.index()].leader, self.config.read.attempt_timeout);
        let step = self.next_step(now, &mut pending);
        let carries = pending.mode.carries_token();
        let (target, waits, patience) = match step {
            Step::Ask(replica) if pending.mode.goes_on() => (replica, SimDuration::ZERO, patience),
            Step::Ask(replica) => (replica, SimDuration::ZERO, self.config.op_timeout),
            Step::Wait(replica, wait) => (replica, wait, wait + patience),
            Step::Leader => (leader, self.config.op_timeout, self.config.op_timeout),
            Step::GiveUp => return self.end(&pending, Outcome::Rejected(Reason::NoReplicaFreshEnough), None, out),
        };
        pending.linear = step == Step::Leader && !carries;
        (pending.target, pending.waits) = (target, waits);
        self.send_read(now, pending, patience, out);
    }

    /// Where a read goes next.
    fn next_step(&self, now: Now, pending: &mut Pending) -> Step {
        let view = &self.groups[pending.group.index()];
        let followers = view.followers();
        let Invocation { dice, prefer, session, .. } = pending.invocation;
        let by_number =
            |number: u64| followers.get(usize::try_from(number % followers.len().max(1) as u64).unwrap_or(0)).copied();
        let told = prefer.filter(|id| view.members.contains(id));
        let first = told.or(by_number(dice)).unwrap_or(view.leader);
        let (session, read) = (self.sessions.get(session), &self.config.read);
        match pending.mode {
            ReadMode::Leader | ReadMode::AnyFollower | ReadMode::StickyLeader if pending.attempt > 0 => Step::GiveUp,
            ReadMode::Leader => Step::Leader,
            ReadMode::AnyFollower => Step::Ask(first),
            ReadMode::StickyLeader => {
                let wrote = session.and_then(|session| session.wrote_at);
                if wrote.is_some_and(|at| now < at + read.window) { Step::Leader } else { Step::Ask(first) }
            }
            ReadMode::SessionConsistent | ReadMode::Guarantees => pending.route.next(&followers, first, read.on_miss),
            ReadMode::PinnedFollower => {
                let pin = session.and_then(|session| session.pin).filter(|id| view.members.contains(id));
                let pin = pin.or(by_number(u64::from(pending.invocation.session))).unwrap_or(view.leader);
                pending.route.next(&followers, pin, read.on_miss)
            }
            ReadMode::BoundedStaleness => {
                // A client waits for a token; a bound that is missed is missed.
                let on_miss = match read.on_miss {
                    OnMiss::Leader | OnMiss::WaitThenLeader(_) => OnMiss::Leader,
                    OnMiss::WaitThenFail(_) | OnMiss::Fail => OnMiss::Fail,
                };
                pending.route.next(&self.pool.of(followers, now), first, on_miss)
            }
            ReadMode::BestEffortFresh => {
                // Who has not been heard for a while may have become the furthest.
                let heard =
                    |id: NodeId| self.heard.get(id).filter(|(_, at)| now < *at + FRESH_FOR).map(|(position, _)| *position);
                let unknown = followers.iter().copied().find(|id| heard(*id).is_none());
                let best = followers.iter().copied().max_by_key(|id| heard(*id));
                pending.route.next(&followers, told.or(unknown).or(best).unwrap_or(view.leader), OnMiss::Fail)
            }
        }
    }

    fn send_read(&mut self, now: Now, pending: Pending, patience: SimDuration, out: &mut impl Effects) {
        let Invocation { op, identity, key, .. } = pending.invocation;
        let token = self.checked(&pending);
        let attempt = Attempt { op, identity, number: pending.attempt };
        let deadline = pending.deadline.min(now + patience);
        let place = self.read_deadlines.partition_point(|(at, ..)| *at <= deadline);
        self.read_deadlines.insert(place, (deadline, op, pending.attempt));
        self.arm_read_timer(now, out);
        let bounded = pending.mode == ReadMode::BoundedStaleness && !pending.linear;
        let bound = self.config.read.bound;
        // Who was left out comes back at half the bound.
        let bound = bounded.then(|| if self.pool.lacks(pending.target) { bound.half() } else { bound });
        out.send(pending.target, Message::Read { attempt, key, token, wait: pending.waits, linear: pending.linear, bound });
        self.keep(pending);
    }

    fn on_reply(&mut self, now: Now, src: NodeId, attempt: Attempt, answer: Answer, deps: &Dependencies, out: &mut impl Effects) {
        let Some(mut pending) = self.take(attempt.op, Some(attempt.number)) else { return };
        let group = pending.group;
        match answer {
            Answer::Written { at, token_lost } => {
                if let Some(session) = session_of(&mut self.sessions, &pending, at, (token_lost, self.config.read.token)) {
                    session.wrote(group, at, now, &self.config.sabotage);
                    self.share(&pending, out);
                }
                self.end(&pending, Outcome::Written { at }, Some(src), out);
            }
            Answer::Value { found, applied } => {
                if let Some(session) = session_of(&mut self.sessions, &pending, applied, (false, self.config.read.token)) {
                    if pending.mode.carries_token() && session.cannot_join(deps) {
                        session.begin_anew();
                    }
                    session.read(group, applied, deps, &self.config.sabotage);
                    self.share(&pending, out);
                }
                self.answered(now, &pending, src, applied, out);
                self.end(&pending, Outcome::Value { found, applied }, Some(src), out);
            }
            Answer::Behind { applied } => {
                pending.route.was_behind(src, applied);
                *self.heard.or_insert_with(src, || (applied, now)) = (applied, now);
                self.leave_out(now, &pending, src, out);
                pending.attempt += 1;
                self.route_read(now, pending, out);
            }
            Answer::SessionLost { .. } => {
                session_of(&mut self.sessions, &pending, pending.token, (true, self.config.read.token));
                self.share(&pending, out);
                self.end(&pending, Outcome::Rejected(Reason::SessionLost), Some(src), out);
            }
            Answer::NotLeader { leader, epoch } => {
                let view = &mut self.groups[group.index()];
                if epoch > view.epoch {
                    (view.leader, view.epoch) = (leader, epoch);
                }
                let now_known = (view.leader, view.epoch);
                if pending.attempt >= REDIRECTS_MAX || now_known == (src, pending.epoch) {
                    self.end(&pending, Outcome::Rejected(Reason::NoLeader), Some(src), out);
                } else {
                    pending.attempt += 1;
                    (pending.target, pending.epoch) = now_known;
                    match pending.invocation.kind {
                        Kind::Write(_) => self.send_write(pending, out),
                        Kind::Read(_) => self.send_read(now, pending, self.config.op_timeout, out),
                    }
                }
            }
            Answer::Deposed => self.end(&pending, Outcome::Indeterminate(Reason::Deposed), Some(src), out),
        }
    }

    fn on_announce(&mut self, src: NodeId, epoch: Epoch, resent: u32, out: &mut impl Effects) {
        if let Some(view) = self.groups.iter_mut().find(|g| g.members.contains(&src)) {
            if epoch > view.epoch {
                (view.leader, view.epoch) = (src, epoch);
            }
            out.send(src, Message::Noted { epoch, resent });
        }
    }

    /// Sees to it that a timer is set for the oldest write.
    fn arm_write_timer(&mut self, now: Now, out: &mut impl Effects) {
        let Some((deadline, _)) = self.write_deadlines.front() else { return };
        if self.write_timer.is_none_or(|due| *deadline < due) {
            self.write_timer = Some(*deadline);
            out.set_timer(Timer::WriteDeadline, deadline.since(now));
        }
    }

    fn arm_read_timer(&mut self, now: Now, out: &mut impl Effects) {
        let Some((deadline, ..)) = self.read_deadlines.front() else { return };
        if self.read_timer.is_none_or(|due| *deadline < due) {
            self.read_timer = Some(*deadline);
            out.set_timer(Timer::ReadDeadline, deadline.since(now));
        }
    }

    fn on_write_deadline(&mut self, now: Now, out: &mut impl Effects) {
        if self.write_timer.is_none_or(|due| now < due) {
            return;
        }
        self.write_timer = None;
        while let Some((_, op)) = self.write_deadlines.pop_front_if(|(deadline, _)| *deadline <= now) {
            if let Some(pending) = self.take(op, None) {
                let refused = self.config.sabotage.contains(&Sabotage::SilenceIsRefusal);
                let outcome = if refused { Outcome::Rejected } else { Outcome::Indeterminate };
                self.end(&pending, outcome(Reason::TimedOut), None, out);
            }
        }
        self.arm_write_timer(now, out);
    }

    fn on_read_deadline(&mut self, now: Now, out: &mut impl Effects) {
        if self.read_timer.is_none_or(|due| now < due) {
            return;
        }
        self.read_timer = None;
        while let Some((_, op, attempt)) = self.read_deadlines.pop_front_if(|(deadline, ..)| *deadline <= now) {
            let Some(mut pending) = self.take(op, Some(attempt)) else { continue };
            if pending.mode.goes_on() && now < pending.deadline {
                self.leave_out(now, &pending, pending.target, out);
                pending.attempt += 1;
                self.route_read(now, pending, out);
            } else {
                self.end(&pending, Outcome::Rejected(Reason::TimedOut), None, out);
            }
        }
        self.arm_read_timer(now, out);
    }

    fn end(&mut self, pending: &Pending, outcome: Outcome, replica: Option<NodeId>, out: &mut impl Effects) {
        let attempts = pending.attempt.saturating_add(1);
        out.completed(&Completed { op: pending.invocation.op, outcome, replica, attempts });
        self.forget_ended();
    }

    /// Drops the deadlines of ended operations from the front: a feed of 10,000 writes a second must not carry them until they
    /// are due.
    fn forget_ended(&mut self) {
        let ended = |op: OpId| self.pending.binary_search_by_key(&op, |p| p.invocation.op).is_err();
        while self.write_deadlines.pop_front_if(|(_, op)| ended(*op)).is_some() {}
        while self.read_deadlines.pop_front_if(|(_, op, _)| ended(*op)).is_some() {}
    }

    /// The token that a replica checks.
    fn checked(&self, pending: &Pending) -> Option<Position> {
        let token = match self.config.read.token {
            TokenKind::Position => pending.token,
            TokenKind::Number => Position { epoch: Epoch(0), lsn: pending.token.lsn },
        };
        pending.mode.carries_token().then_some(token)
    }

    /// After an answer with a value: what it says of the replica that gave it.
    fn answered(&mut self, now: Now, pending: &Pending, src: NodeId, applied: Position, out: &mut impl Effects) {
        match pending.mode {
            ReadMode::BoundedStaleness => {
                if self.pool.take_back(src) {
                    out.note(Fact::TakenBack(src));
                }
            }
            ReadMode::BestEffortFresh => *self.heard.or_insert_with(src, || (applied, now)) = (applied, now),
            ReadMode::PinnedFollower => {
                let follows = self.groups[pending.group.index()].leader != src;
                if let (true, Some(session)) = (follows && pending.attempt > 0, self.sessions.get_mut(pending.invocation.session))
                {
                    session.pin = Some(src);
                }
            }
            ReadMode::Leader
            | ReadMode::AnyFollower
            | ReadMode::SessionConsistent
            | ReadMode::StickyLeader
            | ReadMode::Guarantees => {}
        }
    }

    /// A follower was too far behind for a bound, or did not answer in time.
    fn leave_out(&mut self, now: Now, pending: &Pending, replica: NodeId, out: &mut impl Effects) {
        if pending.mode == ReadMode::BoundedStaleness && !pending.linear && self.pool.leave_out(replica, now) {
            out.note(Fact::LeftOut(replica));
        }
    }

    /// The session of an operation has moved: the user's other devices find it so.
    fn share(&self, pending: &Pending, out: &mut impl Effects) {
        if !self.config.shares.is_empty() {
            out.share(pending.invocation.session);
        }
    }

    /// What another device of the user has left where the token is kept.
    pub(crate) fn adopt(&mut self, number: u32, session: &Session) {
        session.clone_into(self.sessions.or_insert_with(number, Session::default));
    }

    fn keep(&mut self, pending: Pending) {
        let op = pending.invocation.op;
        let place = self.pending.partition_point(|p| p.invocation.op < op);
        self.pending.insert(place, pending);
    }

    /// Takes out an operation that is under way, if it is, and in this attempt.
    fn take(&mut self, op: OpId, attempt: Option<u8>) -> Option<Pending> {
        let index = self.pending.binary_search_by_key(&op, |p| p.invocation.op).ok()?;
        if attempt.is_some_and(|number| self.pending[index].attempt != number) {
            return None;
        }
        self.pending.remove(index)
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
    let token = session.token(pending.group);
    let unchecked = token != pending.token && token.epoch != at.epoch && token != Position::ZERO;
    if lost || (unchecked && pending.mode.carries_token() && kind == TokenKind::Position) {
        session.begin_anew();
    }
    Some(session)
}
