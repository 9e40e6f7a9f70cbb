//! The search over seeds and schedules: it finds what one schedule alone does not show, and says exactly what it ran.

use replicated_telemetry_store::presets::Preset;
use replicated_telemetry_store::router::ReadMode;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Anomaly, Scenario, parse};
use replicated_telemetry_store::search::{Bounds, Search, Searched, Standing, scheduled};
use replicated_telemetry_store::shrink::shows;

/// A client reads its write back so late that all is well; 400 ms earlier it would not be.
fn late_read() -> Scenario {
    let text = r#"{ "version": 1, "seed": 5, "until": "3s",
      "shards": [{ "name": "catalog", "leader": "n1", "followers": ["n2"] }], "clients": [{ "name": "ann" }],
      "links": [{ "from": "n1", "to": "n2", "latency": { "constant": "400ms" } }],
      "script": [{ "at": "500ms", "do": { "write": { "client": "ann", "key": "x", "value": 1 } } },
                 { "at": "1s", "do": { "read": { "client": "ann", "key": "x", "at": "n2" } } }] }"#;
    parse(text).expect("a scenario")
}

const BOUNDS: Bounds = Bounds { seeds: 20, schedules: 20 };

#[test]
fn another_schedule_shows_what_this_one_hides() {
    let scenario = late_read();
    assert!(Run::of(&scenario).expect("it runs").findings.is_empty());
    let Standing::Found(searched, found) = Search::new(&scenario, Anomaly::ReadYourWrites, BOUNDS).finish() else {
        panic!("nothing was found")
    };
    assert!(found.schedule > 0 && searched.runs <= 400, "{searched:?}");
    assert_eq!(scheduled(&scenario, found.scenario.seed, found.schedule), found.scenario, "the schedule can be made again");
    assert!(shows(&found.scenario, Anomaly::ReadYourWrites) && shows(&found.smallest, Anomaly::ReadYourWrites));
}

/// Under a configuration that keeps the guarantee nothing is found, and the answer counts every run; with a defect it is found.
#[test]
fn a_configuration_that_holds_is_told_from_one_that_does_not() {
    let mut scenario = late_read();
    scenario.read.mode = ReadMode::SessionConsistent;
    let Standing::NotFound(searched) = Search::new(&scenario, Anomaly::ReadYourWrites, BOUNDS).finish() else {
        panic!("session-consistent reads see their session's writes")
    };
    let counted = Searched { seeds: 20, runs: 400, cut_short: 0, ..searched };
    assert_eq!(searched, counted);
    assert!(searched.events > 400 * 5, "{searched:?}");
    let mut events = 0;
    for seed in 5..25 {
        for schedule in 0..20 {
            events += Run::of(&scheduled(&scenario, seed, schedule)).expect("it runs").end.events();
        }
    }
    assert_eq!(searched.events, events);
    scenario.sabotage = vec![Sabotage::TokenIgnoresWrites];
    assert!(matches!(Search::new(&scenario, Anomaly::ReadYourWrites, BOUNDS).finish(), Standing::Found(..)));
}

#[test]
fn a_search_says_what_it_ran_in_words() {
    let searched = Searched { seeds: 1_000, runs: 20_000, events: 1_234_567, cut_short: 0 };
    assert_eq!(searched.to_string(), "1,000 seeds, 20,000 runs, 1,234,567 events");
    let one = Searched { seeds: 1, runs: 1, events: 999, cut_short: 1 };
    assert_eq!(one.to_string(), "1 seed, 1 run, 999 events; 1 run stopped early because the trace was full");
}

/// Every schedule can be run and keeps the rules; slices of any size give the same answer.
#[test]
fn schedules_move_times_and_not_rules() {
    let scenario = Preset::named("split-brain").expect("a preset").scenario();
    assert_eq!(scheduled(&scenario, scenario.seed, 0).script, scenario.script, "the first is the scenario as it stands");
    let mut others = 0;
    for schedule in 0..50 {
        let moved = scheduled(&scenario, 3, schedule);
        assert!(Run::of(&moved).is_ok(), "schedule {schedule}");
        assert_eq!((&moved.shards, &moved.read, moved.script.len()), (&scenario.shards, &scenario.read, scenario.script.len()));
        others += usize::from(moved.script != scenario.script);
    }
    assert!(others > 40, "only {others} of 50 schedules differ");
    let whole = Search::new(&late_read(), Anomaly::ReadYourWrites, BOUNDS).finish();
    let mut sliced = Search::new(&late_read(), Anomaly::ReadYourWrites, BOUNDS);
    let last = loop {
        match sliced.step(1) {
            Standing::Searching(_) | Standing::Shrinking(..) => {}
            over => break over,
        }
    };
    assert_eq!(last, whole);
}
