//! How a write can fail, which is two quite different things: *rejected* is a promise that it did not happen, *indeterminate* is
//! the absence of any promise.
//!
//! A timeout tells nothing about the write: the entry may be on every disk but for one acknowledgement (DDIA 2e, ch. 9, "Timeouts
//! and unbounded delays"). Jepsen calls the two outcomes `fail` and `info`.

use std::fmt;

pub use crate::operation::Reason;

/// Why a write was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// Nobody can say whether the write happened, or still will: do not take its absence for granted, nor its presence.
    Indeterminate {
        /// What went wrong: no acknowledgement in time, or the leader was deposed while the write waited.
        reason: Reason,
    },
    /// The write certainly did not happen.
    Rejected {
        /// What went wrong: nearly always, the node no longer leads.
        reason: Reason,
    },
}

impl WriteError {
    pub(super) fn timed_out() -> WriteError {
        WriteError::Indeterminate { reason: Reason::TimedOut }
    }

    /// Why.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            WriteError::Indeterminate { reason } | WriteError::Rejected { reason } => reason,
        }
    }

    /// Whether the write may have happened all the same.
    #[must_use]
    pub fn is_indeterminate(self) -> bool {
        matches!(self, WriteError::Indeterminate { .. })
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.reason() {
            Reason::TimedOut => "no acknowledgement came in time",
            Reason::NoLeader => "the node does not lead its group",
            Reason::Deposed => "the leader was deposed while the write waited",
            Reason::NoReplicaFreshEnough => "no replica is fresh enough for the session",
            Reason::SessionLost => "a failover discarded what the session had seen",
            Reason::ConditionFailed => "its condition was not met",
            Reason::TooFewAnswers => "too few replicas answered in time",
            Reason::TooFewReplicas => "too few replicas are believed to be up",
            Reason::NotAnElement => "what it removes is not there",
            Reason::NoSuchVertex => "a vertex that it names is not there",
            Reason::NoSuchEdge => "the edge that it names is not there",
            Reason::VertexHasEdges => "the vertex still has edges",
            Reason::OutOfBounds => "its index lies beyond the end",
            Reason::NoRights => "its leader holds too few rights",
            Reason::Exhausted => "the counter has no number left",
        };
        match self {
            WriteError::Indeterminate { .. } => write!(f, "{why}: the write may or may not have happened"),
            WriteError::Rejected { .. } => write!(f, "{why}: the write did not happen"),
        }
    }
}

impl std::error::Error for WriteError {}
