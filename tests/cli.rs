//! The command line as a shell sees it: what it prints, where, and with which exit status.
#![cfg(feature = "cli")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_replicated-telemetry-store");

fn program(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("the program starts")
}

fn with_input(arguments: &[&str], input: &str) -> Output {
    let streams = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    let mut child =
        Command::new(PROGRAM).args(arguments).stdin(streams.0).stdout(streams.1).stderr(streams.2).spawn().expect("it starts");
    child.stdin.take().expect("it has an input").write_all(input.as_bytes()).expect("it reads its input");
    child.wait_with_output().expect("it ends")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is text")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are text")
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_slice(&program(arguments).stdout).expect("the output is JSON")
}

#[test]
fn the_status_says_whether_there_are_findings() {
    for (arguments, status) in [
        (&["run", "sync-or-async"][..], 0),
        (&["run", "read-after-write"], 1),
        (&["run", "read-after-write", "--read-mode", "session-consistent"], 0),
        (&["run", "read-after-write", "--read-mode", "leader"], 0),
        // Within 1 s of the write a session sticks to the leader; the bound of 500 ms and a pin let a miss of 400 ms happen.
        (&["run", "read-after-write", "--read-mode", "sticky-leader"], 0),
        (&["run", "read-after-write", "--read-mode", "guarantees"], 0),
        (&["run", "read-after-write", "--read-mode", "bounded-staleness"], 1),
        (&["run", "read-after-write", "--read-mode", "pinned-follower"], 1),
        (&["run", "read-after-write", "--read-mode", "best-effort-fresh"], 1),
        (&["run", "read-after-write", "--until", "500ms"], 0),
        (&["run", "async-leader-crash", "--json"], 1),
        (&["list"], 0),
        (&["show", "first-look"], 0),
        (&["--help"], 0),
        (&[], 2),
    ] {
        assert_eq!(program(arguments).status.code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn a_summary_counts_and_explains() {
    let text = out(&program(&["run", "async-leader-crash"]));
    for expected in [
        "async-leader-crash: An asynchronous leader crashes",
        "operations  writes 3, reads 1",
        "findings    1 read-your-writes, 2 lost-acknowledged-write",
        "conjunction's write of MSS-17/manoeuvre = 'hold' was LSN 3 of epoch 1, acknowledged at ",
        "lost acknowledged writes  2",
        "digest ",
    ] {
        assert!(text.contains(expected), "{text}\nexpected: {expected}");
    }
    assert!(!text.contains("received entry 1"), "the trace is printed only when it is asked for");
    assert!(out(&program(&["run", "async-leader-crash", "--trace"])).contains("frankfurt    received entry 1; applied it"));
}

#[test]
fn at_most_twenty_findings_are_explained_unless_all_are_asked_for() {
    let (some, all) = (out(&program(&["run", "busy-constellation"])), out(&program(&["run", "busy-constellation", "--all"])));
    let count = |text: &str| text.matches(" read-your-writes: ").count() + text.matches(" monotonic-reads: ").count();
    assert!(count(&some) <= 20 && some.contains(" more: --all prints them"), "{some}");
    assert!(count(&all) > 20, "{all}");
}

#[test]
fn json_has_the_promised_fields() {
    let report = json(&["run", "async-leader-crash", "--json", "--seed", "7"]);
    for (field, expected) in [
        ("preset", Value::from("async-leader-crash")),
        ("seed", Value::from(7)),
        ("read_mode", Value::from("leader")),
        ("lost_acknowledged_writes", Value::from(2)),
        ("stopped_early", Value::from(false)),
        ("until_us", Value::from(3_000_000)),
        ("takeovers", Value::from(1)),
    ] {
        assert_eq!(report[field], expected, "{field}");
    }
    assert_eq!(report["operations"]["total"], 4);
    assert_eq!(report["latencies_us"]["writes"]["count"], 3);
    assert_eq!(report["trace_digest"].as_str().map(str::len), Some(16));
    let kinds: Vec<&str> = report["findings"].as_array().expect("a list").iter().filter_map(|f| f["kind"].as_str()).collect();
    assert_eq!(kinds, ["lost-acknowledged-write", "lost-acknowledged-write", "read-your-writes"]);
    for finding in report["findings"].as_array().expect("a list") {
        assert!(finding["text"].as_str().is_some_and(|text| text.len() > 100), "{finding}");
        assert!(finding["at_us"].is_u64() && finding["ops"].is_array() && finding["headline"].is_string(), "{finding}");
    }
    assert_eq!(json(&["run", "consistent-prefix", "--json"])["findings"][0]["kind"], "consistent-prefix");
    assert_eq!(json(&["run", "monotonic-reads", "--json"])["findings"][0]["kind"], "monotonic-reads");
    assert_eq!(json(&["run", "first-look", "--json"])["latencies_us"]["reads"], Value::Null);
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let arguments = ["run", "busy-constellation", "--json", "--seed", "3", "--until", "3s"];
    assert_eq!(program(&arguments), program(&arguments));
}

#[test]
fn what_show_prints_runs_from_standard_input_and_from_a_file() {
    let scenario = out(&program(&["show", "read-after-write"]));
    let piped = with_input(&["run", "-", "--json"], &scenario);
    assert_eq!(piped.status.code(), Some(1));
    let piped: Value = serde_json::from_slice(&piped.stdout).expect("the output is JSON");
    assert_eq!((&piped["preset"], &piped["source"]), (&Value::Null, &Value::from("<stdin>")));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("scenario.json");
    std::fs::write(&path, &scenario).expect("the test can write");
    let file = json(&["run", path.to_str().expect("a path that is text"), "--json"]);
    assert_eq!(file["trace_digest"], piped["trace_digest"]);
    assert_eq!(file["trace_digest"], json(&["run", "read-after-write", "--json"])["trace_digest"]);
}

#[test]
fn wrong_input_is_named_with_its_place() {
    let good = out(&program(&["show", "first-look"]));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("wrong.json");
    let name = path.to_str().expect("a path that is text");
    let text = "{\n  \"version\": 1,\n  \"sede\": 1\n}";
    std::fs::write(&path, text).expect("the test can write");
    let output = program(&["run", name]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(err(&output).starts_with(&format!("error: {name}:3:3: unknown field `sede`")), "{}", err(&output));
    for (text, expected) in [
        (good.replacen("\"frankfurt\"", "\"virginia\"", 1), ": shards[0].followers[0]: two nodes are called 'virginia'"),
        (good.replacen("\"100ms\"", "\"100 parsec\"", 1), ": '100 parsec' has no unit"),
        ("{".to_owned(), "<stdin>:1:2: the text ends too early: an object has no end"),
        (String::new(), "<stdin>:1:1: the text ends too early: expected a value"),
        ("x".repeat(2 << 20), "<stdin>: the scenario has 1048577 bytes, more than 1048576"),
    ] {
        let output = with_input_unread(&["run", "-"], &text);
        assert_eq!(output.status.code(), Some(2), "{expected}");
        let message = err(&output);
        assert!(message.starts_with("error: <stdin>:") && message.contains(expected), "{message}\nexpected: {expected}");
    }
}

/// As `with_input`, for an input that may be too long to be read to its end.
fn with_input_unread(arguments: &[&str], input: &str) -> Output {
    let streams = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    let mut child =
        Command::new(PROGRAM).args(arguments).stdin(streams.0).stdout(streams.1).stderr(streams.2).spawn().expect("it starts");
    drop(child.stdin.take().expect("it has an input").write_all(input.as_bytes()));
    child.wait_with_output().expect("it ends")
}

#[test]
fn wrong_arguments_are_named_with_what_may_have_been_meant() {
    for (arguments, expected) in [
        (&["run", "frist-look"][..], "no preset and no file is called 'frist-look'; did you mean first-look?"),
        (&["run", "pipeline"], "did you mean telemetry-pipeline?"),
        (&["show", "nothing-like-it"], "the presets are first-look, read-after-write, "),
        (&["run", "first-look", "--read-mode", "fastest"], "possible values: leader, any-follower, session-consistent"),
        (&["run", "first-look", "--seed=-1"], "--seed"),
        (&["run", "first-look", "--seed", "many"], "--seed"),
        (&["run", "first-look", "--until", "5"], "'5' has no unit"),
        (&["run", "first-look", "--until", "0"], "until: a run lasts from 1us to 3600s"),
        (&["run", "first-look", "--json", "--trace"], "cannot be used with"),
        (&["run", "."], ".: cannot be read"),
        (&["walk"], "unrecognized subcommand 'walk'"),
    ] {
        let output = program(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        assert!(err(&output).contains(expected), "{}\nexpected: {expected}", err(&output));
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = Command::new(PROGRAM)
        .args(["run", "telemetry-pipeline", "--trace"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), err(&output)), (Some(1), String::new()));
}

/// The names that a reader of the course would write into a configuration file, for a rule of the lab.
#[test]
fn a_configuration_has_names_in_real_systems() {
    let text = out(&program(&["systems", "partition-durability"]));
    for expected in
        ["synchronous_commit = on; synchronous_standby_names = 'FIRST 1 (", "rpl_semi_sync_source_enabled = ON", "w: 2"]
    {
        assert!(text.contains(expected), "{expected} is missing in:\n{text}");
    }
    let whole = json(&["systems", "partition-durability", "--json"]);
    let rows = whole["shards"][0]["counterparts"].as_array().expect("rows");
    assert!(rows.iter().any(|row| row["setting"].is_null() || row["differs"].is_string()), "{whole:#}");
    assert_eq!(whole["postgresql_durability"].as_array().map(Vec::len), Some(5));
    assert_eq!(program(&["systems", "nothing"]).status.code(), Some(2));
}

/// Two leaders, of which one has a clock that is behind: one acknowledged write is dropped without a word.
const OVERWRITTEN: &str = r#"{ "version": 1, "seed": 1, "until": "9s", "family": "multi-leader",
  "shards": [{ "name": "s", "leader": "a", "followers": [], "peers": [{ "leader": "b" }] }],
  "clients": [{ "name": "ann", "home": "a" }, { "name": "ben", "home": "b" }], "read": { "mode": "leader" },
  "clocks": [{ "node": "b", "ms_per_second": 1000, "offset": "-5s" }],
  "script": [{ "at": "6s", "do": { "write": { "client": "ann", "key": "x", "value": 1 } } },
             { "at": "7s", "do": { "write": { "client": "ben", "key": "x", "value": 2 } } }] }"#;

#[test]
fn a_write_that_was_dropped_without_a_word_is_counted() {
    let text = out(&with_input(&["run", "-"], OVERWRITTEN));
    assert!(text.contains("1 acknowledged write is in no replica's state, and no client was told"), "{text}");
    let report =
        |input: &str| -> Value { serde_json::from_slice(&with_input(&["run", "-", "--json"], input).stdout).expect("JSON") };
    let counts = |report: &Value| ["siblings", "conflicts", "overwritten"].map(|name| report[name].as_u64().expect(name));
    assert_eq!(counts(&report(OVERWRITTEN)), [0, 0, 1], "the second writer's leader had the first write");
    let siblings =
        OVERWRITTEN.replace("\"7s\"", "\"6s\"").replace("\"peers\"", "\"conflicts\": [{ \"rule\": \"siblings\" }], \"peers\"");
    let read = siblings.replace(
        "\"value\": 2 } } }",
        "\"value\": 2 } } }, { \"at\": \"8s\", \"do\": { \"read\": { \"client\": \"ann\", \"key\": \"x\" } } }",
    );
    let report = report(&read);
    assert_eq!(counts(&report), [1, 1, 0]);
    assert_eq!(report["latencies_us"]["writes"]["count"], 2, "{report:#}");
    assert_eq!(counts(&json(&["run", "sync-or-async", "--json"])), [0, 0, 0]);
}

/// Several leaders have a panel of their own, with what comes near first.
#[test]
fn several_leaders_have_names_in_real_systems() {
    let text = out(&with_input(&["systems", "-"], OVERWRITTEN));
    let (near, other) = (text.find("Cassandra, ScyllaDB (comes near)"), text.find("  CouchDB\n"));
    assert!(near.is_some() && near < other && !text.contains("synchronous_commit"), "{text}");
    let whole: Value = serde_json::from_slice(&with_input(&["systems", "-", "--json"], OVERWRITTEN).stdout).expect("JSON");
    assert_eq!(whole["several_leaders"].as_array().map(Vec::len), Some(8), "{whole:#}");
}

/// The matrix is computed: the asynchronous row loses writes when its leader is cut off, the row of the majority does not.
#[test]
fn the_matrix_says_what_survives_what() {
    let whole = json(&["matrix", "--seeds", "2", "--json"]);
    let rows = whole["rows"].as_array().expect("rows");
    let row = |begin: &str| rows.iter().find(|r| r["configuration"].as_str().is_some_and(|c| c.starts_with(begin))).expect(begin);
    assert!(row("asynchronous")["cells"]["leader-cut-off"]["lost_acknowledged_writes"].as_u64() > Some(0), "{whole:#}");
    assert_eq!(row("any 1 of 2")["cells"]["leader-cut-off"]["lost_acknowledged_writes"], 0, "{whole:#}");
    assert_eq!(program(&["matrix", "--seeds", "0"]).status.code(), Some(2));
}

/// The help names the kinds of findings as the core does, at the width that it has always had.
#[test]
fn the_help_lists_all_kinds_of_findings() {
    let text = out(&program(&["run", "--help"]));
    let kinds = "\
Kinds: read-your-writes, monotonic-reads, consistent-prefix, lost-acknowledged-write, split-brain, linearizability,
dirty-then-lost, divergence, reused-id, monotonic-writes, writes-follow-reads, causal, bounded-staleness, aborted-read,
thin-air-read, non-convergence, concurrent-write-conflict, lost-update, resurrected-delete, replication-loop,
duplicate-id, constraint-broken, stale-quorum-read, failed-write-visible, hint-lost, false-siblings, false-value,
duplicate-applied, merge-not-commutative, merge-not-associative, merge-not-idempotent.

Read modes:";
    assert!(text.contains(kinds), "{text}");
}
