//! The commands that answer questions about a scenario, as a shell sees them.
#![cfg(feature = "cli")]

use std::process::{Command, Output};

use serde_json::{Value, json};

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_replicated-telemetry-store")).args(arguments).output().expect("the program starts")
}

fn out(arguments: &[&str]) -> String {
    String::from_utf8(program(arguments).stdout).expect("the output is text")
}

fn json_of(arguments: &[&str]) -> Value {
    serde_json::from_slice(&program(arguments).stdout).expect("the output is JSON")
}

#[test]
fn the_status_says_whether_there_is_a_finding() {
    for (arguments, status) in [
        (&["causes", "read-after-write"][..], 1),
        (&["causes", "sync-or-async"], 0),
        (&["shrink", "read-after-write"], 1),
        (&["shrink", "read-after-write", "--kind", "split-brain"], 0),
        (&["shrink", "sync-or-async", "--json"], 0),
        (&["search", "read-after-write", "--kind", "read-your-writes", "--seeds", "1"], 1),
        (&["search", "sync-or-async", "--kind", "lost-acknowledged-write", "--seeds", "2", "--read-mode", "leader"], 0),
        (&["search", "sync-or-async", "--kind", "dance"], 2),
        (&["search", "sync-or-async"], 2),
        (&["compare", "read-after-write", "--read-mode", "leader"], 0),
        (&["compare", "read-after-write"], 2),
        (&["shrink", "no-such-thing"], 2),
    ] {
        assert_eq!(program(arguments).status.code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn causes_are_named_in_sentences_and_as_data() {
    let text = out(&["causes", "read-after-write"]);
    let sentence = "The append of LSN 2 to frankfurt took 400 ms: virginia sent it at 740 ms and it was due at 1140 ms; the read was over at 870 ms.";
    assert!(text.contains(sentence) && text.contains("without this the finding is gone"), "{text}");
    let report = json_of(&["causes", "read-after-write", "--json"]);
    let cause = json!({ "kind": "latency", "text": sentence, "from": "virginia", "to": "frankfurt" });
    assert_eq!(report["findings"][0]["causes"], json!([cause]));
    assert_eq!((&report["findings"][0]["kind"], &report["findings"][0]["at_us"]), (&json!("read-your-writes"), &json!(870_000)));
    assert_eq!(json_of(&["causes", "first-failover", "--json"])["findings"][0]["causes"][0]["event"], 0);
}

/// The smallest examples of three presets, whole.
#[test]
fn the_smallest_example_is_a_scenario_that_can_be_run_again() {
    let stale = json_of(&["shrink", "read-after-write", "--json"]);
    assert_eq!(
        stale["shards"],
        json!([{ "name": "catalog", "leader": "virginia", "followers": ["frankfurt"], "keys": ["MSS-"] }])
    );
    assert_eq!(stale["script"].as_array().map(Vec::len), Some(2), "a write and a read: {stale}");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for preset in ["read-after-write", "monotonic-reads", "first-failover"] {
        let file = folder.join(format!("smallest-{preset}.json"));
        std::fs::write(&file, out(&["shrink", preset, "--json"])).expect("it can be written");
        let name = file.to_str().expect("a name");
        let kinds =
            |report: &Value| report["findings_by_kind"].as_object().map(|kinds| kinds.keys().cloned().collect::<Vec<_>>());
        let (small, whole) = (json_of(&["run", name, "--json"]), json_of(&["run", preset, "--json"]));
        assert_eq!(kinds(&small), kinds(&whole), "{preset}");
        let (again, once) = (json_of(&["shrink", name, "--json"]), json_of(&["shrink", preset, "--json"]));
        for parts in ["script", "links", "clients"] {
            assert_eq!(again[parts].as_array().map(Vec::len), once[parts].as_array().map(Vec::len), "{preset}: {parts}");
        }
    }
}

#[test]
fn a_search_without_success_says_what_it_ran_and_never_that_all_is_well() {
    let arguments =
        ["search", "read-after-write", "--kind", "read-your-writes", "--read-mode", "session-consistent", "--seeds", "3"];
    let text = out(&arguments);
    assert!(text.starts_with("no finding of kind read-your-writes in 3 seeds, 60 runs, "), "{text}");
    assert!(text.contains("what was not run is not known") && !text.contains("safe"), "{text}");
    let report = json_of(&[&arguments[..], &["--json"]].concat());
    assert_eq!((&report["found"], &report["searched"]["runs"]), (&json!(false), &json!(60)));
    let found = json_of(&["search", "read-after-write", "--kind", "read-your-writes", "--json"]);
    assert_eq!((&found["found"], &found["seed"], &found["schedule"]), (&json!(true), &json!(1), &json!(0)));
    assert_eq!(found["smallest"]["version"], 1);
}

#[test]
fn a_comparison_is_told_and_written() {
    let arguments = ["compare", "read-after-write", "--read-mode", "any-follower", "--read-mode", "session-consistent"];
    let text = out(&arguments);
    for expected in ["the runs part at 790", "with the token 2", "entries travel alike in both: 4 messages", "stale reads "] {
        assert!(text.contains(expected), "{text}\nexpected: {expected}");
    }
    let report = json_of(&[&arguments[..], &["--json"]].concat());
    assert_eq!(report["read_modes"], json!(["any-follower", "session-consistent"]));
    assert_eq!(report["arrivals"], json!({ "alike": 4, "differ_at_us": null, "write_moved_at_us": null }));
    assert_eq!((&report["parting"]["at_us"], &report["differing_total"]), (&json!(790_000), &json!(1)));
    assert_eq!((&report["sides"][0]["stale_reads"], &report["sides"][1]["stale_reads"]), (&json!(1), &json!(0)));
}
