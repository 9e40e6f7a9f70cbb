//! What `check` prints of a record, word for word: counts, reasons that are said once, names of anomalies, what levels of isolation rest on.
#![cfg(feature = "cli")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// What the program says of a record with these options, and its exit status.
fn check(name: &str, record: &str, options: &[&str]) -> (String, Option<i32>) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("words-{name}"));
    fs::write(&path, record).expect("the test can write");
    let file = path.to_str().expect("a path that is text");
    let mut command = Command::new(env!("CARGO_BIN_EXE_replicated-telemetry-store"));
    let output = command.args(["check", file]).args(options).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("the output is text");
    (text.replace(file, "FILE"), output.status.code())
}

fn json(name: &str, record: &str, options: &[&str]) -> Value {
    let (text, _) = check(name, record, &[options, &["--json"]].concat());
    serde_json::from_str(&text).expect("the output is JSON")
}

/// Nobody says who did what.
const NOBODY: &str = "[{:type :ok, :value [[:append :x 1]]} {:type :ok, :value [[:r :x [1]]]}]";

#[test]
fn a_reason_is_said_once_for_all_guarantees_that_it_is_of() {
    let (text, _) = check("nobody.edn", NOBODY, &[]);
    let line = "\n  not-applicable       read-your-writes, monotonic-reads, monotonic-writes, writes-follow-reads: the record names no \
                sessions\n";
    assert!(text.contains(line), "{text}");
    assert_eq!(text.matches("names no sessions").count(), 1, "{text}");
    let report = json("nobody-as-json.edn", NOBODY, &[]);
    let verdicts = report["verdicts"].as_array().expect("verdicts");
    let of_sessions = verdicts.iter().filter(|verdict| verdict["text"] == "the record names no sessions");
    assert_eq!(of_sessions.count(), 4, "in JSON each guarantee has its own: {report:#}");
}

#[test]
fn one_is_told_as_one() {
    let record = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value nil}\n";
    let (text, status) = check("one.edn", record, &[]);
    let head = "FILE: true\n  format jepsen-edn, model register, at first nil, 1 operation of 1 session on 1 key\n";
    assert!(text.starts_with(head), "{text}");
    assert_eq!(status, Some(0));
    let write = |process: u32, value: u32| {
        format!(
            "{{:process {process}, :type :invoke, :f :append, :value \"{value}\"}}\n{{:process {process}, :type :ok, :f :append, :value \
             \"{value}\"}}\n"
        )
    };
    let (text, status) = check("budget.edn", &(write(0, 1) + &write(1, 2)), &["--budget", "1", "--guarantee", "linearizable"]);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("the budget of 1 step or 536,870,912 bytes was spent on register"), "{text}");
}

#[test]
fn nothing_decides_where_nothing_succeeded() {
    let failed = "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :fail, :f :write, :value 1}\n";
    let (text, status) = check("failed.edn", &failed.repeat(2), &[]);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("none of its 2 operations succeeded, so there is nothing that could be broken\n"), "{text}");
    assert!(!text.contains("decided by"), "{text}");
    let report = json("failed-as-json.edn", &failed.repeat(2), &[]);
    assert_eq!((&report["valid"], &report["decided_by"]), (&Value::Null, &Value::Null), "{report:#}");
}

/// One session writes 1 and then 2, another reads 2 and then 1: in one order of all if sessions need not keep theirs.
const BACKWARDS: &str = "w 0 1\n-----\nw 0 2\n=====\nr 0 2\n-----\nr 0 1\n";

#[test]
fn levels_of_isolation_keep_the_order_of_sessions_as_the_format_has_it_or_as_is_said() {
    let asked = ["--guarantee", "serializable"];
    let (ordered, free) = ("Levels of isolation keep the order of each session", "Levels of isolation do not ask for the order");
    for (options, status, note) in [
        (&[][..], Some(1), ordered),
        (&["--isolation-sessions", "ordered"], Some(1), ordered),
        (&["--isolation-sessions", "free"], Some(0), free),
    ] {
        let (text, found) = check("backwards.txt", BACKWARDS, &[&asked[..], options].concat());
        assert_eq!(found, status, "{options:?}\n{text}");
        assert!(text.contains(note), "{options:?}\n{text}");
    }
    let transactions = ":f :txn, :value [[:w 0 1]]}\n";
    let record = format!("{{:process 0, :type :invoke, {transactions}{{:process 0, :type :ok, {transactions}");
    let (text, _) = check("elle.edn", &record, &[]);
    assert!(text.contains(free), "Elle's records do not promise the order of sessions:\n{text}");
    let (text, _) = check("elle-said.edn", &record, &["--isolation-sessions", "ordered"]);
    assert!(text.contains(ordered), "{text}");
    let (_, status) = check("elle-wrong.edn", &record, &["--isolation-sessions", "perhaps"]);
    assert_eq!(status, Some(2));
}

#[test]
fn what_experts_call_a_violation_is_told_with_its_words() {
    let transaction = |kind: &str, read: &str, (process, write): (u32, u32)| {
        format!("{{:type :{kind} :f :txn :process {process} :value [[:r k {read}] [:w k {write}]]}}\n")
    };
    let both = [(1, 6), (2, 7)];
    let begun: String = both.iter().map(|one| transaction("invoke", "nil", *one)).collect();
    let ended: String = both.iter().map(|one| transaction("ok", "5", *one)).collect();
    let (record, options) = (begun + &ended, ["--initial", "5", "--guarantee", "snapshot-isolation"]);
    let (text, status) = check("lost-update.edn", &record, &options);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("\n  snapshot-isolation   violated, lost-update (lost update, a case of G-single): "), "{text}");
    let report = json("lost-update-as-json.edn", &record, &options);
    assert_eq!(report["verdicts"][0]["anomaly"], "lost-update", "{report:#}");
    let held = json("held-as-json.edn", &record, &["--initial", "5", "--guarantee", "read-committed"]);
    assert_eq!((&held["verdicts"][0]["verdict"], &held["verdicts"][0]["anomaly"]), (&Value::from("holds"), &Value::Null));
}
