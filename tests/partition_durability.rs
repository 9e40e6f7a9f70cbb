//! Durability under partition and failover: what an acknowledgement is worth.
//!
//! A write that a synchronous follower has on its disk survives the loss of the leader; one that only the leader had does not. An
//! unanswered write is neither: it is indeterminate.
//!
//! Sources: DDIA 2e, ch. 6, "Handling node outages" (leader failure: failover); Jepsen's `ok`, `fail`, `info`.

use std::sync::Arc;

use crate::store_support::{Cluster, Follows, always_the_same, ms, secs};
use replicated_telemetry_store::store::Reason;
use replicated_telemetry_store::{Follower, Leader, Lsn, Network, ReadMode, WriteError};

const WRITES: u32 = 100;

async fn write_all(leader: &Leader) -> Vec<Lsn> {
    let mut acknowledged = Vec::new();
    for n in 0..WRITES {
        acknowledged
            .push(leader.write(format!("key{n}"), n.to_be_bytes().to_vec()).await.expect("nobody who is waited for is away"));
    }
    acknowledged
}

async fn contents(follower: &Follower) -> Vec<Option<Vec<u8>>> {
    let mut all = Vec::new();
    for n in 0..WRITES {
        all.push(follower.read(&format!("key{n}")).await);
    }
    all
}

/// 100 writes, the asynchronous follower cut off half-way, the leader crashed, `f1` promoted, the cut healed.
async fn fail_over(c: &Cluster, cut_off: &[&str]) -> Vec<Lsn> {
    c.network.partition(&["leader", "f1"], &["f2"]);
    c.network.partition(&["leader"], cut_off);
    let acknowledged = write_all(&c.leader).await;
    c.network.crash("leader");
    assert!(c.network.promote("f1"), "it runs");
    c.network.heal();
    c.network.sleep(secs(5)).await;
    acknowledged
}

#[test]
fn no_acknowledged_write_is_lost_when_the_synchronous_follower_takes_over() {
    always_the_same(|| {
        let c = Cluster::new(&[Follows::Sync("f1"), Follows::Async("f2")]);
        let observed = c.run(async {
            let acknowledged = fail_over(&c, &[]).await;
            assert_eq!(acknowledged, (1..=u64::from(WRITES)).map(Lsn).collect::<Vec<_>>());
            let (f1, f2) = (contents(&c.followers[0]).await, contents(&c.followers[1]).await);
            assert!(f1.iter().all(Option::is_some), "every write survived");
            assert_eq!(f1, f2, "the follower that was cut off has converged");
            assert_eq!(c.followers[1].current_lsn(), c.followers[0].current_lsn());
            (acknowledged, f1)
        });
        assert!(c.network.lost_acknowledged_writes().is_empty());
        assert!(c.network.findings().is_empty());
        (observed, c.network.clone())
    });
}

/// All asynchronous, and the follower that is promoted was cut off as well: what it missed is gone, and exactly that is named.
#[test]
fn with_asynchronous_followers_only_the_lost_writes_are_named_exactly() {
    let lost = always_the_same(|| {
        let c = Cluster::new(&[Follows::Async("f1"), Follows::Async("f2")]);
        let survived = c.run(async {
            let early = c.leader.write("early".into(), b"kept".to_vec()).await.expect("nothing to wait for");
            c.network.sleep(ms(10)).await;
            assert_eq!(early, Lsn(1));
            fail_over(&c, &["f1"]).await;
            let f1 = contents(&c.followers[0]).await;
            assert_eq!(f1, contents(&c.followers[1]).await, "the survivors agree all the same");
            assert_eq!(c.followers[0].read("early").await, Some(b"kept".to_vec()));
            f1.iter().flatten().count()
        });
        let lost: Vec<_> = c.network.lost_acknowledged_writes().into_iter().map(|w| (w.key, w.value, w.lsn)).collect();
        assert_eq!(survived + lost.len(), WRITES as usize, "each write is either there or named");
        let kinds: Vec<&str> = c.network.findings().iter().map(|finding| finding.kind()).collect();
        assert_eq!(kinds, vec!["lost-acknowledged-write"; lost.len()]);
        (lost, c.network.clone())
    });
    let all = (0..WRITES).map(|n| (format!("key{n}"), n.to_be_bytes().to_vec(), Lsn(u64::from(n) + 2)));
    assert_eq!(lost, all.collect::<Vec<_>>());
}

/// With lag in place of a cut, what was under way when the leader crashed decides.
#[test]
fn with_a_lagging_follower_the_tail_is_lost_and_the_rest_survives() {
    let (survivors, lost) = always_the_same(|| {
        let c = Cluster::new(&[Follows::Async("f1")]);
        c.network.inject_lag("leader", "f1", ms(4));
        let survivors = c.run(async {
            write_all(&c.leader).await;
            c.network.crash("leader");
            assert!(c.network.promote("f1"));
            contents(&c.followers[0]).await.iter().take_while(|value| value.is_some()).count()
        });
        let lost = c.network.lost_acknowledged_writes();
        let named: Vec<String> = lost.iter().map(|w| w.key.clone()).collect();
        assert_eq!(named, (survivors..WRITES as usize).map(|n| format!("key{n}")).collect::<Vec<_>>());
        ((survivors, lost.len()), c.network.clone())
    });
    assert!(survivors > 10 && lost > 10, "{survivors} survived, {lost} were lost");
}

/// The old leader comes back, is told that its time is over, and gives up what nobody else has.
#[test]
fn the_deposed_leader_refuses_writes_and_converges() {
    always_the_same(|| {
        let c = Cluster::new(&[Follows::Async("f1")]);
        let observed = c.run(async {
            c.network.partition(&["leader"], &["f1"]);
            c.leader.write("k".into(), b"old".to_vec()).await.expect("it leads, as far as it knows");
            assert!(c.network.promote("f1"));
            let new = Leader::new("f1".into(), c.network.clone());
            let lsn = new.write("k".into(), b"new".to_vec()).await.expect("it leads");
            c.network.heal();
            c.network.sleep(secs(5)).await;
            assert_eq!(c.leader.read("k").await, Some(b"new".to_vec()));
            assert_eq!(c.leader.current_lsn(), new.current_lsn());
            let refused = c.leader.write("k".into(), b"late".to_vec()).await;
            assert_eq!(refused, Err(WriteError::Rejected { reason: Reason::NoLeader }));
            assert_eq!(c.router.read("k", ReadMode::Leader).await, Some(b"new".to_vec()), "the router knows who leads");
            lsn
        });
        let lost: Vec<_> = c.network.lost_acknowledged_writes().into_iter().map(|w| w.value).collect();
        assert_eq!(lost, [b"old".to_vec()]);
        (observed, c.network.clone())
    });
}

/// Blocking is what "synchronous" means; an end it has all the same.
#[test]
fn a_write_to_an_unreachable_synchronous_follower_ends_indeterminate() {
    always_the_same(|| {
        let c = Cluster::new(&[Follows::Sync("f1")]);
        let observed = c.run(async {
            c.network.partition(&["leader"], &["f1"]);
            let result = c.leader.write("k".into(), b"v".to_vec()).await;
            assert_eq!(result, Err(WriteError::Indeterminate { reason: Reason::TimedOut }));
            assert!(c.network.now() >= secs(30));
            assert_eq!(c.leader.read("k").await, None, "nobody sees what is not acknowledged");
            // Indeterminate it was: once the cut is healed, the entry gets through after all.
            c.network.heal();
            c.network.sleep(secs(5)).await;
            c.leader.read("k").await
        });
        assert_eq!(observed, Some(b"v".to_vec()));
        (observed, c.network.clone())
    });
}

/// A follower that nobody ever runs, and one that does not even have a handle.
#[test]
fn a_write_that_waits_for_a_follower_that_never_runs_ends_indeterminate() {
    for with_handle in [true, false] {
        let network = Arc::new(Network::new());
        let leader = Leader::new("leader".into(), network.clone());
        leader.add_sync_follower("ghost");
        let _ghost = with_handle.then(|| Follower::new("ghost".into(), network.clone()));
        let result = futures::executor::block_on(leader.write("k".into(), b"v".to_vec()));
        let error = result.expect_err("nobody acknowledges it");
        assert!(error.is_indeterminate());
        assert_eq!(error.to_string(), "no acknowledgement came in time: the write may or may not have happened");
    }
}

/// With nobody left to answer, every operation still ends.
#[test]
fn operations_at_a_crashed_leader_end() {
    let c = Cluster::new(&[Follows::Async("f1")]);
    c.run(async {
        c.leader.write("k".into(), b"v".to_vec()).await.expect("nothing to wait for");
        c.network.sleep(ms(50)).await;
        c.network.crash("leader");
        assert_eq!(c.leader.read("k").await, None);
        assert_eq!(c.router.read("k", ReadMode::Leader).await, None);
        assert_eq!(c.router.last_served_by(None), None);
        assert!(c.leader.write("k".into(), b"w".to_vec()).await.expect_err("it is down").is_indeterminate());
        assert_eq!(c.router.read("k", ReadMode::AnyFollower).await, Some(b"v".to_vec()), "the follower is still there");
        c.network.restart("leader");
        assert_eq!(c.leader.read("k").await, Some(b"v".to_vec()), "its disk kept it");
        assert_eq!(c.leader.write("k".into(), b"w".to_vec()).await, Ok(Lsn(2)));
    });
}

/// `run` ends with a crash; a follower that is run or restarted afterwards takes up where it was.
#[test]
fn a_follower_that_was_away_catches_up() {
    let network = Arc::new(Network::new());
    let leader = Leader::new("leader".into(), network.clone());
    let follower = Arc::new(Follower::new("f1".into(), network.clone()));
    leader.add_async_follower("f1");
    futures::executor::block_on(async {
        let crash = async {
            network.sleep(ms(10)).await;
            network.crash("f1");
        };
        tokio::join!(follower.run(), crash, async {
            leader.write("a".into(), b"1".to_vec()).await.expect("nothing to wait for");
        });
        assert_eq!(follower.read("a").await, None, "it is down");
        leader.write("b".into(), b"2".to_vec()).await.expect("nothing to wait for");
        network.restart("f1");
        network.sleep(secs(1)).await;
        assert_eq!((follower.read("a").await, follower.read("b").await), (Some(b"1".to_vec()), Some(b"2".to_vec())));
        let run = Box::pin(follower.run());
        futures::future::select(run, Box::pin(network.sleep(ms(1)))).await;
        leader.write("c".into(), b"3".to_vec()).await.expect("nothing to wait for");
        network.sleep(secs(5)).await;
        assert_eq!(follower.read("c").await, None, "its run was dropped");
        assert_eq!(follower.read("b").await, Some(b"2".to_vec()), "and what it had, it has");
        futures::future::select(Box::pin(follower.run()), Box::pin(network.sleep(secs(1)))).await;
        assert_eq!(follower.current_lsn(), Lsn(3));
    });
}
