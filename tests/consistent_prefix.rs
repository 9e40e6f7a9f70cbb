//! Consistent prefix across shards: who has seen the telemetry has seen the launch.
//!
//! Within one log the order is the log's. Two shards with different lag show an effect before its cause, unless the write
//! carries what its writer had seen and the reader's session takes that into its vector of tokens.
//!
//! Sources: DDIA 2e, ch. 6, "Consistent prefix reads"; Lloyd et al., "Don't settle for eventual" (SOSP 2011) for the dependencies.

use std::sync::Arc;

use crate::store_support::{Cluster, Follows, always_the_same, ms, run_beside, secs, session};
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::{Network, ReadMode};

/// Launches are on a shard whose follower is far away, telemetry on one whose follower is near.
fn two_shards(seed: u64) -> (Arc<Network>, Cluster, Cluster) {
    let network = Arc::new(Network::with_seed(seed));
    let launches = Cluster::on(network.clone(), "launch-leader", &[Follows::Async("launch-follower")]);
    let telemetry = Cluster::on(network.clone(), "telemetry-leader", &[Follows::Async("telemetry-follower")]);
    network.inject_lag("launch-leader", "launch-follower", secs(2));
    (network, launches, telemetry)
}

/// What was found of the altitude, and then of the launch.
type Seen = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Launch first, telemetry second, then both are read in the other order.
async fn launch_and_watch(c: (&Cluster, &Cluster), mode: ReadMode) -> Seen {
    let (launches, telemetry) = c;
    launches.leader.write("launch".into(), b"lift-off".to_vec()).await.expect("nothing to wait for");
    telemetry.leader.write("altitude".into(), b"120".to_vec()).await.expect("nothing to wait for");
    telemetry.network.sleep(ms(100)).await;
    let altitude = telemetry.router.read("altitude", mode.clone()).await;
    (altitude, launches.router.read("launch", mode).await)
}

fn watch(mode: &ReadMode) -> (Seen, Arc<Network>) {
    let (network, launches, telemetry) = two_shards(0);
    // Somebody else watches: who launched would miss a write of its own, which has a narrower name.
    launches.router.read_as("observer");
    telemetry.router.read_as("observer");
    let followers: Vec<_> = [&launches, &telemetry].into_iter().flat_map(|c| c.followers.clone()).collect();
    let seen = run_beside(&followers, launch_and_watch((&launches, &telemetry), mode.clone()));
    (seen, network)
}

#[test]
fn reads_at_any_follower_show_the_telemetry_before_the_launch_and_are_reported() {
    let seen = always_the_same(|| {
        let (seen, network) = watch(&ReadMode::AnyFollower);
        let findings = network.findings();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].anomaly(), findings[0].keys()), (Anomaly::ConsistentPrefix, vec!["launch", "altitude"]));
        (seen, network)
    });
    assert_eq!(seen, (Some(b"120".to_vec()), None), "flying, but never launched");
}

#[test]
fn a_session_that_has_seen_the_telemetry_sees_the_launch() {
    let seen = always_the_same(|| {
        let (seen, network) = watch(&session("observer"));
        assert!(network.findings().is_empty());
        (seen, network)
    });
    assert_eq!(seen, (Some(b"120".to_vec()), Some(b"lift-off".to_vec())));
}

/// The launching application itself misses its own write: the narrower name comes first, and the wider one can be asked for.
#[test]
fn a_launcher_who_misses_its_launch_breaks_both_guarantees_and_the_narrower_is_named() {
    let (network, launches, telemetry) = two_shards(0);
    let followers: Vec<_> = [&launches, &telemetry].into_iter().flat_map(|c| c.followers.clone()).collect();
    run_beside(&followers, launch_and_watch((&launches, &telemetry), ReadMode::AnyFollower));
    let kinds: Vec<&str> = network.findings().iter().map(|finding| finding.kind()).collect();
    assert_eq!(kinds, ["read-your-writes"]);
    assert_eq!(network.findings_of(Anomaly::ConsistentPrefix).len(), 1);
}

/// Random losses on every link, a new launch and a new reading in each round, one session over two routers.
#[test]
fn the_vector_of_tokens_keeps_causes_before_effects_over_two_hundred_seeds() {
    for seed in 0..200 {
        let (network, launches, telemetry) = two_shards(seed);
        network.drop_messages("launch-leader", "launch-follower", 0.3);
        network.drop_messages("telemetry-leader", "telemetry-follower", 0.3);
        let followers: Vec<_> = [&launches, &telemetry].into_iter().flat_map(|c| c.followers.clone()).collect();
        run_beside(&followers, async {
            for round in 0..5_u8 {
                launches.leader.write("launch".into(), vec![round]).await.expect("nothing to wait for");
                telemetry.leader.write("altitude".into(), vec![round]).await.expect("nothing to wait for");
                network.sleep(ms(seed % 13)).await;
                let effect = telemetry.router.read("altitude", session("observer")).await;
                let cause = launches.router.read("launch", session("observer")).await;
                assert!(cause >= effect, "seed {seed}, round {round}: {effect:?} without {cause:?}");
            }
        });
        assert!(network.findings().is_empty(), "seed {seed}");
    }
}
