//! Identifiers: no two operations, and no operation twice, are given the same one (Jepsen's `checker/unique-ids`).
//!
//! Only what was acknowledged counts. Keys are one space each, as Jepsen's `independent` makes them.

use std::collections::BTreeMap;

use super::super::report::Verdict;
use super::super::words::value;
use super::{Object, first, told, violated};
use crate::observed::{Call, Observed};

/// Judges whether each identifier was given out once.
pub(super) fn judge(history: &Observed, objects: &[Object<'_>]) -> Verdict {
    first(objects, |object| {
        let mut given = BTreeMap::new();
        for op in object.ops.iter().filter(|op| op.is_ok()) {
            let Call::Generate(Some(ids)) = op.call else { continue };
            for id in ids {
                let Some(before) = given.insert(*id, op.number) else { continue };
                let name = value(history, *id);
                let text = if before == op.number {
                    format!("{name} was given out twice by one operation: {}.", told(history, &[before]))
                } else {
                    format!("{name} was given out twice: {}.", told(history, &[before, op.number]))
                };
                return Some(violated(vec![before, op.number], object.key, text));
            }
        }
        None
    })
}
