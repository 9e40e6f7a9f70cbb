//! A client of groups with several leaders: it has a home leader, goes on to others, and carries version vectors as tokens.
//!
//! Queue, sessions and deadlines are those of every client. What is its own: which replica an operation goes to, what it must have applied,
//! and what the client's session has seen of a key, which goes along with a write where versions are kept beside each other
//! (the context of Dynamo and Riak; DeCandia et al. 2007).

mod answers;
mod routing;

use std::sync::Arc;

use super::ClientConfig;
use super::backlog::Backlog;
use super::deadlines::Deadlines;
use crate::family;
use crate::family::multi_leader::{Fact, Home, Message, MultiLeader, Policy, Token};
use crate::family::{Effects, GroupId, Input, Now, Timer};
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::operation::{Completed, Deadline, Invocation, Kind, Outcome, Sibling, Started};
use crate::router::{Guarantees, ReadMode};
use crate::session::Session;
use crate::sorted::Map;
use crate::time::SimTime;
use crate::version::{Range, Stamp, VersionVector};

/// How often an operation is sent on to another leader that is said to take it.
const REDIRECTS_MAX: u8 = 8;

/// What a client knows of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadersView {
    /// The leaders.
    pub leaders: Vec<NodeId>,
    /// The other replicas.
    pub followers: Vec<NodeId>,
    /// The leader to which the client turns.
    pub home: NodeId,
    /// The homes of ranges of keys.
    pub homes: Vec<Home>,
}

/// One operation under way.
#[derive(Clone, Debug)]
struct Pending {
    invocation: Invocation,
    group: GroupId,
    mode: ReadMode,
    attempt: u8,
    target: NodeId,
    deadline: SimTime,
    token: Token,
    context: Token,
    /// The replicas that have been asked and were behind, or silent.
    asked: Vec<NodeId>,
    /// Whether it waits at a replica until that has what the token asks for.
    waits: bool,
}

/// One client.
#[derive(Clone, Debug)]
pub struct MultiLeaderClient {
    /// What it was told about itself.
    pub config: ClientConfig,
    /// The groups, as it knows them.
    pub groups: Vec<LeadersView>,
    /// Which group a key belongs to, by the number of the key.
    pub key_groups: Arc<Vec<GroupId>>,
    /// What is done about conflicts, by the number of the key.
    pub policies: Arc<Vec<Policy>>,
    pub(crate) sessions: Map<u32, Session>,
    /// What each session has seen of each key.
    contexts: Map<(u32, KeyId), Arc<VersionVector>>,
    pending: Vec<Pending>,
    queue: Backlog<Invocation>,
    writes: Deadlines,
    reads: Deadlines,
}

impl MultiLeaderClient {
    /// A client that knows the groups as they are at the start.
    #[must_use]
    pub fn new(
        config: ClientConfig,
        groups: Vec<LeadersView>,
        key_groups: Arc<Vec<GroupId>>,
        policies: Arc<Vec<Policy>>,
    ) -> MultiLeaderClient {
        MultiLeaderClient {
            config,
            groups,
            key_groups,
            policies,
            sessions: Map::default(),
            contexts: Map::default(),
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

    /// What a session has written and read of a group: the token that a session-consistent read carries.
    #[must_use]
    pub fn token(&self, session: u32, group: GroupId) -> VersionVector {
        self.sessions.get(session).map_or_else(VersionVector::default, |session| session.vector(group, Guarantees::ALL, false))
    }

    /// What another device of the user has left where the token is kept.
    pub(crate) fn adopt(&mut self, number: u32, session: &Session) {
        session.clone_into(self.sessions.or_insert_with(number, Session::default));
    }

    /// Handles one input.
    ///
    /// # Panics
    /// If it gets what only a replica can handle.
    pub fn handle(&mut self, now: Now, input: Input, out: &mut impl Effects<MultiLeader>) {
        match input {
            Input::Invoke(invocation) => return self.invoke(now, &invocation, out),
            Input::Deliver { src, msg: family::Message::MultiLeader(_, msg) } => return self.receive(now, src, &msg, out),
            Input::Timer(Timer::Client(Deadline::Write)) => self.on_write_deadline(now, out),
            Input::Timer(Timer::Client(Deadline::Read)) => self.on_read_deadline(now, out),
            Input::Start => {}
            other @ (Input::Deliver { .. } | Input::Timer(_) | Input::Order(_)) => {
                panic!("client {:?} got what is meant for a replica: {other:?}", self.config.id)
            }
        }
        self.begin_next(now, out);
    }

    /// Takes on an operation: begins it, or keeps it until it is its turn.
    pub fn invoke(&mut self, now: Now, invocation: &Invocation, out: &mut impl Effects<MultiLeader>) {
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
    pub fn receive(&mut self, now: Now, src: NodeId, msg: &Message, out: &mut impl Effects<MultiLeader>) {
        match msg {
            Message::Reply { attempt, answer } => self.on_reply(now, src, *attempt, answer, out),
            Message::Home { range, number, resent } => {
                self.learn_home(*range, Home { leader: src, number: *number }, out);
                out.send(src, Message::Noted { range: *range, number: *number, resent: *resent });
            }
            Message::Write { .. }
            | Message::Read { .. }
            | Message::Updates { .. }
            | Message::Ack { .. }
            | Message::Noted { .. } => panic!("client {:?} got from {src:?} what is meant for a replica", self.config.id),
        }
        self.begin_next(now, out);
    }

    fn begin_next(&mut self, now: Now, out: &mut impl Effects<MultiLeader>) {
        while self.pending.is_empty()
            && let Some(next) = self.queue.pop()
        {
            self.begin(now, &next, out);
        }
    }

    fn learn_home(&mut self, range: u16, home: Home, out: &mut impl Effects<MultiLeader>) {
        for view in self.groups.iter_mut().filter(|view| view.leaders.contains(&home.leader)) {
            if let Some(known) = view.homes.get_mut(usize::from(range)).filter(|known| known.number < home.number) {
                *known = home;
                out.note(Fact::HomeMoved(range, home.leader));
            }
        }
    }

    fn begin(&mut self, now: Now, invocation: &Invocation, out: &mut impl Effects<MultiLeader>) {
        let Invocation { op, session, key, kind, prefer, dice, .. } = *invocation;
        let group = self.key_groups.get(key.0 as usize).copied().unwrap_or(GroupId(0));
        let number = self.sessions.or_insert_with(session, Session::default).number;
        // Nobody has seen anything of a row that is new.
        let builds = matches!(kind, Kind::Write(value) if !matches!(value, Value::Statement(_)));
        let context = self.contexts.get((session, key)).filter(|_| builds).cloned();
        let mode = match kind {
            Kind::Write(_) | Kind::Read(None) => self.config.read.mode,
            Kind::Read(Some(mode)) => mode,
        };
        let context_range = self.keep_context(context.as_deref(), out);
        out.started(&Started { op, session_number: number, token: Position::ZERO, context: context_range });
        let view = &self.groups[group.index()];
        let any = |among: &[NodeId]| among.get(usize::try_from(dice % among.len().max(1) as u64).unwrap_or(0)).copied();
        let target = match (kind, mode) {
            (Kind::Write(_), _) => prefer.or_else(|| self.home_of(key, view)),
            (Kind::Read(_), ReadMode::AnyFollower) => prefer.or_else(|| any(&view.followers)).or_else(|| any(&view.leaders)),
            (Kind::Read(_), _) => prefer,
        };
        let deadline = now + self.config.op_timeout;
        let token = self.token_of(session, group, mode, matches!(kind, Kind::Write(_)));
        let pending = Pending {
            invocation: *invocation,
            group,
            mode,
            attempt: 0,
            target: target.unwrap_or(view.home),
            deadline,
            token,
            context,
            asked: Vec::new(),
            waits: false,
        };
        self.pending.push(pending);
        let place = self.pending.len() - 1;
        if matches!(kind, Kind::Write(_)) {
            self.writes.add::<MultiLeader>(now, (deadline, op, 0), Deadline::Write, out);
        }
        self.send(now, place, out);
    }

    /// The context of a write, as versions of the history: one that stands for all that its session has seen of the key.
    fn keep_context(&self, context: Option<&VersionVector>, out: &mut impl Effects<MultiLeader>) -> Range {
        let Some(context) = context.filter(|context| !context.is_empty()) else { return Range::EMPTY };
        out.keep(&[Sibling { stamp: Stamp::vector(context.clone()), value: Value::Nothing, op: OpId::NONE }])
    }

    fn share(&self, place: usize, out: &mut impl Effects<MultiLeader>) {
        if !self.config.shares.is_empty() {
            out.share(self.pending[place].invocation.session);
        }
    }

    fn end(&mut self, place: usize, outcome: Outcome, replica: Option<NodeId>, out: &mut impl Effects<MultiLeader>) {
        let Pending { invocation, attempt, .. } = self.pending.remove(place);
        out.completed(&Completed { op: invocation.op, outcome, replica, attempts: attempt.saturating_add(1) });
        for deadlines in [&mut self.writes, &mut self.reads] {
            deadlines.forget(|op| !self.pending.iter().any(|pending| pending.invocation.op == op));
        }
    }
}
