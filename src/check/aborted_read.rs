//! Aborted read: a read returned the value of a write whose client was told that it had not been carried out.
//!
//! Of a write without an answer nothing follows: it may take effect, and be read (Jepsen's `info`). "Refused" is a promise (`fail`); Adya's
//! G1a is this finding for transactions.

use super::{Evidence, Finding};
use crate::history::{End, Op};
use crate::operation::Outcome;

/// Finds every read of a refused write.
#[must_use]
pub fn check(ops: &[Op]) -> Vec<Finding> {
    let found = ops.iter().filter_map(|op| {
        let version = op.returned()??;
        let Some(End { at, outcome: Outcome::Rejected(_), .. }) = ops.get(version.op.index())?.end else { return None };
        let evidence = Evidence::AbortedRead { write: version.op, read: op.id };
        Some(Finding { at: at.max(op.end?.at), evidence })
    });
    found.collect()
}
