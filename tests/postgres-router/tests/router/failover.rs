//! A primary that is gone: what survived goes on, what did not is told to its session, by the history of the new timeline.

use std::time::Duration;

use postgres_cluster::Cut;
use replicated_telemetry_store::routing::{Failure, OnBehind, ReadPolicy, RoutingError, Session};

use super::{connect, read, served, start, table, write};

const CONSISTENT: ReadPolicy = ReadPolicy::SessionConsistent(OnBehind::OtherFollower);

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_loses_the_sessions_that_it_has_to_and_no_other() {
    let Some(mut cluster) = start("failover") else { return };
    let router = connect(&cluster).await;
    let mut kept = table(&cluster, &router).await;
    write(&router, &mut kept, "pump", 1).await.expect("written");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
    }
    for follower in ["node2", "node3"] {
        cluster.node(follower).expect("a node").replication_link().cut(Cut::Stall);
    }
    let mut lost = Session::new();
    write(&router, &mut lost, "pump", 2).await.expect("acknowledged, and nowhere else");
    assert_eq!(read(&router, &mut lost, CONSISTENT, "pump").await.expect("read"), Some(2));
    assert_eq!(served(&lost), Some(0), "only the primary has it");
    let carried = lost.to_string();

    cluster.kill_primary().expect("killed");
    // What is on its way from the dead must not arrive once the candidates are compared.
    for follower in ["node2", "node3"] {
        cluster.node(follower).expect("a node").replication_link().cut(Cut::Reset);
    }
    let (leader, follower) = if cluster.most_advanced_follower().expect("both run") == "node2" { (1, 2) } else { (2, 1) };
    cluster.promote(&format!("node{}", leader + 1)).expect("promoted");
    for node in ["node2", "node3"] {
        cluster.node(node).expect("a node").replication_link().heal();
    }
    for (name, result) in cluster.repoint_followers() {
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    // The first write finds the new leader by itself; more of them carry the new timeline beyond the number of the lost token.
    for value in 10..60 {
        write(&router, &mut kept, "pump", value).await.expect("the new primary takes writes");
    }
    assert_eq!(served(&kept), Some(leader));
    assert!(kept.to_string().contains(".2."), "on the second timeline: {kept}");
    assert_eq!(read(&router, &mut kept, CONSISTENT, "pump").await.expect("read"), Some(59));

    let error = read(&router, &mut lost, CONSISTENT, "pump").await.expect_err("its write is gone");
    let Failure::Routing(RoutingError::SessionLost { token, survived }) = &error else { panic!("{error}") };
    assert!(token.text.starts_with("1:0/") && survived.text.starts_with("1:0/") && token.position > survived.position, "{error}");
    // It has begun anew, so any follower will do, and what the new primary never had nobody shows.
    let value = read(&router, &mut lost, CONSISTENT, "pump").await.expect("it has begun anew").expect("a value");
    assert!(value == 1 || value >= 10, "{value}");

    let mut carried: Session = carried.parse().expect("the text of a session");
    let error = write(&router, &mut carried, "pump", 3).await.expect_err("a writer is told as well");
    assert!(matches!(error, Failure::Routing(RoutingError::SessionLost { .. })), "{error}");

    // The other follower has gone over to the new timeline, and serves it.
    cluster.await_replayed(&format!("node{}", follower + 1), cluster.position().expect("a position")).expect("replayed");
    let mut nodes = Vec::new();
    for _ in 0..4 {
        assert_eq!(read(&router, &mut kept, CONSISTENT, "pump").await.expect("read"), Some(59));
        nodes.extend(served(&kept));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert!(nodes.contains(&follower), "{nodes:?}");
}

/// Two primaries at once: the old one is still there, and the router has heard of the new one from a token only.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_later_timeline_tells_an_old_primary_from_the_new_one() {
    let Some(cluster) = start("old-primary") else { return };
    let router = connect(&cluster).await;
    let mut session = table(&cluster, &router).await;
    write(&router, &mut session, "pump", 1).await.expect("written");
    let newer = session.to_string().replacen(".1.", ".2.", 1);
    let settings = super::text(&cluster, &["node1"]).parse().expect("settings");
    let alone = replicated_telemetry_store::ReadRouter::connect(&settings).await.expect("a router");
    let mut ahead: Session = newer.parse().expect("the text of a session");
    let began = tokio::time::Instant::now();
    let error = read(&alone, &mut ahead, CONSISTENT, "pump").await.expect_err("nobody knows that timeline").to_string();
    assert!(error.contains("is of a later timeline than that of the leader at 1:0/"), "{error}");
    assert!(began.elapsed() >= Duration::from_secs(4), "it was looked for: {:?}", began.elapsed());

    cluster.node("node2").expect("a node").replication_link().cut(Cut::Reset);
    cluster.execute("node2", "SELECT pg_promote(true, 60)").expect("promoted, and nobody has stopped the primary");
    let mut ahead: Session = newer.parse().expect("the text of a session");
    let written = write(&router, &mut ahead, "pump", 7).await;
    assert!(written.is_ok() || matches!(&written, Err(Failure::Routing(RoutingError::TokenAhead { .. }))), "{written:?}");
    assert_eq!(served(&ahead), Some(1), "the primary of the later timeline, though the old one still answers");
}
