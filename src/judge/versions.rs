//! Linearizability where the order of versions is known: one scan from the newest version to the oldest.
//!
//! Operations on one version form a group, and the groups have an order. So a linearization exists if and only if no operation on a newer
//! version ended before an operation on an older one began, and no read ended before the write of its value began. Writes without an
//! answer that nobody saw are left out, as they need not have happened.

use super::facts::{Facts, Source, written};
use super::lists::{Order, UNSEEN};
use super::report::Evidence;
use super::words::{key_name, operation};
use crate::observed::{Call, Initial, Key, Outcome, Returned, Step};

/// A step on a version: which version, when its operation began and ended, and which step it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) version: u64,
    invoked: u64,
    /// `u64::MAX` if it is open.
    completed: u64,
    pub(super) step: u32,
}

fn item(facts: &Facts<'_>, step: u32, version: u64) -> Item {
    let op = &facts.history.operations[facts.op_of[step as usize] as usize];
    let completed = op.completed.filter(|_| op.outcome == Outcome::Ok).unwrap_or(u64::MAX);
    Item { version, invoked: op.invoked, completed, step }
}

/// The version that a step wrote or has seen, where the record says so: none is needed for nothing, and for what has no effect.
fn version_of(facts: &Facts<'_>, step: u32) -> Option<Option<u64>> {
    let recorded = &facts.history.steps[step as usize];
    match (facts.outcome(step), &recorded.call) {
        (Outcome::Fail, _) | (Outcome::Ok, Call::Read(Returned::Unknown)) | (Outcome::Info, Call::Read(_)) => Some(None),
        (Outcome::Ok, Call::Read(Returned::Absent)) if recorded.version.is_none() => match facts.sources[step as usize] {
            Source::Initial => Some(Some(0)),
            Source::Write(removal) => facts.history.steps[removal as usize].version.map(Some),
            _ => None,
        },
        (Outcome::Info, _) => Some(recorded.version),
        (Outcome::Ok, _) => recorded.version.map(Some),
    }
}

/// The steps of a key with the versions that the record tells, if it tells all that count and one of them at least.
pub(super) fn recorded(facts: &Facts<'_>, steps: &[u32]) -> Option<Vec<Item>> {
    if !told(facts, steps) {
        return None;
    }
    let items: Option<Vec<Option<Item>>> =
        steps.iter().map(|step| Some(version_of(facts, *step)?.map(|v| item(facts, *step, v)))).collect();
    items.map(|items| items.into_iter().flatten().collect())
}

/// Whether the record tells a version of any of these steps.
fn told(facts: &Facts<'_>, steps: &[u32]) -> bool {
    steps.iter().any(|step| facts.history.steps[*step as usize].version.is_some())
}

/// The keys of which only some steps tell versions, so that those are not used.
pub(super) fn unused(facts: &Facts<'_>) -> Vec<Key> {
    let steps = &facts.history.steps;
    let lacks = |(number, step): (u32, &Step)| step.version.is_none() && version_of(facts, number).is_none();
    if steps.iter().all(|step| step.version.is_none()) || !(0_u32..).zip(steps).any(lacks) {
        return Vec::new();
    }
    let keys = (0_u32..).zip(facts.steps_by_key());
    keys.filter(|(_, steps)| told(facts, steps) && recorded(facts, steps).is_none()).map(|(key, _)| key).collect()
}

/// Two steps that give one version two values, or that give two writes one version.
pub(super) fn conflict(facts: &Facts<'_>, key: Key, steps: &[u32]) -> Option<Evidence> {
    let mut known: Vec<(u64, bool, u32)> = Vec::new();
    for step in steps {
        let version = version_of(facts, *step).flatten();
        known.extend(version.map(|version| (version, written(&facts.history.steps[*step as usize]).is_none(), *step)));
    }
    known.sort_unstable();
    let value = |step: u32| {
        let step = &facts.history.steps[step as usize];
        written(step).or_else(|| super::facts::read(step))
    };
    let mut first = known.first().copied();
    for (version, reads, step) in known {
        match first {
            Some((v, _, other)) if v == version => {
                if other != step && (value(other) != value(step) || !reads) {
                    let (one, two) = (facts.op_of[other as usize], facts.op_of[step as usize]);
                    let (a, b) = (operation(facts.history, one), operation(facts.history, two));
                    let name = key_name(facts.history, key);
                    let text = format!("Version {version} of {name} is two things: {a}; {b}.");
                    return Some(Evidence { operations: vec![one, two], key: Some(key), text, anomaly: None });
                }
            }
            _ => first = Some((version, reads, step)),
        }
    }
    None
}

/// The steps of a list whose elements are ordered by its reads. Nothing if a step is not of lists.
pub(super) fn of_list(facts: &Facts<'_>, steps: &[u32], order: &Order) -> Option<Vec<Item>> {
    let mut places: Vec<(u32, u64)> = order.appends.iter().copied().zip(1..).collect();
    places.sort_unstable();
    let mut items = Vec::with_capacity(steps.len());
    for step in steps {
        if let Some(seen) = super::lists::elements(facts, *step) {
            items.push(item(facts, *step, seen.len() as u64));
        } else if let Call::Append(_) = facts.history.steps[*step as usize].call {
            match places.binary_search_by_key(step, |(step, _)| *step) {
                Ok(place) => items.push(item(facts, *step, places[place].1)),
                Err(_) if facts.outcome(*step) == Outcome::Ok => items.push(item(facts, *step, UNSEEN)),
                Err(_) => {}
            }
        }
    }
    Some(items)
}

/// Looks for two steps of a key that real time and the versions order differently. Puts the steps in order, the newest version first.
pub(super) fn scan(facts: &Facts<'_>, key: Key, items: &mut [Item]) -> Option<Evidence> {
    for step in items.iter().map(|item| item.step) {
        let Source::Write(write) = facts.sources[step as usize] else { continue };
        let (read, write) = (facts.op_of[step as usize], facts.op_of[write as usize]);
        let ops = &facts.history.operations;
        if ops[read as usize].completed.is_some_and(|ended| ended < ops[write as usize].invoked) {
            let (a, b) = (operation(facts.history, read), operation(facts.history, write));
            let text = format!("{a}, before {b}: the value was read before its write began.");
            return Some(Evidence { operations: vec![read, write], key: Some(key), text, anomaly: None });
        }
    }
    items.sort_unstable_by_key(|item| std::cmp::Reverse(item.version));
    let (mut newer, mut group): (Option<Item>, Option<Item>) = (None, None);
    let mut version = None;
    for item in items.iter().copied() {
        if version != Some(item.version) {
            version = Some(item.version);
            newer = [newer, group.take()].into_iter().flatten().min_by_key(|n| n.completed);
        }
        if let Some(first) = newer.filter(|n| n.completed < item.invoked) {
            return Some(backwards(facts, key, first, item));
        }
        if group.is_none_or(|g| item.completed < g.completed) {
            group = Some(item);
        }
    }
    None
}

/// Looks for a compare-and-set that expected another value than that of the version before its own. Nothing is known if a write without an
/// answer, whose version is not told, may have come between the two.
pub(super) fn swapped(facts: &Facts<'_>, key: Key, steps: &[u32], items: &[Item]) -> Option<Option<Evidence>> {
    let history = facts.history;
    let call = |step: u32| &history.steps[step as usize];
    let mut writes: Vec<Item> = items.iter().filter(|item| written(call(item.step)).is_some()).copied().collect();
    writes.sort_unstable_by_key(|item| item.version);
    let untold = |value: u32| {
        let without = |step: &&u32| facts.outcome(**step) == Outcome::Info && call(**step).version.is_none();
        steps.iter().filter(without).any(|step| written(call(*step)) == Some(value))
    };
    for (at, item) in writes.iter().enumerate() {
        let Call::CompareAndSet(expected, _) = call(item.step).call else { continue };
        let before = at.checked_sub(1).map(|before| writes[before].step);
        let held = match before {
            Some(before) => written(call(before)),
            None if history.initial_of(key) == Initial::Unknown => return None,
            None => Some(if let Initial::Value(value) = history.initial_of(key) { value } else { super::machine::ABSENT }),
        };
        if held == Some(expected) {
            continue;
        }
        if untold(expected) {
            return None;
        }
        let (op, name) = (facts.op_of[item.step as usize], key_name(history, key));
        let swap = operation(history, op);
        let Some(before) = before.map(|step| facts.op_of[step as usize]) else {
            let text = format!("{swap}, which got the first version of {name}, but that is not what was there at the beginning.");
            return Some(Some(Evidence { operations: vec![op], key: Some(key), text, anomaly: None }));
        };
        let text = format!("{swap}, although the version of {name} before was another: {}.", operation(history, before));
        return Some(Some(Evidence { operations: vec![before, op], key: Some(key), text, anomaly: None }));
    }
    Some(None)
}

fn backwards(facts: &Facts<'_>, key: Key, newer: Item, older: Item) -> Evidence {
    let (one, two) = (facts.op_of[newer.step as usize], facts.op_of[older.step as usize]);
    let (a, b) = (operation(facts.history, one), operation(facts.history, two));
    let writes = |item: Item| written(&facts.history.steps[item.step as usize]).is_some();
    let what = match (writes(newer), writes(older)) {
        (true, true) => "the later write got the older version",
        (true, false) => "the read is stale",
        (false, false) => "the later read went back",
        (false, true) => "a newer value was read before the older one was written",
    };
    let text = format!("{a}; after it had ended, {b}: {what} of {}.", key_name(facts.history, key));
    Evidence { operations: vec![one, two], key: Some(key), text, anomaly: None }
}
