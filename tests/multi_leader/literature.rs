//! Claims of the literature about several leaders, one test each: what a book or a paper says happens, happens.
//!
//! Figures are those of chapter 6 of Kleppmann and Riccomini, "Designing Data-Intensive Applications", 2nd edition.

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::multi_leader::Fact;
use replicated_telemetry_store::log::Value;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, parse};
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::What;

use super::run;

/// Leaders a, b and c, clients ann at a, ben at b and cas at c; more settings of the shard, more of the scenario, and a script.
pub(super) fn scenario(shard: &str, more: &str, script: &[&str]) -> Run {
    let text = format!(
        r#"{{ "version": 1, "seed": 1, "until": "20s", "family": "multi-leader",
          "shards": [{{ "name": "s", "leader": "a", "followers": [], "peers": [{{ "leader": "b" }}, {{ "leader": "c" }}] {shard} }}],
          "read": {{ "mode": "leader" }}, "clients": [{{ "name": "ann", "home": "a" }}, {{ "name": "ben", "home": "b" }}, {{ "name": "cas", "home": "c" }}],
          "script": [{}] {more} }}"#,
        script.join(",")
    );
    run(&parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

pub(super) fn write(at: &str, client: &str, key: &str, value: &str) -> String {
    format!(r#"{{ "at": "{at}", "do": {{ "write": {{ "client": "{client}", "key": "{key}", "value": {value} }} }} }}"#)
}

pub(super) fn read(at: &str, client: &str, key: &str) -> String {
    format!(r#"{{ "at": "{at}", "do": {{ "read": {{ "client": "{client}", "key": "{key}" }} }} }}"#)
}

pub(super) fn owned(script: &[String]) -> Vec<&str> {
    script.iter().map(String::as_str).collect()
}

pub(super) fn count(run: &Run, anomaly: Anomaly) -> usize {
    run.findings.iter().filter(|finding| finding.anomaly() == anomaly).count()
}

pub(super) fn noted(run: &Run, wanted: impl Fn(Fact) -> bool) -> bool {
    let mut facts = run.trace.records.iter().filter_map(|record| match record.what() {
        What::Noted(_, family::Fact::MultiLeader(_, fact)) => Some(fact),
        _ => None,
    });
    facts.any(wanted)
}

/// What each replica shows of the first key in the end, each value as a person reads it.
pub(super) fn shown(run: &Run) -> Vec<Vec<String>> {
    let key = replicated_telemetry_store::log::KeyId(0);
    let of = |replica: &replicated_telemetry_store::family::multi_leader::Replica| {
        let versions = replica.store.shown(key, replica.policy(key)).into_iter();
        let mut values: Vec<String> =
            versions.filter(|v| v.value != Value::Nothing).map(|version| run.plan.show(version.value)).collect();
        values.sort();
        values
    };
    run.end.multi_leader_replicas().map(|(_, replica)| of(replica)).collect()
}

const SLOW: &str = r#", "links": [{ "from": "a", "to": "b", "latency": { "constant": "2s" } }]"#;

/// Figures 6-7 and 6-8: an update overtakes the insertion that it changes. A leader to which it comes first does not find the row; with
/// version vectors it waits.
#[test]
fn an_update_that_overtakes_its_insertion_finds_no_row_unless_it_waits() {
    let insert = write("100ms", "ann", "row", "1");
    let update = r#"{ "at": "500ms", "do": { "write": { "client": "cas", "key": "row", "value": 2, "if": "present" } } }"#;
    let at_once = scenario(r#", "delivery": "as-it-comes""#, SLOW, &[&insert, update]);
    assert!(noted(&at_once, |fact| matches!(fact, Fact::RowMissing(_))));
    assert_eq!(shown(&at_once), [["2"], ["1"], ["2"]], "b holds what was inserted, and nobody will tell it more");
    let waiting = scenario(r#", "delivery": "causal""#, SLOW, &[&insert, update]);
    assert!(noted(&waiting, |fact| matches!(fact, Fact::Buffered(_))));
    assert_eq!((shown(&waiting), waiting.findings.len()), (vec![vec!["2".to_owned()]; 3], 0));
}

/// Figure 6-9: a conflict is found out after both clients have been told "done".
#[test]
fn a_conflict_is_found_after_both_were_acknowledged() {
    let far = |from: &str, to: &str| format!(r#"{{ "from": "{from}", "to": "{to}", "latency": {{ "constant": "50ms" }} }}"#);
    let slow = format!(r#", "links": [{}, {}, {}, {}]"#, far("a", "b"), far("b", "a"), far("a", "c"), far("b", "c"));
    let run = scenario("", &slow, &[&write("100ms", "ann", "title", "\"B\""), &write("110ms", "ben", "title", "\"C\"")]);
    let finding = run.findings.iter().find(|f| f.anomaly() == Anomaly::ConcurrentWriteConflict).expect("a conflict");
    let ends = run.trace.ops.iter().filter_map(|op| op.acknowledged().map(|(_, at)| at).or(op.end.map(|end| end.at)));
    assert!(ends.max().is_some_and(|told| told < finding.at), "{finding:?}");
}

/// Figure 6-10: ann takes the book out of a cart and ben the DVD. United, both come back; a rule that knows additions from removals leaves the soap.
#[test]
fn a_united_cart_brings_back_what_was_taken_out() {
    let script = [
        write("100ms", "ann", "cart", r#"["book", "dvd", "soap"]"#),
        read("1s", "ann", "cart"),
        read("1s", "ben", "cart"),
        write("2s", "ann", "cart", r#"["dvd", "soap"]"#),
        write("2s", "ben", "cart", r#"["book", "soap"]"#),
    ];
    let of = |rule: &str| scenario(&format!(r#", "conflicts": [{{ "rule": "{rule}" }}]"#), "", &owned(&script));
    let (union, cart) = (of("union"), of("cart"));
    let values = |run: &Run| shown(run).concat();
    assert!(values(&union).iter().all(|value| value == "{book, dvd, soap}"), "{:?}", values(&union));
    assert!(values(&cart).iter().all(|value| value == "{soap}"), "{:?}", values(&cart));
    assert!(count(&union, Anomaly::ResurrectedDelete) > 0 && count(&cart, Anomaly::ResurrectedDelete) == 0);
}

/// Figure 6-15: two clients fill a cart at one server, which answers a write as it answers a read, and forgets what its writer had seen.
#[test]
fn a_server_keeps_what_a_writer_had_not_seen() {
    let puts = [
        ("ann", r#"["milk"]"#, vec!["{milk}"]),
        ("ben", r#"["eggs"]"#, vec!["{eggs}", "{milk}"]),
        ("ann", r#"["milk", "flour"]"#, vec!["{eggs}", "{milk, flour}"]),
        ("ben", r#"["eggs", "milk", "ham"]"#, vec!["{milk, eggs, ham}", "{milk, flour}"]),
        ("ann", r#"["milk", "flour", "eggs", "bacon"]"#, vec!["{milk, eggs, flour, bacon}", "{milk, eggs, ham}"]),
    ];
    for (place, (.., expected)) in puts.iter().enumerate() {
        let of = |(i, (client, value, _)): (usize, &(&str, &str, Vec<&str>))| {
            let written = write(&format!("{}s", i + 1), client, "cart", value);
            written.replace("\"value\"", "\"at\": \"a\", \"value\"")
        };
        let script: Vec<String> = puts.iter().enumerate().take(place + 1).map(of).collect();
        // A list of texts has a meaning where sets are united, and the versions stand beside each other there, too.
        let run = scenario(r#", "conflicts": [{ "rule": "union" }]"#, "", &owned(&script));
        let (_, replica) = run.end.multi_leader_replicas().next().expect("a leader");
        let versions = replica.store.versions(replicated_telemetry_store::log::KeyId(0));
        let mut held: Vec<Vec<String>> = versions.iter().map(|version| parts(&run.plan.show(version.value))).collect();
        let mut expected: Vec<Vec<String>> = expected.iter().map(|set| parts(set)).collect();
        held.sort();
        expected.sort();
        assert_eq!(held, expected, "after request {}", place + 1);
    }
}

/// The elements of a set, in order.
fn parts(set: &str) -> Vec<String> {
    let mut parts: Vec<String> = set.trim_matches(['{', '}']).split(", ").map(str::to_owned).collect();
    parts.sort();
    parts
}

/// Semantics C-4, and "Last write wins": a clock that is 5 s behind makes a later write lose against what its writer has read, without a word. Logical
/// and hybrid clocks keep the order. What is written later does not bring the lost update back, and does not hide it.
#[test]
fn a_clock_that_is_behind_loses_a_write_that_came_later() {
    let late = r#", "clocks": [{ "node": "b", "ms_per_second": 1000, "offset": "-5s" }]"#;
    let mut script = vec![write("6s", "ann", "x", "1"), read("7s", "ben", "x"), write("8s", "ben", "x", "2")];
    let of = |clock: &str, script: &[String]| {
        scenario(&format!(r#", "conflicts": [{{ "rule": {{ "last-write-wins": "{clock}" }} }}]"#), late, &owned(script))
    };
    let physical = of("physical", &script);
    assert_eq!((shown(&physical), count(&physical, Anomaly::LostUpdate)), (vec![vec!["1".to_owned()]; 3], 1));
    for clock in ["lamport", "hybrid"] {
        let run = of(clock, &script);
        assert_eq!((shown(&run), run.findings.len()), (vec![vec!["2".to_owned()]; 3], 0), "{clock}");
    }
    script.extend([write("14s", "ben", "x", "3"), write("15s", "ben", "x", "4")]);
    let later = of("physical", &script);
    assert_eq!((shown(&later), count(&later, Anomaly::LostUpdate)), (vec![vec!["4".to_owned()]; 3], 1), "{:?}", later.findings);
}

/// Semantics C-13: who asks for an order of writes is somebody else. The writer's own reads, where it wrote, show nothing.
#[test]
fn an_effect_before_its_cause_is_seen_by_others_only() {
    let late = r#", "links": [{ "from": "a", "to": "c", "latency": { "constant": "3s" } }]"#;
    let script = |reader: &str| {
        vec![
            write("100ms", "ann", "question", "\"how far?\""),
            read("500ms", "ben", "question"),
            write("600ms", "ben", "answer", "\"10 km\""),
            read("1s", reader, "answer"),
            read("1100ms", reader, "question"),
        ]
    };
    let of = |delivery: &str, reader: &str| {
        count(&scenario(&format!(r#", "delivery": "{delivery}""#), late, &owned(&script(reader))), Anomaly::Causal)
    };
    assert_eq!([of("as-it-comes", "ann"), of("as-it-comes", "ben"), of("as-it-comes", "cas")], [0, 0, 1]);
    assert_eq!(of("causal", "cas"), 0);
}

/// Semantics C-16 (Preguiça et al. 2010): two clients write through one server without having seen each other. A vector with a counter for each server
/// says that the second replaced the first; a dot keeps both.
#[test]
fn two_clients_of_one_server_are_told_apart() {
    let blind =
        |at: &str, client: &str, value: &str| write(at, client, "x", value).replace("\"value\"", "\"at\": \"a\", \"value\"");
    let script = [blind("1s", "ann", "1"), blind("2s", "ben", "2"), blind("3s", "cas", "3")];
    let siblings = r#", "conflicts": [{ "rule": "siblings" }]"#;
    let run = scenario(siblings, "", &owned(&script));
    assert_eq!(shown(&run), vec![vec!["1".to_owned(), "2".to_owned(), "3".to_owned()]; 3]);
    let (_, replica) = run.end.multi_leader_replicas().next().expect("a leader");
    let versions = replica.store.versions(replicated_telemetry_store::log::KeyId(0));
    let vectors: Vec<_> = versions.iter().map(|version| version.stamp.seen()).collect();
    assert!(vectors.windows(2).all(|pair| pair[0].compare(&pair[1]).is_some_and(std::cmp::Ordering::is_lt)), "{vectors:?}");
}

/// Semantics C-21: where one node of a ring fails, updates get no further, until somebody connects the others.
#[test]
fn a_ring_is_cut_by_one_failure_and_mended_by_another_link() {
    let crash = r#"{ "at": "1s", "do": { "crash": { "node": "b" } } }"#.to_owned();
    let connect = r#"{ "at": "9s", "do": { "connect": { "from": "a", "to": "c" } } }"#.to_owned();
    let ring = r#", "topology": "ring""#;
    let values = |script: &[String]| shown(&scenario(ring, "", &owned(script)));
    let script = vec![crash, write("2s", "ann", "x", "1")];
    assert_eq!(values(&script)[2], Vec::<String>::new(), "a tells b, and b is down");
    assert_eq!(values(&[script, vec![connect]].concat())[2], ["1"]);
}

/// The same where every leader tells all others itself: one that cannot reach another is helped by whoever begins to pass on what it is told, also what
/// it had been told before.
#[test]
fn who_is_connected_later_is_told_what_came_before() {
    let cut = r#"{ "at": "100ms", "do": { "cut": { "from": "c", "to": "b" } } }"#.to_owned();
    let connect = r#"{ "at": "5s", "do": { "connect": { "from": "a", "to": "b" } } }"#.to_owned();
    let script = vec![cut, write("1s", "cas", "x", "1"), write("2s", "ann", "y", "2")];
    assert_eq!(shown(&scenario("", "", &owned(&script)))[1], Vec::<String>::new());
    assert_eq!(shown(&scenario("", "", &owned(&[script, vec![connect]].concat())))[1], ["1"]);
}

/// Semantics C-21: what each leader checks by itself holds at each, and not of both: one room is booked twice, numbers are given twice, and a stock falls
/// below zero.
#[test]
fn constraints_do_not_hold_across_leaders() {
    let book = |client: &str| {
        format!(
            r#"{{ "at": "1s", "do": {{ "write": {{ "client": "{client}", "key": "room", "value": "{client}", "if": "absent" }} }} }}"#
        )
    };
    let booked = scenario(r#", "conflicts": [{ "rule": "siblings" }]"#, "", &[&book("ann"), &book("ben")]);
    assert_eq!(count(&booked, Anomaly::ConstraintBroken), 1);
    let insert =
        |client: &str| format!(r#"{{ "at": "1s", "do": {{ "insert": {{ "client": "{client}", "table": "t", "value": 1 }} }} }}"#);
    let numbered = |numbers: &str| scenario(&format!(r#", "numbers": "{numbers}""#), "", &[&insert("ann"), &insert("ben")]);
    assert_eq!(count(&numbered("next"), Anomaly::DuplicateId), 1);
    assert_eq!(numbered("interleaved").findings, []);
    let add = |at: &str, client: &str, amount: i64| {
        format!(
            r#"{{ "at": "{at}", "do": {{ "add": {{ "client": "{client}", "key": "stock", "amount": {amount}, "floor": 0 }} }} }}"#
        )
    };
    let sold = scenario(
        r#", "conflicts": [{ "rule": "sum" }]"#,
        "",
        &[&add("1s", "ann", 5), &add("3s", "ann", -4), &add("3s", "ben", -4)],
    );
    assert_eq!((shown(&sold)[0].last().map(String::as_str), count(&sold, Anomaly::ConstraintBroken)), (Some("-3"), 1));
}

/// Semantics C-21: without the tags of nodes passed an update goes round a ring for ever.
#[test]
fn without_tags_an_update_goes_round() {
    let of = |sabotage: &str| scenario(r#", "topology": "ring""#, sabotage, &[&write("1s", "ann", "x", "1")]);
    let (tagged, untagged) = (of(""), of(r#", "sabotage": ["ignore-tags"]"#));
    assert_eq!(tagged.findings, []);
    assert!(count(&untagged, Anomaly::ReplicationLoop) == 1 && untagged.end.events() > 20 * tagged.end.events());
}

/// Semantics C-22: who resolves B and C as "B/C" here and as "C/B" there makes a new conflict, and so on; sets that are united do not.
#[test]
fn a_merge_that_depends_on_the_place_breeds_conflicts() {
    let script = [write("1s", "ann", "x", "\"B\""), write("1s", "ben", "x", "\"C\"")];
    let run = scenario(r#", "conflicts": [{ "rule": "concatenate" }]"#, "", &owned(&script));
    let longest = shown(&run).concat().into_iter().max_by_key(String::len).expect("a value");
    assert!(longest.starts_with("B/C/C/B") || longest.starts_with("C/B/B/C"), "{longest}");
    let sets = [write("1s", "ann", "x", r#"["B"]"#), write("1s", "ben", "x", r#"["C"]"#)];
    let united = scenario(r#", "conflicts": [{ "rule": "union" }]"#, "", &owned(&sets));
    assert!(shown(&united).concat().iter().all(|value| value == "{B, C}"));
}

/// A request that the network brings twice is carried out once, and an addition counts once.
#[test]
fn a_request_that_comes_twice_is_carried_out_once() {
    let twice = r#", "links": [{ "from": "ann", "to": "*", "duplication": "100%" }]"#;
    let add = r#"{ "at": "1s", "do": { "add": { "client": "ann", "key": "x", "amount": 5 } } }"#;
    let run = scenario(r#", "conflicts": [{ "rule": "sum" }]"#, twice, &[add]);
    assert_eq!(shown(&run), [["5"], ["5"], ["5"]]);
    assert!(run.until() > SimTime::ZERO && run.trace.ops.len() == 1);
}
