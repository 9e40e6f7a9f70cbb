//! What wakes a node of a ring or a client that coordinates, and what an operator can tell a node.

use crate::log::OpId;

/// Timers that nodes and clients set for themselves. A timer that no longer matters when it runs out is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Replicas have not answered to an attempt at an operation for a while: others stand in for them.
    StandIn(OpId, u8),
    /// A read has waited for a while: it asks one more replica.
    AskMore(OpId, u8),
    /// The coordinator of an attempt gives up.
    GiveUp(OpId, u8),
    /// Hints are sent to their owners.
    HandOff,
    /// Trees are compared with another node.
    Compare,
    /// The node gossips.
    Gossip,
    /// Old tombstones are collected.
    Collect,
}

impl Timer {
    /// Whether it changes nothing that replicas hold as long as nobody joins or leaves.
    #[must_use]
    pub fn is_sign_of_life(self) -> bool {
        match self {
            Timer::Gossip => true,
            Timer::StandIn(..) | Timer::AskMore(..) | Timer::GiveUp(..) | Timer::HandOff | Timer::Compare | Timer::Collect => {
                false
            }
        }
    }
}

/// What a node is told to do by its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Leave the ring, and hand off what it holds.
    Leave,
}
