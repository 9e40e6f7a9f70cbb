//! The estimator of t-visibility that the paper's table was made with, beside the quantile that it estimates.
//!
//! The authors' scripts (`Simulator.java`, `graphsmallps.py`) try times one after the other, each with 50,000 trials of its own, and take
//! the first whose share of consistent reads is at least 99.9 %. The first of many noisy shares to pass is early: the estimate is too
//! low by some per cent, and the more so the finer the steps are. The printed times are therefore no quantiles.

use super::question::Plan;
use super::tally::Tally;
use crate::rng::Rng;

/// How many trials each time gets.
pub const TRIALS_EACH: u64 = 50_000;
/// What keys its numbers: the streams of blocks have one word, and these have two.
const PAPER: u64 = 0x5042_5320_2012;

/// The times that are tried, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The first.
    pub from: u64,
    /// From each to the next.
    pub step: u64,
    /// All are below this.
    pub below: u64,
}

impl Sweep {
    /// The authors' steps for a model: fine, medium or long.
    #[must_use]
    pub fn of(model: &str) -> Sweep {
        let [from, step, below] = match model {
            "lnkd-ssd" => [0, 10_000, 4_000_000],
            "ymmr" | "ymmr-as-printed" => [1_000_000, 1_000_000, 1_500_000_000],
            _ => [0, 100_000, 150_000_000],
        };
        Sweep { from, step, below }
    }
}

impl Plan {
    /// The first time of a sweep at which 99.9 % of 50,000 trials are consistent, in nanoseconds; `None` if there is none.
    ///
    /// # Panics
    /// If the sweep has no step.
    #[must_use]
    pub fn paper_estimate(&self, sweep: Sweep) -> Option<u64> {
        assert!(sweep.step > 0, "a sweep without steps does not end: {sweep:?}");
        (0..).map(|number| (number, sweep.from + number * sweep.step)).take_while(|(_, at)| *at < sweep.below).find_map(
            |(number, at)| {
                let mut tally = Tally::default();
                self.run(&[at], TRIALS_EACH, Rng::keyed(self.question().seed, &[PAPER, number]), &mut tally);
                (tally.missed[0] * 1_000 >= TRIALS_EACH * 999).then_some(at)
            },
        )
    }
}
