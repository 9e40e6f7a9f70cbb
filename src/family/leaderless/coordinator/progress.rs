//! How far a request is, for those who look at it from outside: whom its coordinator has asked, who has answered, and what is counted.

use super::{Asked, Coordinator, Phase};
use crate::network::NodeId;

/// A node that a coordinator has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Which node.
    pub node: NodeId,
    /// For whom it stands in, if it does.
    pub owner: Option<NodeId>,
    /// Whether it has answered.
    pub answered: bool,
    /// Whether it was silent for so long that somebody stands in for it.
    pub replaced: bool,
}

/// How far a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many answers that are needed are there.
    pub got: usize,
    /// How many are needed.
    pub needed: usize,
    /// Whether versions are being stored: those of a write, or what a read is about to show.
    pub stores: bool,
    /// Whether the client has been answered: what still comes is for repairs and hints.
    pub answered: bool,
    /// Those who were asked, in that order.
    pub inquiries: Vec<Inquiry>,
}

impl Coordinator {
    /// How far the request is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let (got, needed) = self.counts();
        // After its answer a read goes on to note who answers, without counting it.
        let found = |node: NodeId| self.reads() && self.found.iter().any(|(other, _)| *other == node);
        let inquiry = |asked: &Asked| Inquiry {
            node: asked.node,
            owner: asked.owner,
            answered: asked.answered || found(asked.node),
            replaced: asked.replaced,
        };
        let inquiries = self.asked.iter().map(inquiry).collect();
        Progress { got, needed, stores: self.phase != Phase::Reading, answered: self.answered, inquiries }
    }
}
