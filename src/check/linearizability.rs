//! Linearizability of the reads that promise it: those that ask for the leader.
//!
//! The order of versions is known, so the check is a scan (Gibbons and Korach 1997 for the general problem): a read must not return
//! a version older than one that a write or another such read had already shown, complete, before the read began. The two
//! operations are the witness. Reads in other modes promise less and are judged by what they promise.

use super::{Evidence, Finding, Known};
use crate::by_number::ByNumber;
use crate::history::{History, Op};
use crate::operation::Kind;
use crate::router::ReadMode;

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    mode: ReadMode,
    /// The newest version of each key that an operation has shown, and which one.
    newest: ByNumber<Known>,
    /// What an open read must not fall below.
    floors: ByNumber<Known>,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(history: &History<'_>) -> Checker {
        Checker { mode: history.mode, ..Checker::default() }
    }

    fn judged(&self, op: &Op) -> bool {
        matches!(op.kind, Kind::Read(mode) if mode.unwrap_or(self.mode) == ReadMode::Leader)
    }

    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        if let (true, Some(floor)) = (self.judged(op), self.newest.get(op.key.0 as usize)) {
            *self.floors.place(op.id.index()) = Some(*floor);
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, op: &Op) -> Option<Finding> {
        let shown = match op.acknowledged() {
            Some((at, _)) => Some(at),
            None if self.judged(op) => op.version_read(),
            None => None,
        }?;
        let newest = self.newest.place(op.key.0 as usize).get_or_insert((shown, op.id));
        if shown > newest.0 {
            *newest = (shown, op.id);
        }
        let (floor, newer) = self.floors.take(op.id.index())?;
        (shown < floor).then(|| Finding {
            at: op.end.map_or(op.invoked, |e| e.at),
            evidence: Evidence::Linearizability { newer, read: op.id },
        })
    }
}
