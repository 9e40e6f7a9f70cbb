//! What a scenario says of a ring without leaders: its nodes, how many of them hold a key and have to answer, and what is repaired when.

mod change;

use serde::{Deserialize, Serialize};

pub use change::RingChange;

use super::defects::breaks;
use super::family::{FamilySpec, Setting};
use super::is_default;
use crate::family::leaderless::{Coordination, FanOut, Partitioning, ReadRepair, Scope, Versioning};
use crate::router::ReadMode;
use crate::time::SimDuration;

/// Whether a setting has a meaning on a ring. Reads have no mode there: each asks as many replicas as the ring says, and the mode that stands for
/// silence is let through.
pub(super) fn knows(setting: Setting) -> bool {
    match setting {
        Setting::ReadMode(ReadMode::AnyFollower)
        | Setting::Ring
        | Setting::Home
        | Setting::At
        | Setting::Delete
        | Setting::Join
        | Setting::Leave => true,
        Setting::Defect(defect) => breaks(defect, FamilySpec::Leaderless),
        Setting::ReadMode(
            ReadMode::Leader
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
        | Setting::Flush
        | Setting::Apply
        | Setting::Peers
        | Setting::Topology
        | Setting::Delivery
        | Setting::Conflicts
        | Setting::Numbers
        | Setting::If
        | Setting::Add
        | Setting::Call
        | Setting::Insert
        | Setting::Update
        | Setting::Connect
        | Setting::MoveHome
        | Setting::Promote
        | Setting::Alter
        | Setting::Upgrade => false,
    }
}

/// A ring of nodes. It has either `nodes` or `regions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingSpec {
    /// Its nodes, if all are in one region.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// Its regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionSpec>,
    /// How many replicas a key has; in each region that says nothing else.
    #[serde(default = "three")]
    pub n: u8,
    /// How many answers a read needs.
    #[serde(default = "two")]
    pub r: u8,
    /// How many answers a write needs.
    #[serde(default = "two")]
    pub w: u8,
    /// Whose answers count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: ScopeSpec,
    /// Whether others stand in for replicas that do not answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quorum: QuorumKind,
    /// After how long without an answer somebody stands in.
    #[serde(default = "patience_default", skip_serializing_if = "is_patience_default")]
    pub patience: SimDuration,
    /// After how long a coordinator gives up.
    #[serde(default = "timeout_default", skip_serializing_if = "is_timeout_default")]
    pub timeout: SimDuration,
    /// How versions are told apart.
    #[serde(default, skip_serializing_if = "is_default")]
    pub versions: VersionsSpec,
    /// What a read does about replicas that are behind.
    #[serde(default, skip_serializing_if = "is_default")]
    pub read_repair: ReadRepairSpec,
    /// Whether a read first writes back what it is about to show.
    #[serde(default, skip_serializing_if = "is_default")]
    pub write_back: bool,
    /// Whom a read asks at first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ask: AskSpec,
    /// Who coordinates requests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub coordinator: CoordinatorSpec,
    /// How often hints are handed off; without it none are, and only those who stand in keep any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<SimDuration>,
    /// How often a node compares what it holds with another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anti_entropy: Option<SimDuration>,
    /// How many leaves the hash tree of a range has: a power of two.
    #[serde(default = "leaves_default", skip_serializing_if = "is_leaves_default")]
    pub leaves: u16,
    /// How old a tombstone must be to be collected; without it tombstones stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<SimDuration>,
    /// How the ring is divided.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partitioning: PartitioningSpec,
    /// How nodes hear of each other; without it all are members, and nobody is believed to be down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gossip: Option<GossipSpec>,
}

fn three() -> u8 {
    3
}

fn two() -> u8 {
    2
}

fn patience_default() -> SimDuration {
    SimDuration::millis(100)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_patience_default(d: &SimDuration) -> bool {
    *d == patience_default()
}

fn timeout_default() -> SimDuration {
    SimDuration::secs(1)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_timeout_default(d: &SimDuration) -> bool {
    *d == timeout_default()
}

fn leaves_default() -> u16 {
    16
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_leaves_default(leaves: &u16) -> bool {
    *leaves == leaves_default()
}

/// A region of a ring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionSpec {
    /// What it is called.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<String>,
    /// How many replicas a key has there, if not as many as the ring says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u8>,
}

/// Whose answers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeSpec {
    /// Those of all replicas (Cassandra's QUORUM).
    #[default]
    All,
    /// Those in the coordinator's region (LOCAL_QUORUM).
    Local,
    /// So many in each region (EACH_QUORUM).
    Each,
}

impl From<ScopeSpec> for Scope {
    fn from(spec: ScopeSpec) -> Scope {
        match spec {
            ScopeSpec::All => Scope::All,
            ScopeSpec::Local => Scope::Local,
            ScopeSpec::Each => Scope::Each,
        }
    }
}

/// Whether others stand in for replicas that do not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuorumKind {
    /// Only the replicas of the key count.
    #[default]
    Strict,
    /// Nodes further on the ring stand in, and keep hints.
    Sloppy,
}

/// How versions are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionsSpec {
    /// A dot for each write, and what its client had seen.
    #[default]
    DottedVectors,
    /// A counter for each server.
    ServerVectors,
    /// A counter for each client, of which at most so many are kept.
    ClientVectors(u16),
    /// The coordinator's clock.
    LastWriteWins,
    /// Nothing.
    None,
}

impl From<VersionsSpec> for Versioning {
    fn from(spec: VersionsSpec) -> Versioning {
        match spec {
            VersionsSpec::DottedVectors => Versioning::Dotted,
            VersionsSpec::ServerVectors => Versioning::ServerVectors,
            VersionsSpec::ClientVectors(limit) => Versioning::ClientVectors { limit },
            VersionsSpec::LastWriteWins => Versioning::LastWriteWins,
            VersionsSpec::None => Versioning::Arrival,
        }
    }
}

/// What a read does about replicas that are behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadRepairSpec {
    /// Nothing.
    Off,
    /// They are told after the answer.
    #[default]
    Background,
    /// They are told before the answer.
    Blocking,
}

impl From<ReadRepairSpec> for ReadRepair {
    fn from(spec: ReadRepairSpec) -> ReadRepair {
        match spec {
            ReadRepairSpec::Off => ReadRepair::Off,
            ReadRepairSpec::Background => ReadRepair::Background,
            ReadRepairSpec::Blocking => ReadRepair::Blocking,
        }
    }
}

/// Whom a read asks at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskSpec {
    /// All replicas.
    #[default]
    All,
    /// As many as are needed.
    Needed,
    /// As many as are needed, and one more after so long.
    Speculate(SimDuration),
}

impl From<AskSpec> for FanOut {
    fn from(spec: AskSpec) -> FanOut {
        match spec {
            AskSpec::All => FanOut::All,
            AskSpec::Needed => FanOut::Needed(None),
            AskSpec::Speculate(after) => FanOut::Needed(Some(after)),
        }
    }
}

/// Who coordinates requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoordinatorSpec {
    /// The client's home, or any node.
    #[default]
    Node,
    /// For a write the replica that answered the last read of the key fastest.
    Fastest,
    /// The client.
    Client,
}

impl From<CoordinatorSpec> for Coordination {
    fn from(spec: CoordinatorSpec) -> Coordination {
        match spec {
            CoordinatorSpec::Node => Coordination::AnyNode,
            CoordinatorSpec::Fastest => Coordination::Fastest,
            CoordinatorSpec::Client => Coordination::Client,
        }
    }
}

/// How the ring is divided: the three strategies of Dynamo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PartitioningSpec {
    /// So many random tokens for each node.
    RandomTokens(u16),
    /// Random tokens, and equal partitions.
    EqualPartitions {
        /// Tokens of each node.
        tokens: u16,
        /// Partitions of the ring.
        partitions: u16,
    },
    /// So many equal partitions, dealt out evenly.
    EvenShares(u16),
}

impl Default for PartitioningSpec {
    fn default() -> PartitioningSpec {
        PartitioningSpec::RandomTokens(8)
    }
}

impl From<PartitioningSpec> for Partitioning {
    fn from(spec: PartitioningSpec) -> Partitioning {
        match spec {
            PartitioningSpec::RandomTokens(tokens) => Partitioning::RandomTokens { tokens },
            PartitioningSpec::EqualPartitions { tokens, partitions } => Partitioning::EqualPartitions { tokens, partitions },
            PartitioningSpec::EvenShares(partitions) => Partitioning::EvenShares { partitions },
        }
    }
}

/// How nodes hear of each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GossipSpec {
    /// How often a node tells a random other one what it knows.
    #[serde(default = "gossip_default", skip_serializing_if = "is_gossip_default")]
    pub every: SimDuration,
    /// Whom a node that joins turns to.
    pub seeds: Vec<String>,
    /// How a node decides that another one is down.
    pub detection: DetectionSpec,
}

fn gossip_default() -> SimDuration {
    SimDuration::secs(1)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_gossip_default(d: &SimDuration) -> bool {
    *d == gossip_default()
}

/// How a node decides that another one is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DetectionSpec {
    /// After so long a silence.
    TimeOut(SimDuration),
    /// When its silence is as unlikely as one in ten to this power.
    Phi(u8),
}

impl RingSpec {
    /// A ring of these nodes in one region, with three replicas of each key of which two have to answer.
    #[must_use]
    pub fn of(nodes: &[&str]) -> RingSpec {
        RingSpec {
            nodes: nodes.iter().map(|name| (*name).to_owned()).collect(),
            regions: Vec::new(),
            n: three(),
            r: two(),
            w: two(),
            scope: ScopeSpec::default(),
            quorum: QuorumKind::default(),
            patience: patience_default(),
            timeout: timeout_default(),
            versions: VersionsSpec::default(),
            read_repair: ReadRepairSpec::default(),
            write_back: false,
            ask: AskSpec::default(),
            coordinator: CoordinatorSpec::default(),
            handoff: None,
            anti_entropy: None,
            leaves: leaves_default(),
            grace: None,
            partitioning: PartitioningSpec::default(),
            gossip: None,
        }
    }

    /// Its nodes, region by region, each with the number of its region.
    pub fn each_node(&self) -> impl Iterator<Item = (u16, &str)> {
        let alone = self.nodes.iter().map(|name| (0, name.as_str()));
        let regions = (0..).zip(&self.regions);
        alone.chain(regions.flat_map(|(number, region)| region.nodes.iter().map(move |name| (number, name.as_str()))))
    }
}
