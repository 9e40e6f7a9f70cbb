//! Client operations, of whatever family the replicas are: what a client is told to do, how it starts, and how it ends.
//!
//! An outcome follows Jepsen's three kinds: an operation happened, did not happen, or nobody can say. Kept by the history
//! of a run, by clients and by checkers; nothing here knows how a value came to be where it was read.

use crate::crdt::UpdateError;
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::version::{Range, Stamp};

/// One attempt at a client operation. A client that tries again counts the attempts, and answers carry the number back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The operation.
    pub op: OpId,
    /// A number that names the operation in every run of the scenario, whatever the read mode: client and place in its work.
    pub identity: u64,
    /// 0 for the first attempt.
    pub number: u8,
}

/// An operation that a client is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Its number in the run.
    pub op: OpId,
    /// A name for it that does not depend on the read mode.
    pub identity: u64,
    /// The session it belongs to.
    pub session: u32,
    /// The key.
    pub key: KeyId,
    /// What to do.
    pub kind: Kind,
    /// A random word, for choices among replicas.
    pub dice: u64,
    /// The replica to go to first, if the caller chose one.
    pub prefer: Option<NodeId>,
    /// What must be so where a write is carried out.
    pub demand: Demand,
}

impl Invocation {
    /// Whether it is a write.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self.kind, Kind::Write(_))
    }
}

/// What a client is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The key.
    pub key: KeyId,
    /// What to do.
    pub kind: Kind,
    /// The replica to go to first, if the caller chose one.
    pub prefer: Option<NodeId>,
    /// What must be so where a write is carried out.
    pub demand: Demand,
}

impl Request {
    /// Does this to a key, wherever the client's router says.
    #[must_use]
    pub fn new(key: KeyId, kind: Kind) -> Request {
        Request { key, kind, prefer: None, demand: Demand::Nothing }
    }
}

/// What must be so where a write is carried out: otherwise it is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demand {
    /// Nothing.
    #[default]
    Nothing,
    /// The key has no value.
    Absent,
    /// The key has a value. It has to have one wherever the change arrives, too: a change of a row that is not there changes nothing.
    Present,
    /// The key has this value.
    Equals(Value),
    /// The sum is at least this afterwards.
    AtLeast(i64),
}

/// One version of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// Which others it comes after.
    pub stamp: Stamp,
    /// The value.
    pub value: Value,
    /// The operation that wrote it.
    pub op: OpId,
}

impl From<Version> for Sibling {
    fn from(version: Version) -> Sibling {
        Sibling { stamp: Stamp::Position(version.at), value: version.value, op: version.op }
    }
}

/// Read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Set the key to a value.
    Write(Value),
    /// Read the key; the mode overrides the client's.
    Read(Option<crate::router::ReadMode>),
}

/// The value of a key and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Where it was written.
    pub at: Position,
    /// The value.
    pub value: Value,
    /// The operation that wrote it.
    pub op: OpId,
}

/// The start of an operation, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// Which operation.
    pub op: OpId,
    /// The session's number; it grows when a session is lost and begins anew.
    pub session_number: u32,
    /// The session's token for the key's group.
    pub token: Position,
    /// What its client sent along as what it had seen of the key, in the arena of the history; none where the token says it.
    pub context: Range,
}

/// The end of an operation, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which operation.
    pub op: OpId,
    /// How it ended.
    pub outcome: Outcome,
    /// The replica that answered, if one did.
    pub replica: Option<NodeId>,
    /// How many attempts it took.
    pub attempts: u8,
}

/// How an operation ended. Only `Written` owes durability; `Indeterminate` may have happened, may happen later, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A write was acknowledged.
    Written {
        /// Where it stands.
        at: Position,
    },
    /// A read was answered.
    Value {
        /// What was found.
        found: Option<Version>,
        /// How far the replica had applied the log.
        applied: Position,
    },
    /// A write was acknowledged by a store whose versions are not positions in one log.
    Stamped {
        /// Its version, in the arena of the history; behind it those that its leader held beside it, if the answer says.
        version: Range,
    },
    /// A read was answered by such a store.
    Siblings {
        /// The versions that were returned, in the arena of the history.
        found: Range,
        /// What the replica said that it had applied; none if it does not say.
        applied: Range,
    },
    /// Certainly not executed.
    Rejected(Reason),
    /// Nobody can say (Jepsen's `info`).
    Indeterminate(Reason),
}

/// Why an operation did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No answer in time.
    TimedOut,
    /// No replica that was asked leads the group.
    NoLeader,
    /// The leader was deposed while the write waited.
    Deposed,
    /// No replica had applied what the session's token asks for.
    NoReplicaFreshEnough,
    /// The session's writes or reads were discarded by a failover.
    SessionLost,
    /// What the write demands was not so where it was to be carried out.
    ConditionFailed,
    /// Fewer replicas answered in time than the operation needs. A write may be at some of them, and is not taken back.
    TooFewAnswers,
    /// Fewer replicas were believed to be up than the operation needs, so that it was not begun.
    TooFewReplicas,
    /// What was to be removed from replicated data is not there.
    NotAnElement,
    /// A vertex that was named is not there.
    NoSuchVertex,
    /// An edge that was named is not there.
    NoSuchEdge,
    /// A vertex that was to be removed still has edges.
    VertexHasEdges,
    /// An index lies beyond the end of a text.
    OutOfBounds,
    /// The leader holds too few rights.
    NoRights,
    /// A counter has no number left.
    Exhausted,
}

impl Reason {
    /// Why a leader refused an update of replicated data: the precondition that failed there.
    #[must_use]
    pub fn of(error: UpdateError) -> Reason {
        match error {
            UpdateError::NotAnElement => Reason::NotAnElement,
            UpdateError::NoSuchVertex => Reason::NoSuchVertex,
            UpdateError::NoSuchEdge => Reason::NoSuchEdge,
            UpdateError::VertexHasEdges => Reason::VertexHasEdges,
            UpdateError::OutOfBounds { .. } => Reason::OutOfBounds,
            UpdateError::NoRights { .. } => Reason::NoRights,
            UpdateError::Exhausted => Reason::Exhausted,
            // No type that a key can have asks for these where an update is made.
            UpdateError::NoPath | UpdateError::Sentinel | UpdateError::CauseMissing => Reason::ConditionFailed,
        }
    }
}

/// What a client has waited for too long when it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Its oldest write.
    Write,
    /// Its oldest attempt at a read.
    Read,
}
