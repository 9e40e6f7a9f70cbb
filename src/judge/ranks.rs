//! Versions as ranks: for each key whose order the record tells, the place of what each step wrote or has seen.
//!
//! Registers have ranks if every step that counts has a version; lists, if their reads show one order. An append that happened and
//! that no read shows ranks behind all others.

use super::facts::{Facts, NONE};
use super::lists::{Order, UNSEEN, elements};
use super::versions;
use crate::observed::{Call, Key};

/// The ranks of a history.
pub(super) struct Ranks {
    /// By step.
    rank: Vec<Option<u64>>,
    /// By key, whether its steps have ranks.
    pub(super) known: Vec<bool>,
    /// For each key with ranks the steps that wrote, in their order.
    pub(super) writes: Vec<Vec<u32>>,
}

impl Ranks {
    /// The ranks of all keys.
    pub(super) fn new(facts: &Facts<'_>) -> Ranks {
        let history = facts.history;
        let keys = history.keys.len();
        let mut ranks = Ranks { rank: Vec::new(), known: vec![false; keys], writes: vec![Vec::new(); keys] };
        let versions = history.steps.iter().any(|step| step.version.is_some());
        if !versions && !facts.has_lists() {
            return ranks;
        }
        ranks.rank.resize(history.steps.len(), None);
        for (key, steps) in (0_u32..).zip(facts.steps_by_key()) {
            match facts.order_of(key) {
                Some(order) => ranks.of_list(facts, key, &steps, order),
                None if versions && !facts.is_list(key) => ranks.of_register(facts, key, &steps),
                None => {}
            }
        }
        ranks
    }

    /// The rank of a step, if it has one.
    pub(super) fn get(&self, step: u32) -> Option<u64> {
        self.rank.get(step as usize).copied().flatten()
    }

    fn of_list(&mut self, facts: &Facts<'_>, key: Key, steps: &[u32], order: &Order) {
        self.known[key as usize] = true;
        for (append, rank) in order.appends.iter().zip(1..) {
            self.rank[*append as usize] = Some(rank);
        }
        self.writes[key as usize].clone_from(&order.appends);
        for step in steps {
            if let Some(list) = elements(facts, *step) {
                self.rank[*step as usize] = Some(list.len() as u64);
                continue;
            }
            // Of what ended without an answer some may be seen, and then all of it happened.
            let appends = matches!(facts.history.steps[*step as usize].call, Call::Append(_)) && facts.happened(*step);
            if appends && self.rank[*step as usize].is_none() {
                self.rank[*step as usize] = Some(UNSEEN);
                self.writes[key as usize].push(*step);
            }
        }
    }

    fn of_register(&mut self, facts: &Facts<'_>, key: Key, steps: &[u32]) {
        let Some(items) = versions::recorded(facts, steps) else { return };
        self.known[key as usize] = true;
        for item in items {
            self.rank[item.step as usize] = Some(item.version);
        }
        let writes = steps.iter().filter(|step| super::facts::written(&facts.history.steps[**step as usize]).is_some());
        let mut writes: Vec<(u64, u32)> = writes.filter_map(|step| Some((self.get(*step)?, *step))).collect();
        writes.sort_unstable();
        self.writes[key as usize] = writes.into_iter().map(|(_, step)| step).collect();
    }

    /// Pairs of units that the record orders: each write of a key and the next; those that no read shows after the last that one shows.
    pub(super) fn pairs(&self, facts: &Facts<'_>) -> Vec<(u32, u32, Key)> {
        let mut pairs = Vec::new();
        for (key, writes) in (0_u32..).zip(&self.writes) {
            let (mut last, mut shown) = (NONE, NONE);
            for step in writes {
                let unit = facts.op_of[*step as usize];
                let from = if self.get(*step) == Some(UNSEEN) { shown } else { last };
                if from != NONE && from != unit {
                    pairs.push((from, unit, key));
                }
                last = unit;
                if self.get(*step) != Some(UNSEEN) {
                    shown = unit;
                }
            }
        }
        pairs
    }
}
