//! How long to wait for an answer before sending again: RFC 6298 in integers.

use crate::time::SimDuration;

/// Before the first measured round trip (RFC 6298, section 2.1).
const RESEND_FIRST: SimDuration = SimDuration::secs(1);
/// No time-out is shorter.
const RESEND_MIN: SimDuration = SimDuration::millis(50);
/// Doubling stops here, unless the link itself is slower.
pub(super) const RESEND_MAX: SimDuration = SimDuration::secs(2);

/// How long to wait for an answer after so many time-outs in a row.
pub(super) fn patience(known: Option<RoundTrip>, backoff: u32) -> SimDuration {
    let base = known.map_or(RESEND_FIRST.0, |r| r.timeout().0.max(RESEND_MIN.0));
    SimDuration(base.saturating_mul(1 << backoff.min(10)).min(RESEND_MAX.0.max(base)))
}

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
    fn timeout(self) -> SimDuration {
        SimDuration(self.smoothed + 4 * self.variation)
    }
}
