//! `check` and `export` as a shell sees them: what they print, and with which exit status.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_replicated-telemetry-store")).args(arguments).output().expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is text")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are text")
}

/// The record below the line of a file in `tests/histories`, as a file of its own.
fn record(name: &str) -> String {
    let whole = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(name)).expect(name);
    let (_, text) = whole.split_once("----\n").expect("a line parts what is expected from the record");
    written(name, text)
}

/// Each file is of one caller: tests run at the same time, and a program may read a file while another test writes it anew.
fn written(name: &str, text: &str) -> String {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{number}-{name}"));
    fs::write(&path, text).expect("the test can write");
    path.to_str().expect("a path that is text").to_owned()
}

#[test]
fn the_status_says_what_the_verdict_is() {
    let (good, bad, wrong) = (record("jepsen-log.txt"), record("jepsen-json-lines.txt"), record("foreign-kafka.txt"));
    for (arguments, status) in [
        (vec!["check", &good], 0),
        (vec!["check", &bad], 1),
        (vec!["check", &wrong], 2),
        (vec!["check", "/nowhere"], 2),
        (vec!["check", &bad, "--guarantee", "read-your-writes"], 0),
        (vec!["check", &good, "--guarantee", "bounded-staleness"], 3),
        (vec!["check", &good, "--model", "register"], 2),
        (vec!["check", &good, "--format", "awdit"], 2),
        (vec!["check"], 2),
        (vec!["check", &good, "--guarantee", "perfect"], 2),
        (vec!["export", "read-after-write", "--as", "csv"], 0),
        (vec!["export", "nothing", "--as", "csv"], 2),
        (vec!["export", "read-after-write", "--as", "pdf"], 2),
    ] {
        let output = program(&arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{}{}", out(&output), err(&output));
    }
    let budget = record("porcupine-kv.txt");
    assert_eq!(program(&["check", &budget, "--budget", "0"]).status.code(), Some(3), "a spent budget is no answer");
}

#[test]
fn several_records_have_a_line_each() {
    let (good, bad, wrong) = (record("jepsen-log.txt"), record("jepsen-json-lines.txt"), record("foreign-kafka.txt"));
    let output = program(&["check", &good, &bad]);
    assert_eq!((out(&output), output.status.code()), (format!("{good}\ttrue\n{bad}\tfalse\n"), Some(1)));
    let output = program(&["check", &good, &wrong, &bad]);
    assert_eq!((out(&output), output.status.code()), (format!("{good}\ttrue\n{bad}\tfalse\n"), Some(2)));
    assert!(err(&output).starts_with(&format!("error: {wrong}: line 1, column 1: the function 'send'")), "{}", err(&output));
    let output = program(&["check", &good, &good, "--guarantee", "bounded-staleness"]);
    assert_eq!((out(&output), output.status.code()), (format!("{good}\tunknown\n{good}\tunknown\n"), Some(3)));
    let output = program(&["check", &good, &good]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn json_names_operations_and_their_lines() {
    let bad = record("jepsen-json-lines.txt");
    let output = program(&["check", &bad, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    for (field, expected) in [
        ("file", Value::from(bad.as_str())),
        ("format", Value::from("jepsen-json")),
        ("model", Value::from("register")),
        ("initial", Value::from("nil")),
        ("initial_by_key", Value::from(Vec::<Value>::new())),
        ("operations", Value::from(3)),
        ("valid", Value::from(false)),
        ("decided_by", Value::from("linearizable")),
    ] {
        assert_eq!(report[field], expected, "{field}");
    }
    let verdicts = report["verdicts"].as_array().expect("verdicts");
    let names: Vec<&str> = verdicts.iter().filter_map(|verdict| verdict["guarantee"].as_str()).collect();
    for name in [
        "linearizable",
        "read-your-writes",
        "monotonic-reads",
        "monotonic-writes",
        "writes-follow-reads",
        "consistent-prefix",
        "causal",
        "bounded-staleness",
    ] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
    let verdict = |name: &str| verdicts.iter().find(|verdict| verdict["guarantee"] == name).expect(name);
    assert_eq!(verdict("linearizable")["verdict"], "violated");
    assert_eq!(verdict("bounded-staleness")["verdict"], "not-applicable");
    let evidence = verdict("linearizable")["evidence"].as_array().expect("evidence");
    let read = evidence.iter().find(|operation| operation["text"] == "read register = 1").expect("the stale read");
    assert_eq!(read["lines"], serde_json::json!([5, 6]));
    assert!(verdict("linearizable")["text"].as_str().is_some_and(|text| !text.is_empty()));
}

#[test]
fn a_person_reads_what_was_found_and_what_was_assumed() {
    let text = out(&program(&["check", &record("jepsen-json-lines.txt")]));
    for expected in [
        ": false\n",
        "format jepsen-json, model register, at first nil, 3 operations of 2 sessions on 1 key\n",
        "decided by linearizable",
        "linearizable         violated: ",
        "lines 5 and 6: 1: read register = 1 (ok)",
        "note: every key holds nothing before anything is written",
    ] {
        assert!(text.contains(expected), "{text}\nexpected: {expected}");
    }
}

#[test]
fn a_folder_is_one_history() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("check-folder");
    for (client, name) in
        [("client-1", "etcd-operations.txt"), ("client-2", "etcd-one-client.txt"), ("client-3", "etcd-watch.txt")]
    {
        fs::create_dir_all(folder.join(client)).expect("the test can write");
        fs::copy(record(name), folder.join(client).join("operations.json")).expect("the test can write");
    }
    let name = folder.to_str().expect("a path that is text");
    let output = program(&["check", name, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    assert_eq!((&report["format"], &report["operations"]), (&Value::from("porcupine-operations"), &Value::from(7)), "{report}");
    assert_eq!(report["valid"], true, "{report:#}");
    let files: Vec<String> = ["1", "2", "3"].map(|n| format!("{name}/client-{n}/operations.json")).to_vec();
    let mut arguments = vec!["check", "--together"];
    arguments.extend(files.iter().map(String::as_str));
    assert_eq!(program(&arguments).status.code(), Some(0));
    assert_eq!(program(&arguments[..2]).status.code(), Some(2), "nothing was named");
    let others = program(&["check", "--together", &record("awdit.txt"), &record("plume.txt")]);
    assert!(err(&others).contains("several files make one history only as porcupine-operations"), "{}", err(&others));
}

/// The stale read of one client and the writes of another are named with their files.
#[test]
fn lines_are_those_of_their_files() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("check-stale");
    let whole = fs::read_to_string(record("etcd-stale-read.txt")).expect("it was written");
    let lines: Vec<&str> = whole.lines().collect();
    for (client, text) in [("client-1", lines[..2].join("\n")), ("client-2", lines[2].to_owned())] {
        fs::create_dir_all(folder.join(client)).expect("the test can write");
        fs::write(folder.join(client).join("operations.json"), text).expect("the test can write");
    }
    let name = folder.to_str().expect("a path that is text");
    let output = program(&["check", name, "--guarantee", "linearizable", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    let evidence = report["verdicts"][0]["evidence"].as_array().expect("evidence").clone();
    let read = evidence.iter().find(|operation| operation["text"] == "read a = 1").expect("the stale read");
    assert_eq!(read["lines"], serde_json::json!([1]), "{read}");
    assert!(read["file"].as_str().is_some_and(|file| file.ends_with("client-2/operations.json")), "{read}");
    let text = out(&program(&["check", name, "--guarantee", "linearizable"]));
    assert!(text.contains("client-2/operations.json, line 1: client 2: read a = 1 (ok)"), "{text}");
}

/// What `export` writes, `check` reads.
#[test]
fn a_run_is_exported_and_judged() {
    for form in ["jsonl", "edn"] {
        let text = out(&program(&["export", "read-after-write", "--as", form]));
        let file = written(&format!("read-after-write.{form}"), &text);
        let output = program(&["check", &file, "--guarantee", "read-your-writes"]);
        assert_eq!(output.status.code(), Some(1), "{}{}", out(&output), err(&output));
        let text = out(&program(&["export", "read-after-write", "--as", form, "--read-mode", "session-consistent"]));
        let file = written(&format!("session-consistent.{form}"), &text);
        assert_eq!(program(&["check", &file, "--guarantee", "read-your-writes"]).status.code(), Some(0));
    }
    assert!(out(&program(&["export", "read-after-write", "--as", "svg"])).starts_with("<svg "));
    assert!(out(&program(&["export", "read-after-write", "--as", "csv"])).contains(",read-your-writes,"));
}

/// The record of a story in `tests/records`.
fn story(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records").join(format!("{name}.txt"));
    let whole = fs::read_to_string(path).expect(name);
    written(&format!("{name}.edn"), whole.split("----\n").nth(1).expect("a record between two lines"))
}

/// What decides for a workload is what its checker looks at in Jepsen or Maelstrom; what else is violated is only told.
#[test]
fn workloads_are_decided_by_what_their_checkers_look_at() {
    for (name, arguments, status, decided_by) in [
        ("bank-total-changes", &[][..], 1, "total-kept"),
        ("bank-balance-below-nothing", &[], 1, "no-negative-balances"),
        ("bank-balance-below-nothing", &["--negative-balances"], 0, "total-kept"),
        ("bank-balance-below-nothing", &["--total-amount", "11"], 1, "total-kept"),
        ("bank-reads-of-two-moments", &[], 1, "snapshot-reads"),
        ("bank-stale-read", &[], 0, "total-kept"),
        ("bank-stale-read", &["--guarantee", "linearizable"], 1, "linearizable"),
        ("set-stale-read", &[], 0, "no-lost-elements"),
        ("set-lost-element", &[], 1, "no-lost-elements"),
        ("set-element-twice", &[], 1, "no-duplicates"),
        ("set-unexpected-elements", &[], 1, "no-thin-air-reads"),
        ("set-stale-read", &["--guarantee", "no-stale-reads", "--guarantee", "no-duplicates"], 1, "no-stale-reads"),
        ("counter-out-of-bounds", &[], 1, "counter-bounds"),
        ("counter-out-of-bounds", &["--initial", "1"], 0, "counter-bounds"),
        ("counter-final-read", &[], 1, "final-count"),
        ("queue-out-of-order", &[], 0, "no-lost-elements"),
        ("queue-value-twice", &[], 1, "no-duplicates"),
        ("identifier-given-twice", &[], 1, "no-duplicates"),
    ] {
        let record = story(name);
        let output = program(&[&["check", &record, "--json"], arguments].concat());
        let report: Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
        let found = (output.status.code(), report["decided_by"].as_str());
        assert_eq!(found, (Some(status), Some(decided_by)), "{name} {arguments:?}: {report:#}");
    }
    let text = out(&program(&["check", &story("queue-left-over")]));
    for expected in ["model queue", "1 value was put in and is not known to have come out", "linearizable         holds"] {
        assert!(text.contains(expected), "{text}\nexpected: {expected}");
    }
    assert!(
        !text.contains("causal"),
        "guarantees of reads and writes of keys say nothing of a queue, and are not listed:\n{text}"
    );
}

/// Of nothing, nothing is said: a script whose record got lost must not pass.
#[test]
fn an_empty_record_is_no_answer() {
    let empty = written("empty.log", "");
    let output = program(&["check", &empty]);
    assert_eq!(output.status.code(), Some(3));
    assert!(out(&output).contains("the record has no operations"), "{}", out(&output));
    let failed =
        written("failed.edn", "{:type :invoke :f :write :value 1 :process 0}\n{:type :fail :f :write :value 1 :process 0}");
    let output = program(&["check", &failed]);
    assert_eq!(output.status.code(), Some(3));
    assert!(out(&output).contains("its one operation did not succeed"), "{}", out(&output));
}

/// Two registers that begin with values of their own, each written once and read before and after.
const TWO_REGISTERS: &str = "\
{:process 0, :type :invoke, :f :read, :value [k3 nil]}
{:process 0, :type :ok, :f :read, :value [k3 1657]}
{:process 1, :type :invoke, :f :read, :value [k2 nil]}
{:process 1, :type :ok, :f :read, :value [k2 1590]}
{:process 0, :type :invoke, :f :write, :value [k3 1700]}
{:process 0, :type :ok, :f :write, :value [k3 1700]}
{:process 1, :type :invoke, :f :read, :value [k3 nil]}
{:process 1, :type :ok, :f :read, :value [k3 1700]}
";

/// What the hint asks for can be said on the command line, as a map, in a file; and then the history holds.
#[test]
fn first_values_by_key_make_registers_linearizable() {
    let file = written("two-registers.edn", TWO_REGISTERS);
    let unsaid = program(&["check", &file]);
    assert_eq!(unsaid.status.code(), Some(1), "{}", out(&unsaid));
    let hint = "if keys hold them at first, that has to be said (--initial k3=1657,k2=1590)\n";
    assert!(out(&unsaid).contains(hint), "{}", out(&unsaid));
    assert_eq!(program(&["check", &file, "--initial", "1657"]).status.code(), Some(1), "one value is not that of both");
    let lines = format!("@{}", written("first-values.txt", "k3=1657\r\n\r\nk2=1590\r\n"));
    let edn = format!("@{}", written("first-values.edn", "{:k3 1657\n :k2 1590}\n"));
    let json = format!("@{}", written("first-values.json", "\u{feff}{\"k2\":1590,\"k3\":1657}"));
    for said in ["k3=1657,k2=1590", "\"k3\" = 1657, \"k2\" = 1590", "{:k3 1657, :k2 1590}", &lines, &edn, &json] {
        let output = program(&["check", &file, "--initial", said]);
        let text = out(&output);
        assert_eq!(output.status.code(), Some(0), "{said}\n{text}{}", err(&output));
        for expected in [
            "at first nil (but k3=1657, k2=1590), 4 operations of 2 sessions on 2 keys\n",
            "note: k3 holds 1657 before anything is written, as said\n",
            "note: k2 holds 1590 before anything is written, as said\n",
            "note: every other key holds nothing before anything is written, as records of this format have it\n",
        ] {
            assert!(text.contains(expected), "{text}\nexpected: {expected}");
        }
        assert!(!text.contains("at the beginning") && !text.contains("has to be said"), "{text}");
    }
    let output = program(&["check", &file, "--initial", "k3=1657,k2=1590", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    let by_key = serde_json::json!([{"key": "k3", "value": "1657"}, {"key": "k2", "value": "1590"}]);
    assert_eq!((&report["initial"], &report["initial_by_key"]), (&Value::from("nil"), &by_key));
}

/// First values that cannot be are bad input, and the message says where and what.
#[test]
fn wrong_first_values_are_bad_input() {
    let file = written("two-registers-again.edn", TWO_REGISTERS);
    let (lines, empty) = (written("wrong-first-values.txt", "k3=1657\nk2:1590\n"), written("no-first-values.txt", " \n"));
    let (lines_said, empty_said) = (format!("@{lines}"), format!("@{empty}"));
    for (said, expected) in [
        ("k3=1657,1590", "line 1, column 9: '1590' is not KEY=VALUE"),
        ("k3=1657,k9=1", "a first value is said of the key k9, which the record does not have"),
        ("{:k3 1657", "line 1, column 1: this has no end"),
        (lines_said.as_str(), "wrong-first-values.txt: line 2, column 1: 'k2:1590' is not KEY=VALUE"),
        (empty_said.as_str(), "no-first-values.txt says no first value"),
        ("@nowhere.edn", "nowhere.edn cannot be read: "),
    ] {
        let output = program(&["check", &file, "--initial", said]);
        assert_eq!(output.status.code(), Some(2), "{said}\n{}", out(&output));
        assert!(err(&output).contains(expected), "{}\nexpected: {expected}", err(&output));
    }
}

/// What keys hold at first is said once.
#[test]
fn what_keys_hold_at_first_is_said_once() {
    let text = out(&program(&["check", &record("jepsen-json-lines.txt")]));
    let said = text.lines().filter(|line| line.to_lowercase().contains("key holds nothing")).count();
    assert_eq!(said, 1, "{text}");
}
