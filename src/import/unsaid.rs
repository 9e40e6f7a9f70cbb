//! First values that a record shows and nobody has said: what was read before anybody could have written it.
//!
//! Jepsen's tests rarely record what keys hold at first. Where a read that ended well returned a value that no write of its key could have
//! given, either the system made it up or the key held it from the beginning, which only a person can tell.

use std::collections::BTreeMap;

use crate::observed::{Call, Initial, Key, Observed, Outcome, Returned, Value};

/// The earliest starts of writes of one value to one key.
#[derive(Clone, Copy)]
struct Starts {
    /// The first to begin, with its operation and its step.
    first: (u64, u32, u32),
    /// When the first of another operation began.
    other: u64,
}

impl Starts {
    /// Adds a write; they come in the order in which they begin.
    fn add(&mut self, at: u64, operation: u32) {
        if operation != self.first.1 {
            self.other = self.other.min(at);
        }
    }

    /// Whether one of the writes can have given what a step of an operation returned, which ended then.
    fn gave(&self, operation: u32, step: u32, ended: u64) -> bool {
        let (at, writer, first) = self.first;
        // What an operation does later, its earlier reads have not seen.
        let own = writer == operation && first < step;
        own || self.other <= ended || (writer != operation && at <= ended)
    }
}

/// When somebody began to write each value to each key and did not fail; none if lists are read or anything is appended to.
fn starts(observed: &Observed) -> Option<BTreeMap<(Key, Value), Starts>> {
    let mut starts: BTreeMap<(Key, Value), Starts> = BTreeMap::new();
    for (number, operation) in (0_u32..).zip(&observed.operations).filter(|(_, operation)| operation.outcome != Outcome::Fail) {
        for (place, step) in (0_u32..).zip(observed.steps_of(operation)) {
            match step.call {
                Call::Write(value) | Call::CompareAndSet(_, value) => {
                    let first = (operation.invoked, number, place);
                    let starts = starts.entry((step.key, value)).or_insert(Starts { first, other: u64::MAX });
                    starts.add(operation.invoked, number);
                }
                Call::Append(_) | Call::Read(Returned::List(_)) => return None,
                _ => {}
            }
        }
    }
    Some(starts)
}

/// For each key, in their order, the first value that was read of it although nobody had begun to write it. Nothing of lists, and
/// nothing where any first value is right that explains the history. An order in time counts only where the record tells it.
pub(super) fn values(observed: &Observed) -> Vec<(Key, Value)> {
    if observed.initial == Initial::Unknown {
        return Vec::new();
    }
    let Some(starts) = starts(observed) else { return Vec::new() };
    let mut found: BTreeMap<Key, Value> = BTreeMap::new();
    for (number, operation) in (0_u32..).zip(&observed.operations).filter(|(_, operation)| operation.outcome == Outcome::Ok) {
        let ended = operation.completed.filter(|_| observed.real_time).unwrap_or(u64::MAX - 1);
        for (place, step) in (0_u32..).zip(observed.steps_of(operation)) {
            let (Call::Read(Returned::Value(value)) | Call::CompareAndSet(value, _)) = step.call else { continue };
            let written = starts.get(&(step.key, value)).is_some_and(|starts| starts.gave(number, place, ended));
            if !written && observed.initial_of(step.key) != Initial::Value(value) {
                found.entry(step.key).or_insert(value);
            }
        }
    }
    found.into_iter().collect()
}
