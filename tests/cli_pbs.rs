//! The command `pbs` as a shell sees it.
#![cfg(feature = "cli")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn program(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_replicated-telemetry-store");
    Command::new(program).arg("pbs").args(arguments).output().expect("the program starts")
}

fn with_input(arguments: &[&str], input: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_replicated-telemetry-store");
    let mut command = Command::new(program);
    command.arg("pbs").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("it has an input").write_all(input.as_bytes()).expect("it reads its input");
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is text")
}

fn json(arguments: &[&str]) -> Value {
    let output = program(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the output is JSON")
}

fn file(name: &str, contents: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, contents).expect("the test can write");
    path.to_str().expect("a path that is text").to_owned()
}

#[test]
fn json_has_the_promised_fields() {
    let answer = json(&["--model", "lnkd-ssd", "--trials", "100000", "--at", "0,1,5", "--seed", "7", "--json"]);
    for (field, expected) in
        [("model", Value::from("lnkd-ssd")), ("n", 3.into()), ("r", 1.into()), ("w", 1.into()), ("trials", 100_000.into())]
    {
        assert_eq!(answer[field], expected, "{field}");
    }
    let consistent = answer["consistent"].as_array().expect("a list");
    assert_eq!(consistent.iter().map(|one| one["t_ms"].as_f64()).collect::<Vec<_>>(), [Some(0.0), Some(1.0), Some(5.0)]);
    for one in consistent {
        let [p, low, high] = ["p", "low", "high"].map(|field| one[field].as_f64().expect("a number"));
        assert!(0.0 < low && low <= p && p <= high && high <= 1.0, "{one}");
    }
    for (field, quantile) in [
        ("t_visible_ms", "p99"),
        ("t_visible_ms", "p999"),
        ("read_latency_ms", "p50"),
        ("read_latency_ms", "p999"),
        ("write_latency_ms", "p50"),
        ("write_latency_ms", "p99"),
    ] {
        assert!(answer[field][quantile].as_f64().is_some_and(|time| time > 0.3), "{field} {quantile}: {answer}");
    }
    assert_eq!(
        (&answer["k_staleness"][1]["k"], answer["k_staleness"][1]["p"].as_f64()),
        (&Value::from(2), Some(0.555_555_555_556))
    );
    assert_eq!((&answer["closed_form"], answer.get("t_visible_by_paper")), (&Value::Null, None));
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_any_number_of_threads() {
    let with = |threads: &str, seed: &str| {
        program(&["--model", "wan", "--trials", "300001", "--json", "--threads", threads, "--seed", seed]).stdout
    };
    let alone = with("1", "3");
    assert!(!alone.is_empty());
    for threads in ["2", "3", "64"] {
        assert_eq!(with(threads, "3"), alone, "{threads} threads");
    }
    assert_ne!(with("1", "4"), alone);
}

#[test]
fn a_person_reads_sentences() {
    let output = text(&program(&["--exponential", "w=10", "--trials", "200000", "--at", "0,5"]).stdout);
    for expected in [
        "exponential w=10: 3 replicas, reads wait for 1, writes for 1; 200,000 trials, seed 1",
        "A read 5 ms after the write is acknowledged sees it in 59.",
        " % of cases (95 % interval: 59.",
        "; by closed form in 59.5646 %.",
        "99 % of reads see a write from ",
        "Half of all reads take at most 0 ms, 99 % at most 0 ms, 99.9 % at most 0 ms.",
        "a read returns one of the last 3 versions in at least 70.3704 % of cases",
    ] {
        assert!(output.contains(expected), "{output}\nexpected: {expected}");
    }
    let early = text(&program(&["--model", "lnkd-ssd", "--trials", "1000", "--paper-estimator"]).stdout);
    assert!(
        early.contains("The paper's estimator, the first time of many") && early.contains("in steps of 0.01 ms: 1.8"),
        "{early}"
    );
}

#[test]
fn own_latencies_come_from_files_and_standard_input() {
    let path = file("samples.csv", b"w,ars\n1,0.5\n3,\n");
    let answer = json(&["--csv", &path, "--n", "1", "--trials", "1000", "--json"]);
    assert_eq!(answer["model"], Value::from(path));
    assert!(answer["write_latency_ms"]["p999"].as_f64().is_some_and(|time| (time - 3.5).abs() < 0.02), "{answer}");
    let output = with_input(&["--csv", "-", "--trials", "1000"], "quantile,value\n0.5,1\n1,2\n");
    assert!(text(&output.stdout).starts_with("<stdin>: 3 replicas"), "{}", text(&output.stderr));
}

#[test]
fn wrong_tables_are_named_with_their_place() {
    for (contents, expected) in [
        (&b"w,a,r,s\n1,2,3,4\n1,NaN,3,4\n"[..], ":3:3: 'NaN' is no number: write digits and a point, as 0.25"),
        (b"w,a,r,s\n1,2,-3,4\n", ":2:5: -3 is negative"),
        (b"quantile,value\n0.9,5\n0.5,1\n1,9\n", ":3:1: the quantile 0.5 is not above the one before it"),
        (b"quantile,value\n0.9,5\n", ":2:1: the last quantile is 0.9"),
        (b"", ":1:1: the table is empty"),
        (b"w,a,r,s\n\xff,1,1,1\n", ": the text is not UTF-8"),
    ] {
        let path = file("wrong.csv", contents);
        let output = program(&["--csv", &path]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{expected}");
        let message = text(&output.stderr);
        assert!(message.starts_with(&format!("error: {path}{expected}")), "{message}\nexpected: {expected}");
    }
}

#[test]
fn wrong_arguments_are_named() {
    for (arguments, expected) in [
        (&["--model", "lnkd"][..], "possible values: lnkd-ssd, lnkd-disk, ymmr, ymmr-as-printed, wan"),
        (&[], "--model <MODEL>"),
        (&["--model", "wan", "--csv", "x"], "cannot be used with"),
        (&["--model", "wan", "--r", "4"], "error: r is 4: of 3 replicas a read waits for 1 to 3"),
        (&["--model", "wan", "--w", "0"], "error: w is 0: of 3 replicas a write waits for 1 to 3"),
        (&["--model", "wan", "--n", "101"], "error: n is 101: there can be 1 to 100 replicas"),
        (&["--model", "wan", "--trials", "0"], "error: trials is 0: there can be 1 to 10000000000 trials"),
        (&["--model", "wan", "--trials", "99999999999"], "error: trials is 99999999999"),
        (&["--model", "wan", "--trials", "many"], "--trials"),
        (&["--model", "wan", "--threads", "0"], "--threads"),
        (&["--model", "wan", "--at", "0,soon"], "error: --at: 'soon': 'soon' is no number"),
        (&["--model", "wan", "--at", "9999999"], "error: --at: '9999999': 9999999 ms is longer than an hour"),
        (&["--exponential", "w=10,q=2"], "error: --exponential, --pareto: 'q=2': 'q' names no latencies"),
        (&["--exponential", "w=10", "--pareto", "w=1:2"], "'w=1:2': 'w' was said before"),
        (&["--csv", "no-such-file.csv"], "error: no-such-file.csv: cannot be read: "),
        (&["--csv", "."], "error: .: cannot be read: "),
    ] {
        let output = program(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.contains(expected), "{message}\nexpected: {expected}");
    }
}
