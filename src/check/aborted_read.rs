//! Aborted read: a read returned the value of a write whose client was told that it had not been carried out.
//!
//! Of a write without an answer nothing follows: it may take effect, and be read (Jepsen's `info`). "Refused" is a promise (`fail`); Adya's
//! G1a is this finding for transactions.

use super::{Evidence, Finding};
use crate::history::{End, History};
use crate::log::OpId;
use crate::operation::Outcome;

/// Finds every read of a refused write.
#[must_use]
pub fn check(history: &History<'_>) -> Vec<Finding> {
    let refused = |write: OpId| match history.ops.get(write.index())?.end? {
        End { at, outcome: Outcome::Rejected(_), .. } => Some(at),
        _ => None,
    };
    let found = history.ops.iter().filter_map(|op| {
        let returned = history.returned(op)?;
        let (at, write) = returned.siblings().iter().find_map(|sibling| Some((refused(sibling.op)?, sibling.op)))?;
        Some(Finding { at: at.max(op.end?.at), evidence: Evidence::AbortedRead { write, read: op.id } })
    });
    found.collect()
}
