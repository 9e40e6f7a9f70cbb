//! What a future asks of the cluster, and what it gets.
//!
//! Requests of one instant are carried out in the order of their content, which is the derived order of this file: writes before
//! reads, then by node, key and value. Which task was polled first plays no part in it.

use super::error::WriteError;
use super::read_router::ReadMode;
use crate::lsn::Lsn;
use crate::time::SimDuration;

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
    /// Let time pass.
    Sleep(SimDuration),
}

/// What a future gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// The end of a write.
    Written(Result<Lsn, WriteError>),
    /// A write was acknowledged by a store whose versions are no numbers of a log.
    Stamped,
    /// The end of a read.
    Value(Option<Vec<u8>>),
    /// The end of a read of a store that keeps concurrent values: all of them, the one last that arbitration puts last.
    Siblings(Vec<Vec<u8>>),
    /// The time is over.
    Slept,
}

impl Request {
    /// The end of a request that nothing will ever answer.
    pub(super) fn unanswered(&self) -> Done {
        match self {
            Request::Write { .. } => Done::Written(Err(WriteError::timed_out())),
            Request::Read { .. } => Done::Value(None),
            Request::Sleep(_) => Done::Slept,
        }
    }
}
