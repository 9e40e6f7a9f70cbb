//! What checkers say: a guarantee that was broken, and the operations that prove it.

use super::{Hole, Unlike};
use crate::family::MultiLeaderIncluded;
use crate::family::multi_leader::Law;
use crate::history::By;
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::scenario::Anomaly;
use crate::time::SimTime;

/// A guarantee that was broken, by which operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// When it was there to be seen.
    pub at: SimTime,
    /// What proves it.
    pub evidence: Evidence,
}

/// The operations that prove a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The session's own write was acknowledged before the read began, and the read returned an older version.
    ReadYourWrites {
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// The later read of the session returned an older version than the earlier one.
    MonotonicReads {
        /// The earlier read.
        earlier: OpId,
        /// The later read.
        later: OpId,
    },
    /// The session knew of `effect`, which came after `cause`; the read then returned a version older than `cause`.
    ConsistentPrefix {
        /// A write that the session had seen or that what it had seen depends on, and that lies at or after `cause`.
        effect: OpId,
        /// The read (or write) by which the session came to know of it.
        seen_by: OpId,
        /// The write that is missing.
        cause: OpId,
        /// The read that misses it.
        read: OpId,
    },
    /// The write was acknowledged, and was discarded.
    LostAcknowledgedWrite {
        /// The write.
        write: OpId,
        /// Who discarded it.
        by: By,
    },
    /// After a write had been acknowledged in a newer epoch, another one began and was acknowledged in an older epoch.
    SplitBrain {
        /// The write of the newer epoch.
        newer: OpId,
        /// The write of the older one.
        older: OpId,
    },
    /// A version was shown by an operation that ended before the read at the leader began, and the read returned an older one.
    Linearizability {
        /// The operation that had shown the newer version.
        newer: OpId,
        /// The read.
        read: OpId,
    },
    /// A read returned a value, and its write was discarded.
    DirtyThenLost {
        /// The read.
        read: OpId,
        /// The write whose value it returned.
        write: OpId,
        /// Who discarded it.
        by: By,
    },
    /// Leader and follower have applied everything up to the same entry, and their rows differ.
    Divergence {
        /// The operation of that entry.
        write: OpId,
        /// Where the entry stands.
        at: Position,
        /// The leader that wrote it.
        leader: NodeId,
        /// The follower whose rows differ.
        follower: NodeId,
    },
    /// Two acknowledged new rows got the same number.
    ReusedId {
        /// The operation that got it first.
        earlier: OpId,
        /// The operation that got it again.
        later: OpId,
        /// The row.
        row: KeyId,
    },
    /// Two leaders gave one number to two new rows.
    DuplicateId {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The operation that got it first.
        earlier: OpId,
        /// The operation that got it too.
        later: OpId,
        /// The row.
        row: KeyId,
    },
    /// Two acknowledged writes of one key, of which neither had seen the other.
    ConcurrentWriteConflict {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// One of them.
        one: OpId,
        /// The other.
        other: OpId,
        /// The replica that found it out first.
        node: NodeId,
    },
    /// An acknowledged write was built on what its client had read, and was dropped in favour of one that had not seen it.
    LostUpdate {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The write.
        lost: OpId,
        /// The write that stayed.
        by: OpId,
    },
    /// A deletion was acknowledged and applied, and what it had deleted is there again.
    ResurrectedDelete {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The deletion.
        delete: OpId,
        /// The write that brought it back.
        shown: OpId,
        /// The replica that shows it.
        node: NodeId,
    },
    /// An update came back to a replica that had applied it, and was applied again.
    ReplicationLoop {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The write.
        write: OpId,
        /// The replica.
        node: NodeId,
    },
    /// Two writes were acknowledged whose condition held for each, and does not hold of both.
    ConstraintBroken {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The write that was acknowledged first.
        first: OpId,
        /// The other one.
        second: OpId,
    },
    /// What a replica shows of replicated data is not what its updates mean.
    FalseValue {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The update that shows it: the last one about what is wrong.
        update: OpId,
        /// Another update before or beside it; the same, if there is none.
        other: OpId,
        /// The replica.
        node: NodeId,
        /// What it shows.
        shown: Value,
        /// What the updates mean.
        meant: Value,
    },
    /// A replica took an update of replicated data in twice, and that made a difference.
    DuplicateApplied {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The update.
        update: OpId,
        /// The replica.
        node: NodeId,
    },
    /// A replica merged two states by a merge that breaks a law: it was tried both ways.
    LawBroken {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The update with which the state came.
        update: OpId,
        /// The replica.
        node: NodeId,
        /// The law.
        law: Law,
    },
    /// The session's later write came before the earlier one, which had been acknowledged; or a replica showed it without that one.
    MonotonicWrites {
        /// The earlier write.
        earlier: OpId,
        /// The later write.
        later: OpId,
        /// The answers of the replica, if it is about that.
        hole: Option<Hole>,
    },
    /// The session's write came before what the session had read; or a replica showed it without that.
    WritesFollowReads {
        /// What the session had read, by the read.
        read: OpId,
        /// The write.
        write: OpId,
        /// The answers of the replica, if it is about that.
        hole: Option<Hole>,
    },
    /// The session knew of `effect`, whose writer knew of `cause`; the read then returned a version older than `cause`.
    Causal {
        /// The write that the session knew of.
        effect: OpId,
        /// The operation by which it came to know of it.
        seen_by: OpId,
        /// The write that is missing.
        cause: OpId,
        /// The read that misses it.
        read: OpId,
    },
    /// The read returned something older than its bound allows.
    BoundedStaleness {
        /// The first write that it missed.
        missed: OpId,
        /// The read.
        read: OpId,
    },
    /// The read returned the value of a write that had been refused.
    AbortedRead {
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// The read returned what nobody had written.
    ThinAirRead {
        /// The read.
        read: OpId,
        /// The operation that the replica named as the writer.
        claimed: OpId,
    },
    /// All is over, and two replicas differ.
    NonConvergence(Unlike),
    /// The quorums of the two overlap, the write was acknowledged before the read began, and the read returned an older version.
    StaleQuorumRead {
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// The read returned a write whose client had been told that too few replicas took it.
    FailedWriteVisible {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The write.
        write: OpId,
        /// The read.
        read: OpId,
    },
    /// The last copy of an acknowledged write was a hint, and its holder is down.
    HintLost {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The write.
        write: OpId,
        /// Who kept the hint.
        holder: NodeId,
        /// For whom.
        owner: NodeId,
    },
    /// The read returned two versions side by side, one of which had seen the other.
    FalseSiblings {
        /// Only where several take writes.
        included: MultiLeaderIncluded,
        /// The write of the older one.
        old: OpId,
        /// The write that had seen it.
        new: OpId,
        /// The read.
        read: OpId,
    },
}

impl Finding {
    /// Which guarantee was broken.
    #[must_use]
    pub fn anomaly(&self) -> Anomaly {
        match self.evidence {
            Evidence::ReadYourWrites { .. } => Anomaly::ReadYourWrites,
            Evidence::MonotonicReads { .. } => Anomaly::MonotonicReads,
            Evidence::ConsistentPrefix { .. } => Anomaly::ConsistentPrefix,
            Evidence::LostAcknowledgedWrite { .. } => Anomaly::LostAcknowledgedWrite,
            Evidence::SplitBrain { .. } => Anomaly::SplitBrain,
            Evidence::Linearizability { .. } => Anomaly::Linearizability,
            Evidence::DirtyThenLost { .. } => Anomaly::DirtyThenLost,
            Evidence::Divergence { .. } => Anomaly::Divergence,
            Evidence::ReusedId { .. } => Anomaly::ReusedId,
            Evidence::DuplicateId { .. } => Anomaly::DuplicateId,
            Evidence::ConcurrentWriteConflict { .. } => Anomaly::ConcurrentWriteConflict,
            Evidence::LostUpdate { .. } => Anomaly::LostUpdate,
            Evidence::ResurrectedDelete { .. } => Anomaly::ResurrectedDelete,
            Evidence::ReplicationLoop { .. } => Anomaly::ReplicationLoop,
            Evidence::ConstraintBroken { .. } => Anomaly::ConstraintBroken,
            Evidence::FalseValue { .. } => Anomaly::FalseValue,
            Evidence::DuplicateApplied { .. } => Anomaly::DuplicateApplied,
            Evidence::LawBroken { law: Law::Commutative, .. } => Anomaly::MergeNotCommutative,
            Evidence::LawBroken { law: Law::Associative, .. } => Anomaly::MergeNotAssociative,
            Evidence::LawBroken { law: Law::Idempotent, .. } => Anomaly::MergeNotIdempotent,
            Evidence::MonotonicWrites { .. } => Anomaly::MonotonicWrites,
            Evidence::WritesFollowReads { .. } => Anomaly::WritesFollowReads,
            Evidence::Causal { .. } => Anomaly::Causal,
            Evidence::BoundedStaleness { .. } => Anomaly::BoundedStaleness,
            Evidence::AbortedRead { .. } => Anomaly::AbortedRead,
            Evidence::ThinAirRead { .. } => Anomaly::ThinAirRead,
            Evidence::NonConvergence(_) => Anomaly::NonConvergence,
            Evidence::StaleQuorumRead { .. } => Anomaly::StaleQuorumRead,
            Evidence::FailedWriteVisible { .. } => Anomaly::FailedWriteVisible,
            Evidence::HintLost { .. } => Anomaly::HintLost,
            Evidence::FalseSiblings { .. } => Anomaly::FalseSiblings,
        }
    }

    /// The operation in which it shows.
    #[must_use]
    pub fn op(&self) -> OpId {
        match self.evidence {
            Evidence::ReadYourWrites { read, .. }
            | Evidence::ConsistentPrefix { read, .. }
            | Evidence::Linearizability { read, .. }
            | Evidence::DirtyThenLost { read, .. }
            | Evidence::Causal { read, .. }
            | Evidence::BoundedStaleness { read, .. }
            | Evidence::AbortedRead { read, .. }
            | Evidence::ThinAirRead { read, .. }
            | Evidence::StaleQuorumRead { read, .. }
            | Evidence::FailedWriteVisible { read, .. }
            | Evidence::FalseSiblings { read, .. }
            | Evidence::MonotonicWrites { hole: Some(Hole { read, .. }), .. }
            | Evidence::WritesFollowReads { hole: Some(Hole { read, .. }), .. } => read,
            Evidence::MonotonicReads { later, .. }
            | Evidence::ReusedId { later, .. }
            | Evidence::DuplicateId { later, .. }
            | Evidence::MonotonicWrites { later, hole: None, .. } => later,
            Evidence::LostAcknowledgedWrite { write, .. }
            | Evidence::HintLost { write, .. }
            | Evidence::Divergence { write, .. }
            | Evidence::WritesFollowReads { write, hole: None, .. }
            | Evidence::NonConvergence(Unlike { write, .. }) => write,
            Evidence::SplitBrain { older, .. } => older,
            Evidence::ConcurrentWriteConflict { other, .. } => other,
            Evidence::LostUpdate { lost, .. } => lost,
            Evidence::ResurrectedDelete { delete, .. } => delete,
            Evidence::ReplicationLoop { write, .. } => write,
            Evidence::ConstraintBroken { second, .. } => second,
            Evidence::FalseValue { update, .. }
            | Evidence::DuplicateApplied { update, .. }
            | Evidence::LawBroken { update, .. } => update,
        }
    }

    /// All operations that prove it, in the order of the argument.
    #[must_use]
    pub fn ops(&self) -> Vec<OpId> {
        match self.evidence {
            Evidence::ReadYourWrites { write, read } => vec![write, read],
            Evidence::MonotonicReads { earlier, later } => vec![earlier, later],
            Evidence::ConsistentPrefix { effect, seen_by, cause, read } | Evidence::Causal { effect, seen_by, cause, read } => {
                let mut ops = vec![cause, effect, seen_by, read];
                ops.dedup();
                ops
            }
            Evidence::LostAcknowledgedWrite { write, by } => [write].into_iter().chain(by.write()).collect(),
            Evidence::Divergence { write, .. } => vec![write],
            Evidence::ReusedId { earlier, later, .. } | Evidence::DuplicateId { earlier, later, .. } => vec![earlier, later],
            Evidence::ConcurrentWriteConflict { one, other, .. } => vec![one, other],
            Evidence::LostUpdate { lost, by, .. } => vec![lost, by],
            Evidence::ResurrectedDelete { delete, shown, .. } => vec![delete, shown],
            Evidence::ReplicationLoop { write, .. } => vec![write],
            Evidence::ConstraintBroken { first, second, .. } => vec![first, second],
            Evidence::FalseValue { update, other, .. } if update == other => vec![update],
            Evidence::FalseValue { update, other, .. } => vec![other, update],
            Evidence::DuplicateApplied { update, .. } | Evidence::LawBroken { update, .. } => vec![update],
            Evidence::SplitBrain { newer, older } => vec![newer, older],
            Evidence::Linearizability { newer, read } => vec![newer, read],
            Evidence::DirtyThenLost { read, write, by } => [write, read].into_iter().chain(by.write()).collect(),
            Evidence::AbortedRead { write, read } => vec![write, read],
            Evidence::MonotonicWrites { earlier: first, later: second, hole }
            | Evidence::WritesFollowReads { read: first, write: second, hole } => {
                let mut ops = vec![first, second];
                ops.extend(hole.into_iter().flat_map(|hole| [hole.shown_by, hole.read]));
                ops
            }
            Evidence::BoundedStaleness { missed, read } => vec![missed, read],
            Evidence::ThinAirRead { read, claimed: OpId::NONE } => vec![read],
            Evidence::ThinAirRead { read, claimed } => vec![claimed, read],
            Evidence::NonConvergence(Unlike { write, .. }) | Evidence::HintLost { write, .. } => vec![write],
            Evidence::StaleQuorumRead { write, read } | Evidence::FailedWriteVisible { write, read, .. } => vec![write, read],
            Evidence::FalseSiblings { old, new, read, .. } => vec![old, new, read],
        }
    }
}
