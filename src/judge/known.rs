//! What is known of a history: its facts, its units, and the ranks of versions; with the two orders that follow from them at once.

use super::cycle::{Edge, Why};
use super::facts::{Facts, NONE};
use super::ranks::Ranks;
use super::units::Units;
use crate::observed::Key;

/// One value per key, forgotten when the next chain begins.
pub(super) struct PerChain<T>(Vec<(u32, T)>);

impl<T: Copy> PerChain<T> {
    pub(super) fn new(keys: usize, nothing: T) -> PerChain<T> {
        PerChain(vec![(NONE, nothing); keys])
    }

    pub(super) fn get(&self, chain: u32, key: Key) -> Option<T> {
        Some(self.0[key as usize]).filter(|(of, _)| *of == chain).map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, chain: u32, key: Key, value: T) {
        self.0[key as usize] = (chain, value);
    }
}

/// A history with what the checkers need.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) units: &'a Units,
    pub(super) ranks: &'a Ranks,
}

impl Known<'_> {
    /// Each unit after the one before it in its session.
    pub(super) fn session_edges(&self) -> Vec<Edge> {
        let pairs = self.units.in_chains.iter().map(|unit| (self.facts.before[*unit as usize], *unit));
        pairs.filter(|(from, _)| *from != NONE).map(|(from, to)| Edge { from, to, why: Why::Session }).collect()
    }

    /// The order of writes that the record tells.
    pub(super) fn version_edges(&self) -> impl Iterator<Item = Edge> + use<> {
        self.ranks.pairs(self.facts).into_iter().map(|(from, to, key)| Edge { from, to, why: Why::Version(key) })
    }

    /// For each unit, itself or the last one before it in its session that read something.
    pub(super) fn last_readers(&self) -> Vec<u32> {
        let mut readers = vec![NONE; self.facts.before.len()];
        for (unit, before) in self.facts.before.iter().enumerate() {
            let reads = !self.units.inputs(unit as u32).is_empty();
            readers[unit] = if reads { unit as u32 } else { readers.get(*before as usize).copied().unwrap_or(NONE) };
        }
        readers
    }
}
