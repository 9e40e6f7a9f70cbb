//! The kinds of anomaly, by name.

use serde::{Deserialize, Serialize};

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
}

impl Anomaly {
    /// All kinds, in the order of lists.
    pub const ALL: [Anomaly; 16] = [
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
    ];

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Anomaly::ReadYourWrites => "read-your-writes",
            Anomaly::MonotonicReads => "monotonic-reads",
            Anomaly::ConsistentPrefix => "consistent-prefix",
            Anomaly::LostAcknowledgedWrite => "lost-acknowledged-write",
            Anomaly::SplitBrain => "split-brain",
            Anomaly::Linearizability => "linearizability",
            Anomaly::DirtyThenLost => "dirty-then-lost",
            Anomaly::Divergence => "divergence",
            Anomaly::ReusedId => "reused-id",
            Anomaly::MonotonicWrites => "monotonic-writes",
            Anomaly::WritesFollowReads => "writes-follow-reads",
            Anomaly::Causal => "causal",
            Anomaly::BoundedStaleness => "bounded-staleness",
            Anomaly::AbortedRead => "aborted-read",
            Anomaly::ThinAirRead => "thin-air-read",
            Anomaly::NonConvergence => "non-convergence",
        }
    }
}
