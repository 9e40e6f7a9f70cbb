//! The router over PostgreSQL: its methods, each in a span of `tracing`.
//!
//! The spans `read` and `write` say under which policy, which server answered, and at which position. What the router notices on the way (a
//! new leader, a follower that is behind or cannot be reached, a session that is lost) are events within.

use tokio_postgres::Socket;
use tokio_postgres::tls::{MakeTlsConnect, NoTls, TlsConnect};
use tracing::{Instrument, Span, field};

use super::backend::Postgres;
use super::error::PostgresError;
use super::layout::position_text;
use super::pool::Connection;
use super::settings::Settings;
use crate::routing::{Failure, Lent, ReadPolicy, RoutingError, Session};
use crate::store::ReadRouter;

impl ReadRouter<Postgres> {
    /// A router over the servers of these settings, without TLS. It has found the leader.
    ///
    /// # Errors
    /// What is wrong with a server that waiting does not mend, or that no leader was found.
    pub async fn connect(settings: &Settings) -> Result<ReadRouter<Postgres>, RoutingError<PostgresError>> {
        ReadRouter::connect_with(settings, NoTls).await
    }

    /// The same with TLS, as far as `sslmode` asks for it.
    ///
    /// # Errors
    /// As of [`ReadRouter::connect`].
    pub async fn connect_with<T>(settings: &Settings, tls: T) -> Result<ReadRouter<Postgres>, RoutingError<PostgresError>>
    where
        T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
        T::Stream: Sync + Send,
        T::TlsConnect: Sync + Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let router = ReadRouter::over(Postgres::new(settings, tls), settings.patience);
        router.routing().check().await?;
        Ok(router)
    }

    /// Reads for a session under the policy of the settings.
    ///
    /// # Errors
    /// What the work answered, or why no server was found for it.
    pub async fn read<R, W, F, Done>(&self, session: &mut Session, work: F) -> Result<R, Failure<PostgresError, W>>
    where
        F: Fn(Lent<Connection>) -> Done,
        Done: Future<Output = Result<R, W>>,
    {
        self.read_under(session, self.routing().backend().policy, work).await
    }

    /// Reads for a session under a policy. The work may be carried out again at another server if its connection breaks.
    ///
    /// # Errors
    /// What the work answered, or why no server was found for it.
    pub async fn read_under<R, W, F, Done>(
        &self,
        session: &mut Session,
        policy: ReadPolicy,
        work: F,
    ) -> Result<R, Failure<PostgresError, W>>
    where
        F: Fn(Lent<Connection>) -> Done,
        Done: Future<Output = Result<R, W>>,
    {
        let span = tracing::info_span!("read", policy = policy.name(), node = field::Empty, position = field::Empty);
        let result = self.routing().read_at(session, policy, work).instrument(span.clone()).await;
        self.tell(&span, session, result.is_ok());
        result
    }

    /// Writes for a session, at the leader, once. What the work reads there is covered by the session's token as well.
    ///
    /// # Errors
    /// What the work answered, or why no leader was found. If the connection broke while the work ran, nobody knows whether it happened.
    pub async fn write<R, W, F, Done>(&self, session: &mut Session, work: F) -> Result<R, Failure<PostgresError, W>>
    where
        F: FnOnce(Lent<Connection>) -> Done,
        Done: Future<Output = Result<R, W>>,
    {
        let span = tracing::info_span!("write", node = field::Empty, position = field::Empty);
        let result = self.routing().write_at(session, work).instrument(span.clone()).await;
        self.tell(&span, session, result.is_ok());
        result
    }

    fn tell(&self, span: &Span, session: &Session, served: bool) {
        if let Some(last) = session.last_served().filter(|_| served && !span.is_disabled()) {
            span.record("node", self.routing().name(last.node));
            if let Some(position) = last.position {
                span.record("position", position_text(position));
            }
        }
    }
}
