//! What a scenario says of a group with one leader: its replicas, and the settings that only such groups have.

mod ack;
mod failover;

use serde::{Deserialize, Serialize};

pub use ack::{AckSpec, LevelSpec, OnLossSpec, SelectionSpec, SyncSpec};
pub use failover::{FailoverSpec, FencingSpec, LeaderReadsSpec, LeaseSpec, PolicySpec, QuorumSpec};

use super::defects::breaks;
use super::family::{FamilySpec, Setting};
use super::is_default;
use super::leaderless::RingSpec;
use super::left_out;
use super::multi_leader::{ConflictSpec, DeliverySpec, NumbersSpec, PeerSpec, TopologySpec};
use crate::family::single_leader::Visibility;
use crate::router::ReadMode;
use crate::statement::Format;
use crate::time::SimDuration;

/// Whether a setting has a meaning where a group has one leader. Whoever adds a setting for another family says here that it has none.
pub(super) fn knows(setting: Setting) -> bool {
    match setting {
        Setting::ReadMode(
            ReadMode::Leader
            | ReadMode::AnyFollower
            | ReadMode::SessionConsistent
            | ReadMode::PinnedFollower
            | ReadMode::StickyLeader
            | ReadMode::BoundedStaleness
            | ReadMode::BestEffortFresh
            | ReadMode::Guarantees,
        )
        | Setting::OnMiss
        | Setting::Token
        | Setting::Tokens
        | Setting::Window
        | Setting::Bound
        | Setting::Guarantees
        | Setting::Ack
        | Setting::Visibility
        | Setting::Failover
        | Setting::Fencing
        | Setting::LeaderReads
        | Setting::Format
        | Setting::Retention
        | Setting::Keeps
        | Setting::Promote
        | Setting::Alter
        | Setting::Upgrade
        | Setting::Flush
        | Setting::Apply
        | Setting::Update
        | Setting::Insert
        | Setting::Join => true,
        Setting::Defect(defect) => breaks(defect, FamilySpec::SingleLeader),
        Setting::Peers
        | Setting::Topology
        | Setting::Delivery
        | Setting::Conflicts
        | Setting::Numbers
        | Setting::Home
        | Setting::At
        | Setting::If
        | Setting::Delete
        | Setting::Add
        | Setting::Call
        | Setting::Connect
        | Setting::MoveHome
        | Setting::Ring
        | Setting::Leave => false,
    }
}

/// One group of replicas with a log of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// What it is called.
    pub name: String,
    /// The replica that leads at the start; only rings have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub leader: String,
    /// The other replicas.
    #[serde(default)]
    pub followers: Vec<String>,
    /// Keys that begin with one of these belong here. The first shard takes every key that no shard claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// When a write is acknowledged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ack: AckSpec,
    /// When the leader's own reads show a write.
    #[serde(default, skip_serializing_if = "is_default")]
    pub visibility: VisibilitySpec,
    /// How the group finds out that its leader is gone, and what it does then; without it, an operator promotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<FailoverSpec>,
    /// Whether messages of an old generation are refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fencing: FencingSpec,
    /// How a leader answers reads that ask for the leader.
    #[serde(default, skip_serializing_if = "is_default")]
    pub leader_reads: LeaderReadsSpec,
    /// How long a disk takes to flush.
    #[serde(default, skip_serializing_if = "is_default")]
    pub flush: SimDuration,
    /// How long a follower takes to apply one entry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub apply: SimDuration,
    /// What the entries of the log carry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: FormatSpec,
    /// How many entries behind the head of the log are kept; all if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<u64>,
    /// How long a follower takes to copy one row of a snapshot.
    #[serde(default = "copy_default", skip_serializing_if = "is_copy_default")]
    pub copy: SimDuration,
    /// Followers that keep only some keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps: Vec<KeepSpec>,
    /// More leaders, each with its followers; only of the family `multi-leader`.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<PeerSpec>,
    /// Who passes updates on to whom.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "is_default")]
    pub topology: TopologySpec,
    /// When an update that has arrived is applied.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "is_default")]
    pub delivery: DeliverySpec,
    /// What is done about conflicts, by keys; where nothing is said, the last writer wins by the clocks of machines.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<ConflictSpec>,
    /// Which numbers each leader gives to new rows.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "is_default")]
    pub numbers: NumbersSpec,
    /// The ring, instead of a leader and followers; only of the family `leaderless`.
    #[serde(default, with = "left_out::of_rings", skip_serializing_if = "Option::is_none")]
    pub ring: Option<RingSpec>,
}

/// 10 ms.
fn copy_default() -> SimDuration {
    SimDuration::millis(10)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_copy_default(d: &SimDuration) -> bool {
    *d == copy_default()
}

impl Default for Shard {
    fn default() -> Shard {
        Shard {
            name: String::new(),
            leader: String::new(),
            followers: Vec::new(),
            keys: Vec::new(),
            ack: AckSpec::default(),
            visibility: VisibilitySpec::default(),
            failover: None,
            fencing: FencingSpec::default(),
            leader_reads: LeaderReadsSpec::default(),
            flush: SimDuration::ZERO,
            apply: SimDuration::ZERO,
            format: FormatSpec::default(),
            retention: None,
            copy: copy_default(),
            keeps: Vec::new(),
            peers: Vec::new(),
            topology: TopologySpec::default(),
            delivery: DeliverySpec::default(),
            conflicts: Vec::new(),
            numbers: NumbersSpec::default(),
            ring: None,
        }
    }
}

/// What the entries of a log carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormatSpec {
    /// The rows that changed, one entry each.
    #[default]
    Logical,
    /// The text of statements, which every replica works out for itself.
    Statement,
    /// Bytes of the storage engine, for the same storage version only.
    WriteAheadLog,
}

impl FormatSpec {
    /// All of them, in the order of the lesson.
    pub const ALL: [FormatSpec; 3] = [FormatSpec::Statement, FormatSpec::WriteAheadLog, FormatSpec::Logical];

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FormatSpec::Logical => "logical",
            FormatSpec::Statement => "statement",
            FormatSpec::WriteAheadLog => "write-ahead-log",
        }
    }
}

impl From<FormatSpec> for Format {
    fn from(spec: FormatSpec) -> Format {
        match spec {
            FormatSpec::Logical => Format::Logical,
            FormatSpec::Statement => Format::Statement,
            FormatSpec::WriteAheadLog => Format::WriteAheadLog,
        }
    }
}

/// A follower that keeps only some keys, as a store for analytics does. It cannot lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepSpec {
    /// Which follower.
    pub node: String,
    /// It keeps the keys that begin with one of these.
    pub keys: Vec<String>,
}

/// When the leader's own reads show a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisibilitySpec {
    /// Once it is acknowledged.
    #[default]
    Acknowledged,
    /// As soon as the leader has flushed it.
    Flushed,
}

impl From<VisibilitySpec> for Visibility {
    fn from(spec: VisibilitySpec) -> Visibility {
        match spec {
            VisibilitySpec::Acknowledged => Visibility::Acknowledged,
            VisibilitySpec::Flushed => Visibility::Flushed,
        }
    }
}
