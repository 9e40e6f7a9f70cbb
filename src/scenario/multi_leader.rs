//! What a scenario says of a group with several leaders: who they are, how updates travel between them, and what is done about conflicts.

use serde::{Deserialize, Serialize};

use super::DataTypeSpec;
use super::defects::breaks;
use super::family::{FamilySpec, Setting};
use crate::family::multi_leader::{ClockKind, Delivery};
use crate::router::ReadMode;

/// Whether a setting has a meaning where a group has several leaders.
pub(super) fn knows(setting: Setting) -> bool {
    match setting {
        Setting::ReadMode(ReadMode::Leader | ReadMode::AnyFollower | ReadMode::SessionConsistent | ReadMode::Guarantees)
        | Setting::OnMiss
        | Setting::Tokens
        | Setting::Guarantees
        | Setting::Peers
        | Setting::Topology
        | Setting::Delivery
        | Setting::Conflicts
        | Setting::Numbers
        | Setting::Home
        | Setting::At
        | Setting::If
        | Setting::Delete
        | Setting::Add
        | Setting::Insert
        | Setting::Call
        | Setting::Connect
        | Setting::MoveHome => true,
        Setting::Defect(defect) => breaks(defect, FamilySpec::MultiLeader),
        Setting::ReadMode(
            ReadMode::PinnedFollower | ReadMode::StickyLeader | ReadMode::BoundedStaleness | ReadMode::BestEffortFresh,
        )
        | Setting::Token
        | Setting::Window
        | Setting::Bound
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
        | Setting::Update
        | Setting::Promote
        | Setting::Alter
        | Setting::Upgrade
        | Setting::Join
        | Setting::Ring
        | Setting::Leave => false,
    }
}

/// One more leader of a shard, and its followers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSpec {
    /// The leader.
    pub leader: String,
    /// The replicas that get its updates and take no writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<String>,
}

/// Who passes updates on to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TopologySpec {
    /// Every leader to every other one.
    #[default]
    AllToAll,
    /// Every leader to the next, and the last to the first.
    Ring,
    /// The first leader to all others, and they to it.
    Star,
    /// The two leaders of each pair to each other.
    Graph(Vec<(String, String)>),
}

impl TopologySpec {
    /// The name in files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            TopologySpec::AllToAll => "all-to-all",
            TopologySpec::Ring => "ring",
            TopologySpec::Star => "star",
            TopologySpec::Graph(_) => "graph",
        }
    }
}

/// When an update that has arrived is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliverySpec {
    /// At once.
    #[default]
    AsItComes,
    /// When everything is there that its leader had applied before it.
    Causal,
}

impl DeliverySpec {
    /// Both, in the order of the lesson.
    pub const ALL: [DeliverySpec; 2] = [DeliverySpec::AsItComes, DeliverySpec::Causal];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DeliverySpec::AsItComes => "as-it-comes",
            DeliverySpec::Causal => "causal",
        }
    }
}

impl From<DeliverySpec> for Delivery {
    fn from(spec: DeliverySpec) -> Delivery {
        match spec {
            DeliverySpec::AsItComes => Delivery::AsItComes,
            DeliverySpec::Causal => Delivery::Causal,
        }
    }
}

/// What is done about conflicts over some keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConflictSpec {
    /// The keys that begin with one of these; all, if none is named. The first entry that fits counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// What is done.
    pub rule: ConflictRule,
}

impl ConflictSpec {
    /// The same keys as replicated data of a type that asks nothing of clocks or of the channel and merges by the laws; none, if they are no
    /// replicated data or are of such a type.
    #[must_use]
    pub fn sound(&self) -> Option<ConflictSpec> {
        let ConflictRule::Crdt(spec) = &self.rule else { return None };
        Some(ConflictSpec { keys: self.keys.clone(), rule: ConflictRule::Crdt(spec.sound()?) })
    }
}

/// What is done about two writes of one key of which neither had seen the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictRule {
    /// One leader takes all writes of these keys, at first this one.
    Avoid(String),
    /// The write with the larger reading of a clock stays.
    LastWriteWins(WinnerClock),
    /// All versions stay until a client's write has seen them.
    Siblings,
    /// Sets are united.
    Union,
    /// Sets are united, but for what somebody has taken out.
    Cart,
    /// The largest number stays.
    Maximum,
    /// Every addition counts.
    Sum,
    /// The centre of the star takes every write anew in the order of arrival; whoever has written shows its own on top until then.
    Rebase,
    /// Whoever sees two versions writes one behind the other: deliberately bad.
    Concatenate,
    /// The keys are replicated data of a type, which merges what concurrent updates did.
    Crdt(DataTypeSpec),
}

impl Default for ConflictRule {
    fn default() -> ConflictRule {
        ConflictRule::LastWriteWins(WinnerClock::Physical)
    }
}

/// The clock that tells the last writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WinnerClock {
    /// The clock of the leader's machine.
    #[default]
    Physical,
    /// A Lamport clock.
    Lamport,
    /// A hybrid logical clock.
    Hybrid,
}

impl From<WinnerClock> for ClockKind {
    fn from(spec: WinnerClock) -> ClockKind {
        match spec {
            WinnerClock::Physical => ClockKind::Physical,
            WinnerClock::Lamport => ClockKind::Lamport,
            WinnerClock::Hybrid => ClockKind::Hybrid,
        }
    }
}

/// Which numbers each leader gives to new rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumbersSpec {
    /// The next one, as far as the leader knows.
    #[default]
    Next,
    /// With as many leaders as there are between two of its own (MySQL's `auto_increment_increment` and `auto_increment_offset`).
    Interleaved,
}

/// What must be so where a write is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionSpec {
    /// The key has no value.
    Absent,
    /// The key has a value; also wherever the change arrives.
    Present,
    /// The key has this value.
    Equals(super::Datum),
}

impl super::Shard {
    /// The leaders, each with its followers.
    pub fn leaders(&self) -> impl Iterator<Item = (&str, &[String])> {
        let others = self.peers.iter().map(|peer| (peer.leader.as_str(), peer.followers.as_slice()));
        [(self.leader.as_str(), self.followers.as_slice())].into_iter().chain(others)
    }

    /// Its replicas, in the order of their numbers: each leader, and behind it its followers; or the nodes of its ring.
    pub fn replicas(&self) -> impl Iterator<Item = &str> {
        let led = self.leaders().filter(|_| self.ring.is_none());
        let led = led.flat_map(|(leader, followers)| std::iter::once(leader).chain(followers.iter().map(String::as_str)));
        led.chain(self.ring.iter().flat_map(|ring| ring.each_node().map(|(_, name)| name)))
    }
}
