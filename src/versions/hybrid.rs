//! Hybrid logical clocks: Lamport's clock, close to physical time.
//!
//! Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical physical clocks", OPODIS 2014, Figure 5: a reading is the largest physical time that is
//! known, and a count of events that fall on it. The count goes back to zero whenever the physical clock gets ahead. Where clocks can be wrong the
//! authors have messages ignored that are too far ahead of the own clock: here the bound is a setting, and exceeding it an error.
//!
//! Physical time is an integer that the caller reads, in any unit; the module reads no clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A reading of a hybrid clock. Readings are ordered by time and then by count; a total order of events is that of pairs (reading, id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct HybridTime {
    /// The largest physical time that was known, `l` of the paper.
    pub time: u64,
    /// Counts events on one time, `c` of the paper.
    pub count: u32,
}

impl fmt::Display for HybridTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.time, self.count)
    }
}

/// A hybrid logical clock of one process.
///
/// ```
/// use replicated_telemetry_store::versions::{HybridClockError, HybridLogicalClock};
///
/// let (mut fast, mut slow) = (HybridLogicalClock::new(500), HybridLogicalClock::new(500)); // microseconds
/// let sent = fast.tick(10_400)?;
/// let received = slow.receive(sent, 10_000)?; // its physical clock is 400 µs behind
/// assert!(received > sent);
/// assert_eq!(received.to_string(), "10400.1");
/// let error = slow.receive(fast.tick(90_000)?, 10_100);
/// assert_eq!(error, Err(HybridClockError::TooFarAhead { ahead: 79_900, bound: 500 }));
/// # Ok::<(), HybridClockError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HybridLogicalClock {
    last: HybridTime,
    drift_max: u64,
}

/// Why a hybrid clock gives no reading. It stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HybridClockError {
    /// The time of a message is further ahead of the own physical clock than clocks may differ: one of the two clocks is wrong.
    TooFarAhead {
        /// How far, in the unit of physical time.
        ahead: u64,
        /// How far it may be.
        bound: u64,
    },
    /// 2^32 events fell on one time: the physical clock stands still, or went far back.
    Exhausted {
        /// That time.
        time: u64,
    },
}

impl fmt::Display for HybridClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HybridClockError::TooFarAhead { ahead, bound } => {
                write!(f, "the message is {ahead} ahead of the clock, and {bound} are allowed")
            }
            HybridClockError::Exhausted { time } => write!(f, "the clock has counted 2^32 events at {time}"),
        }
    }
}

impl std::error::Error for HybridClockError {}

impl HybridLogicalClock {
    /// A clock before its first event, which takes messages that are ahead of its physical clock by no more than this.
    #[must_use]
    pub fn new(drift_max: u64) -> HybridLogicalClock {
        HybridLogicalClock { last: HybridTime::default(), drift_max }
    }

    /// The reading of the last event.
    #[must_use]
    pub fn last(&self) -> HybridTime {
        self.last
    }

    /// The reading of an event of this process at this physical time; a message that it sends carries it.
    ///
    /// # Errors
    /// [`HybridClockError::Exhausted`]
    pub fn tick(&mut self, now: u64) -> Result<HybridTime, HybridClockError> {
        self.after(self.last, now)
    }

    /// The reading of the receipt of a message with this reading, at this physical time.
    ///
    /// # Errors
    /// [`HybridClockError::TooFarAhead`] if the sender's clock is ahead by more than the bound; [`HybridClockError::Exhausted`].
    pub fn receive(&mut self, sent: HybridTime, now: u64) -> Result<HybridTime, HybridClockError> {
        let ahead = sent.time.saturating_sub(now);
        if ahead > self.drift_max {
            return Err(HybridClockError::TooFarAhead { ahead, bound: self.drift_max });
        }
        self.after(self.last.max(sent), now)
    }

    /// The smallest reading after this one that is not behind physical time.
    fn after(&mut self, last: HybridTime, now: u64) -> Result<HybridTime, HybridClockError> {
        self.last = if now > last.time {
            HybridTime { time: now, count: 0 }
        } else {
            let count = last.count.checked_add(1).ok_or(HybridClockError::Exhausted { time: last.time })?;
            HybridTime { time: last.time, count }
        };
        Ok(self.last)
    }
}
