//! Reads: the steps of a policy, one after the other, until a node serves.
//!
//! A follower is asked where it stands only if that is not known: what a connection has said before still holds, because nobody takes
//! back what he has applied. After the read the node is asked once more, since the read may have shown more than was asked for; that is the
//! one question which a session-consistent read costs in the common case.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Asked, Router};
use crate::lsn::Position;
use crate::routing::backend::{Backend, Standing};
use crate::routing::demand::{Verdict, within};
use crate::routing::error::{Declined, Failure, RoutingError};
use crate::routing::lent::{Lent, lend};
use crate::routing::policy::{Bound, ReadPolicy, Step, plan};
use crate::routing::session::{Served, Session};

/// How a read ended at one node.
enum Ended<R, E, W> {
    /// It is over, well or not.
    Over(Result<R, Failure<E, W>>),
    /// The node failed; another one may be tried. With it the caller's error, if there was one.
    Failed(Declined<E>, Option<W>),
}

impl<B: Backend> Router<B> {
    /// Reads for a session under a policy. The work may be carried out at several nodes until one of them has answered, and at any of
    /// them it sees what the policy promises.
    ///
    /// # Errors
    /// What the work answered, or why no node was found: see [`RoutingError`].
    pub async fn read_at<R, W, F, Done>(
        &self,
        session: &mut Session,
        policy: ReadPolicy,
        work: F,
    ) -> Result<R, Failure<B::Error, W>>
    where
        F: Fn(Lent<B::Connection>) -> Done,
        Done: Future<Output = Result<R, W>>,
    {
        let followers = match policy {
            ReadPolicy::Leader => Vec::new(),
            ReadPolicy::AnyFollower | ReadPolicy::Sticky | ReadPolicy::SessionConsistent(_) | ReadPolicy::BoundedStaleness(_) => {
                self.view().followers(self.backend.nodes().len(), self.backend.now())
            }
        };
        let mut steps = VecDeque::from(plan(policy, &followers, session.pin));
        let (mut declined, mut last_error, mut leaders) = (Vec::new(), None, 0);
        while let Some(step) = steps.pop_front() {
            let asked = match step {
                Step::Follower { node, wait } => Ok(self.ask_follower(session, policy, node, wait).await),
                Step::Leader => self.ask_leader(session).await,
            };
            let (node, connection) = match asked? {
                Asked::Serves(node, connection) => (node, connection),
                Asked::Declines(why) => {
                    declined.push(why);
                    continue;
                }
            };
            match self.carry_out(session, policy, (node, connection), &work).await {
                Ended::Over(result) => return result,
                Ended::Failed(why, error) => {
                    declined.push(why);
                    last_error = error.or(last_error);
                    // A leader that broke may have a successor, which is looked for once.
                    leaders += usize::from(step == Step::Leader);
                    if step == Step::Leader && leaders == 1 {
                        steps.push_back(Step::Leader);
                    }
                }
            }
        }
        Err(last_error.map_or_else(
            || {
                Failure::Routing(if leaders > 0 {
                    RoutingError::NoLeader { declined }
                } else {
                    RoutingError::NoFollower { declined }
                })
            },
            Failure::Work,
        ))
    }

    /// Carries work out at one node if that has applied `minimum`, or does within `wait`; `None` if not.
    ///
    /// # Errors
    /// What the work answered, or why the node could not be asked.
    pub async fn at_replica<R, W, F, Done>(
        &self,
        node: usize,
        minimum: Position,
        wait: Duration,
        work: F,
    ) -> Result<Option<R>, Failure<B::Error, W>>
    where
        F: FnOnce(Lent<B::Connection>) -> Done,
        Done: Future<Output = Result<R, W>>,
    {
        let failed = |error| Failure::Routing(RoutingError::Backend { node: self.name(node).to_owned(), error });
        let mut connection = self.backend.connect(node).await.map_err(failed)?;
        let (passed, _) = self.has_applied(minimum, wait, &mut connection).await.map_err(failed)?;
        if !passed {
            self.backend.give_back(connection);
            return Ok(None);
        }
        let (lent, home) = lend(connection);
        let result = work(lent).await;
        if let Some(connection) = home.take().filter(|connection| self.backend.is_open(connection)) {
            self.backend.give_back(connection);
        }
        result.map(Some).map_err(Failure::Work)
    }

    async fn ask_follower(
        &self,
        session: &Session,
        policy: ReadPolicy,
        node: usize,
        wait: Duration,
    ) -> Asked<B::Connection, B::Error> {
        let mut connection = match self.backend.connect(node).await {
            Ok(connection) => connection,
            Err(error) => return Asked::Declines(self.unreachable(node, error)),
        };
        let answer = match policy {
            ReadPolicy::Leader | ReadPolicy::AnyFollower | ReadPolicy::Sticky => Ok((true, self.backend.known(&connection))),
            ReadPolicy::SessionConsistent(_) => {
                let token = session.token(self.backend.cluster(&connection));
                self.has_applied(token, wait, &mut connection).await
            }
            ReadPolicy::BoundedStaleness(bound) => self.keeps(bound, &mut connection).await,
        };
        match answer {
            Ok((true, _)) => Asked::Serves(node, connection),
            Ok((false, standing)) => {
                self.backend.give_back(connection);
                Asked::Declines(self.behind(node, standing))
            }
            Err(error) => Asked::Declines(self.unreachable(node, error)),
        }
    }

    /// Whether a node has applied what a token stands for, or does within `wait`.
    async fn has_applied(
        &self,
        token: Position,
        wait: Duration,
        connection: &mut B::Connection,
    ) -> Result<(bool, Standing), B::Error> {
        let known = self.backend.known(connection);
        if self.judge(token, known, connection).await? == Verdict::Passed {
            return Ok((true, known));
        }
        let mut standing = self.backend.position(connection).await?;
        let mut verdict = self.judge(token, standing, connection).await?;
        // A lost token is only lost if the leader says so, and waiting here does not bring it back.
        if verdict == Verdict::Behind && !wait.is_zero() {
            standing = self.backend.wait_until(connection, token, wait).await?;
            verdict = self.judge(token, standing, connection).await?;
        }
        Ok((verdict == Verdict::Passed, standing))
    }

    /// Whether a node lags no more than a bound. The leader is asked only if what is known of it does not decide.
    async fn keeps(&self, bound: Bound, connection: &mut B::Connection) -> Result<(bool, Standing), B::Error> {
        let standing = self.backend.position(connection).await?;
        let (samples, now) = (self.view().samples.clone(), self.backend.now());
        let young = |asked: Duration| now.saturating_sub(asked) <= self.patience.sample;
        let decided = match bound {
            Bound::Time(_) => within(bound, &standing, &samples, now),
            Bound::Log(_) => samples.last().is_some_and(|newest| young(newest.asked)),
        };
        if !decided && self.sample_leader().await.is_err() {
            return Ok((false, standing));
        }
        let samples = self.view().samples.clone();
        Ok((within(bound, &standing, &samples, self.backend.now()), standing))
    }

    async fn carry_out<R, W, F, Done>(
        &self,
        session: &mut Session,
        policy: ReadPolicy,
        (node, connection): (usize, B::Connection),
        work: &F,
    ) -> Ended<R, B::Error, W>
    where
        F: Fn(Lent<B::Connection>) -> Done,
        Done: Future<Output = Result<R, W>>,
    {
        let (lent, home) = lend(connection);
        let result = work(lent).await;
        let Some(mut connection) = home.take() else {
            return Ended::Over(Err(result.map_or_else(Failure::Work, |_| self.kept(node))));
        };
        if !self.backend.is_open(&connection) {
            self.left_out(node);
            return Ended::Failed(Declined::Broken { node: self.name(node).to_owned() }, result.err());
        }
        if policy == ReadPolicy::Sticky {
            session.pin = Some(node);
        }
        let mut served = Served { node, position: None };
        if policy.moves_token() && result.is_ok() {
            let taken = match self.take_in(session, &mut connection).await {
                Ok(taken) => taken,
                Err(error) => return Ended::Failed(self.unreachable(node, error), None),
            };
            if let Some(token) = taken.ahead {
                self.backend.give_back(connection);
                return Ended::Over(Err(Failure::Routing(self.token_ahead(token, taken.standing))));
            }
            served.position = Some(taken.standing.position);
        }
        session.served = Some(served);
        self.backend.give_back(connection);
        Ended::Over(result.map_err(Failure::Work))
    }
}
