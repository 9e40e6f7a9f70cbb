//! Bounded staleness: a read that promises it misses nothing that had been acknowledged for longer than its bound.
//!
//! Staleness in time is counted from the acknowledgement of the **first** version that was missed to the start of the read (timed
//! visibility in Viotti and Vukolić 2016), not from the age of what was returned: an old value that nobody has replaced is fresh. In
//! versions it is the number of acknowledged newer versions of the key (k-staleness, Bailis et al. 2012). A write that a failover
//! discarded is missed by everybody, and reported as lost. Of concurrent versions each one counts that no sibling of the answer covers.

use super::versions::Versions;
use super::{Evidence, Finding};
use crate::by_number::ByNumber;
use crate::history::{Fates, History, Op, rows_of};
use crate::log::{KeyId, OpId};
use crate::router::{Bound, ReadMode};
use crate::time::{SimDuration, SimTime};
use crate::version::Stamp;

/// The acknowledged versions of one key.
#[derive(Clone, Debug, Default)]
struct Acknowledged {
    /// In the order of acknowledgement, those of the chain that cover all before them there.
    first: Vec<Known>,
    /// In the order of acknowledgement, those beside the chain.
    apart: Vec<Known>,
    /// In their own order.
    versions: Versions<()>,
    /// In the order of acknowledgement.
    all: Vec<Stamp>,
}

/// An acknowledged version: its place in the order of acknowledgement, when that was, and the write.
#[derive(Clone, Debug)]
struct Known {
    place: usize,
    stamp: Stamp,
    since: SimTime,
    write: OpId,
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
    keys: ByNumber<Acknowledged>,
    /// For an open read, how many versions of its key had been acknowledged.
    open: ByNumber<usize>,
    fates: Fates,
}

impl Checker {
    /// A checker for a history that has not begun.
    #[must_use]
    pub fn new(history: &History<'_>, fates: &Fates) -> Checker {
        let (mode, bound, rows) = (history.mode, history.bound, history.rows.clone());
        Checker { mode, bound, rows, fates: fates.clone(), ..Checker::default() }
    }

    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        if !op.is_write() {
            let known = self.keys.get(op.key.0 as usize).map_or(0, |known| known.all.len());
            *self.open.place(op.id.index()) = Some(known);
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        let stale = self.measure(history, op)?;
        let beyond = match self.bound {
            Bound::Time(most) => stale.time > most,
            Bound::Entries(most) => stale.versions > most,
        };
        let judged = op.reads_in(self.mode) == Some(ReadMode::BoundedStaleness);
        (judged && beyond)
            .then_some(Finding { at: op.end?.at, evidence: Evidence::BoundedStaleness { missed: stale.missed, read: op.id } })
    }

    /// An operation ends: how stale it was, if it is a read that missed something.
    pub fn measure(&mut self, history: &History<'_>, op: &Op) -> Option<Staleness> {
        if let Some((stamp, time)) = history.acknowledged(op) {
            if !self.fates.of(op.id).is_discarded() {
                for key in rows_of(&self.rows, op.id).chain([op.key]) {
                    self.keys.place(key.0 as usize).get_or_insert_default().add(&stamp, time, op.id);
                }
            }
            return None;
        }
        let known = self.open.take(op.id.index())?;
        let returned = history.returned(op)?;
        let acknowledged = self.keys.get(op.key.0 as usize)?;
        let covers = |stamp: &Stamp| returned.covers(stamp);
        let first = acknowledged.first_missed(covers)?;
        let since_then = acknowledged.all[known..].iter().filter(|stamp| !covers(stamp)).count();
        let versions = u64::try_from(acknowledged.versions.missed(covers) - since_then).unwrap_or(u64::MAX);
        (versions > 0).then_some(Staleness { missed: first.write, time: op.invoked.since(first.since), versions })
    }
}

impl Acknowledged {
    fn add(&mut self, stamp: &Stamp, since: SimTime, write: OpId) {
        let known = Known { place: self.all.len(), stamp: stamp.clone(), since, write };
        if !self.versions.add(stamp, ()) {
            self.apart.push(known);
        } else if self.first.last().is_none_or(|newest| !newest.stamp.covers(stamp)) {
            self.first.push(known);
        }
        self.all.push(stamp.clone());
    }

    /// Of the versions that an answer does not cover, the one that was acknowledged first. In the chain no earlier one covers it, or it
    /// would be covered too.
    fn first_missed(&self, covers: impl Fn(&Stamp) -> bool) -> Option<&Known> {
        let chain = self.first.get(self.first.partition_point(|known| covers(&known.stamp)));
        let apart = self.apart.iter().find(|known| !covers(&known.stamp));
        chain.into_iter().chain(apart).min_by_key(|known| known.place)
    }
}
