//! Operations and transactions alike as units: what each takes from which other, and the place of each in its chain.
//!
//! A unit takes effect as a whole. What it reads after a write of its own to the same key comes from itself; the rest are its inputs.
//! For lists each element is an input, as who sees an element has its append in sight; of a list that a unit reads behind its own appends,
//! what stands before those. A read sees what its unit did before it, and nothing that its unit did later.

use super::anomaly::{Anomaly, Through};
use super::facts::{Facts, NONE, Source, UNSHOWN, written};
use super::lists::{Obstacle, elements};
use super::report::Evidence;
use super::words::operation;
use crate::observed::{Call, Key, Value};

/// A key that a unit read, and the unit whose write it returned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input {
    pub(super) key: Key,
    /// [`NONE`] for the initial value.
    pub(super) from: u32,
    /// The step that wrote it; [`NONE`] for the initial value.
    pub(super) step: u32,
    /// The step that read it.
    pub(super) read: u32,
    /// Of a list, how many elements of others were seen.
    pub(super) length: u32,
    /// Of a list, whether what the unit had appended itself was seen behind them.
    pub(super) own: bool,
}

/// All units of a history, each under the number of its operation.
pub(super) struct Units {
    inputs: Vec<Input>,
    starts: Vec<u32>,
    /// Whether the reads of a key, which is a list, contradict each other or show what was not appended.
    pub(super) forked: Vec<bool>,
    /// The units chain by chain.
    pub(super) in_chains: Vec<u32>,
    /// The place of a unit in its chain, from 1 on.
    pub(super) place: Vec<u32>,
    /// A unit that contradicts itself: reads not what it wrote, or what another had overwritten itself; or lists that do.
    pub(super) inner: Option<Evidence>,
}

impl Units {
    pub(super) fn new(facts: &Facts<'_>) -> Units {
        let operations = &facts.history.operations;
        let mut units = Units {
            inputs: Vec::with_capacity(operations.len()),
            starts: Vec::with_capacity(operations.len() + 1),
            forked: vec![false; facts.history.keys.len()],
            in_chains: in_chains(facts),
            place: vec![0; operations.len()],
            inner: None,
        };
        units.order_lists(facts);
        let mut places = vec![0; facts.chains];
        for unit in &units.in_chains {
            let place = &mut places[facts.chain[*unit as usize] as usize];
            *place += 1;
            units.place[*unit as usize] = *place;
        }
        for (unit, op) in (0_u32..).zip(operations) {
            units.starts.push(units.inputs.len() as u32);
            for step in op.first..op.first + op.count {
                units.take(facts, unit, op.first, step);
            }
            units.look_at_appends(facts, unit);
        }
        units.starts.push(units.inputs.len() as u32);
        units
    }

    /// How many of its inputs a unit had read before it wrote the last time.
    pub(super) fn read_before_writing(&self, facts: &Facts<'_>, unit: u32) -> usize {
        let op = &facts.history.operations[unit as usize];
        let mut steps = (op.first..op.first + op.count).rev();
        let last = steps.find(|step| written(&facts.history.steps[*step as usize]).is_some());
        // A compare-and-set reads before it writes.
        last.map_or(0, |last| self.inputs(unit).partition_point(|input| input.read <= last))
    }

    /// What a unit reads from others.
    pub(super) fn inputs(&self, unit: u32) -> &[Input] {
        &self.inputs[self.starts[unit as usize] as usize..self.starts[unit as usize + 1] as usize]
    }

    /// Where each chain starts among the units chain by chain.
    pub(super) fn starts_of_chains(&self, facts: &Facts<'_>) -> Vec<u32> {
        let mut starts = vec![0; facts.chains];
        for (at, unit) in (0_u32..).zip(&self.in_chains).filter(|(_, unit)| self.place[**unit as usize] == 1) {
            starts[facts.chain[*unit as usize] as usize] = at;
        }
        starts
    }

    /// Notes what a step of a unit reads.
    fn take(&mut self, facts: &Facts<'_>, unit: u32, first: u32, step: u32) {
        let key = facts.key(step);
        if let Some(list) = elements(facts, step).filter(|_| facts.is_list(key)) {
            self.take_list(facts, unit, step, list);
            return;
        }
        let source = facts.sources[step as usize];
        if matches!(source, Source::Nothing | Source::Aborted(_) | Source::ThinAir | Source::Ambiguous) {
            return;
        }
        // A compare-and-set reads before it writes.
        if let Some(own) = (first..step).rev().find(|s| writes(facts, *s, key)) {
            if source != Source::Write(own) {
                self.contradicts_itself(facts, unit, key);
            }
            return;
        }
        let Source::Write(write) = source else {
            self.inputs.push(Input { key, from: NONE, step: NONE, read: step, length: 0, own: false });
            return;
        };
        let from = facts.op_of[write as usize];
        if from == unit || replaced(facts, write) {
            self.not_the_last_word(facts, unit, from, key);
        }
        if from != unit {
            self.inputs.push(Input { key, from, step: write, read: step, length: 0, own: false });
        }
    }

    /// Notes what a read of a list shows: own appends that the unit made before stand at its end, and all before them is of others.
    fn take_list(&mut self, facts: &Facts<'_>, unit: u32, step: u32, list: &[Value]) {
        let key = facts.key(step);
        if facts.told[key as usize].as_ref().is_some_and(|told| matches!(told.order, Err(Obstacle::Twice))) {
            return;
        }
        let op = &facts.history.operations[unit as usize];
        let own =
            |steps: std::ops::Range<u32>| steps.filter(move |s| writes(facts, *s, key)).filter_map(move |s| appended(facts, s));
        let (earlier, mut others) = (own(op.first..step).count(), list.len());
        let mut shows_own = false;
        if earlier > 0 {
            others = list.len().saturating_sub(earlier);
            shows_own = own(op.first..step).eq(list[others..].iter().copied());
            if !shows_own {
                self.contradicts_itself(facts, unit, key);
                others = list.iter().rposition(|value| own(op.first..step).all(|own| own != *value)).map_or(0, |at| at + 1);
            }
        }
        let list = &list[..others];
        if own(step + 1..op.first + op.count).any(|later| list.contains(&later)) {
            self.not_the_last_word(facts, unit, unit, key);
        }
        let writer =
            |value: &Value| Some(facts.writer_of(key, *value)).filter(|w| *w != NONE && facts.op_of[*w as usize] != unit);
        let Some(write) = list.iter().rev().find_map(writer) else {
            self.inputs.push(Input { key, from: NONE, step: NONE, read: step, length: 0, own: shows_own });
            return;
        };
        let from = facts.op_of[write as usize];
        if replaced(facts, write) {
            self.not_the_last_word(facts, unit, from, key);
        }
        self.inputs.push(Input { key, from, step: write, read: step, length: list.len() as u32, own: shows_own });
    }

    /// Looks at the appends of a unit to a list: they have to stand in it as they were made, none left out.
    fn look_at_appends(&mut self, facts: &Facts<'_>, unit: u32) {
        let op = &facts.history.operations[unit as usize];
        if op.count < 2 || self.inner.is_some() || facts.chain[unit as usize] == NONE {
            return;
        }
        let appends = |step: &u32| facts.is_list(facts.key(*step)) && appended(facts, *step).is_some();
        for later in (op.first..op.first + op.count).filter(appends).filter(|step| facts.place_of(*step) != UNSHOWN) {
            let key = facts.key(later);
            let earlier =
                (op.first..later).filter(appends).find(|s| facts.key(*s) == key && facts.place_of(*s) > facts.place_of(later));
            if let (Some(_), Some(order)) = (earlier, facts.order_of(key)) {
                let (reader, writer) = (facts.op_of[order.longest as usize], operation(facts.history, unit));
                let text = format!(
                    "{}, in which the appends of one stand otherwise than it made them: {writer}.",
                    operation(facts.history, reader)
                );
                let anomaly = Some((Anomaly::Internal, Through::Dependencies));
                self.inner = Some(Evidence { operations: vec![unit, reader], key: Some(key), text, anomaly });
                return;
            }
        }
    }

    fn contradicts_itself(&mut self, facts: &Facts<'_>, unit: u32, key: Key) {
        if self.inner.is_none() {
            let text = format!("{} does not return its own write.", operation(facts.history, unit));
            let anomaly = Some((Anomaly::Internal, Through::Dependencies));
            self.inner = Some(Evidence { operations: vec![unit], key: Some(key), text, anomaly });
        }
    }

    fn not_the_last_word(&mut self, facts: &Facts<'_>, unit: u32, from: u32, key: Key) {
        if self.inner.is_some() {
            return;
        }
        let reader = operation(facts.history, unit);
        let (operations, text, anomaly) = if from == unit {
            (vec![unit], format!("{reader}: it returns what it wrote only afterwards."), Anomaly::Internal)
        } else {
            let writer = operation(facts.history, from);
            let text = format!("{reader}, but that was not the last word of its writer: {writer}.");
            (vec![unit, from], text, Anomaly::IntermediateRead)
        };
        let anomaly = Some((anomaly, Through::Dependencies));
        self.inner = Some(Evidence { operations, key: Some(key), text, anomaly });
    }

    /// Finds what contradicts the orders that lists show.
    fn order_lists(&mut self, facts: &Facts<'_>) {
        for (told, forked) in facts.told.iter().zip(&mut self.forked) {
            if let Some(Err(Obstacle::Broken(evidence))) = told.as_ref().map(|told| &told.order) {
                *forked = true;
                self.inner.get_or_insert_with(|| evidence.clone());
            }
        }
    }
}

/// Whether a step writes a key.
fn writes(facts: &Facts<'_>, step: u32, key: Key) -> bool {
    facts.key(step) == key && written(&facts.history.steps[step as usize]).is_some()
}

/// What a step appends.
fn appended(facts: &Facts<'_>, step: u32) -> Option<Value> {
    match facts.history.steps[step as usize].call {
        Call::Append(value) => Some(value),
        _ => None,
    }
}

/// Whether the operation of a write wrote the key again.
fn replaced(facts: &Facts<'_>, write: u32) -> bool {
    let op = &facts.history.operations[facts.op_of[write as usize] as usize];
    (write + 1..op.first + op.count).any(|step| writes(facts, step, facts.key(write)))
}

/// The units that happened or may have, chain by chain.
fn in_chains(facts: &Facts<'_>) -> Vec<u32> {
    let mut starts = vec![0_u32; facts.chains + 1];
    for chain in facts.chain.iter().filter(|chain| **chain != NONE) {
        starts[*chain as usize + 1] += 1;
    }
    for i in 0..facts.chains {
        starts[i + 1] += starts[i];
    }
    let mut list = vec![0; starts[facts.chains] as usize];
    for (unit, chain) in (0_u32..).zip(&facts.chain).filter(|(_, chain)| **chain != NONE) {
        let place = &mut starts[*chain as usize];
        list[*place as usize] = unit;
        *place += 1;
    }
    list
}
