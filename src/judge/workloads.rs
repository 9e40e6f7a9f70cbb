//! Workloads that are no reads and writes of keys: banks, sets, counters, queues, and generators of identifiers.
//!
//! Each has guarantees of its own, with its definition in its module, after the checkers of Jepsen and Maelstrom. An operation has one
//! step here, and keys are judged one by one. Outcomes mean what they mean everywhere: `ok` happened between its start and its end, `fail` did not
//! happen, `info` may happen at any later time or never. Whoever ended at the instant at which another began is concurrent with it.
//! Where the record tells no times, all operations are concurrent, and what needs times is not judged.
//!
//! What decides for the whole is what the checker of the workload looks at: lost and duplicated elements, totals, bounds. Stale reads of
//! sets, the order of queues and linearizability are judged and told beside it, for most systems with such workloads do not promise
//! them: Jepsen's `set-full` asks for fresh reads only with `:linearizable?`, and Maelstrom's sets and counters are eventual.

mod bank;
mod counters;
mod identifiers;
mod order;
mod queues;
mod set_order;
mod sets;
pub(super) mod transitions;
pub(super) mod words;

use super::report::{Evidence, Guarantee, Options, Report, Verdict};
use super::words::operation;
use crate::observed::{Call, Key, Model, Observed, Outcome};

/// An operation on one key.
#[derive(Clone, Copy, Debug)]
struct Op<'h> {
    /// Its number in the history.
    number: u32,
    call: &'h Call,
    outcome: Outcome,
    invoked: u64,
    /// When it had ended for certain: the end of time if it did not end `ok`, or nobody knows.
    ended: u64,
}

/// What happened to one key.
#[derive(Clone, Debug)]
struct Object<'h> {
    key: Key,
    /// In the order of their invocations.
    ops: Vec<Op<'h>>,
}

impl Op<'_> {
    /// Whether it happened.
    fn is_ok(&self) -> bool {
        self.outcome == Outcome::Ok
    }

    /// Whether it happened or may have.
    fn may_be(&self) -> bool {
        self.outcome != Outcome::Fail
    }
}

fn objects(history: &Observed) -> Vec<Object<'_>> {
    let mut objects: Vec<Object<'_>> = (0..history.keys.len() as u32).map(|key| Object { key, ops: Vec::new() }).collect();
    for (number, operation) in (0_u32..).zip(&history.operations) {
        let outcome = operation.outcome;
        let ended = operation.completed.filter(|_| outcome == Outcome::Ok && history.real_time).unwrap_or(u64::MAX);
        let invoked = if history.real_time { operation.invoked } else { 0 };
        for step in history.steps_of(operation) {
            objects[step.key as usize].ops.push(Op { number, call: &step.call, outcome, invoked, ended });
        }
    }
    objects.iter_mut().for_each(|object| object.ops.sort_by_key(|op| op.invoked));
    objects
}

/// The guarantees that mean something for a workload, in the order of a report.
pub(super) fn guarantees(model: Model) -> &'static [Guarantee] {
    match model {
        Model::Bank => &[Guarantee::Linearizable, Guarantee::TotalKept, Guarantee::NoNegativeBalances, Guarantee::SnapshotReads],
        Model::Set => &[
            Guarantee::Linearizable,
            Guarantee::NoAbortedReads,
            Guarantee::NoThinAirReads,
            Guarantee::NoLostElements,
            Guarantee::NoStaleReads,
            Guarantee::NoDuplicates,
        ],
        Model::Counter => &[Guarantee::Linearizable, Guarantee::CounterBounds, Guarantee::FinalCount],
        Model::Queue => &[
            Guarantee::Linearizable,
            Guarantee::NoAbortedReads,
            Guarantee::NoThinAirReads,
            Guarantee::NoLostElements,
            Guarantee::NoDuplicates,
            Guarantee::FifoOrder,
        ],
        Model::UniqueIds => &[Guarantee::NoDuplicates],
        Model::Register
        | Model::CasRegister
        | Model::MvRegister
        | Model::AppendText
        | Model::AppendList
        | Model::Transactions => &[],
    }
}

/// The guarantees that have a say in what a workload is as a whole, the first of equals first.
fn deciding(report: &Report) -> Vec<Guarantee> {
    let applicable = |guarantee| report.verdict(guarantee).is_some_and(|v| !matches!(v, Verdict::NotApplicable(_)));
    let all: &[Guarantee] = match report.model {
        Model::Bank => &[Guarantee::TotalKept, Guarantee::NoNegativeBalances, Guarantee::SnapshotReads],
        Model::Set | Model::Queue => {
            &[Guarantee::NoLostElements, Guarantee::NoDuplicates, Guarantee::NoThinAirReads, Guarantee::NoAbortedReads]
        }
        // Where final reads are marked, others may be stale.
        Model::Counter if applicable(Guarantee::FinalCount) => &[Guarantee::FinalCount],
        Model::Counter => &[Guarantee::CounterBounds],
        Model::UniqueIds => &[Guarantee::NoDuplicates],
        Model::Register
        | Model::CasRegister
        | Model::MvRegister
        | Model::AppendText
        | Model::AppendList
        | Model::Transactions => &[],
    };
    // What nobody could find out about snapshots does not hide that the total was kept.
    let unsaid =
        |guarantee| matches!(report.verdict(guarantee), Some(Verdict::Unknown(_))) && guarantee == Guarantee::SnapshotReads;
    all.iter().copied().filter(|guarantee| applicable(*guarantee) && !unsaid(*guarantee)).collect()
}

/// The guarantee that decides for a workload as a whole.
pub(super) fn decides(report: &Report) -> Option<(Guarantee, &Verdict)> {
    report.worst_of(&deciding(report))
}

/// Why a guarantee says nothing of a model.
pub(super) fn meaningless(model: Model, guarantee: Guarantee) -> Verdict {
    let of = match guarantee {
        Guarantee::TotalKept | Guarantee::NoNegativeBalances | Guarantee::SnapshotReads => "banks",
        Guarantee::NoLostElements => "sets and queues",
        Guarantee::NoStaleReads => "sets",
        Guarantee::NoDuplicates => "sets, queues and identifiers",
        Guarantee::CounterBounds | Guarantee::FinalCount => "counters",
        Guarantee::FifoOrder => "queues",
        Guarantee::NoLostWrites => "writes of which the record tells what became of them",
        Guarantee::Linearizable if model == Model::UniqueIds => "operations that read something",
        Guarantee::NoAbortedReads | Guarantee::NoThinAirReads => "reads that tell whose effect they show",
        Guarantee::Linearizable
        | Guarantee::ReadYourWrites
        | Guarantee::MonotonicReads
        | Guarantee::MonotonicWrites
        | Guarantee::WritesFollowReads
        | Guarantee::ConsistentPrefix
        | Guarantee::Causal
        | Guarantee::BoundedStaleness
        | Guarantee::NoLostUpdates
        | Guarantee::ReadCommitted
        | Guarantee::ReadAtomic
        | Guarantee::SnapshotIsolation
        | Guarantee::Serializable
        | Guarantee::StrictSerializable => "reads and writes of keys",
    };
    Verdict::NotApplicable(format!("it speaks of {of}, and the model is {}", model.name()))
}

/// Judges a workload.
pub(super) fn judge(history: &Observed, options: &Options, asked: &[Guarantee]) -> Report {
    let objects = objects(history);
    let of_model = |model| if history.model == model { &objects[..] } else { &[] };
    let sets: Vec<sets::Known<'_, '_>> = of_model(Model::Set).iter().map(sets::Known::new).collect();
    let queues: Vec<queues::Queue<'_, '_>> = of_model(Model::Queue).iter().map(queues::Queue::new).collect();
    let of = |guarantee: Guarantee| {
        if !guarantees(history.model).contains(&guarantee) {
            return meaningless(history.model, guarantee);
        }
        if needs_times(guarantee) && !history.real_time {
            return Verdict::NotApplicable("the record does not tell which operations ended before others began".to_owned());
        }
        match history.model {
            Model::Bank => bank::judge(history, &objects, guarantee, options),
            Model::Set => sets::judge(history, &sets, guarantee),
            Model::Counter => counters::judge(history, &objects, guarantee, options),
            Model::Queue => queues::judge(history, &queues, guarantee, options),
            Model::UniqueIds => identifiers::judge(history, &objects),
            Model::Register
            | Model::CasRegister
            | Model::MvRegister
            | Model::AppendText
            | Model::AppendList
            | Model::Transactions => {
                unreachable!("{} has guarantees of its own", history.model.name())
            }
        }
    };
    let verdicts = asked.iter().map(|guarantee| (*guarantee, of(*guarantee))).collect();
    let mut assumptions = history.notes.clone();
    assumptions.extend(match history.model {
        Model::Bank => bank::assumptions(history, &objects, options),
        Model::Set => sets::assumptions(&sets),
        Model::Counter => counters::assumptions(&objects),
        Model::Queue => queues::assumptions(&queues),
        Model::UniqueIds
        | Model::Register
        | Model::CasRegister
        | Model::MvRegister
        | Model::AppendText
        | Model::AppendList
        | Model::Transactions => Vec::new(),
    });
    if history.operations.iter().any(|op| op.outcome == Outcome::Info) {
        assumptions.push("An operation without an answer may take effect at any later time, or never.".to_owned());
    }
    Report { model: history.model, real_time: history.real_time, verdicts, assumptions }
}

fn needs_times(guarantee: Guarantee) -> bool {
    matches!(
        guarantee,
        Guarantee::Linearizable
            | Guarantee::NoLostElements
            | Guarantee::NoStaleReads
            | Guarantee::FinalCount
            | Guarantee::FifoOrder
    )
}

/// A violation, in the order of the argument.
fn violated(mut operations: Vec<u32>, key: Key, text: String) -> Verdict {
    let mut met = Vec::new();
    operations.retain(|number| {
        let new = !met.contains(number);
        met.push(*number);
        new
    });
    Verdict::Violated(Evidence { operations, key: Some(key), text, anomaly: None })
}

/// "1 element" or "5 elements".
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The first violation of any key; else why one of them says nothing, or that all hold.
fn first<K>(keys: &[K], judge: impl FnMut(&K) -> Option<Verdict>) -> Verdict {
    let mut other = None;
    for verdict in keys.iter().filter_map(judge) {
        if let Verdict::Violated(_) = verdict {
            return verdict;
        }
        other = other.or(Some(verdict));
    }
    other.unwrap_or(Verdict::Holds)
}

/// Several operations as clauses of one sentence.
fn told(history: &Observed, operations: &[u32]) -> String {
    let clauses: Vec<String> = operations.iter().map(|number| operation(history, *number)).collect();
    clauses.join("; ")
}
