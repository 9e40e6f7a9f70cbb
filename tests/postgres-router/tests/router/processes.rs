//! A session that goes on in another process, by its text.

use std::process::Command;

use replicated_telemetry_store::ReadRouter;
use replicated_telemetry_store::routing::{OnBehind, ReadPolicy, Session};

use super::{connect, read, start, table, text, write};

/// What tells the other process where the servers are, and who it is.
const HOSTS: &str = "ROUTER_TEST_HOSTS";
/// See [`HOSTS`].
const SESSION: &str = "ROUTER_TEST_SESSION";

/// The other process: this test by itself does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_process() {
    let (Ok(hosts), Ok(token)) = (std::env::var(HOSTS), std::env::var(SESSION)) else { return };
    let router = ReadRouter::connect(&hosts.parse().expect("settings")).await.expect("a router");
    let mut session: Session = token.parse().expect("the text of a session");
    let policy = if token == "1" { ReadPolicy::AnyFollower } else { ReadPolicy::SessionConsistent(OnBehind::OtherFollower) };
    for _ in 0..2 {
        let value = read(&router, &mut session, policy, "pump").await.expect("read");
        eprintln!("the other process read {value:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_in_another_process() {
    let Some(cluster) = start("processes") else { return };
    let router = connect(&cluster).await;
    let mut session = table(&cluster, &router).await;
    write(&router, &mut session, "pump", 1).await.expect("written");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
        cluster.pause_replay(follower).expect("paused");
    }
    write(&router, &mut session, "pump", 2).await.expect("written");
    let other = |session: &str| {
        let program = std::env::current_exe().expect("this program has a path");
        let ran = Command::new(program)
            .args(["--exact", "processes::the_other_process", "--nocapture"])
            .envs([(HOSTS, text(&cluster, &["node1", "node2", "node3"])), (SESSION, session.to_owned())])
            .output()
            .expect("it runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stderr).matches("read Some(2)").count()
    };
    assert_eq!(other(&session.to_string()), 2, "the token went along");
    assert_eq!(other("1"), 0, "without it the followers answer, which have stopped");
}
