//! The smallest example: it has a finding of the same kind, and no part of it can be left out.

use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, Scenario, parse};
use replicated_telemetry_store::shrink::{Shrinker, removals, shows, size};

/// Every single part, left out by itself: either what is left cannot be run, or the finding is gone.
fn is_minimal(scenario: &Scenario, kind: Anomaly, name: &str) {
    for removal in removals(scenario) {
        let less = removal.applied_to(scenario);
        assert!(!shows(&less, kind), "{name}, {}: {removal:?} is not needed in {}", kind.name(), scenario.to_json());
    }
}

#[test]
fn every_finding_of_every_preset_has_a_smallest_example() {
    for preset in PRESETS {
        let scenario = preset.scenario();
        let run = Run::of(&scenario).expect("presets run");
        let kinds = Anomaly::ALL.into_iter().filter(|kind| run.findings.iter().any(|f| f.anomaly() == *kind));
        for kind in kinds {
            let mut shrinker = Shrinker::new(&scenario, kind);
            let progress = shrinker.step(20_000);
            assert!(progress.done, "{}, {}: {progress:?}", preset.id, kind.name());
            let smallest = shrinker.finish().expect("there is such a finding");
            assert!(shows(&smallest, kind), "{}: the kind is kept", preset.id);
            assert!(size(&smallest) <= 24, "{}, {}: {}", preset.id, kind.name(), smallest.to_json());
            assert_eq!(parse(&smallest.to_json()).as_ref(), Ok(&smallest), "it can be run again");
            is_minimal(&smallest, kind, preset.id);
        }
    }
}

#[test]
fn a_stale_read_needs_a_leader_a_follower_a_client_two_operations_and_a_slow_link() {
    let scenario = Preset::named("busy-constellation").expect("a preset").scenario();
    let smallest = Shrinker::new(&scenario, Anomaly::ReadYourWrites).finish().expect("there are such findings");
    let nodes: usize = smallest.shards.iter().map(|shard| 1 + shard.followers.len()).sum();
    assert_eq!(
        (nodes, smallest.clients.len(), smallest.script.len(), smallest.workload.len()),
        (2, 1, 2, 0),
        "{}",
        smallest.to_json()
    );
    assert!(smallest.links.len() <= 2, "{}", smallest.to_json());
}

/// 10,000 operations per second for an hour: what lies after the first finding is cut off first.
#[test]
fn a_fast_stream_is_cut_short_first() {
    let scenario = Preset::named("telemetry-pipeline").expect("a preset").scenario();
    let mut shrinker = Shrinker::new(&scenario, Anomaly::MonotonicReads);
    shrinker.step(3);
    let cut = shrinker.smallest().expect("there are such findings").until;
    assert!(cut.0 * 4 < scenario.until.0, "{cut}");
    let smallest = shrinker.finish().expect("there are such findings");
    assert!(smallest.workload.is_empty() && smallest.script.len() <= 6, "{}", smallest.to_json());
}

#[test]
fn what_is_not_there_cannot_be_made_smaller() {
    let scenario = Preset::named("read-after-write").expect("a preset").scenario();
    let mut shrinker = Shrinker::new(&scenario, Anomaly::SplitBrain);
    let progress = shrinker.step(10);
    assert_eq!((progress.done, progress.tried), (true, 1));
    assert_eq!(shrinker.smallest(), None);
    assert_eq!(shrinker.finish(), None);
}

/// Steps of any size lead to the same scenario, and each is bounded by its number of runs.
#[test]
fn it_can_be_done_in_slices() {
    let scenario = Preset::named("async-leader-crash").expect("a preset").scenario();
    let whole = Shrinker::new(&scenario, Anomaly::LostAcknowledgedWrite).finish();
    let mut sliced = Shrinker::new(&scenario, Anomaly::LostAcknowledgedWrite);
    let mut before = 0;
    while !sliced.progress().done {
        let tried = sliced.step(3).tried;
        assert!(tried <= before + 3, "{tried} after {before}");
        before = tried;
    }
    assert_eq!(sliced.finish(), whole);
}
