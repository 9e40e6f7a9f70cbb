//! Reading your own writes: what a lag does to a write, and to a read that follows it.
//!
//! Sources: DDIA 2e, ch. 6, "Reading your own writes"; Terry et al., "Session guarantees for weakly consistent replicated data"
//! (PDIS 1994).

use std::sync::Arc;

use crate::store_support::{Cluster, Follows, always_the_same, ms, secs, session};
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::{Lsn, Network, ReadMode};

/// Synchronous replication: the acknowledgement waits for the follower's disk.
#[test]
fn a_write_waits_for_the_lag_of_a_synchronous_follower() {
    let (lsn, took) = always_the_same(|| {
        let c = Cluster::new(&[Follows::Sync("f1")]);
        c.network.inject_lag("leader", "f1", ms(500));
        let observed = c.run(async {
            let before = c.network.now();
            let lsn = c.leader.write("speed".into(), b"7800".to_vec()).await.expect("the follower runs");
            assert_eq!(c.followers[0].read("speed").await, Some(b"7800".to_vec()), "the follower has it by then");
            (lsn, c.network.now() - before)
        });
        (observed, c.network.clone())
    });
    assert_eq!(lsn, Lsn(1));
    assert!(took >= ms(500) && took < ms(510), "took {took:?}");
}

/// A lag of five seconds each way is slow, and nothing else: the write succeeds.
#[test]
fn a_synchronous_write_survives_a_round_trip_of_ten_seconds() {
    let took = always_the_same(|| {
        let c = Cluster::new(&[Follows::Sync("f1")]);
        c.network.inject_lag("leader", "f1", secs(5));
        c.network.inject_lag("f1", "leader", secs(5));
        let observed = c.run(async {
            c.leader.write("speed".into(), b"7800".to_vec()).await.expect("slow is not lost");
            c.network.now()
        });
        (observed, c.network.clone())
    });
    assert!(took >= secs(10) && took < secs(11), "took {took:?}");
}

/// Asynchronous replication: the leader does not wait.
#[test]
fn a_write_does_not_wait_for_the_lag_of_an_asynchronous_follower() {
    let took = always_the_same(|| {
        let c = Cluster::new(&[Follows::Sync("near"), Follows::Async("far")]);
        c.network.inject_lag("leader", "far", secs(5));
        let observed = c.run(async {
            c.leader.write("speed".into(), b"7800".to_vec()).await.expect("the near one runs");
            assert_eq!(c.followers[1].current_lsn(), Lsn(0));
            c.network.now()
        });
        (observed, c.network.clone())
    });
    assert!(took < ms(10), "took {took:?}");
}

/// The lag of a follower is just that: what was written at a time is there a lag later, however much came before it.
#[test]
fn a_follower_is_behind_by_its_lag_and_no_more() {
    always_the_same(|| {
        let c = Cluster::new(&[Follows::Async("far")]);
        c.network.inject_lag("leader", "far", secs(5));
        let seen = c.run(async {
            let mut seen = Vec::new();
            for second in 0..10_u8 {
                c.leader.write("second".into(), vec![second]).await.expect("nothing to wait for");
                c.network.sleep(secs(1)).await;
                seen.push(c.followers[0].read("second").await);
            }
            seen
        });
        let expected: Vec<Option<Vec<u8>>> = (0..10_u8).map(|second| second.checked_sub(5).map(|n| vec![n])).collect();
        // After the fifth second the write of second zero is due a moment later than the look.
        assert_eq!(seen[5..], expected[5..], "one write for each second that is five seconds old");
        assert!(seen[..4].iter().all(Option::is_none));
        (seen, c.network.clone())
    });
}

/// The leader sees every write that it has acknowledged, whatever the links do.
#[test]
fn a_read_at_the_leader_sees_the_write_before_it_under_any_lag() {
    always_the_same(|| {
        let mut seen = Vec::new();
        let network = Arc::new(Network::new());
        for (n, lag) in [0, 1, 20, 500, 5_000].into_iter().enumerate() {
            let (leader, near, far) =
                (format!("leader{n}"), ["a0", "a1", "a2", "a3", "a4"][n], ["b0", "b1", "b2", "b3", "b4"][n]);
            let c = Cluster::on(network.clone(), &leader, &[Follows::Sync(near), Follows::Async(far)]);
            network.inject_lag(&leader, near, ms(lag));
            network.inject_lag(&leader, far, ms(lag * 2));
            c.run(async {
                for value in 0..10_u8 {
                    c.leader.write("k".into(), vec![value]).await.expect("slow is not lost");
                    assert_eq!(c.router.read("k", ReadMode::Leader).await, Some(vec![value]), "lag {lag} ms");
                    assert_eq!(c.leader.read("k").await, Some(vec![value]), "lag {lag} ms");
                    assert_eq!(c.router.last_served_by(None), Some(leader.clone()));
                    seen.push(value);
                }
            });
        }
        (seen, network)
    });
}

/// The anomaly itself: the user's own write is not there. The checker finds it in the recorded history, not in the store.
#[test]
fn a_read_at_a_lagging_follower_returns_the_old_value_and_is_reported() {
    let found = always_the_same(|| {
        let c = Cluster::new(&[Follows::Async("near"), Follows::Async("far")]);
        c.router.on_select_follower(|names| names.iter().position(|name| name == "far").expect("it is a candidate"));
        let found = c.run(async {
            c.leader.write("name".into(), b"old".to_vec()).await.expect("nothing to wait for");
            c.network.sleep(secs(1)).await;
            c.network.inject_lag("leader", "far", ms(500));
            c.leader.write("name".into(), b"new".to_vec()).await.expect("nothing to wait for");
            let read = c.router.read("name", ReadMode::AnyFollower).await;
            assert_eq!(c.router.last_served_by(None).as_deref(), Some("far"));
            read
        });
        let kinds: Vec<&str> = c.network.findings().iter().map(|finding| finding.kind()).collect();
        assert_eq!(kinds, ["read-your-writes"]);
        (found, c.network.clone())
    });
    assert_eq!(found, Some(b"old".to_vec()));
}

/// The finding names the write and the read that prove it.
#[test]
fn the_finding_names_the_key_the_values_and_the_follower() {
    let c = Cluster::new(&[Follows::Async("far")]);
    c.run(async {
        c.leader.write("name".into(), b"old".to_vec()).await.expect("nothing to wait for");
        c.network.sleep(secs(1)).await;
        c.network.inject_lag("leader", "far", ms(500));
        let lsn = c.leader.write("name".into(), b"new".to_vec()).await.expect("nothing to wait for");
        c.router.record_session_write("alice", lsn);
        c.router.read("name", ReadMode::AnyFollower).await;
    });
    let findings = c.network.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = &findings[0];
    assert_eq!((finding.anomaly(), finding.kind(), finding.keys()), (Anomaly::ReadYourWrites, "read-your-writes", vec!["name"]));
    let [write, read] = &finding.evidence[..] else { panic!("a write and a read prove it: {finding}") };
    assert_eq!((write.value.as_deref(), write.lsn, write.node.as_deref()), (Some(&b"new"[..]), Lsn(2), Some("leader")));
    assert_eq!((read.value.as_deref(), read.lsn, read.node.as_deref()), (Some(&b"old"[..]), Lsn(1), Some("far")));
    let text = finding.to_string();
    assert!(text.contains("wrote 'name' = \"new\" (2) at leader; read 'name' as \"old\" (1) at far"), "{text}");
    assert!(c.network.findings_of(Anomaly::LostAcknowledgedWrite).is_empty());
}

/// A token that a replica has to have reached: not one stale read in a thousand.
#[test]
fn session_consistent_reads_see_the_sessions_writes_over_a_thousand_reads() {
    let c = Cluster::new(&[Follows::Async("near"), Follows::Async("far")]);
    c.network.inject_lag("leader", "near", ms(30));
    c.network.inject_lag("leader", "far", ms(500));
    let followers_served = c.run(async {
        let mut by_followers = 0;
        for n in 0..1_000_u32 {
            let lsn = c.leader.write("n".into(), n.to_be_bytes().to_vec()).await.expect("nothing to wait for");
            c.router.record_session_write("alice", lsn);
            c.network.sleep(ms(u64::from(n % 50))).await;
            assert_eq!(c.router.read("n", session("alice")).await, Some(n.to_be_bytes().to_vec()), "read {n}");
            by_followers += u32::from(c.router.last_served_by("alice").as_deref() != Some("leader"));
        }
        by_followers
    });
    assert!(c.network.findings().is_empty());
    assert!((200..800).contains(&followers_served), "both ways occur: {followers_served} of 1000 reads at a follower");
}

/// The same, over random losses and random choices of a follower.
#[test]
fn session_consistent_reads_see_the_sessions_writes_over_a_thousand_seeds() {
    for seed in 0..1_000 {
        let network = Arc::new(Network::with_seed(seed));
        let c = Cluster::on(network, "leader", &[Follows::Async("near"), Follows::Async("far")]);
        c.network.inject_lag("leader", "near", ms(seed % 7));
        c.network.inject_lag("leader", "far", ms(500));
        c.network.drop_messages("leader", "near", 0.2);
        c.network.drop_messages("far", "leader", 0.2);
        c.run(async {
            for n in 0..4_u8 {
                let lsn = c.leader.write("n".into(), vec![n]).await.expect("nothing to wait for");
                c.router.record_session_write("alice", lsn);
                c.network.sleep(ms(seed % 11)).await;
                assert_eq!(c.router.read("n", session("alice")).await, Some(vec![n]), "seed {seed}, write {n}");
            }
        });
        assert!(c.network.findings().is_empty(), "seed {seed}");
    }
}

/// Fresh enough decides, and nothing else: the leader while all followers lag, a follower as soon as one has caught up.
#[test]
fn session_consistent_reads_land_on_the_leader_until_a_follower_has_caught_up() {
    always_the_same(|| {
        let c = Cluster::new(&[Follows::Async("f1"), Follows::Async("f2")]);
        c.network.inject_lag("leader", "f1", secs(5));
        c.network.inject_lag("leader", "f2", secs(5));
        let served = c.run(async {
            let lsn = c.leader.write("k".into(), b"v".to_vec()).await.expect("nothing to wait for");
            c.router.record_session_write("alice", lsn);
            let mut served = Vec::new();
            while c.network.now() < secs(1) {
                assert_eq!(c.router.read("k", session("alice")).await, Some(b"v".to_vec()));
                assert_eq!(c.router.last_served_by("alice").as_deref(), Some("leader"));
                c.network.sleep(ms(50)).await;
            }
            c.network.sleep(secs(6)).await;
            for _ in 0..20 {
                assert_eq!(c.router.read("k", session("alice")).await, Some(b"v".to_vec()));
                served.push(c.router.last_served_by("alice").expect("somebody answered"));
            }
            served
        });
        assert!(served.iter().all(|node| node == "f1" || node == "f2"), "{served:?}");
        (served, c.network.clone())
    });
}
