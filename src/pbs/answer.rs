//! What the trials of a question add up to: shares with their intervals, quantiles of times, and the closed forms beside them.
//!
//! Everything is a whole number until it is written: shares in units of 10^-12, times in nanoseconds. The interval of a share is Wilson's
//! (1927) for 95 %, which holds for shares near one too, rounded outwards.

use serde::{Serialize, Serializer};

use super::tally::{Histogram, Tally};

/// A share of one, in the units that shares are counted in.
pub const SHARE_UNITS: u64 = 1_000_000_000_000;
/// The square of the normal quantile of 97.5 %, 1.959963984540054², in units of 10^-12.
const Z_SQUARED: u128 = 3_841_458_820_694;

/// A share in units of 10^-12; written as a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u64);

/// A time in nanoseconds; written in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanoseconds(pub u64);

impl Share {
    /// The nearest number in floating point. Divisions are rounded the same way everywhere.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0 as f64 / SHARE_UNITS as f64
    }
}

impl Nanoseconds {
    /// In milliseconds, the nearest number in floating point.
    #[must_use]
    pub fn milliseconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

impl Serialize for Nanoseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.milliseconds())
    }
}

/// How many reads that begin a time after the acknowledgement see the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Consistent {
    /// When the read begins.
    pub t_ms: Nanoseconds,
    /// The share of trials that saw it.
    pub p: Share,
    /// Where the 95 % interval begins.
    pub low: Share,
    /// Where it ends.
    pub high: Share,
}

impl Consistent {
    /// The share of trials, with Wilson's interval. Shares of up to 10^10 trials.
    pub(super) fn of(at: u64, successes: u64, trials: u64) -> Consistent {
        let (units, x, n) = (u128::from(SHARE_UNITS), u128::from(successes), u128::from(trials));
        let share = |number: u128| Share(u64::try_from(number.min(units)).unwrap_or(SHARE_UNITS));
        // (x + z²/2 ± z √(x (n - x) / n + z²/4)) / (n + z²), all in units.
        let under = n * units + Z_SQUARED;
        let middle = (2 * x * units + Z_SQUARED) * units;
        let spread = Z_SQUARED * x * (n - x) / n + Z_SQUARED * Z_SQUARED / (4 * units);
        let root = (spread * units).isqrt() + 1;
        let (low, high) = ((middle / 2).saturating_sub(root * units) / under, (middle / 2 + root * units).div_ceil(under));
        let p = (2 * x * units + n) / (2 * n);
        // Wilson's ends are 0 and 1 exactly where nothing or everything succeeded.
        let (low, high) = (if x == 0 { 0 } else { low }, if x == n { units } else { high });
        Consistent { t_ms: Nanoseconds(at), p: share(p), low: share(low), high: share(high) }
    }
}

/// How long after the acknowledgement a read has to begin to see the write so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Visible {
    /// In 99 % of cases.
    pub p99: Nanoseconds,
    /// In 99.9 %.
    pub p999: Nanoseconds,
}

/// Quantiles of latencies, by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Half of all are not above.
    pub p50: Nanoseconds,
    /// 99 % are not above.
    pub p99: Nanoseconds,
    /// 99.9 % are not above.
    pub p999: Nanoseconds,
}

impl Latency {
    fn of(times: &Histogram, trials: u64) -> Latency {
        let [p50, p99, p999] = [500, 990, 999].map(|thousandths| quantile(times, trials, thousandths));
        Latency { p50, p99, p999 }
    }
}

fn quantile(times: &Histogram, trials: u64, thousandths: u64) -> Nanoseconds {
    Nanoseconds(times.at_rank((trials * thousandths).div_ceil(1_000)))
}

/// How likely a read returns one of the last `k` versions, by the closed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// So many versions.
    pub k: u32,
    /// At least so likely.
    pub p: Share,
}

/// A closed form of what trials told, at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Exact {
    /// When the read begins.
    pub t_ms: Nanoseconds,
    /// How likely it sees the write.
    pub p: Share,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The name of the model.
    pub model: String,
    /// How many replicas.
    pub n: u32,
    /// How many answers a read waits for.
    pub r: u32,
    /// How many acknowledgements a write waits for.
    pub w: u32,
    /// How many trials.
    pub trials: u64,
    /// The seed of all numbers.
    pub seed: u64,
    /// For each time that was asked about, in the order of the question.
    pub consistent: Vec<Consistent>,
    /// How long a write takes to be seen, from its acknowledgement on.
    pub t_visible_ms: Visible,
    /// How long reads take.
    pub read_latency_ms: Latency,
    /// How long writes take until they are acknowledged.
    pub write_latency_ms: Latency,
    /// For 1, 2, 3, 5 and 10 versions.
    pub k_staleness: Vec<Versions>,
    /// The probability that a read quorum chosen by chance misses the write quorum.
    pub non_intersection: f64,
    /// The closed form for the times that were asked about, if the model has one.
    pub closed_form: Option<Vec<Exact>>,
}

/// For how many versions staleness is told.
pub const VERSIONS: [u32; 5] = [1, 2, 3, 5, 10];

impl Visible {
    pub(super) fn of(tally: &Tally) -> Visible {
        Visible { p99: quantile(&tally.visible, tally.trials, 990), p999: quantile(&tally.visible, tally.trials, 999) }
    }
}

impl Latency {
    /// How long reads and writes took.
    pub(super) fn both(tally: &Tally) -> (Latency, Latency) {
        (Latency::of(&tally.reads, tally.trials), Latency::of(&tally.writes, tally.trials))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known intervals: Newcombe (Statistics in Medicine 17, 1998, table I, method 3).
    #[test]
    fn intervals_are_wilsons() {
        for (x, n, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let Consistent { low: from, high: to, p, .. } = Consistent::of(0, x, n);
            assert!((from.value() - low).abs() < 6e-5 && (to.value() - high).abs() < 6e-5, "{x} of {n}: {from:?} {to:?}");
            assert!(from <= p && p <= to);
        }
        let all = Consistent::of(0, 10_000_000_000, 10_000_000_000);
        assert_eq!((all.p.0, all.high.0), (SHARE_UNITS, SHARE_UNITS));
        assert!((1.0 - all.low.value() - 3.841_458_8e-10).abs() < 1e-12, "{all:?}");
        let half = Consistent::of(0, 5_000_000_000, 10_000_000_000);
        assert!((half.high.value() - half.low.value() - 1.959_964e-5).abs() < 1e-9, "{half:?}");
    }

    #[test]
    fn shares_and_times_are_written_as_numbers() {
        let consistent = Consistent::of(1_850_000, 1, 4);
        assert_eq!(serde_json::to_string(&consistent).map(|text| text.starts_with(r#"{"t_ms":1.85,"p":0.25,"#)).ok(), Some(true));
    }
}
