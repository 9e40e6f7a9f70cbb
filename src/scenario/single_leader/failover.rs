//! How a shard survives its leader, as a scenario writes it.

use serde::{Deserialize, Serialize};

use crate::family::single_leader::{FailoverPolicy, FailoverRule, LeaderReads, Quorum};
use crate::time::SimDuration;

/// How a group finds out that its leader is gone, and what it does then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailoverSpec {
    /// The pause between two heartbeats of the leader.
    #[serde(default = "heartbeat_default", skip_serializing_if = "is_heartbeat_default")]
    pub heartbeat: SimDuration,
    /// A follower that has heard nothing for so long suspects the leader.
    #[serde(default = "timeout_default", skip_serializing_if = "is_timeout_default")]
    pub timeout: SimDuration,
    /// Who is promoted.
    #[serde(default, skip_serializing_if = "crate::scenario::is_default")]
    pub policy: PolicySpec,
    /// How many members have to be reached.
    #[serde(default, skip_serializing_if = "crate::scenario::is_default")]
    pub quorum: QuorumSpec,
}

/// 50 ms.
fn heartbeat_default() -> SimDuration {
    SimDuration::millis(50)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_heartbeat_default(d: &SimDuration) -> bool {
    *d == heartbeat_default()
}

/// 300 ms.
fn timeout_default() -> SimDuration {
    SimDuration::millis(300)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_timeout_default(d: &SimDuration) -> bool {
    *d == timeout_default()
}

impl Default for FailoverSpec {
    fn default() -> FailoverSpec {
        FailoverSpec {
            heartbeat: heartbeat_default(),
            timeout: timeout_default(),
            policy: PolicySpec::default(),
            quorum: QuorumSpec::default(),
        }
    }
}

/// Who is promoted when the leader is suspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicySpec {
    /// Nobody: the operator decides.
    #[default]
    Manual,
    /// The best candidate among those reached, by the epoch and number of its last entry.
    AutomaticBest,
    /// Whoever suspects first.
    AutomaticAny,
}

/// How many members a coordinator has to reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum QuorumSpec {
    /// More than half of all members of the group, the old leader counted as one.
    #[default]
    Majority,
    /// Nobody but itself.
    Nobody,
    /// So many of the followers, itself included.
    Followers(usize),
}

/// Whether messages of an old generation are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FencingSpec {
    /// They are.
    #[default]
    On,
    /// They are taken as if nothing had been.
    Off,
}

/// How a leader answers reads that ask for the leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LeaderReadsSpec {
    /// From what it has, without asking anybody.
    #[default]
    Local,
    /// Once a majority has confirmed that it leads.
    ReadIndex,
    /// While a lease runs; else once a majority has confirmed.
    Lease(LeaseSpec),
}

/// A lease on leading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseSpec {
    /// How long a confirmed heartbeat is good for, counted from its sending.
    pub length: SimDuration,
    /// By how much it ends sooner, for clocks that run differently.
    pub margin: SimDuration,
}

impl From<LeaderReadsSpec> for LeaderReads {
    fn from(spec: LeaderReadsSpec) -> LeaderReads {
        match spec {
            LeaderReadsSpec::Local => LeaderReads::Local,
            LeaderReadsSpec::ReadIndex => LeaderReads::ReadIndex,
            LeaderReadsSpec::Lease(LeaseSpec { length, margin }) => LeaderReads::Lease { length, margin },
        }
    }
}

impl From<&FailoverSpec> for FailoverRule {
    fn from(spec: &FailoverSpec) -> FailoverRule {
        FailoverRule {
            heartbeat: spec.heartbeat,
            timeout: spec.timeout,
            policy: match spec.policy {
                PolicySpec::Manual => FailoverPolicy::Manual,
                PolicySpec::AutomaticBest => FailoverPolicy::Best,
                PolicySpec::AutomaticAny => FailoverPolicy::Any,
            },
            quorum: match spec.quorum {
                QuorumSpec::Majority => Quorum::Majority,
                QuorumSpec::Nobody => Quorum::Nobody,
                QuorumSpec::Followers(count) => Quorum::Followers(count),
            },
        }
    }
}
