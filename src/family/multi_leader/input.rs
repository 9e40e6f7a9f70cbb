//! What wakes a replica of a multi-leader group, and what an operator can tell it.

use crate::log::OpId;
use crate::network::NodeId;

/// Timers that replicas set for themselves. A timer that no longer matters when it runs out is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A neighbour has been silent for too long.
    Resend(NodeId),
    /// A request has been kept back for as long as it may be.
    Park(OpId),
}

impl Timer {
    /// Whether it only keeps signs of life going: none does.
    #[must_use]
    pub fn is_sign_of_life(self) -> bool {
        match self {
            Timer::Resend(_) | Timer::Park(_) => false,
        }
    }
}

/// What a replica is told to do by its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Exchange updates with this leader from now on.
    Connect(NodeId),
    /// Be the home of this range of keys from now on.
    BeHome {
        /// The range.
        range: u16,
        /// How often the range has been moved.
        number: u32,
    },
}
