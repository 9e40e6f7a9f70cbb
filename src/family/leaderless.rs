//! Leaderless replication: any node coordinates a request, a key is on several nodes of a ring, and some of their answers are enough.
//!
//! Follows DeCandia et al. 2007 ("Dynamo") and the second half of chapter 6 of "Designing Data-Intensive Applications" (2nd ed.):
//! consistent hashing, quorums and sloppy quorums, hinted handoff, read repair, anti-entropy by hash trees, and membership by gossip.
//! What a version comes after is told by vectors, dots or clocks. Nothing here orders two writers, so that compare-and-set is not to
//! be had: that needs consensus.

mod coordinator;
mod exchange;
mod fact;
mod input;
mod label;
mod membership;
mod merkle;
mod message;
mod replica;
mod requests;
mod ring;
mod settings;
mod store;
mod topology;
mod version;
mod writing;

pub use coordinator::{Asking, Candidate, Coordinator, Inquiry, Need, Progress, Purpose, Step, Verdict, needs_of};
pub(crate) use fact::FAMILY;
pub use fact::Fact;
pub use input::{Order, Timer};
pub use label::Label;
pub use membership::{Member, Membership, News};
pub use merkle::{Place, Tree, leaf_of};
pub use message::{Answer, Hash, Message, Versions};
pub use replica::{Replica, ReplicaConfig};
pub(crate) use requests::{answer, set_timers, small};
pub use ring::{Moved, Partitioning, Ring, Span, moved};
pub use settings::{Coordination, Detection, FanOut, Gossip, ReadRepair, RegionId, Scope, Settings};
pub use store::{Change, Hint, Hints, Store};
pub use version::{Context, Taken, Version, Versioning};
pub use writing::{Numbering, Writing};

use super::Family;

/// Leaderless replication, where a family is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaderless {}

impl Family for Leaderless {
    type Message = Message;
    type Timer = Timer;
    type Fact = Fact;
}
