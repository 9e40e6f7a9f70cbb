//! What is marked on the page, and what a user has entered and not yet used.

use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::Label;
use crate::log::OpId;
use crate::network::NodeId;
use crate::player::Player;
use crate::run::Run;
use crate::time::SimTime;
use crate::view::entries_of;

/// What is marked in all views at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lit {
    pub(in crate::app) nodes: Vec<NodeId>,
    pub(in crate::app) ops: Vec<OpId>,
    pub(in crate::app) entries: Vec<(GroupId, u64)>,
    /// From the first node to the second.
    pub(in crate::app) links: Vec<(NodeId, NodeId)>,
    pub(in crate::app) at: Option<SimTime>,
}

impl Lit {
    pub(in crate::app) fn node(id: NodeId) -> Lit {
        Lit { nodes: vec![id], ..Lit::default() }
    }

    /// Operations, with the clients that asked for them and the entries that they wrote or read.
    pub(in crate::app) fn ops(run: &Run, ops: Vec<OpId>) -> Lit {
        let mut lit = Lit { entries: entries_of(run, &ops), ..Lit::default() };
        for op in ops.iter().filter_map(|op| run.trace.ops.get(op.index())) {
            if !lit.nodes.contains(&op.client) {
                lit.nodes.push(op.client);
            }
        }
        Lit { ops, ..lit }
    }

    pub(in crate::app) fn entry(group: GroupId, lsn: u64) -> Lit {
        Lit { entries: vec![(group, lsn)], ..Lit::default() }
    }

    /// Whether a message belongs to what is marked.
    pub(in crate::app) fn carries(&self, run: &Run, (src, dst): (NodeId, NodeId), label: family::Label) -> bool {
        let family::Label::SingleLeader(label) = label;
        let carried = |(group, lsn): &(GroupId, u64)| match label {
            Label::Append(from, to) => run.plan.group_of(src) == Some(*group) && (u64::from(from)..=u64::from(to)).contains(lsn),
            _ => false,
        };
        label.op().is_some_and(|op| self.ops.contains(&op))
            || self.links.contains(&(src, dst))
            || self.entries.iter().any(carried)
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
    /// The read mode to compare with, and the kind of finding to search for; empty if nothing was chosen.
    pub(in crate::app) mode: String,
    pub(in crate::app) kind: String,
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
    Mode(String),
    Kind(String),
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
            mode: String::new(),
            kind: String::new(),
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
            Edit::Mode(mode) => self.mode = mode,
            Edit::Kind(kind) => self.kind = kind,
        }
    }
}
