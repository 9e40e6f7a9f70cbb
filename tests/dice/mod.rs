//! The dice of one random case: all choices of a generator, from one seed.

use replicated_telemetry_store::rng::{Ratio, Rng};
use replicated_telemetry_store::time::SimDuration;

/// See the module.
pub(crate) struct Dice(pub Rng);

impl Dice {
    /// The dice of a seed; generators with different purposes throw differently.
    pub(crate) fn new(seed: u64, purpose: u64) -> Dice {
        Dice(Rng::keyed(seed, &[purpose]))
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.below(bound.max(1) as u64)).expect("below a usize")
    }

    pub(crate) fn between(&mut self, min: u64, max: u64) -> u64 {
        self.0.between(min, max)
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }

    pub(crate) fn percent(&mut self, below: usize) -> Ratio {
        Ratio::percent(u32::try_from(self.below(below)).expect("small"))
    }

    pub(crate) fn upto(&mut self, max: u64) -> SimDuration {
        SimDuration(self.between(0, max))
    }
}
