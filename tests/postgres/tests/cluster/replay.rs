//! Replay that is paused or late: the follower has the log, and does not show it.

use std::time::Duration;

use postgres_cluster::Settings;

use super::{folder, start, write};

#[test]
fn a_follower_whose_replay_is_paused_or_delayed_falls_behind_the_other() {
    let Some(mut cluster) = start(&Settings::new(folder("replay"))) else { return };
    write(&cluster, "CREATE TABLE reading (id int)");
    cluster.await_replayed("node3", cluster.position().expect("a position")).expect("replayed");
    cluster.pause_replay("node3").expect("paused");
    write(&cluster, "INSERT INTO reading SELECT generate_series(1, 1000)");
    let position = cluster.position().expect("a position");
    cluster.await_replayed("node2", position).expect("the other goes on");
    let count = |name: &str| cluster.execute(name, "SELECT count(*) FROM reading").expect("read");
    assert_eq!((count("node2").as_str(), count("node3").as_str()), ("1000", "0"));
    // It receives meanwhile.
    while cluster.status_of("node3").expect("a node").server.expect("it runs").received < position {}
    let status = cluster.status_of("node3").expect("a node").server.expect("it runs");
    assert_eq!(status.replay_pause, "paused");
    assert!(status.unreplayed() > 10_000, "{status}");
    cluster.resume_replay("node3").expect("resumed");
    cluster.await_replayed("node3", position).expect("it catches up");
    let refused = cluster.pause_replay("node1").expect_err("the primary").to_string();
    assert!(refused.contains("node1 does not follow"), "{refused}");

    cluster.set_apply_delay("node2", Duration::from_secs(3600)).expect("set");
    assert_eq!(cluster.status_of("node2").expect("a node").server.expect("it runs").apply_delay, "1h");
    write(&cluster, "INSERT INTO reading VALUES (0)");
    cluster.await_replayed("node3", cluster.position().expect("a position")).expect("replayed");
    let count = |name: &str| cluster.execute(name, "SELECT count(*) FROM reading").expect("read");
    assert_eq!((count("node3").as_str(), count("node2").as_str()), ("1001", "1000"));
    cluster.set_apply_delay("node2", Duration::ZERO).expect("set");
    cluster.await_replayed("node2", cluster.position().expect("a position")).expect("it catches up");
}
