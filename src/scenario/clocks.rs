//! Clocks that do not show the true time.

use serde::{Deserialize, Serialize};

/// A clock that runs faster or slower than true time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSpec {
    /// Whose.
    pub node: String,
    /// How many milliseconds it shows for each true second.
    pub ms_per_second: u32,
}
