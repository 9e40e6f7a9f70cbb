//! Who leads: the node that says so, of the newest epoch among those that do.
//!
//! An old leader that nobody has stopped says so, too. It is told apart by its epoch as soon as a newer one is in reach, or a session brings
//! a token of a newer epoch.

use std::time::Duration;

use super::{Asked, Router};
use crate::lsn::{Epoch, Position};
use crate::routing::backend::{Backend, Notice, Role};
use crate::routing::demand::Verdict;
use crate::routing::error::{Declined, RoutingError};
use crate::routing::session::Session;

/// How long to wait until all nodes are asked again for a leader, at first; it doubles up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(20);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(320);

/// What came of looking for a leader.
pub(super) type Led<B> = Result<(usize, <B as Backend>::Connection), RoutingError<<B as Backend>::Error>>;

impl<B: Backend> Router<B> {
    /// Asks all nodes, and takes the leader of the newest epoch. No connection is held meanwhile, so that two that look never wait for
    /// each other's.
    ///
    /// # Errors
    /// What each node said, if none leads.
    async fn look(&self) -> Result<(), Vec<Declined<B::Error>>> {
        let mut declined = Vec::new();
        let mut found: Option<(usize, Duration, Position)> = None;
        for node in 0..self.backend.nodes().len() {
            let asked = self.backend.now();
            match self.ask(node).await {
                Err(error) => declined.push(self.unreachable(node, error)),
                Ok((connection, standing)) => {
                    self.backend.give_back(connection);
                    let newer = found.is_none_or(|(_, _, best)| standing.position.epoch > best.epoch);
                    if standing.role == Role::Leader && newer {
                        found = Some((node, asked, standing.position));
                    } else {
                        declined.push(Declined::Follows { node: self.name(node).to_owned() });
                    }
                }
            }
        }
        let (node, asked, position) = found.ok_or(declined)?;
        let mut view = self.view();
        let news = view.leads(node, position.epoch);
        view.sample(asked, position);
        drop(view);
        if news {
            self.backend.notice(Notice::Promoted { node, epoch: position.epoch });
        }
        Ok(())
    }

    /// A connection to the leader that is known, if its epoch is recent enough and it can be reached.
    async fn remembered(&self, at_least: Epoch) -> Option<(usize, B::Connection)> {
        let (node, epoch) = self.view().leader?;
        if epoch < at_least {
            return None;
        }
        let asked = match self.backend.connect(node).await {
            // A kept connection may be older than its node's promotion.
            Ok(mut connection) if !self.leads(&connection, at_least) => {
                self.backend.position(&mut connection).await.map(|_| connection)
            }
            other => other,
        };
        match asked {
            Ok(connection) if self.leads(&connection, at_least) => Some((node, connection)),
            Ok(connection) => {
                self.backend.give_back(connection);
                self.view().forget_leader(node);
                None
            }
            Err(error) => {
                self.unreachable(node, error);
                None
            }
        }
    }

    /// Whether a connection's node leads. A leader stays one while a connection to it lives.
    fn leads(&self, connection: &B::Connection, at_least: Epoch) -> bool {
        let known = self.backend.known(connection);
        known.role == Role::Leader && known.position.epoch >= at_least
    }

    /// A connection to a leader of this epoch or a later one, which is waited for. If there is only an older one when the time is
    /// over, it is that.
    ///
    /// # Errors
    /// [`RoutingError::NoLeader`], and [`RoutingError::Backend`] if waiting is no use.
    pub(super) async fn leader(&self, at_least: Epoch) -> Led<B> {
        if let Some(found) = self.remembered(at_least).await {
            return Ok(found);
        }
        let until = self.backend.now().saturating_add(self.patience.leader);
        let mut pause = PAUSE;
        loop {
            let looked = self.look().await;
            let in_time = self.backend.now() < until;
            match looked {
                Ok(()) => {
                    let wanted = if in_time { at_least } else { Epoch::default() };
                    if let Some(found) = self.remembered(wanted).await {
                        return Ok(found);
                    }
                    if !in_time {
                        return Err(RoutingError::NoLeader { declined: Vec::new() });
                    }
                }
                Err(declined) => {
                    let lasting = |it: &Declined<B::Error>| match it {
                        Declined::Unreachable { error, .. } => self.backend.is_lasting(error),
                        Declined::Broken { .. } | Declined::Behind { .. } | Declined::Follows { .. } => false,
                    };
                    if !in_time || (!declined.is_empty() && declined.iter().all(lasting)) {
                        return Err(RoutingError::NoLeader { declined });
                    }
                }
            }
            self.backend.sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Finds the leader, and makes sure that every node that can be reached may be used.
    ///
    /// # Errors
    /// [`RoutingError::Backend`] for a node that refuses for a reason that waiting does not mend, or [`RoutingError::NoLeader`].
    pub async fn check(&self) -> Result<(), RoutingError<B::Error>> {
        for (node, answer) in self.positions().await.into_iter().enumerate() {
            if let Err(error) = answer
                && self.backend.is_lasting(&error)
            {
                return Err(RoutingError::Backend { node: self.name(node).to_owned(), error });
            }
        }
        let (_, connection) = self.leader(Epoch::default()).await?;
        self.backend.give_back(connection);
        Ok(())
    }

    /// A connection to a leader that has what the session has written and seen.
    ///
    /// # Errors
    /// As of [`Router::leader`], and what is wrong with the token.
    pub(super) async fn leader_of(&self, session: &mut Session) -> Led<B> {
        let (mut node, mut connection) = self.leader(Epoch::default()).await?;
        let token = session.token(self.backend.cluster(&connection));
        let mut standing = self.backend.known(&connection);
        if token.epoch > standing.position.epoch {
            self.backend.give_back(connection);
            (node, connection) = self.leader(token.epoch).await?;
            standing = self.backend.known(&connection);
        }
        if token.epoch > standing.position.epoch {
            self.backend.give_back(connection);
            return Err(RoutingError::TimelineUnknown { token: self.place(token), leader: self.place(standing.position) });
        }
        if token.epoch == standing.position.epoch || token == Position::ZERO {
            return self.not_ahead(token, (node, connection)).await;
        }
        match self.judge(token, standing, &mut connection).await {
            Ok(Verdict::Lost(survived)) => Err(self.lost(session, connection, token, survived)),
            // A leader's log holds at least the epochs before its own.
            Ok(Verdict::Passed | Verdict::Behind | Verdict::HistoryNeeded) => Ok((node, connection)),
            Err(error) => Err(RoutingError::Backend { node: self.name(node).to_owned(), error }),
        }
    }

    /// Makes sure that a token of the leader's own epoch is not ahead of the leader. It is asked only if nobody has seen it so far.
    async fn not_ahead(&self, token: Position, (node, mut connection): (usize, B::Connection)) -> Led<B> {
        let seen = self.view().samples.last().map_or(Position::ZERO, |sample| sample.position);
        if token <= self.backend.known(&connection).position.max(seen) {
            return Ok((node, connection));
        }
        let asked = self.backend.now();
        match self.backend.position(&mut connection).await {
            Ok(standing) if token.epoch == standing.position.epoch && token.lsn > standing.end => {
                self.backend.give_back(connection);
                Err(self.token_ahead(token, standing))
            }
            Ok(standing) => {
                self.view().sample(asked, standing.position);
                Ok((node, connection))
            }
            Err(error) => {
                self.left_out(node);
                Err(RoutingError::Backend { node: self.name(node).to_owned(), error })
            }
        }
    }

    /// Asks the leader where it stands, as a sample.
    pub(super) async fn sample_leader(&self) -> Result<(), RoutingError<B::Error>> {
        let (node, mut connection) = self.leader(Epoch::default()).await?;
        let asked = self.backend.now();
        match self.backend.position(&mut connection).await {
            Ok(standing) => {
                self.view().sample(asked, standing.position);
                self.backend.give_back(connection);
                Ok(())
            }
            Err(error) => {
                self.left_out(node);
                Err(RoutingError::Backend { node: self.name(node).to_owned(), error })
            }
        }
    }

    /// The leader, for a step of a read.
    pub(super) async fn ask_leader(
        &self,
        session: &mut Session,
    ) -> Result<Asked<B::Connection, B::Error>, RoutingError<B::Error>> {
        self.leader_of(session).await.map(|(node, connection)| Asked::Serves(node, connection))
    }
}
