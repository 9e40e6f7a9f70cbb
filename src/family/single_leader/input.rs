//! What wakes a replica of a single-leader group, and what an operator can tell it.

use crate::log::OpId;
use crate::lsn::Epoch;
use crate::network::NodeId;

/// Timers that replicas set for themselves. A timer that no longer matters when it runs out is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The disk has finished writing.
    Flush,
    /// The next entry has been applied.
    Apply,
    /// A follower has been silent for too long.
    Resend(NodeId),
    /// Some nodes have not answered an announcement.
    Announce,
    /// The oldest write has waited too long for a synchronous follower.
    SyncLoss,
    /// A read has been kept back for as long as it may be.
    Park(OpId),
    /// The next heartbeat is due.
    Heartbeat,
    /// Patience with a silent leader ends.
    Suspect,
    /// The time for answers to a poll is over.
    Election,
    /// The leader is to say again how far it is.
    Status,
    /// A part of a snapshot has been written.
    Copy,
}

impl Timer {
    /// Whether it only keeps signs of life going, or waits for one.
    #[must_use]
    pub fn is_sign_of_life(self) -> bool {
        matches!(self, Timer::Heartbeat | Timer::Status | Timer::Suspect)
    }
}

/// What an operator does to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervention {
    /// Makes it the leader of its group.
    Promote,
    /// Adds a column to the rows of its group.
    Alter,
    /// Stops it cleanly, and starts it with the next storage version.
    Upgrade,
}

/// What a replica is told to do by its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Lead the group.
    Promote {
        /// The generation: larger than any that was given out before.
        epoch: Epoch,
    },
    /// Add a column to the rows of the group.
    Alter,
}
