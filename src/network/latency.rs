//! How long messages take: constant, within a range, exponential, or as measured.
//!
//! Integers only, because a float differs between native and wasm in the last bit.

use serde::{Deserialize, Serialize};

use crate::rng::{Ratio, Rng};
use crate::time::SimDuration;

/// How long a message takes on a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Latency {
    /// Always the same.
    Constant(SimDuration),
    /// Every length from `min` to `max` is as likely as any other.
    Uniform {
        /// The shortest.
        min: SimDuration,
        /// The longest.
        max: SimDuration,
    },
    /// `min` plus an exponentially distributed part: many short, a few very long.
    Exponential {
        /// The shortest.
        min: SimDuration,
        /// The mean of the part above `min`.
        mean: SimDuration,
    },
    /// A measured distribution, as a table of quantiles; between two rows the latency is interpolated.
    Quantiles(Vec<Quantile>),
}

/// One row of a measured latency distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantile {
    /// The share of messages that take at most `latency`.
    pub share: Ratio,
    /// The latency.
    pub latency: SimDuration,
}

impl Latency {
    /// Draws one latency.
    pub(super) fn draw(&self, rng: &mut Rng) -> SimDuration {
        match self {
            Latency::Constant(d) => *d,
            Latency::Uniform { min, max } => SimDuration(rng.between(min.0, max.0)),
            Latency::Exponential { min, mean } => SimDuration(min.0.saturating_add(rng.exponential(mean.0))),
            Latency::Quantiles(rows) => interpolate(rows, rng.below(Ratio::ONE)),
        }
    }

    /// The latency that half of the messages stay below, for showing it in one number.
    #[must_use]
    pub fn typical(&self) -> SimDuration {
        match self {
            Latency::Constant(d) => *d,
            Latency::Uniform { min, max } => SimDuration(min.0.midpoint(max.0)),
            Latency::Exponential { min, mean } => SimDuration(min.0 + mean.0 / 1_000 * 693),
            Latency::Quantiles(rows) => interpolate(rows, Ratio::ONE / 2),
        }
    }

    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// A range turned round, or a table that is empty, does not grow, or does not end at 100 %.
    pub fn validate(&self) -> Result<(), String> {
        match self {
            Latency::Constant(_) | Latency::Exponential { .. } => Ok(()),
            Latency::Uniform { min, max } if min > max => Err(format!("min {min} is above max {max}")),
            Latency::Uniform { .. } => Ok(()),
            Latency::Quantiles(rows) if rows.is_empty() || rows.len() > 1_000 => {
                Err("a table of quantiles has 1 to 1000 rows".to_owned())
            }
            Latency::Quantiles(rows) if rows.windows(2).any(|w| w[0].share >= w[1].share || w[0].latency > w[1].latency) => {
                Err("shares and latencies must grow from row to row".to_owned())
            }
            Latency::Quantiles(rows) if rows.last().is_some_and(|r| r.share != Ratio::percent(100)) => {
                Err("the last row must have the share 100%".to_owned())
            }
            Latency::Quantiles(_) => Ok(()),
        }
    }
}

fn interpolate(rows: &[Quantile], millionths: u64) -> SimDuration {
    let mut below = (0, 0);
    for row in rows {
        let here = (u64::from(row.share.0), row.latency.0);
        if millionths <= here.0 {
            // Below the first row there is nothing to interpolate from but the row itself.
            let from = if below.0 == 0 { here.1.min(rows[0].latency.0) } else { below.1 };
            let (span, into) = ((here.0 - below.0).max(1), millionths - below.0);
            return SimDuration(from + (here.1 - from) * into / span);
        }
        below = here;
    }
    SimDuration(below.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated_between_rows_and_flat_below_the_first() {
        let row = |percent, ms| Quantile { share: Ratio::percent(percent), latency: SimDuration::millis(ms) };
        let table = vec![row(50, 10), row(90, 30), row(100, 130)];
        for (millionths, ms) in [(0, 10), (500_000, 10), (700_000, 20), (900_000, 30), (950_000, 80), (1_000_000, 130)] {
            assert_eq!(interpolate(&table, millionths), SimDuration::millis(ms), "at {millionths}");
        }
        assert_eq!(Latency::Quantiles(table).validate(), Ok(()));
        assert!(Latency::Quantiles(vec![row(50, 10)]).validate().is_err());
        assert!(Latency::Uniform { min: SimDuration(2), max: SimDuration(1) }.validate().is_err());
    }
}
