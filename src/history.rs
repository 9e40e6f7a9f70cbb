//! The client-visible record of a run: operations, as invoked and as completed.
//!
//! The vocabulary is Jepsen's (`invoke`, `ok`, `fail`, `info`), with one thing added that only a simulator knows: the version that a
//! write got and that a read returned, so that versions are ordered without guessing. A store with one leader stamps with positions in
//! its log, which stand in the operation itself. Other stamps, siblings and contexts stand in the history's arena, and an operation has
//! ranges of it.

mod arbitration;
mod fate;
mod sibling;

pub use arbitration::Arbitration;
pub use fate::{By, Fate, Fates};
pub use sibling::{Returned, Sibling};

use crate::family::GroupId;
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::operation::{Completed, Demand, Invocation, Kind, Outcome, Started, Version};
use crate::router::{Bound, Guarantees, ReadMode};
use crate::time::{SimDuration, SimTime};
pub use crate::version::Scope;
use crate::version::{Arena, Range, Stamp};

/// One operation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Its number in the run, in the order in which clients were told.
    pub id: OpId,
    /// The client.
    pub client: NodeId,
    /// The session, and how often it has begun anew: guarantees hold within one such pair.
    pub session: (u32, u32),
    /// The key.
    pub key: KeyId,
    /// The key's group.
    pub group: GroupId,
    /// What was asked for.
    pub kind: Kind,
    /// The session's token for the group at the start.
    pub token: Position,
    /// The versions that its client sent along as what it had seen of the key; none where the token says it.
    pub context: Range,
    /// What had to be so where a write was carried out.
    pub demand: Demand,
    /// When it started; when it was asked for, if it has not.
    pub invoked: SimTime,
    /// How it ended, if it did.
    pub end: Option<End>,
}

/// The end of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: SimTime,
    /// How.
    pub outcome: Outcome,
    /// The replica that answered.
    pub replica: Option<NodeId>,
    /// How many attempts it took.
    pub attempts: u8,
}

impl Op {
    /// The record of an operation that a client has been told to do.
    #[must_use]
    pub fn requested(at: SimTime, client: NodeId, group: GroupId, invocation: &Invocation) -> Op {
        let Invocation { op: id, session, key, kind, demand, .. } = *invocation;
        let (token, context) = (Position::ZERO, Range::EMPTY);
        Op { id, client, session: (session, 0), key, group, kind, token, context, demand, invoked: at, end: None }
    }

    /// Adds the start. A client that does one thing at a time starts an operation later than it is told to.
    pub fn start(&mut self, at: SimTime, started: &Started) {
        self.invoked = at;
        self.session.1 = started.session_number;
        self.token = started.token;
        self.context = started.context;
    }

    /// Adds the end.
    pub fn complete(&mut self, at: SimTime, completed: &Completed) {
        let Completed { outcome, replica, attempts, .. } = *completed;
        self.end = Some(End { at, outcome, replica, attempts });
    }

    /// The mode of a read, if `default` is that of reads that name none.
    #[must_use]
    pub fn reads_in(&self, default: ReadMode) -> Option<ReadMode> {
        match self.kind {
            Kind::Read(mode) => Some(mode.unwrap_or(default)),
            Kind::Write(_) => None,
        }
    }

    /// Whether it is a write.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self.kind, Kind::Write(_))
    }

    /// The position of an acknowledged write, and when it was acknowledged; none of a write that has another stamp, see
    /// [`History::acknowledged`].
    #[must_use]
    pub fn acknowledged(&self) -> Option<(Position, SimTime)> {
        match self.end {
            Some(End { outcome: Outcome::Written { at }, at: time, .. }) => Some((at, time)),
            _ => None,
        }
    }

    /// What an answered read of a store with one leader returned: the version, if the key had one. See [`History::returned`].
    #[must_use]
    pub fn returned(&self) -> Option<Option<Version>> {
        match self.end {
            Some(End { outcome: Outcome::Value { found, .. }, .. }) => Some(found),
            _ => None,
        }
    }

    /// The position that an answered read returned; zero for "no value".
    #[must_use]
    pub fn version_read(&self) -> Option<Position> {
        self.returned().map(|found| found.map_or(Position::ZERO, |v| v.at))
    }

    /// Whether it was acknowledged, if it is a write, or answered, if it is a read.
    #[must_use]
    pub fn ended_well(&self) -> bool {
        match self.end.map(|end| end.outcome) {
            Some(Outcome::Written { .. } | Outcome::Value { .. } | Outcome::Stamped { .. } | Outcome::Siblings { .. }) => true,
            Some(Outcome::Rejected(_) | Outcome::Indeterminate(_)) | None => false,
        }
    }

    /// How long it took, if it has ended.
    #[must_use]
    pub fn latency(&self) -> Option<SimDuration> {
        self.end.map(|end| end.at.since(self.invoked))
    }
}

/// A run as its clients saw it: the operations, and the order in which they started and ended.
///
/// The order is that of the record, not of the clock: the end of one operation and the start of the next may share a
/// microsecond, and still one came before the other.
#[derive(Clone, Debug, Default)]
pub struct History<'a> {
    /// The operations, by number.
    pub ops: &'a [Op],
    /// What happened, in order.
    pub events: Vec<Event>,
    /// How many groups there are.
    pub groups: usize,
    /// The mode of reads that name none.
    pub mode: ReadMode,
    /// How far behind the reads with a bound may be.
    pub bound: Bound,
    /// What reads in the mode of chosen guarantees ask for.
    pub guarantees: Guarantees,
    /// The rows that leaders changed for the statements of operations, in the order of operations.
    pub rows: Vec<(OpId, KeyId)>,
    /// The statements that add a row.
    pub inserts: Vec<u32>,
    /// The versions that do not stand in the operations themselves.
    pub versions: Arena<Sibling>,
    /// How far the stamps reach.
    pub scope: Scope,
    /// Whether several leaders take writes: no read promises the one order of a log.
    pub concurrent: bool,
    /// Whether the quorums of all reads and writes overlap: each read promises what was acknowledged before it began.
    pub overlap: bool,
    /// The keys of which readers are shown what a rule makes of all versions.
    pub merged: Vec<KeyId>,
    /// Of several leaders: what decides between versions; none if that is not known.
    pub arbitration: Option<Arbitration>,
    /// The names of those who count in stamps, by number.
    pub actors: Vec<String>,
}

impl History<'_> {
    /// The stamp of an acknowledged write, and when it was acknowledged.
    #[must_use]
    pub fn acknowledged(&self, op: &Op) -> Option<(Stamp, SimTime)> {
        let End { at: time, outcome, .. } = op.end?;
        match outcome {
            Outcome::Written { at } => Some((Stamp::Position(at), time)),
            Outcome::Stamped { version } => Some((self.versions.get(version).first()?.stamp.clone(), time)),
            Outcome::Value { .. } | Outcome::Siblings { .. } | Outcome::Rejected(_) | Outcome::Indeterminate(_) => None,
        }
    }

    /// The stamp of an acknowledged write.
    #[must_use]
    pub fn stamp_of(&self, op: &Op) -> Option<Stamp> {
        self.acknowledged(op).map(|(stamp, _)| stamp)
    }

    /// The versions that an answered read returned.
    #[must_use]
    pub fn returned(&self, op: &Op) -> Option<Returned<'_>> {
        match op.end?.outcome {
            Outcome::Value { found, .. } => Some(found.map_or(Returned::Nothing, |version| Returned::One(version.into()))),
            Outcome::Siblings { found, .. } => Some(Returned::Several(self.versions.get(found))),
            Outcome::Written { .. } | Outcome::Stamped { .. } | Outcome::Rejected(_) | Outcome::Indeterminate(_) => None,
        }
    }

    /// The versions that an operation carried as context.
    #[must_use]
    pub fn context(&self, op: &Op) -> &[Sibling] {
        self.versions.get(op.context)
    }

    /// Where a version that was returned stands: where its writer was told, if it was; a faulty replica may say something else. Another leader may
    /// have written it anew, behind what the writer was told.
    #[must_use]
    pub fn stands(&self, sibling: &Sibling) -> Stamp {
        let told = self.ops.get(sibling.op.index()).and_then(|op| self.stamp_of(op));
        told.filter(|told| !(self.concurrent && sibling.stamp.covers(told))).unwrap_or_else(|| sibling.stamp.clone())
    }

    /// Whether some version of an answer covers a required one, each taken for where it [stands](History::stands).
    #[must_use]
    pub fn covers(&self, returned: &Returned<'_>, required: &Stamp) -> bool {
        returned.siblings().iter().any(|sibling| self.stands(sibling).covers(required))
    }

    /// Whether the replica that answered a read had applied a version; not known of a store that does not say how far its replicas are.
    #[must_use]
    pub fn had_applied(&self, read: &Op, stamp: &Stamp) -> bool {
        match read.end.map(|end| end.outcome) {
            Some(Outcome::Value { applied, .. }) => Stamp::Position(applied).covers(stamp),
            Some(Outcome::Siblings { applied, .. }) => {
                // What a replica of several leaders has applied beyond a gap is told by its dot, without what came before.
                let is = |known: &Stamp| match (known, stamp) {
                    (Stamp::Dotted(known), Stamp::Dotted(version)) => self.concurrent && known.dot() == version.dot(),
                    _ => false,
                };
                self.versions.get(applied).iter().any(|known| is(&known.stamp) || has_applied(&known.stamp, stamp))
            }
            Some(Outcome::Written { .. } | Outcome::Stamped { .. } | Outcome::Rejected(_) | Outcome::Indeterminate(_)) | None => {
                false
            }
        }
    }

    /// Whether a read lacks nothing of a version: it shows it, or something later. Of several leaders a replica that has applied a version may
    /// show another one that wins over it, or nothing, once it has applied a deletion that came after it: who holds a write has it (Terry et
    /// al. 1994 ask what a server holds). Who shows something else, or nothing at all, has applied it in vain. Where nobody says what
    /// decides, whatever is shown may have won.
    #[must_use]
    pub fn has(&self, read: &Op, shown: bool, required: &Stamp) -> bool {
        let wins = |sibling: &Sibling| match &self.arbitration {
            Some(arbitration) => arbitration.prefers(read.key, &sibling.stamp, required),
            None => true,
        };
        let another = || match self.returned(read).as_ref().map(Returned::siblings) {
            None => false,
            Some([]) => self.was_deleted(read, required),
            Some(siblings) => siblings.iter().any(wins),
        };
        shown || (self.concurrent && another() && self.had_applied(read, required))
    }

    /// Whether the replica of a read had applied a deletion of the key that came after a version, or may have: of one without an answer nobody knows.
    fn was_deleted(&self, read: &Op, version: &Stamp) -> bool {
        let of_key = |op: &&Op| op.key == read.key && self.deletes(op.id);
        self.ops.iter().filter(of_key).any(|op| match self.stamp_of(op) {
            Some(stamp) => stamp.covers(version) && self.had_applied(read, &stamp),
            None => !matches!(op.end.map(|end| end.outcome), Some(Outcome::Rejected(_))) && op.invoked <= read.invoked,
        })
    }

    /// Whether an operation is a deletion.
    #[must_use]
    pub fn deletes(&self, op: OpId) -> bool {
        self.ops.get(op.index()).is_some_and(|op| op.kind == Kind::Write(Value::Nothing))
    }

    /// The place of an operation among those whose stamps order each other: its group, or its key, which of a new row is the row.
    #[must_use]
    pub fn place(&self, op: &Op) -> usize {
        match self.scope {
            Scope::Group => op.group.index(),
            Scope::Key => self.keys_of(op).next().unwrap_or(op.key).0 as usize,
        }
    }

    /// The keys that an operation is about: the rows that its statement changed, or else the key that it names.
    pub fn keys_of(&self, op: &Op) -> impl Iterator<Item = KeyId> {
        let mut rows = self.rows_of(op.id).peekable();
        let named = rows.peek().is_none().then_some(op.key);
        rows.chain(named)
    }

    /// The rows that an operation's statement changed.
    pub fn rows_of(&self, op: OpId) -> impl Iterator<Item = KeyId> {
        rows_of(&self.rows, op)
    }
}

/// Whether a replica that has applied so much has applied a version.
fn has_applied(applied: &Stamp, version: &Stamp) -> bool {
    match (applied, version) {
        (Stamp::Vector(applied), Stamp::Dotted(version)) => applied.get(version.dot().actor) >= version.dot().count,
        _ => applied.covers(version),
    }
}

/// Of rows in the order of operations, those of one operation.
pub(crate) fn rows_of(rows: &[(OpId, KeyId)], op: OpId) -> impl Iterator<Item = KeyId> {
    let first = rows.partition_point(|(other, _)| *other < op);
    rows[first..].iter().take_while(move |(other, _)| *other == op).map(|(_, key)| *key)
}

/// The start or the end of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It started.
    Invoke(OpId),
    /// It ended.
    Complete(OpId),
}
