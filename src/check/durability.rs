//! Lost acknowledged writes: the client was told "done", and what is left in the end neither has the write nor came after it.
//!
//! Only an acknowledged write owes durability. One without an answer may have happened or not; its absence proves nothing.
//! With one leader the write has to stand in the newest leader's log, and is found by position and operation together: after a failover
//! another write stands at the same number. Where the last writer wins, a write that lost against one that had not seen it is as lost.

use super::{Evidence, Finding};
use crate::family::GroupId;
use crate::family::MultiLeaderIncluded;
use crate::history::{By, Fate, Fates, History};
use crate::lsn::{Epoch, Lsn, Position};
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
    /// For each operation, what became of the version that it wrote or returned.
    pub fates: Fates,
    /// The takeovers, in order.
    pub takeovers: Vec<Takeover>,
    /// The checksums that replicas noted, in order.
    pub checksums: Vec<super::Checksum>,
    /// The replicas that differ, if nothing is left to happen.
    pub unlike: Vec<super::Unlike>,
    /// What several leaders did to each other's writes.
    pub conflicts: super::Conflicts,
    /// The hints that were lost with the nodes that kept them.
    pub hints: Vec<super::LostHint>,
    /// The end of the run.
    pub end: SimTime,
}

/// Who discarded the entry at a position that the newest leader's log does not have: the first takeover of a later generation whose log
/// begins at or before it.
#[must_use]
pub fn discarded_by(takeovers: &[Takeover], group: GroupId, at: Position) -> By {
    let discards = |t: &Takeover| t.group == group && t.epoch > at.epoch && t.start <= at.lsn;
    takeovers.iter().position(discards).map_or(By::Unknown, By::Takeover)
}

impl Survival {
    /// When a version that had been seen at a time was gone.
    pub(super) fn gone_at(&self, history: &History<'_>, by: By, seen: SimTime) -> SimTime {
        let gone = match by {
            By::Takeover(number) => self.takeovers.get(number).map(|takeover| takeover.at),
            By::Write(winner) => history.ops.get(winner.index()).and_then(|op| op.end).map(|end| end.at),
            By::Unknown => None,
        };
        gone.unwrap_or(self.end).max(seen)
    }
}

/// Finds every acknowledged write that was discarded.
#[must_use]
pub fn check(history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let included = MultiLeaderIncluded::proof();
    let back = included.map_or(Vec::new(), |included| super::conflicts::resurrected(included, history, survival));
    let lost = history.ops.iter().filter_map(|op| {
        let Fate::Discarded(by) = survival.fates.of(op.id) else { return None };
        // What was deleted and is there again is reported as that.
        if back.iter().any(|finding| finding.op() == op.id) {
            return None;
        }
        // What was kept as a hint and lost with its holder is reported as that.
        if survival.hints.iter().any(|hint| hint.write == op.id) {
            return None;
        }
        // What was built on something read is a lost update, and reported as that.
        if history.concurrent && super::conflicts::lost_to(history, survival, op).is_some() {
            return None;
        }
        let (_, acknowledged) = history.acknowledged(op)?;
        let at = survival.gone_at(history, by, acknowledged);
        Some(Finding { at, evidence: Evidence::LostAcknowledgedWrite { write: op.id, by } })
    });
    lost.collect()
}
