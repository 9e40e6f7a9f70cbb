//! Dirty, then lost: a client was shown a value, and in the end it was discarded: the log of the newest leader does not have it, or
//! another write won that had not seen it.
//!
//! It happens where a replica shows what is not yet acknowledged (an asynchronous follower that is ahead of the one that is promoted,
//! a leader that shows a write before its followers have it), or where an acknowledged write is lost after it was read.

use super::{Evidence, Finding, Survival};
use crate::history::{Fate, History};

/// Finds every read of a version that was discarded.
#[must_use]
pub fn check(history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let found = history.ops.iter().filter_map(|op| {
        let returned = history.returned(op)?;
        let (write, by) = returned.siblings().iter().find_map(|sibling| match survival.fates.of_returned(op, sibling) {
            Fate::Discarded(by) => Some((sibling.op, by)),
            Fate::Kept | Fate::Superseded => None,
        })?;
        let at = survival.gone_at(history, by, op.end?.at);
        Some(Finding { at, evidence: Evidence::DirtyThenLost { read: op.id, write, by } })
    });
    found.collect()
}
