//! The router of real systems over the simulated store: the same decisions as over PostgreSQL, with lag and promotions as a test has them.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::{join_all, select};
use replicated_telemetry_store::routing::{Bound, Failure, Lent, OnBehind, Patience, ReadPolicy, Router, RoutingError, Session};
use replicated_telemetry_store::store::{Simulated, SimulatedNode, WriteError};
use replicated_telemetry_store::{Follower, Leader, Network, ReadRouter};

/// How long entries to the followers take.
const LAG: Duration = Duration::from_secs(5);
/// How many rounds each comparison has.
const ROUNDS: u64 = 200;

struct Cluster {
    network: Arc<Network>,
    router: ReadRouter,
    followers: Vec<Arc<Follower>>,
}

/// A leader, and two followers of which the first one lags.
fn cluster() -> Cluster {
    let network = Arc::new(Network::new());
    let leader = Arc::new(Leader::new("leader".into(), network.clone()));
    let followers: Vec<Arc<Follower>> =
        ["f1", "f2"].map(|name| Arc::new(Follower::new(name.into(), network.clone()))).into_iter().collect();
    for follower in &followers {
        leader.add_async_follower(follower.node_id());
    }
    network.inject_lag("leader", "f1", LAG);
    let router = ReadRouter::new(leader, followers.clone());
    Cluster { network, router, followers }
}

impl Cluster {
    fn routing(&self) -> &Router<Simulated> {
        self.router.routing()
    }

    /// Runs a program beside the followers.
    fn run<T>(&self, program: impl Future<Output = T>) -> T {
        let runs = join_all(self.followers.iter().map(|follower| follower.run()));
        let (program, runs) = (Box::pin(program), Box::pin(runs));
        match block_on(select(program, runs)) {
            futures::future::Either::Left((end, _)) => end,
            futures::future::Either::Right(_) => panic!("the followers ended before the program"),
        }
    }

    async fn write(&self, session: &mut Session, value: u64) {
        let text = value.to_string();
        let written = self.routing().write_at(session, |node| async move { node.write("k", text.as_bytes()).await });
        written.await.expect("the leader runs");
    }

    async fn read(&self, session: &mut Session, policy: ReadPolicy) -> u64 {
        let read = self
            .routing()
            .read_at(session, policy, |node: Lent<SimulatedNode>| async move { Ok::<_, WriteError>(node.read("k")) });
        let found = read.await.expect("some node runs").unwrap_or_default();
        String::from_utf8(found).expect("a number").parse().unwrap_or(0)
    }
}

/// How often a session's read misses what it wrote just before, and how often it goes back behind its last read.
fn misses(policy: ReadPolicy) -> (u64, u64) {
    let cluster = cluster();
    cluster.run(async {
        let (mut session, mut own, mut back, mut last) = (Session::new(), 0, 0, 0);
        for value in 1..=ROUNDS {
            cluster.write(&mut session, value).await;
            let first = cluster.read(&mut session, policy).await;
            let second = cluster.read(&mut session, policy).await;
            own += u64::from(first < value);
            back += u64::from(first < last) + u64::from(second < first);
            last = second;
            cluster.network.sleep(Duration::from_millis(40)).await;
        }
        (own, back)
    })
}

#[test]
fn a_session_misses_nothing_whatever_is_done_where_a_follower_is_behind() {
    let (own, back) = misses(ReadPolicy::AnyFollower);
    assert!(own > ROUNDS / 2 && back > ROUNDS / 4, "any follower: {own} writes missed, {back} reads went back");
    for on_behind in [OnBehind::Wait(Duration::from_millis(5)), OnBehind::OtherFollower, OnBehind::Leader] {
        assert_eq!(misses(ReadPolicy::SessionConsistent(on_behind)), (0, 0), "{on_behind:?}");
    }
    assert_eq!(misses(ReadPolicy::Leader), (0, 0));
    assert_eq!(misses(ReadPolicy::Sticky).1, 0, "one follower does not go back, but {:?}", misses(ReadPolicy::Sticky));
}

#[test]
fn a_read_waits_at_its_follower_if_that_is_wished() {
    let cluster = cluster();
    cluster.run(async {
        let mut session = Session::new();
        cluster.write(&mut session, 1).await;
        let began = cluster.network.now();
        for _ in 0..2 {
            let policy = ReadPolicy::SessionConsistent(OnBehind::Wait(LAG * 2));
            assert_eq!(cluster.read(&mut session, policy).await, 1);
            assert_ne!(session.last_served().map(|served| served.node), Some(0), "a follower, after a while");
        }
        assert!(cluster.network.now() - began >= LAG - Duration::from_millis(200), "one of the two reads came to f1, and waited");
    });
}

#[test]
fn a_bound_in_entries_is_kept_by_whom_is_asked() {
    let cluster = cluster();
    cluster.run(async {
        let mut session = Session::new();
        for value in 1..=50 {
            cluster.write(&mut session, value).await;
        }
        cluster.network.sleep(Duration::from_secs(1)).await;
        for limit in [0, 10, 49] {
            for _ in 0..4 {
                let mut reader = Session::new();
                let seen = cluster.read(&mut reader, ReadPolicy::BoundedStaleness(Bound::Log(limit))).await;
                assert!(seen >= 50 - limit, "{seen} with a bound of {limit} entries");
                assert_eq!(reader.last_served().map(|served| served.node), Some(2), "f2 has everything, f1 nothing");
            }
        }
        let mut nodes: Vec<Option<usize>> = Vec::new();
        for _ in 0..4 {
            let mut reader = Session::new();
            cluster.read(&mut reader, ReadPolicy::BoundedStaleness(Bound::Log(50))).await;
            nodes.push(reader.last_served().map(|served| served.node));
        }
        assert!(nodes.contains(&Some(1)) && nodes.contains(&Some(2)), "with a wide bound both answer: {nodes:?}");
    });
}

/// The simulated store stamps nothing, so this is the way by samples: an idle leader's followers stay fresh.
#[test]
fn a_bound_in_time_holds_at_an_idle_leader() {
    let cluster = cluster();
    cluster.run(async {
        let mut session = Session::new();
        cluster.write(&mut session, 1).await;
        cluster.network.sleep(LAG * 60).await;
        for _ in 0..4 {
            let policy = ReadPolicy::BoundedStaleness(Bound::Time(Duration::from_millis(100)));
            assert_eq!(cluster.read(&mut session, policy).await, 1);
            assert_ne!(session.last_served().map(|served| served.node), Some(0), "the leader was idle for minutes");
        }
        cluster.write(&mut session, 2).await;
        cluster.network.sleep(Duration::from_secs(1)).await;
        for _ in 0..4 {
            let policy = ReadPolicy::BoundedStaleness(Bound::Time(Duration::from_millis(100)));
            assert_eq!(cluster.read(&mut session, policy).await, 2, "f1 lacks something that is a second old");
        }
    });
}

#[test]
fn a_session_whose_writes_a_failover_discarded_is_told_once() {
    let cluster = cluster();
    cluster.run(async {
        let (mut kept, mut lost) = (Session::new(), Session::new());
        cluster.write(&mut kept, 1).await;
        cluster.network.sleep(LAG * 2).await;
        cluster.network.partition(&["leader"], &["f1", "f2"]);
        cluster.write(&mut lost, 2).await;
        let token = lost.to_string();
        assert!(cluster.network.promote("f2"), "f2 may lead");
        cluster.network.sleep(Duration::from_secs(1)).await;
        cluster.network.crash("leader");
        cluster.write(&mut kept, 3).await;
        assert_eq!(kept.last_served().map(|served| served.node), Some(2), "the router has found the new leader");
        let policy = ReadPolicy::SessionConsistent(OnBehind::OtherFollower);
        assert_eq!(cluster.read(&mut kept, policy).await, 3, "what survived is no loss");

        let read = cluster
            .routing()
            .read_at(&mut lost, policy, |node: Lent<SimulatedNode>| async move { Ok::<_, WriteError>(node.read("k")) });
        let error = read.await.expect_err("its write is gone");
        let Failure::Routing(RoutingError::SessionLost { token: lost_token, survived }) = &error else { panic!("{error}") };
        assert_eq!((lost_token.text.as_str(), survived.text.as_str()), ("1:2", "1:1"));
        let value = cluster.read(&mut lost, policy).await;
        assert!(value == 1 || value == 3, "it has begun anew, so any follower will do, and none shows {value}");

        let mut carried: Session = token.parse().expect("the text of a session");
        let write = cluster.routing().write_at(&mut carried, |node| async move { node.write("k", b"4").await });
        let error = write.await.expect_err("a writer is told as well");
        assert!(matches!(error, Failure::Routing(RoutingError::SessionLost { .. })), "{error}");
    });
}

#[test]
fn tokens_from_nowhere_are_refused_with_what_is_wrong() {
    let cluster = cluster();
    cluster.run(async {
        cluster.write(&mut Session::new(), 1).await;
        let policy = ReadPolicy::SessionConsistent(OnBehind::OtherFollower);
        for (token, expected) in [
            ("1_0000000000000000.1.99", "the token 1:153 is ahead of the leader at 1:1: the text was changed"),
            (
                "1_0000000000000000.7.1",
                "the token 7:1 is of a later timeline than that of the leader at 1:1: a newer leader exists",
            ),
        ] {
            let mut session: Session = token.parse().expect("the text of a session");
            let read = cluster
                .routing()
                .read_at(&mut session, policy, |node: Lent<SimulatedNode>| async move { Ok::<_, WriteError>(node.read("k")) });
            let error = read.await.expect_err(token).to_string();
            assert!(error.starts_with(expected), "{token}: {error}");
        }
    });
}

#[test]
fn a_cluster_in_trouble_says_what_each_node_said() {
    let cluster = cluster();
    cluster.run(async {
        let mut session = Session::new();
        cluster.write(&mut session, 1).await;
        cluster.network.crash("leader");
        let write = cluster.routing().write_at(&mut session, |node| async move { node.write("k", b"2").await });
        let error = write.await.expect_err("nobody leads").to_string();
        assert!(
            error.starts_with("no leader was found: start or promote one, or name its host (leader: leader has crashed"),
            "{error}"
        );
        assert!(error.ends_with("; f1: is a follower; f2: is a follower)"), "{error}");
        let leader = Arc::new(Leader::new("alone".into(), cluster.network.clone()));
        let alone = ReadRouter::new(leader, Vec::new());
        alone.routing().check().await.expect("it leads");
        let mut reader = Session::new();
        let work = |node: Lent<SimulatedNode>| async move { Ok::<_, WriteError>(node.read("k")) };
        let error = alone
            .routing()
            .read_at(&mut reader, ReadPolicy::AnyFollower, work)
            .await
            .expect_err("there is no follower")
            .to_string();
        assert!(
            error.starts_with("no follower answered: start one") && error.ends_with("(there is none among the nodes)"),
            "{error}"
        );
    });
}

#[test]
fn work_at_one_replica_is_done_from_a_minimum_position() {
    let cluster = cluster();
    cluster.run(async {
        let mut session = Session::new();
        cluster.write(&mut session, 1).await;
        let minimum = session.last_served().and_then(|served| served.position).expect("a write has a position");
        let at = |node, wait| {
            cluster
                .routing()
                .at_replica(node, minimum, wait, |node: Lent<SimulatedNode>| async move { Ok::<_, WriteError>(node.read("k")) })
        };
        assert_eq!(at(1, Duration::ZERO).await.expect("f1 runs"), None, "it is behind");
        assert_eq!(at(1, LAG * 2).await.expect("f1 runs"), Some(Some(b"1".to_vec())));
        assert_eq!(Patience::default().leader, LAG, "so long a leader is looked for");
    });
}
