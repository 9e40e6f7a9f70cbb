//! A cluster of real servers, started, used and stopped.

use std::path::PathBuf;

use postgres_cluster::{Cluster, Error, Settings};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres").join(name)
}

/// None if PostgreSQL is not here, which is said.
fn start(settings: &Settings) -> Option<Cluster> {
    match Cluster::start(settings) {
        Ok(cluster) => Some(cluster),
        Err(error @ Error::NotInstalled { .. }) => {
            eprintln!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_write_reaches_both_followers() {
    let Some(cluster) = start(&Settings::new(folder("start"))) else { return };
    cluster.execute("node1", "CREATE TABLE reading (id int); INSERT INTO reading VALUES (7)").expect("written");
    let position = cluster.position().expect("a position");
    for follower in cluster.followers() {
        cluster.await_replayed(follower.name(), position).expect("replayed");
        assert_eq!(cluster.execute(follower.name(), "SELECT id FROM reading").expect("read"), "7");
    }
}
