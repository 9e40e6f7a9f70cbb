//! What to draw: pure functions from a run and a moment to geometry and text.
//!
//! Nothing here knows the browser, and nothing in the browser computes: a position on the screen is a function of time, so that
//! playing, scrubbing, stepping and reduced motion share one code path. Meaning is never carried by colour alone.

pub mod carried;
mod cells;
pub mod flights;
pub mod lane;
pub mod layout;
pub mod leaders;
pub mod marks;
mod nodes;
pub mod raster;
pub mod ring;
pub mod spacetime;
pub mod stage;
pub mod token_ring;
pub mod window;
pub mod words;

pub use cells::{Cell, Part, Stored};
pub use flights::{Flight, Glyph, flights};
pub use lane::{Lane, Wire};
pub use layout::Layout;
pub use leaders::{Follower, Leader, Leaders, Link, Versions};
pub use nodes::{RingNode, RingNodes};
pub use raster::{Raster, Stamp};
pub use spacetime::{Bar, BarKind, Fault, FaultKind, Line, SpaceTime, space_time};
pub use stage::{ClientBox, Group, Mark, Named, Stage, entries_of, stage};
pub use token_ring::{RingLayout, TokenNode, TokenRing, token_rings};
pub use window::{Columns, Place, Window};

use crate::scenario::Anomaly;

/// The sign of an anomaly: a shape that stands for it wherever colour may fail.
#[must_use]
pub fn sign(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::ReadYourWrites => "◆",
        Anomaly::MonotonicReads => "↩",
        Anomaly::ConsistentPrefix => "⇅",
        Anomaly::LostAcknowledgedWrite => "✕",
        Anomaly::SplitBrain => "≠",
        Anomaly::Linearizability => "◷",
        Anomaly::DirtyThenLost => "◌",
        Anomaly::Divergence => "≁",
        Anomaly::ReusedId => "#",
        Anomaly::MonotonicWrites => "⇄",
        Anomaly::WritesFollowReads => "↯",
        Anomaly::Causal => "⤨",
        Anomaly::BoundedStaleness => "⊘",
        Anomaly::AbortedRead => "⊗",
        Anomaly::ThinAirRead => "∅",
        Anomaly::NonConvergence => "∦",
        Anomaly::ConcurrentWriteConflict => "∥",
        Anomaly::LostUpdate => "⊖",
        Anomaly::ResurrectedDelete => "↺",
        Anomaly::ReplicationLoop => "∞",
        Anomaly::DuplicateId => "⧉",
        Anomaly::ConstraintBroken => "⊥",
        Anomaly::StaleQuorumRead => "◔",
        Anomaly::FailedWriteVisible => "⊚",
        Anomaly::HintLost => "⌀",
        Anomaly::FalseSiblings => "⋕",
        Anomaly::FalseValue => "≠",
        Anomaly::DuplicateApplied => "×",
        Anomaly::MergeNotCommutative => "↔",
        Anomaly::MergeNotAssociative => "⋈",
        Anomaly::MergeNotIdempotent => "²",
    }
}

/// The short name of an anomaly on the page.
#[must_use]
pub fn title(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::ReadYourWrites => "missed own write",
        Anomaly::MonotonicReads => "went back in time",
        Anomaly::ConsistentPrefix => "effect before cause",
        Anomaly::LostAcknowledgedWrite => "lost acknowledged write",
        Anomaly::SplitBrain => "two leaders",
        Anomaly::Linearizability => "stale read at the leader",
        Anomaly::DirtyThenLost => "read, then lost",
        Anomaly::Divergence => "replicas differ",
        Anomaly::ReusedId => "number used twice",
        Anomaly::MonotonicWrites => "writes out of order",
        Anomaly::WritesFollowReads => "answer before question",
        Anomaly::Causal => "missed a cause",
        Anomaly::BoundedStaleness => "older than the bound",
        Anomaly::AbortedRead => "read a refused write",
        Anomaly::ThinAirRead => "read out of thin air",
        Anomaly::NonConvergence => "never alike again",
        Anomaly::ConcurrentWriteConflict => "conflicting writes",
        Anomaly::LostUpdate => "lost update",
        Anomaly::ResurrectedDelete => "deleted, and back again",
        Anomaly::ReplicationLoop => "update goes round",
        Anomaly::DuplicateId => "number given by two leaders",
        Anomaly::ConstraintBroken => "rule broken",
        Anomaly::StaleQuorumRead => "stale quorum read",
        Anomaly::FailedWriteVisible => "read a failed write",
        Anomaly::HintLost => "hint lost with its holder",
        Anomaly::FalseSiblings => "false siblings",
        Anomaly::FalseValue => "false value",
        Anomaly::DuplicateApplied => "counted twice",
        Anomaly::MergeNotCommutative => "merge not commutative",
        Anomaly::MergeNotAssociative => "merge not associative",
        Anomaly::MergeNotIdempotent => "merge not idempotent",
    }
}
