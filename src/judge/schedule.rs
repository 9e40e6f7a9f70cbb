//! The construction of a sequence of writes that explains all reads, session by session.
//!
//! Writes are applied one after the other; a session's next read is done as soon as the store holds what it returned, which never hurts.
//! A write may be applied when what must come before it has been, and when no read is left that needs what it replaces: since
//! every value is written once, it would not come back. The write that began first goes first. When nothing can be applied, the reason is
//! sought: often it is an order of two writes that every sequence must keep, and the construction goes back to where it was not kept.
//! Otherwise the last choice is taken back, and what led nowhere is remembered.

use std::collections::BTreeSet;

use super::cycle::Edge;
use super::facts::{Facts, NONE, written};
use super::report::{Evidence, Options};
use super::table::Table;
use super::units::Units;
use super::words::operation;
use crate::observed::{Key, Outcome};

/// How the construction ended.
pub(super) enum Found {
    /// There is a sequence.
    Sequence,
    /// There is none; where the longest attempt got stuck.
    Nothing(Evidence),
    /// The budget was spent.
    Spent,
}

/// How far learning looks for what must come before a write.
const MET_MAX: usize = 2_000;

/// A write that was applied: what the keys held before, and how many reads of which chains it allowed.
struct Done {
    unit: u32,
    held: Vec<(Key, u32)>,
    reads: Vec<(u32, u32)>,
}

struct Store<'a> {
    facts: &'a Facts<'a>,
    units: &'a Units,
    /// For each unit what it must not come before.
    after: Vec<Vec<u32>>,
    /// For each unit what must come before it.
    preceding: Vec<Vec<u32>>,
    /// Who reads what a unit wrote: the place among the readers, how far that reader is then, and the key.
    readers_of: Vec<Vec<(u32, u32, Key)>>,
    applied: Vec<bool>,
    /// How many units before it are missing.
    waits: Vec<u32>,
    /// The units that write and that nothing has to come before any more.
    ready: BTreeSet<u32>,
    /// What each key holds.
    holds: Vec<u32>,
    /// How many reads still need a write of a unit to a key.
    needs: Vec<Vec<(Key, u32)>>,
    needs_initial: Vec<u32>,
    /// The reading units of each chain that reads, and how many are done.
    readers: Vec<(Vec<u32>, u32)>,
    /// For each unit that reads the chain among these, and its place there.
    place_of: Vec<(u32, u32)>,
    left: usize,
    trail: Vec<Done>,
    dead: Table,
}

/// Looks for a sequence that keeps these edges.
pub(super) fn find(facts: &Facts<'_>, units: &Units, edges: &[Edge], options: &Options) -> Found {
    let mut store = Store::new(facts, units, edges);
    let first: Vec<u32> = (0..store.readers.len() as u32).collect();
    let none = store.read(&first);
    store.left -= none.iter().map(|(_, count)| *count as usize).sum::<usize>();
    let (mut steps, mut from) = (0_u64, 0);
    let mut best = (usize::MAX, None);
    while store.left > 0 {
        steps += 1;
        if steps > options.steps || store.dead.bytes() > options.memory {
            return Found::Spent;
        }
        let next = store.ready.range(from..).copied().find(|unit| store.may(*unit));
        if let Some(unit) = next {
            store.apply(unit);
            from = 0;
            if store.dead.len() == 0 || store.dead.find(&store.key()).is_none() {
                continue;
            }
        } else {
            if store.left < best.0 {
                best = (store.left, Some(store.stuck()));
            }
            if store.learn() {
                from = 0;
                continue;
            }
            let key = store.key();
            store.dead.insert(&key);
        }
        match store.take_back() {
            Some(unit) => from = unit + 1,
            None => return Found::Nothing(best.1.unwrap_or_default()),
        }
    }
    Found::Sequence
}

impl<'a> Store<'a> {
    fn new(facts: &'a Facts<'a>, units: &'a Units, edges: &[Edge]) -> Store<'a> {
        let count = facts.history.operations.len();
        let mut store = Store {
            facts,
            units,
            after: vec![Vec::new(); count],
            preceding: vec![Vec::new(); count],
            readers_of: vec![Vec::new(); count],
            applied: vec![false; count],
            waits: vec![0; count],
            ready: BTreeSet::new(),
            holds: vec![NONE; facts.history.keys.len()],
            needs: vec![Vec::new(); count],
            needs_initial: vec![0; facts.history.keys.len()],
            readers: Vec::new(),
            place_of: vec![(NONE, 0); count],
            left: 0,
            trail: Vec::new(),
            dead: Table::default(),
        };
        let mut chain = NONE;
        for unit in &units.in_chains {
            for input in units.inputs(*unit) {
                *store.need(input.key, input.from) += 1;
            }
            if !units.inputs(*unit).is_empty() {
                if chain != facts.chain[*unit as usize] {
                    chain = facts.chain[*unit as usize];
                    store.readers.push((Vec::new(), 0));
                }
                let reader = store.readers.len() as u32 - 1;
                let list = &mut store.readers[reader as usize].0;
                for input in units.inputs(*unit).iter().filter(|input| input.from != NONE) {
                    store.readers_of[input.from as usize].push((reader, list.len() as u32, input.key));
                }
                store.place_of[*unit as usize] = (reader, list.len() as u32);
                list.push(*unit);
                store.left += 1;
            }
        }
        let writes = |unit: u32| {
            let op = &facts.history.operations[unit as usize];
            let seen = op.outcome == Outcome::Ok || store.needs[unit as usize].iter().any(|(_, count)| *count > 0);
            op.outcome != Outcome::Fail && seen && facts.history.steps_of(op).iter().any(|step| written(step).is_some())
        };
        let is_writer: Vec<bool> = (0..count as u32).map(writes).collect();
        // Edges of sessions pass over units that only read: the last writer before stands for them.
        let mut last = vec![NONE; count];
        for unit in 0..count {
            let before = facts.before[unit];
            let inherited = last.get(before as usize).copied().unwrap_or(NONE);
            if is_writer[unit] && inherited != NONE {
                store.put(inherited, unit as u32);
            }
            last[unit] = if is_writer[unit] { unit as u32 } else { inherited };
        }
        // What only says where a beginning ends is kept by what the keys hold.
        for edge in edges.iter().filter(|edge| edge.from.max(edge.to) < count as u32) {
            let from = last[edge.from as usize];
            if from != NONE && is_writer[edge.to as usize] && from != edge.to {
                store.put(from, edge.to);
            }
        }
        store.ready = (0..count as u32).filter(|unit| is_writer[*unit as usize] && store.waits[*unit as usize] == 0).collect();
        store
    }

    fn put(&mut self, from: u32, to: u32) {
        self.after[from as usize].push(to);
        self.preceding[to as usize].push(from);
        self.waits[to as usize] += 1;
    }

    fn need(&mut self, key: Key, from: u32) -> &mut u32 {
        if from == NONE {
            return &mut self.needs_initial[key as usize];
        }
        let needs = &mut self.needs[from as usize];
        let place = needs.iter().position(|(k, _)| *k == key).unwrap_or_else(|| {
            needs.push((key, 0));
            needs.len() - 1
        });
        &mut needs[place].1
    }

    /// Whether a write may be applied now.
    fn may(&self, unit: u32) -> bool {
        let needed = |key: Key| match self.holds[key as usize] {
            NONE => self.needs_initial[key as usize],
            holds => self.needs[holds as usize].iter().find(|(k, _)| *k == key).map_or(0, |(_, count)| *count),
        };
        // What a unit reads comes before what it writes.
        let (reader, place) = self.place_of[unit as usize];
        if reader != NONE && self.readers[reader as usize].1 <= place {
            return false;
        }
        let steps = self.facts.history.steps_of(&self.facts.history.operations[unit as usize]);
        steps.iter().all(|step| written(step).is_none() || needed(step.key) == 0)
    }

    fn apply(&mut self, unit: u32) {
        self.ready.remove(&unit);
        self.applied[unit as usize] = true;
        for next in 0..self.after[unit as usize].len() {
            let to = self.after[unit as usize][next];
            self.waits[to as usize] -= 1;
            if self.waits[to as usize] == 0 {
                self.ready.insert(to);
            }
        }
        let mut held = Vec::new();
        for step in self.facts.history.steps_of(&self.facts.history.operations[unit as usize]) {
            if written(step).is_some() {
                held.push((step.key, std::mem::replace(&mut self.holds[step.key as usize], unit)));
            }
        }
        let all: Vec<u32> = (0..self.readers.len() as u32).collect();
        let reads = self.read(&all);
        self.left -= reads.iter().map(|(_, count)| *count as usize).sum::<usize>();
        self.trail.push(Done { unit, held, reads });
    }

    /// Does all reads that these chains can do.
    fn read(&mut self, chains: &[u32]) -> Vec<(u32, u32)> {
        let units = self.units;
        let mut done = Vec::new();
        for chain in chains {
            let mut count = 0;
            while let Some(unit) = self.next(*chain) {
                if units.inputs(unit).iter().any(|input| self.holds[input.key as usize] != input.from) {
                    break;
                }
                for input in units.inputs(unit) {
                    *self.need(input.key, input.from) -= 1;
                }
                self.readers[*chain as usize].1 += 1;
                count += 1;
            }
            if count > 0 {
                done.push((*chain, count));
            }
        }
        done
    }

    fn next(&self, chain: u32) -> Option<u32> {
        let (list, done) = &self.readers[chain as usize];
        list.get(*done as usize).copied()
    }

    /// Takes the last write back.
    fn take_back(&mut self) -> Option<u32> {
        let done = self.trail.pop()?;
        let units = self.units;
        for (chain, count) in done.reads {
            self.left += count as usize;
            for _ in 0..count {
                self.readers[chain as usize].1 -= 1;
                let unit = self.next(chain).expect("it was done");
                for input in units.inputs(unit) {
                    *self.need(input.key, input.from) += 1;
                }
            }
        }
        for (key, held) in done.held.into_iter().rev() {
            self.holds[key as usize] = held;
        }
        for next in 0..self.after[done.unit as usize].len() {
            let to = self.after[done.unit as usize][next];
            self.waits[to as usize] += 1;
            self.ready.remove(&to);
        }
        self.applied[done.unit as usize] = false;
        self.ready.insert(done.unit);
        Some(done.unit)
    }

    /// What can be applied, what the keys hold and what is read, as words: two attempts with the same words go on alike.
    fn key(&self) -> Vec<u32> {
        let mut key: Vec<u32> = self.readers.iter().map(|(_, done)| *done).collect();
        key.extend(&self.holds);
        key.extend(&self.ready);
        key
    }

    /// Learns from being stuck, and goes back to where it matters. A reader waits for a write, before which another must come that would replace
    /// what the reader needs afterwards: then that other comes before what it would replace, in every sequence.
    fn learn(&mut self) -> bool {
        let mut learned = Vec::new();
        for reader in 0..self.readers.len() as u32 {
            let Some(unit) = self.next(reader) else { continue };
            let waited = self.units.inputs(unit).iter().map(|input| input.from);
            let mut open: Vec<u32> = waited.filter(|from| *from != NONE && !self.applied[*from as usize]).collect();
            let mut met = open.clone();
            while let Some(unit) = open.pop() {
                for before in self.preceding[unit as usize].iter().filter(|before| !self.applied[**before as usize]) {
                    if !met.contains(before) && met.len() < MET_MAX {
                        met.push(*before);
                        open.push(*before);
                    }
                }
                for step in self.facts.history.steps_of(&self.facts.history.operations[unit as usize]) {
                    let held = self.holds[step.key as usize];
                    if written(step).is_some() && held != NONE && self.needed_by(held, step.key, reader) {
                        learned.push((unit, held));
                    }
                }
            }
        }
        learned.sort_unstable();
        learned.dedup();
        for (_, held) in &learned {
            while self.applied[*held as usize] {
                self.take_back();
            }
        }
        for (from, to) in &learned {
            self.ready.remove(to);
            self.put(*from, *to);
        }
        !learned.is_empty()
    }

    /// Whether a reader still needs what a unit wrote to a key.
    fn needed_by(&self, unit: u32, key: Key, reader: u32) -> bool {
        let done = self.readers[reader as usize].1;
        self.readers_of[unit as usize].iter().any(|(r, at, k)| *r == reader && *at >= done && *k == key)
    }

    fn stuck(&self) -> Evidence {
        let mut operations = Vec::new();
        let mut waits = Vec::new();
        for unit in (0..self.readers.len() as u32).filter_map(|chain| self.next(chain)).take(6) {
            for input in self.units.inputs(unit).iter().filter(|input| self.holds[input.key as usize] != input.from) {
                let held = self.holds[input.key as usize];
                operations.extend([input.from, held, unit].into_iter().filter(|op| *op != NONE));
            }
            waits.push(operation(self.facts.history, unit));
        }
        operations.sort_unstable();
        operations.dedup();
        let text = format!(
            "No one sequence of the writes explains all reads; the longest attempt waits for what these returned: {}.",
            waits.join("; ")
        );
        Evidence { operations, key: None, text, anomaly: None }
    }
}
