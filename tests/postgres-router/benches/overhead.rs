//! What the router costs, against plain pooled queries at the same servers, in one run.
//!
//! Three ways take turns in short rounds, so that what else the machine does meets all of them alike: plain queries over
//! `deadpool-postgres`, the router, and a naive router that asks a follower for its position before and after each read. Printed are operations per second and the
//! ratio to plain queries; nothing is asserted, because a number of this machine says little of another.
//!
//! ```text
//! cargo bench --package postgres-router
//! ```
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints numbers")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use postgres_cluster::{Cluster, ConnectionParameters};
use replicated_telemetry_store::ReadRouter;
use replicated_telemetry_store::postgres::{Connection, Postgres, Settings};
use replicated_telemetry_store::routing::{Lent, OnBehind, ReadPolicy, Session};
use tokio::time::Instant;
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

/// How many clients there are at once.
const CLIENTS: usize = 4;
/// How often each way has its turn.
const ROUNDS: usize = 12;
/// How long a turn lasts.
const TURN: Duration = Duration::from_millis(500);
const READ: &str = "SELECT value FROM reading WHERE device = $1";
const WRITE: &str = "UPDATE reading SET value = value + 1 WHERE device = $1";
const REPLAYED: &str = "SELECT pg_last_wal_replay_lsn()";

/// A way to carry out operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    PlainRead,
    AnyFollower,
    SessionConsistent,
    AlwaysAsking,
    PlainWrite,
    Write,
}

const WAYS: [(Way, &str); 6] = [
    (Way::PlainRead, "reads, plain at a follower"),
    (Way::AnyFollower, "reads, router, any-follower"),
    (Way::SessionConsistent, "reads, router, session-consistent"),
    (Way::AlwaysAsking, "reads, plain, position asked before and after"),
    (Way::PlainWrite, "writes, plain at the primary"),
    (Way::Write, "writes, router"),
];

/// What all clients work with.
struct Servers {
    router: ReadRouter<Postgres>,
    primary: Pool,
    followers: [Pool; 2],
}

fn pool(parameters: &ConnectionParameters) -> Pool {
    let config = parameters.to_string().parse().expect("a connection string");
    Pool::builder(Manager::new(config, NoTls)).max_size(CLIENTS).build().expect("a pool")
}

/// One statement at a server, prepared once for each connection, as the router's connections have it, too.
async fn plain(pool: &Pool, statements: &[&str], device: &str) {
    let client = pool.get().await.expect("the server runs");
    for text in statements {
        let statement = client.prepare_cached(text).await.expect("a statement");
        let parameters: &[&(dyn ToSql + Sync)] = if *text == REPLAYED { &[] } else { &[&device] };
        client.query(&statement, parameters).await.expect("carried out");
    }
}

async fn operate(servers: &Servers, way: Way, session: &mut Session, device: &str, number: usize) {
    let follower = &servers.followers[number % 2];
    let read = |db: Lent<Connection>| async move {
        let statement = db.prepare_cached(READ).await?;
        db.query(&statement, &[&device]).await
    };
    let write = |db: Lent<Connection>| async move {
        let statement = db.prepare_cached(WRITE).await?;
        db.query(&statement, &[&device]).await
    };
    let consistent = ReadPolicy::SessionConsistent(OnBehind::OtherFollower);
    match way {
        Way::PlainRead => plain(follower, &[READ], device).await,
        Way::AlwaysAsking => plain(follower, &[REPLAYED, READ, REPLAYED], device).await,
        Way::PlainWrite => plain(&servers.primary, &[WRITE], device).await,
        Way::AnyFollower => drop(servers.router.read_under(session, ReadPolicy::AnyFollower, read).await.expect("read")),
        Way::SessionConsistent => drop(servers.router.read_under(session, consistent, read).await.expect("read")),
        Way::Write => drop(servers.router.write(session, write).await.expect("written")),
    }
}

/// How many operations all clients carry out in one turn, and how long that took.
async fn turn(servers: &Arc<Servers>, way: Way, length: Duration) -> (usize, Duration) {
    let began = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let servers = servers.clone();
        clients.spawn(async move {
            let (mut session, device, mut done) = (Session::new(), format!("pump-{number}"), 0);
            while began.elapsed() < length {
                operate(&servers, way, &mut session, &device, number + done).await;
                done += 1;
            }
            done
        });
    }
    let done = clients.join_all().await.into_iter().sum();
    (done, began.elapsed())
}

fn start() -> Cluster {
    let preferred = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres-router");
    let folder = postgres_cluster::place_for(preferred, "overhead").expect("a place");
    Cluster::start(&postgres_cluster::Settings::new(folder)).expect("a cluster")
}

async fn servers(cluster: &Cluster) -> Arc<Servers> {
    let nodes = ["node1", "node2", "node3"].map(|name| cluster.node(name).expect("a node").direct());
    let ports = nodes.each_ref().map(|node| node.port.to_string()).join(",");
    let one = &nodes[0];
    let text = format!(
        "host=127.0.0.1,127.0.0.1,127.0.0.1 port={ports} user={} password={} dbname={}",
        one.user, one.password, one.dbname
    );
    let settings: Settings = text.parse().expect("settings");
    let router = ReadRouter::connect(&settings).await.expect("a router");
    let table = "CREATE TABLE reading (device text PRIMARY KEY, value bigint NOT NULL);
        INSERT INTO reading SELECT 'pump-' || n, 0 FROM generate_series(0, 99) n";
    router.write(&mut Session::new(), |db| async move { db.batch_execute(table).await }).await.expect("made");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
    }
    let [primary, first, second] = nodes.each_ref().map(pool);
    Arc::new(Servers { router, primary, followers: [first, second] })
}

#[tokio::main]
async fn main() {
    let cluster = start();
    let servers = servers(&cluster).await;
    // Connections and statements are made before anything is measured.
    for (way, _) in WAYS {
        turn(&servers, way, TURN / 2).await;
    }
    let mut totals = WAYS.map(|_| (0, Duration::ZERO));
    for _ in 0..ROUNDS {
        for (total, (way, _)) in totals.iter_mut().zip(WAYS) {
            let (done, took) = turn(&servers, way, TURN).await;
            *total = (total.0 + done, total.1 + took);
        }
    }
    let rate = |(done, took): (usize, Duration)| done as f64 / took.as_secs_f64();
    println!("{CLIENTS} clients, {ROUNDS} turns of {TURN:?} for each way");
    for ((way, name), total) in WAYS.into_iter().zip(totals) {
        let plain = if matches!(way, Way::PlainWrite | Way::Write) { totals[4] } else { totals[0] };
        println!("{name:48} {:9.0} per second {:6.3} of plain", rate(total), rate(total) / rate(plain));
    }
}
