//! A read that was answered by a replica of a group with one leader: what the sentences about reads start from.

use crate::history::Op;
use crate::log::OpId;
use crate::lsn::Position;
use crate::network::NodeId;
use crate::operation::{Outcome, Version};
use crate::run::Run;

/// A read that was answered: by whom, with what, and how far that replica was.
pub(super) struct Answered<'a> {
    pub(super) op: &'a Op,
    pub(super) replica: NodeId,
    pub(super) found: Option<Version>,
    pub(super) applied: Position,
}

impl<'a> Answered<'a> {
    pub(super) fn of(run: &'a Run, id: OpId) -> Option<Answered<'a>> {
        let op = run.trace.ops.get(id.index())?;
        let end = op.end?;
        let Outcome::Value { found, applied } = end.outcome else { return None };
        Some(Answered { op, replica: end.replica?, found, applied })
    }
}

/// The answered read of an operation in a run, for saying what it returned there.
pub(super) fn answered(run: &Run, id: OpId) -> Option<(NodeId, Option<Version>)> {
    Answered::of(run, id).map(|read| (read.replica, read.found))
}
