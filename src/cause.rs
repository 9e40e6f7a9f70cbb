//! Causes: what in a scenario brought a finding about, as data that can be taken out of the scenario again.
//!
//! A cause is named only when it is proven: the same scenario is run without it, and the finding is gone. That is the counterfactual
//! reading of a cause (Lewis 1973; Halpern and Pearl 2005), which a simulator can carry out, because a run without an event is the
//! same run in everything that the event does not touch. Where to look first is taken from the record ([`crate::explain::Trail`]);
//! what else could matter is every fault before the finding, the links of the shard, and the settings.

mod candidates;
mod prove;
mod removal;
mod tell;

use crate::family::GroupId;
use crate::network::NodeId;
use crate::sabotage::Sabotage;

pub use candidates::of;
pub use prove::{Proof, Prover, proven};
pub use removal::without;
pub use tell::undone;

/// What can have brought a finding about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A built-in defect.
    Defect(Sabotage),
    /// An event of the script, by its place there: a crash, a cut, a hold, a pause, a promotion, a change of links.
    Event(usize),
    /// How long messages take on the link from the first node to the second.
    Latency(NodeId, NodeId),
    /// That messages are lost by chance on the link from the first node to the second.
    Loss(NodeId, NodeId),
    /// That messages on the link from the first node to the second arrive twice or overtake each other.
    Disorder(NodeId, NodeId),
    /// How long the disks of a shard take.
    Flush(GroupId),
    /// How long the followers of a shard take to apply an entry.
    Apply(GroupId),
    /// That a shard promotes without an operator.
    Failover(GroupId),
    /// That a shard takes messages of old generations.
    Fencing(GroupId),
    /// That a leader of the shard shows what is not acknowledged.
    Visibility(GroupId),
    /// That writes of a shard are acknowledged without this replica having flushed them.
    Acknowledgement(GroupId, NodeId),
    /// That the leader of the shard answers reads without asking whether it still leads.
    LeaderReads(GroupId),
    /// What the log entries of a shard carry.
    Format(GroupId),
    /// How few entries a shard keeps.
    Retention(GroupId),
    /// That the clock of this node is wrong.
    Clock(NodeId),
    /// That tokens are compared by their number alone.
    Token,
    /// That reads go where their session's token is not asked for.
    ReadMode,
    /// That each device of a user keeps a token of its own.
    Devices,
    /// The other write of a finding about two, by its place in the script.
    Write(usize),
    /// That the replicas of a shard apply updates as they come.
    Delivery(GroupId),
    /// That each leader of a shard gives new rows the next number that it knows.
    Numbers(GroupId),
    /// The data types of a shard's keys, or what of them travels.
    DataType(GroupId),
    /// That some leaders of a shard hear of others by way of third ones only.
    Topology(GroupId),
}

impl Cause {
    /// The kind of cause, as JSON and tables name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::Defect(_) => "defect",
            Cause::Event(_) => "event",
            Cause::Latency(..) => "latency",
            Cause::Loss(..) => "loss",
            Cause::Disorder(..) => "disorder",
            Cause::Flush(_) => "flush",
            Cause::Apply(_) => "apply",
            Cause::Failover(_) => "failover",
            Cause::Fencing(_) => "fencing",
            Cause::Visibility(_) => "visibility",
            Cause::Acknowledgement(..) => "acknowledgement",
            Cause::LeaderReads(_) => "leader-reads",
            Cause::Format(_) => "format",
            Cause::Retention(_) => "retention",
            Cause::Clock(_) => "clock",
            Cause::Token => "token",
            Cause::ReadMode => "read-mode",
            Cause::Devices => "devices",
            Cause::Write(_) => "write",
            Cause::Delivery(_) => "delivery",
            Cause::Numbers(_) => "numbers",
            Cause::Topology(_) => "topology",
            Cause::DataType(_) => "data-type",
        }
    }

    /// Whether it is a choice of settings, not something that happened.
    #[must_use]
    pub fn is_setting(self) -> bool {
        use Cause::{
            Acknowledgement, DataType, Delivery, Devices, Failover, Fencing, Format, LeaderReads, Numbers, ReadMode, Retention,
        };
        use Cause::{Token, Topology, Visibility};
        matches!(
            self,
            Format(_)
                | Retention(_)
                | Failover(_)
                | Fencing(_)
                | Visibility(_)
                | Acknowledgement(..)
                | LeaderReads(_)
                | Token
                | ReadMode
                | Devices
                | Delivery(_)
                | Numbers(_)
                | Topology(_)
                | DataType(_)
        )
    }
}
