//! Monotonic reads: what a session has seen of a key, it does not lose again.
//!
//! Checked per key on the versions that reads returned: each version that the session has been shown is covered by some sibling that it
//! is shown later. Across keys the same idea is consistent prefix.

use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::history::{Fates, History, Op, Sibling};
use crate::log::OpId;
use crate::sorted::Map;
use crate::version::Frontier;

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    /// The newest versions that were read, by session and key.
    read: Map<(u32, u32), ByNumber<Frontier<OpId>>>,
    /// What an open read has to cover.
    floors: ByNumber<Frontier<OpId>>,
    fates: Fates,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(fates: &Fates) -> Checker {
        Checker { fates: fates.clone(), ..Checker::default() }
    }

    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        if let (false, Some(floor)) = (op.is_write(), self.read.get(op.session).and_then(|keys| keys.get(op.key.0 as usize))) {
            *self.floors.place(op.id.index()) = Some(floor.clone());
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        let floor = self.floors.take(op.id.index());
        let returned = history.returned(op)?;
        let newest = self.read.or_insert_with(op.session, ByNumber::default).place(op.key.0 as usize).get_or_insert_default();
        // What one of several leaders dropped is reported as lost, and breaks no order.
        let counts = |sibling: &&Sibling| !(history.concurrent && self.fates.of_returned(op, sibling).is_discarded());
        for sibling in returned.siblings().iter().filter(counts) {
            newest.raise(&sibling.stamp, op.id);
        }
        let (_, earlier) = *floor.as_ref()?.missed(|required| history.has(op, returned.covers(required), required))?;
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence: Evidence::MonotonicReads { earlier, later: op.id } })
    }
}
