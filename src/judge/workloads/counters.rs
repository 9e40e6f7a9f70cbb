//! Counters that go up and down, after Jepsen's `checker/counter` and Maelstrom's `pn-counter`.
//!
//! *Bounds*: when a read begins, all increments that ended well before are in it; until it ends, any other that has begun and did not fail may be.
//! So it lies between the first sum with all that takes away added, and the first sum with all that adds added. Jepsen's checker knows
//! increments only; here decrements widen the lower bound as increments widen the upper. Where nobody knows what the counter held at first, one
//! such number has to fit all reads.
//!
//! *Final count*: a read that the record marks as made when all was quiet (`:final? true`) is the sum of all increments that ended well
//! before it and of some of those that may have happened: of which, nobody knows, so all sums of them are tried, as intervals. If they are more than
//! [`SUMS_MAX`], the least and the greatest remain.
//!
//! Bounds are necessary for linearizability, and take a sort; linearizability itself is searched with a budget ([`order`]).

use std::collections::{BTreeMap, BTreeSet};

use super::super::machine::Machine;
use super::super::report::{Guarantee, Options, Verdict};
use super::super::words::{key_name, operation};
use super::bank::call;
use super::order::{self, Problem};
use super::transitions::{self, Transition};
use super::{Object, Op, counted, first, violated};
use crate::observed::{Call, Initial, Key, Observed};

/// The most sums of possible increments that are told apart.
const SUMS_MAX: usize = 1 << 16;

/// Judges a guarantee of counters.
pub(super) fn judge(history: &Observed, objects: &[Object<'_>], guarantee: Guarantee, options: &Options) -> Verdict {
    let begins: Result<Vec<Option<i64>>, String> = objects.iter().map(|object| begins_at(history, object.key)).collect();
    let known = match begins {
        Ok(begins) => begins.iter().all(Option::is_some),
        Err(why) => return Verdict::NotApplicable(why),
    };
    let begins = |object: &Object<'_>| begins_at(history, object.key).ok().flatten();
    match guarantee {
        Guarantee::CounterBounds => first(objects, |object| bounds(history, object, begins(object))),
        Guarantee::FinalCount => {
            let quiet = |op: &Op<'_>| matches!(op.call, Call::Count { value: Some(_), quiet: true }) && op.is_ok();
            if !objects.iter().any(|object| object.ops.iter().any(quiet)) {
                return Verdict::NotApplicable("no read is marked as made when all was quiet (:final? true)".to_owned());
            }
            if !known {
                return Verdict::NotApplicable("nobody knows what the counter held at first".to_owned());
            }
            first(objects, |object| final_count(history, object, begins(object).unwrap_or(0)))
        }
        _ => {
            let mut machine = Machine::new(history);
            let problems: Vec<Problem> = objects.iter().map(|object| problem(object, begins(object), &mut machine)).collect();
            order::judge(history, options, &problems, &mut machine)
        }
    }
}

/// What a counter holds at first, if that is known.
fn begins_at(history: &Observed, key: Key) -> Result<Option<i64>, String> {
    match history.initial_of(key) {
        Initial::Absent => Ok(Some(0)),
        Initial::Unknown => Ok(None),
        Initial::Value(value) => {
            let text = history.values.get(value as usize).map_or("", String::as_str);
            text.parse().map(Some).map_err(|_| format!("a counter begins with a whole number, and {text} is none"))
        }
    }
}

fn count(op: &Op<'_>) -> Option<i128> {
    match op.call {
        Call::Count { value: Some(value), .. } if op.is_ok() => Some(i128::from(*value)),
        _ => None,
    }
}

/// An increment that happened or may have.
fn increment(op: &Op<'_>) -> Option<i128> {
    match op.call {
        Call::Increment(by) if op.may_be() => Some(i128::from(*by)),
        _ => None,
    }
}

/// Sums up to an instant: of what is added and of what is taken away.
struct Sums {
    instants: Vec<u64>,
    added: Vec<i128>,
    taken: Vec<i128>,
}

impl Sums {
    fn new(mut all: Vec<(u64, i128)>) -> Sums {
        all.sort_unstable();
        let mut sums = Sums { instants: Vec::new(), added: vec![0], taken: vec![0] };
        for (instant, by) in all {
            sums.instants.push(instant);
            let (added, taken) = (sums.added[sums.added.len() - 1], sums.taken[sums.taken.len() - 1]);
            sums.added.push(added + by.max(0));
            sums.taken.push(taken + by.min(0));
        }
        sums
    }

    /// The sums of what was before an instant.
    fn before(&self, instant: u64) -> (i128, i128) {
        self.at(self.instants.partition_point(|other| *other < instant))
    }

    /// The sums of what was before an instant or at it.
    fn until(&self, instant: u64) -> (i128, i128) {
        self.at(self.instants.partition_point(|other| *other <= instant))
    }

    fn at(&self, place: usize) -> (i128, i128) {
        (self.added[place], self.taken[place])
    }
}

/// A bound on what the counter held at first, and the read that sets it.
type Beginning<'o, 'h> = Option<(i128, &'o Op<'h>)>;

fn bounds(history: &Observed, object: &Object<'_>, begins: Option<i64>) -> Option<Verdict> {
    let increments = || object.ops.iter().filter_map(|op| increment(op).map(|by| (op, by)));
    let ended = Sums::new(increments().filter(|(op, _)| op.is_ok()).map(|(op, by)| (op.ended, by)).collect());
    let begun = Sums::new(increments().map(|(op, by)| (op.invoked, by)).collect());
    let name = key_name(history, object.key);
    // What the counter may have held at first, and the reads that say so.
    let (mut least, mut most): (Beginning<'_, '_>, Beginning<'_, '_>) = (None, None);
    for op in &object.ops {
        let Some(seen) = count(op) else { continue };
        let ((sure_added, sure_taken), (any_added, any_taken)) = (ended.before(op.invoked), begun.until(op.ended));
        let (low, high) = (sure_added + any_taken, sure_taken + any_added);
        if let Some(begins) = begins.map(i128::from) {
            if seen < begins + low || seen > begins + high {
                let said = operation(history, op.number);
                let text = format!("{name} was between {} and {} during a read: {said}.", begins + low, begins + high);
                return Some(violated(vec![op.number], object.key, text));
            }
            continue;
        }
        least = least.filter(|(other, _)| *other >= seen - high).or(Some((seen - high, op)));
        most = most.filter(|(other, _)| *other <= seen - low).or(Some((seen - low, op)));
        let (Some((least, one)), Some((most, other))) = (least, most) else { continue };
        if least > most {
            let (a, b) = (operation(history, one.number), operation(history, other.number));
            let text = format!(
                "{name} would have begun with {least} or more by one read, and with {most} or less by another: {a}; {b}."
            );
            return Some(violated(vec![one.number, other.number], object.key, text));
        }
    }
    None
}

/// Numbers from the first to the second.
type Interval = (i128, i128);

/// The sums that increments can have of which each may have happened, as intervals that do not touch.
fn possible(sure: i128, increments: &[i128]) -> Vec<Interval> {
    let mut intervals = vec![(sure, sure)];
    for by in increments {
        let mut all: BTreeSet<Interval> = intervals.iter().copied().collect();
        all.extend(intervals.iter().map(|(low, high)| (low + by, high + by)));
        intervals.clear();
        for (low, high) in all {
            match intervals.last_mut() {
                Some((_, last)) if low <= *last + 1 => *last = (*last).max(high),
                _ => intervals.push((low, high)),
            }
        }
        if intervals.len() > SUMS_MAX {
            intervals = vec![(intervals[0].0, intervals[intervals.len() - 1].1)];
        }
    }
    intervals
}

fn final_count(history: &Observed, object: &Object<'_>, begins: i64) -> Option<Verdict> {
    let mut increments: Vec<(&Op<'_>, i128)> = object.ops.iter().filter_map(|op| increment(op).map(|by| (op, by))).collect();
    increments.sort_by_key(|(op, _)| op.ended);
    let ended = Sums::new(increments.iter().map(|(op, by)| (op.ended, *by)).collect());
    // Reads that are made when all is quiet mostly have the same sums.
    let mut tried = BTreeMap::new();
    for op in object.ops.iter().filter(|op| matches!(op.call, Call::Count { quiet: true, .. })) {
        let Some(seen) = count(op) else { continue };
        let (added, taken) = ended.before(op.invoked);
        let open = &increments[increments.partition_point(|(other, _)| other.ended < op.invoked)..];
        let maybe: Vec<i128> = open.iter().filter(|(other, _)| other.invoked <= op.ended).map(|(_, by)| *by).collect();
        let (unsure, sure) = (maybe.len(), i128::from(begins) + added + taken);
        let sums = tried.entry((sure, maybe)).or_insert_with_key(|(sure, maybe)| possible(*sure, maybe));
        let place = sums.partition_point(|(_, high)| *high < seen);
        if sums.get(place).is_none_or(|(low, _)| *low > seen) {
            let shown: Vec<String> = sums.iter().take(4).map(|(low, high)| range(*low, *high)).collect();
            let more = if sums.len() > 4 { " or others" } else { "" };
            let text = format!(
                "When all was quiet, {} had to hold {}{more}: {}. {} may have happened or not.",
                key_name(history, object.key),
                shown.join(" or "),
                operation(history, op.number),
                counted(unsure, "increment")
            );
            return Some(violated(vec![op.number], object.key, text));
        }
    }
    None
}

fn range(low: i128, high: i128) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}

fn problem(object: &Object<'_>, begins: Option<i64>, machine: &mut Machine<'_>) -> Problem {
    let calls = object.ops.iter().filter_map(|op| {
        let transition = match op.call {
            Call::Increment(by) if op.may_be() && *by != 0 => Transition::moves(vec![(0, *by)], op.is_ok()),
            Call::Count { value: Some(value), .. } if op.is_ok() => Transition::Show(vec![*value]),
            _ => return None,
        };
        Some(call(op, machine.transition(transition)))
    });
    let calls = calls.collect();
    let unknown = machine.state_of_words(&transitions::bank(1, None));
    let initial = begins.map_or(unknown, |begins| machine.state_of_words(&transitions::bank(1, Some(&[begins]))));
    Problem { key: object.key, calls, initial, unknown: Some(unknown) }
}

/// What the answers rest on.
pub(super) fn assumptions(objects: &[Object<'_>]) -> Vec<String> {
    let quiet = objects.iter().flat_map(|object| &object.ops).filter(|op| matches!(op.call, Call::Count { quiet: true, .. }));
    let quiet = quiet.count();
    if quiet == 0 {
        return Vec::new();
    }
    vec![format!(
        "{} marked as made when all was quiet: what they return decides, and other reads may be stale, as in Maelstrom.",
        if quiet == 1 { "1 read is".to_owned() } else { format!("{quiet} reads are") }
    )]
}
