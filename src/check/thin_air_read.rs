//! Read out of thin air: a read returned a value that nobody had written to that key by then.
//!
//! A statement's result is worked out by the leader, so that of a statement only the operation is known, not the value.

use super::{Evidence, Finding};
use crate::history::{History, Op, Sibling};
use crate::log::{OpId, Value};
use crate::operation::Kind;

/// Finds every read of what was not written.
#[must_use]
pub fn check(history: &History<'_>) -> Vec<Finding> {
    let found = history.ops.iter().filter_map(|op| {
        let returned = history.returned(op)?;
        let real = |sibling: &&Sibling| sibling.op == OpId::NONE || wrote(history, op, sibling);
        let claimed = returned.siblings().iter().find(|sibling| !real(sibling))?.op;
        Some(Finding { at: op.end?.at, evidence: Evidence::ThinAirRead { read: op.id, claimed } })
    });
    found.collect()
}

/// Whether a read's version is what its operation wrote to that key, before the read was over.
fn wrote(history: &History<'_>, read: &Op, version: &Sibling) -> bool {
    let Some(write) = history.ops.get(version.op.index()) else { return false };
    let begun = read.end.is_some_and(|end| write.invoked <= end.at);
    match write.kind {
        Kind::Read(_) => false,
        Kind::Write(Value::Statement(_)) => begun,
        Kind::Write(_) if history.merged.contains(&read.key) => begun && write.key == read.key,
        Kind::Write(value) => begun && write.key == read.key && value == version.value,
    }
}
