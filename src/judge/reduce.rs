//! Fewer operations: those that cannot matter before a search, and those that a proof does not need after it.
//!
//! A write without an answer whose value no operation saw can be taken to have never happened. From a history without a linearization, reads may be
//! dropped (what is left is no easier to explain), and so may writes whose value nothing that is left looks at: in a linearization
//! of the whole, nothing stands between such a write and the next, so that it can be taken out.

use super::calls::Call;
use super::facts::Facts;
use super::machine::{Act, Machine, State};
use super::report::Evidence;
use super::search::{Outcome, linearize};
use super::table::Table;
use super::words::{key_name, operation};
use crate::observed::Key;

/// Attempts at smaller proofs.
const TRIES: usize = 400;
/// Steps that a smaller proof may take, as a multiple of the first one.
const EFFORT: u64 = 8;
/// Steps that it may take in any case.
const LEAST: u64 = 30_000;

/// The values that the calls look at; nothing if a call is not of a register.
fn looked_at(calls: &[Call]) -> Option<Table> {
    let mut seen = Table::default();
    for call in calls {
        match call.act {
            Act::Read(state) | Act::Swap(state, _) | Act::Differs(state) => _ = seen.insert(&[state]),
            Act::Write(_) => {}
            Act::Append(_) | Act::Several(_) | Act::Transition(_) => return None,
        }
    }
    Some(seen)
}

/// The state that a call leaves behind whatever was there, or after what it looked at.
fn leaves(call: &Call) -> Option<State> {
    match call.act {
        Act::Write(state) | Act::Swap(_, state) => Some(state),
        _ => None,
    }
}

/// Drops the open calls whose values nobody saw. Who is only known to have seen another value may have seen any of them.
pub(super) fn unseen(calls: &mut Vec<Call>) {
    if calls.iter().any(|call| matches!(call.act, Act::Differs(_))) {
        return;
    }
    loop {
        let Some(seen) = looked_at(calls) else { return };
        let before = calls.len();
        calls.retain(|call| call.completed.is_some() || leaves(call).is_none_or(|state| seen.find(&[state]).is_some()));
        if calls.len() == before {
            return;
        }
    }
}

/// A smaller set of calls that has no linearization either.
pub(super) fn smallest(calls: &[Call], initial: State, machine: &mut Machine<'_>, steps: u64) -> Vec<Call> {
    let mut calls = calls.to_vec();
    let (mut tries, mut effort) = (TRIES, steps.saturating_mul(EFFORT).max(LEAST));
    let mut fails = |rest: &[Call], machine: &mut Machine<'_>| {
        if tries == 0 || effort == 0 {
            return false;
        }
        tries -= 1;
        let (outcome, taken) = linearize(rest, initial, machine, effort.min(steps * 4 + 1_000), u64::MAX);
        effort = effort.saturating_sub(taken + rest.len() as u64);
        matches!(outcome, Outcome::Impossible(_))
    };
    let mut size = calls.len().div_ceil(2);
    while size > 0 {
        let (mut at, before) = (calls.len(), calls.len());
        while at > 0 {
            let from = at.saturating_sub(size);
            let rest = without(&calls, from, at, machine);
            if rest.len() < calls.len() && fails(&rest, machine) {
                calls = rest;
            }
            at = from.min(calls.len());
        }
        // What could not be spared at first may be, after others are gone.
        if size > 1 || calls.len() == before {
            size /= 2;
        }
    }
    calls
}

/// The calls without those of a range that may be dropped: those that only look, and those that leave what nothing looks at.
fn without(calls: &[Call], from: usize, to: usize, machine: &Machine<'_>) -> Vec<Call> {
    let blind = calls.iter().all(|call| !matches!(call.act, Act::Differs(_)));
    let seen = looked_at(calls).filter(|_| blind);
    let needless = |call: &Call| {
        machine.only_looks(call.act)
            || seen.as_ref().is_some_and(|seen| leaves(call).is_some_and(|state| seen.find(&[state]).is_none()))
    };
    let dropped = |i: usize, call: &Call| (from..to).contains(&i) && needless(call);
    calls.iter().enumerate().filter(|(i, call)| !dropped(*i, call)).map(|(_, call)| *call).collect()
}

/// The evidence of a search.
pub(super) fn evidence(facts: &Facts<'_>, keys: &[Key], calls: &[Call], stuck: u32) -> Evidence {
    let mut operations: Vec<u32> = calls.iter().map(|call| call.op).collect();
    operations.sort_unstable();
    operations.dedup();
    let (stuck, named) =
        if operations.contains(&stuck) { (stuck, true) } else { (operations.last().copied().unwrap_or(stuck), false) };
    let names: Vec<String> = keys.iter().take(3).map(|key| key_name(facts.history, *key)).collect();
    let place = if named { "the longest attempt gets stuck where" } else { "the last of them is that" };
    let (names, last) = (names.join(", "), operation(facts.history, stuck));
    let text = match operations.len() {
        1 => format!("Nothing that {names} may have held explains what the operation returned: {last}."),
        many => format!("No order of these {many} operations on {names} explains what they returned; {place} {last}."),
    };
    Evidence { operations, key: (keys.len() == 1).then(|| keys[0]), text, anomaly: None }
}
