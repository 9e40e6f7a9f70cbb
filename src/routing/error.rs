//! Why a router could not carry out an operation, and what to do about it.
//!
//! What the caller's own work answers is passed on as it is ([`Failure::Work`]); all else is the router's ([`RoutingError`]). Each sentence
//! ends in what the reader can do.

use std::error::Error;
use std::fmt;

use crate::lsn::Position;

/// A position, and how its system writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The position.
    pub position: Position,
    /// Its text, `1:0/3000148` in PostgreSQL.
    pub text: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a node was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declined<E> {
    /// It could not be asked.
    Unreachable {
        /// Its name.
        node: String,
        /// Why.
        error: E,
    },
    /// Its connection broke while it was carrying out a read.
    Broken {
        /// Its name.
        node: String,
    },
    /// It has not applied enough.
    Behind {
        /// Its name.
        node: String,
        /// What it has applied.
        at: Place,
    },
    /// It is a follower, and a leader was looked for.
    Follows {
        /// Its name.
        node: String,
    },
}

impl<E: fmt::Display> fmt::Display for Declined<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Declined::Unreachable { node, error } => write!(f, "{node}: {error}"),
            Declined::Broken { node } => write!(f, "{node}: the connection broke during the read"),
            Declined::Behind { node, at } => write!(f, "{node}: has applied only {at}"),
            Declined::Follows { node } => write!(f, "{node}: is a follower"),
        }
    }
}

/// Why no node carried out an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoutingError<E> {
    /// No node leads.
    NoLeader {
        /// What each node said.
        declined: Vec<Declined<E>>,
    },
    /// No follower answered a read that only followers may answer.
    NoFollower {
        /// What each node said.
        declined: Vec<Declined<E>>,
    },
    /// A failover discarded what the session had written or seen. It has begun anew, and its next operation succeeds.
    SessionLost {
        /// The token that is lost.
        token: Place,
        /// What survived of its epoch.
        survived: Place,
    },
    /// The token stands for something that the leader has never written, in the leader's own epoch.
    TokenAhead {
        /// The token.
        token: Place,
        /// The end of the leader's log.
        leader: Place,
    },
    /// The token is of an epoch that no leader in reach knows.
    TimelineUnknown {
        /// The token.
        token: Place,
        /// Where the newest leader in reach stands.
        leader: Place,
    },
    /// A write was carried out, but the leader could not be asked for its position, so that the session's token does not cover it.
    PositionUnknown {
        /// The leader's name.
        node: String,
        /// Why.
        error: E,
    },
    /// The work kept its connection beyond its own end, so that the node could not be asked for its position.
    ConnectionKept {
        /// The node's name.
        node: String,
    },
    /// A node has something wrong with it that waiting does not mend.
    Backend {
        /// Its name.
        node: String,
        /// What.
        error: E,
    },
}

fn list<E: fmt::Display>(f: &mut fmt::Formatter<'_>, declined: &[Declined<E>]) -> fmt::Result {
    let texts: Vec<String> = declined.iter().map(Declined::to_string).collect();
    let texts = if texts.is_empty() { "there is none among the nodes".to_owned() } else { texts.join("; ") };
    write!(f, " ({texts})")
}

impl<E: fmt::Display> fmt::Display for RoutingError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RoutingError::NoLeader { declined } => {
                f.write_str("no leader was found: start or promote one, or name its host")?;
                list(f, declined)
            }
            RoutingError::NoFollower { declined } => {
                f.write_str("no follower answered: start one, name its host, or read under a policy that may ask the leader")?;
                list(f, declined)
            }
            RoutingError::SessionLost { token, survived } => write!(
                f,
                "a failover discarded what the session knew: its token is {token}, and {survived} survived; \
                 show the user that later changes are gone, and go on with the session, which has begun anew"
            ),
            RoutingError::TokenAhead { token, leader } => write!(
                f,
                "the token {token} is ahead of the leader at {leader}: the text was changed, or the leader has lost what it had written; \
                 begin a new session"
            ),
            RoutingError::TimelineUnknown { token, leader } => write!(
                f,
                "the token {token} is of a later timeline than that of the leader at {leader}: a newer leader exists that is not in \
                 reach; name its host, and stop the old one"
            ),
            RoutingError::PositionUnknown { node, error } => write!(
                f,
                "the write was carried out, but {node} did not tell its position ({error}): read it from the leader, \
                 or take the session for lost if there is a new one"
            ),
            RoutingError::ConnectionKept { node } => write!(
                f,
                "the work has ended, and its connection to {node} is still in use, so that the session's token does not cover it: \
                 drop the connection within the work"
            ),
            RoutingError::Backend { node, error } => write!(f, "{node}: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for RoutingError<E> {}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure<E, W> {
    /// The router found no node for it.
    Routing(RoutingError<E>),
    /// The caller's work failed at the node.
    Work(W),
}

impl<E, W> From<RoutingError<E>> for Failure<E, W> {
    fn from(error: RoutingError<E>) -> Failure<E, W> {
        Failure::Routing(error)
    }
}

impl<E: fmt::Display, W: fmt::Display> fmt::Display for Failure<E, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Routing(error) => error.fmt(f),
            Failure::Work(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display, W: fmt::Debug + fmt::Display> Error for Failure<E, W> {}
