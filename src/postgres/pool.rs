//! Connections to one server: kept in a pool, and each with what its server has said over it.
//!
//! That memory belongs to the connection: a server that was taken back in time (by `pg_rewind`, or built anew) has been stopped
//! before, and no connection survives that. A connection that is dropped instead of given back was abandoned in the middle of something:
//! its statement is cancelled at the server, and it is closed.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleResult};
use deadpool_postgres::{ClientWrapper, ManagerConfig, RecyclingMethod};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{CancelToken, Config, Socket, Statement};

use super::error::PostgresError;
use super::layout::WalLayout;
use super::standing::{Answer, IDENTITY, POSITION};
use crate::routing::{ClusterId, Standing};

/// Cancels what a connection is doing.
type Cancel = Arc<dyn Fn(CancelToken) + Send + Sync>;

/// A connection to one server, which the caller's statements run on. It has all methods of [`tokio_postgres::Client`], and
/// `prepare_cached` of `deadpool-postgres`.
///
/// A transaction has to be ended by the work that began it; [`tokio_postgres::Transaction`] sees to that by itself.
pub struct Connection {
    /// There until it is given back.
    kept: Option<managed::Object<Servers>>,
    cancel: Cancel,
}

/// What is known of a connection's server.
pub(super) struct Server {
    client: ClientWrapper,
    position: Statement,
    pub(super) cluster: ClusterId,
    /// `server_version_num`.
    pub(super) version: u32,
    layout: WalLayout,
    pub(super) known: Standing,
}

/// Makes connections to one server.
pub(super) struct Servers {
    manager: deadpool_postgres::Manager,
    answer: Duration,
}

/// The pool of one server.
pub(super) struct Pool {
    pool: managed::Pool<Servers>,
    cancel: Cancel,
    answer: Duration,
}

impl Pool {
    /// A pool of so many connections, which are made when they are needed.
    pub(super) fn new<T>(config: Config, tls: T, connections: usize, answer: Duration) -> Pool
    where
        T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
        T::Stream: Sync + Send,
        T::TlsConnect: Sync + Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let kept = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = deadpool_postgres::Manager::from_config(config, tls.clone(), kept);
        let limit = Some(answer);
        let pool = managed::Pool::builder(Servers { manager, answer })
            .max_size(connections.max(1))
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(limit)
            .create_timeout(limit)
            .build()
            .expect("a pool with a runtime can have time-outs");
        let cancel: Cancel = Arc::new(move |token: CancelToken| {
            let tls = tls.clone();
            // Outside of a runtime, as when a program ends, there is nobody left to send it.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { token.cancel_query(tls).await });
            }
        });
        Pool { pool, cancel, answer }
    }

    /// A connection, kept or new.
    pub(super) async fn get(&self) -> Result<Connection, PostgresError> {
        match self.pool.get().await {
            Ok(kept) => Ok(Connection { kept: Some(kept), cancel: self.cancel.clone() }),
            Err(managed::PoolError::Backend(error)) => Err(error),
            Err(managed::PoolError::Timeout(managed::TimeoutType::Wait)) => {
                Err(PostgresError::PoolExhausted { size: self.pool.status().max_size })
            }
            Err(managed::PoolError::Timeout(_)) => Err(PostgresError::TimedOut { after: self.answer }),
            Err(managed::PoolError::Closed | managed::PoolError::NoRuntimeSpecified | managed::PoolError::PostCreateHook(_)) => {
                Err(PostgresError::NotReady)
            }
        }
    }
}

impl managed::Manager for Servers {
    type Type = Server;
    type Error = PostgresError;

    async fn create(&self) -> Result<Server, PostgresError> {
        let client = self.manager.create().await?;
        let identity = in_time(self.answer, client.query_one(IDENTITY, &[])).await?;
        if !(identity.try_get::<_, bool>(4)? && identity.try_get::<_, bool>(5)?) {
            return Err(PostgresError::RightsMissing { role: identity.try_get(6)? });
        }
        let number = |column| identity.try_get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
        let layout = WalLayout { page: number(2)?, segment: number(3)? };
        // The system identifier has no sign, and SQL has no such type.
        let cluster = ClusterId(identity.try_get::<_, i64>(0)?.cast_unsigned());
        let version: i32 = identity.try_get(1)?;
        let position = in_time(self.answer, client.prepare(POSITION)).await?;
        let row = in_time(self.answer, client.query_one(&position, &[])).await?;
        let known = Answer::of(&row)?.standing(layout)?;
        Ok(Server { client, position, cluster, version: version.unsigned_abs(), layout, known })
    }

    async fn recycle(&self, server: &mut Server, metrics: &Metrics) -> RecycleResult<PostgresError> {
        let recycled = self.manager.recycle(&mut server.client, metrics).await;
        recycled.map_err(|_| managed::RecycleError::message("the connection is closed"))
    }

    fn detach(&self, server: &mut Server) {
        self.manager.detach(&mut server.client);
    }
}

impl Server {
    /// Asks where the server stands.
    pub(super) async fn ask(&mut self, answer: Duration) -> Result<Standing, PostgresError> {
        let row = in_time(answer, self.client.query_one(&self.position, &[])).await?;
        self.known = Answer::of(&row)?.standing(self.layout)?;
        Ok(self.known)
    }
}

impl Connection {
    pub(super) fn server(&self) -> &Server {
        self.kept.as_deref().expect("a connection that was given back is not there any more")
    }

    pub(super) fn server_mut(&mut self) -> &mut Server {
        self.kept.as_deref_mut().expect("a connection that was given back is not there any more")
    }

    /// Gives it back to its pool.
    pub(super) fn give_back(mut self) {
        drop(self.kept.take());
    }
}

impl Deref for Connection {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.server().client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut ClientWrapper {
        &mut self.server_mut().client
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("known", &self.kept.as_deref().map(|server| server.known)).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(kept) = self.kept.take() else { return };
        if !kept.client.is_closed() {
            (self.cancel)(kept.client.cancel_token());
        }
        drop(managed::Object::take(kept));
    }
}

/// An answer of the server, if it comes in time.
pub(super) async fn in_time<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, PostgresError> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(PostgresError::TimedOut { after: limit }),
    }
}
