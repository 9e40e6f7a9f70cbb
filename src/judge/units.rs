//! Operations and transactions alike as units: what each takes from which other, and the place of each in its chain.
//!
//! A unit takes effect as a whole. What it reads after a write of its own to the same key comes from itself; the rest are its inputs.
//! For lists each element is an input, as who sees an element has its append in sight.

use super::facts::{Facts, NONE, Source, written};
use super::lists::{self, Obstacle, Order, elements};
use super::report::Evidence;
use super::words::operation;
use crate::observed::Key;

/// A key that a unit read, and the unit whose write it returned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input {
    pub(super) key: Key,
    /// [`NONE`] for the initial value.
    pub(super) from: u32,
    /// The step that wrote it; [`NONE`] for the initial value.
    pub(super) step: u32,
    /// Of a list, how many elements were seen.
    pub(super) length: u32,
}

/// All units of a history, each under the number of its operation.
pub(super) struct Units {
    inputs: Vec<Input>,
    starts: Vec<u32>,
    /// The order of the appends, for each key that is a list.
    pub(super) orders: Vec<Option<Order>>,
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
            orders: Vec::new(),
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
        }
        units.starts.push(units.inputs.len() as u32);
        units
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
        let mut source = facts.sources[step as usize];
        if matches!(source, Source::Nothing | Source::Aborted(_) | Source::ThinAir | Source::Ambiguous) {
            return;
        }
        let of_key = |s: &u32| facts.key(*s) == key && written(&facts.history.steps[*s as usize]).is_some();
        // A compare-and-set reads before it writes.
        let own = (first..step).rev().find(of_key);
        if let Some(own) = own {
            if source != Source::Write(own) {
                let text = format!("{} does not return its own write.", operation(facts.history, unit));
                self.inner.get_or_insert(Evidence { operations: vec![unit], key: Some(key), text, anomaly: None });
            }
            if elements(facts, step).is_none() {
                return;
            }
        }
        let list = elements(facts, step).filter(|_| facts.is_list(key));
        if let Some(list) = list {
            let other = list.iter().rev().map(|value| facts.writer_of(key, *value));
            let other = other.filter(|w| *w != NONE).find(|w| facts.op_of[*w as usize] != unit);
            source = other.map_or(Source::Initial, Source::Write);
        }
        let length = list.map_or(0, |list| list.len() as u32);
        let Source::Write(write) = source else {
            self.inputs.push(Input { key, from: NONE, step: NONE, length });
            return;
        };
        let from = facts.op_of[write as usize];
        let writer = &facts.history.operations[from as usize];
        let overwritten = from == unit || (write + 1..writer.first + writer.count).any(|s| of_key(&s));
        if overwritten && list.is_none() {
            let (reader, writer) = (operation(facts.history, unit), operation(facts.history, from));
            let text = format!("{reader}, but that was not, or not yet, the last word of its writer: {writer}.");
            self.inner.get_or_insert(Evidence { operations: vec![unit, from], key: Some(key), text, anomaly: None });
        }
        if from != unit {
            self.inputs.push(Input { key, from, step: write, length });
        }
    }

    /// Finds the orders that lists show, and what contradicts them.
    fn order_lists(&mut self, facts: &Facts<'_>) {
        self.orders.resize_with(facts.history.keys.len(), || None);
        if !facts.has_lists() {
            return;
        }
        for (key, steps) in (0_u32..).zip(facts.steps_by_key()).filter(|(key, _)| facts.is_list(*key)) {
            match lists::order(facts, key, &steps) {
                Ok(order) => self.orders[key as usize] = Some(order),
                Err(Obstacle::Broken(evidence)) => {
                    self.forked[key as usize] = true;
                    self.inner.get_or_insert(evidence);
                }
                Err(Obstacle::Twice) => {}
            }
        }
    }
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
