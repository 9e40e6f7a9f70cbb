//! Linearizability of the reads that promise it: those that ask for the leader.
//!
//! The order of versions is known, so the check is a scan (Gibbons and Korach 1997 for the general problem): a read must not return
//! a version older than one that a write or another such read had already shown, complete, before the read began; with concurrent
//! versions, it must cover each of those. The two operations are the witness. Reads in other modes promise less and are judged by what
//! they promise.
//!
//! Where the quorums of reads and writes overlap every read is judged, because that is what people expect of them: one that misses a write that
//! was acknowledged before is a stale quorum read, and one that misses what another read had shown is not linearizable. Overlap alone gives
//! regular registers, and no atomic ones (Lamport 1986).

use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::history::{Fates, History, Op};
use crate::log::{OpId, Value};
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
    /// Whether all reads are judged, because quorums overlap.
    quorums: bool,
    fates: Fates,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(history: &History<'_>, fates: &Fates) -> Checker {
        let fates = if history.overlap { fates.clone() } else { Fates::default() };
        Checker { mode: history.mode, quorums: history.overlap, fates, ..Checker::default() }
    }

    fn judged(&self, op: &Op) -> bool {
        matches!(op.kind, Kind::Read(mode) if self.quorums || mode.unwrap_or(self.mode) == ReadMode::Leader)
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
            // What the store dropped is reported as lost.
            if !self.quorums || !self.fates.of(op.id).is_discarded() {
                newest.raise(&stamp, op.id);
            }
            return None;
        }
        let floor = self.floors.take(op.id.index());
        if !judged {
            return None;
        }
        let returned = history.returned(op)?;
        for sibling in returned.siblings() {
            if !self.quorums || !self.fates.of(sibling.op).is_discarded() {
                newest.raise(&sibling.stamp, op.id);
            }
        }
        let (_, newer) = *floor?.missed(|required| returned.covers(required))?;
        let by = history.ops.get(newer.index());
        // Who finds nothing where something was deleted sees that; its tombstone may have been collected.
        let deleted = by.is_some_and(|op| op.kind == Kind::Write(Value::Nothing));
        if self.quorums && deleted && returned.siblings().is_empty() {
            return None;
        }
        let evidence = if self.quorums && by.is_some_and(Op::is_write) {
            Evidence::StaleQuorumRead { write: newer, read: op.id }
        } else {
            Evidence::Linearizability { newer, read: op.id }
        };
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence })
    }
}
