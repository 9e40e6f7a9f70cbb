//! Bounded staleness: a read that promises it misses nothing that had been acknowledged for longer than its bound.
//!
//! Staleness in time is counted from the acknowledgement of the **first** version that was missed to the start of the read (timed
//! visibility in Viotti and Vukolić 2016), not from the age of what was returned: an old value that nobody has replaced is fresh. In
//! versions it is the number of acknowledged newer versions of the key (k-staleness, Bailis et al. 2012). A write that a failover
//! discarded is missed by everybody, and reported as lost.

use super::{Evidence, Finding, Known};
use crate::by_number::ByNumber;
use crate::history::{History, Op, rows_of};
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::router::{Bound, ReadMode};
use crate::time::{SimDuration, SimTime};

/// The acknowledged versions of one key.
#[derive(Clone, Debug, Default)]
struct Versions {
    /// In the order of acknowledgement, where the newest position so far grows: position, when, which write.
    first: Vec<(Position, SimTime, OpId)>,
    /// In the order of the log.
    sorted: Vec<Position>,
    /// In the order of acknowledgement.
    acknowledged: Vec<Position>,
}

/// How stale a read was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staleness {
    /// The first version that it missed, by the write.
    pub missed: OpId,
    /// For how long that had been acknowledged when the read began.
    pub time: SimDuration,
    /// How many acknowledged versions it missed.
    pub versions: u64,
}

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    mode: ReadMode,
    bound: Bound,
    rows: Vec<(OpId, KeyId)>,
    keys: ByNumber<Versions>,
    /// For an open read, how many versions of its key had been acknowledged.
    open: ByNumber<usize>,
    survives: Vec<bool>,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(history: &History<'_>, survives: &[bool]) -> Checker {
        let (mode, bound, rows) = (history.mode, history.bound, history.rows.clone());
        Checker { mode, bound, rows, survives: survives.to_vec(), ..Checker::default() }
    }

    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        if !op.is_write() {
            let known = self.keys.get(op.key.0 as usize).map_or(0, |versions| versions.acknowledged.len());
            *self.open.place(op.id.index()) = Some(known);
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, op: &Op) -> Option<Finding> {
        let stale = self.measure(op)?;
        let beyond = match self.bound {
            Bound::Time(most) => stale.time > most,
            Bound::Entries(most) => stale.versions > most,
        };
        let judged = op.reads_in(self.mode) == Some(ReadMode::BoundedStaleness);
        (judged && beyond)
            .then_some(Finding { at: op.end?.at, evidence: Evidence::BoundedStaleness { missed: stale.missed, read: op.id } })
    }

    /// An operation ends: how stale it was, if it is a read that missed something.
    pub fn measure(&mut self, op: &Op) -> Option<Staleness> {
        if let Some((at, time)) = op.acknowledged() {
            if self.survives.get(op.id.index()).copied().unwrap_or(true) {
                for key in rows_of(&self.rows, op.id).chain([op.key]) {
                    self.keys.place(key.0 as usize).get_or_insert_default().add((at, op.id), time);
                }
            }
            return None;
        }
        let known = self.open.take(op.id.index())?;
        let returned = op.version_read()?;
        let versions = self.keys.get(op.key.0 as usize)?;
        let (_, since, missed) = *versions.first.get(versions.first.partition_point(|(at, ..)| *at <= returned))?;
        let newer = versions.sorted.len() - versions.sorted.partition_point(|at| *at <= returned);
        let since_then = versions.acknowledged[known..].iter().filter(|at| **at > returned).count();
        let count = u64::try_from(newer - since_then).unwrap_or(u64::MAX);
        (count > 0).then_some(Staleness { missed, time: op.invoked.since(since), versions: count })
    }
}

impl Versions {
    fn add(&mut self, (at, write): Known, time: SimTime) {
        if self.first.last().is_none_or(|(newest, ..)| at > *newest) {
            self.first.push((at, time, write));
        }
        self.sorted.insert(self.sorted.partition_point(|other| *other <= at), at);
        self.acknowledged.push(at);
    }
}
