//! Multi-leader replication: several replicas take writes, each acknowledges at once, and they tell each other later.
//!
//! Follows chapter 6 of "Designing Data-Intensive Applications" (2nd ed.): leaders in regions with followers of their own, topologies, the
//! tags that keep an update from going round for ever, and the ways to handle the conflicts of writes that nobody could order. What a
//! leader says of a version is a dotted version vector (Preguiça et al. 2010): its own update, and what it comes after.

mod applied;
mod cart;
mod clocks;
mod delivery;
mod fact;
mod input;
mod label;
mod message;
mod payloads;
mod peer;
mod policy;
mod replica;
mod replicated;
mod requests;
mod segments;
mod store;
mod update;
mod writes;

pub use applied::Applied;
pub use clocks::{ClockKind, Clocks};
pub(crate) use fact::FAMILY;
pub use fact::Fact;
pub use input::{Order, Timer};
pub use label::Label;
pub use message::{Answer, Message, Passed, Sent, Shown, Token};
pub use payloads::{SentState, Volume};
pub use peer::Peer;
pub use policy::Policy;
pub use replica::{Delivery, Home, Logged, Replica, ReplicaConfig};
pub use replicated::{
    Arrow, Bar, Carried, DataType, Drawn, Edge, Law, MergeRule, Method, Number, Operation, Payload, ReplicaName, Replicated,
    Sends, Source, Tag, Tagged,
};
pub use segments::Segments;
pub use store::{Disagreement, Store, Stored};
pub use update::{Change, Update, actor_of, node_of};

use super::Family;

/// Multi-leader replication, where a family is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiLeader {}

impl Family for MultiLeader {
    type Message = Message;
    type Timer = Timer;
    type Fact = Fact;
}
