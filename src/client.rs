//! A client: does its operations, keeps its sessions' tokens, and goes from replica to replica as its router says.
//!
//! A client does one thing at a time unless it is told to be open-ended (a telemetry feed does not wait for its answers).
//! A write is never repeated after it may have been executed: without an answer its outcome is *indeterminate*.

use std::collections::{BTreeMap, VecDeque};

use crate::log::{Dependencies, KeyId, OpId};
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::protocol::{
    Answer, Attempt, Completed, Effect, Effects, GroupId, Input, Invocation, Kind, Message, Now, Outcome, Reason, Started, Timer,
};
use crate::router::{ReadMode, ReadSettings, Route, Step};
use crate::sabotage::Sabotage;
use crate::session::Session;
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
    /// Who leads.
    pub leader: NodeId,
    /// In which generation.
    pub epoch: Epoch,
}

impl GroupView {
    /// The replicas that do not lead.
    #[must_use]
    pub fn followers(&self) -> Vec<NodeId> {
        self.members.iter().copied().filter(|id| *id != self.leader).collect()
    }
}

#[derive(Clone, Debug)]
struct Pending {
    invocation: Invocation,
    group: GroupId,
    mode: ReadMode,
    attempt: u8,
    target: NodeId,
    waits: SimDuration,
    deadline: SimTime,
    route: Route,
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
    pub sessions: BTreeMap<u32, Session>,
    pending: BTreeMap<OpId, Pending>,
    queue: VecDeque<Invocation>,
    write_deadlines: VecDeque<(SimTime, OpId)>,
    read_deadlines: VecDeque<(SimTime, OpId, u8)>,
}

impl Client {
    /// A client that knows the groups as they are at the start.
    #[must_use]
    pub fn new(config: ClientConfig, groups: Vec<GroupView>, key_groups: Vec<GroupId>) -> Client {
        Client {
            config,
            groups,
            key_groups,
            sessions: BTreeMap::new(),
            pending: BTreeMap::new(),
            queue: VecDeque::new(),
            write_deadlines: VecDeque::new(),
            read_deadlines: VecDeque::new(),
        }
    }

    /// The token of a session for one group.
    #[must_use]
    pub fn token(&self, session: u32, group: GroupId) -> Position {
        self.sessions.get(&session).map_or(Position::ZERO, |s| s.token(group))
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
            Input::Invoke(invocation) if self.config.sequential && !self.pending.is_empty() => self.queue.push_back(invocation),
            Input::Invoke(invocation) => self.begin(now, invocation, out),
            Input::Deliver { msg: Message::Reply { attempt, answer, deps }, src } => {
                self.on_reply(now, src, attempt, answer, &deps, out)
            }
            Input::Deliver { msg: Message::Announce { epoch, .. }, src } => self.on_announce(src, epoch, out),
            Input::Timer(Timer::WriteDeadline) => self.on_write_deadline(now, out),
            Input::Timer(Timer::ReadDeadline) => self.on_read_deadline(now, out),
            Input::Start => {}
            other => panic!("client {:?} got {other:?}", self.config.id),
        }
    }

    fn begin(&mut self, now: Now, invocation: Invocation, out: &mut Effects) {
        let group = self.group_of(invocation.key);
        let session = self.sessions.entry(invocation.session).or_default();
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
            target: self.groups[group.index()].leader,
            waits: SimDuration::ZERO,
            deadline: now + self.config.op_timeout,
            route: Route::default(),
        };
        match invocation.kind {
            Kind::Write(_) => {
                if self.write_deadlines.is_empty() {
                    out.set_timer(Timer::WriteDeadline, self.config.op_timeout);
                }
                self.write_deadlines.push_back((pending.deadline, invocation.op));
                self.send_write(pending, out);
            }
            Kind::Read(_) => self.route_read(now, pending, out),
        }
    }

    fn group_of(&self, key: KeyId) -> GroupId {
        self.key_groups.get(key.0 as usize).copied().unwrap_or(GroupId(0))
    }

    fn send_write(&mut self, pending: Pending, out: &mut Effects) {
        let Invocation { op, identity, session, key, kind, .. } = pending.invocation;
        let Kind::Write(value) = kind else { panic!("operation {op:?} is no write") };
        let deps = self.sessions.get(&session).and_then(|s| s.dependencies(pending.group));
        let attempt = Attempt { op, identity, number: pending.attempt };
        out.send(pending.target, Message::Write { attempt, key, value, deps });
        self.pending.insert(op, pending);
    }

    /// Sends a read to where it goes next; ends it if there is nowhere left.
    fn route_read(&mut self, now: Now, mut pending: Pending, out: &mut Effects) {
        let view = &self.groups[pending.group.index()];
        let followers = view.followers();
        let Invocation { dice, prefer, .. } = pending.invocation;
        let pick = followers.get(usize::try_from(dice % followers.len().max(1) as u64).unwrap_or(0)).copied();
        let first = prefer.or(pick).unwrap_or(view.leader);
        let (leader, patience) = (view.leader, self.config.read.attempt_timeout);
        let step = match (pending.mode, pending.attempt) {
            (ReadMode::Leader, 0) => Step::Leader,
            (ReadMode::AnyFollower, 0) => Step::Ask(first),
            (ReadMode::Leader | ReadMode::AnyFollower, _) => Step::GiveUp,
            (ReadMode::SessionConsistent, _) => pending.route.next(&followers, first, self.config.read.on_miss),
        };
        let session = pending.mode == ReadMode::SessionConsistent;
        let (target, waits, patience) = match step {
            Step::Ask(replica) if session => (replica, SimDuration::ZERO, patience),
            Step::Ask(replica) => (replica, SimDuration::ZERO, self.config.op_timeout),
            Step::Wait(replica, wait) => (replica, wait, wait + patience),
            Step::Leader => (leader, self.config.op_timeout, self.config.op_timeout),
            Step::GiveUp => return self.end(now, &pending, Outcome::Rejected(Reason::NoReplicaFreshEnough), None, out),
        };
        (pending.target, pending.waits) = (target, waits);
        self.send_read(now, pending, patience, out);
    }

    fn send_read(&mut self, now: Now, pending: Pending, patience: SimDuration, out: &mut Effects) {
        let Invocation { op, identity, session, key, .. } = pending.invocation;
        let token = (pending.mode == ReadMode::SessionConsistent).then(|| self.token(session, pending.group));
        let attempt = Attempt { op, identity, number: pending.attempt };
        let deadline = pending.deadline.min(now + patience);
        if self.read_deadlines.front().is_none_or(|(first, ..)| deadline < *first) {
            out.set_timer(Timer::ReadDeadline, deadline.since(now));
        }
        let place = self.read_deadlines.partition_point(|(at, ..)| *at <= deadline);
        self.read_deadlines.insert(place, (deadline, op, pending.attempt));
        out.send(pending.target, Message::Read { attempt, key, token, wait: pending.waits });
        self.pending.insert(op, pending);
    }

    fn on_reply(&mut self, now: Now, src: NodeId, attempt: Attempt, answer: Answer, deps: &Dependencies, out: &mut Effects) {
        let current = self.pending.get(&attempt.op).is_some_and(|p| p.attempt == attempt.number);
        let Some(mut pending) = current.then(|| self.pending.remove(&attempt.op)).flatten() else { return };
        let group = pending.group;
        let session = self.sessions.entry(pending.invocation.session).or_default();
        match answer {
            Answer::Written { at } => {
                session.wrote(group, at, &self.config.sabotage);
                self.end(now, &pending, Outcome::Written { at }, Some(src), out);
            }
            Answer::Value { found, applied } => {
                session.read(group, applied, deps, &self.config.sabotage);
                self.end(now, &pending, Outcome::Value { found, applied }, Some(src), out);
            }
            Answer::Behind { applied } => {
                pending.route.was_behind(src, applied);
                pending.attempt += 1;
                self.route_read(now, pending, out);
            }
            Answer::SessionLost { .. } => {
                session.begin_anew();
                self.end(now, &pending, Outcome::Rejected(Reason::SessionLost), Some(src), out);
            }
            Answer::NotLeader { leader, epoch } => {
                let view = &mut self.groups[group.index()];
                if epoch > view.epoch {
                    (view.leader, view.epoch) = (leader, epoch);
                }
                pending.attempt += 1;
                pending.target = self.groups[group.index()].leader;
                if pending.attempt > REDIRECTS_MAX || pending.target == src {
                    self.end(now, &pending, Outcome::Rejected(Reason::NoLeader), Some(src), out);
                } else {
                    self.send_write(pending, out);
                }
            }
            Answer::Deposed => self.end(now, &pending, Outcome::Indeterminate(Reason::Deposed), Some(src), out),
        }
    }

    fn on_announce(&mut self, src: NodeId, epoch: Epoch, out: &mut Effects) {
        if let Some(view) = self.groups.iter_mut().find(|g| g.members.contains(&src)) {
            if epoch > view.epoch {
                (view.leader, view.epoch) = (src, epoch);
            }
            out.send(src, Message::Noted { epoch });
        }
    }

    fn on_write_deadline(&mut self, now: Now, out: &mut Effects) {
        while let Some((deadline, op)) = self.write_deadlines.front().copied() {
            if deadline > now && self.pending.contains_key(&op) {
                return out.set_timer(Timer::WriteDeadline, deadline.since(now));
            }
            self.write_deadlines.pop_front();
            if let Some(pending) = self.pending.remove(&op) {
                self.end(now, &pending, Outcome::Indeterminate(Reason::TimedOut), None, out);
            }
        }
    }

    fn on_read_deadline(&mut self, now: Now, out: &mut Effects) {
        while let Some((deadline, op, attempt)) = self.read_deadlines.front().copied() {
            let open = self.pending.get(&op).is_some_and(|p| p.attempt == attempt);
            if open && deadline > now {
                return out.set_timer(Timer::ReadDeadline, deadline.since(now));
            }
            self.read_deadlines.pop_front();
            let Some(mut pending) = open.then(|| self.pending.remove(&op)).flatten() else { continue };
            if pending.mode == ReadMode::SessionConsistent && now < pending.deadline {
                pending.attempt += 1;
                self.route_read(now, pending, out);
            } else {
                self.end(now, &pending, Outcome::Rejected(Reason::TimedOut), None, out);
            }
        }
    }

    fn end(&mut self, now: Now, pending: &Pending, outcome: Outcome, replica: Option<NodeId>, out: &mut Effects) {
        let attempts = pending.attempt.saturating_add(1);
        out.list.push(Effect::Completed(Completed { op: pending.invocation.op, outcome, replica, attempts }));
        if self.pending.is_empty()
            && let Some(next) = self.queue.pop_front()
        {
            self.begin(now, next, out);
        }
    }
}
