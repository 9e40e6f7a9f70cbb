//! A scenario: everything a run depends on, as plain data. The only input there is.
//!
//! A scenario is written by hand (the presets are such files), carried in a link, or grown by clicks: a click in the lab adds
//! an event to the script and the run is computed anew. So every run, improvised ones included, can be shared and tested.
//! The format is JSON, version 1; `parse` says where a mistake is, with line and column.

mod anomaly;
mod call;
mod clients;
mod clocks;
mod defects;
mod event;
mod family;
mod json;
mod leaderless;
mod left_out;
mod lesson;
mod limits;
mod links;
mod mistake;
mod multi_leader;
mod parse;
mod plan;
mod read;
mod reader;
mod single_leader;
mod text;

use serde::{Deserialize, Serialize};

pub use anomaly::Anomaly;
pub use call::{CountSpec, DataTypeSpec, DeleteSpec, EntrySpec, InsertSpec, MethodSpec, TransferSpec};
pub use clients::{ClientSpec, Workload, WorkloadKind};
pub use clocks::ClockSpec;
pub use event::{Datum, Direction, Event, Scheduled, SetSpec, Target};
pub use family::{FamilySpec, Setting};
pub use leaderless::{
    AskSpec, CoordinatorSpec, DetectionSpec, GossipSpec, PartitioningSpec, QuorumKind, ReadRepairSpec, RegionSpec, RingChange,
    RingSpec, ScopeSpec, VersionsSpec,
};
pub use lesson::{Fix, Lesson};
pub use limits::{KEYS_MAX, NAME_MAX, NODES_MAX, SCRIPT_MAX, TEXT_MAX, UNTIL_MAX};
pub use links::LinkSpec;
pub use multi_leader::{
    ConditionSpec, ConflictRule, ConflictSpec, DeliverySpec, NumbersSpec, PeerSpec, TopologySpec, WinnerClock,
};
pub(crate) use parse::read_part;
pub use parse::{ScenarioError, parse};
pub(crate) use plan::position_of;
pub use plan::{Action, Feed, GroupPlan, LeadersPlan, Plan, RingPlan};
pub use read::ReadSpec;
pub use single_leader::{
    AckSpec, FailoverSpec, FencingSpec, FormatSpec, KeepSpec, LeaderReadsSpec, LeaseSpec, LevelSpec, OnLossSpec, PolicySpec,
    QuorumSpec, SelectionSpec, Shard, SyncSpec, VisibilitySpec,
};

use crate::sabotage::Sabotage;
use crate::time::SimDuration;

/// The version of the format that this crate writes.
pub const VERSION: u32 = 1;

/// Everything a run depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The version of the format: 1.
    pub version: u32,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What it is meant to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
    /// The seed of all random choices.
    pub seed: u64,
    /// When the run ends.
    pub until: SimDuration,
    /// How replicas work together in all groups.
    #[serde(default, skip_serializing_if = "is_default")]
    pub family: FamilySpec,
    /// Independent groups of replicas; keys are mapped to them.
    pub shards: Vec<Shard>,
    /// Who writes and reads.
    pub clients: Vec<ClientSpec>,
    /// What the links do; a later entry overrides an earlier one. Unnamed links take 1 ms and lose nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkSpec>,
    /// Clocks that run faster or slower than true time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<ClockSpec>,
    /// How clients read.
    #[serde(default)]
    pub read: ReadSpec,
    /// How long a client waits for the end of an operation.
    #[serde(default = "op_timeout_default", skip_serializing_if = "is_op_timeout_default")]
    pub op_timeout: SimDuration,
    /// Steady streams of operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workload: Vec<Workload>,
    /// Single operations, faults and interventions, each at its time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Scheduled>,
    /// Defects to build in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sabotage: Vec<Sabotage>,
}

fn op_timeout_default() -> SimDuration {
    SimDuration::secs(10)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_op_timeout_default(d: &SimDuration) -> bool {
    *d == op_timeout_default()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Scenario {
    /// The scenario as JSON, the form in which it is saved and shared. Reading it back gives the same scenario.
    ///
    /// # Panics
    /// Never: each of its values has a form in JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| panic!("a scenario holds nothing but texts and numbers: {error}"))
    }
}
