//! Lists whose elements are appended once: a read shows the order of the appends itself.
//!
//! Two reads of a list that nobody shortens must show the same beginning: one is a prefix of the other. Then an element's place in the
//! longest read is its version, and an append that happened and that no read shows comes after all that are shown.

use super::facts::{Facts, NONE};
use super::report::Evidence;
use super::table::Table;
use super::words::{key_name, operation};
use crate::observed::{Call, Key, Outcome, Returned, Value};

/// The version of an append that happened and was never seen.
pub(super) const UNSEEN: u64 = u64::MAX;

/// The order of the appends to one key.
pub(super) struct Order {
    /// The appends that reads show, by their place in the list.
    pub(super) appends: Vec<u32>,
}

/// What stands against an order.
pub(super) enum Obstacle {
    /// The reads contradict each other, or show what was not appended.
    Broken(Evidence),
    /// An element was appended twice.
    Twice,
}

/// The elements that a step of an operation that happened returned.
pub(super) fn elements<'a>(facts: &Facts<'a>, step: u32) -> Option<&'a [Value]> {
    match &facts.history.steps[step as usize].call {
        Call::Read(Returned::List(list)) if facts.outcome(step) == Outcome::Ok => Some(list),
        Call::Read(Returned::Absent) if facts.outcome(step) == Outcome::Ok => Some(&[]),
        _ => None,
    }
}

fn broken(key: Key, operations: Vec<u32>, text: String) -> Obstacle {
    Obstacle::Broken(Evidence { operations, key: Some(key), text, anomaly: None })
}

/// The appends of a key by element.
struct Appends {
    table: Table,
    steps: Vec<u32>,
}

impl Appends {
    fn of(facts: &Facts<'_>, steps: &[u32]) -> Result<Appends, Obstacle> {
        let mut appends = Appends { table: Table::default(), steps: Vec::new() };
        for step in steps {
            let Call::Append(value) = facts.history.steps[*step as usize].call else { continue };
            let (number, new) = appends.table.insert(&[value]);
            let failed = facts.outcome(*step) == Outcome::Fail;
            if new {
                appends.steps.push(*step);
            } else if facts.outcome(appends.steps[number as usize]) == Outcome::Fail {
                appends.steps[number as usize] = *step;
            } else if !failed {
                return Err(Obstacle::Twice);
            }
        }
        Ok(appends)
    }

    fn find(&self, value: Value) -> u32 {
        self.table.find(&[value]).map_or(NONE, |number| self.steps[number as usize])
    }
}

/// The order of the appends among these steps of a key, which the reads show.
pub(super) fn order(facts: &Facts<'_>, key: Key, steps: &[u32]) -> Result<Order, Obstacle> {
    let appends = Appends::of(facts, steps)?;
    let length = |step: &&u32| elements(facts, **step).map_or(0, <[Value]>::len);
    let Some(longest) = steps.iter().filter(|step| elements(facts, **step).is_some()).max_by_key(length) else {
        return Ok(Order { appends: Vec::new() });
    };
    let list = elements(facts, *longest).unwrap_or_default();
    let name = key_name(facts.history, key);
    let op = |step: u32| facts.op_of[step as usize];
    for step in steps {
        let Some(seen) = elements(facts, *step) else { continue };
        if !list.starts_with(seen) {
            let (one, other) = (operation(facts.history, op(*step)), operation(facts.history, op(*longest)));
            let text =
                format!("{one}, and {other}: neither is the beginning of the other, so the appends to {name} have no one order.");
            return Err(broken(key, vec![op(*step), op(*longest)], text));
        }
    }
    let mut places = Table::default();
    let mut order = Vec::with_capacity(list.len());
    for value in list {
        let shown = &facts.history.values[*value as usize];
        let append = appends.find(*value);
        // A sentence costs more than the whole check of an element, and is said at most once.
        let reader = || operation(facts.history, op(*longest));
        if append == NONE {
            return Err(broken(key, vec![op(*longest)], format!("{}, but nobody appended {shown} to {name}.", reader())));
        }
        let ops = || vec![op(append), op(*longest)];
        if facts.outcome(append) == Outcome::Fail {
            return Err(broken(key, ops(), format!("{}, but the append of {shown} had failed.", reader())));
        }
        if !places.insert(&[*value]).1 {
            return Err(broken(key, ops(), format!("{}, which has {shown} twice, although it was appended once.", reader())));
        }
        order.push(append);
    }
    Ok(Order { appends: order })
}
