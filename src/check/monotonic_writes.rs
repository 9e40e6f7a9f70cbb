//! Monotonic writes: a session's writes take effect in its order, for everybody.
//!
//! It has two halves (Terry et al. 1994; Viotti and Vukolić 2016 have the first only). *Order*: a write that begins after another one of
//! the session was acknowledged stands behind it in the log. *Propagation*: no replica shows the later one without the earlier. One
//! log and followers that are prefixes of it keep both by themselves; two leaders break the first, a log with holes the second.
//! A write that a failover discarded is reported as lost, not here. Where versions may be concurrent, "behind it" is "covers it": a store
//! that takes the later write without having the earlier one gives it a version that does not.

use super::shown::{Answers, Floors};
use super::{Evidence, Finding};
use crate::history::{Fates, History, Op, rows_of};
use crate::log::{KeyId, OpId};

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    floors: Floors,
    answers: Answers,
    rows: Vec<(OpId, KeyId)>,
    fates: Fates,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(history: &History<'_>, fates: &Fates) -> Checker {
        Checker { rows: history.rows.clone(), fates: fates.clone(), ..Checker::default() }
    }

    /// An operation starts.
    pub fn invoke(&mut self, history: &History<'_>, op: &Op) {
        self.floors.invoke(history, op);
        self.answers.invoke(op);
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        let at = op.end?.at;
        if let Some(stamp) = history.stamp_of(op) {
            let broken = self.floors.broken(op, &stamp);
            self.floors.raise(history, op, &stamp);
            if !self.fates.of(op.id).is_discarded() {
                for key in rows_of(&self.rows, op.id).chain([op.key]) {
                    self.answers.did(op, key, &stamp);
                }
            }
            let evidence = Evidence::MonotonicWrites { earlier: broken?, later: op.id, hole: None };
            return Some(Finding { at, evidence });
        }
        let hole = self.answers.answered(history, op);
        self.answers.shows(history, op);
        let (earlier, later, hole) = hole?;
        Some(Finding { at, evidence: Evidence::MonotonicWrites { earlier, later, hole: Some(hole) } })
    }
}
