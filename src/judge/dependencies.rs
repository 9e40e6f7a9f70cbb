//! The graph of dependencies between transactions (Adya 1999, section 4; Elle, VLDB 2020, section 4).
//!
//! Where the order of a key's versions is known, from a list or from recorded versions, three relations follow: whose version comes next
//! after whose (ww), who read whose version (wr), and who read the version that whose replaced (rw). A list shows all before its last
//! element, so the last one stands for the rest. Appends that no read shows come after all that are shown, in an order that nobody
//! knows: whoever read the whole list comes before them. Many may come before many there, and in real time, so the graph has nodes
//! that are no operations, and it stays as large as the record.

use super::cycle::{Edge, Why};
use super::facts::{Facts, NONE, written};
use super::known::Known;
use super::units::Input;
use crate::observed::{Call, Key};

/// Which node stands for what a unit reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// The unit itself: it reads and writes at once.
    Whole,
    /// A node of its own, behind those of all operations: the end of the beginning that it reads.
    Halves,
}

/// Where the edges that many share meet: per key, before what appends blindly, and before who appends after having read the whole list.
#[derive(Clone, Copy)]
enum Hub {
    Blind,
    Readers,
}

/// The dependencies of a history.
pub(super) struct Dependencies {
    /// How many nodes there are: operations, their reading halves, and what is no operation.
    pub(super) nodes: usize,
    /// Of ww, wr and rw.
    pub(super) edges: Vec<Edge>,
    /// The keys whose versions have no known order, and that somebody wrote twice.
    pub(super) unknown: Vec<Key>,
    /// For each key the units that appended what nobody has read, if there are several.
    pub(super) unread: Vec<(Key, Vec<u32>)>,
}

/// The versions of a key in their order, by the steps that wrote them, and the units that wrote what nobody has read.
struct Versions {
    shown: Vec<u32>,
    /// The place of each of these steps, by step; not for lists, where a read tells how much it has seen.
    places: Vec<(u32, usize)>,
    unread: Vec<u32>,
}

impl Dependencies {
    pub(super) fn new(known: &Known<'_>, halves: Readers) -> Dependencies {
        let facts = known.facts;
        let (operations, keys) = (facts.history.operations.len(), facts.history.keys.len());
        let half = if halves == Readers::Halves { operations as u32 } else { 0 };
        let mut found =
            Dependencies { nodes: 2 * operations + 2 * keys, edges: Vec::new(), unknown: Vec::new(), unread: Vec::new() };
        let mut readers: Vec<Vec<(u32, Input)>> = vec![Vec::new(); keys];
        for unit in &known.units.in_chains {
            for input in known.units.inputs(*unit) {
                readers[input.key as usize].push((*unit, *input));
                if input.from != NONE {
                    found.edges.push(Edge { from: input.from, to: *unit + half, why: Why::Read });
                }
            }
        }
        for (key, steps) in (0_u32..).zip(facts.steps_by_key()) {
            match Versions::of(known, key, &steps) {
                Some(versions) => found.of_key(facts, key, &versions, (&readers[key as usize], half)),
                None => found.unknown.push(key),
            }
        }
        found
    }

    /// What comes before what of a key whose versions have an order.
    fn of_key(&mut self, facts: &Facts<'_>, key: Key, versions: &Versions, (readers, half): (&[(u32, Input)], u32)) {
        let unit = |step: u32| facts.op_of[step as usize];
        let replaced = if half == 0 { Why::Replaced(key) } else { Why::Cut(key) };
        let mut push = |from: u32, to: u32, why: Why| {
            if from != to {
                self.edges.push(Edge { from, to, why });
            }
        };
        let shown = &versions.shown;
        for pair in shown.windows(2) {
            push(unit(pair[0]), unit(pair[1]), Why::Version(key));
        }
        if let Some(last) = shown.last() {
            versions.unread.iter().for_each(|to| push(unit(*last), *to, Why::Version(key)));
        }
        // Who has read all that is shown, and appends what nobody has read, comes before all others that do, but not before itself.
        let mut updaters = Vec::new();
        for (reader, input) in readers {
            if let Some(next) = shown.get(versions.seen(input)) {
                push(*reader + half, unit(*next), replaced);
                continue;
            }
            let [blind, readers] = [Hub::Blind, Hub::Readers].map(|hub| hub_of(facts, key, hub));
            push(*reader + half, blind, replaced);
            if half == 0 && versions.unread.binary_search(reader).is_ok() {
                updaters.push(*reader);
            } else {
                push(*reader + half, readers, replaced);
            }
        }
        updaters.sort_unstable();
        updaters.dedup();
        for to in &versions.unread {
            let hub = if updaters.binary_search(to).is_ok() { Hub::Readers } else { Hub::Blind };
            push(hub_of(facts, key, hub), *to, replaced);
        }
        // Each would have to come before the other: two of them are enough to say so.
        for (at, from) in updaters.iter().enumerate() {
            push(*from, updaters[(at + 1) % updaters.len()], replaced);
        }
        if versions.unread.len() > 1 {
            self.unread.push((key, versions.unread.clone()));
        }
    }
}

impl Versions {
    /// The versions of a key, if their order is known: that of a list, that of recorded versions, or that of the only unit that wrote it.
    fn of(known: &Known<'_>, key: Key, steps: &[u32]) -> Option<Versions> {
        let (facts, ranks) = (known.facts, known.ranks);
        let writes = steps.iter().copied().filter(|step| written(&facts.history.steps[*step as usize]).is_some());
        let writes: Vec<u32> = writes.filter(|step| facts.happened(*step)).collect();
        if facts.is_list(key) {
            let appends = |step: &u32| matches!(facts.history.steps[*step as usize].call, Call::Append(_));
            let shown = facts.order_of(key).filter(|_| writes.iter().all(appends))?.appends.clone();
            let mut sorted = shown.clone();
            sorted.sort_unstable();
            let unread = writes.iter().filter(|step| sorted.binary_search(step).is_err());
            let mut unread: Vec<u32> = unread.map(|step| facts.op_of[*step as usize]).collect();
            unread.sort_unstable();
            unread.dedup();
            return Some(Versions { shown, places: Vec::new(), unread });
        }
        let unit = |step: &u32| facts.op_of[*step as usize];
        let shown = if writes.iter().all(|step| unit(step) == unit(&writes[0])) {
            writes
        } else if ranks.known[key as usize] && ranks.writes[key as usize].len() == writes.len() {
            ranks.writes[key as usize].clone()
        } else {
            one_after_the_other(known, key, &writes)?
        };
        let mut places: Vec<(u32, usize)> = shown.iter().copied().zip(0..).collect();
        places.sort_unstable();
        Some(Versions { shown, places, unread: Vec::new() })
    }

    /// How many of the versions whoever read has seen.
    fn seen(&self, input: &Input) -> usize {
        match self.places.binary_search_by_key(&input.step, |(step, _)| *step) {
            Ok(at) => self.places[at].1 + 1,
            Err(_) => input.length as usize,
        }
    }
}

/// The writes of a register in their order, if each unit that wrote it but one had read the version of another before: then each version
/// is that of whoever replaced it. Two that replace the same version leave the order open.
fn one_after_the_other(known: &Known<'_>, key: Key, writes: &[u32]) -> Option<Vec<u32>> {
    let facts = known.facts;
    let mut units: Vec<(u32, Vec<u32>)> = Vec::new();
    for write in writes {
        let unit = facts.op_of[*write as usize];
        match units.last_mut().filter(|(last, _)| *last == unit) {
            Some((_, steps)) => steps.push(*write),
            None => units.push((unit, vec![*write])),
        }
    }
    let of = |unit: u32| units.iter().position(|(other, _)| *other == unit);
    if units.len() > CHAIN_MAX {
        return None;
    }
    // Who comes after each, and who has read from nobody.
    let (mut next, mut first) = (vec![None; units.len()], None);
    for (at, (unit, steps)) in units.iter().enumerate() {
        let read = known.units.inputs(*unit).iter().find(|input| input.key == key && input.read <= steps[0]);
        let place = match read.filter(|input| input.from != NONE) {
            Some(input) => &mut next[of(input.from)?],
            None => &mut first,
        };
        if place.replace(at).is_some() {
            return None;
        }
    }
    let mut order = Vec::with_capacity(writes.len());
    let mut at = first;
    while let Some(place) = at.filter(|_| order.len() < writes.len()) {
        order.extend(&units[place].1);
        at = next[place];
    }
    (order.len() == writes.len()).then_some(order)
}

/// The most units that are put in such an order: looking for each among all takes their square.
const CHAIN_MAX: usize = 2_000;

fn hub_of(facts: &Facts<'_>, key: Key, hub: Hub) -> u32 {
    let hubs = 2 * facts.history.operations.len() + 2 * key as usize;
    hubs as u32 + u32::from(matches!(hub, Hub::Readers))
}
