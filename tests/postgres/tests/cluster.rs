//! A cluster of real servers: started, broken, mended and stopped. Without PostgreSQL these tests check nothing, and
//! say so.

#[path = "cluster/abort.rs"]
mod abort;
#[path = "cluster/commit.rs"]
mod commit;
#[path = "cluster/control.rs"]
mod control;
#[path = "cluster/drill.rs"]
mod drill;
#[path = "cluster/failover.rs"]
mod failover;
#[path = "cluster/link.rs"]
mod link;
#[path = "cluster/partition.rs"]
mod partition;
#[path = "cluster/replay.rs"]
mod replay;
#[path = "cluster/session.rs"]
mod session;
#[path = "cluster/start.rs"]
mod start;

use std::path::PathBuf;

use postgres_cluster::{Cluster, Error, Settings};

/// A folder of its own for each test, below a folder that every account may enter.
fn folder(name: &str) -> PathBuf {
    postgres_cluster::place_for(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres"), name).expect("a place")
}

/// Starts a cluster; none if PostgreSQL is not here, which is said.
fn start(settings: &Settings) -> Option<Cluster> {
    match Cluster::start(settings) {
        Ok(cluster) => Some(cluster),
        Err(error @ Error::NotInstalled { .. }) => {
            skipped(&error);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Says it past the harness, which keeps to itself what a test prints that passes.
fn skipped(why: &Error) {
    use std::io::Write;
    let line = format!("\nSKIPPED, nothing was checked: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error can be written to");
}

/// Writes at the primary.
fn write(cluster: &Cluster, statements: &str) {
    cluster.execute(cluster.primary().name(), statements).expect("the primary takes writes");
}
