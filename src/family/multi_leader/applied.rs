//! Which updates a replica has applied.
//!
//! Of each leader nearly always those from the first to some number; where updates overtake each other, a few beyond it. A version vector
//! holds the first part; what lies beyond is kept dot by dot until the gap is filled (as in Almeida et al. 2014, "Scalable and accurate
//! causality tracking for eventually consistent stores", section 4).

use std::sync::Arc;

use crate::version::{Dot, VersionVector};

/// The updates that a replica has applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Of each leader, the number up to which none is missing.
    whole: Arc<VersionVector>,
    /// Updates beyond a gap, in order.
    beyond: Vec<Dot>,
}

impl Applied {
    /// Of each leader, the number up to which no update is missing.
    #[must_use]
    pub fn whole(&self) -> &Arc<VersionVector> {
        &self.whole
    }

    /// The updates beyond a gap, in order.
    #[must_use]
    pub fn beyond(&self) -> &[Dot] {
        &self.beyond
    }

    /// How many updates there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.whole.entries().map(|(_, count)| count).sum::<u64>() + self.beyond.len() as u64
    }

    /// Whether an update has been applied.
    #[must_use]
    pub fn has(&self, dot: Dot) -> bool {
        dot.count <= self.whole.get(dot.actor) || self.beyond.binary_search(&dot).is_ok()
    }

    /// Whether all updates of a version vector have been applied.
    #[must_use]
    pub fn covers(&self, vector: &VersionVector) -> bool {
        vector.entries().all(|(actor, count)| self.whole.get(actor) >= count)
    }

    /// The same with one update more.
    #[must_use]
    pub fn with(&self, dot: Dot) -> Applied {
        let mut all = self.clone();
        all.add(dot);
        all
    }

    /// Takes note of an update.
    pub fn add(&mut self, dot: Dot) {
        if self.has(dot) {
            return;
        }
        if let Err(place) = self.beyond.binary_search(&dot) {
            self.beyond.insert(place, dot);
        }
        let mut next = Dot { count: self.whole.get(dot.actor) + 1, ..dot };
        while let Ok(place) = self.beyond.binary_search(&next) {
            self.beyond.remove(place);
            Arc::make_mut(&mut self.whole).raise(next.actor, next.count);
            next.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::version::Actor;

    #[test]
    fn updates_may_come_in_any_order_and_more_than_once() {
        for seed in 0..500 {
            let mut rng = Rng::keyed(seed, &[0xA9]);
            let (mut applied, mut known) = (Applied::default(), std::collections::BTreeSet::new());
            for _ in 0..rng.below(40) {
                let dot = Dot { actor: Actor(u32::try_from(rng.below(3)).expect("small")), count: 1 + rng.below(9) };
                applied.add(dot);
                known.insert(dot);
                assert_eq!(applied.count(), known.len() as u64, "seed {seed}");
                for actor in (0..3).map(Actor) {
                    let whole = (1..).take_while(|count| known.contains(&Dot { actor, count: *count })).count() as u64;
                    assert_eq!(applied.whole().get(actor), whole, "seed {seed}");
                    for count in 1..10 {
                        let dot = Dot { actor, count };
                        assert_eq!(applied.has(dot), known.contains(&dot), "seed {seed}");
                    }
                }
            }
        }
    }
}
