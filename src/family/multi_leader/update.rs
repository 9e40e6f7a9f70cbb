//! An update: one write as it travels from leader to leader.

use std::sync::Arc;

use super::clocks::Readings;
use super::replicated::Carried;
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::version::{Actor, Dot, DottedVersion, VersionVector};

/// The actor that stands for a leader in stamps.
#[must_use]
pub fn actor_of(node: NodeId) -> Actor {
    Actor(u32::from(node.0))
}

/// The leader that an actor stands for.
#[must_use]
pub fn node_of(actor: Actor) -> NodeId {
    NodeId(u16::try_from(actor.0).unwrap_or(u16::MAX))
}

/// What an update does to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has this value from then on.
    Set(Value),
    /// It is gone.
    Delete,
    /// It is so much more.
    Add(i64),
    /// A method of replicated data is called, by its number in the run's table.
    Call(u32),
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The client's operation; of a merge that a leader made by itself, that of the version it held.
    pub op: OpId,
    /// The key.
    pub key: KeyId,
    /// What it does.
    pub change: Change,
    /// Whether it changes a row that has to be there: where it is not, nothing is changed.
    pub needs_row: bool,
    /// The leader that took it, its number there, and the versions of the key that it comes after.
    pub stamp: Arc<DottedVersion>,
    /// What the leader had applied of all keys when it took the write.
    pub seen: Arc<VersionVector>,
    /// What the leader's clocks showed.
    pub clocks: Readings,
    /// The update that the server has taken anew as this one: whoever applies this one needs that one no more, and is not told of it.
    pub replaces: Option<Dot>,
    /// Of replicated data: the operation or the delta; nothing where states travel.
    pub carried: Option<Arc<Carried>>,
}

impl Update {
    /// The leader that took it, and its number there.
    #[must_use]
    pub fn dot(&self) -> Dot {
        self.stamp.dot()
    }

    /// The leader that took it.
    #[must_use]
    pub fn leader(&self) -> NodeId {
        node_of(self.dot().actor)
    }
}
