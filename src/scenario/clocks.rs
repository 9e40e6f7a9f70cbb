//! Clocks that do not show the true time.
//!
//! A replica looks at its clock for leases, for bounds on staleness, and for `now()` in statements; a client for how long ago it wrote, in the
//! read mode `sticky-leader`. Time-outs are lengths of true time: what they are set to is far above the errors of clocks.

use serde::{Deserialize, Serialize};

use super::is_default;
use super::limits::UNTIL_MAX;
use crate::time::{LocalClock, Offset};

/// A clock that runs faster or slower than true time, or that is ahead of it or behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSpec {
    /// Whose: a replica or a client.
    pub node: String,
    /// How many milliseconds it shows for each true second: 1000 if it is only ahead or behind.
    pub ms_per_second: u32,
    /// How far it is ahead at the start of the run; with a minus sign, behind.
    #[serde(default, skip_serializing_if = "is_default")]
    pub offset: Offset,
}

impl ClockSpec {
    /// The clock, or the field that cannot be so and why.
    pub(super) fn clock(&self) -> Result<LocalClock, (&'static str, String)> {
        let fast = match i32::try_from(self.ms_per_second) {
            Ok(rate @ 500..=2_000) => rate - 1_000,
            _ => return Err(("ms_per_second", "a clock shows from 500 to 2000 ms for each second".to_owned())),
        };
        if self.offset.size() > UNTIL_MAX {
            return Err(("offset", format!("a clock is at most {UNTIL_MAX} ahead or behind, not {}", self.offset.size())));
        }
        Ok(LocalClock { fast, offset: self.offset })
    }
}
