//! How long to wait for an answer before sending again: RFC 6298 in integers.

use crate::time::SimDuration;

/// Smoothed round-trip time and its variation, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoundTrip {
    smoothed: u64,
    variation: u64,
}

impl RoundTrip {
    /// The estimate with one more sample.
    #[must_use]
    pub(super) fn with(known: Option<RoundTrip>, sample: SimDuration) -> RoundTrip {
        let sample = sample.0;
        match known {
            None => RoundTrip { smoothed: sample, variation: sample / 2 },
            Some(r) => RoundTrip {
                variation: (3 * r.variation + r.smoothed.abs_diff(sample)) / 4,
                smoothed: (7 * r.smoothed + sample) / 8,
            },
        }
    }

    /// The time-out that follows from it.
    #[must_use]
    pub(super) fn timeout(self) -> SimDuration {
        SimDuration(self.smoothed + 4 * self.variation)
    }
}
