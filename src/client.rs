//! A client: does its operations, keeps its sessions' tokens, and goes from replica to replica as its router says.
//!
//! A client does one thing at a time unless it is told to be open-ended (a telemetry feed does not wait for its answers).
//! A write is never repeated after it may have been executed: without an answer its outcome is *indeterminate*.

use std::collections::VecDeque;

use crate::log::{Dependencies, KeyId, OpId};
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::protocol::{
    Answer, Attempt, Completed, Effect, Effects, GroupId, Input, Invocation, Kind, Message, Now, Outcome, Reason, Started, Timer,
};
use crate::router::{ReadMode, ReadSettings, Route, Step, TokenKind};
use crate::sabotage::Sabotage;
use crate::session::Session;
use crate::sorted::Map;
use crate::time::{SimDuration, SimTime};

/// How often a write is sent on to a replica that is said to lead.
const REDIRECTS_MAX: u8 = 3;

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
            write_timer: None,
            read_timer: None,
        }
    }

    /// The token of a session for one group.
    #[must_use]
    pub fn token(&self, session: u32, group: GroupId) -> Position {
        self.sessions.get(session).map_or(Position::ZERO, |s| s.token(group))
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
    pub fn handle(&mut self, now: Now, input: Input, out: &mut Effects) {
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

    fn begin(&mut self, now: Now, invocation: Invocation, out: &mut Effects) {
        let group = self.group_of(invocation.key);
        let view = &self.groups[group.index()];
        let session = self.sessions.or_insert_with(invocation.session, Session::default);
        let started = Started { invocation, session_number: session.number, token: session.token(group) };
        out.list.push(Effect::Started(started));
        let mode = match invocation.kind {
            Kind::Write(_) | Kind::Read(None) => self.config.read.mode,
            Kind::Read(Some(mode)) => mode,
        };
        let pending = Pending {
            invocation,
            group,
            mode,
            attempt: 0,
            target: view.leader,
            epoch: view.epoch,
            waits: SimDuration::ZERO,
            deadline: now + self.config.op_timeout,
            route: Route::default(),
            session_number: session.number,
            token: started.token,
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

    fn send_write(&mut self, pending: Pending, out: &mut Effects) {
        let Invocation { op, identity, key, kind, .. } = pending.invocation;
        let Kind::Write(value) = kind else { panic!("operation {op:?} is no write") };
        let (epoch, token, deps) = (pending.epoch, self.checked(&pending), pending.deps.clone());
        let attempt = Attempt { op, identity, number: pending.attempt };
        out.send(pending.target, Message::Write { attempt, epoch, token, key, value, deps });
        self.keep(pending);
    }

    /// Sends a read to where it goes next; ends it if there is nowhere left.
    fn route_read(&mut self, now: Now, mut pending: Pending, out: &mut Effects) {
        let view = &self.groups[pending.group.index()];
        let followers = || view.members.iter().copied().filter(|id| *id != view.leader && !view.partial.contains(id));
        let Invocation { dice, prefer, .. } = pending.invocation;
        let pick = followers().nth(usize::try_from(dice % followers().count().max(1) as u64).unwrap_or(0));
        let first = prefer.filter(|id| view.members.contains(id)).or(pick).unwrap_or(view.leader);
        let (leader, patience) = (view.leader, self.config.read.attempt_timeout);
        let step = match (pending.mode, pending.attempt) {
            (ReadMode::Leader, 0) => Step::Leader,
            (ReadMode::AnyFollower, 0) => Step::Ask(first),
            (ReadMode::Leader | ReadMode::AnyFollower, _) => Step::GiveUp,
            (ReadMode::SessionConsistent, _) => pending.route.next(&view.followers(), first, self.config.read.on_miss),
        };
        let session = pending.mode == ReadMode::SessionConsistent;
        let (target, waits, patience) = match step {
            Step::Ask(replica) if session => (replica, SimDuration::ZERO, patience),
            Step::Ask(replica) => (replica, SimDuration::ZERO, self.config.op_timeout),
            Step::Wait(replica, wait) => (replica, wait, wait + patience),
            Step::Leader => (leader, self.config.op_timeout, self.config.op_timeout),
            Step::GiveUp => return self.end(&pending, Outcome::Rejected(Reason::NoReplicaFreshEnough), None, out),
        };
        (pending.target, pending.waits) = (target, waits);
        self.send_read(now, pending, patience, out);
    }

    fn send_read(&mut self, now: Now, pending: Pending, patience: SimDuration, out: &mut Effects) {
        let Invocation { op, identity, key, .. } = pending.invocation;
        let token = self.checked(&pending);
        let attempt = Attempt { op, identity, number: pending.attempt };
        let deadline = pending.deadline.min(now + patience);
        let place = self.read_deadlines.partition_point(|(at, ..)| *at <= deadline);
        self.read_deadlines.insert(place, (deadline, op, pending.attempt));
        self.arm_read_timer(now, out);
        let linear = pending.mode == ReadMode::Leader;
        out.send(pending.target, Message::Read { attempt, key, token, wait: pending.waits, linear });
        self.keep(pending);
    }

    fn on_reply(&mut self, now: Now, src: NodeId, attempt: Attempt, answer: Answer, deps: &Dependencies, out: &mut Effects) {
        let Some(mut pending) = self.take(attempt.op, Some(attempt.number)) else { return };
        let group = pending.group;
        match answer {
            Answer::Written { at, token_lost } => {
                if let Some(session) = session_of(&mut self.sessions, &pending, at, (token_lost, self.config.read.token)) {
                    session.wrote(group, at, &self.config.sabotage);
                }
                self.end(&pending, Outcome::Written { at }, Some(src), out);
            }
            Answer::Value { found, applied } => {
                if let Some(session) = session_of(&mut self.sessions, &pending, applied, (false, self.config.read.token)) {
                    if pending.mode == ReadMode::SessionConsistent && session.cannot_join(deps) {
                        session.begin_anew();
                    }
                    session.read(group, applied, deps, &self.config.sabotage);
                }
                self.end(&pending, Outcome::Value { found, applied }, Some(src), out);
            }
            Answer::Behind { applied } => {
                pending.route.was_behind(src, applied);
                pending.attempt += 1;
                self.route_read(now, pending, out);
            }
            Answer::SessionLost { .. } => {
                session_of(&mut self.sessions, &pending, pending.token, (true, self.config.read.token));
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

    fn on_announce(&mut self, src: NodeId, epoch: Epoch, resent: u32, out: &mut Effects) {
        if let Some(view) = self.groups.iter_mut().find(|g| g.members.contains(&src)) {
            if epoch > view.epoch {
                (view.leader, view.epoch) = (src, epoch);
            }
            out.send(src, Message::Noted { epoch, resent });
        }
    }

    /// Sees to it that a timer is set for the oldest write.
    fn arm_write_timer(&mut self, now: Now, out: &mut Effects) {
        let Some((deadline, _)) = self.write_deadlines.front() else { return };
        if self.write_timer.is_none_or(|due| *deadline < due) {
            self.write_timer = Some(*deadline);
            out.set_timer(Timer::WriteDeadline, deadline.since(now));
        }
    }

    fn arm_read_timer(&mut self, now: Now, out: &mut Effects) {
        let Some((deadline, ..)) = self.read_deadlines.front() else { return };
        if self.read_timer.is_none_or(|due| *deadline < due) {
            self.read_timer = Some(*deadline);
            out.set_timer(Timer::ReadDeadline, deadline.since(now));
        }
    }

    fn on_write_deadline(&mut self, now: Now, out: &mut Effects) {
        if self.write_timer.is_none_or(|due| now < due) {
            return;
        }
        self.write_timer = None;
        while let Some((_, op)) = self.write_deadlines.pop_front_if(|(deadline, _)| *deadline <= now) {
            if let Some(pending) = self.take(op, None) {
                self.end(&pending, Outcome::Indeterminate(Reason::TimedOut), None, out);
            }
        }
        self.arm_write_timer(now, out);
    }

    fn on_read_deadline(&mut self, now: Now, out: &mut Effects) {
        if self.read_timer.is_none_or(|due| now < due) {
            return;
        }
        self.read_timer = None;
        while let Some((_, op, attempt)) = self.read_deadlines.pop_front_if(|(deadline, ..)| *deadline <= now) {
            let Some(mut pending) = self.take(op, Some(attempt)) else { continue };
            if pending.mode == ReadMode::SessionConsistent && now < pending.deadline {
                pending.attempt += 1;
                self.route_read(now, pending, out);
            } else {
                self.end(&pending, Outcome::Rejected(Reason::TimedOut), None, out);
            }
        }
        self.arm_read_timer(now, out);
    }

    fn end(&mut self, pending: &Pending, outcome: Outcome, replica: Option<NodeId>, out: &mut Effects) {
        let attempts = pending.attempt.saturating_add(1);
        out.list.push(Effect::Completed(Completed { op: pending.invocation.op, outcome, replica, attempts }));
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
        (pending.mode == ReadMode::SessionConsistent).then_some(token)
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
    if lost || (unchecked && pending.mode == ReadMode::SessionConsistent && kind == TokenKind::Position) {
        session.begin_anew();
    }
    Some(session)
}
