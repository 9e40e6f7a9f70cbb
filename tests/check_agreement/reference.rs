//! The guarantees by their definitions, with loops over all pairs of operations and nothing remembered. Slow, and meant to be read beside
//! the definitions of Terry et al. 1994 and of Viotti and Vukolić 2016.

use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::history::{End, Event, Op};
use replicated_telemetry_store::lsn::Position;
use replicated_telemetry_store::operation::{Kind, Outcome};
use replicated_telemetry_store::router::{Bound, ReadMode};

use crate::check_agreement::random::Sample;

/// A history with the places of its events.
pub(crate) struct Reference<'a> {
    sample: &'a Sample,
    began: Vec<usize>,
    ended: Vec<usize>,
}

impl<'a> Reference<'a> {
    pub(crate) fn of(sample: &'a Sample) -> Reference<'a> {
        let place = |event: Event| sample.events.iter().position(|other| *other == event).unwrap_or(usize::MAX);
        let began = sample.ops.iter().map(|op| place(Event::Invoke(op.id))).collect();
        let ended = sample.ops.iter().map(|op| place(Event::Complete(op.id))).collect();
        Reference { sample, began, ended }
    }

    fn ops(&self) -> impl Iterator<Item = &'a Op> {
        self.sample.ops.iter()
    }

    /// The first operation had ended when the second began.
    fn before(&self, a: &Op, b: &Op) -> bool {
        self.ended[a.id.index()] < self.began[b.id.index()]
    }

    fn survives(&self, op: &Op) -> bool {
        self.sample.survives[op.id.index()]
    }

    fn written(op: &Op) -> Option<Position> {
        op.acknowledged().map(|(at, _)| at)
    }

    /// What an operation wrote or read.
    fn stands(op: &Op) -> Option<Position> {
        Self::written(op).or_else(|| op.returned().flatten().map(|version| version.at))
    }

    /// Of the operations of the same session that had ended, those that fit: whether one stands above this position.
    fn above(&self, op: &Op, at: Position, fits: impl Fn(&Op) -> bool) -> bool {
        let earlier = self.ops().filter(|other| other.session == op.session && self.before(other, op) && fits(other));
        earlier.filter_map(Self::stands).any(|other| other > at)
    }

    pub(crate) fn read_your_writes(&self, op: &Op) -> bool {
        op.version_read().is_some_and(|at| self.above(op, at, |other| other.key == op.key && other.is_write()))
    }

    pub(crate) fn monotonic_reads(&self, op: &Op) -> bool {
        op.version_read().is_some_and(|at| self.above(op, at, |other| other.key == op.key && !other.is_write()))
    }

    pub(crate) fn monotonic_writes(&self, op: &Op) -> bool {
        let order = |at| self.above(op, at, |other| other.group == op.group && other.is_write());
        Self::written(op).is_some_and(order) || self.shows_a_hole(op, |other| Self::written(other).is_some())
    }

    pub(crate) fn writes_follow_reads(&self, op: &Op) -> bool {
        let order = |at| self.above(op, at, |other| other.group == op.group && !other.is_write());
        Self::written(op).is_some_and(order) || self.shows_a_hole(op, |other| other.returned().flatten().is_some())
    }

    /// The replica of this read had shown a session's write, and now lacks what that session had done before. Of the writes that it had
    /// shown the one with the most behind it counts, the first if there are several; and only if the replica still claims to have it.
    fn shows_a_hole(&self, read: &Op, counts: impl Fn(&Op) -> bool) -> bool {
        let Some(End { outcome: Outcome::Value { applied, .. }, replica, .. }) = read.end else { return false };
        let returned = read.version_read().unwrap_or_default();
        let past = |write: &Op| -> Vec<&Op> {
            let fits = |other: &&Op| {
                other.session == write.session && self.before(other, write) && counts(other) && self.survives(other)
            };
            self.ops().filter(fits).collect()
        };
        self.ops().any(|writer| {
            let mut shown: Vec<(usize, usize, &Op, Position)> = Vec::new();
            for other in self.ops().filter(|other| self.before(other, read) && other.end.is_some_and(|e| e.replica == replica)) {
                let Some(version) = other.returned().flatten() else { continue };
                let Some(write) = self.sample.ops.get(version.op.index()) else { continue };
                if write.session == writer.session {
                    shown.push((past(write).len(), usize::MAX - self.ended[other.id.index()], write, version.at));
                }
            }
            let Some((.., write, at)) = shown.into_iter().max_by_key(|(most, first, ..)| (*most, *first)) else { return false };
            let lacks = |other: &&Op| other.key == read.key && Self::stands(other).is_some_and(|at| at > returned);
            applied >= at && past(write).iter().any(lacks)
        })
    }

    /// All operations that the session of this one knew of when it began: its own, and those of the writers of what it had read.
    fn known(&self, op: &Op) -> Vec<&'a Op> {
        let mut known: Vec<&Op> = Vec::new();
        let mut at_hand: Vec<&Op> = vec![op];
        let mut done: Vec<u32> = Vec::new();
        while let Some(next) = at_hand.pop() {
            if done.contains(&next.id.0) {
                continue;
            }
            done.push(next.id.0);
            for other in self.ops().filter(|other| other.session == next.session && self.before(other, next)) {
                known.push(other);
                let writer = other.returned().flatten().and_then(|version| self.sample.ops.get(version.op.index()));
                at_hand.extend(writer);
            }
        }
        known
    }

    pub(crate) fn causal(&self, op: &Op) -> bool {
        let Some(returned) = op.version_read() else { return false };
        let counts = |other: &&&Op| other.key == op.key && self.survives(other);
        self.known(op).iter().filter(counts).any(|other| Self::stands(other).is_some_and(|at| at > returned))
    }

    pub(crate) fn consistent_prefix(&self, op: &Op) -> bool {
        let Some(returned) = op.version_read() else { return false };
        let across = self.sample.groups > 1;
        let own = |other: &&&Op| across || (other.session == op.session && self.before(other, op));
        let floor = |group: GroupId| {
            let known = self.known(op);
            known.iter().filter(own).filter(|other| other.group == group).filter_map(|other| Self::stands(other)).max()
        };
        let Some(floor) = floor(op.group) else { return false };
        let versions = self.ops().filter(|other| other.key == op.key).filter_map(Self::stands);
        versions.into_iter().any(|at| at <= floor && at > returned)
    }

    pub(crate) fn linearizability(&self, op: &Op) -> bool {
        let judged = |op: &Op| matches!(op.kind, Kind::Read(Some(ReadMode::Leader)));
        let (Some(returned), true) = (op.version_read(), judged(op)) else { return false };
        let shown = self.ops().filter(|other| other.key == op.key && self.before(other, op));
        shown.filter(|other| other.is_write() || judged(other)).filter_map(Self::stands).any(|at| at > returned)
    }

    /// The acknowledged newer versions of the key, by when that was.
    fn missed(&self, op: &Op) -> Vec<u64> {
        let Some(returned) = op.version_read() else { return Vec::new() };
        let newer = |other: &&Op| other.key == op.key && self.before(other, op) && self.survives(other);
        let times = self.ops().filter(newer).filter_map(|other| other.acknowledged());
        times.filter(|(at, _)| *at > returned).map(|(_, time)| time.0).collect()
    }

    pub(crate) fn bounded(&self, op: &Op, bound: Bound) -> bool {
        let missed = self.missed(op);
        let beyond = match (bound, missed.iter().min()) {
            (Bound::Time(most), Some(first)) => op.invoked.0 - first > most.0,
            (Bound::Entries(most), _) => missed.len() as u64 > most,
            (Bound::Time(_), None) => false,
        };
        beyond && op.kind == Kind::Read(Some(ReadMode::BoundedStaleness))
    }

    pub(crate) fn split_brain(&self, op: &Op) -> bool {
        let Some(at) = Self::written(op) else { return false };
        let earlier = self.ops().filter(|other| other.group == op.group && self.before(other, op));
        earlier.filter_map(Self::written).any(|other| other.epoch > at.epoch)
    }

    pub(crate) fn lost(&self, op: &Op) -> bool {
        Self::written(op).is_some() && !self.survives(op)
    }

    pub(crate) fn dirty(&self, op: &Op) -> bool {
        op.returned().flatten().is_some() && !self.survives(op)
    }

    pub(crate) fn aborted(&self, op: &Op) -> bool {
        let writer = op.returned().flatten().and_then(|version| self.sample.ops.get(version.op.index()));
        writer.is_some_and(|writer| matches!(writer.end, Some(End { outcome: Outcome::Rejected(_), .. })))
    }

    pub(crate) fn thin_air(&self, op: &Op) -> bool {
        let Some(version) = op.returned().flatten() else { return false };
        let real = |other: &Op| other.id == version.op && other.key == op.key && other.kind == Kind::Write(version.value);
        !self.ops().any(real)
    }
}
