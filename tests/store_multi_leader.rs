//! Several leaders behind async handles: what programs await, on two executors, with the checkers' verdicts.

use std::sync::Arc;
use std::time::Duration;

use replicated_telemetry_store::family::multi_leader::ClockKind;
use replicated_telemetry_store::trace::Digest;
use replicated_telemetry_store::{MultiLeader, Network, OnConflict, WriteError};

const REGIONS: [&str; 3] = ["frankfurt", "tokyo", "virginia"];

fn text(values: &[Vec<u8>]) -> Vec<String> {
    values.iter().map(|value| String::from_utf8(value.clone()).expect("a text")).collect()
}

/// Two regions that cannot hear each other both take a write of one key; then the link is healed.
async fn two_writes(conflicts: OnConflict) -> (Arc<Network>, MultiLeader) {
    let network = Arc::new(Network::new());
    let catalog = MultiLeader::new(&REGIONS, conflicts, network.clone());
    network.partition(&["frankfurt"], &["tokyo", "virginia"]);
    let mine = catalog.write("frankfurt", "ann", "MSS-17/attitude".into(), b"nadir".to_vec()).await.expect("nobody is asked");
    network.sleep(Duration::from_millis(5)).await;
    let theirs = catalog.write("tokyo", "ben", "MSS-17/attitude".into(), b"sun".to_vec()).await.expect("nobody is asked");
    assert_eq!(mine.compare(&theirs), None, "neither had seen the other: {mine} and {theirs}");
    network.heal();
    network.sleep(Duration::from_secs(5)).await;
    (network, catalog)
}

async fn siblings_stay_until_somebody_has_seen_both() -> Digest {
    let (network, catalog) = two_writes(OnConflict::Siblings).await;
    let key = || "MSS-17/attitude".to_owned();
    for region in REGIONS {
        let shown = text(&catalog.read_siblings(region, "reader", key()).await);
        assert_eq!(shown.len(), 2, "{region}: {shown:?}");
    }
    let merge = |siblings: Vec<Vec<u8>>| siblings.join(&b"+"[..]);
    let merged = catalog.resolve("virginia", "reader", key(), merge).await.expect("virginia runs");
    network.sleep(Duration::from_secs(1)).await;
    for region in REGIONS {
        let shown = text(&catalog.read_siblings(region, "other", key()).await);
        assert_eq!(shown.len(), 1, "{region}: {shown:?} after {merged}");
        assert!(shown[0].contains("nadir") && shown[0].contains("sun"));
    }
    let kinds: Vec<&str> = network.findings().iter().map(|finding| finding.kind()).collect();
    assert_eq!(kinds, ["concurrent-write-conflict"], "nothing is lost");
    network.digest()
}

async fn the_last_writer_wins_and_nobody_is_told() -> Digest {
    let (network, catalog) = two_writes(OnConflict::LastWriteWins(ClockKind::Physical)).await;
    for region in REGIONS {
        let shown = text(&catalog.read_siblings(region, "reader", "MSS-17/attitude".into()).await);
        assert_eq!(shown, ["sun"], "{region}");
    }
    let mut kinds: Vec<&str> = network.findings().iter().map(|finding| finding.kind()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["concurrent-write-conflict", "lost-acknowledged-write"]);
    network.digest()
}

fn on_two_executors<F: Future<Output = Digest>>(program: impl Fn() -> F) {
    let first = futures::executor::block_on(program());
    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("tokio runs");
    assert_eq!(first, tokio.block_on(program()), "the executor plays no part");
}

#[test]
fn siblings_are_kept_and_resolved() {
    on_two_executors(siblings_stay_until_somebody_has_seen_both);
}

#[test]
fn last_write_wins_loses_an_acknowledged_write() {
    on_two_executors(the_last_writer_wins_and_nobody_is_told);
}

/// A session that has read writes after what it has read: no sibling is left.
#[test]
fn who_has_read_supersedes() {
    futures::executor::block_on(async {
        let network = Arc::new(Network::new());
        let catalog = MultiLeader::new(&REGIONS, OnConflict::Siblings, network.clone());
        let first = catalog.write("frankfurt", "ann", "k".into(), b"1".to_vec()).await.expect("frankfurt runs");
        network.sleep(Duration::from_millis(50)).await;
        assert_eq!(catalog.read("tokyo", "ben", "k".into()).await, Some(b"1".to_vec()));
        let second = catalog.write("tokyo", "ben", "k".into(), b"2".to_vec()).await.expect("tokyo runs");
        assert!(second.covers(&first));
        network.sleep(Duration::from_millis(50)).await;
        assert_eq!(catalog.read_siblings("virginia", "eve", "k".into()).await, [b"2".to_vec()]);
        assert!(network.findings().is_empty(), "{:?}", network.findings());
    });
}

#[test]
fn what_is_no_leader_of_the_cluster_is_refused() {
    futures::executor::block_on(async {
        let catalog = MultiLeader::new(&REGIONS, OnConflict::Siblings, Arc::new(Network::new()));
        let refused = catalog.write("svalbard", "ann", "k".into(), b"1".to_vec()).await;
        assert!(matches!(refused, Err(WriteError::Rejected { .. })), "{refused:?}");
        assert_eq!(catalog.read("svalbard", "ann", "k".into()).await, None);
    });
}
