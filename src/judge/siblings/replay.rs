//! A record as a history of the checkers of runs: one operation for each step, with the stamps that are told or follow from values.
//!
//! An operation has the number of its step. What the checkers ask of replicas (who shows a write shows what has to come before it) is asked of
//! those that the record names; if it names none, what a session was shown stands for one replica, as the checkers of records without versions
//! have it.

use std::collections::BTreeMap;

use super::super::report::{Options, Verdict};
use super::contexts::{Contexts, Writer, returned};
use super::order::{Event, events};
use crate::check::{Finding, Survival, check_one};
use crate::family::GroupId;
use crate::history::{Arbitration, End, Event as HistoryEvent, Fate, Fates, History, Op, Sibling};
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::observed::{Call, Observed, Operation, Outcome};
use crate::operation::{self, Kind, Reason};
use crate::router::{Bound, ReadMode};
use crate::scenario::Anomaly;
use crate::time::{SimDuration, SimTime};
use crate::version::{Actor, Arena, Dot, DottedVersion, Frontier, Range, Scope, Stamp, VersionVector};

/// An operation that there is not: nobody wrote what is of it.
pub(crate) const NOBODY: OpId = OpId(u32::MAX - 1);

/// A record that can be given to the checkers of runs.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    /// By step.
    pub(super) ops: Vec<Op>,
    /// The numbers of their operations in the record, by step.
    pub(super) numbers: Vec<u32>,
    /// In nanoseconds, by step: when each began and ended.
    times: Vec<Option<(u64, u64)>>,
    events: Vec<HistoryEvent>,
    groups: usize,
    versions: Arena<Sibling>,
    scope: Scope,
    concurrent: bool,
    merged: Vec<KeyId>,
    arbitration: Option<Arbitration>,
    fates: Fates,
    /// How many sessions there are, and replicas.
    sessions: usize,
    replicas: usize,
    keys: usize,
}

/// Who writes down what an operation returned, as the checkers have it.
struct Recorder<'a> {
    history: &'a Observed,
    contexts: &'a Contexts,
    versions: Arena<Sibling>,
    /// Each write, for replicas of which nothing is told but what they showed.
    all: Range,
    /// The replica that stands for each session.
    replicas: Vec<Option<NodeId>>,
}

impl Replay {
    pub(super) fn new(history: &Observed, contexts: &Contexts) -> Replay {
        let named = history.versions.told.iter().any(|told| told.replica.is_some());
        let (replicas, count) = if named { (Vec::new(), history.versions.replicas.len()) } else { of_sessions(history) };
        let mut recorder = Recorder { history, contexts, versions: Arena::default(), all: Range::EMPTY, replicas };
        recorder.all = if named { Range::EMPTY } else { recorder.newest() };
        let mut ops: Vec<Op> = Vec::with_capacity(history.steps.len());
        let mut times = Vec::with_capacity(history.steps.len());
        let mut numbers: Vec<u32> = (0_u32..).take(history.operations.len()).collect();
        numbers.sort_by_key(|number| history.operations[*number as usize].first);
        numbers.retain(|number| history.operations[*number as usize].count == 1);
        for number in &numbers {
            let operation = &history.operations[*number as usize];
            ops.push(recorder.op(operation));
            times.push(operation.time);
        }
        let step = |number: u32| OpId(history.operations[number as usize].first);
        let order = events(history).into_iter().map(|event| match event {
            Event::Begins(number) => HistoryEvent::Invoke(step(number)),
            Event::Ends(number) => HistoryEvent::Complete(step(number)),
        });
        let fate = |step: u32| history.versions.of(step).and_then(|told| told.fate).unwrap_or(Fate::Kept);
        Replay {
            times,
            events: order.collect(),
            groups: usize::from(history.versions.group_count).max(1),
            versions: recorder.versions,
            concurrent: history.versions.concurrent,
            merged: history.versions.merged.iter().map(|key| KeyId(*key)).collect(),
            arbitration: history.versions.arbitration.clone(),
            scope: if contexts.derived { Scope::Key } else { history.versions.scope },
            fates: Fates((0..history.steps.len() as u32).map(fate).collect()),
            sessions: history.sessions.len(),
            replicas: count,
            keys: history.keys.len(),
            numbers,
            ops,
        }
    }

    /// Whether the checkers can be asked: they keep what each session knows of each other one, and of each key.
    ///
    /// # Errors
    /// The verdict, if that takes more memory than is allowed, or more replicas than they number.
    pub(super) fn fits(&self, options: &Options) -> Result<(), Verdict> {
        let rows = (self.ops.len() + self.sessions + self.replicas) as u64;
        let bytes = rows.saturating_mul((self.sessions + self.keys) as u64).saturating_mul(64);
        if bytes > options.memory || self.replicas > usize::from(u16::MAX) {
            return Err(Verdict::Unknown(format!("{} was spent", options.budget())));
        }
        Ok(())
    }

    /// The history.
    pub(super) fn history(&self) -> History<'_> {
        History {
            ops: &self.ops,
            events: self.events.clone(),
            groups: self.groups,
            versions: self.versions.clone(),
            scope: self.scope,
            concurrent: self.concurrent,
            merged: self.merged.clone(),
            arbitration: self.arbitration.clone(),
            ..History::default()
        }
    }

    /// Those who wrote what a read returned.
    pub(super) fn writers(&self, read: &Op) -> Vec<OpId> {
        match read.end.map(|end| end.outcome) {
            Some(operation::Outcome::Siblings { found, .. }) => {
                self.versions.get(found).iter().map(|sibling| sibling.op).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What became of its writes.
    pub(super) fn survival(&self) -> Survival {
        Survival { fates: self.fates.clone(), ..Survival::default() }
    }

    /// What is staler than the bounds that are asked for.
    ///
    /// # Errors
    /// The verdict, if there is no bound, or the record tells no times.
    pub(super) fn stale(&self, history: &Observed, options: &Options) -> Result<Vec<Finding>, Verdict> {
        let declined = |why: &str| Err(Verdict::NotApplicable(why.to_owned()));
        if options.staleness_time.is_none() && options.staleness_versions.is_none() {
            return declined("no bound was given");
        }
        if !history.real_time {
            return declined("the record does not tell which writes had ended before a read began");
        }
        let mode = |op: &Op| if op.is_write() { op.kind } else { Kind::Read(Some(ReadMode::BoundedStaleness)) };
        let ops: Vec<Op> = self.ops.iter().map(|op| Op { kind: mode(op), ..*op }).collect();
        let check = |ops: &[Op], bound: Bound| {
            check_one(&History { ops, bound, ..self.history() }, &self.survival(), Anomaly::BoundedStaleness)
        };
        let mut found = options.staleness_versions.map_or_else(Vec::new, |most| check(&ops, Bound::Entries(most)));
        let Some(most) = options.staleness_time else { return Ok(found) };
        let clocked = ops.iter().zip(&self.times).all(|(op, time)| time.is_some() || op.end.is_none());
        if !clocked && found.is_empty() {
            return declined("the record has no clock, so nothing can be said of time");
        }
        if clocked {
            let timed: Vec<Op> = ops.iter().zip(&self.times).map(|(op, time)| in_nanoseconds(op, *time)).collect();
            found.extend(check(&timed, Bound::Time(SimDuration(most))));
        }
        Ok(found)
    }
}

/// The operation with its times in nanoseconds, which the checker counts as it counts any others.
fn in_nanoseconds(op: &Op, time: Option<(u64, u64)>) -> Op {
    let Some((invoked, ended)) = time else { return *op };
    let end = op.end.map(|end| End { at: SimTime(ended), ..end });
    Op { invoked: SimTime(invoked), end, ..*op }
}

/// The sessions that stand for replicas, by session, and how many there are: those of which there is more than one answer.
fn of_sessions(history: &Observed) -> (Vec<Option<NodeId>>, usize) {
    let mut answers = vec![0_u32; history.sessions.len()];
    for op in history.operations.iter().filter(|op| op.outcome == Outcome::Ok && op.count == 1) {
        if let Call::Read(_) = history.steps[op.first as usize].call {
            answers[op.session as usize] += 1;
        }
    }
    let mut count = 0_usize;
    let replicas = answers.into_iter().map(|answers| {
        let number = (answers > 1).then_some(count)?;
        count += 1;
        u16::try_from(number).ok().map(NodeId)
    });
    (replicas.collect(), count)
}

impl Recorder<'_> {
    /// The newest versions of all writes: whoever has these has all.
    fn newest(&mut self) -> Range {
        let mut newest: BTreeMap<u32, Frontier<OpId>> = BTreeMap::new();
        for (step, stamp) in (0_u32..).zip(&self.contexts.stamps) {
            let Some(stamp) = stamp.as_ref().filter(|_| !matches!(self.history.steps[step as usize].call, Call::Read(_))) else {
                continue;
            };
            newest.entry(self.history.steps[step as usize].key).or_default().raise(stamp, OpId(step));
        }
        let newest = newest.values().flat_map(Frontier::iter);
        self.versions.add(newest.map(|(stamp, op)| Sibling { stamp: stamp.clone(), value: Value::Nothing, op: *op }))
    }

    fn op(&mut self, operation: &Operation) -> Op {
        let step = &self.history.steps[operation.first as usize];
        let id = OpId(operation.first);
        let kind = match step.call {
            Call::Read(_) => Kind::Read(None),
            Call::Write(value) => Kind::Write(self.value(value)),
            _ => Kind::Write(Value::Nothing),
        };
        let outcome = self.outcome(operation, kind);
        let told = self.history.versions.of(operation.first);
        let replica = match told.and_then(|told| told.replica) {
            Some(replica) => u16::try_from(replica).ok().map(NodeId),
            None => self.replicas.get(operation.session as usize).copied().flatten(),
        };
        let end = operation.completed.map(|at| End { at: SimTime(at), outcome, replica, attempts: 1 });
        let group = GroupId(self.history.versions.group(step.key));
        let context = self.context(operation.first);
        Op {
            id,
            client: NodeId(0),
            session: (operation.session, 0),
            key: KeyId(step.key),
            group,
            kind,
            token: Position::ZERO,
            context,
            demand: operation::Demand::Nothing,
            invoked: SimTime(operation.invoked),
            end,
        }
    }

    fn value(&self, value: u32) -> Value {
        if self.history.versions.nothing == Some(value) { Value::Nothing } else { Value::Int(i64::from(value)) }
    }

    /// What the client of a write had seen, where several leaders take writes: whoever had seen something has lost an update.
    fn context(&mut self, step: u32) -> Range {
        let seen = self.history.versions.context(step).filter(|_| self.history.versions.concurrent).unwrap_or_default();
        let stamps = seen.iter().filter_map(|sibling| sibling.stamp.clone());
        self.versions.add(stamps.map(|stamp| Sibling { stamp, value: Value::Nothing, op: OpId::NONE }))
    }

    fn outcome(&mut self, operation: &Operation, kind: Kind) -> operation::Outcome {
        let step = operation.first;
        let stamp = self.contexts.stamps.get(step as usize).cloned().flatten();
        match (operation.outcome, kind, stamp) {
            (Outcome::Ok, Kind::Read(_), _) => {
                let found = self.found(step);
                let found = self.versions.add(found);
                operation::Outcome::Siblings { found, applied: self.applied(step) }
            }
            (Outcome::Ok, Kind::Write(value), Some(stamp)) => {
                operation::Outcome::Stamped { version: self.versions.add([Sibling { stamp, value, op: OpId(step) }]) }
            }
            (Outcome::Fail, ..) => operation::Outcome::Rejected(Reason::NoLeader),
            (Outcome::Ok | Outcome::Info, ..) => operation::Outcome::Indeterminate(Reason::TimedOut),
        }
    }

    /// What the replica of a read had applied.
    fn applied(&mut self, step: u32) -> Range {
        let Some(told) = self.history.versions.of(step).filter(|told| told.replica.is_some()) else { return self.all };
        let known = self.history.versions.siblings.get(told.applied);
        let known = known.iter().filter_map(|sibling| sibling.stamp.clone());
        self.versions.add(known.map(|stamp| Sibling { stamp, value: Value::Nothing, op: OpId::NONE }))
    }

    /// The versions that a read returned, with those who wrote them.
    fn found(&self, step: u32) -> Vec<Sibling> {
        let (history, contexts) = (self.history, self.contexts);
        let told = history.versions.versions(step);
        let key = history.steps[step as usize].key;
        let mut found = Vec::new();
        for (place, value) in returned(&history.steps[step as usize].call).iter().enumerate() {
            let writer = contexts.writer(history, key, *value);
            let named = told.get(place).and_then(|sibling| sibling.writer).map(OpId);
            let op = named.unwrap_or(match writer {
                Writer::Step(write) | Writer::Failed(write) => OpId(write),
                Writer::First => OpId::NONE,
                Writer::Nobody => NOBODY,
            });
            let stamp = if contexts.derived {
                self.stamp_of(writer, *value)
            } else {
                told.get(place).and_then(|sibling| sibling.stamp.clone())
            };
            found.extend(stamp.map(|stamp| Sibling { stamp, value: self.value(*value), op }));
        }
        found
    }

    /// The stamp of a value of which only its writer is known. What a key held at first has none: everything replaces it.
    fn stamp_of(&self, writer: Writer, value: u32) -> Option<Stamp> {
        let alone = |actor: u32| {
            let dot = Dot { actor: Actor(actor), count: 1 };
            DottedVersion::new(dot, VersionVector::default()).map(Stamp::dotted)
        };
        match writer {
            Writer::Step(write) => self.contexts.stamps[write as usize].clone(),
            Writer::Failed(write) => alone(write),
            // Behind the numbers of all steps.
            Writer::Nobody => alone((self.history.steps.len() as u32).saturating_add(value)),
            Writer::First => None,
        }
    }
}
