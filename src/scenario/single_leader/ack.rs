//! When a write is acknowledged, as a scenario writes it.

use serde::{Deserialize, Serialize};

use crate::scenario::is_default;
use crate::time::SimDuration;

/// When a write is acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AckSpec {
    /// Once the leader has flushed it.
    #[default]
    Async,
    /// Once followers have it as well.
    Sync(SyncSpec),
}

/// Which followers a synchronous write waits for. They are counted without the leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncSpec {
    /// The followers that may count, in order of priority.
    pub followers: Vec<String>,
    /// How many of them.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub k: usize,
    /// The first k of the list, or any k.
    #[serde(default, skip_serializing_if = "is_default")]
    pub selection: SelectionSpec,
    /// Which position of a follower counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: LevelSpec,
    /// What happens when they do not answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_loss: OnLossSpec,
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_one(k: &usize) -> bool {
    *k == 1
}

/// The first k of the list, or any k.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionSpec {
    /// The first k that are not lost.
    #[default]
    First,
    /// Whichever k answer first.
    Any,
}

/// Which position of a follower counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LevelSpec {
    /// In memory.
    Received,
    /// On disk.
    #[default]
    Flushed,
    /// Visible to reads.
    Applied,
}

/// What happens when synchronous followers do not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OnLossSpec {
    /// Writes wait.
    #[default]
    Block,
    /// After this time writes no longer wait, until the followers have caught up.
    FallBackToAsync(SimDuration),
    /// After this time the next follower of the list takes the place of a silent one.
    PromoteNext(SimDuration),
}
