//! Writes: at the leader, once; and the position that covers them.

use super::{Router, Taken};
use crate::routing::backend::{Backend, Role};
use crate::routing::error::{Failure, RoutingError};
use crate::routing::lent::{Lent, lend};
use crate::routing::session::{Served, Session};

impl<B: Backend> Router<B> {
    /// Writes for a session, at the leader. The session's token moves to a position that covers all that the work has done, also where the
    /// work failed half-way.
    ///
    /// The work is carried out once. If it ends in an error because its connection broke, nobody knows whether it happened.
    ///
    /// # Errors
    /// What the work answered, or why no leader was found: see [`RoutingError`].
    pub async fn write_at<R, W, F, Done>(&self, session: &mut Session, work: F) -> Result<R, Failure<B::Error, W>>
    where
        F: FnOnce(Lent<B::Connection>) -> Done,
        Done: Future<Output = Result<R, W>>,
    {
        let (node, connection) = self.leader_of(session).await?;
        session.served = Some(Served { node, position: None });
        let (lent, home) = lend(connection);
        let result = work(lent).await;
        let Some(mut connection) = home.take() else {
            return Err(result.map_or_else(Failure::Work, |_| self.kept(node)));
        };
        let asked = self.backend.now();
        match (result, self.take_in(session, &mut connection).await) {
            (result, Ok(Taken { standing, ahead })) => {
                if standing.role == Role::Leader {
                    self.view().sample(asked, standing.position);
                }
                session.served = Some(Served { node, position: Some(standing.position) });
                self.backend.give_back(connection);
                let value = result.map_err(Failure::Work)?;
                ahead.map_or(Ok(value), |token| Err(Failure::Routing(self.token_ahead(token, standing))))
            }
            (Err(error), Err(_)) => {
                self.left_out(node);
                Err(Failure::Work(error))
            }
            (Ok(_), Err(error)) => {
                self.left_out(node);
                Err(Failure::Routing(RoutingError::PositionUnknown { node: self.name(node).to_owned(), error }))
            }
        }
    }
}
