//! Replicated data in the laboratory: random scenarios over types, forms, topologies and kinds of delivery converge to what their updates
//! mean, and each defect is caught.
//!
//! `CRDT_CASES` says how many scenarios are run (1,000 unless it is set).

use replicated_telemetry_store::check::Finding;
use replicated_telemetry_store::family::multi_leader::{DataType, Sends};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, parse};

const LEADERS: [&str; 4] = ["ada", "bea", "cid", "dan"];

fn cases() -> u64 {
    std::env::var("CRDT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
}

fn pick<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
    let place = usize::try_from(rng.below(all.len() as u64)).expect("few");
    &all[place]
}

/// A call of a method that the type has, as JSON.
fn method(rng: &mut Rng, data_type: DataType) -> String {
    let (n, up) = (1 + rng.below(4), rng.below(3) > 0);
    let element = *pick(rng, &["x", "y", "z"]);
    let other = *pick(rng, &["x", "y", "z"]);
    match data_type {
        DataType::GCounter => format!(r#"{{ "increment": {n} }}"#),
        DataType::PnCounter | DataType::Number => format!(r#"{{ "{}": {n} }}"#, if up { "increment" } else { "decrement" }),
        DataType::BoundedCounter if rng.below(4) == 0 => {
            format!(r#"{{ "transfer": {{ "to": "{}", "amount": {n} }} }}"#, pick(rng, &LEADERS[..3]))
        }
        DataType::BoundedCounter => format!(r#"{{ "{}": {n} }}"#, if up { "increment" } else { "decrement" }),
        DataType::LwwRegister | DataType::MvRegister => format!(r#"{{ "assign": "{element}" }}"#),
        DataType::GSet => format!(r#"{{ "add": "{element}" }}"#),
        DataType::TwoPhaseSet | DataType::LwwElementSet | DataType::PnSet | DataType::OrSet | DataType::OrSetOptimised => {
            format!(r#"{{ "{}": "{element}" }}"#, if up { "add" } else { "remove" })
        }
        DataType::TwoPhaseGraph => match rng.below(5) {
            0 => format!(r#"{{ "remove-vertex": "{element}" }}"#),
            1 | 2 => format!(r#"{{ "add-edge": ["{element}", "{other}"] }}"#),
            _ => format!(r#"{{ "add-vertex": "{element}" }}"#),
        },
        DataType::Rga | DataType::PlainText if up => {
            format!(r#"{{ "insert": {{ "index": {}, "text": "{element}{other}" }} }}"#, n - 1)
        }
        DataType::Rga | DataType::PlainText => format!(r#"{{ "delete": {{ "index": {} }} }}"#, n - 1),
        DataType::OrMapOfCounters if up => format!(r#"{{ "count": {{ "field": "{element}", "by": {n} }} }}"#),
        DataType::OrMapOfSets if up => format!(r#"{{ "put": {{ "field": "{element}", "element": "{other}" }} }}"#),
        DataType::OrMapOfSets if n > 2 => format!(r#"{{ "take": {{ "field": "{element}", "element": "{other}" }} }}"#),
        DataType::OrMapOfCounters | DataType::OrMapOfSets => format!(r#"{{ "drop": "{element}" }}"#),
    }
}

/// What of a random scenario matters.
struct Drawn {
    text: String,
    data_type: DataType,
    sends: Sends,
    causal: bool,
}

/// A scenario with cuts, loss, duplication and overtaking, in which everything comes to rest before the end.
fn drawn(seed: u64, types: &[DataType], sabotage: &str) -> Drawn {
    let mut rng = Rng::keyed(seed, &[0xC2D7]);
    let data_type = *pick(&mut rng, types);
    let forms: Vec<Sends> = Sends::ALL.into_iter().filter(|sends| data_type.has(*sends)).collect();
    let (sends, causal) = (*pick(&mut rng, &forms), rng.below(2) == 0);
    let leaders = &LEADERS[..3 + usize::from(rng.below(2) == 0)];
    let topology = *pick(&mut rng, &["all-to-all", "ring", "star"]);
    let peers: Vec<String> = leaders[1..].iter().map(|leader| format!(r#"{{ "leader": "{leader}" }}"#)).collect();
    let clients: Vec<String> = leaders.iter().map(|home| format!(r#"{{ "name": "of-{home}", "home": "{home}" }}"#)).collect();
    let mut links = Vec::new();
    for from in leaders {
        for to in leaders.iter().filter(|to| *to != from) {
            let (latency, loss, twice) = (1 + rng.below(120), rng.below(20), rng.below(30));
            links.push(format!(
                r#"{{ "from": "{from}", "to": "{to}", "latency": {{ "constant": "{latency}ms" }}, "loss": "{loss}%", "duplication": "{twice}%" }}"#
            ));
        }
    }
    let mut script = Vec::new();
    for _ in 0..4 + rng.below(10) {
        let (at, client) = (rng.below(2_000), *pick(&mut rng, leaders));
        let event = match rng.below(8) {
            0 => {
                format!(r#"{{ "partition": {{ "a": ["{}"], "b": ["{}"] }} }}"#, leaders[0], leaders[1 + usize::from(at % 2 == 0)])
            }
            1 => r#"{ "heal": {} }"#.to_owned(),
            _ => format!(r#"{{ "call": {{ "client": "of-{client}", "key": "k", "do": {} }} }}"#, method(&mut rng, data_type)),
        };
        script.push(format!(r#"{{ "at": "{at}ms", "do": {event} }}"#));
    }
    script.push(r#"{ "at": "2500ms", "do": { "heal": {} } }"#.to_owned());
    script.push(r#"{ "at": "2500ms", "do": { "link": { "from": "*", "to": "*", "loss": "0%" } } }"#.to_owned());
    let text = format!(
        r#"{{ "version": 1, "seed": {seed}, "until": "60s", "family": "multi-leader",
          "shards": [{{ "name": "s", "leader": "{}", "followers": [], "peers": [{}], "topology": "{topology}", "delivery": "{}",
            "conflicts": [{{ "rule": {{ "crdt": {{ "type": "{}", "sends": "{}" }} }} }}] }}],
          "clients": [{}], "links": [{}], "sabotage": [{sabotage}], "read": {{ "mode": "leader" }}, "script": [{}] }}"#,
        leaders[0],
        peers.join(", "),
        if causal { "causal" } else { "as-it-comes" },
        data_type.name(),
        sends.name(),
        clients.join(", "),
        links.join(", "),
        script.join(", "),
    );
    Drawn { text, data_type, sends, causal }
}

fn run(drawn: &Drawn) -> Run {
    let scenario = parse(&drawn.text).unwrap_or_else(|error| panic!("{error}\n{}", drawn.text));
    Run::of(&scenario).unwrap_or_else(|error| panic!("{error}\n{}", drawn.text))
}

fn kinds(run: &Run) -> Vec<Anomaly> {
    run.findings.iter().map(Finding::anomaly).collect()
}

/// The types of the library: not what goes wrong without them.
fn sound() -> Vec<DataType> {
    DataType::ALL.into_iter().filter(|t| !matches!(t, DataType::PlainText | DataType::Number)).collect()
}

#[test]
fn replicas_with_equal_updates_are_equal_and_converge() {
    for seed in 0..cases() {
        let drawn = drawn(seed, &sound(), "");
        // What operations of a type need they have to get.
        let needs = drawn.data_type.delivery() == replicated_telemetry_store::crdt::Delivery::CausalOnce;
        if drawn.sends == Sends::Operations && needs && !drawn.causal {
            continue;
        }
        let run = run(&drawn);
        let found = kinds(&run);
        let differ = [Anomaly::Divergence, Anomaly::NonConvergence, Anomaly::ResurrectedDelete, Anomaly::DuplicateApplied];
        assert!(!found.iter().any(|kind| differ.contains(kind)), "seed {seed}: {found:?}\n{}", drawn.text);
        // These do what their type says, and not what a set or a clock would have them do.
        let own = [DataType::TwoPhaseSet, DataType::PnSet, DataType::TwoPhaseGraph];
        let false_value = found.contains(&Anomaly::FalseValue);
        assert!(own.contains(&drawn.data_type) || !false_value, "seed {seed}: {found:?}\n{}", drawn.text);
        let mut payloads =
            run.end.multi_leader_replicas().filter_map(|(_, r)| r.store.payload(replicated_telemetry_store::log::KeyId(0)));
        if let Some(first) = payloads.next() {
            assert!(payloads.all(|payload| payload == first), "seed {seed}: payloads differ\n{}", drawn.text);
        }
    }
}

#[test]
fn bounded_counters_are_never_below_zero() {
    for seed in 0..cases() / 5 {
        let drawn = drawn(seed, &[DataType::BoundedCounter], "");
        let run = run(&drawn);
        for (id, replica) in run.end.multi_leader_replicas() {
            let payload = replica.store.payload(replicated_telemetry_store::log::KeyId(0));
            let value = payload.map(replicated_telemetry_store::family::multi_leader::Payload::value);
            let below = matches!(value, Some(replicated_telemetry_store::log::Value::Int(n)) if n < 0);
            assert!(!below, "seed {seed}: {value:?} at {id:?}\n{}", drawn.text);
        }
    }
}

/// How many of so many random scenarios show one of these.
fn caught(types: &[DataType], sabotage: &str, anomalies: &[Anomaly], fits: impl Fn(&Drawn) -> bool) -> usize {
    let all = (0..150).map(|seed| drawn(seed, types, sabotage)).filter(|drawn| fits(drawn));
    all.filter(|drawn| kinds(&run(drawn)).iter().any(|kind| anomalies.contains(kind))).count()
}

#[test]
fn defects_are_caught() {
    let counters = [DataType::GCounter, DataType::PnCounter];
    let by_operations = |drawn: &Drawn| drawn.sends == Sends::Operations;
    assert!(caught(&counters, r#""apply-duplicates""#, &[Anomaly::DuplicateApplied], by_operations) > 5);
    assert_eq!(caught(&counters, r#""apply-duplicates""#, &[Anomaly::DuplicateApplied], |drawn| !by_operations(drawn)), 0);
    let early = [Anomaly::ResurrectedDelete, Anomaly::Divergence, Anomaly::NonConvergence];
    assert!(caught(&[DataType::OrSet], r#""collect-tombstones-early""#, &early, |drawn| drawn.sends != Sends::Operations) > 5);
    let differ = [Anomaly::Divergence, Anomaly::NonConvergence, Anomaly::ResurrectedDelete, Anomaly::FalseValue];
    // Operations that overtake each other are rare here: the preset `op-without-causal-delivery` has them.
    assert!(caught(&[DataType::Number], "", &[Anomaly::FalseValue], |_| true) > 50);
    assert!(caught(&[DataType::PlainText], "", &differ, |_| true) > 20);
}

#[test]
fn merges_that_break_a_law_are_tried_both_ways() {
    let laws = [
        ("maximum", None),
        ("overwrite", Some(Anomaly::MergeNotCommutative)),
        ("sum", Some(Anomaly::MergeNotIdempotent)),
        ("mean", Some(Anomaly::MergeNotAssociative)),
    ];
    let all = [Anomaly::MergeNotCommutative, Anomaly::MergeNotIdempotent, Anomaly::MergeNotAssociative];
    for (merge, law) in laws {
        let mut found = Vec::new();
        for seed in 0..60 {
            let mut drawn = drawn(seed, &[DataType::Number], "");
            drawn.text = drawn.text.replace(r#""sends": "states""#, &format!(r#""sends": "states", "merge": "{merge}""#));
            found.extend(kinds(&run(&drawn)).into_iter().filter(|kind| all.contains(kind)));
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, law.into_iter().collect::<Vec<_>>(), "{merge}");
    }
}
