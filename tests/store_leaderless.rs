//! A ring behind async handles: what programs await, on two executors, with the checkers' verdicts.

use std::sync::Arc;
use std::time::Duration;

use replicated_telemetry_store::trace::Digest;
use replicated_telemetry_store::{Leaderless, Network, Quorum, WriteError};

const NODES: [&str; 3] = ["svalbard", "bangalore", "virginia"];
const KEY: &str = "MSS-17/attitude";

fn ring(r: usize, w: usize) -> (Arc<Network>, Leaderless) {
    let network = Arc::new(Network::new());
    let ring = Leaderless::new(&NODES, Quorum { n: 3, r, w }, network.clone());
    (network, ring)
}

fn text(values: &[Vec<u8>]) -> Vec<String> {
    let mut texts: Vec<String> = values.iter().map(|value| String::from_utf8(value.clone()).expect("a text")).collect();
    texts.sort_unstable();
    texts
}

fn kinds(network: &Network) -> Vec<&'static str> {
    network.findings().iter().map(|finding| finding.kind()).collect()
}

fn on_two_executors<F: Future<Output = Digest>>(program: impl Fn() -> F) {
    let first = futures::executor::block_on(program());
    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("tokio runs");
    assert_eq!(first, tokio.block_on(program()), "the executor plays no part");
}

/// DeCandia et al. 2007, section 4.4: what a client has not seen stays beside what it writes, and what it has seen is replaced.
#[test]
fn who_has_not_seen_a_value_writes_beside_it_and_who_has_replaces_it() {
    on_two_executors(|| async {
        let (network, ring) = ring(2, 2);
        let first = ring.put("svalbard", "ann", KEY.into(), b"nadir".to_vec()).await.expect("all run");
        let second = ring.put("virginia", "ben", KEY.into(), b"sun".to_vec()).await.expect("all run");
        assert_eq!(first.compare(&second), None, "{first} and {second}");
        assert_eq!(text(&ring.get("bangalore", "eve", KEY.into()).await), ["nadir", "sun"]);
        let both = ring.put("bangalore", "eve", KEY.into(), b"inertial".to_vec()).await.expect("all run");
        assert!(both.covers(&first) && both.covers(&second), "{both}");
        for node in NODES {
            assert_eq!(text(&ring.get(node, "ann", KEY.into()).await), ["inertial"], "{node}");
        }
        assert_eq!(kinds(&network), ["concurrent-write-conflict"], "nothing is lost");
        network.digest()
    });
}

/// Section 4.5: with R + W > N a read asks somebody who took the write, whoever is down; with R = W = 1 it may not.
#[test]
fn quorums_that_overlap_show_the_newest_write_and_others_may_not() {
    for (quorum, findings) in [(2, vec![]), (1, vec!["read-your-writes"])] {
        on_two_executors(|| async {
            let (network, ring) = ring(quorum, quorum);
            network.inject_lag("svalbard", "virginia", Duration::from_secs(10));
            ring.put("svalbard", "ann", KEY.into(), b"nadir".to_vec()).await.expect("svalbard runs");
            network.crash("svalbard");
            let read = ring.get("virginia", "ann", KEY.into()).await;
            assert_eq!(read.is_empty(), quorum == 1, "R = W = {quorum}: {:?}", text(&read));
            assert_eq!(kinds(&network), findings, "R = W = {quorum}");
            network.digest()
        });
    }
}

/// A write that too few replicas took is not rolled back by those that did (Kleppmann 2017, chapter 5, "Limitations of Quorum Consistency").
#[test]
fn a_write_that_failed_can_be_seen() {
    futures::executor::block_on(async {
        let (network, ring) = ring(2, 2);
        network.crash("bangalore");
        network.crash("virginia");
        let failed = ring.put("svalbard", "ann", KEY.into(), b"nadir".to_vec()).await;
        assert!(matches!(failed, Err(WriteError::Indeterminate { .. } | WriteError::Rejected { .. })), "{failed:?}");
        network.restart("bangalore");
        assert_eq!(text(&ring.get("svalbard", "ben", KEY.into()).await), ["nadir"]);
        assert_eq!(kinds(&network), ["failed-write-visible"]);
    });
}

#[test]
fn a_quorum_that_cannot_be_had_answers_nothing() {
    futures::executor::block_on(async {
        let (network, ring) = ring(2, 2);
        ring.put("svalbard", "ann", KEY.into(), b"nadir".to_vec()).await.expect("all run");
        network.crash("bangalore");
        network.crash("virginia");
        assert!(ring.get("svalbard", "ann", KEY.into()).await.is_empty(), "one of three is no quorum of two");
        assert!(network.findings().is_empty(), "a read that fails breaks no guarantee: {:?}", network.findings());
    });
}

#[test]
fn what_is_no_node_of_the_ring_is_refused() {
    futures::executor::block_on(async {
        let (_network, ring) = ring(2, 2);
        let refused = ring.put("tokyo", "ann", KEY.into(), b"nadir".to_vec()).await;
        assert!(matches!(refused, Err(WriteError::Rejected { .. })), "{refused:?}");
        assert!(ring.get("tokyo", "ann", KEY.into()).await.is_empty());
    });
}
