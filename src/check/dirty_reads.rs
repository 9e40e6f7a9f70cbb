//! Dirty, then lost: a client was shown a value, and the log of the newest leader does not have it.
//!
//! It happens where a replica shows what is not yet acknowledged (an asynchronous follower that is ahead of the one that is promoted,
//! a leader that shows a write before its followers have it), or where an acknowledged write is lost after it was read.

use super::{Evidence, Finding, Survival};
use crate::history::Op;

/// Finds every read whose value did not survive.
#[must_use]
pub fn check(ops: &[Op], survival: &Survival) -> Vec<Finding> {
    let gone = ops.iter().filter(|op| !survival.survives.get(op.id.index()).copied().unwrap_or(true));
    gone.filter_map(|op| {
        let version = op.returned()??;
        let discards = |t: &super::Takeover| t.group == op.group && t.epoch > version.at.epoch && t.start <= version.at.lsn;
        let takeover = survival.takeovers.iter().position(discards);
        let at = takeover.map_or(survival.end, |i| survival.takeovers[i].at).max(op.end?.at);
        Some(Finding { at, evidence: Evidence::DirtyThenLost { read: op.id, write: version.op, takeover } })
    })
    .collect()
}
