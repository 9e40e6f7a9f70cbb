//! Read-your-writes: a read that begins after the acknowledgement of the session's own write returns that write or something
//! newer.
//!
//! Terry et al. 1994 define it on what the replica holds; the finding here is on the value that was returned, which is what a
//! user can see. A replica that lacks the write but returns something newer breaks nothing. With concurrent versions: each of the
//! session's own writes is covered by some sibling that was returned.

use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::history::{Fates, History, Op, rows_of};
use crate::log::{KeyId, OpId};
use crate::sorted::Map;
use crate::version::{Frontier, Stamp};

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    /// The newest own writes that are acknowledged, by session and key.
    written: Map<(u32, u32), ByNumber<Frontier<OpId>>>,
    /// What an open read has to cover.
    floors: ByNumber<Frontier<OpId>>,
    /// The rows that statements changed.
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
    pub fn invoke(&mut self, op: &Op) {
        if let (false, Some(floor)) = (op.is_write(), self.written.get(op.session).and_then(|keys| keys.get(op.key.0 as usize))) {
            *self.floors.place(op.id.index()) = Some(floor.clone());
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        // What one of several leaders dropped is reported as lost, and breaks no order.
        let dropped = history.concurrent && self.fates.of(op.id).is_discarded();
        if let Some(stamp) = history.stamp_of(op).filter(|_| !dropped) {
            let written = self.written.or_insert_with(op.session, ByNumber::default);
            for key in rows_of(&self.rows, op.id).chain([op.key]) {
                written.place(key.0 as usize).get_or_insert_default().raise(&stamp, op.id);
            }
        }
        let floor = self.floors.take(op.id.index())?;
        let returned = history.returned(op)?;
        // Who has deleted a key and finds nothing sees what it did; what it wrote elsewhere meanwhile is no part of that.
        let nothing = returned.siblings().is_empty();
        let deleted =
            |required: &Stamp| nothing && floor.iter().any(|(stamp, op)| history.deletes(*op) && stamp.covers(required));
        let (_, write) = *floor.missed(|required| deleted(required) || history.has(op, returned.covers(required), required))?;
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence: Evidence::ReadYourWrites { write, read: op.id } })
    }
}
