//! Links between servers, and between a client and its server, that are slow or cut.

use std::thread;
use std::time::{Duration, Instant};

use postgres_cluster::{Cluster, Cut, Latency, Settings, Synchronous};

use super::session::Session;
use super::{folder, start, write};

const LATENCY: Duration = Duration::from_millis(150);

/// The shortest of ten commits of one session.
fn commit(session: &mut Session) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        session.row("INSERT INTO reading VALUES (1) RETURNING id").expect("acknowledged");
        begun.elapsed()
    };
    (0..10).map(once).min().expect("ten commits")
}

fn replayed(cluster: &mut Cluster, name: &str) -> postgres_cluster::Lsn {
    cluster.status_of(name).expect("a node").server.expect("it runs").replayed
}

#[test]
fn a_commit_waits_for_the_link_of_a_synchronous_follower() {
    let settings = Settings { synchronous: Synchronous::First(1), ..Settings::new(folder("latency")) };
    let Some(cluster) = start(&settings) else { return };
    write(&cluster, "CREATE TABLE reading (id int)");
    let mut session = Session::open(&cluster, &cluster.primary().direct());
    let quick = commit(&mut session);
    let link = cluster.node("node2").expect("a node").replication_link();
    link.set_latency(Latency::each_way(LATENCY)).expect("short enough");
    let slow = commit(&mut session);
    assert!(quick < LATENCY * 2 && slow >= LATENCY * 2, "without latency {quick:?}, with {slow:?}");
    // The other follower is asynchronous, so its link costs nothing.
    link.set_latency(Latency::default()).expect("none is short enough");
    cluster.node("node3").expect("a node").replication_link().set_latency(Latency::each_way(LATENCY)).expect("short enough");
    let quick = commit(&mut session);
    assert!(quick < LATENCY * 2, "{quick:?}");
    // A client's own link: to connect takes a round trip, and so does every message that waits for an answer.
    cluster.node("node1").expect("a node").client_link().set_latency(Latency::each_way(LATENCY)).expect("short enough");
    let begun = Instant::now();
    cluster.execute_through_link("node1", "SELECT 1").expect("an answer");
    assert!(begun.elapsed() >= LATENCY * 4, "{:?}", begun.elapsed());
}

#[test]
fn a_follower_behind_a_cut_link_stays_behind_until_it_is_healed() {
    let Some(mut cluster) = start(&Settings::new(folder("cut"))) else { return };
    write(&cluster, "CREATE TABLE reading (id int)");
    for cut in [Cut::Stall, Cut::Reset] {
        cluster.await_replayed("node3", cluster.position().expect("a position")).expect("replayed");
        cluster.node("node3").expect("a node").replication_link().cut(cut);
        write(&cluster, "INSERT INTO reading VALUES (2)");
        let position = cluster.position().expect("a position");
        cluster.await_replayed("node2", position).expect("the other goes on");
        thread::sleep(Duration::from_millis(300));
        assert!(replayed(&mut cluster, "node3") < position, "{cut:?}: it came through");
        cluster.node("node3").expect("a node").replication_link().heal();
        cluster.await_replayed("node3", position).expect("it catches up");
    }
    cluster.node("node2").expect("a node").client_link().cut(Cut::Reset);
    assert!(cluster.execute_through_link("node2", "SELECT 1").is_err());
    assert_eq!(cluster.execute("node2", "SELECT 1").expect("the server is well"), "1");
    cluster.node("node2").expect("a node").client_link().heal();
    assert_eq!(cluster.execute_through_link("node2", "SELECT 1").expect("an answer"), "1");
}
