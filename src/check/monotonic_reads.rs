//! Monotonic reads: what a session has seen of a key, it does not lose again.
//!
//! Checked per key on the versions that reads returned. Across keys the same idea is consistent prefix.

use std::collections::BTreeMap;

use super::{Evidence, Finding, Known};
use crate::by_number::ByNumber;
use crate::history::Op;
use crate::log::KeyId;

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    /// The newest version that was read, by session and key.
    read: BTreeMap<((u32, u32), KeyId), Known>,
    /// What an open read must not fall below.
    floors: ByNumber<Known>,
}

impl Checker {
    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        if let (false, Some(floor)) = (op.is_write(), self.read.get(&(op.session, op.key))) {
            *self.floors.place(op.id.index()) = Some(*floor);
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, op: &Op) -> Option<Finding> {
        let floor = self.floors.take(op.id.index());
        let returned = op.version_read()?;
        let newest = self.read.entry((op.session, op.key)).or_insert((returned, op.id));
        if returned > newest.0 {
            *newest = (returned, op.id);
        }
        let (_, earlier) = floor.filter(|(floor, _)| returned < *floor)?;
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence: Evidence::MonotonicReads { earlier, later: op.id } })
    }
}
