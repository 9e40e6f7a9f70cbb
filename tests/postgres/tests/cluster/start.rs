//! What a start brings about, and what is left when the cluster is dropped.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use postgres_cluster::{Cluster, Commit, Error, Installation, Role, Settings, Stop, Synchronous};

use super::{folder, start, write};

#[test]
fn a_write_reaches_both_followers_and_nothing_is_left_afterwards() {
    let settings = Settings::new(folder("start"));
    let Some(mut cluster) = start(&settings) else { return };
    write(&cluster, "CREATE TABLE reading (id int); INSERT INTO reading VALUES (7)");
    let position = cluster.position().expect("a position");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, position).expect("replayed");
        assert_eq!(cluster.execute_through_link(follower, "SELECT id FROM reading").expect("read"), "7");
        let refused = cluster.execute(follower, "INSERT INTO reading VALUES (8)").expect_err("a follower").to_string();
        assert!(refused.contains("read-only") && refused.contains(follower), "{refused}");
    }
    let roles: Vec<Option<Role>> = cluster.status().into_iter().map(|node| node.server.map(|server| server.role)).collect();
    assert_eq!(roles, [Some(Role::Primary), Some(Role::Follower), Some(Role::Follower)]);
    // Servers do not run as root, and only on loopback.
    let owner = cluster.execute("node1", "SELECT pg_read_file('postmaster.pid')").expect("read");
    let pid = owner.lines().next().expect("a number").to_owned();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    assert!(!status.contains("Uid:\t0\t"), "{status}");
    assert_eq!(cluster.execute("node1", "SHOW listen_addresses").expect("shown"), "127.0.0.1");
    drop(cluster);
    assert!(!fs::exists(format!("/proc/{pid}")).expect("can be asked"), "{pid} still runs");
    let left: Vec<_> = fs::read_dir(&settings.folder).expect("the folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["cluster"]);
}

#[test]
fn a_folder_that_cannot_be_had_is_named() {
    if let Err(error @ Error::NotInstalled { .. }) = Installation::find() {
        return super::skipped(&error);
    }
    // Root may make folders in a closed one, but not the account of the servers; others may not even do that.
    let closed = std::env::temp_dir().join(format!("postgres-cluster-closed-{}", std::process::id()));
    fs::create_dir_all(&closed).expect("a folder");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed");
    let refused = Cluster::start(&Settings::new(closed.join("cluster"))).expect_err("nobody can enter").to_string();
    assert!(refused.contains("postgres-cluster-closed"), "{refused}");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("opened");
    fs::remove_dir_all(&closed).expect("removed");
}

#[test]
fn settings_are_those_of_the_servers() {
    let settings = Settings {
        followers: 1,
        synchronous: Synchronous::Any(1),
        commit: Commit::RemoteApply,
        more: vec![("work_mem".to_owned(), "3MB".to_owned())],
        ..Settings::new(folder("settings"))
    };
    let Some(mut cluster) = start(&settings) else { return };
    let shown = |name: &str| cluster.execute("node1", &format!("SHOW {name}")).expect("shown");
    assert_eq!(shown("synchronous_standby_names"), "ANY 1 (node2)");
    assert_eq!(shown("synchronous_commit"), "remote_apply");
    assert_eq!(shown("work_mem"), "3MB");
    assert_eq!(shown("data_checksums"), "on", "pg_rewind asks for it");
    // A commit that was applied everywhere is seen everywhere, at once.
    write(&cluster, "CREATE TABLE reading (id int); INSERT INTO reading VALUES (7)");
    assert_eq!(cluster.execute("node2", "SELECT id FROM reading").expect("read"), "7");
    // A setting can be changed, and one that cannot is refused and taken back.
    cluster.configure("node1", "synchronous_commit", "local").expect("taken");
    assert_eq!(cluster.execute("node1", "SHOW synchronous_commit").expect("shown"), "local");
    let refused = cluster.configure("node1", "shared_buffers", "64MB").expect_err("needs a restart").to_string();
    assert!(refused.contains("shared_buffers"), "{refused}");
    let refused = cluster.configure("node1", "no_such_setting", "1").expect_err("unknown").to_string();
    assert!(refused.contains("no_such_setting"), "{refused}");
    assert!(cluster.configure("node1", "a = b\nc", "1").is_err());
    // Stopped, it starts with what it had.
    cluster.stop_node("node1", Stop::Fast).expect("stopped");
    assert!(!cluster.is_running("node1").expect("a node") && cluster.execute("node1", "SELECT 1").is_err());
    cluster.start_node("node1").expect("started");
    assert_eq!(cluster.execute("node1", "SHOW synchronous_commit").expect("shown"), "local");
    cluster.await_streaming().expect("the follower comes back by itself");
    assert!(cluster.start_node("node1").expect_err("it runs").to_string().contains("node1 runs"));
}
