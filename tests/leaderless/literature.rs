//! The stories of the book and of the papers, as the presets tell them: what each node holds in the end, and what its readers were shown.

use replicated_telemetry_store::family::leaderless::Replica;
use replicated_telemetry_store::log::KeyId;
use replicated_telemetry_store::operation::Kind;
use replicated_telemetry_store::presets::Preset;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::Scenario;

fn preset(id: &str) -> Scenario {
    Preset::named(id).expect("it is a preset").scenario()
}

fn run(scenario: &Scenario) -> Run {
    Run::of(scenario).expect("it can be run")
}

/// What a node holds of the first key, value by value.
fn held(run: &Run, node: &str) -> Vec<String> {
    let replica = run.end.leaderless_replica(run.plan.node_id(node).expect("a node")).expect("a node of a ring");
    values(run, replica)
}

fn values(run: &Run, replica: &Replica) -> Vec<String> {
    let mut values: Vec<String> = replica.store.versions(KeyId(0)).iter().map(|version| run.plan.show(version.value)).collect();
    values.sort_unstable();
    values
}

/// What each read was shown, in the order of the script.
fn shown(run: &Run) -> Vec<Vec<String>> {
    let history = run.history();
    let reads = run.trace.ops.iter().filter(|op| matches!(op.kind, Kind::Read(_)));
    let values = reads.map(|op| {
        let returned = history.returned(op).expect("it was answered");
        let mut values: Vec<String> = returned.siblings().iter().map(|version| run.plan.show(version.value)).collect();
        values.sort_unstable();
        values
    });
    values.collect()
}

/// Figure 6-12: two of three answers have version 7, one has 6; the third replica is repaired.
#[test]
fn a_read_repairs_the_replica_that_was_down() {
    let run = run(&preset("quorum-read-repair"));
    assert_eq!(shown(&run), [["7"]]);
    assert!(["virginia", "frankfurt", "tokyo"].iter().all(|node| held(&run, node) == ["7"]));
    let mut without = preset("quorum-read-repair");
    let ring = without.shards[0].ring.as_mut().expect("a ring");
    ring.read_repair = replicated_telemetry_store::scenario::ReadRepairSpec::Off;
    assert_eq!(held(&self::run(&without), "tokyo"), ["6"], "nothing else would have told it");
}

/// Figure 6-13: of five replicas two may be down.
#[test]
fn five_replicas_survive_two() {
    let run = run(&preset("quorum-five"));
    assert_eq!(shown(&run), [["sun-pointing"], ["sun-pointing"]]);
}

/// The two readers of W + R > N: the second is shown less than the first, and not if reads write back.
#[test]
fn the_second_reader_sees_less_unless_reads_write_back() {
    assert_eq!(shown(&run(&preset("quorum-not-linearizable"))), [["sun-pointing"], ["safe"]]);
    assert_eq!(shown(&run(&preset("abd-linearizable"))), [["sun-pointing"], ["sun-pointing"]]);
}

/// Figure 6-14: three nodes, two writers, and three different ends.
#[test]
fn without_versions_each_node_keeps_what_came_last() {
    let run = run(&preset("no-versions-diverge"));
    let ends = ["virginia", "frankfurt", "tokyo"].map(|node| held(&run, node));
    assert_eq!(ends, [["safe"], ["sun-pointing"], ["safe"]]);
}

/// Figure 6-15: what stands in the cart after the five writes.
#[test]
fn the_cart_has_the_values_of_the_figure() {
    assert_eq!(held(&run(&preset("cart-fifteen")), "replica"), ["eggs, milk, ham", "milk, flour, eggs, bacon"]);
}

/// Dynamo, figure 3: the vectors of D3, D4 and D5.
#[test]
fn the_vectors_of_the_dynamo_paper() {
    let run = run(&preset("dynamo-d1-d5"));
    assert_eq!(shown(&run), [vec!["D2"], vec!["D3", "D4"], vec!["D5"]]);
    let replica = run.end.leaderless_replica(run.plan.node_id("sz").expect("a node")).expect("a node of a ring");
    let vectors: Vec<String> = replica.store.versions(KeyId(0)).iter().map(|version| version.vector.to_string()).collect();
    assert_eq!(vectors, ["{0:3, 1:1, 2:1}"], "[(Sx, 3), (Sy, 1), (Sz, 1)]");
}

/// A hint comes to its owner and is kept no longer.
#[test]
fn a_hint_is_handed_off() {
    let run = run(&preset("hinted-handoff"));
    assert_eq!(held(&run, "tokyo"), ["sun-pointing"]);
    assert!(run.end.leaderless_replicas().all(|(_, replica)| replica.hints.all().is_empty()));
    assert!(held(&run, "sydney").is_empty(), "who stands in does not hold the key itself");
}

/// A failed write is not taken back: the first read misses it and repairs the others with it, and the second one shows it.
#[test]
fn a_failed_write_is_seen_or_not() {
    assert_eq!(shown(&run(&preset("failed-write-visible"))), [["safe"], ["sun-pointing"]]);
}

/// Everybody hears of who joins, works out the same ring, and keys are where they belong.
#[test]
fn a_node_that_joins_gets_its_keys() {
    let run = run(&preset("gossip-join"));
    let rings: Vec<_> = run.end.leaderless_replicas().map(|(_, replica)| replica.ring.clone()).collect();
    assert!(rings.iter().all(|ring| *ring == rings[0] && ring.nodes().len() == 5));
    for (id, replica) in run.end.leaderless_replicas() {
        for (key, _) in replica.store.keys() {
            assert!(replica.homes(key).contains(&id), "{id:?} holds what is not its own");
        }
    }
}

/// Trees bring all three writes to the replica that missed them.
#[test]
fn trees_find_what_differs() {
    let run = run(&preset("merkle-repair"));
    let tokyo = run.end.leaderless_replica(run.plan.node_id("tokyo").expect("a node")).expect("a node of a ring");
    for (_, held) in tokyo.store.keys() {
        assert_eq!(held.iter().map(|version| run.plan.show(version.value)).collect::<Vec<_>>(), ["sun-pointing"]);
    }
}
