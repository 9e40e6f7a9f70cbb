//! Writes follow reads: a write takes effect behind what its session had read before, for everybody.
//!
//! An answer stands behind its question. The two halves are those of monotonic writes: *order* in the log, and *propagation*, no replica
//! shows the write without what its writer had read. A value that a failover discarded after it was read is reported as such, not here.

use super::shown::{Answers, Floors, stands};
use super::{Evidence, Finding};
use crate::history::Op;

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    floors: Floors,
    answers: Answers,
    /// By operation, whether its entry survived.
    survives: Vec<bool>,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(survives: &[bool]) -> Checker {
        Checker { survives: survives.to_vec(), ..Checker::default() }
    }

    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        self.floors.invoke(op);
        self.answers.invoke(op);
    }

    /// An operation ends.
    pub fn complete(&mut self, op: &Op, ops: &[Op]) -> Option<Finding> {
        let at = op.end?.at;
        if op.is_write() {
            let evidence = Evidence::WritesFollowReads { read: self.floors.broken(op)?, write: op.id, hole: None };
            return Some(Finding { at, evidence });
        }
        let hole = self.answers.answered(op, ops);
        self.answers.shows(op, ops);
        if let Some(version) = op.returned()? {
            let position = stands(ops, version);
            self.floors.raise(op, position);
            if self.survives.get(op.id.index()).copied().unwrap_or(true) {
                self.answers.did(op, op.key, position);
            }
        }
        let (read, write, hole) = hole?;
        Some(Finding { at, evidence: Evidence::WritesFollowReads { read, write, hole: Some(hole) } })
    }
}
