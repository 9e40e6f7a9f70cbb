//! Each command of the command line, as a shell sees it, on every preset with several leaders.
#![cfg(feature = "cli")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Output};

use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::scenario::{Anomaly, FamilySpec, Scenario};
use serde_json::{Value, json};

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_replicated-telemetry-store")).args(arguments).output().expect("the program starts")
}

fn text(arguments: &[&str]) -> String {
    String::from_utf8(program(arguments).stdout).expect("the output is text")
}

fn json_of(arguments: &[&str]) -> Value {
    let output = program(arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output:?}"))
}

/// A file that the program wrote.
fn written(name: &str, content: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the test can write");
    path.to_str().expect("a path that is text").to_owned()
}

/// The presets of the family, each with the names of the findings that it has.
fn presets() -> Vec<(&'static Preset, Scenario, BTreeSet<&'static str>)> {
    let of_family = PRESETS.iter().map(|preset| (preset, preset.scenario()));
    let of_family = of_family.filter(|(_, scenario)| scenario.family == FamilySpec::MultiLeader);
    let expected = |scenario: &Scenario| {
        let lesson = scenario.lesson.as_ref().expect("every preset has a lesson");
        lesson.expects.iter().copied().map(Anomaly::name).collect()
    };
    of_family.map(|(preset, scenario)| (preset, scenario.clone(), expected(&scenario))).collect()
}

/// The names of the kinds of findings that a report counts.
fn kinds(report: &Value) -> BTreeSet<&str> {
    report["findings_by_kind"].as_object().expect("kinds").keys().map(String::as_str).collect()
}

fn status(arguments: &[&str]) -> i32 {
    program(arguments).status.code().expect("it ends by itself")
}

#[test]
fn a_run_is_told_and_written() {
    for (preset, scenario, expected) in presets() {
        let told = text(&["run", preset.id, "--trace"]);
        assert!(told.contains(&format!("{}: {}", preset.id, scenario.title)), "{told}");
        let report = json_of(&["run", preset.id, "--json"]);
        assert_eq!(kinds(&report), expected, "{}", preset.id);
        assert_eq!(status(&["run", preset.id]), i32::from(!expected.is_empty()), "{}", preset.id);
        for finding in report["findings"].as_array().expect("a list") {
            let sentence = finding["text"].as_str().expect("a text");
            assert!(sentence.len() > 80 && told.contains(finding["headline"].as_str().expect("a headline")), "{finding}");
            assert!(finding["ops"].as_array().is_some_and(|ops| !ops.is_empty()), "{finding}");
        }
        let counts = ["total", "ok", "rejected", "indeterminate", "unfinished"];
        let counts = counts.map(|name| report["operations"][name].as_u64().expect(name));
        assert_eq!(counts[0], counts[1..].iter().sum::<u64>(), "{}: every operation ended somehow", preset.id);
        assert!(report["latencies_us"]["writes"]["count"].as_u64() > Some(0), "{}: {report:#}", preset.id);
    }
}

#[test]
fn every_finding_has_causes_as_text_and_as_data() {
    for (preset, _, expected) in presets() {
        let told = text(&["causes", preset.id]);
        let report = json_of(&["causes", preset.id, "--json"]);
        let findings = report["findings"].as_array().expect("a list");
        assert_eq!(findings.iter().map(|f| f["kind"].as_str().expect("a kind")).collect::<BTreeSet<_>>(), expected);
        for finding in findings {
            let causes = finding["causes"].as_array().unwrap_or_else(|| panic!("{}: no cause of {finding}", preset.id));
            for cause in causes {
                assert!(told.contains(cause["text"].as_str().expect("a text")), "{}: {cause} is not in {told}", preset.id);
            }
        }
        assert_eq!(status(&["causes", preset.id]), i32::from(!expected.is_empty()));
    }
}

#[test]
fn every_kind_has_a_smallest_example_and_is_found_again() {
    for (preset, scenario, expected) in presets() {
        for kind in expected {
            let small = program(&["shrink", preset.id, "--kind", kind, "--json"]);
            assert_eq!(small.status.code(), Some(1), "{}, {kind}", preset.id);
            let file = written(&format!("small-{}-{kind}.json", preset.id), &small.stdout);
            let report = json_of(&["run", &file, "--json"]);
            assert!(kinds(&report).contains(kind), "{}, {kind}: {report:#}", preset.id);
            let searched = ["search", preset.id, "--kind", kind, "--seeds", "1", "--schedules", "1", "--json"];
            let found = json_of(&searched);
            assert_eq!((&found["found"], &found["seed"]), (&json!(true), &json!(scenario.seed)), "{}, {kind}", preset.id);
            assert_eq!(found["scenario"]["family"], json!("multi-leader"));
        }
    }
}

/// A kind that a preset does not have is not found in it, and the answer says what was run.
#[test]
fn what_is_not_there_is_not_found() {
    let arguments = ["search", "cart-merge-aware", "--kind", "resurrected-delete", "--seeds", "3", "--schedules", "2"];
    assert_eq!(status(&arguments), 0);
    assert!(text(&arguments).starts_with("no finding of kind resurrected-delete in 3 seeds, 6 runs, "));
    assert_eq!(json_of(&["shrink", "cart-merge-aware", "--json"]), Value::Null);
}

/// The same seed in two read modes: updates travel alike, what clients were told counts, and values are told.
#[test]
fn two_read_modes_are_compared() {
    let mut differing = 0;
    for (preset, ..) in presets() {
        let arguments = ["compare", preset.id, "--read-mode", "leader", "--read-mode", "any-follower"];
        let report = json_of(&[&arguments[..], &["--json"]].concat());
        let run = json_of(&["run", preset.id, "--read-mode", "leader", "--json"]);
        let side = &report["sides"][0];
        let operations = &run["operations"];
        let unsuccessful = ["rejected", "indeterminate", "unfinished"].map(|name| operations[name].as_u64().expect(name));
        assert_eq!(side["unavailable"].as_u64(), Some(unsuccessful.iter().sum::<u64>()), "{}", preset.id);
        assert_eq!(side["findings"].as_u64(), Some(run["findings"].as_array().expect("a list").len() as u64));
        for what in ["reads", "writes"] {
            let (one, other) = (&side["latencies_us"][what], &run["latencies_us"][what]);
            assert_eq!((&one["count"], &one["max"]), (&other["count"], &other["max"]), "{}: {what}", preset.id);
        }
        let arrivals = &report["arrivals"];
        assert!(arrivals["alike"].as_u64() > Some(0), "{}: updates travel: {arrivals}", preset.id);
        assert!(!arrivals["write_moved_at_us"].is_null() || arrivals["differ_at_us"].is_null(), "{}: {arrivals}", preset.id);
        for end in report["differing"].as_array().expect("a list").iter().flat_map(|one| one["ends"].as_array().expect("two")) {
            assert!(end["version"].is_null(), "{}: a version is no place in one log: {end}", preset.id);
            differing += usize::from(end["values"].is_array());
        }
        assert!(text(&arguments).contains(&format!("{} messages", arrivals["alike"])) || arrivals["alike"] == 1);
    }
    assert!(differing > 4, "reads that went another way are told with their values: {differing}");
}

/// What a replica keeps back, and what it refuses because it is behind, is counted for several leaders as for one.
#[test]
fn waits_and_refusals_are_counted() {
    let arguments = ["compare", "session-across-leaders", "--read-mode", "leader", "--read-mode", "guarantees", "--json"];
    let report = json_of(&arguments);
    let count = |side: usize| report["sides"][side]["waits"].as_u64().zip(report["sides"][side]["refusals"].as_u64());
    assert_eq!(count(0), Some((0, 0)), "no token, no wait");
    assert!(count(1).is_some_and(|(waits, refusals)| waits + refusals > 0), "{report:#}");
    assert_eq!((&report["sides"][0]["stale_reads"], &report["sides"][1]["stale_reads"]), (&json!(1), &json!(0)));
}

/// The guarantees that a record of several leaders can be judged by, and the findings of runs that break them.
const JUDGED: [(&str, &str); 6] = [
    ("read-your-writes", "read-your-writes"),
    ("monotonic-reads", "monotonic-reads"),
    ("causal", "causal"),
    ("no-aborted-reads", "aborted-read"),
    ("no-thin-air-reads", "thin-air-read"),
    ("no-lost-writes", "lost-acknowledged-write"),
];

/// What `check` says of a run that was exported is what the run says of itself. A record has every guarantee that is broken, a run the narrowest
/// for each read; so a finding that only the record has is of a read that breaks a narrower one too.
#[test]
fn what_is_exported_is_judged_as_it_was() {
    let mut broken: BTreeMap<&str, usize> = BTreeMap::new();
    for (preset, _, expected) in presets() {
        let file = written(&format!("{}.jsonl", preset.id), &program(&["export", preset.id, "--as", "jsonl"]).stdout);
        let mut arguments = vec!["check", file.as_str(), "--json"];
        arguments.extend(JUDGED.iter().flat_map(|(guarantee, _)| ["--guarantee", *guarantee]));
        let report = json_of(&arguments);
        for (guarantee, finding) in JUDGED {
            let verdicts = report["verdicts"].as_array().expect("verdicts").iter();
            let verdict = verdicts.clone().find(|v| v["guarantee"] == guarantee).expect(guarantee)["verdict"].as_str();
            let narrower = guarantee == "causal" && expected.iter().any(|e| ["read-your-writes", "monotonic-reads"].contains(e));
            let wanted = if expected.contains(finding) || narrower { "violated" } else { "holds" };
            assert_eq!(verdict, Some(wanted), "{}, {guarantee}", preset.id);
            *broken.entry(guarantee).or_default() += usize::from(wanted == "violated");
        }
        for form in ["csv", "svg", "edn"] {
            assert!(matches!(status(&["export", preset.id, "--as", form]), 0 | 2), "{}, {form}", preset.id);
        }
    }
    let broken = ["read-your-writes", "monotonic-reads", "causal", "no-lost-writes"].map(|name| broken[name]);
    assert!(broken.iter().all(|count| *count > 0), "{broken:?}");
}

#[test]
fn real_systems_are_named() {
    for (preset, ..) in presets() {
        let told = text(&["systems", preset.id]);
        let report = json_of(&["systems", preset.id, "--json"]);
        let rows = report["several_leaders"].as_array().expect("rows");
        assert!(!rows.is_empty() && rows.iter().all(|row| told.contains(row["system"].as_str().expect("a name"))), "{told}");
    }
}

/// The matrix of several leaders as data: a ring that loses a leader strands what it would have passed on, and siblings lose nothing.
#[test]
fn the_matrix_of_several_leaders_is_printed_and_written() {
    let arguments = ["matrix", "--family", "multi-leader", "--seeds", "2"];
    let whole = json_of(&[&arguments[..], &["--json"]].concat());
    let topology = |name: &str| {
        whole["topologies"].as_array().expect("rows").iter().find(|row| row["topology"] == name).expect(name)["cells"].clone()
    };
    assert!(topology("ring")["last-leader-lost"]["stranded"].as_u64() > Some(0), "{whole:#}");
    for name in ["all-to-all", "ring", "star"] {
        let cell = &topology(name)["nothing"];
        assert_eq!((&cell["stranded"], &cell["unsuccessful"]), (&json!(0), &json!(0)), "{name}: {cell}");
        assert!(cell["acknowledged_writes"].as_u64() > Some(50) && cell["slowest_us"].as_u64() > Some(40_000), "{name}: {cell}");
    }
    let rules = whole["conflicts"].as_array().expect("rows");
    let rule = |name: &str| rules.iter().find(|row| row["rule"] == name).expect(name);
    assert!(rule("last-write-wins physical")["dropped"].as_u64() > Some(0) && rule("siblings")["dropped"] == 0, "{whole:#}");
    let told = text(&arguments);
    assert!(told.contains("What several leaders survive") && told.contains("last write wins, by Lamport clocks"), "{told}");
    assert_eq!(status(&["matrix", "--family", "no-leader"]), 2);
}
