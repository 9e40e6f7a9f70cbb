//! The search for one order of the operations on a bank, a counter or a queue, and the proof that there is none.
//!
//! The search is that of linearizability ([`linearize`]), with a budget, in rounds of growing budgets. What happened up to an instant has an order
//! if the whole has one, for what began later can be left out and what had not ended yet may be taken for open. So a proof
//! is cut at the earliest instant at which it is one, by halving, and then reads are left out that it does not need.

use super::super::machine::{Machine, State};
use super::super::reduce;
use super::super::report::{Options, Verdict};
use super::super::search::{Call, Outcome, linearize};
use super::super::words::{key_name, operation};
use super::{counted, violated};
use crate::observed::{Key, Observed};

/// What a search has to decide.
pub(super) struct Problem {
    pub(super) key: Key,
    pub(super) calls: Vec<Call>,
    pub(super) initial: State,
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
            return Verdict::Unknown(format!(
                "the budget of {} steps or {} bytes was spent on {name}",
                options.steps, options.memory
            ));
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

fn impossible(
    history: &Observed,
    options: &Options,
    problem: &Problem,
    machine: &mut Machine<'_>,
    (stuck, steps): (usize, u64),
) -> Verdict {
    let mut stuck = problem.calls[stuck].op;
    let mut calls = problem.calls.clone();
    if options.reduce {
        let mut ends: Vec<u64> = calls.iter().filter_map(|call| call.completed).collect();
        ends.sort_unstable();
        ends.dedup();
        let (mut low, mut high) = (0, ends.len().saturating_sub(1));
        while low < high {
            let middle = usize::midpoint(low, high);
            let part = until(&problem.calls, ends[middle]);
            match linearize(&part, problem.initial, machine, steps * 4 + 1_000, options.memory) {
                (Outcome::Impossible(at), _) => {
                    (stuck, high) = (part[at].op, middle);
                    calls = part;
                }
                _ => low = middle + 1,
            }
        }
        // An open call that only looks need not be done, so it proves nothing.
        calls.retain(|call| call.completed.is_some() || !machine.only_looks(call.act));
        calls = reduce::smallest(&calls, problem.initial, machine, steps);
    }
    let mut operations: Vec<u32> = calls.iter().map(|call| call.op).collect();
    operations.sort_unstable();
    let name = key_name(history, problem.key);
    let count = counted(operations.len(), "operation");
    let place = if operations.contains(&stuck) { "the longest attempt gets stuck where" } else { "among them" };
    let text = format!("No order of {count} on {name} explains what was read; {place} {}.", operation(history, stuck));
    violated(operations, problem.key, text)
}
