//! Lists whose reads show no one order: what a session is promised, read off each list by itself.
//!
//! Where two reads of a key contradict each other (Elle's `incompatible-order`), no order of all appends explains them, and
//! every guarantee that rests on one is broken. What Terry et al. 1994 promise a session does not: own appends are in the list; what was in
//! the list stays in it; where an append is, those are before it that its session did earlier, or that it had read.

use std::collections::BTreeMap;

use super::facts::{Facts, NONE};
use super::lists::elements;
use super::report::Evidence;
use super::units::Units;
use super::words::operation;
use crate::observed::{Call, Key, Outcome, Value};

/// The lists without an order.
pub(super) struct Forks<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) units: &'a Units,
}

/// The most elements that are looked for in other lists.
const COMPARED_MAX: usize = 50_000_000;

/// The most lists that are kept, over all places of sessions.
const KEPT_MAX: usize = 1 << 20;

/// More than [`COMPARED_MAX`] or [`KEPT_MAX`].
pub(super) struct TooLong;

/// A list that was read: by which unit, of which key, and its elements.
#[derive(Clone, Copy)]
struct Seen<'a> {
    unit: u32,
    key: Key,
    list: &'a [Value],
}

/// From a place of a chain on, by unit and step: the lists of a key that it has read.
type State<'a> = ((u32, u32), Vec<Seen<'a>>);

/// An append: its unit, its step, and its element.
type Append = (u32, u32, Value);

impl<'a> Forks<'a> {
    /// The steps of these keys, chain by chain.
    fn steps(&self) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let (facts, units) = (self.facts, self.units);
        let all = units.in_chains.iter().flat_map(|unit| {
            let op = &facts.history.operations[*unit as usize];
            (op.first..op.first + op.count).map(|step| (*unit, step))
        });
        all.filter(|(_, step)| units.forked[facts.key(*step) as usize])
    }

    fn seen(&self, unit: u32, step: u32) -> Option<Seen<'a>> {
        elements(self.facts, step).map(|list| Seen { unit, key: self.facts.key(step), list })
    }

    /// An append of the session that a later read of it does not show.
    pub(super) fn own_appends(&self) -> Option<Evidence> {
        let mut own: BTreeMap<(u32, Key), Vec<(u32, Value)>> = BTreeMap::new();
        for (unit, step) in self.steps() {
            let chain = self.facts.chain[unit as usize];
            if let Some(seen) = self.seen(unit, step) {
                let sorted = sorted(seen.list);
                let missing = |(_, value): &&(u32, Value)| !has(&sorted, *value);
                if let Some((append, _)) = own.get(&(chain, seen.key)).and_then(|own| own.iter().find(missing)) {
                    return Some(self.missing(*append, seen));
                }
            } else if let Some(value) = self.appended(step) {
                own.entry((chain, self.facts.key(step))).or_default().push((unit, value));
            }
        }
        None
    }

    /// An element that a session has read and that a later read of it does not show.
    pub(super) fn shrinking(&self) -> Option<Evidence> {
        let mut last: BTreeMap<(u32, Key), Seen<'a>> = BTreeMap::new();
        for (unit, step) in self.steps() {
            let Some(seen) = self.seen(unit, step) else { continue };
            let sorted = sorted(seen.list);
            let before = last.insert((self.facts.chain[unit as usize], seen.key), seen);
            // What nobody appended, or in vain, shows nothing.
            let lost = |v: &Value| self.facts.writer_of(seen.key, *v) != NONE && !has(&sorted, *v);
            let lost = before.filter(|before| before.list.iter().any(lost));
            if let Some(before) = lost {
                return Some(self.missing(before.unit, seen));
            }
        }
        None
    }

    fn missing(&self, earlier: u32, seen: Seen<'_>) -> Evidence {
        let history = self.facts.history;
        let (a, b) = (operation(history, earlier), operation(history, seen.unit));
        let (operations, text) = if earlier == seen.unit {
            (vec![earlier], format!("{b}: in the later read it is missing."))
        } else {
            (vec![earlier, seen.unit], format!("{a}; later in the same session {b}, in which it is missing."))
        };
        Evidence { operations, key: Some(seen.key), text, anomaly: None }
    }

    /// Two appends of a session that a read shows the wrong way round, or of which it shows only the later one.
    pub(super) fn out_of_order(&self) -> Option<Evidence> {
        let (facts, history) = (self.facts, self.facts.history);
        let mut appends: BTreeMap<(u32, Key), Vec<Append>> = BTreeMap::new();
        for (unit, step) in self.steps() {
            if let Some(value) = self.appended(step) {
                appends.entry((facts.chain[unit as usize], facts.key(step))).or_default().push((unit, step, value));
            }
        }
        for (unit, step) in self.steps() {
            let Some(seen) = self.seen(unit, step) else { continue };
            let places = places(seen.list);
            // For each chain how far behind its first appends stand: for each number of them, the last place and whose it is.
            let mut furthest: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
            for (at, value) in seen.list.iter().enumerate() {
                let append = facts.writer_of(seen.key, *value);
                if append == NONE {
                    continue;
                }
                let writer = facts.op_of[append as usize];
                let late = self.behind(append).find_map(|(chain, until)| {
                    let all = appends.get(&(chain, seen.key)).map_or(&[][..], Vec::as_slice);
                    let earlier = all.partition_point(|(by, step, _)| (self.units.place[*by as usize], *step) < until);
                    let furthest = furthest.entry(chain).or_default();
                    // No more of them than the list shows, as the first that it does not show is an answer.
                    for (by, _, value) in all.get(furthest.len()..earlier).unwrap_or_default() {
                        let last = furthest.last().copied().unwrap_or((0, 0));
                        furthest.push(last.max((place(&places, *value), *by)));
                    }
                    earlier.checked_sub(1).map(|last| furthest[last]).filter(|(place, _)| *place >= at)
                });
                let Some((place, by)) = late else { continue };
                let how = if place == usize::MAX { "only the later one" } else { "them the wrong way round" };
                let (a, b, reader) = (operation(history, by), operation(history, writer), operation(history, unit));
                let text = format!("{a}; later in the same session {b}; but {reader}, which shows {how}.");
                return Some(Evidence { operations: vec![by, writer, unit], key: Some(seen.key), text, anomaly: None });
            }
        }
        None
    }

    /// An append that a read shows without, or before, what its session had read before it; or nothing is known, as looking for it takes
    /// too long.
    pub(super) fn before_what_was_read(&self) -> Result<Option<Evidence>, TooLong> {
        let (facts, history) = (self.facts, self.facts.history);
        let known = self.read_before_appends()?;
        let mut compared = 0;
        for (unit, step) in self.steps() {
            let Some(seen) = self.seen(unit, step) else { continue };
            let places = places(seen.list);
            for (at, value) in seen.list.iter().enumerate() {
                let append = facts.writer_of(seen.key, *value);
                let Some(reads) = known.get(&append) else { continue };
                compared += reads.iter().map(|read| read.list.len()).sum::<usize>();
                if compared > COMPARED_MAX {
                    return Err(TooLong);
                }
                let misses = |read: &&Seen<'_>| read.list.iter().any(|v| place(&places, *v) >= at);
                if let Some(read) = reads.iter().find(misses) {
                    let writer = facts.op_of[append as usize];
                    let (a, b, reader) = (operation(history, read.unit), operation(history, writer), operation(history, unit));
                    let text = format!(
                        "{a}; later in the same session {b}; but {reader}, where not all of the former is before the latter."
                    );
                    return Ok(Some(Evidence {
                        operations: vec![read.unit, writer, unit],
                        key: Some(seen.key),
                        text,
                        anomaly: None,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// For each append the lists of its key that its session had read: the last, and those that it does not begin with.
    fn read_before_appends(&self) -> Result<BTreeMap<u32, Vec<Seen<'a>>>, TooLong> {
        let (facts, mut known, mut kept) = (self.facts, BTreeMap::new(), 0);
        let mut lists: BTreeMap<(u32, Key), Vec<State<'a>>> = BTreeMap::new();
        for (unit, step) in self.steps() {
            let Some(seen) = self.seen(unit, step) else { continue };
            let states = lists.entry((facts.chain[unit as usize], seen.key)).or_default();
            let mut state = states.last().map_or_else(Vec::new, |(_, state)| state.clone());
            state.retain(|read| !seen.list.starts_with(read.list));
            state.push(seen);
            kept += state.len();
            if kept > KEPT_MAX {
                return Err(TooLong);
            }
            states.push(((self.units.place[unit as usize], step), state));
        }
        for (_, step) in self.steps().filter(|(_, step)| self.appended(*step).is_some()) {
            let state = self.behind(step).find_map(|(chain, until)| {
                let states = lists.get(&(chain, facts.key(step))).map_or(&[][..], Vec::as_slice);
                let earlier = states.partition_point(|(place, _)| *place < until);
                earlier.checked_sub(1).map(|last| states[last].1.clone())
            });
            known.extend(state.map(|state| (step, state)));
        }
        Ok(known)
    }

    /// The places in chains, by unit and step, that all lies before that comes before an append: its own, and of one without an answer, which is
    /// alone in its chain, the one behind the last operation of its session that had ended.
    fn behind(&self, append: u32) -> impl Iterator<Item = (u32, (u32, u32))> + use<'a> {
        let (facts, place) = (self.facts, &self.units.place);
        let unit = facts.op_of[append as usize];
        let own = Some((facts.chain[unit as usize], (place[unit as usize], append)));
        let open = facts.history.operations[unit as usize].outcome != Outcome::Ok;
        let before = Some(facts.before[unit as usize]).filter(|before| open && *before != NONE);
        let before = before.map(|before| (facts.chain[before as usize], (place[before as usize] + 1, 0)));
        own.into_iter().chain(before)
    }

    /// What a step appended. One without an answer is alone in its chain, so nothing follows it there.
    fn appended(&self, step: u32) -> Option<Value> {
        match self.facts.history.steps[step as usize].call {
            Call::Append(value) => Some(value),
            _ => None,
        }
    }
}

/// The elements in their own order, each with its place in the list.
fn places(list: &[Value]) -> Vec<(Value, usize)> {
    let mut places: Vec<(Value, usize)> = list.iter().copied().zip(0..).collect();
    places.sort_unstable();
    places
}

/// The place of an element; behind all, if it is not in the list.
fn place(places: &[(Value, usize)], value: Value) -> usize {
    places.binary_search_by_key(&value, |(v, _)| *v).map_or(usize::MAX, |at| places[at].1)
}

fn sorted(list: &[Value]) -> Vec<Value> {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    sorted
}

fn has(sorted: &[Value], value: Value) -> bool {
    sorted.binary_search(&value).is_ok()
}
