//! The router over a real PostgreSQL, with faults that are real. Without PostgreSQL these tests check nothing, and say so.

#[path = "router/anomalies.rs"]
mod anomalies;
#[path = "router/bounds.rs"]
mod bounds;
#[path = "router/cancelled.rs"]
mod cancelled;
#[path = "router/failover.rs"]
mod failover;
#[path = "router/processes.rs"]
mod processes;
#[path = "router/settings.rs"]
mod settings;

use std::path::PathBuf;
use std::sync::Arc;

use postgres_cluster::{Cluster, Error};
use replicated_telemetry_store::ReadRouter;
use replicated_telemetry_store::postgres::{Postgres, PostgresError, Settings};
use replicated_telemetry_store::routing::{Failure, ReadPolicy, Session};

/// What an operation of these tests ends with.
type Result<T> = std::result::Result<T, Failure<PostgresError, tokio_postgres::Error>>;

/// A primary and two followers; none if PostgreSQL is not here, which is said.
fn start(name: &str) -> Option<Cluster> {
    let preferred = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres-router");
    let folder = postgres_cluster::place_for(preferred, name).expect("a place");
    match Cluster::start(&postgres_cluster::Settings::new(folder)) {
        Ok(cluster) => Some(cluster),
        Err(error @ Error::NotInstalled { .. }) => {
            use std::io::Write;
            // Past the harness, which keeps to itself what a test prints that passes.
            let line = format!("\nSKIPPED, nothing was checked: {error}\n");
            std::io::stderr().write_all(line.as_bytes()).expect("standard error can be written to");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The connection string of these nodes, through their links.
fn text(cluster: &Cluster, names: &[&str]) -> String {
    let nodes: Vec<_> = names.iter().map(|name| cluster.node(name).expect("a node").through_link()).collect();
    let list =
        |part: &dyn Fn(&postgres_cluster::ConnectionParameters) -> String| nodes.iter().map(part).collect::<Vec<_>>().join(",");
    let one = &nodes[0];
    format!(
        "host={} port={} user={} password={} dbname={}",
        list(&|node| node.host.to_owned()),
        list(&|node| node.port.to_string()),
        one.user,
        one.password,
        one.dbname
    )
}

fn all(cluster: &Cluster) -> Settings {
    text(cluster, &["node1", "node2", "node3"]).parse().expect("settings")
}

async fn connect(cluster: &Cluster) -> Arc<ReadRouter<Postgres>> {
    Arc::new(ReadRouter::connect(&all(cluster)).await.expect("a router"))
}

/// Makes the table of these tests, and waits until all nodes have it.
async fn table(cluster: &Cluster, router: &ReadRouter<Postgres>) -> Session {
    let mut session = Session::new();
    let create = "CREATE TABLE reading (device text PRIMARY KEY, value bigint NOT NULL)";
    router.write(&mut session, |db| async move { db.batch_execute(create).await }).await.expect("the primary takes writes");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
    }
    session
}

async fn write(router: &ReadRouter<Postgres>, session: &mut Session, device: &str, value: i64) -> Result<u64> {
    let upsert = "INSERT INTO reading VALUES ($1, $2) ON CONFLICT (device) DO UPDATE SET value = excluded.value";
    router.write(session, |db| async move { db.execute(upsert, &[&device, &value]).await }).await
}

async fn read(router: &ReadRouter<Postgres>, session: &mut Session, policy: ReadPolicy, device: &str) -> Result<Option<i64>> {
    let work = |db: replicated_telemetry_store::routing::Lent<replicated_telemetry_store::postgres::Connection>| async move {
        let row = db.query_opt("SELECT value FROM reading WHERE device = $1", &[&device]).await?;
        row.map(|row| row.try_get(0)).transpose()
    };
    router.read_under(session, policy, work).await
}

/// The number of the node that answered last.
fn served(session: &Session) -> Option<usize> {
    session.last_served().map(|served| served.node)
}
