//! Verdicts that were worked out by hand: conditions across leaders, and reads of what was deleted.
//!
//! Three leaders, 400 ms apart, each with a client. A condition is broken if no order of the writes keeps it that keeps what came before what and
//! puts nothing before a write that began after that write had been acknowledged. A read that finds nothing misses nothing of which its replica had
//! applied a deletion (Terry et al. 1994: what a server holds).

use replicated_telemetry_store::check::Evidence;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, parse};

fn run(rule: &str, sabotage: &str, script: &[String]) -> Run {
    let links: Vec<String> = [("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("c", "b")]
        .iter()
        .map(|(from, to)| format!(r#"{{ "from": "{from}", "to": "{to}", "latency": {{ "constant": "400ms" }} }}"#))
        .collect();
    let text = format!(
        r#"{{ "version": 1, "seed": 1, "until": "6s", "family": "multi-leader", "read": {{ "mode": "leader" }}, "sabotage": [{sabotage}],
        "shards": [{{ "name": "s", "leader": "a", "followers": [], "peers": [{{ "leader": "b" }}, {{ "leader": "c" }}],
                      "conflicts": [{{ "rule": {rule} }}] }}],
        "clients": [{{ "name": "ann", "home": "a" }}, {{ "name": "ben", "home": "b" }}, {{ "name": "cat", "home": "c" }}],
        "links": [{}], "script": [{}] }}"#,
        links.join(","),
        script.join(",")
    );
    Run::of(&parse(&text).expect("a scenario")).expect("it can be run")
}

fn event(at: u64, name: &str, client: &str, rest: &str) -> String {
    format!(r#"{{ "at": "{at}ms", "do": {{ "{name}": {{ "client": "{client}", "key": "k"{rest} }} }} }}"#)
}

fn write(at: u64, client: &str, value: i64, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(r#", "if": {condition}"#) };
    event(at, "write", client, &format!(r#", "value": {value}{condition}"#))
}

fn delete(at: u64, client: &str) -> String {
    event(at, "delete", client, "")
}

fn read(at: u64, client: &str) -> String {
    event(at, "read", client, "")
}

fn add(at: u64, client: &str, amount: i64, floor: Option<i64>) -> String {
    let floor = floor.map_or(String::new(), |floor| format!(r#", "floor": {floor}"#));
    event(at, "add", client, &format!(r#", "amount": {amount}{floor}"#))
}

const LAST: &str = r#"{ "last-write-wins": "physical" }"#;
const ABSENT: &str = r#""absent""#;
const ONE: &str = r#"{ "equals": 1 }"#;

/// The pairs of operations of which a condition does not hold.
fn broken(run: &Run) -> Vec<(u32, u32)> {
    let pair = |evidence: &Evidence| match evidence {
        Evidence::ConstraintBroken { first, second, .. } => Some((first.0, second.0)),
        _ => None,
    };
    run.findings.iter().filter_map(|finding| pair(&finding.evidence)).collect()
}

#[test]
fn a_key_is_taken_twice_unless_it_was_given_back_in_between() {
    for (name, script, expected) in [
        ("both at once", vec![write(1_000, "ann", 1, ABSENT), write(1_000, "ben", 2, ABSENT)], vec![(0, 1)]),
        (
            "given back before the other took it, who had heard of neither",
            vec![write(1_000, "ann", 1, ABSENT), delete(1_050, "ann"), write(1_300, "ben", 2, ABSENT)],
            vec![],
        ),
        (
            "given back only after the other had taken it",
            vec![write(1_000, "ann", 1, ABSENT), write(1_000, "ben", 2, ABSENT), delete(1_400, "ann")],
            vec![(0, 1)],
        ),
        ("one after the other", vec![write(1_000, "ann", 1, ABSENT), write(2_000, "ben", 2, ABSENT)], vec![]),
        (
            "the same value replaced twice",
            vec![write(100, "ann", 1, ""), write(1_000, "ann", 2, ONE), write(1_000, "ben", 3, ONE)],
            vec![(1, 2)],
        ),
        (
            "put back in between",
            vec![write(100, "ann", 1, ""), write(1_000, "ann", 2, ONE), write(1_050, "ann", 1, ""), write(1_300, "ben", 3, ONE)],
            vec![],
        ),
        ("left as it was", vec![write(100, "ann", 1, ""), write(1_000, "ann", 1, ONE), write(1_000, "ben", 1, ONE)], vec![]),
        (
            "a write that asks for nothing breaks nothing",
            vec![write(1_000, "ann", 1, ""), write(1_000, "ben", 2, ABSENT)],
            vec![],
        ),
    ] {
        assert_eq!(broken(&run(LAST, "", &script)), expected, "{name}");
    }
}

#[test]
fn a_sum_is_overdrawn_if_every_order_has_too_little() {
    let ten = add(100, "ann", 10, None);
    for (name, script, expected) in [
        ("two of seven", vec![ten.clone(), add(1_000, "ann", -7, Some(0)), add(1_000, "ben", -7, Some(0))], vec![(1, 2)]),
        (
            "filled up when all was over",
            vec![ten.clone(), add(1_000, "ann", -7, Some(0)), add(1_000, "ben", -7, Some(0)), add(3_000, "ann", 20, None)],
            vec![(1, 2)],
        ),
        (
            "filled up in time, though neither knew",
            vec![ten.clone(), add(1_000, "cat", 5, None), add(1_010, "ann", -7, Some(0)), add(1_010, "ben", -7, Some(0))],
            vec![],
        ),
        (
            "too little later on, for which nobody asked",
            vec![ten.clone(), add(1_000, "ann", -7, Some(0)), add(1_000, "ben", -1, Some(0)), add(3_000, "ann", -5, None)],
            vec![],
        ),
        (
            "three, of which two would have been all right",
            vec![ten.clone(), add(1_000, "ann", -4, Some(0)), add(1_010, "ben", -4, Some(0)), add(1_020, "cat", -4, Some(0))],
            vec![(1, 3)],
        ),
    ] {
        assert_eq!(broken(&run(r#""sum""#, "", &script)), expected, "{name}");
    }
}

/// Without tombstones a deleted key has no version at all, and who reads it sees the deletion all the same.
#[test]
fn who_reads_nothing_where_the_key_was_deleted_misses_nothing() {
    for (name, script) in [
        ("another session deleted it", vec![write(100, "ann", 1, ""), read(700, "ben"), delete(800, "ann"), read(1_500, "ben")]),
        ("its own session did", vec![write(100, "ann", 1, ""), read(700, "ben"), delete(800, "ben"), read(900, "ben")]),
        ("of its own write", vec![write(100, "ann", 1, ""), delete(800, "ben"), read(1_500, "ann")]),
    ] {
        for sabotage in ["", r#""no-tombstones""#] {
            let run = run(LAST, sabotage, &script);
            let read = run.trace.ops.last().expect("the last one reads");
            assert!(read.ended_well() && run.findings.is_empty(), "{name}: {:?}", run.findings);
        }
    }
}

/// The replica that has not heard of the deletion, and has nothing because it has not heard of the write either, misses the write.
#[test]
fn who_reads_nothing_where_nothing_has_come_yet_misses_what_it_knew() {
    let elsewhere = r#"{ "at": "2000ms", "do": { "read": { "client": "ben", "key": "k", "at": "c" } } }"#.to_owned();
    let early = r#"{ "at": "10ms", "do": { "cut": { "from": "a", "to": "c" } } }"#.to_owned();
    let run =
        run(LAST, r#""no-tombstones""#, &[early, write(100, "ann", 1, ""), read(700, "ben"), delete(800, "ann"), elsewhere]);
    let kinds: Vec<Anomaly> = run.findings.iter().map(|finding| finding.anomaly()).collect();
    assert_eq!(kinds, [Anomaly::MonotonicReads], "{:?}", run.findings);
}
