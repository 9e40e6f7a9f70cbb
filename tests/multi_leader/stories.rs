//! What hostile scenarios found in the family and in its checkers: a story each.

use replicated_telemetry_store::family::multi_leader::Fact;
use replicated_telemetry_store::scenario::Anomaly;

use super::literature::{count, noted, owned, read, scenario, shown, write};

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
