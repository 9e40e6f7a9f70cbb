//! How the clients of a scenario read: the mode, and what belongs to each mode.

use serde::{Deserialize, Serialize};

use super::{Event, Scenario, Scheduled, is_default};
use crate::router::{Bound, Guarantees, OnMiss, ReadMode, ReadSettings, TokenHome, TokenKind, WINDOW_DEFAULT};
use crate::time::SimDuration;

/// How clients read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadSpec {
    /// Which replica may answer.
    #[serde(default)]
    pub mode: ReadMode,
    /// What a session-consistent read does when no follower is fresh enough.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_miss: OnMiss,
    /// How long a session-consistent read waits for one replica before it tries another.
    #[serde(default = "attempt_timeout_default", skip_serializing_if = "is_attempt_timeout_default")]
    pub attempt_timeout: SimDuration,
    /// What a session's token is compared by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token: TokenKind,
    /// Where the token of a user with several devices is kept.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tokens: TokenHome,
    /// How long a session reads at the leader after an own write, in the mode `sticky-leader`.
    #[serde(default = "window_default", skip_serializing_if = "is_window_default")]
    pub window: SimDuration,
    /// How far behind a follower may be that answers, in the mode `bounded-staleness`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bound: Bound,
    /// What sessions ask for in the mode `guarantees`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guarantees: Guarantees,
}

fn window_default() -> SimDuration {
    WINDOW_DEFAULT
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_window_default(d: &SimDuration) -> bool {
    *d == WINDOW_DEFAULT
}

fn attempt_timeout_default() -> SimDuration {
    SimDuration::secs(1)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_attempt_timeout_default(d: &SimDuration) -> bool {
    *d == attempt_timeout_default()
}

impl Default for ReadSpec {
    fn default() -> Self {
        ReadSpec {
            mode: ReadMode::default(),
            on_miss: OnMiss::default(),
            attempt_timeout: attempt_timeout_default(),
            token: TokenKind::default(),
            tokens: TokenHome::default(),
            window: WINDOW_DEFAULT,
            bound: Bound::default(),
            guarantees: Guarantees::default(),
        }
    }
}

impl From<ReadSpec> for ReadSettings {
    fn from(spec: ReadSpec) -> ReadSettings {
        let ReadSpec { mode, on_miss, attempt_timeout, token, tokens: _, window, bound, guarantees } = spec;
        ReadSettings { mode, on_miss, attempt_timeout, token, window, bound, guarantees }
    }
}

impl Scenario {
    /// Whether some read has a bound on staleness, so that leaders have to say how far they are.
    pub(super) fn reads_are_bounded(&self) -> bool {
        let bounded = |mode| mode == ReadMode::BoundedStaleness;
        let own = |s: &Scheduled| matches!(s.event, Event::Read { mode: Some(mode), .. } if bounded(mode));
        bounded(self.read.mode) || self.script.iter().any(own)
    }
}
