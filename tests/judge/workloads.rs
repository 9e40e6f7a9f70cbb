//! Banks, sets, counters, queues and identifiers against their definitions, each tried out literally on small random histories.
//!
//! The histories have operations at once, at equal instants, that failed, that have no answer, and stores that are wrong in the ways that
//! the guarantees speak of. Stories of each anomaly, with the lines of its evidence, are among `tests/records`.

#[path = "workloads/banks.rs"]
mod banks;
#[path = "workloads/counters.rs"]
mod counters;
#[path = "workloads/draw.rs"]
mod draw;
#[path = "workloads/identifiers.rs"]
mod identifiers;
#[path = "workloads/queues.rs"]
mod queues;
#[path = "workloads/right.rs"]
mod right;
#[path = "workloads/said.rs"]
mod said;
#[path = "workloads/sets.rs"]
mod sets;

use replicated_telemetry_store::judge::{Guarantee, Verdict};
use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Outcome};

use crate::judge::build::{add, shown};

/// An operation as a definition sees it.
#[derive(Clone, Debug)]
struct Op {
    call: Call,
    outcome: Outcome,
    invoked: u64,
    /// The end of time if it has none that counts.
    ended: u64,
}

impl Op {
    fn ok(&self) -> bool {
        self.outcome == Outcome::Ok
    }

    fn before(&self, other: &Op) -> bool {
        self.ended < other.invoked
    }
}

fn ops(history: &Observed) -> Vec<Op> {
    let op = |op: &replicated_telemetry_store::observed::Operation| Op {
        call: history.steps_of(op)[0].call.clone(),
        outcome: op.outcome,
        invoked: op.invoked,
        ended: op.completed.filter(|_| op.outcome == Outcome::Ok).unwrap_or(u64::MAX),
    };
    history.operations.iter().map(op).collect()
}

/// Whether all operations that ended well, and any of those without an answer, can be done one after the other, each before what began
/// after its end.
fn orderable<S: Clone>(ops: &[Op], state: &S, step: &dyn Fn(&S, &Op) -> Option<S>) -> bool {
    fn place<S: Clone>(ops: &[Op], done: &mut Vec<bool>, state: &S, step: &dyn Fn(&S, &Op) -> Option<S>) -> bool {
        if (0..ops.len()).all(|i| done[i] || !ops[i].ok()) {
            return true;
        }
        for i in 0..ops.len() {
            let waits = (0..ops.len()).any(|j| !done[j] && ops[j].ok() && ops[j].before(&ops[i]));
            if done[i] || ops[i].outcome == Outcome::Fail || waits {
                continue;
            }
            let Some(next) = step(state, &ops[i]) else { continue };
            done[i] = true;
            if place(ops, done, &next, step) {
                return true;
            }
            done[i] = false;
        }
        false
    }
    place(ops, &mut vec![false; ops.len()], state, step)
}

/// The evidence of a violation alone is one, too.
fn stands_alone(history: &Observed, guarantee: Guarantee) {
    let Verdict::Violated(evidence) = crate::judge::verdict(history, guarantee) else { return };
    let mut alone = Observed { operations: Vec::new(), steps: Vec::new(), ..history.clone() };
    let mut numbers = evidence.operations.clone();
    numbers.sort_unstable();
    for op in numbers.iter().map(|number| &history.operations[*number as usize]) {
        let calls = history.steps_of(op).iter().map(|step| (step.key, step.call.clone())).collect();
        add(&mut alone, op.session, op.invoked, op.completed, op.outcome, calls);
    }
    let mut again = crate::judge::verdict(&alone, guarantee);
    if again.evidence().is_none() && history.model == Model::Counter {
        // What a part of a history proves, it proves whatever was there before.
        alone.initial = Initial::Unknown;
        again = crate::judge::verdict(&alone, guarantee);
    }
    let name = guarantee.name();
    assert!(again.evidence().is_some(), "{name}: {again:?} of the evidence alone: {}\n{}", evidence.text, shown(history));
}

/// Compares, and lets evidence stand alone.
fn agrees(test: &str, guarantee: Guarantee, draw: impl Fn(u64) -> Observed, definition: impl Fn(&[Op]) -> Option<bool>) {
    let test = format!("workloads::{test}");
    crate::judge::agrees(&test, guarantee, &draw, |history| definition(&ops(history)));
    for seed in crate::judge::seeds().take(20_000) {
        stands_alone(&draw(seed), guarantee);
    }
}
