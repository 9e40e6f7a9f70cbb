//! What must hold in every run of a ring, checked over random scenarios: numbers of replicas and answers, rules of versions, delays, loss,
//! duplicates, reordering, crashes, pauses, partitions and clocks that are wrong are drawn from a seed.
//!
//! `RING_CASES` sets the number of scenarios of all properties together (2,000 if it is not set); 10,000 are
//! `RING_CASES=10000 cargo test --test native leaderless::`. A failure says how to repeat the one seed that failed, and leaves its
//! scenario in a file.

mod generate;
mod literature;

use generate::{Profile, scenario};
use replicated_telemetry_store::check::Finding;
use replicated_telemetry_store::log::{KeyId, Value};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, Scenario};
use replicated_telemetry_store::simulation::Simulation;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::Trace;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Checks a property for its share (in thousandths) of `RING_CASES`; with `RING_SEED` for that seed only.
fn for_all(name: &str, share: u64, profile: Profile, property: impl Fn(&Run) -> Result<(), String>) {
    let cases = (number("RING_CASES").unwrap_or(2_000) * share / 1_000).max(1);
    let seeds = number("RING_SEED").map_or(0..cases, |seed| seed..seed + 1);
    for seed in seeds {
        let scenario = scenario(seed, profile);
        let run = Run::of(&scenario).expect("generated scenarios can be run");
        if let Err(why) = property(&run) {
            let file = std::env::temp_dir().join(format!("leaderless-{name}-{seed}.json"));
            let kept = std::fs::write(&file, scenario.to_json()).map(|()| file.display().to_string()).unwrap_or_default();
            panic!("{why}\n\nseed {seed}\nRING_SEED={seed} cargo test --test native {name}\ncargo run -- run {kept} --trace\n");
        }
    }
}

/// No finding of these kinds.
fn none_of(run: &Run, kinds: &[Anomaly]) -> Result<(), String> {
    match run.findings.iter().find(|finding| kinds.contains(&finding.anomaly())) {
        Some(finding) => Err(format!("{finding:?}")),
        None => Ok(()),
    }
}

/// What no setting of a ring excuses.
const NEVER: [Anomaly; 2] = [Anomaly::AbortedRead, Anomaly::ThinAirRead];

/// Where strict quorums overlap a read returns what was acknowledged before it began, or something later, whatever fails: a regular register.
#[test]
fn overlapping_quorums_see_what_was_acknowledged() {
    let profile = Profile { overlap: true, strict: true, ..Profile::default() };
    for_all("overlapping_quorums_see_what_was_acknowledged", 300, profile, |run| {
        none_of(run, &[Anomaly::StaleQuorumRead, Anomaly::ReadYourWrites])?;
        none_of(run, &NEVER)
    });
}

/// With write-back no reader sees less than an earlier one, whatever fails: an atomic register.
#[test]
fn reads_that_write_back_are_linearizable() {
    let profile = Profile { overlap: true, strict: true, write_back: true, ..Profile::default() };
    for_all("reads_that_write_back_are_linearizable", 200, profile, |run| {
        none_of(run, &[Anomaly::Linearizability, Anomaly::StaleQuorumRead, Anomaly::MonotonicReads])
    });
}

/// Without write-back the same scenarios show readers that see less than earlier ones: else the test above says nothing.
#[test]
fn without_it_they_are_not() {
    let found = (0..400).any(|seed| {
        let mut scenario = scenario(seed, Profile { overlap: true, strict: true, write_back: true, ..Profile::default() });
        let ring = scenario.shards[0].ring.as_mut().expect("a ring");
        ring.write_back = false;
        let run = Run::of(&scenario).expect("runs");
        none_of(&run, &[Anomaly::Linearizability, Anomaly::MonotonicReads]).is_err()
    });
    assert!(found, "400 scenarios did not show it");
}

/// With a dot for each write nothing that was acknowledged vanishes, strict quorum or sloppy: somebody holds it, or something that had seen it. And
/// no version is shown beside one that had seen it.
#[test]
fn dots_lose_nothing() {
    for_all("dots_lose_nothing", 300, Profile { dotted: true, ..Profile::default() }, |run| {
        none_of(run, &[Anomaly::LostAcknowledgedWrite, Anomaly::LostUpdate, Anomaly::FalseSiblings, Anomaly::HintLost])?;
        none_of(run, &[Anomaly::ResurrectedDelete])?;
        none_of(run, &NEVER)
    });
}

/// When all nodes are up again, hints have been handed off and trees compared, all replicas of a key hold the same.
#[test]
fn repair_makes_replicas_alike() {
    for_all("repair_makes_replicas_alike", 200, Profile { repaired: true, ..Profile::default() }, |run| {
        for key in (0..u32::try_from(run.plan.keys.len()).expect("few")).map(KeyId) {
            let homes = run.end.leaderless_replica(NodeId(0)).expect("a node").homes(key);
            let held = |node: NodeId| {
                let replica = run.end.leaderless_replica(node).expect("a node");
                let live = replica.store.versions(key).iter().filter(|version| version.value != Value::Nothing);
                live.map(|version| version.op).collect::<Vec<_>>()
            };
            if let Some(other) = homes.iter().find(|other| held(**other) != held(homes[0])) {
                return Err(format!("{key:?}: {:?} at {:?}, {:?} at {other:?}", held(homes[0]), homes[0], held(*other)));
            }
        }
        let hints = run.end.leaderless_replicas().map(|(_, replica)| replica.hints.all().len()).sum::<usize>();
        if hints == 0 { Ok(()) } else { Err(format!("{hints} hints are left")) }
    });
}

#[test]
fn a_scenario_gives_the_same_run_again_and_every_moment_of_it() {
    for_all("a_scenario_gives_the_same_run_again", 50, Profile::default(), |run| {
        let second = Run::of(&run.plan.scenario).expect("runs");
        if run.trace.digest != second.trace.digest {
            return Err(format!("digests {} and {}", run.trace.digest, second.trace.digest));
        }
        for at in [400_000, 1_100_000, 5_000_000].map(SimTime) {
            let mut stepped = Simulation::new(&run.plan);
            stepped.run_until(SimTime(at.0 + 1), &mut Trace::default());
            if format!("{:?}", run.state_at(at)) != format!("{stepped:?}") {
                return Err(format!("the state at {} us is not the one that stepping there gives", at.0));
            }
        }
        Ok(())
    });
}

/// A vector for each server is not enough, and neither is a clock: the scenarios that dots survive show losses.
#[test]
fn other_rules_lose_writes() {
    use replicated_telemetry_store::scenario::VersionsSpec;
    for versions in [VersionsSpec::ServerVectors, VersionsSpec::LastWriteWins, VersionsSpec::None] {
        let lost = |finding: &Finding| matches!(finding.anomaly(), Anomaly::LostAcknowledgedWrite | Anomaly::LostUpdate);
        let shows = |seed: u64| {
            let mut scenario: Scenario = scenario(seed, Profile { dotted: true, ..Profile::default() });
            scenario.shards[0].ring.as_mut().expect("a ring").versions = versions;
            Run::of(&scenario).is_ok_and(|run| run.findings.iter().any(lost))
        };
        assert!((0..200).any(shows), "{versions:?}: 200 scenarios did not show a loss");
    }
}
