//! PostgreSQL behind the router: a primary and its streaming followers, with the user's statements as they are.
//!
//! ```no_run
//! use replicated_telemetry_store::postgres::Settings;
//! use replicated_telemetry_store::routing::Session;
//! use replicated_telemetry_store::ReadRouter;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let settings: Settings = "host=db1,db2,db3 user=app dbname=telemetry".parse()?;
//! let router = ReadRouter::connect(&settings).await?;
//! let mut session = Session::new();
//! let insert = "INSERT INTO readings (device, value) VALUES ($1, $2)";
//! router.write(&mut session, |db| async move { db.execute(insert, &[&"pump-1", &42_i64]).await }).await?;
//! let select = "SELECT value FROM readings WHERE device = $1";
//! let rows = router.read(&mut session, |db| async move { db.query(select, &[&"pump-1"]).await }).await?;
//! assert!(!rows.is_empty(), "a session reads its own writes, at whichever node");
//! let cookie = session.to_string(); // carried to another process, and read there with `parse`
//! # Ok(())
//! # }
//! ```
//!
//! A token is `(timeline, LSN)`. After a write it is what the primary has flushed, which covers the commit; after a read it is the follower's
//! replay position. A follower is asked where it stands by one prepared statement; it waits by `WAIT FOR LSN`
//! from PostgreSQL 19 on, and is asked again and again before. Documentation: chapters "High Availability, Load Balancing, and Replication"
//! and "System Administration Functions" of the PostgreSQL manual.
//!
//! What a role needs, besides its rights on tables, is `GRANT pg_monitor` and `GRANT EXECUTE ON FUNCTION pg_read_file(text)`: the first to see
//! on which timeline a follower is, the second to read where timelines began.
//!
//! A limit that the server sets: a commit becomes visible at a follower a moment before its replay position moves. A read that falls into
//! that moment, and whose position is asked for within it, too, gets a token that is one commit short. Statements of the session itself are
//! covered always. And where *others* commit with `synchronous_commit = off`, the primary shows a commit that it has not flushed: a session that
//! has read it there may miss it at a follower for a moment. The session's own such commits are covered as long as the setting is that of the
//! connection, as by `options='-c synchronous_commit=off'` or `SET`, and not of one transaction alone.

mod backend;
mod error;
mod history;
mod layout;
mod pool;
pub mod record;
mod router;
mod settings;
mod standing;
mod wait;
pub mod workload;

pub use backend::Postgres;
pub use error::PostgresError;
pub use history::{HistoryError, parse_history};
pub use layout::{WalLayout, lsn_text, parse_lsn};
pub use pool::Connection;
pub use settings::{Settings, SettingsError};
