//! What a ring without leaders is called in real systems, and what the lab leaves out of them.
//!
//! Sources: Apache Cassandra documentation, "Dynamo" and `cassandra.yaml`; ScyllaDB documentation, "Consistency levels" and "Hinted handoff";
//! Riak KV documentation, "Replication properties", "Causal context" and "Active anti-entropy"; Project Voldemort, "Configuration"; Amazon
//! DynamoDB Developer Guide, "Read consistency"; DeCandia et al. 2007.

use crate::scenario::{QuorumKind, RingSpec, VersionsSpec};

/// A real system of this kind.
#[derive(Clone, Copy, Debug)]
pub struct RingSystem {
    /// The system.
    pub system: &'static str,
    /// The settings of the lab that come nearest.
    pub here: &'static str,
    /// What to write into its configuration, or into a request.
    pub setting: &'static str,
    /// What that promises.
    pub promise: &'static str,
    /// What the lab leaves out, or where the system differs from it.
    pub differs: &'static str,
    fits: fn(&RingSpec) -> bool,
}

impl RingSystem {
    /// Whether a ring's settings are those that come nearest.
    #[must_use]
    pub fn fits(&self, ring: &RingSpec) -> bool {
        (self.fits)(ring)
    }
}

fn clocks(ring: &RingSpec) -> bool {
    ring.versions == VersionsSpec::LastWriteWins && ring.quorum == QuorumKind::Strict
}

/// The systems, in the order of the panel.
pub const RINGS: [RingSystem; 5] = [
    RingSystem {
        system: "Cassandra",
        here: "quorum strict, versions last-write-wins, read_repair blocking, handoff",
        setting: "replication_factor = n; CONSISTENCY QUORUM, LOCAL_QUORUM, EACH_QUORUM, ONE or ALL; read_repair = 'BLOCKING'; hinted_handoff_enabled, max_hint_window; num_tokens; gc_grace_seconds",
        promise: "A write goes to all replicas and waits for as many as its level says. With QUORUM for both a read sees what was acknowledged.",
        differs: "The last writer wins cell by cell. Hints never count, but for the level ANY. A read asks only as many replicas as its level needs, and one more if that takes long (speculative_retry). Lightweight transactions use consensus (Paxos) for what a quorum cannot do.",
        fits: clocks,
    },
    RingSystem {
        system: "ScyllaDB",
        here: "quorum strict, versions last-write-wins, read_repair blocking",
        setting: "CONSISTENCY QUORUM and the others of Cassandra; hinted_handoff_enabled; tombstone_gc = {'mode': 'repair'}",
        promise: "As Cassandra. Tombstones may be kept until a repair has brought them to all replicas.",
        differs: "The lab collects a tombstone by its age alone. Newer versions place tables by tablets, and no longer by tokens of a ring.",
        fits: clocks,
    },
    RingSystem {
        system: "Riak KV",
        here: "quorum sloppy, versions dotted-vectors, handoff, anti_entropy",
        setting: "n_val = 3; r, w = quorum; pr, pw for replicas of the key only; dw; allow_mult = true; dvv_enabled = true; anti_entropy = active; return_body",
        promise: "Nodes further on the ring stand in for replicas that are down. Concurrent values stay as siblings, and a context that comes with a read replaces what it names.",
        differs: "The ring has a fixed number of partitions (ring_size). Old tombstones are reaped by delete_mode, and vectors pruned by age and length (big_vclock, old_vclock).",
        fits: |ring| ring.versions == VersionsSpec::DottedVectors,
    },
    RingSystem {
        system: "Voldemort",
        here: "coordinator client, versions server-vectors",
        setting: "replication-factor, required-reads, preferred-reads, required-writes, preferred-writes; routing client; hinted-handoff-strategy",
        promise: "The client routes its requests itself, waits for the required answers and a while for the preferred ones; concurrent versions come back together.",
        differs: "The lab has one number where Voldemort has a required and a preferred one.",
        fits: |ring| ring.coordinator == crate::scenario::CoordinatorSpec::Client,
    },
    RingSystem {
        system: "Amazon DynamoDB",
        here: "no counterpart: each partition has a leader",
        setting: "ConsistentRead = true or false",
        promise: "In spite of its name it is no Dynamo: a leader of three replicas orders the writes of a partition by Multi-Paxos, and strongly consistent reads ask it.",
        differs: "Nothing here is like a ring; see groups with one leader.",
        fits: |_| false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(ring: &RingSpec) -> Vec<&'static str> {
        RINGS.iter().filter(|system| system.fits(ring)).map(|system| system.system).collect()
    }

    #[test]
    fn a_ring_finds_its_systems() {
        let ring = RingSpec::of(&["a", "b", "c"]);
        assert_eq!(fitting(&ring), ["Riak KV"]);
        assert_eq!(fitting(&RingSpec { versions: VersionsSpec::LastWriteWins, ..ring }), ["Cassandra", "ScyllaDB"]);
    }
}
