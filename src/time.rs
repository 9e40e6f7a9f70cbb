//! Simulated time: integer microseconds, and the queue of events that are still to happen.
//!
//! The order of events is a promise: by time, and among equal times by the order in which they were scheduled. Nothing here
//! reads a clock; a run takes exactly as much simulated time as its scenario says, however fast the machine is.

mod chunks;
mod clock;
mod queue;

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

pub use clock::{LocalClock, Offset};
pub use queue::EventQueue;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in simulated time, in microseconds since the start of the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(pub u64);

/// A length of simulated time, in microseconds.
///
/// In scenario files it is a string with a unit: `"250us"`, `"1.5ms"`, `"5s"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimDuration(pub u64);

/// The longest length of time that input may name: one simulated day.
pub const DURATION_MAX: SimDuration = SimDuration(86_400_000_000);

impl SimTime {
    /// The start of every run.
    pub const ZERO: SimTime = SimTime(0);

    /// The time since `earlier`; zero if that lies in the future.
    #[must_use]
    pub fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// The time for a reader: "265 ms".
    #[must_use]
    pub fn words(self) -> String {
        SimDuration(self.0).millis_words()
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);

    /// A whole number of microseconds.
    #[must_use]
    pub const fn micros(us: u64) -> SimDuration {
        SimDuration(us)
    }

    /// A whole number of milliseconds.
    #[must_use]
    pub const fn millis(ms: u64) -> SimDuration {
        SimDuration(ms * 1_000)
    }

    /// A whole number of seconds.
    #[must_use]
    pub const fn secs(s: u64) -> SimDuration {
        SimDuration(s * 1_000_000)
    }

    /// The length in milliseconds, for drawing; exact below 2^53 microseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "drawing only; runs end long before 2^53 microseconds")]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// The length in milliseconds for a reader: "120 ms", "0.25 ms". From one millisecond on it is cut to hundredths: what a user
    /// does happens one microsecond after what is on the screen, and nobody wants to read that microsecond.
    #[must_use]
    pub fn millis_words(self) -> String {
        let us = if self.0 < 1_000 { self.0 } else { self.0 / 10 * 10 };
        let rest = format!("{:03}", us % 1_000);
        match rest.trim_end_matches('0') {
            "" => format!("{} ms", us / 1_000),
            digits => format!("{}.{digits} ms", us / 1_000),
        }
    }

    /// A setting for a reader, in the unit that suits it: "50 µs", "20 ms", "1.5 s".
    #[must_use]
    pub fn words(self) -> String {
        let text = self.to_string();
        let number = text.trim_end_matches(['u', 'm', 's']);
        format!("{number} {}", text[number.len()..].replace('u', "µ"))
    }

    /// Reads `"250us"`, `"1.5ms"`, `"5s"` or `"0"`.
    ///
    /// # Errors
    /// Says what is wrong: no unit, not a number, finer than a microsecond, or longer than [`DURATION_MAX`].
    pub fn parse(text: &str) -> Result<SimDuration, DurationError> {
        let text = text.trim();
        if text == "0" {
            return Ok(SimDuration::ZERO);
        }
        let (number, scale) = [("us", 1_u64), ("ms", 1_000), ("s", 1_000_000)]
            .iter()
            .find_map(|(unit, scale)| text.strip_suffix(unit).map(|n| (n.trim(), *scale)))
            .ok_or_else(|| DurationError::NoUnit(text.to_owned()))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |s: &str| !s.is_empty() && s.len() <= 14 && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || (number.contains('.') && !digits(fraction)) {
            return Err(DurationError::NotANumber(text.to_owned()));
        }
        let mut us = whole.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(scale);
        let mut unit = scale;
        for digit in fraction.bytes().map(|b| u64::from(b - b'0')) {
            if unit % 10 != 0 && digit != 0 {
                return Err(DurationError::TooFine(text.to_owned()));
            }
            unit /= 10;
            us = us.saturating_add(digit * unit);
        }
        if us > DURATION_MAX.0 { Err(DurationError::TooLong(text.to_owned())) } else { Ok(SimDuration(us)) }
    }
}

/// Why a text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// The number has no unit behind it.
    NoUnit(String),
    /// What stands before the unit is not a decimal number.
    NotANumber(String),
    /// The number has a part below one microsecond.
    TooFine(String),
    /// The length is above [`DURATION_MAX`].
    TooLong(String),
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DurationError::NoUnit(t) => write!(f, "'{t}' has no unit: write it as \"500ms\", \"2s\" or \"50us\""),
            DurationError::NotANumber(t) => write!(f, "'{t}' is not a length of time: write it as \"500ms\", \"2s\" or \"50us\""),
            DurationError::TooFine(t) => write!(f, "'{t}' is finer than one microsecond, the unit of simulated time"),
            DurationError::TooLong(t) => write!(f, "'{t}' is longer than one simulated day"),
        }
    }
}

impl std::error::Error for DurationError {}

impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        let (unit, scale) = match us {
            0..1_000 => ("us", 1),
            1_000..1_000_000 => ("ms", 1_000),
            _ => ("s", 1_000_000),
        };
        write!(f, "{}", us / scale)?;
        let rest = us % scale;
        if rest > 0 {
            let width = if scale == 1_000 { 3 } else { 6 };
            let digits = format!("{rest:0width$}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        write!(f, "{unit}")
    }
}

impl fmt::Debug for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Milliseconds with three decimals, the width a trace is aligned on.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000))
    }
}

impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}ms")
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, d: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(d.0))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, d: SimDuration) {
        *self = *self + d;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    fn sub(self, d: SimDuration) -> SimTime {
        SimTime(self.0.saturating_sub(d.0))
    }
}

impl Serialize for SimDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SimDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SimDuration, D::Error> {
        let text = String::deserialize(deserializer)?;
        SimDuration::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_milliseconds_without_needless_digits() {
        let read = [(0, "0 ms"), (120_000, "120 ms"), (251, "0.251 ms"), (185_001, "185 ms"), (1_500_259, "1500.25 ms")];
        for (us, text) in read {
            assert_eq!(SimTime(us).words(), text);
        }
        for (us, text) in [(0, "0 µs"), (50, "50 µs"), (20_000, "20 ms"), (1_500_000, "1.5 s")] {
            assert_eq!(SimDuration(us).words(), text);
        }
    }

    #[test]
    fn durations_read_what_they_print() {
        for us in [0, 1, 999, 1_000, 1_500, 999_999, 1_000_000, 1_000_001, 90_061_000_001 % DURATION_MAX.0] {
            let d = SimDuration(us);
            assert_eq!(SimDuration::parse(&d.to_string()), Ok(d), "{d}");
        }
        assert_eq!(SimDuration::parse("1.5ms"), Ok(SimDuration(1_500)));
        for bad in ["5", "ms", "-1s", "1.2.3s", "0.5us", "1e9s", "99999999999s", "1.0000001s"] {
            assert!(SimDuration::parse(bad).is_err(), "{bad} was accepted");
        }
    }
}
