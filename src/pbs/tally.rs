//! Counts of trials: whole numbers only, so that the order in which blocks are added does not matter.

/// Steps for each doubling, as a power of two.
const STEP_BITS: u32 = 8;
/// Up to 2^44 nanoseconds: two messages of an hour each, and a crossing.
const STEPS: usize = (37 << STEP_BITS) + (1 << STEP_BITS);

/// How often each time came, in steps of 1/256 to 1/512 of the time (as in HdrHistogram); below 512 ns exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u64; STEPS]>,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { counts: Box::new([0; STEPS]) }
    }
}

impl Histogram {
    /// Counts a time, in nanoseconds.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "what is left of the time has nine bits")]
    pub(super) fn add(&mut self, time: u64) {
        let shift = 63 - STEP_BITS - (time | 1 << STEP_BITS).leading_zeros();
        let step = ((shift << STEP_BITS) as usize) + (time >> shift) as usize;
        self.counts[step.min(STEPS - 1)] += 1;
    }

    fn merge(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(other.counts.iter()) {
            *count += more;
        }
    }

    /// The time that at least `rank` of the times do not exceed, in nanoseconds: right to a step, and interpolated in it.
    #[must_use]
    pub fn at_rank(&self, rank: u64) -> u64 {
        let mut before = 0;
        for (step, count) in (0_u64..).zip(self.counts.iter()) {
            if before + count >= rank && *count > 0 {
                let shift = (step >> STEP_BITS).saturating_sub(1);
                let low = if shift == 0 { step } else { (step - (shift << STEP_BITS)) << shift };
                let into = u128::from((1_u64 << shift) - 1) * u128::from(rank.saturating_sub(before)) / u128::from(*count);
                return low + u64::try_from(into).unwrap_or(0);
            }
            before += count;
        }
        0
    }
}

/// What so many trials showed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many trials.
    pub trials: u64,
    /// How many writes were missed by reads at the first so many of the times that were asked about (in the order of times), and seen
    /// from then on.
    pub missed: Vec<u64>,
    /// How long after the acknowledgement a read has to begin to see the write.
    pub visible: Histogram,
    /// How long reads took.
    pub reads: Histogram,
    /// How long writes took until they were acknowledged.
    pub writes: Histogram,
}

impl Tally {
    /// Adds what other trials of the same question showed.
    pub fn merge(&mut self, other: &Tally) {
        self.trials += other.trials;
        self.missed.resize(self.missed.len().max(other.missed.len()), 0);
        for (count, more) in self.missed.iter_mut().zip(&other.missed) {
            *count += more;
        }
        self.visible.merge(&other.visible);
        self.reads.merge(&other.reads);
        self.writes.merge(&other.writes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn ranks_are_right_to_a_step() {
        let (mut rng, mut histogram, mut times) = (Rng::new(5), Histogram::default(), Vec::new());
        for _ in 0..5_000 {
            let time = rng.next_u64() >> 20 >> rng.below(44);
            times.push(time);
            histogram.add(time);
        }
        times.sort_unstable();
        for (rank, exact) in (1..).zip(times) {
            let found = histogram.at_rank(rank);
            assert!(found.abs_diff(exact) <= exact / 256, "rank {rank}: {found}, {exact}");
            assert!(exact >= 512 || found == exact, "rank {rank}: {found}, {exact}");
        }
    }

    #[test]
    fn steps_do_not_overlap_and_have_no_gaps() {
        let mut before = 0;
        for time in (0..600).chain((10..43).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + (1 << (bit - 8))])) {
            let mut histogram = Histogram::default();
            histogram.add(time);
            let found = histogram.at_rank(1);
            assert!(found >= before && found.abs_diff(time) <= time / 256, "{time}: {found}");
            before = found;
        }
    }
}
