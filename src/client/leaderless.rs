//! A client of a ring: it turns to a coordinator, or coordinates its requests itself, and carries what it has seen of a key.
//!
//! Queue and deadlines are those of every client. A write takes along the context of the session's reads and writes of its key (DeCandia et al.
//! 2007, section 4.4): what the session has seen is replaced, and what it has not seen stays beside.

mod answers;
mod hosting;

use std::sync::Arc;

use super::ClientConfig;
use super::backlog::Backlog;
use super::deadlines::Deadlines;
use crate::family;
use crate::family::leaderless::{
    Context, Coordination, Coordinator, Leaderless, Message, Numbering, RegionId, Ring, Settings, Versioning,
};
use crate::family::{Effects, GroupId, Input, Now, Timer};
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::operation::{Attempt, Completed, Deadline, Invocation, Kind, Outcome, Reason, Sibling, Started};
use crate::sorted::Map;
use crate::time::SimTime;
use crate::version::{Range, Stamp};

/// What a client knows of one ring. Who joins or leaves later it does not know.
#[derive(Clone, Debug, PartialEq)]
pub struct RingView {
    /// What all nodes agree on.
    pub settings: Arc<Settings>,
    /// The ring at the start.
    pub ring: Ring,
    /// The node to which the client turns; any, if none is said.
    pub home: Option<NodeId>,
    /// The client's own region: that of its home.
    pub region: RegionId,
}

/// What a cluster says of its nodes and keys, for those clients that coordinate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// The region of each node.
    pub regions: Arc<Vec<RegionId>>,
    /// The position of each key on its ring.
    pub positions: Arc<Vec<u64>>,
}

/// What a session has seen of a key.
#[derive(Clone, Debug, Default)]
struct Seen {
    context: Arc<Context>,
    /// The versions that it was shown last, as the history has them.
    last: Vec<Sibling>,
}

/// One operation under way.
#[derive(Clone, Debug)]
struct Pending {
    invocation: Invocation,
    group: GroupId,
    attempt: u8,
    target: NodeId,
    deadline: SimTime,
}

/// One client.
#[derive(Clone, Debug)]
pub struct LeaderlessClient {
    /// What it was told about itself.
    pub config: ClientConfig,
    /// The rings, as it knows them.
    pub groups: Vec<RingView>,
    /// Which group a key belongs to, by the number of the key.
    pub key_groups: Arc<Vec<GroupId>>,
    places: Places,
    seen: Map<(u32, KeyId), Seen>,
    /// Who answered the last read of a key fastest.
    fastest: Map<KeyId, NodeId>,
    numbering: Numbering,
    running: Vec<Coordinator>,
    pending: Vec<Pending>,
    queue: Backlog<Invocation>,
    writes: Deadlines,
    reads: Deadlines,
}

impl LeaderlessClient {
    /// A client that knows the rings as they are at the start; `nodes` is how many nodes the cluster has.
    #[must_use]
    pub fn new(
        config: ClientConfig,
        groups: Vec<RingView>,
        key_groups: Arc<Vec<GroupId>>,
        places: Places,
        nodes: u32,
    ) -> LeaderlessClient {
        LeaderlessClient {
            numbering: Numbering::new(config.id, nodes),
            config,
            groups,
            key_groups,
            places,
            seen: Map::default(),
            fastest: Map::default(),
            running: Vec::new(),
            pending: Vec::new(),
            queue: Backlog::default(),
            writes: Deadlines::default(),
            reads: Deadlines::default(),
        }
    }

    /// How many operations it has begun and not ended.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.pending.len()
    }

    /// The requests that it coordinates itself.
    #[must_use]
    pub fn requests(&self) -> &[Coordinator] {
        &self.running
    }

    /// Handles one input.
    ///
    /// # Panics
    /// If it gets what only a node of a ring can handle.
    pub fn handle(&mut self, now: Now, input: Input, out: &mut impl Effects<Leaderless>) {
        match input {
            Input::Invoke(invocation) => return self.invoke(now, &invocation, out),
            Input::Deliver { src, msg: family::Message::Leaderless(_, msg) } => return self.receive(now, src, &msg, out),
            Input::Timer(Timer::Client(Deadline::Write)) => self.on_write_deadline(now, out),
            Input::Timer(Timer::Client(Deadline::Read)) => self.on_read_deadline(now, out),
            Input::Timer(Timer::Leaderless(_, timer)) => self.wake(timer, out),
            Input::Start => {}
            other @ (Input::Deliver { .. } | Input::Timer(_) | Input::Order(_)) => {
                panic!("client {:?} got what is meant for a node of a ring: {other:?}", self.config.id)
            }
        }
        self.begin_next(now, out);
    }

    /// Takes on an operation: begins it, or keeps it until it is its turn.
    pub fn invoke(&mut self, now: Now, invocation: &Invocation, out: &mut impl Effects<Leaderless>) {
        if self.config.sequential && !self.pending.is_empty() {
            return self.queue.push(*invocation);
        }
        self.begin(now, invocation, out);
        self.begin_next(now, out);
    }

    /// Handles a message.
    ///
    /// # Panics
    /// If it is meant for a node.
    pub fn receive(&mut self, now: Now, src: NodeId, msg: &Message, out: &mut impl Effects<Leaderless>) {
        match msg {
            Message::Reply { attempt, answer } => self.on_reply(*attempt, Some(src), answer, out),
            Message::Stored { attempt, owner, purpose } => {
                self.coordinate(*attempt, out, |one| one.stored(src, *owner, *purpose));
            }
            Message::Found { attempt, versions } => self.coordinate(*attempt, out, |one| one.found(src, versions)),
            Message::Put { .. }
            | Message::Get { .. }
            | Message::Store { .. }
            | Message::Fetch { .. }
            | Message::HandOff { .. }
            | Message::HandedOff { .. }
            | Message::Compare { .. }
            | Message::Exchange { .. }
            | Message::Gossip { .. } => panic!("client {:?} got from {src:?} what is meant for a node", self.config.id),
        }
        self.begin_next(now, out);
    }

    fn begin_next(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        while self.pending.is_empty()
            && let Some(next) = self.queue.pop()
        {
            self.begin(now, &next, out);
        }
    }

    /// The coordinator of an operation.
    fn target(&self, invocation: &Invocation, view: &RingView) -> NodeId {
        let Invocation { key, kind, prefer, dice, .. } = *invocation;
        let fastest = self.fastest.get(key).copied();
        let fastest = fastest.filter(|_| view.settings.coordination == Coordination::Fastest && matches!(kind, Kind::Write(_)));
        let nodes = view.ring.nodes();
        let any = || nodes.get(usize::try_from(dice % nodes.len().max(1) as u64).unwrap_or(0)).copied();
        prefer.or(fastest).or(view.home).or_else(any).unwrap_or(self.config.id)
    }

    fn begin(&mut self, now: Now, invocation: &Invocation, out: &mut impl Effects<Leaderless>) {
        let Invocation { op, session, key, kind, .. } = *invocation;
        let group = self.key_groups.get(key.0 as usize).copied().unwrap_or(GroupId(0));
        let context = self.keep_context(session, key, kind, group, out);
        out.started(&Started { op, session_number: 0, token: Position::ZERO, context });
        let deadline = now + self.config.op_timeout;
        let target = self.target(invocation, &self.groups[group.index()]);
        self.pending.push(Pending { invocation: *invocation, group, attempt: 0, target, deadline });
        if matches!(kind, Kind::Write(_)) {
            self.writes.add::<Leaderless>(now, (deadline, op, 0), Deadline::Write, out);
        }
        self.send(now, self.pending.len() - 1, out);
    }

    /// The context of a write, as versions of the history: all that its session has seen of the key, or where clocks decide what it was shown last.
    fn keep_context(&self, session: u32, key: KeyId, kind: Kind, group: GroupId, out: &mut impl Effects<Leaderless>) -> Range {
        let (Kind::Write(_), Some(seen)) = (kind, self.seen.get((session, key))) else { return Range::EMPTY };
        if self.groups[group.index()].settings.versioning == Versioning::LastWriteWins {
            return if seen.last.is_empty() { Range::EMPTY } else { out.keep(&seen.last) };
        }
        if seen.context.seen.is_empty() {
            return Range::EMPTY;
        }
        let stamp = Stamp::vector(seen.context.seen.clone());
        out.keep(&[Sibling { stamp, value: Value::Nothing, op: OpId::NONE }])
    }

    /// Sends an attempt to its coordinator, or coordinates it.
    fn send(&mut self, now: Now, place: usize, out: &mut impl Effects<Leaderless>) {
        let Pending { invocation, group, attempt, target, deadline } = self.pending[place].clone();
        let Invocation { op, identity, session, key, kind, .. } = invocation;
        let attempt = Attempt { op, identity, number: attempt };
        if matches!(kind, Kind::Read(_)) {
            let until = (now + self.config.read.attempt_timeout).min(deadline);
            self.reads.add::<Leaderless>(now, (until, op, attempt.number), Deadline::Read, out);
        }
        if self.groups[group.index()].settings.coordination == Coordination::Client {
            return self.host(now, attempt, &invocation, group, out);
        }
        match kind {
            Kind::Write(value) => {
                let context = self.seen.get((session, key)).map(|seen| seen.context.clone()).unwrap_or_default();
                let client = self.config.id;
                out.send(target, Message::Put { attempt, client, key, value, context, quorum: None });
            }
            Kind::Read(_) => out.send(target, Message::Get { attempt, key, quorum: None }),
        }
    }

    /// A write is never repeated after it may have been executed.
    fn on_write_deadline(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        if !self.writes.is_due(now) {
            return;
        }
        while let Some((op, _)) = self.writes.next(now) {
            let Some(place) = self.pending.iter().position(|pending| pending.invocation.op == op) else { continue };
            self.end(place, Outcome::Indeterminate(Reason::TimedOut), None, out);
        }
        self.writes.arm::<Leaderless>(now, Deadline::Write, out);
    }

    /// A coordinator that does not answer to a read: on to the next node of the ring.
    fn on_read_deadline(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        if !self.reads.is_due(now) {
            return;
        }
        while let Some((op, attempt)) = self.reads.next(now) {
            let under_way = |p: &Pending| (p.invocation.op, p.attempt) == (op, attempt);
            let Some(place) = self.pending.iter().position(under_way) else { continue };
            let pending = &mut self.pending[place];
            let nodes = self.groups[pending.group.index()].ring.nodes();
            if now >= pending.deadline || attempt == u8::MAX {
                self.end(place, Outcome::Rejected(Reason::TimedOut), None, out);
                continue;
            }
            let here = nodes.iter().position(|node| *node == pending.target).unwrap_or(0);
            pending.target = nodes.get((here + 1) % nodes.len().max(1)).copied().unwrap_or(pending.target);
            pending.attempt += 1;
            self.send(now, place, out);
        }
        self.reads.arm::<Leaderless>(now, Deadline::Read, out);
    }

    fn end(&mut self, place: usize, outcome: Outcome, replica: Option<NodeId>, out: &mut impl Effects<Leaderless>) {
        let Pending { invocation, attempt, .. } = self.pending.remove(place);
        out.completed(&Completed { op: invocation.op, outcome, replica, attempts: attempt.saturating_add(1) });
        for deadlines in [&mut self.writes, &mut self.reads] {
            deadlines.forget(|op| !self.pending.iter().any(|pending| pending.invocation.op == op));
        }
    }
}
