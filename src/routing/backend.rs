//! What a router needs of the system that it routes to.
//!
//! A backend has nodes, numbered from zero. A connection belongs to one node, carries out what the caller asks for, and tells where the
//! node stands. All decisions are the router's; a backend only asks and waits. Two exist: the simulated store, where waiting moves
//! simulated time, and PostgreSQL.

use std::fmt;
use std::time::Duration;

use super::session::ClusterId;
use crate::lsn::{Epoch, EpochStart, Lsn, Position};

/// What a node is at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It takes writes.
    Leader,
    /// It applies the log of a leader.
    Follower,
}

/// Where a node stands, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is.
    pub role: Role,
    /// What a follower has applied, or a position of a leader's log that covers all that is visible there; with the epoch in which it stands.
    pub position: Position,
    /// The end of a leader's log, of which followers may get the last part late; at a follower what it has applied.
    pub end: Lsn,
    /// Whether the node is sure of its epoch. A follower without a connection to its leader may be in a later one than it can tell, and
    /// then a number beyond a switchpoint says nothing.
    pub epoch_certain: bool,
    /// How long ago, by the clocks of both servers, the leader had made the last change that a follower has applied. It grows while an
    /// idle leader makes no changes. None at a leader, before the first change, or where nobody stamps changes.
    pub applied_age: Option<Duration>,
}

/// Something that a router noticed, for those who watch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Another node leads than before, or the first leader was found.
    Promoted {
        /// The new leader.
        node: usize,
        /// Its epoch.
        epoch: Epoch,
    },
    /// A node has not applied what a read asks for.
    Behind {
        /// The node.
        node: usize,
        /// Where it stands.
        standing: Standing,
    },
    /// A node could not be asked; it is left out for a while where others will do.
    Unreachable {
        /// The node.
        node: usize,
    },
    /// A failover discarded what a session had written or seen.
    SessionLost {
        /// The session's token.
        token: Position,
        /// What survived of its epoch.
        survived: Position,
    },
}

/// One leader and its followers, as a router sees them.
pub trait Backend: Send + Sync {
    /// A connection to one node. Dropping one that was not given back abandons what it was doing.
    type Connection: Send;
    /// Why a node could not be asked.
    type Error: fmt::Display + Send + Sync;

    /// The names of the nodes, in the order of their numbers.
    fn nodes(&self) -> &[String];

    /// A connection to a node. It has been asked where it stands at least once: see [`Backend::known`].
    fn connect(&self, node: usize) -> impl Future<Output = Result<Self::Connection, Self::Error>> + Send;

    /// Takes a connection back that has ended what it was doing.
    fn give_back(&self, connection: Self::Connection);

    /// Whether a connection can still be used, as far as is known without asking.
    fn is_open(&self, connection: &Self::Connection) -> bool;

    /// The cluster that the nodes belong to, by the word of this connection's node.
    fn cluster(&self, connection: &Self::Connection) -> ClusterId;

    /// What the connection's node said last of itself *over this connection*. A node never takes back what it has applied while a
    /// connection to it lives, and a leader stays one, so this may be relied on without a question.
    fn known(&self, connection: &Self::Connection) -> Standing;

    /// Asks the node where it stands. What it has shown before the question is covered by the answer.
    fn position(&self, connection: &mut Self::Connection) -> impl Future<Output = Result<Standing, Self::Error>> + Send;

    /// Waits until the node has applied `minimum`, compared as a number, or for `limit`; and asks where it stands then.
    fn wait_until(
        &self,
        connection: &mut Self::Connection,
        minimum: Position,
        limit: Duration,
    ) -> impl Future<Output = Result<Standing, Self::Error>> + Send;

    /// Where each epoch up to this one began in the log of the connection's node.
    fn history(
        &self,
        connection: &mut Self::Connection,
        epoch: Epoch,
    ) -> impl Future<Output = Result<Vec<EpochStart>, Self::Error>> + Send;

    /// Whether waiting does not mend what this error says: a right that is missing, a node of another cluster.
    fn is_lasting(&self, error: &Self::Error) -> bool;

    /// A position as its system writes it.
    fn text_of(&self, position: Position) -> String;

    /// The time since some fixed moment; it never goes back.
    fn now(&self) -> Duration;

    /// Lets time pass.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;

    /// Is told what the router noticed.
    fn notice(&self, notice: Notice);
}
