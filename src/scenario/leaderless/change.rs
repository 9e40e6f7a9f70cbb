//! What a remedy changes of a ring.

use serde::{Deserialize, Serialize};

use super::{QuorumKind, ReadRepairSpec, RingSpec, VersionsSpec};
use crate::time::SimDuration;

/// Other settings for every ring of a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingChange {
    /// How many answers a read needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r: Option<u8>,
    /// How many answers a write needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub w: Option<u8>,
    /// Whether others stand in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<QuorumKind>,
    /// How versions are told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<VersionsSpec>,
    /// What a read does about replicas that are behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_repair: Option<ReadRepairSpec>,
    /// Whether a read first writes back what it is about to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_back: Option<bool>,
    /// How often hints are handed off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<SimDuration>,
    /// How often a node compares what it holds with another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anti_entropy: Option<SimDuration>,
    /// How old a tombstone must be to be collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<SimDuration>,
}

impl RingChange {
    /// Changes a ring.
    pub fn apply(&self, ring: &mut RingSpec) {
        let RingChange { r, w, quorum, versions, read_repair, write_back, handoff, anti_entropy, grace } = *self;
        ring.r = r.unwrap_or(ring.r);
        ring.w = w.unwrap_or(ring.w);
        ring.quorum = quorum.unwrap_or(ring.quorum);
        ring.versions = versions.unwrap_or(ring.versions);
        ring.read_repair = read_repair.unwrap_or(ring.read_repair);
        ring.write_back = write_back.unwrap_or(ring.write_back);
        ring.handoff = handoff.or(ring.handoff);
        ring.anti_entropy = anti_entropy.or(ring.anti_entropy);
        ring.grace = grace.or(ring.grace);
    }
}
