//! What a run may hold is bounded, and who reaches a bound is told.

use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Datum, Event, FormatSpec, Scenario, Scheduled, SetSpec, parse};
use replicated_telemetry_store::time::SimDuration;
use replicated_telemetry_store::trace::{ENTRIES_MAX, RECORDS_MAX};

const ROWS: u64 = 1_000;
const FOLLOWERS: usize = 62;

/// A thousand rows in a group of 63 replicas, and a statement over all of them, again and again. Nothing reaches the followers, so that
/// the test itself needs little memory.
fn statements() -> Scenario {
    let followers: Vec<String> = (0..FOLLOWERS).map(|n| format!("f{n}")).collect();
    let text = format!(
        r#"{{ "version": 1, "seed": 1, "until": "20s", "shards": [{{ "name": "s", "leader": "lead", "followers": [{}] }}],
        "clients": [{{ "name": "x", "concurrent": true }}] }}"#,
        followers.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    );
    let mut scenario = parse(&text).expect("a scenario to begin with");
    scenario.shards[0].format = FormatSpec::Logical;
    let mut push = |at: u64, event: Event| scenario.script.push(Scheduled { at: SimDuration::millis(at), event });
    push(0, Event::Partition { a: vec!["lead".into()], b: followers });
    for n in 0..ROWS {
        push(1 + n, Event::Write { client: "x".into(), key: format!("r/{n}"), value: Datum::Int(0), at: None, condition: None });
    }
    for n in 0..100 {
        push(2_000 + 100 * n, Event::Update { client: "x".into(), rows: "r/".into(), set: SetSpec::Add(Datum::Int(1)) });
    }
    scenario
}

#[test]
fn statements_over_many_keys_stop_the_run_before_entries_fill_the_memory() {
    let run = Run::of(&statements()).expect("it can be run");
    let at = run.stopped_early().expect("the run stops before its end");
    let copies = FOLLOWERS as u64 + 1;
    assert!(run.trace.records.len() < RECORDS_MAX, "{} records", run.trace.records.len());
    assert!(run.trace.entries >= ENTRIES_MAX && run.trace.entries < ENTRIES_MAX + copies * ROWS, "{}", run.trace.entries);
    assert_eq!(run.trace.what_is_full(), format!("its logs are full ({} entries)", run.trace.entries));
    // Looking beyond the stop does not go on.
    let held = |run: &Run, at| run.state_at(at).replicas().map(|(_, r)| r.log.last().0).sum::<u64>();
    assert!(at < run.until() && held(&run, run.until()) * copies == run.trace.entries);
    assert_eq!(held(&run, at), held(&run, run.until()));
}
