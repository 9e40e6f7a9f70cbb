//! The kinds of anomaly, by name.

use serde::{Deserialize, Serialize};

use crate::property::Property;

/// The kinds of anomaly that a history can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anomaly {
    /// A client did not see its own acknowledged write.
    ReadYourWrites,
    /// A client saw something, and later something older.
    MonotonicReads,
    /// A client saw an effect without what came before it.
    ConsistentPrefix,
    /// A write was acknowledged and is gone.
    LostAcknowledgedWrite,
    /// Two leaders acknowledged writes, one of them after the other's generation had begun.
    SplitBrain,
    /// A read at the leader returned less than an operation that had ended before it began.
    Linearizability,
    /// A client was shown a value that did not survive.
    DirtyThenLost,
    /// Two replicas have applied the same entries and hold different data.
    Divergence,
    /// Two acknowledged new rows got the same number.
    ReusedId,
    /// A session's later write came before, or without, an earlier one.
    MonotonicWrites,
    /// A session's write came before, or without, what the session had read.
    WritesFollowReads,
    /// A read missed what had caused what its session knew.
    Causal,
    /// A read returned something older than its bound allows.
    BoundedStaleness,
    /// A read returned the value of a write that was refused.
    AbortedRead,
    /// A read returned what nobody had written.
    ThinAirRead,
    /// Nothing is left to happen, and two replicas hold different data.
    NonConvergence,
    /// Two acknowledged writes of one key, of which neither had seen the other.
    ConcurrentWriteConflict,
    /// A write that was built on something read was dropped in favour of one that had not seen it.
    LostUpdate,
    /// What had been deleted is there again.
    ResurrectedDelete,
    /// An update came back, and was applied again.
    ReplicationLoop,
    /// Two leaders gave one number to two new rows.
    DuplicateId,
    /// A condition held for each of two writes, and does not hold of both.
    ConstraintBroken,
    /// A read whose quorum overlaps with those of all writes missed one that was acknowledged before it began.
    StaleQuorumRead,
    /// A read returned a write that had failed.
    FailedWriteVisible,
    /// The last copy of an acknowledged write was a hint, and who kept it is down.
    HintLost,
    /// A read returned a version beside one that had seen it.
    FalseSiblings,
    /// What a replica shows of replicated data is not what its updates mean.
    FalseValue,
    /// An update of replicated data was taken in twice, and that made a difference.
    DuplicateApplied,
    /// A merge depends on which of two states is merged into the other.
    MergeNotCommutative,
    /// A merge depends on how three states are grouped.
    MergeNotAssociative,
    /// A merge of a state with itself is another one.
    MergeNotIdempotent,
}

impl Anomaly {
    /// All kinds, in the order of lists.
    pub const ALL: [Anomaly; 31] = [
        Anomaly::ReadYourWrites,
        Anomaly::MonotonicReads,
        Anomaly::ConsistentPrefix,
        Anomaly::LostAcknowledgedWrite,
        Anomaly::SplitBrain,
        Anomaly::Linearizability,
        Anomaly::DirtyThenLost,
        Anomaly::Divergence,
        Anomaly::ReusedId,
        Anomaly::MonotonicWrites,
        Anomaly::WritesFollowReads,
        Anomaly::Causal,
        Anomaly::BoundedStaleness,
        Anomaly::AbortedRead,
        Anomaly::ThinAirRead,
        Anomaly::NonConvergence,
        Anomaly::ConcurrentWriteConflict,
        Anomaly::LostUpdate,
        Anomaly::ResurrectedDelete,
        Anomaly::ReplicationLoop,
        Anomaly::DuplicateId,
        Anomaly::ConstraintBroken,
        Anomaly::StaleQuorumRead,
        Anomaly::FailedWriteVisible,
        Anomaly::HintLost,
        Anomaly::FalseSiblings,
        Anomaly::FalseValue,
        Anomaly::DuplicateApplied,
        Anomaly::MergeNotCommutative,
        Anomaly::MergeNotAssociative,
        Anomaly::MergeNotIdempotent,
    ];

    /// The property whose name it has.
    #[must_use]
    pub fn property(self) -> Property {
        match self {
            Anomaly::ReadYourWrites => Property::ReadYourWrites,
            Anomaly::MonotonicReads => Property::MonotonicReads,
            Anomaly::ConsistentPrefix => Property::ConsistentPrefix,
            Anomaly::LostAcknowledgedWrite => Property::Durability,
            Anomaly::SplitBrain => Property::OneLeader,
            Anomaly::Linearizability => Property::Linearizability,
            Anomaly::DirtyThenLost => Property::CommittedReads,
            Anomaly::Divergence => Property::Agreement,
            Anomaly::ReusedId => Property::FreshNumbers,
            Anomaly::MonotonicWrites => Property::MonotonicWrites,
            Anomaly::WritesFollowReads => Property::WritesFollowReads,
            Anomaly::Causal => Property::Causal,
            Anomaly::BoundedStaleness => Property::BoundedStaleness,
            Anomaly::AbortedRead => Property::NoAbortedReads,
            Anomaly::ThinAirRead => Property::NoThinAirReads,
            Anomaly::NonConvergence => Property::Convergence,
            Anomaly::ConcurrentWriteConflict => Property::NoConflicts,
            Anomaly::LostUpdate => Property::NoLostUpdates,
            Anomaly::ResurrectedDelete => Property::NoResurrections,
            Anomaly::ReplicationLoop => Property::NoLoops,
            Anomaly::DuplicateId => Property::NoDuplicateIds,
            Anomaly::ConstraintBroken => Property::ConstraintsKept,
            Anomaly::StaleQuorumRead => Property::QuorumReads,
            Anomaly::FailedWriteVisible => Property::FailedWritesUnseen,
            Anomaly::HintLost => Property::HintsKept,
            Anomaly::FalseSiblings => Property::TrueSiblings,
            Anomaly::FalseValue => Property::Meaning,
            Anomaly::DuplicateApplied => Property::AppliedOnce,
            Anomaly::MergeNotCommutative => Property::CommutativeMerge,
            Anomaly::MergeNotAssociative => Property::AssociativeMerge,
            Anomaly::MergeNotIdempotent => Property::IdempotentMerge,
        }
    }

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.property().broken()
    }
}
