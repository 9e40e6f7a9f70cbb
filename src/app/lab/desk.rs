//! What is marked on the page, and what a user has entered and not yet used.

use crate::log::OpId;
use crate::network::NodeId;
use crate::player::Player;
use crate::protocol::GroupId;

/// What is marked in all views at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lit {
    pub(in crate::app) nodes: Vec<NodeId>,
    pub(in crate::app) ops: Vec<OpId>,
    pub(in crate::app) entries: Vec<(GroupId, u64)>,
}

impl Lit {
    pub(in crate::app) fn node(id: NodeId) -> Lit {
        Lit { nodes: vec![id], ..Lit::default() }
    }

    pub(in crate::app) fn ops(ops: Vec<OpId>) -> Lit {
        Lit { ops, ..Lit::default() }
    }

    pub(in crate::app) fn entry(group: GroupId, lsn: u64) -> Lit {
        Lit { entries: vec![(group, lsn)], ..Lit::default() }
    }
}

/// What a user has entered and not yet used.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Desk {
    pub(in crate::app) key: String,
    pub(in crate::app) value: String,
    /// Where a read goes; empty for the router's choice.
    pub(in crate::app) at: String,
    /// The link whose lag is looked at.
    pub(in crate::app) from: String,
    pub(in crate::app) to: String,
    /// How far the space-time diagram is zoomed in.
    pub(in crate::app) zoom: u32,
    /// The finding that is explained; the last one that is there to be seen if nothing was chosen.
    pub(in crate::app) finding: Option<usize>,
    /// The link that was copied.
    pub(in crate::app) link: String,
}

/// A change of what the user has entered.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    Key(String),
    Value(String),
    At(String),
    From(String),
    To(String),
    Zoom(u32),
    Link(String),
}

impl Desk {
    pub(super) fn new(player: &Player) -> Desk {
        let plan = &player.run().plan;
        Desk {
            key: plan.keys.first().cloned().unwrap_or_else(|| "MSS-23/state".to_owned()),
            value: "safe mode".to_owned(),
            at: String::new(),
            from: plan.nodes.last().cloned().unwrap_or_default(),
            to: plan.nodes.first().cloned().unwrap_or_default(),
            zoom: 0,
            finding: None,
            link: String::new(),
        }
    }

    pub(super) fn take(&mut self, edit: Edit) {
        match edit {
            Edit::Key(text) => self.key = text,
            Edit::Value(text) => self.value = text,
            Edit::At(text) => self.at = text,
            Edit::From(text) => self.from = text,
            Edit::To(text) => self.to = text,
            Edit::Zoom(zoom) => self.zoom = zoom,
            Edit::Link(link) => self.link = link,
        }
    }
}
