//! The record of a run: what was sent, what arrived, what the nodes noted, and the client operations.
//!
//! A trace is never read back from a file: the scenario is, and the trace is computed from it again. Its digest stands for
//! the whole of it; two runs with equal digests did the same things in the same order. Records are small and fixed in size,
//! so that a run of a million events can be kept whole.

mod packed;

use packed::Packed;

use crate::family::{Fact, Label};
use crate::history::{Event, Op, Sibling};
use crate::log::OpId;
use crate::lsn::Lsn;
use crate::network::{Loss, NodeId};
use crate::operation::Outcome;
use crate::time::SimTime;
use crate::version::{Arena, Range};

/// The number of a message in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsgId(pub u32);

/// The most records that a trace keeps; the run stops there, and says so.
pub const RECORDS_MAX: usize = 8_000_000;

/// The most entries that the replicas of a run may come to hold, each copy counted; the run stops there, and says so. A statement that is
/// being carried out is finished: it adds an entry for each key at most. In a run of single writes the records are full long before.
pub const ENTRIES_MAX: u64 = 4_000_000;

/// One thing that happened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: SimTime,
    packed: Packed,
}

impl Record {
    /// The operation that ended, if that is what happened. All starts and ends of a run stand in [`Trace::events`].
    #[must_use]
    #[inline]
    pub fn completed(&self) -> Option<OpId> {
        self.packed.completed()
    }

    /// Whether a message was taken in by its receiver.
    #[inline]
    pub(crate) fn is_arrival(&self) -> bool {
        self.packed.is_arrival()
    }

    /// What.
    #[must_use]
    pub fn what(&self) -> What {
        self.packed.what(self.at)
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {:?}", self.at, self.what())
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An event of the script took effect; the number is its place in the scenario's script.
    Action(u32),
    /// A client started an operation.
    Started(OpId),
    /// A client's operation ended.
    Completed(OpId),
    /// A message was sent.
    Sent(Sent),
    /// A message was taken in by its receiver.
    Arrived(MsgId),
    /// A message was lost.
    Lost(MsgId, Loss),
    /// A message waits in the network until its link is released.
    Held(MsgId),
    /// A held message goes on; it is due at this time.
    Released(MsgId, SimTime),
    /// A node noted a fact.
    Noted(NodeId, Fact),
    /// A node lost its power, and its entries after the first number up to the second.
    Crashed(NodeId, Lsn, Lsn),
    /// A node came back.
    Restarted(NodeId),
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its number.
    pub msg: MsgId,
    /// Who sent it.
    pub src: NodeId,
    /// To whom.
    pub dst: NodeId,
    /// What it is.
    pub label: Label,
    /// When it is due; `None` if it was lost or held at once.
    pub due: Option<SimTime>,
}

/// A number that stands for a whole trace: a running mix of every record, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Digest(pub u64);

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Digest {
    #[inline]
    fn fold(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }

    fn op(&mut self, op: &Op) {
        let Some(end) = op.end else { return };
        let (kind, at, value) = match end.outcome {
            Outcome::Written { at } => (1, at, 0),
            Outcome::Value { found, applied } => (2, applied, found.map_or(0, |v| 1 + u64::from(v.op.0))),
            // What the ranges stand for is folded by whoever fills the arena.
            Outcome::Stamped { version } => (5, op.token, version.count() as u64),
            Outcome::Siblings { found, .. } => (6, op.token, found.count() as u64),
            Outcome::Rejected(reason) => (3, op.token, reason as u64),
            Outcome::Indeterminate(reason) => (4, op.token, reason as u64),
        };
        self.fold(kind | (u64::from(end.attempts) << 8) | (u64::from(op.session.1) << 32));
        self.fold(at.lsn.0 ^ (u64::from(at.epoch.0) << 48));
        self.fold(value);
    }
}

/// What a run leaves behind.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Everything that happened, in order.
    pub records: Vec<Record>,
    /// Where each step of the simulation starts in `records`. A step is one event and all that followed from it at once.
    pub steps: Vec<u32>,
    /// The client operations, in the order in which the clients were told to do them.
    pub ops: Vec<Op>,
    /// The starts and ends of operations, in order: what checkers go by. Kept beside the records, because looking for them there reads ten
    /// times as much memory as a check (`benches/simulation.rs`).
    pub events: Vec<Event>,
    /// The places in `records` of what tells of a change of leaders, or of what one had discarded.
    pub handovers: Vec<u32>,
    /// The versions of operations that do not stand in the operations themselves: those that may be concurrent, and contexts.
    pub versions: Arena<Sibling>,
    /// Stands for all that happened; versions are no part of it.
    pub digest: Digest,
    /// How many entries leaders put into their logs, each counted once for every replica that will hold it.
    pub entries: u64,
    /// Whether the run stopped because the trace was full, or the logs were.
    pub full: bool,
    muted: bool,
    /// How many replicas will hold an entry; 0 stands for one.
    copies: u64,
}

impl Trace {
    /// A trace that keeps nothing, for running a simulation only for the sake of its state.
    #[must_use]
    pub fn muted() -> Trace {
        Trace { muted: true, ..Trace::default() }
    }

    /// A trace of groups with so many replicas at most.
    #[must_use]
    pub fn of_groups(replicas: usize) -> Trace {
        Trace { copies: replicas as u64, ..Trace::default() }
    }

    /// What is full, if the run stopped because of that.
    #[must_use]
    pub fn what_is_full(&self) -> String {
        if self.entries >= ENTRIES_MAX {
            format!("its logs are full ({} entries)", self.entries)
        } else {
            format!("its record is full ({} records)", self.records.len())
        }
    }

    /// A trace with room for about so many events. Growing copies what is there, and touches fresh memory for it each time.
    #[must_use]
    pub fn with_room(events: u64) -> Trace {
        let events = usize::try_from(events).unwrap_or(RECORDS_MAX).min(RECORDS_MAX / 4);
        Trace {
            records: Vec::with_capacity(4 * events),
            steps: Vec::with_capacity(events),
            ops: Vec::with_capacity(events / 2),
            events: Vec::with_capacity(events),
            ..Trace::default()
        }
    }

    /// Makes room for about so many records more.
    pub(crate) fn make_room(&mut self, records: usize) {
        self.records.reserve(records.min(RECORDS_MAX));
    }

    /// Opens a step; one that turns out to hold nothing is dropped again.
    #[inline]
    pub fn open_step(&mut self) {
        let here = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        if !self.muted && self.steps.last() != Some(&here) {
            self.steps.push(here);
        }
    }

    /// Adds a record. Inlined, because whoever adds one knows its kind: what is left of packing there are shifts.
    #[inline(always)]
    pub fn push(&mut self, at: SimTime, what: What) {
        if let What::Noted(_, fact) = what
            && fact.adds_an_entry()
        {
            self.count_entry();
        }
        let packed = Packed::of(at, what);
        if packed.tells_of_failover() {
            self.mark_handover();
        }
        let (kind, a, b) = packed.words();
        self.keep(at, kind, a, b);
    }

    /// Adds the record of a message, whose label is in words already.
    #[inline(always)]
    pub(crate) fn sent(&mut self, at: SimTime, msg: MsgId, ends: (NodeId, NodeId), label: (u64, u64), due: Option<SimTime>) {
        let (kind, a, b) = Packed::sent(at, msg, ends, label, due).words();
        self.keep(at, kind, a, b);
    }

    /// Adds what is in words. Never inlined: some twenty places keep records, and code that is there once stays in the processor's cache
    /// (`benches/kernel.rs` under callgrind with a cache of 32 kB: half of all misses of instructions).
    #[inline(never)]
    fn keep(&mut self, at: SimTime, kind: u64, a: u64, b: u64) {
        if self.muted {
            return;
        }
        if self.records.len() == self.records.capacity() {
            return self.keep_in_more_room(at, kind, a, b);
        }
        let packed = Packed::of_words(kind, a, b);
        packed.digest(at, &mut self.digest);
        self.records.push(Record { at, packed });
        if self.records.len() >= RECORDS_MAX {
            self.full = true;
        }
    }

    /// The same after making room: apart, so that what is done every time needs no registers saved.
    #[cold]
    #[inline(never)]
    fn keep_in_more_room(&mut self, at: SimTime, kind: u64, a: u64, b: u64) {
        self.records.reserve(1);
        self.keep(at, kind, a, b);
    }

    /// Takes note of the place of the next record.
    #[cold]
    fn mark_handover(&mut self) {
        if !self.muted {
            self.handovers.push(u32::try_from(self.records.len()).unwrap_or(u32::MAX));
        }
    }

    fn count_entry(&mut self) {
        if !self.muted {
            self.entries += self.copies.max(1);
            self.full |= self.entries >= ENTRIES_MAX;
        }
    }

    /// Adds an operation that a client has been told to do.
    pub fn request(&mut self, op: Op) {
        if !self.muted {
            assert_eq!(op.id.index(), self.ops.len(), "operations are numbered in the order of request");
            self.ops.push(op);
        }
    }

    /// Keeps the versions of an operation, and returns where they stand. They are a part of the digest.
    pub fn keep_versions(&mut self, versions: &[Sibling]) -> Range {
        if self.muted {
            return Range::EMPTY;
        }
        for version in versions {
            self.digest.fold(u64::from(version.op.0));
            version.stamp.words().for_each(|word| self.digest.fold(word));
        }
        self.versions.add(versions.iter().cloned())
    }

    /// Adds the start of an operation.
    pub fn start(&mut self, at: SimTime, started: &crate::operation::Started) {
        if !self.muted {
            self.ops[started.op.index()].start(at, started);
            self.events.push(Event::Invoke(started.op));
            self.push(at, What::Started(started.op));
        }
    }

    /// Adds the end of an operation.
    pub fn complete(&mut self, at: SimTime, completed: &crate::operation::Completed) {
        if self.muted {
            return;
        }
        let op = &mut self.ops[completed.op.index()];
        op.complete(at, completed);
        self.digest.op(op);
        self.events.push(Event::Complete(completed.op));
        self.push(at, What::Completed(completed.op));
    }

    /// The records that tell of a change of leaders, or of what one had discarded.
    pub(crate) fn told_of_handovers(&self) -> impl Iterator<Item = &Record> {
        self.handovers.iter().filter_map(|place| self.records.get(*place as usize))
    }

    /// The records between two times, the first included, the second not.
    #[must_use]
    pub fn between(&self, from: SimTime, to: SimTime) -> &[Record] {
        let start = self.records.partition_point(|r| r.at < from);
        let end = self.records.partition_point(|r| r.at < to);
        &self.records[start..end.max(start)]
    }

    /// How many steps had happened at a moment. A last step that recorded nothing does not count.
    #[must_use]
    pub fn steps_until(&self, at: SimTime) -> usize {
        self.steps.partition_point(|start| self.records.get(*start as usize).is_some_and(|r| r.at <= at))
    }

    /// The time of a step.
    #[must_use]
    pub fn step_at(&self, step: usize) -> Option<SimTime> {
        self.records.get(*self.steps.get(step)? as usize).map(|r| r.at)
    }
}
