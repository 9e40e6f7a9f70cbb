//! A node's own clock, which may run faster or slower than true time, and may be ahead or behind.
//!
//! Rate and offset are told apart as in NTP (RFC 5905): a lease, which measures how long something takes, errs by the rate alone; a
//! timestamp that another node compares with its own clock errs by both.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DurationError, SimDuration, SimTime};

/// How far a clock is ahead of true time at the start of a run, in microseconds; below zero if it is behind.
///
/// In scenario files it is a length of time, with a sign if the clock is behind: `"20ms"`, `"-1.5s"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(pub i64);

impl Offset {
    /// How far it is from true time, either way.
    #[must_use]
    pub fn size(self) -> SimDuration {
        SimDuration(self.0.unsigned_abs())
    }

    /// Reads `"20ms"` or `"-20ms"`.
    ///
    /// # Errors
    /// If what stands behind the sign is no length of time.
    pub fn parse(text: &str) -> Result<Offset, DurationError> {
        let (behind, length) = text.strip_prefix('-').map_or((false, text), |length| (true, length));
        // No length of time is above a day, which fits.
        let us = i64::try_from(SimDuration::parse(length)?.0).unwrap_or(i64::MAX);
        Ok(Offset(if behind { -us } else { us }))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.0 < 0 { "-" } else { "" }, self.size())
    }
}

impl Serialize for Offset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Offset, D::Error> {
        let text = String::deserialize(deserializer)?;
        Offset::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A node's own clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalClock {
    /// By how many thousandths it is fast; slow if below zero. Never below -1000.
    pub fast: i32,
    /// How far it was ahead at the start of the run.
    pub offset: Offset,
}

impl LocalClock {
    /// A clock that shows the true time.
    pub const TRUE: LocalClock = LocalClock { fast: 0, offset: Offset(0) };

    fn rate(self) -> u64 {
        u64::from(1_000_u32.saturating_add_signed(self.fast))
    }

    /// A length of time as this clock measures it. Being ahead or behind makes no difference.
    #[must_use]
    pub fn measured(self, real: SimDuration) -> SimDuration {
        SimDuration(real.0.saturating_mul(self.rate()) / 1_000)
    }

    /// What it shows at a moment. Simulated time begins at zero, and a clock that is behind shows zero until it has come so far.
    #[must_use]
    pub fn at(self, now: SimTime) -> SimTime {
        SimTime(self.measured(SimDuration(now.0)).0.saturating_add_signed(self.offset.0))
    }

    /// What it shows in whole milliseconds, as statements see it. Such a clock ticks in true milliseconds.
    #[must_use]
    pub fn millis(self, now: SimTime) -> u64 {
        (now.0 / 1_000 * self.rate() / 1_000).saturating_add_signed(self.offset.0 / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_back_as_they_are_written() {
        for (us, text) in [(0, "0us"), (20_000, "20ms"), (-20_000, "-20ms"), (-1_500_000, "-1.5s"), (7, "7us")] {
            assert_eq!(Offset(us).to_string(), text);
            assert_eq!(Offset::parse(text), Ok(Offset(us)));
        }
        for text in ["", "-", "--1ms", "5", "-2d", "1e3ms"] {
            assert!(Offset::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_clock_errs_by_its_rate_in_lengths_and_by_both_in_moments() {
        let clock = LocalClock { fast: 500, offset: Offset(-2_000) };
        assert_eq!(clock.measured(SimDuration(10_000)), SimDuration(15_000));
        assert_eq!(clock.at(SimTime(10_000)), SimTime(13_000));
        assert_eq!(clock.millis(SimTime(10_000)), 13);
        assert_eq!(clock.at(SimTime(1_000)), SimTime::ZERO, "it shows nothing before the start");
        let slow = LocalClock { fast: -500, offset: Offset(5_000) };
        assert_eq!((slow.at(SimTime(10_000)), slow.millis(SimTime::ZERO)), (SimTime(10_000), 5));
        for us in [0, 1, 999, 1_000, 123_456_789] {
            assert_eq!((LocalClock::TRUE.at(SimTime(us)), LocalClock::TRUE.millis(SimTime(us))), (SimTime(us), us / 1_000));
        }
    }
}
