//! What each read mode does and promises, in scenarios small enough to be followed by hand.

use replicated_telemetry_store::history::Op;
use replicated_telemetry_store::operation::{Outcome, Reason};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, parse};

/// Runs a group of replicas with these settings, links and script.
fn run(shard: &str, read: &str, more: &str, script: &[&str]) -> Run {
    let text = format!(
        r#"{{ "version": 1, "seed": 1, "until": "3s", "op_timeout": "1s",
          "shards": [{{ "name": "s", "leader": "n1", {shard} }}],
          "clients": [{{ "name": "ann" }}, {{ "name": "bob" }}],
          "read": {{ {read} }}, {more} "script": [{}] }}"#,
        script.join(",")
    );
    Run::of(&parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))).expect("it can be run")
}

const TWO: &str = r#""followers": ["n2", "n3"]"#;
const SLOW: &str = r#""links": [{ "from": "n1", "to": "n2", "latency": { "constant": "300ms" } }],"#;

fn write(at: u32, client: &str, value: i64) -> String {
    format!(r#"{{ "at": "{at}ms", "do": {{ "write": {{ "client": "{client}", "key": "x", "value": {value} }} }} }}"#)
}

fn read(at: u32, client: &str, told: Option<&str>) -> String {
    let told = told.map(|node| format!(r#", "at": "{node}""#)).unwrap_or_default();
    format!(r#"{{ "at": "{at}ms", "do": {{ "read": {{ "client": "{client}", "key": "x"{told} }} }} }}"#)
}

fn event(at: u32, what: &str) -> String {
    format!(r#"{{ "at": "{at}ms", "do": {what} }}"#)
}

/// Where each read was answered; what it says if it was not.
fn answers(run: &Run) -> Vec<String> {
    let reads = run.trace.ops.iter().filter(|op| !op.is_write());
    let answer = |op: &Op| match op.end.map(|end| (end.outcome, end.replica)) {
        Some((Outcome::Value { .. }, Some(replica))) => run.plan.name(replica).to_owned(),
        Some((Outcome::Rejected(Reason::NoReplicaFreshEnough), _)) => "nobody".to_owned(),
        other => format!("{other:?}"),
    };
    reads.map(answer).collect()
}

fn strs(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

fn kinds(run: &Run) -> Vec<Anomaly> {
    run.findings.iter().map(replicated_telemetry_store::check::Finding::anomaly).collect()
}

#[test]
fn a_pinned_session_stays_until_its_follower_is_silent_or_it_is_told() {
    let script = [
        read(100, "ann", None),
        read(200, "ann", None),
        event(250, r#"{ "pause": { "node": "n3" } }"#),
        event(250, r#"{ "pause": { "node": "n2" } }"#),
        event(280, r#"{ "resume": { "node": "n2" } }"#),
        read(300, "ann", None),
        event(600, r#"{ "resume": { "node": "n3" } }"#),
        read(700, "ann", None),
        read(800, "ann", Some("n3")),
        read(900, "ann", None),
    ];
    let run = run(TWO, r#""mode": "pinned-follower", "attempt_timeout": "100ms""#, "", &strs(&script));
    // Ann is node 3, the second of two followers is hers; when that is silent she moves, and does not come back by herself.
    assert_eq!(answers(&run), ["n3", "n3", "n2", "n2", "n3", "n3"]);
}

#[test]
fn a_session_sticks_to_the_leader_for_its_window_from_the_acknowledgement_on() {
    let script = [read(50, "ann", Some("n2")), write(100, "ann", 1), read(295, "ann", Some("n2")), read(303, "ann", Some("n2"))];
    let run = run(TWO, r#""mode": "sticky-leader", "window": "200ms""#, SLOW, &strs(&script));
    assert_eq!(answers(&run), ["n2", "n1", "n2"]);
    assert_eq!(kinds(&run), [Anomaly::ReadYourWrites], "300 ms of lag are more than a window of 200 ms");
}

/// How long ago a session wrote is told by the clock of the device: one that runs twice as fast ends the window after half the time, and
/// one that is ahead by the same at both moments changes nothing.
#[test]
fn a_window_is_measured_by_the_clock_of_the_client() {
    let script = [write(100, "ann", 1), read(190, "ann", Some("n2")), read(210, "ann", Some("n2"))];
    for (clock, expected) in [
        (r#""ms_per_second": 1000, "offset": "5s""#, ["n1", "n1"]),
        (r#""ms_per_second": 1000, "offset": "-10ms""#, ["n1", "n1"]),
        (r#""ms_per_second": 2000"#, ["n1", "n2"]),
    ] {
        let clocks = format!(r#"{SLOW} "clocks": [{{ "node": "ann", {clock} }}],"#);
        let run = run(TWO, r#""mode": "sticky-leader", "window": "200ms""#, &clocks, &strs(&script));
        assert_eq!(answers(&run), expected, "{clock}");
    }
}

/// Of two devices of one user, one notes when it wrote and the other one looks: by clocks that differ, the window is over too early or too
/// late.
#[test]
fn a_window_of_two_devices_errs_by_the_offset_of_their_clocks() {
    for (clocks, expected) in [
        ("", "n1"),
        (r#""clocks": [{ "node": "phone", "ms_per_second": 1000, "offset": "300ms" }],"#, "n2"),
        (r#""clocks": [{ "node": "laptop", "ms_per_second": 1000, "offset": "-300ms" }],"#, "n2"),
        (r#""clocks": [{ "node": "laptop", "ms_per_second": 1000, "offset": "300ms" }],"#, "n1"),
    ] {
        let text = format!(
            r#"{{ "version": 1, "seed": 1, "until": "3s", "shards": [{{ "name": "s", "leader": "n1", {TWO} }}],
              "clients": [{{ "name": "laptop", "user": "ann" }}, {{ "name": "phone", "user": "ann" }}], {SLOW} {clocks}
              "read": {{ "mode": "sticky-leader", "window": "200ms", "tokens": "user" }},
              "script": [{}, {}] }}"#,
            write(1_000, "laptop", 1),
            read(1_050, "phone", Some("n2"))
        );
        let run = Run::of(&parse(&text).expect("a scenario")).expect("it can be run");
        assert_eq!(answers(&run), [expected], "{clocks}");
    }
}

/// A follower whose clock is behind takes old words of its leader for young ones.
#[test]
fn a_bound_is_as_good_as_the_clocks_agree() {
    let slow = r#""links": [{ "from": "n1", "to": "n2", "latency": { "constant": "900ms" } }],"#;
    let script = [write(2_000, "ann", 1), read(2_500, "bob", Some("n2"))];
    let script = strs(&script);
    for (offset, expected, found) in
        [("0s", "nobody", None), ("5s", "nobody", None), ("-1s", "n2", Some(Anomaly::BoundedStaleness))]
    {
        let more = format!(r#"{slow} "clocks": [{{ "node": "n2", "ms_per_second": 1000, "offset": "{offset}" }}],"#);
        let settings = r#""mode": "bounded-staleness", "bound": { "time": "200ms" }, "on_miss": "fail""#;
        let run = run(r#""followers": ["n2"]"#, settings, &more, &script);
        assert_eq!((answers(&run), kinds(&run).first().copied()), (vec![expected.to_owned()], found), "{offset}");
    }
}

#[test]
fn the_freshest_is_the_one_that_was_furthest_when_last_heard() {
    let script =
        [write(100, "bob", 1), read(200, "ann", None), read(220, "ann", None), read(240, "ann", None), read(260, "ann", None)];
    let run = run(TWO, r#""mode": "best-effort-fresh""#, SLOW, &strs(&script));
    // Each is asked once; then the one that is ahead, as long as that is not forgotten.
    assert_eq!(answers(&run), ["n2", "n3", "n3", "n3"]);
}

#[test]
fn on_a_miss_a_bound_goes_to_the_leader_or_to_nobody() {
    for (on_miss, expected) in [("leader", "n1"), ("fail", "nobody"), ("wait-then-fail", "nobody")] {
        let on_miss =
            if on_miss == "wait-then-fail" { r#"{ "wait-then-fail": "5ms" }"#.to_owned() } else { format!("\"{on_miss}\"") };
        let settings = format!(r#""mode": "bounded-staleness", "bound": {{ "time": "100ms" }}, "on_miss": {on_miss}"#);
        let far = r#""links": [{ "from": "n1", "to": "*", "latency": { "constant": "300ms" } }],"#;
        let run = run(TWO, &settings, far, &[&write(100, "bob", 1), &read(1_000, "ann", None)]);
        assert_eq!(answers(&run), [expected], "{on_miss}");
        assert_eq!(kinds(&run), []);
    }
}

#[test]
fn a_follower_that_has_not_heard_for_long_does_not_know_how_many_entries_it_lacks() {
    let settings = r#""mode": "bounded-staleness", "bound": { "entries": 5 }, "on_miss": "fail""#;
    let cut = event(500, r#"{ "partition": { "a": ["n1"], "b": ["n2", "n3"] } }"#);
    let run = run(TWO, settings, "", &[&cut, &read(400, "ann", None), &read(600, "ann", None), &read(700, "ann", None)]);
    assert_eq!(answers(&run).iter().map(|a| a == "nobody").collect::<Vec<_>>(), [false, false, true]);
}

/// A deposed leader goes on telling its followers that they are up to date. Only a leader that proves that it leads may say so.
#[test]
fn a_bound_needs_a_leader_that_knows_that_it_leads() {
    for (leader_reads, expected) in [("local", vec![Anomaly::BoundedStaleness]), ("read-index", vec![])] {
        let shard = format!(
            r#""followers": ["n2", "n3", "n4", "n5"], "leader_reads": "{leader_reads}",
               "failover": {{ "heartbeat": "20ms", "timeout": "100ms", "policy": "automatic-best" }}"#
        );
        let settings = r#""mode": "bounded-staleness", "bound": { "time": "200ms" }, "on_miss": "fail""#;
        let apart = event(200, r#"{ "partition": { "a": ["n1", "n2", "ann"], "b": ["n3", "n4", "n5", "bob"] } }"#);
        let script = [apart, write(1_000, "bob", 1), read(1_500, "ann", Some("n2"))];
        let run = run(&shard, settings, "", &strs(&script));
        assert!(run.trace.ops[0].acknowledged().is_some(), "the other side has a leader, which takes writes");
        assert_eq!(kinds(&run), expected, "{leader_reads}: {:?}", answers(&run));
    }
}

/// Two devices of one user: what is known on one is asked for on the other only if the token is kept for both.
#[test]
fn a_token_that_is_kept_for_the_user_travels_between_devices() {
    for (tokens, expected, broken) in [("device", "n2", vec![Anomaly::ReadYourWrites]), ("user", "n3", vec![])] {
        let text = format!(
            r#"{{ "version": 1, "seed": 1, "until": "3s", "shards": [{{ "name": "s", "leader": "n1", {TWO} }}], {SLOW}
              "clients": [{{ "name": "ann", "user": "u" }}, {{ "name": "bob", "user": "u" }}],
              "read": {{ "mode": "session-consistent", "tokens": "{tokens}" }},
              "script": [{}, {}] }}"#,
            write(100, "ann", 1),
            read(200, "bob", Some("n2"))
        );
        let run = Run::of(&parse(&text).expect("a scenario")).expect("it can be run");
        assert_eq!((answers(&run), kinds(&run)), (vec![expected.to_owned()], broken), "{tokens}");
    }
}

/// Monotonic writes and writes-follow-reads are looked at on writes: what the session stood for is gone, so the write is refused. A
/// session that does not ask for them goes on.
#[test]
fn a_write_that_cannot_follow_what_was_lost_is_refused() {
    for (guarantees, refused) in [("[\"monotonic-writes\"]", true), ("[\"writes-follow-reads\"]", false), ("[]", false)] {
        let settings = format!(r#""mode": "guarantees", "guarantees": {guarantees}"#);
        let script = [
            event(50, r#"{ "partition": { "a": ["n1", "ann"], "b": ["n2", "n3"] } }"#),
            write(100, "ann", 1),
            event(200, r#"{ "promote": { "node": "n2" } }"#),
            event(300, r#"{ "heal": {} }"#),
            write(1_500, "ann", 2),
        ];
        let run = run(TWO, &settings, "", &strs(&script));
        let second = run.trace.ops[1].end.map(|end| end.outcome);
        assert_eq!(second == Some(Outcome::Rejected(Reason::SessionLost)), refused, "{guarantees}: {second:?}");
        assert_eq!(kinds(&run), [Anomaly::LostAcknowledgedWrite], "{guarantees}");
    }
}
