//! How long one message takes: production models as mixtures of Pareto and exponential parts, tables of quantiles, measured samples.
//!
//! Times are whole nanoseconds. Both directions of a mixture are computed in fixed point ([`super::fixed`]): the share of messages that
//! take longer than a time, and the time that a share of messages exceeds.

use super::fixed::{LN_2, LOG_BITS, LOG2_E, SHARE_ONE, exp2_minus, log2, times_exp2};

/// The longest that a message takes: an hour. What would take longer counts as this.
pub const LATENCY_MAX: u64 = 3_600_000_000_000;
/// What all weights of a mixture add up to.
pub const WEIGHT_ONE: u64 = 1_000_000;
/// The share of all, in tables of quantiles.
pub const SHARE_ALL: u64 = 1_000_000_000_000_000_000;
/// The steepest tail: a larger one is a constant for all that can be measured.
pub const ALPHA_MAX: u64 = 1_000 * ALPHA_ONE;
/// An exponent of one, in millionths.
pub(super) const ALPHA_ONE: u64 = 1_000_000;

/// How long a message takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Each part with its weight in millionths; the weights add up to [`WEIGHT_ONE`].
    Mixture(Vec<(u64, Part)>),
    /// The share of messages (of [`SHARE_ALL`]) that take at most so many nanoseconds; between two rows the time is interpolated.
    Quantiles(Vec<(u64, u64)>),
    /// Measured times in nanoseconds, each as likely as any other.
    Samples(Vec<u64>),
}

/// One part of a mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `least / U^(1/alpha)` for a uniform `U`.
    Pareto {
        /// The shortest time, in nanoseconds.
        least: u64,
        /// The exponent of the tail, in millionths.
        alpha: u64,
    },
    /// `-mean ln(U)`.
    Exponential {
        /// The mean in nanoseconds, as a fraction, because a rate in messages per millisecond may have no whole one.
        mean: (u64, u64),
    },
}

impl Distribution {
    /// Says what is wrong with its numbers, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let wrong = match self {
            Distribution::Mixture(parts) => {
                // A sum that is too large for a number is not one either.
                let sum = parts.iter().try_fold(0_u64, |sum, (weight, _)| sum.checked_add(*weight));
                if sum == Some(WEIGHT_ONE) {
                    parts.iter().find_map(|(_, part)| part.wrong())
                } else {
                    Some("has weights that are not one")
                }
            }
            Distribution::Quantiles(rows) => {
                let grow = rows.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
                let ends = rows.last().is_some_and(|(share, time)| *share == SHARE_ALL && *time <= LATENCY_MAX);
                (!grow || !ends).then_some("has quantiles that do not grow to 1 within an hour")
            }
            Distribution::Samples(times) if times.is_empty() => Some("has no times"),
            Distribution::Samples(times) => times.iter().any(|time| *time > LATENCY_MAX).then_some("has times above an hour"),
        };
        wrong.map_or(Ok(()), |wrong| Err(wrong.to_owned()))
    }
}

impl Part {
    /// Numbers that nothing can be drawn with.
    fn wrong(self) -> Option<&'static str> {
        match self {
            Part::Pareto { least, .. } if least == 0 || least > LATENCY_MAX => Some("has a least time of 0 or above an hour"),
            Part::Pareto { alpha, .. } if alpha == 0 || alpha > ALPHA_MAX => Some("has an exponent of 0 or above 1000"),
            Part::Pareto { .. } => None,
            Part::Exponential { mean: (whole, of) } if of == 0 || of > 1 << 22 || whole / of > LATENCY_MAX => {
                Some("has a mean that is no fraction or above an hour")
            }
            Part::Exponential { mean: (whole, _) } if whole > 1 << 48 => Some("has a mean that is no fraction or above an hour"),
            Part::Exponential { .. } => None,
        }
    }

    /// A Pareto part of this least time, in nanoseconds, and this exponent, in millionths.
    #[must_use]
    pub const fn pareto(least: u64, alpha: u64) -> Part {
        Part::Pareto { least, alpha }
    }

    /// An exponential part of so many millionths of a message per millisecond.
    #[must_use]
    pub const fn rate(millionths: u64) -> Part {
        Part::Exponential { mean: (1_000_000_000_000, millionths) }
    }

    /// An exponential part of this mean, in nanoseconds.
    #[must_use]
    pub const fn mean(nanoseconds: u64) -> Part {
        Part::Exponential { mean: (nanoseconds, 1) }
    }

    /// The share (of [`SHARE_ONE`]) of messages that take longer than so many nanoseconds.
    pub(super) fn above(self, time: u64) -> u128 {
        match self {
            Part::Pareto { least, .. } if time <= least => SHARE_ONE,
            Part::Pareto { least, alpha } => {
                let log = log2(u128::from(time)) - log2(u128::from(least));
                exp2_minus(u128::from(log) * u128::from(alpha) / u128::from(ALPHA_ONE))
            }
            Part::Exponential { mean: (0, _) } => 0,
            Part::Exponential { mean: (whole, of) } => {
                let (time, whole) = (u128::from(time) * u128::from(of), u128::from(whole));
                // Times beyond that are so many means that nothing is left.
                let Some(means) = (time / whole).checked_mul(LOG2_E) else { return 0 };
                exp2_minus(means.saturating_add(time % whole * LOG2_E / whole) >> (62 - LOG_BITS))
            }
        }
    }

    /// The time that this share of messages exceeds, at most [`LATENCY_MAX`].
    fn exceeded_by(self, share: u128) -> u64 {
        let minus_log = (u128::from(super::fixed::SHARE_BITS) << LOG_BITS) - u128::from(log2(share));
        match self {
            Part::Pareto { least, alpha } => {
                let exponent = minus_log * u128::from(ALPHA_ONE) / u128::from(alpha);
                times_exp2(least, exponent).map_or(LATENCY_MAX, |time| time.min(LATENCY_MAX))
            }
            Part::Exponential { mean: (whole, of) } => {
                let minus_ln = (minus_log * LN_2) >> 62;
                let time = (minus_ln * u128::from(whole) / u128::from(of)) >> LOG_BITS;
                u64::try_from(time).unwrap_or(LATENCY_MAX).min(LATENCY_MAX)
            }
        }
    }
}

/// The share (of [`SHARE_ONE`]) of a mixture that is longer than a time.
pub(super) fn above(parts: &[(u64, Part)], time: u64) -> u128 {
    let weighted = |(weight, part): &(u64, Part)| part.above(time) / u128::from(WEIGHT_ONE) * u128::from(*weight);
    parts.iter().map(weighted).sum()
}

/// The time that this share of a mixture exceeds: the inverse of [`above`], at most [`LATENCY_MAX`].
///
/// It lies between what the parts alone would say, and each part sets a limit from below, for its share of the whole is exceeded at
/// least as often. In there the false position is taken, with the side that stays weighed half (Illinois, Dowell and Jarratt 1971).
pub(super) fn exceeded_by(parts: &[(u64, Part)], share: u128) -> u64 {
    let shortest = parts.iter().map(|(_, part)| part.exceeded_by(SHARE_ONE)).min().unwrap_or(0);
    if share >= SHARE_ONE {
        return shortest;
    }
    let alone = parts.iter().filter(|(weight, _)| *weight > 0).map(|(weight, part)| {
        let own = share / u128::from(*weight) * u128::from(WEIGHT_ONE);
        // A part that is not as much of the whole as this sets no limit.
        (if own < SHARE_ONE { part.exceeded_by(own) } else { 0 }, part.exceeded_by(share))
    });
    let (low, high) = alone.fold((0, 0), |(low, high), (own, whole)| (low.max(own), high.max(whole)));
    // What rounding may have moved over the edge.
    let (mut low, mut high) = (low.saturating_sub(2).max(shortest), (high + 2).min(LATENCY_MAX));
    let beyond = |time: u64| above(parts, time).cast_signed() - share.cast_signed();
    let (mut at_low, mut at_high) = (beyond(low), beyond(high));
    if at_low <= 0 {
        return low;
    }
    if at_high > 0 {
        return high;
    }
    let (mut kept, mut steps) = (0_i32, 0);
    while high - low > 1 {
        steps += 1;
        let middle = if steps % 8 == 0 { low.midpoint(high) } else { false_position(low, high, at_low, at_high) };
        let value = beyond(middle);
        if value > 0 {
            (low, at_low) = (middle, value);
            at_high /= if kept < 0 { 2 } else { 1 };
            kept = -1;
        } else {
            (high, at_high) = (middle, value);
            at_low /= if kept > 0 { 2 } else { 1 };
            kept = 1;
        }
    }
    high
}

/// Where the line through both ends is zero, strictly between them.
fn false_position(low: u64, high: u64, at_low: i128, at_high: i128) -> u64 {
    let (rise, all) = (at_low.unsigned_abs(), at_low.unsigned_abs() + at_high.unsigned_abs());
    // So that the product with a time of 42 bits has a place.
    let shift = (128 - all.leading_zeros()).saturating_sub(84);
    let part = u128::from(high - low) * (rise >> shift) / (all >> shift).max(1);
    (low + u64::try_from(part).unwrap_or(0)).clamp(low + 1, high - 1)
}
