//! Same seed, two modes: where the runs part, what that is worth, and that entries arrive at the same times.

use replicated_telemetry_store::compare::{self, Comparison};
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::router::ReadMode;
use replicated_telemetry_store::scenario::{FamilySpec, LinkSpec, Scenario};
use replicated_telemetry_store::time::{SimDuration, SimTime};

fn in_mode(scenario: &Scenario, mode: ReadMode) -> Scenario {
    let mut other = scenario.clone();
    other.read.mode = mode;
    other
}

fn compared(preset: &str, a: ReadMode, b: ReadMode) -> Comparison {
    let scenario = Preset::named(preset).expect("a preset").scenario();
    compare::runs(&in_mode(&scenario, a), &in_mode(&scenario, b)).expect("presets run")
}

/// As long as the writes reach their leaders at the same times, no entry travels otherwise.
#[test]
fn entries_arrive_at_the_same_times_in_every_preset() {
    // Reads of rings have no mode.
    for preset in PRESETS.iter().filter(|preset| preset.scenario().family != FamilySpec::Leaderless) {
        for (a, b) in [(0, 1), (0, 2), (1, 2)].map(|(a, b)| (ReadMode::ALL[a], ReadMode::ALL[b])) {
            let arrivals = compared(preset.id, a, b).arrivals;
            if arrivals.write_moved_at.is_none() {
                assert_eq!(arrivals.differ_at, None, "{}, {a:?} and {b:?}", preset.id);
            } else {
                assert!(arrivals.differ_at.is_none_or(|at| Some(at) >= arrivals.write_moved_at), "{}: {arrivals:?}", preset.id);
            }
        }
    }
}

/// The comparison can say no: another latency is another arrival.
#[test]
fn another_latency_is_another_arrival() {
    let scenario = Preset::named("read-after-write").expect("a preset").scenario();
    let mut slower = scenario.clone();
    let latency = Some(replicated_telemetry_store::network::Latency::Constant(SimDuration::millis(41)));
    let (from, to) = ("virginia".to_owned(), "singapore".to_owned());
    slower.links.push(LinkSpec { from, to, latency, loss: None, duplication: None, reorder: None });
    let arrivals = compare::runs(&scenario, &slower).expect("they run").arrivals;
    assert_eq!(
        (arrivals.alike, arrivals.write_moved_at),
        (1, None),
        "the first entry to frankfurt still travels alike: {arrivals:?}"
    );
    assert_eq!(arrivals.differ_at, Some(SimTime(90_000)));
}

#[test]
fn the_first_difference_is_the_token_of_the_first_read() {
    let comparison = compared("read-after-write", ReadMode::AnyFollower, ReadMode::SessionConsistent);
    let parting = comparison.parting.expect("the runs differ");
    assert_eq!(parting.at, SimTime(790_000));
    let [Some(any), Some(session)] = parting.steps else { panic!("neither run is over") };
    assert_eq!((any.0, any.1), (session.0, session.1), "the same step at the same time");
    assert!(!any.2.contains("token") && session.2.contains("with the token 2"), "{any:?} {session:?}");
    let [any, session] = comparison.sides;
    assert_eq!((any.stale_reads, session.stale_reads), (1, 0));
    assert_eq!((any.refusals, session.refusals), (0, 1));
    assert!(session.reads.expect("reads").max > any.reads.expect("reads").max, "freshness has its price");
    assert_eq!(any.writes, session.writes);
    assert_eq!(comparison.strip.len(), 1);
    assert!(comparison.strip[0].ends[0].stale && !comparison.strip[0].ends[1].stale);
}

#[test]
fn a_run_does_not_differ_from_itself() {
    for preset in PRESETS {
        let comparison = compare::runs(&preset.scenario(), &preset.scenario()).expect("presets run");
        assert_eq!((comparison.parting, comparison.strip.len()), (None, 0), "{}", preset.id);
        assert_eq!((comparison.arrivals.differ_at, comparison.arrivals.write_moved_at), (None, None), "{}", preset.id);
        assert_eq!(comparison.sides[0], comparison.sides[1], "{}", preset.id);
    }
}
