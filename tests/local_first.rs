//! Local-first software: a device is a leader that is often offline, and what was edited offline is rebased on what the server has
//! (Kleppmann and Riccomini, "Designing Data-Intensive Applications", 2nd ed., chapter 6, "Sync engines and local-first software").

use replicated_telemetry_store::log::{KeyId, Value};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, parse};
use replicated_telemetry_store::time::SimTime;

/// Two devices write one note, the tablet while it is cut off from the server until 600 ms.
const NOTE: &str = r#"{
  "version": 1, "seed": 1, "until": "6s", "family": "multi-leader",
  "shards": [{ "name": "notes", "leader": "server", "followers": [], "peers": [{ "leader": "tablet" }, { "leader": "phone" }],
    "topology": "star", "conflicts": [{ "rule": "rebase" }] }],
  "clients": [{ "name": "ann", "home": "tablet" }, { "name": "ben", "home": "phone" }],
  "read": { "mode": "leader" },
  "script": [
    { "at": "50ms", "do": { "partition": { "a": ["tablet"], "b": ["server"] } } },
    { "at": "100ms", "do": { "write": { "client": "ann", "key": "note", "value": "from the tablet" } } },
    { "at": "200ms", "do": { "write": { "client": "ben", "key": "note", "value": "from the phone" } } },
    { "at": "600ms", "do": { "heal": {} } },
    { "at": "4s", "do": { "read": { "client": "ann", "key": "note" } } },
    { "at": "4100ms", "do": { "read": { "client": "ben", "key": "note" } } }
  ]
}"#;

fn run() -> Run {
    Run::of(&parse(NOTE).expect("a scenario")).expect("it can be run")
}

/// What a leader shows of the note at a moment.
fn shown(run: &Run, leader: &str, at_ms: u64) -> Vec<String> {
    let state = run.state_at(SimTime(at_ms * 1_000));
    let id = run.plan.node_id(leader).expect("a leader");
    let replica = state.multi_leader_replica(id).expect("a replica");
    replica.show(KeyId(0)).versions.iter().map(|version| run.plan.show(version.value)).collect()
}

#[test]
fn a_device_shows_its_own_edit_on_top_until_the_server_has_put_it_in_order() {
    let run = run();
    assert_eq!(shown(&run, "phone", 500), ["from the phone"], "the server has taken the phone's");
    assert_eq!(shown(&run, "tablet", 500), ["from the tablet"], "the tablet is offline, and shows its own");
    for leader in ["server", "tablet", "phone"] {
        assert_eq!(shown(&run, leader, 5_000), ["from the tablet"], "{leader}: the server got the tablet's last");
    }
}

/// The later arrival supersedes: both are in the one order of the server, and no replica differs.
#[test]
fn the_server_orders_what_devices_wrote_at_the_same_time() {
    let run = run();
    let kinds: Vec<Anomaly> = run.findings.iter().map(replicated_telemetry_store::check::Finding::anomaly).collect();
    assert_eq!(kinds, [Anomaly::ConcurrentWriteConflict], "it was a conflict, and everybody agrees on how it ended");
    let text = |value: Value| run.plan.show(value);
    let returned = run.trace.ops.iter().filter(|op| !op.is_write()).flat_map(|op| {
        let history = run.history();
        history.returned(op).map(|returned| returned.siblings().iter().map(|s| text(s.value)).collect::<Vec<_>>())
    });
    assert!(returned.flatten().all(|value| value == "from the tablet"));
}

#[test]
fn the_order_needs_a_centre() {
    let ring = NOTE.replacen("\"star\"", "\"ring\"", 1);
    let message = parse(&ring).expect_err("a ring has no centre").to_string();
    assert!(message.contains("shards[0].conflicts[0].rule: writes are put in order at the centre of a star"), "{message}");
}
