//! The router: carries an operation to a node that may answer it, and keeps the session's token.
//!
//! A read goes through the steps of its policy ([`plan`](super::plan)): [`read`]; a write goes to the leader: [`write`]; who that is, is found
//! in [`leader`]. A write is tried once, because nobody can tell from a broken connection whether it happened. A read may be
//! tried at several nodes.

mod leader;
mod read;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::backend::{Backend, Notice, Role, Standing};
use super::demand::{Verdict, judge, written_in};
use super::error::{Declined, Failure, Place, RoutingError};
use super::session::Session;
use super::view::View;
use crate::lsn::{Epoch, EpochStart, Position};

/// How long a router waits, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long an operation looks for a leader while there is none.
    pub leader: Duration,
    /// How long a node that could not be reached is left out, where others will do.
    pub unreachable: Duration,
    /// How old a sample of the leader's position may be for a bound in the log.
    pub sample: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { leader: Duration::from_secs(5), unreachable: Duration::from_secs(1), sample: Duration::from_millis(100) }
    }
}

/// Carries operations of sessions to the nodes of one cluster.
#[derive(Debug)]
pub struct Router<B> {
    backend: B,
    patience: Patience,
    view: Mutex<View>,
}

/// What a node said to an operation.
enum Asked<C, E> {
    /// It will do.
    Serves(usize, C),
    /// It will not.
    Declines(Declined<E>),
}

/// What a node said after an operation.
struct Taken {
    /// Where it stands.
    standing: Standing,
    /// The session's token, if it is ahead of the leader in the leader's own epoch.
    ahead: Option<Position>,
}

impl<B: Backend> Router<B> {
    /// A router over a backend. It has asked nobody yet.
    pub fn new(backend: B, patience: Patience) -> Router<B> {
        Router { backend, patience, view: Mutex::new(View::default()) }
    }

    /// What it routes to.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// The name of a node.
    pub fn name(&self, node: usize) -> &str {
        self.backend.nodes().get(node).map_or("a node that is not there", String::as_str)
    }

    /// The number of the node that led when the router last looked.
    pub fn last_leader(&self) -> Option<usize> {
        self.view().leader.map(|(node, _)| node)
    }

    /// Is told that there may be another leader: the next operation that needs one asks all nodes. The router also finds out by
    /// itself, when the one that it knows fails.
    pub fn promoted(&self) {
        self.view().leader = None;
    }

    /// Asks every node where it stands, in the order of their numbers.
    pub async fn positions(&self) -> Vec<Result<Standing, B::Error>> {
        let mut answers = Vec::new();
        for node in 0..self.backend.nodes().len() {
            answers.push(self.ask(node).await.map(|(connection, standing)| {
                self.backend.give_back(connection);
                standing
            }));
        }
        answers
    }

    /// A connection to a node, and where the node stands.
    async fn ask(&self, node: usize) -> Result<(B::Connection, Standing), B::Error> {
        let mut connection = self.backend.connect(node).await?;
        let standing = self.backend.position(&mut connection).await?;
        Ok((connection, standing))
    }

    fn view(&self) -> MutexGuard<'_, View> {
        // It is changed in whole steps only, and nothing in it is relied on.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, position: Position) -> Place {
        Place { position, text: self.backend.text_of(position) }
    }

    /// A node could not be asked.
    fn unreachable(&self, node: usize, error: B::Error) -> Declined<B::Error> {
        self.left_out(node);
        Declined::Unreachable { node: self.name(node).to_owned(), error }
    }

    fn left_out(&self, node: usize) {
        let until = self.backend.now().saturating_add(self.patience.unreachable);
        let mut view = self.view();
        view.leave_out(node, until);
        view.forget_leader(node);
        drop(view);
        self.backend.notice(Notice::Unreachable { node });
    }

    fn behind(&self, node: usize, standing: Standing) -> Declined<B::Error> {
        self.backend.notice(Notice::Behind { node, standing });
        Declined::Behind { node: self.name(node).to_owned(), at: self.place(standing.position) }
    }

    /// Judges a token at a connection's node, and fetches the history of the node's epoch if that is needed.
    async fn judge(&self, token: Position, standing: Standing, connection: &mut B::Connection) -> Result<Verdict, B::Error> {
        let verdict = judge(token, &standing, None);
        if verdict != Verdict::HistoryNeeded {
            return Ok(verdict);
        }
        let history = self.history(standing.position.epoch, connection).await?;
        Ok(judge(token, &standing, Some(&history)))
    }

    async fn history(&self, epoch: Epoch, connection: &mut B::Connection) -> Result<Arc<[EpochStart]>, B::Error> {
        let known = self.view().history(epoch);
        if let Some(known) = known {
            return Ok(known);
        }
        let history: Arc<[EpochStart]> = self.backend.history(connection, epoch).await?.into();
        self.view().keep_history(epoch, history.clone());
        Ok(history)
    }

    /// Moves the session's token to where a node stands after an operation. A token that a failover discarded stays, so that the next
    /// operation that needs it is told.
    async fn take_in(&self, session: &mut Session, connection: &mut B::Connection) -> Result<Taken, B::Error> {
        let standing = self.backend.position(connection).await?;
        let cluster = self.backend.cluster(connection);
        let (token, here) = (session.token(cluster), standing.position);
        if standing.role == Role::Leader && token.epoch == here.epoch && token.lsn > standing.end {
            return Ok(Taken { standing, ahead: Some(token) });
        }
        let first = here.epoch <= Epoch(1) || token.epoch == here.epoch;
        let at = if first { here } else { written_in(&self.history(here.epoch, connection).await?, here) };
        if !matches!(self.judge(token, standing, connection).await?, Verdict::Lost(_)) {
            session.advance(cluster, at);
        }
        Ok(Taken { standing, ahead: None })
    }

    fn kept<W>(&self, node: usize) -> Failure<B::Error, W> {
        Failure::Routing(RoutingError::ConnectionKept { node: self.name(node).to_owned() })
    }

    fn token_ahead(&self, token: Position, standing: Standing) -> RoutingError<B::Error> {
        let end = Position { lsn: standing.end, ..standing.position };
        RoutingError::TokenAhead { token: self.place(token), leader: self.place(end) }
    }

    /// The leader says that the session's token is lost: the session is told, and begins anew.
    fn lost(
        &self,
        session: &mut Session,
        connection: B::Connection,
        token: Position,
        survived: Position,
    ) -> RoutingError<B::Error> {
        session.begin_anew(self.backend.cluster(&connection));
        self.backend.give_back(connection);
        self.backend.notice(Notice::SessionLost { token, survived });
        RoutingError::SessionLost { token: self.place(token), survived: self.place(survived) }
    }
}
