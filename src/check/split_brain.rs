//! Split brain: two leaders acknowledge writes of one group, each without the other.
//!
//! Two replicas that both believe they lead are no finding: a deposed leader that cannot acknowledge does no harm (as in Raft). It is
//! one when a write is acknowledged in an old epoch that was begun after a write of a newer epoch had been acknowledged: what
//! clients were told, in this order, can only come from two leaders at once.

use super::{Evidence, Finding};
use crate::history::{Event, History, Op};
use crate::log::OpId;
use crate::lsn::Epoch;

/// The newest epoch in which a write of each group has been acknowledged so far, and by which operation.
#[derive(Clone, Debug)]
pub struct Checker {
    newest: Vec<Option<(Epoch, OpId)>>,
    /// For each operation, what was the newest when it began.
    known: Vec<Option<(Epoch, OpId)>>,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(history: &History<'_>) -> Checker {
        Checker { newest: vec![None; history.groups], known: vec![None; history.ops.len()] }
    }

    /// An operation begins.
    pub fn invoke(&mut self, op: &Op) {
        self.known[op.id.index()] = self.newest.get(op.group.index()).copied().flatten();
    }

    /// An operation ends.
    pub fn complete(&mut self, op: &Op) -> Option<Finding> {
        let (at, time) = op.acknowledged()?;
        let newest = self.newest.get_mut(op.group.index())?;
        if newest.is_none_or(|(epoch, _)| at.epoch > epoch) {
            *newest = Some((at.epoch, op.id));
        }
        let (epoch, newer) = self.known[op.id.index()]?;
        (at.epoch < epoch).then_some(Finding { at: time, evidence: Evidence::SplitBrain { newer, older: op.id } })
    }
}

/// Finds every write that was acknowledged by a leader of the past.
#[must_use]
pub fn check(history: &History<'_>) -> Vec<Finding> {
    let mut checker = Checker::new(history);
    let mut findings = Vec::new();
    for event in &history.events {
        match event {
            Event::Invoke(id) => checker.invoke(&history.ops[id.index()]),
            Event::Complete(id) => findings.extend(checker.complete(&history.ops[id.index()])),
        }
    }
    findings
}
