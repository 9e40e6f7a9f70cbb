//! Writes follow reads: a write takes effect behind what its session had read before, for everybody.
//!
//! An answer stands behind its question. The two halves are those of monotonic writes: *order* in the log, and *propagation*, no replica
//! shows the write without what its writer had read. A value that a failover discarded after it was read is reported as such, not here.

use super::shown::{Answers, Floors};
use super::{Evidence, Finding};
use crate::history::{Fates, History, Op};

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    floors: Floors,
    answers: Answers,
    fates: Fates,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(fates: &Fates) -> Checker {
        Checker { fates: fates.clone(), ..Checker::default() }
    }

    /// An operation starts.
    pub fn invoke(&mut self, history: &History<'_>, op: &Op) {
        self.floors.invoke(history, op);
        self.answers.invoke(op);
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        let at = op.end?.at;
        if op.is_write() {
            let stamp = history.stamp_of(op)?;
            let evidence = Evidence::WritesFollowReads { read: self.floors.broken(op, &stamp)?, write: op.id, hole: None };
            return Some(Finding { at, evidence });
        }
        let hole = self.answers.answered(history, op);
        self.answers.shows(history, op);
        for sibling in history.returned(op)?.siblings() {
            let stamp = history.stands(sibling);
            self.floors.raise(history, op, &stamp);
            if !self.fates.of_returned(op, sibling).is_discarded() {
                self.answers.did(op, op.key, &stamp);
            }
        }
        let (read, write, hole) = hole?;
        Some(Finding { at, evidence: Evidence::WritesFollowReads { read, write, hole: Some(hole) } })
    }
}
