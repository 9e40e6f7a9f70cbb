//! Monotonic reads: what a session has seen, it does not lose again.
//!
//! Sources: DDIA 2e, ch. 6, "Monotonic reads"; Terry et al., "Session guarantees for weakly consistent replicated data"
//! (PDIS 1994).

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::store_support::{Cluster, Follows, always_the_same, ms, session};
use replicated_telemetry_store::ReadMode;

/// Two followers at different lag, asked in turn: near, far, near, far.
fn two_lags() -> Cluster {
    let c = Cluster::new(&[Follows::Async("near"), Follows::Async("far")]);
    c.network.inject_lag("leader", "near", ms(10));
    c.network.inject_lag("leader", "far", ms(800));
    let turn = AtomicUsize::new(0);
    c.router.on_select_follower(move |names| turn.fetch_add(1, Ordering::Relaxed) % names.len());
    c
}

/// Somebody who reloads a page and is sent to another follower sees a comment disappear. The reader is not the writer, so
/// nothing but monotonic reads is broken.
#[test]
fn reads_at_any_follower_go_back_in_time_and_are_reported() {
    let seen = always_the_same(|| {
        let c = two_lags();
        c.router.read_as("reader");
        let seen = c.run(async {
            c.leader.write("comments".into(), b"1".to_vec()).await.expect("nothing to wait for");
            c.network.sleep(ms(100)).await;
            let first = c.router.read("comments", ReadMode::AnyFollower).await;
            (first, c.router.read("comments", ReadMode::AnyFollower).await)
        });
        let findings = c.network.findings();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].kind(), findings[0].keys()), ("monotonic-reads", vec!["comments"]));
        let nodes: Vec<_> = findings[0].evidence.iter().map(|read| read.node.as_deref()).collect();
        assert_eq!(nodes, [Some("near"), Some("far")]);
        assert!(findings[0].evidence.iter().all(|read| !read.is_write && read.session == "reader"));
        (seen, c.network.clone())
    });
    assert_eq!(seen, (Some(b"1".to_vec()), None));
}

/// The token moves on reads as well as on writes: this session never writes.
#[test]
fn session_consistent_reads_never_go_back_in_a_thousand_reads() {
    let c = two_lags();
    let (newest, followers) = c.run(async {
        let (mut newest, mut followers) = (0, 0);
        for n in 1..=1_000_u32 {
            c.leader.write("n".into(), n.to_be_bytes().to_vec()).await.expect("nothing to wait for");
            c.network.sleep(ms(u64::from(n * 7 % 40))).await;
            let found = c.router.read("n", session("reader")).await;
            let found = found.map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().expect("four bytes were written")));
            assert!(found >= newest, "read {n} went back from {newest} to {found}");
            newest = found;
            followers += usize::from(c.router.last_served_by("reader").as_deref() != Some("leader"));
        }
        (newest, followers)
    });
    assert!(c.network.findings().is_empty());
    assert!(newest > 900, "the reader keeps up: {newest}");
    assert!(followers > 500, "and not because the leader answers everything: {followers} reads at a follower");
}

/// The same program without sessions, for comparison: it goes back all the time.
#[test]
fn the_same_thousand_reads_without_a_session_go_back_hundreds_of_times() {
    let c = two_lags();
    c.router.read_as("reader");
    c.run(async {
        for n in 1..=1_000_u32 {
            c.leader.write("n".into(), n.to_be_bytes().to_vec()).await.expect("nothing to wait for");
            c.network.sleep(ms(u64::from(n * 7 % 40))).await;
            c.router.read("n", ReadMode::AnyFollower).await;
        }
    });
    let findings = c.network.findings();
    assert!(findings.len() > 400, "{} findings", findings.len());
    assert!(findings.iter().all(|finding| finding.kind() == "monotonic-reads"));
}
