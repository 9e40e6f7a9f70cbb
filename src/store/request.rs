//! What a future asks of the cluster, and what it gets.
//!
//! Requests of one instant are carried out in the order of their content, which is the derived order of this file: writes before
//! reads, then by node, key and value. Which task was polled first plays no part in it.

use super::error::WriteError;
use super::read_router::ReadMode;
use crate::family::GroupId;
use crate::lsn::Lsn;
use crate::network::NodeId;
use crate::operation::Reason;
use crate::time::SimDuration;
use crate::version::Stamp;

/// What a future asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Request {
    /// Set a key, at this replica.
    Write {
        /// The replica.
        node: String,
        /// The key.
        key: String,
        /// The value.
        value: Vec<u8>,
    },
    /// Read a key through a router.
    Read {
        /// The router's number.
        router: usize,
        /// Which replica may answer.
        mode: ReadMode,
        /// The key.
        key: String,
    },
    /// Set or read a key at a leader of several.
    AtLeader {
        /// The cluster.
        group: GroupId,
        /// The client that carries it out.
        client: NodeId,
        /// The leader.
        leader: String,
        /// The session.
        session: String,
        /// The key.
        key: String,
        /// The value of a write; none of a read.
        value: Option<Vec<u8>>,
    },
    /// Let time pass.
    Sleep(SimDuration),
}

/// What a future gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// The end of a write.
    Written(Result<Lsn, WriteError>),
    /// A write was acknowledged by a store whose versions are no numbers of a log.
    Stamped(Stamp),
    /// The end of a read.
    Value(Option<Vec<u8>>),
    /// The end of a read of a store that keeps concurrent values: all of them, the one last that arbitration puts last.
    Siblings(Vec<Vec<u8>>),
    /// The time is over.
    Slept,
}

impl Request {
    /// The end of a request to a node that cannot carry it out.
    pub(super) fn refused(&self) -> Done {
        match self {
            Request::Write { .. } | Request::AtLeader { value: Some(_), .. } => {
                Done::Written(Err(WriteError::Rejected { reason: Reason::NoLeader }))
            }
            Request::AtLeader { value: None, .. } | Request::Read { .. } | Request::Sleep(_) => self.unanswered(),
        }
    }

    /// The end of a request that nothing will ever answer.
    pub(super) fn unanswered(&self) -> Done {
        match self {
            Request::Write { .. } => Done::Written(Err(WriteError::timed_out())),
            Request::AtLeader { value: Some(_), .. } => Done::Written(Err(WriteError::timed_out())),
            Request::AtLeader { value: None, .. } => Done::Siblings(Vec::new()),
            Request::Read { .. } => Done::Value(None),
            Request::Sleep(_) => Done::Slept,
        }
    }
}
