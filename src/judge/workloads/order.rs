//! The search for one order of the operations on a bank, a counter or a queue, and the proof that there is none.
//!
//! The search is that of linearizability ([`linearize`]), with a budget, in rounds of growing budgets. A proof is made smaller in three
//! ways. What happened up to an instant has an order if the whole has one, for what began later can be left out and what had not ended yet
//! may be taken for open: so it is cut at the earliest instant at which it is one. Where changes add up, as in banks and counters, all that had
//! ended before an instant only changes what the reads begin with that begin then or later: so, if it is a proof whatever was there at first, it
//! begins at the latest such instant. Both instants are found by halving. And reads are left out that it does not need.

use super::super::calls::Call;
use super::super::machine::{Machine, State};
use super::super::reduce;
use super::super::report::{Options, Verdict};
use super::super::search::{Outcome, linearize};
use super::super::words::{key_name, operation};
use super::{counted, violated};
use crate::observed::{Key, Observed};

/// Steps that a search for a smaller proof may take in any case.
const EFFORT: u64 = 1 << 15;
/// Of more operations than these, those around the contradiction are named first.
const NAMED: usize = 20;

/// What a search has to decide.
pub(super) struct Problem {
    pub(super) key: Key,
    pub(super) calls: Vec<Call>,
    pub(super) initial: State,
    /// The state of which nothing is known, if changes add up.
    pub(super) unknown: Option<State>,
}

/// Whether each problem has an order.
pub(super) fn judge(history: &Observed, options: &Options, problems: &[Problem], machine: &mut Machine<'_>) -> Verdict {
    let mut open: Vec<&Problem> = problems.iter().collect();
    let mut budget = options.steps.min(1 << 12);
    loop {
        let mut spent = Vec::new();
        for problem in open {
            match linearize(&problem.calls, problem.initial, machine, budget, options.memory) {
                (Outcome::Found, _) => {}
                (Outcome::Impossible(stuck), steps) => return impossible(history, options, problem, machine, (stuck, steps)),
                (Outcome::Spent, _) => spent.push(problem),
            }
        }
        let Some(problem) = spent.first() else { return Verdict::Holds };
        if budget >= options.steps {
            let name = key_name(history, problem.key);
            return Verdict::Unknown(format!("{} was spent on {name}", options.budget()));
        }
        (open, budget) = (spent, options.steps.min(budget.saturating_mul(16)));
    }
}

/// The calls as they were known at an instant: without those that began later; what had not ended is open, and need not be done.
fn until(calls: &[Call], instant: u64) -> Vec<Call> {
    let begun = calls.iter().filter(|call| call.invoked <= instant);
    let known = begun.map(|call| Call { completed: call.completed.filter(|end| *end <= instant), ..*call });
    known.collect()
}

/// The calls that matter from an instant on, if nothing is known of what was there: reads that begin then or later, and changes that had not
/// ended before.
fn since(calls: &[Call], instant: u64, machine: &Machine<'_>) -> Vec<Call> {
    let matters = |call: &&Call| match machine.only_looks(call.act) {
        true => call.invoked >= instant,
        false => call.completed.is_none_or(|end| end >= instant),
    };
    calls.iter().filter(matters).copied().collect()
}

/// A proof that is being made smaller.
struct Proof<'m, 'h> {
    machine: &'m mut Machine<'h>,
    calls: Vec<Call>,
    initial: State,
    /// The operation at which the longest attempt gets stuck.
    stuck: u32,
    /// How many steps a search may take.
    steps: u64,
    memory: u64,
}

impl Proof<'_, '_> {
    /// Whether these calls have no order either; then they are the proof.
    fn takes(&mut self, calls: Vec<Call>, initial: State) -> bool {
        let (outcome, _) = linearize(&calls, initial, self.machine, self.steps, self.memory);
        let Outcome::Impossible(stuck) = outcome else { return false };
        (self.stuck, self.calls, self.initial) = (calls[stuck].op, calls, initial);
        true
    }

    /// Ends it as early as possible.
    fn end_early(&mut self) {
        let (whole, initial) = (self.calls.clone(), self.initial);
        let mut ends: Vec<u64> = whole.iter().filter_map(|call| call.completed).collect();
        ends.sort_unstable();
        ends.dedup();
        let (mut low, mut high) = (0, ends.len().saturating_sub(1));
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.takes(until(&whole, ends[middle]), initial) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // An open call that only looks need not be done, so it proves nothing.
        let machine = &*self.machine;
        self.calls.retain(|call| call.completed.is_some() || !machine.only_looks(call.act));
    }

    /// Begins it as late as possible, if it is one whatever was there at first.
    fn begin_late(&mut self, unknown: State) {
        let whole = self.calls.clone();
        let mut starts: Vec<u64> = whole.iter().map(|call| call.invoked).collect();
        starts.sort_unstable();
        starts.dedup();
        // From the end on, for a short part is searched soon, and a long one may spend the budget.
        let (mut first, mut length) = (starts.len(), 1);
        while first == starts.len() && length / 2 < starts.len() {
            let at = starts.len().saturating_sub(length);
            if self.takes(since(&whole, starts[at], self.machine), unknown) {
                first = at;
            }
            length *= 2;
        }
        let (mut low, mut high) = (first.saturating_add(1), starts.len().saturating_sub(length / 4));
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.takes(since(&whole, starts[middle], self.machine), unknown) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
    }
}

fn impossible(
    history: &Observed,
    options: &Options,
    problem: &Problem,
    machine: &mut Machine<'_>,
    (stuck, steps): (usize, u64),
) -> Verdict {
    let (calls, initial) = (problem.calls.clone(), problem.initial);
    let stuck = calls[stuck].op;
    let mut proof = Proof {
        machine,
        calls,
        initial,
        stuck,
        steps: steps.saturating_mul(4).max(EFFORT).min(options.steps),
        memory: options.memory,
    };
    if options.reduce {
        proof.end_early();
        if let Some(unknown) = problem.unknown {
            proof.begin_late(unknown);
        }
        proof.calls = reduce::smallest(&proof.calls, proof.initial, proof.machine, steps);
    }
    let mut operations: Vec<u32> = proof.calls.iter().map(|call| call.op).collect();
    operations.sort_unstable();
    if operations.len() > NAMED {
        operations.sort_by_key(|op| op.abs_diff(proof.stuck));
    }
    let name = key_name(history, problem.key);
    let count = counted(operations.len(), "operation");
    let whatever = if problem.unknown == Some(proof.initial) { ", whatever it held before," } else { "" };
    let place = if operations.contains(&proof.stuck) { "the longest attempt gets stuck where" } else { "among them" };
    let text =
        format!("No order of {count} on {name}{whatever} explains what was read; {place} {}.", operation(history, proof.stuck));
    violated(operations, problem.key, text)
}
