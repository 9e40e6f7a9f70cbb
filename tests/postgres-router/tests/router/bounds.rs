//! Bounded staleness and pinned followers, by replay that is paused and a leader that is idle.

use std::time::Duration;

use replicated_telemetry_store::routing::{Bound, OnBehind, ReadPolicy, Session};

use super::{connect, read, served, start, table, write};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn followers_answer_within_their_bounds_and_the_leader_beyond() {
    let Some(cluster) = start("bounds") else { return };
    let router = connect(&cluster).await;
    let mut session = table(&cluster, &router).await;
    write(&router, &mut session, "pump", 1).await.expect("written");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
    }
    // The leader is idle for longer than the bound: the stamp of the last change is too old, and nothing was missed all the same.
    tokio::time::sleep(SECOND * 3).await;
    for bound in [Bound::Time(SECOND), Bound::Log(0)] {
        for _ in 0..6 {
            let mut reader = Session::new();
            let value = read(&router, &mut reader, ReadPolicy::BoundedStaleness(bound), "pump").await.expect("read");
            assert_eq!((value, served(&reader) == Some(0)), (Some(1), false), "{bound:?}: a follower has it");
        }
    }
    cluster.pause_replay("node2").expect("paused");
    write(&router, &mut session, "pump", 2).await.expect("written");
    tokio::time::sleep(SECOND * 2).await;
    for bound in [Bound::Time(SECOND), Bound::Log(0)] {
        for _ in 0..6 {
            let mut reader = Session::new();
            let value = read(&router, &mut reader, ReadPolicy::BoundedStaleness(bound), "pump").await.expect("read");
            assert_eq!((value, served(&reader)), (Some(2), Some(2)), "{bound:?}: node2 lacks something that is older");
        }
    }
    let wide = ReadPolicy::BoundedStaleness(Bound::Log(1 << 30));
    let mut nodes = Vec::new();
    for _ in 0..6 {
        let mut reader = Session::new();
        read(&router, &mut reader, wide, "pump").await.expect("read");
        nodes.extend(served(&reader));
    }
    assert!(nodes.contains(&1) && nodes.contains(&2), "with a wide bound both answer: {nodes:?}");
    cluster.pause_replay("node3").expect("paused");
    write(&router, &mut session, "pump", 3).await.expect("written");
    tokio::time::sleep(SECOND * 2).await;
    for bound in [Bound::Time(SECOND), Bound::Log(0)] {
        let mut reader = Session::new();
        let value = read(&router, &mut reader, ReadPolicy::BoundedStaleness(bound), "pump").await.expect("read");
        assert_eq!((value, served(&reader)), (Some(3), Some(0)), "{bound:?}: no follower is fresh");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_reader_stays_and_moves_only_if_it_must() {
    let Some(mut cluster) = start("pinned") else { return };
    let router = connect(&cluster).await;
    table(&cluster, &router).await;
    let mut reader = Session::new();
    let mut nodes = Vec::new();
    for _ in 0..8 {
        read(&router, &mut reader, ReadPolicy::Sticky, "pump").await.expect("read");
        nodes.extend(served(&reader));
    }
    assert!(nodes.iter().all(|node| *node == nodes[0] && *node != 0), "{nodes:?}");
    let name = format!("node{}", nodes[0] + 1);
    cluster.kill(&name).expect("killed");
    read(&router, &mut reader, ReadPolicy::Sticky, "pump").await.expect("another follower");
    assert_eq!(served(&reader), Some(3 - nodes[0]), "the other follower");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_for_its_follower_no_longer_than_wished() {
    let Some(cluster) = start("waits") else { return };
    let settings: replicated_telemetry_store::postgres::Settings =
        super::text(&cluster, &["node1", "node2"]).parse().expect("settings");
    let router = replicated_telemetry_store::ReadRouter::connect(&settings).await.expect("a router");
    let mut session = table(&cluster, &router).await;
    cluster.pause_replay("node2").expect("paused");
    write(&router, &mut session, "pump", 1).await.expect("written");
    let wait = ReadPolicy::SessionConsistent(OnBehind::Wait(SECOND * 20));
    let resume = async {
        tokio::time::sleep(SECOND / 2).await;
        cluster.resume_replay("node2").expect("resumed");
    };
    let began = tokio::time::Instant::now();
    let (value, ()) = tokio::join!(read(&router, &mut session, wait, "pump"), resume);
    assert_eq!((value.expect("read"), served(&session)), (Some(1), Some(1)), "the follower answered");
    assert!(began.elapsed() >= SECOND / 2 && began.elapsed() < SECOND * 10, "{:?}", began.elapsed());

    cluster.pause_replay("node2").expect("paused");
    write(&router, &mut session, "pump", 2).await.expect("written");
    let short = ReadPolicy::SessionConsistent(OnBehind::Wait(SECOND / 5));
    let began = tokio::time::Instant::now();
    assert_eq!(read(&router, &mut session, short, "pump").await.expect("read"), Some(2));
    assert_eq!(served(&session), Some(0), "the leader, after the wait");
    assert!(began.elapsed() >= SECOND / 5, "{:?}", began.elapsed());
}
