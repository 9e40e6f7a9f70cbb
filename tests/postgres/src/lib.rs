//! A primary and its followers of the PostgreSQL that is installed, on loopback, with faults that are real: for tests
//! of what runs over PostgreSQL's streaming replication, and for `cargo xtask postgres`.
//!
//! [`Cluster::start`] makes it, dropping it stops it. Servers run as an unprivileged account, keep their files in one folder
//! and never touch a cluster of the system. Followers stream, and clients may connect, through [`Link`]s that can be slow
//! or cut. What is done to servers is done by PostgreSQL's own programs (`pg_basebackup`, `pg_ctl`, `pg_rewind`, `psql`),
//! so this needs the standard library only. What they do is described in PostgreSQL's documentation, "High
//! Availability, Load Balancing, and Replication".

mod account;
mod cluster;
mod configuration;
pub mod control;
mod error;
mod folder;
mod installation;
mod link;
mod lsn;
mod order;
mod parameters;
mod ports;
mod processes;
mod program;
mod psql;
mod server;
mod settings;

pub use account::Account;
pub use cluster::{Cluster, Node, NodeStatus, Promotion, Role, ServerStatus};
pub use error::Error;
pub use folder::{place_for, stop_left_behind};
pub use installation::Installation;
pub use link::{Condition, Cut, LATENCY_MAX, Latency, Link};
pub use lsn::Lsn;
pub use order::{Order, Side, USAGE};
pub use parameters::ConnectionParameters;
pub use server::Stop;
pub use settings::{Commit, FOLLOWERS_MAX, Settings, Synchronous};
