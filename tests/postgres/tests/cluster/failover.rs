//! The primary is killed, a follower takes its place, the others follow it.

use postgres_cluster::{Cut, Error, Role, Settings, Stop, Synchronous};

use super::{folder, start, write};

#[test]
fn what_a_synchronous_follower_confirmed_outlives_the_primary() {
    let settings = Settings { synchronous: Synchronous::First(1), ..Settings::new(folder("failover")) };
    let Some(mut cluster) = start(&settings) else { return };
    write(&cluster, "CREATE TABLE reading (id int); INSERT INTO reading VALUES (1)");
    assert_eq!(cluster.kill_primary().expect("killed"), "node1");
    assert!(cluster.execute("node1", "SELECT 1").is_err() && cluster.status()[0].server.is_none());
    let promotion = cluster.promote("node2").expect("promoted");
    assert_eq!((promotion.timeline, cluster.primary().name()), (2, "node2"));
    for (name, result) in cluster.repoint_followers() {
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert_eq!(cluster.execute("node2", "SELECT id FROM reading").expect("read"), "1");
    // The other follower confirms now.
    write(&cluster, "INSERT INTO reading VALUES (2)");
    assert_eq!(cluster.execute("node2", "SHOW synchronous_standby_names").expect("shown"), "FIRST 1 (node1, node3)");
    cluster.await_replayed("node3", cluster.position().expect("a position")).expect("it follows the new primary");
    let said = cluster.rewind("node1").expect("the old primary comes back");
    assert!(said.contains("Done!") || said.contains("no rewind required"), "{said}");
    cluster.await_replayed("node1", cluster.position().expect("a position")).expect("it follows the new primary");
    assert_eq!(cluster.execute("node1", "SELECT id FROM reading ORDER BY id").expect("read"), "1\n2");
    let status = cluster.status_of("node1").expect("a node").server.expect("it runs");
    assert_eq!((status.role, status.timeline), (Role::Follower, 2));
}

#[test]
fn who_has_what_the_new_primary_lacks_is_told_and_taken_back() {
    let Some(mut cluster) = start(&Settings::new(folder("diverged"))) else { return };
    write(&cluster, "CREATE TABLE reading (id int)");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
    }
    // The last write reaches one follower only, and the other one is promoted.
    cluster.node("node2").expect("a node").replication_link().cut(Cut::Stall);
    write(&cluster, "INSERT INTO reading VALUES (1)");
    cluster.await_replayed("node3", cluster.position().expect("a position")).expect("replayed");
    cluster.kill_primary().expect("killed");
    assert_eq!(cluster.most_advanced_follower().expect("two run"), "node3");
    cluster.promote("node2").expect("promoted");
    assert_eq!(cluster.execute("node2", "SELECT count(*) FROM reading").expect("read"), "0");
    let diverged = |refused: Result<(), Error>| matches!(refused, Err(Error::Diverged { node, .. }) if node == "node3");
    assert!(diverged(cluster.repoint("node3")));
    // The log of the next primary goes beyond what node3 has, and yet has not all of it.
    write(&cluster, "INSERT INTO reading SELECT generate_series(2, 1000)");
    cluster.rewind("node1").expect("rewound");
    cluster.await_replayed("node1", cluster.position().expect("a position")).expect("it follows");
    cluster.stop_node("node2", Stop::Immediate).expect("stopped");
    assert_eq!(cluster.promote("node1").expect("promoted").timeline, 3);
    assert!(diverged(cluster.repoint("node3")));
    cluster.rewind("node3").expect("rewound");
    cluster.await_replayed("node3", cluster.position().expect("a position")).expect("it follows");
    assert_eq!(cluster.execute("node3", "SELECT count(*), min(id) FROM reading").expect("read"), "999|2");
    // An old primary that is started as it is leads beside the new one; a copy makes it follow, too.
    cluster.start_node("node2").expect("started");
    let roles: Vec<Role> = cluster.status()[..2].iter().filter_map(|node| Some(node.server.as_ref()?.role)).collect();
    assert_eq!(roles, [Role::Primary, Role::Primary]);
    cluster.rebuild("node2").expect("copied");
    assert_eq!(cluster.execute("node2", "SELECT pg_is_in_recovery()").expect("read"), "t");
    for refused in [cluster.rebuild("node1"), cluster.rewind("node1").map(drop), cluster.promote("node1").map(drop)] {
        assert!(refused.expect_err("it is the primary").to_string().starts_with("node1 "));
    }
    assert!(cluster.repoint("node9").expect_err("no such node").to_string().contains("node1, node2, node3"));
}
