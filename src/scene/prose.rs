//! Sentences whose nouns lead to what they name.

use serde::{Deserialize, Serialize};

use super::target::Target;
use crate::explain::{Explanation, Part};
use crate::family;
use crate::family::single_leader::Label;
use crate::log::OpId;
use crate::network::NodeId;
use crate::run::Run;
use crate::view::entries_of;

/// The most operations that a key lights up.
const OPS_MAX: usize = 1_000;

/// Words; a noun if they are about something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// What is to be read.
    pub text: String,
    /// What it is about.
    pub about: Vec<Target>,
    /// The moment it leads to, in microseconds, if it leads to one.
    pub at: Option<u64>,
}

/// Words that name nothing.
#[must_use]
pub fn plain(text: impl Into<String>) -> Vec<Piece> {
    vec![Piece { text: text.into(), ..Piece::default() }]
}

/// The sentences of an explanation, each name with what it lights up in this run.
#[must_use]
pub fn prose(run: &Run, explanation: &Explanation) -> Vec<Piece> {
    explanation.parts.iter().map(|part| piece(run, part)).collect()
}

fn piece(run: &Run, part: &Part) -> Piece {
    let ops = &run.trace.ops;
    let (about, at) = match part {
        Part::Text(_) => (Vec::new(), None),
        Part::Node(node, _) => (vec![Target::Node(node.0)], None),
        Part::Op(op, _) => (about_ops(run, &[*op]), ops.get(op.index()).map(|op| op.end.map_or(op.invoked, |end| end.at).0)),
        Part::Time(at, _) => (vec![Target::Time(at.0)], Some(at.0)),
        Part::Entry(group, at, _) => (vec![Target::Entries(group.0, at.lsn.0, at.lsn.0)], None),
        Part::Key(key, _) => {
            let of_key: Vec<OpId> = ops.iter().filter(|op| op.key == *key).take(OPS_MAX).map(|op| op.id).collect();
            (about_ops(run, &of_key), None)
        }
        Part::Link(src, dst, _) => (vec![Target::Node(src.0), Target::Node(dst.0), Target::Link(src.0, dst.0)], None),
    };
    Piece { text: part.text().to_owned(), about, at }
}

/// What a message is about: its link, its operation, the entries that it carries.
pub(super) fn about_message(run: &Run, (src, dst): (NodeId, NodeId), label: family::Label) -> Vec<Target> {
    let mut about = vec![Target::Link(src.0, dst.0)];
    about.extend(label.op().map(|op| Target::Op(op.0)));
    if let (Some(Label::Append(from, to)), Some(group)) = (label.single_leader(), run.plan.group_of(src))
        && from <= to
    {
        about.push(Target::Entries(group.0, u64::from(from), u64::from(to)));
    }
    about
}

/// Operations, with the clients that asked for them and the entries that they wrote or read.
#[must_use]
pub fn about_ops(run: &Run, ops: &[OpId]) -> Vec<Target> {
    let mut about: Vec<Target> = ops.iter().map(|op| Target::Op(op.0)).collect();
    for op in ops.iter().filter_map(|op| run.trace.ops.get(op.index())) {
        let client = Target::Node(op.client.0);
        if !about.contains(&client) {
            about.push(client);
        }
    }
    about.extend(entries_of(run, ops).into_iter().map(|(group, lsn)| Target::Entries(group.0, lsn, lsn)));
    about
}
