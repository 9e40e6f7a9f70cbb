//! PostgreSQL as what a router routes to: pools, questions, and waiting.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Socket;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

use super::error::PostgresError;
use super::history::{file_name, parse_history};
use super::layout::position_text;
use super::pool::{Connection, Pool, in_time};
use super::settings::Settings;
use super::wait::{Pauses, statement};
use crate::lsn::{Epoch, EpochStart, Position};
use crate::routing::{Backend, ClusterId, Notice, Standing};

/// The servers of one cluster.
pub struct Postgres {
    names: Vec<String>,
    pools: Vec<Pool>,
    answer: Duration,
    /// The cluster that the first server belongs to that was reached.
    cluster: OnceLock<ClusterId>,
    /// What `now` counts from.
    start: Instant,
    pub(super) policy: crate::routing::ReadPolicy,
}

impl Postgres {
    /// The servers of these settings. Nothing is connected yet.
    pub fn new<T>(settings: &Settings, tls: T) -> Postgres
    where
        T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
        T::Stream: Sync + Send,
        T::TlsConnect: Sync + Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let (names, configs): (Vec<String>, Vec<_>) = settings.nodes().into_iter().unzip();
        let pool = |config| Pool::new(config, tls.clone(), settings.connections, settings.answer);
        let pools = configs.into_iter().map(pool).collect();
        let (answer, policy) = (settings.answer, settings.policy);
        Postgres { names, pools, answer, cluster: OnceLock::new(), start: Instant::now(), policy }
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Backend for Postgres {
    type Connection = Connection;
    type Error = PostgresError;

    fn nodes(&self) -> &[String] {
        &self.names
    }

    async fn connect(&self, node: usize) -> Result<Connection, PostgresError> {
        let connection = self.pools.get(node).ok_or(PostgresError::NotReady)?.get().await?;
        let found = connection.server().cluster;
        let expected = *self.cluster.get_or_init(|| found);
        if expected != found {
            connection.give_back();
            return Err(PostgresError::OtherCluster { expected, found });
        }
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        connection.give_back();
    }

    fn is_open(&self, connection: &Connection) -> bool {
        !connection.is_closed()
    }

    fn cluster(&self, connection: &Connection) -> ClusterId {
        connection.server().cluster
    }

    fn known(&self, connection: &Connection) -> Standing {
        connection.server().known
    }

    async fn position(&self, connection: &mut Connection) -> Result<Standing, PostgresError> {
        connection.server_mut().ask(self.answer).await
    }

    async fn wait_until(
        &self,
        connection: &mut Connection,
        minimum: Position,
        limit: Duration,
    ) -> Result<Standing, PostgresError> {
        if let Some(wait) = statement(connection.server().version, minimum.lsn, limit) {
            in_time(limit.saturating_add(self.answer), connection.simple_query(&wait)).await?;
            return self.position(connection).await;
        }
        for pause in Pauses::of(limit) {
            tokio::time::sleep(pause).await;
            let standing = self.position(connection).await?;
            if standing.position.lsn >= minimum.lsn {
                return Ok(standing);
            }
        }
        self.position(connection).await
    }

    async fn history(&self, connection: &mut Connection, epoch: Epoch) -> Result<Vec<EpochStart>, PostgresError> {
        // The first timeline has no history, and no file.
        if epoch <= Epoch(1) {
            return parse_history(epoch, "").map_err(PostgresError::History);
        }
        let file = file_name(epoch);
        let row = tokio::time::timeout(self.answer, connection.query_one("SELECT pg_read_file($1)", &[&file])).await;
        match row {
            Err(_) => Err(PostgresError::TimedOut { after: self.answer }),
            Ok(Ok(row)) => parse_history(epoch, row.try_get(0)?).map_err(PostgresError::History),
            Ok(Err(error)) if error.code() == Some(&SqlState::UNDEFINED_FILE) => {
                Err(PostgresError::TimelineUnknown { timeline: epoch })
            }
            Ok(Err(error)) => Err(error.into()),
        }
    }

    fn is_lasting(&self, error: &PostgresError) -> bool {
        error.is_lasting()
    }

    fn text_of(&self, position: Position) -> String {
        position_text(position)
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }

    fn notice(&self, notice: Notice) {
        let name = |node: usize| self.names.get(node).map_or("?", String::as_str);
        match notice {
            Notice::Promoted { node, epoch } => tracing::info!(node = name(node), timeline = epoch.0, "leader found"),
            Notice::Behind { node, standing } => {
                tracing::debug!(node = name(node), at = position_text(standing.position), "behind");
            }
            Notice::Unreachable { node } => tracing::warn!(node = name(node), "unreachable"),
            Notice::SessionLost { token, survived } => {
                tracing::warn!(token = position_text(token), survived = position_text(survived), "session lost");
            }
        }
    }
}
