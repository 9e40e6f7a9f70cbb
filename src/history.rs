//! The client-visible record of a run: operations, as invoked and as completed.
//!
//! The vocabulary is Jepsen's (`invoke`, `ok`, `fail`, `info`), with one thing added that only a simulator knows: the position in
//! the log that a write got and that a read returned, so that versions are ordered without guessing.

use crate::family::GroupId;
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::operation::{Completed, Invocation, Kind, Outcome, Started, Version};
use crate::router::{Bound, Guarantees, ReadMode};
use crate::time::{SimDuration, SimTime};

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
        let Invocation { op: id, session, key, kind, .. } = *invocation;
        Op { id, client, session: (session, 0), key, group, kind, token: Position::ZERO, invoked: at, end: None }
    }

    /// Adds the start. A client that does one thing at a time starts an operation later than it is told to.
    pub fn start(&mut self, at: SimTime, started: &Started) {
        self.invoked = at;
        self.session.1 = started.session_number;
        self.token = started.token;
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

    /// The position of an acknowledged write, and when it was acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> Option<(Position, SimTime)> {
        match self.end {
            Some(End { outcome: Outcome::Written { at }, at: time, .. }) => Some((at, time)),
            _ => None,
        }
    }

    /// What an answered read returned: the version, if the key had one.
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
}

impl History<'_> {
    /// The rows that an operation's statement changed.
    pub fn rows_of(&self, op: OpId) -> impl Iterator<Item = KeyId> {
        rows_of(&self.rows, op)
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
