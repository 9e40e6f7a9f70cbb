//! Linearizability of the reads that promise it: those that ask for the leader.
//!
//! The order of versions is known, so the check is a scan (Gibbons and Korach 1997 for the general problem): a read must not return
//! a version older than one that a write or another such read had already shown, complete, before the read began; with concurrent
//! versions, it must cover each of those. The two operations are the witness. Reads in other modes promise less and are judged by what
//! they promise.

use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::history::{History, Op};
use crate::log::OpId;
use crate::operation::Kind;
use crate::router::ReadMode;
use crate::version::Frontier;

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    mode: ReadMode,
    /// The newest versions of each key that operations have shown, and which ones.
    newest: ByNumber<Frontier<OpId>>,
    /// What an open read has to cover.
    floors: ByNumber<Frontier<OpId>>,
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
            *self.floors.place(op.id.index()) = Some(floor.clone());
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        let judged = self.judged(op);
        let newest = self.newest.place(op.key.0 as usize).get_or_insert_default();
        if let Some(stamp) = history.stamp_of(op) {
            newest.raise(&stamp, op.id);
            return None;
        }
        let floor = self.floors.take(op.id.index());
        if !judged {
            return None;
        }
        let returned = history.returned(op)?;
        for sibling in returned.siblings() {
            newest.raise(&sibling.stamp, op.id);
        }
        let (_, newer) = *floor?.missed(|required| returned.covers(required))?;
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence: Evidence::Linearizability { newer, read: op.id } })
    }
}
