//! The operations that a client has begun and not ended.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

use crate::family::GroupId;
use crate::log::{Dependencies, OpId};
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::operation::Invocation;
use crate::router::{ReadMode, Route};
use crate::time::{SimDuration, SimTime};

/// One operation under way.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) invocation: Invocation,
    pub(super) group: GroupId,
    pub(super) mode: ReadMode,
    pub(super) attempt: u8,
    pub(super) target: NodeId,
    /// The generation that a write is addressed to.
    pub(super) epoch: Epoch,
    pub(super) waits: SimDuration,
    /// Whether only the leader may answer.
    pub(super) linear: bool,
    pub(super) deadline: SimTime,
    /// Where a read has been, in modes that go from replica to replica.
    pub(super) route: Option<Box<Route>>,
    /// The session as it was at the start: its number, its token for the group, and what a write depends on elsewhere.
    pub(super) session_number: u32,
    pub(super) token: Position,
    pub(super) deps: Dependencies,
}

/// All operations under way, in the order of their numbers: few, and nearly always the oldest ends first. They are changed where they
/// lie.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations(VecDeque<Pending>);

impl Operations {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an operation, and returns its place.
    #[inline]
    pub(super) fn add(&mut self, pending: Pending) -> usize {
        let op = pending.invocation.op;
        if self.0.back().is_none_or(|last| last.invocation.op < op) {
            self.0.push_back(pending);
            return self.0.len() - 1;
        }
        let place = self.0.partition_point(|p| p.invocation.op < op);
        self.0.insert(place, pending);
        place
    }

    /// The place of an operation, if it is under way.
    #[inline]
    pub(super) fn find(&self, op: OpId) -> Option<usize> {
        match self.0.front() {
            Some(first) if first.invocation.op == op => Some(0),
            Some(_) => self.0.binary_search_by_key(&op, |p| p.invocation.op).ok(),
            None => None,
        }
    }

    /// The place of an operation, if it is under way in this attempt.
    #[inline]
    pub(super) fn find_attempt(&self, op: OpId, attempt: u8) -> Option<usize> {
        self.find(op).filter(|place| self.0[*place].attempt == attempt)
    }

    /// Removes the operation at a place.
    #[inline]
    pub(super) fn remove(&mut self, place: usize) {
        if place == 0 {
            self.0.pop_front();
        } else {
            self.0.remove(place);
        }
    }
}

impl Pending {
    pub(super) fn route(&mut self) -> &mut Route {
        self.route.get_or_insert_default()
    }
}

impl Index<usize> for Operations {
    type Output = Pending;

    fn index(&self, place: usize) -> &Pending {
        &self.0[place]
    }
}

impl IndexMut<usize> for Operations {
    fn index_mut(&mut self, place: usize) -> &mut Pending {
        &mut self.0[place]
    }
}
