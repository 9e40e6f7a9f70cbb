//! Lost acknowledged writes: the client was told "done", and the log of the newest leader does not have it.
//!
//! Only an acknowledged write owes durability. One without an answer may have happened or not; its absence proves nothing.
//! A write is found by position and operation together: after a failover another write stands at the same number.

use super::{Evidence, Finding};
use crate::family::GroupId;
use crate::history::Op;
use crate::lsn::{Epoch, Lsn};
use crate::network::NodeId;
use crate::time::SimTime;

/// A replica became leader of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// When.
    pub at: SimTime,
    /// Which group.
    pub group: GroupId,
    /// Who leads from then on.
    pub leader: NodeId,
    /// In which generation.
    pub epoch: Epoch,
    /// The first number of that generation: what the old one had from here on is gone.
    pub start: Lsn,
    /// The generation that it had followed until then: where the log before `start` comes from.
    pub after: Epoch,
}

/// What is left at the end of a run.
#[derive(Clone, Debug, Default)]
pub struct Survival {
    /// For each operation, whether the newest leader's log has the entry that it wrote or returned.
    pub survives: Vec<bool>,
    /// The takeovers, in order.
    pub takeovers: Vec<Takeover>,
    /// The checksums that replicas noted, in order.
    pub checksums: Vec<super::Checksum>,
    /// The replicas that differ, if nothing is left to happen.
    pub unlike: Vec<super::Unlike>,
    /// The end of the run.
    pub end: SimTime,
}

/// Finds every acknowledged write that did not survive.
#[must_use]
pub fn check(ops: &[Op], survival: &Survival) -> Vec<Finding> {
    let lost = ops.iter().filter(|op| !survival.survives.get(op.id.index()).copied().unwrap_or(true));
    lost.filter_map(|op| {
        let (position, acknowledged) = op.acknowledged()?;
        let discards = |t: &Takeover| t.group == op.group && t.epoch > position.epoch && t.start <= position.lsn;
        let takeover = survival.takeovers.iter().position(discards);
        let at = takeover.map_or(survival.end, |i| survival.takeovers[i].at).max(acknowledged);
        Some(Finding { at, evidence: Evidence::LostAcknowledgedWrite { write: op.id, takeover } })
    })
    .collect()
}
