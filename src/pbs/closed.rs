//! What can be computed without trials: quorums that miss each other, and exponential latencies.
//!
//! A read quorum of `r` chosen by chance misses a write quorum of `w` with probability C(n-w, r) / C(n, r). (The paper prints C(n-w, n)
//! in its equation for t-visibility; there are that many ways only if `r = n`.) Of `k` versions it misses all with the `k`-th power of
//! that, which bounds staleness in versions from above where quorums grow after the acknowledgement. With exponential writes and all else
//! instantaneous each replica that missed the write still lacks it a time `t` later with probability `exp(-t / mean)`.

use super::distribution::{Distribution, Part};
use super::fixed::SHARE_BITS;
use super::model::Model;

/// An exact share, as a fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// So many.
    pub of: u128,
    /// Of so many.
    pub all: u128,
}

impl Fraction {
    fn new(of: u128, all: u128) -> Fraction {
        let (mut divisor, mut rest) = (all, of);
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Fraction { of: of / divisor, all: all / divisor }
    }

    /// The nearest number in floating point: conversions and divisions are rounded the same way everywhere.
    #[must_use]
    pub fn value(self) -> f64 {
        self.of as f64 / self.all as f64
    }

    /// With [`SHARE_BITS`] bits behind the point, rounded down. Of so large numbers that this has no place, 64 bits are taken.
    fn share(self) -> u128 {
        let shift = (128 - self.all.leading_zeros()).saturating_sub(64);
        let (of, all) = (self.of >> shift, (self.all >> shift).max(1));
        let whole = (of << 64) / all;
        let rest = (of << 64) % all;
        (whole << (SHARE_BITS - 64)) + ((rest << (SHARE_BITS - 64)) / all)
    }
}

/// How many ways there are to choose `k` of `n`.
///
/// # Panics
/// If that is more than 128 bits hold: above 124 of them.
#[must_use]
pub fn choose(n: u32, k: u32) -> u128 {
    // Each product of so many factors is a number of choices itself, and the division leaves nothing.
    (0..k.min(n.saturating_sub(k))).fold(1, |ways, i| ways * u128::from(n - i) / u128::from(i + 1)) * u128::from(k <= n)
}

/// The probability that a read quorum and a write quorum, chosen by chance, have no replica in common.
#[must_use]
pub fn non_intersection(n: u32, r: u32, w: u32) -> Fraction {
    Fraction::new(choose(n.saturating_sub(w), r), choose(n, r))
}

/// A share of 10^12 from one with [`SHARE_BITS`] bits behind the point, rounded to the nearest.
fn rounded(share: u128) -> u64 {
    let scaled = (share >> (SHARE_BITS - 80)) * u128::from(super::answer::SHARE_UNITS);
    u64::try_from((scaled + (1 << 79)) >> 80).unwrap_or(u64::MAX)
}

/// The product of two shares.
fn product(a: u128, b: u128) -> u128 {
    (a >> (SHARE_BITS / 2)) * (b >> (SHARE_BITS / 2))
}

/// The probability that a read returns one of the last `k` versions, in units of 10^-12: at least that, where quorums expand.
#[must_use]
pub fn within_versions(n: u32, r: u32, w: u32, k: u32) -> u64 {
    let missed = non_intersection(n, r, w).share();
    let all = (0..k).fold(1 << SHARE_BITS, |all, _| product(all, missed));
    super::answer::SHARE_UNITS - rounded(all)
}

/// The probability that a read so many nanoseconds after the acknowledgement misses the write, in units of 10^-12; `None` if the model
/// has no such formula.
///
/// It has one if writes are exponential, acknowledgements and answers instantaneous, and requests instantaneous or, for reads of one
/// answer, exponential: the first of `n` requests then comes after an `n`-th of their mean.
pub(super) fn stale(model: &Model, (n, r, w): (u32, u32, u32), at: u64) -> Option<u64> {
    let [write, acknowledgement, request, answer] = [0, 1, 2, 3].map(|leg| mean(model, leg));
    let (write, request) = (write.filter(|mean| mean.0 > 0)?, request?);
    let instantaneous = [acknowledgement, answer].iter().all(|mean| mean.is_some_and(|mean| mean.0 == 0));
    if !instantaneous || model.remote.is_some() || (request.0 > 0 && r > 1) {
        return None;
    }
    let part = Part::Exponential { mean: write };
    let still = part.above(at.saturating_mul(u64::from(r)));
    // n m_w / (n m_w + m_r) for the means of writes and requests, over one denominator.
    let (writes, requests) =
        (u128::from(n) * u128::from(write.0) * u128::from(request.1), u128::from(request.0) * u128::from(write.1));
    let overtaken = Fraction::new(writes, writes + requests).share();
    Some(rounded(product(product(non_intersection(n, r, w).share(), still), overtaken)))
}

/// The mean of an exponential leg as a fraction of nanoseconds; (0, 1) of one that takes no time; `None` of any other.
fn mean(model: &Model, leg: usize) -> Option<(u64, u64)> {
    match &model.legs[leg] {
        Distribution::Mixture(parts) => match parts[..] {
            [(_, Part::Exponential { mean })] => Some(mean),
            _ => None,
        },
        Distribution::Samples(times) => times.iter().all(|time| *time == 0).then_some((0, 1)),
        Distribution::Quantiles(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_those_of_pascals_triangle() {
        for n in 0..=100 {
            assert_eq!((choose(n, 0), choose(n, n), choose(n, n + 1)), (1, 1, 0));
            for k in 1..=n {
                assert_eq!(
                    choose(n, k),
                    choose(n.saturating_sub(1), k - 1) + if k < n { choose(n - 1, k) } else { 0 },
                    "{n} {k}"
                );
            }
        }
        // The most that is asked for.
        assert_eq!(choose(100, 50), 100_891_344_545_564_193_334_812_497_256);
    }

    #[test]
    fn fractions_are_in_lowest_terms_and_shares_are_their_values() {
        assert_eq!(non_intersection(5, 2, 2), Fraction { of: 3, all: 10 });
        assert_eq!(non_intersection(3, 2, 2), Fraction { of: 0, all: 1 });
        for (n, r, w) in [(3, 1, 1), (100, 30, 30), (100, 50, 25), (7, 2, 3)] {
            let fraction = non_intersection(n, r, w);
            let share = fraction.share() as f64 / (1_u128 << SHARE_BITS) as f64;
            assert!((share - fraction.value()).abs() <= 1e-15, "{fraction:?}: {share}");
        }
    }
}
