//! What hostile scenarios found in the family and in its checkers: a story each.

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::multi_leader::Fact;
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::trace::What;

use super::literature::{count, noted, owned, read, scenario, shown, write};

/// Semantics C-22, with three leaders: each join of one is a conflict for the two others, so that there are more in every round. Each leader stops after some,
/// and says so; what is left stands side by side, the same everywhere.
#[test]
fn conflicts_that_breed_conflicts_end_with_a_word() {
    let script = [write("1s", "ann", "x", "\"A\""), write("1s", "ben", "x", "\"B\""), write("1s", "cas", "x", "\"C\"")];
    let run = scenario(r#", "conflicts": [{ "rule": "concatenate" }]"#, "", &owned(&script));
    assert!(!run.trace.full && run.end.is_settled(), "the record has room, and nothing is under way");
    let left = run
        .trace
        .records
        .iter()
        .filter(|record| matches!(record.what(), What::Noted(_, family::Fact::MultiLeader(_, Fact::LeftBeside(_)))));
    assert_eq!(left.count(), 3, "once for each leader");
    let values = shown(&run);
    assert!(values[0].len() > 1 && values.iter().all(|all| *all == values[0]), "{values:?}");
    let (most, updates) = (3 + 3 * 100, run.end.multi_leader_replicas().map(|(_, replica)| replica.log.len()).max());
    assert!(updates.is_some_and(|updates| (100..=most).contains(&updates)), "{updates:?}");
}

/// What one who edits offline has written, the server takes anew; others are told of that only, and wait for nothing else: neither for the first form of
/// the write, nor for it before what was written there later.
#[test]
fn who_waits_for_causes_does_not_wait_for_what_the_server_has_replaced() {
    let star = r#", "topology": "star", "delivery": "causal", "conflicts": [{ "keys": ["doc"], "rule": "rebase" }]"#;
    let script =
        [write("1s", "ben", "doc", "1"), write("2s", "ben", "other", "2"), read("5s", "cas", "doc"), read("6s", "cas", "other")];
    let run = scenario(star, "", &owned(&script));
    assert_eq!(shown(&run), vec![vec!["1".to_owned()]; 3]);
    let (_, cas) = run.end.multi_leader_replicas().last().expect("three leaders");
    assert!(cas.buffer.is_empty() && run.end.multi_leader_replicas().all(|(_, replica)| replica.applied == cas.applied));
    assert!(noted(&run, |fact| matches!(fact, Fact::Rebased(_))) && count(&run, Anomaly::NonConvergence) == 0);
}
