//! The client-visible record of a run: operations, as invoked and as completed.
//!
//! The vocabulary is Jepsen's (`invoke`, `ok`, `fail`, `info`), with one thing added that only a simulator knows: the position in
//! the log that a write got and that a read returned, so that versions are ordered without guessing.

use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::protocol::{Completed, GroupId, Kind, Outcome, Started, Version};
use crate::time::{SimDuration, SimTime};

/// One operation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Its number in the run, in the order of invocation.
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
    /// When it started.
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
    /// The record of an operation that has just started.
    #[must_use]
    pub fn started(id: OpId, at: SimTime, client: NodeId, group: GroupId, started: &Started) -> Op {
        let Started { invocation, session_number, token } = *started;
        let session = (invocation.session, session_number);
        Op { id, client, session, key: invocation.key, group, kind: invocation.kind, token, invoked: at, end: None }
    }

    /// Adds the end.
    pub fn complete(&mut self, at: SimTime, completed: &Completed) {
        let Completed { outcome, replica, attempts, .. } = *completed;
        self.end = Some(End { at, outcome, replica, attempts });
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
