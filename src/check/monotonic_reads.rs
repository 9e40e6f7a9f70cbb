//! Monotonic reads: what a session has seen of a key, it does not lose again.
//!
//! Checked per key on the versions that reads returned. Across keys the same idea is consistent prefix.

use super::{Evidence, Finding, Known};
use crate::by_number::ByNumber;
use crate::history::Op;
use crate::sorted::Map;

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    /// The newest version that was read, by session and key.
    read: Map<(u32, u32), ByNumber<Known>>,
    /// What an open read must not fall below.
    floors: ByNumber<Known>,
}

impl Checker {
    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        if let (false, Some(floor)) = (op.is_write(), self.read.get(op.session).and_then(|keys| keys.get(op.key.0 as usize))) {
            *self.floors.place(op.id.index()) = Some(*floor);
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, op: &Op) -> Option<Finding> {
        let floor = self.floors.take(op.id.index());
        let returned = op.version_read()?;
        let newest =
            self.read.or_insert_with(op.session, ByNumber::default).place(op.key.0 as usize).get_or_insert((returned, op.id));
        if returned > newest.0 {
            *newest = (returned, op.id);
        }
        let (_, earlier) = floor.filter(|(floor, _)| returned < *floor)?;
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence: Evidence::MonotonicReads { earlier, later: op.id } })
    }
}
