//! Single-leader replication: one replica takes the writes, puts them into a log, and ships the log to its followers.
//!
//! Follows chapter 6 of "Designing Data-Intensive Applications" (2nd ed.) for the mechanism, PostgreSQL's streaming replication
//! for the positions (received, flushed, applied) and the acknowledgement settings, and its timelines for the way a follower
//! finds out which part of its log survived a failover.

mod ack;
mod fact;
mod failover;
mod follower;
mod handover;
mod input;
mod label;
mod leader;
mod message;
mod peer;
mod progress;
mod reads;
mod replica;
mod snapshot;
mod status;
mod storage;
mod sync_loss;
mod token_reads;

pub use ack::{AckLevel, AckRule, OnSyncLoss, Selection, SyncRule};
pub use fact::Fact;
pub use failover::{Election, FailoverPolicy, FailoverRule, Quorum, ballot};
pub use follower::Following;
pub use input::{Intervention, Order, Timer};
pub use label::Label;
pub use leader::Leadership;
pub use message::{Answer, Entries, Message, Positions};
pub use peer::Peer;
pub use reads::{Confirming, LeaderReads};
pub use replica::{Replica, ReplicaConfig, Role, Visibility};
pub use snapshot::{Copying, Snapshot};
pub use status::Status;
pub use storage::{Data, Storage};

use super::Family;

/// Single-leader replication, where a family is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SingleLeader {}

impl Family for SingleLeader {
    type Message = Message;
    type Timer = Timer;
    type Fact = Fact;
}
