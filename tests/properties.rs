//! What must hold in every run, checked over thousands of random scenarios: topologies, delays, loss, duplication, reordering,
//! crashes, pauses, partitions and promotions are drawn from a seed.
//!
//! `PROPERTY_CASES` sets the number of scenarios of all properties together (10,000 if it is not set); a failure says how to
//! repeat the one seed that failed, and leaves its scenario in a file. Each deliberate defect of the crate has to be found
//! here as well: a property that never fails proves nothing.

mod causes;
mod generate;
pub(crate) mod guarantees;
mod harness;
mod operator;
mod watch;

use generate::{Profile, UNTIL};
use harness::{Failure, for_all, found_within, judged};
use replicated_telemetry_store::check::check_one;
use replicated_telemetry_store::family;
use replicated_telemetry_store::family::single_leader::{Fact, Label};
use replicated_telemetry_store::log::OpId;
use replicated_telemetry_store::operation::Kind;
use replicated_telemetry_store::router::ReadMode;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Anomaly, Plan, Scenario};
use replicated_telemetry_store::simulation::Simulation;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::{Sent, Trace, What};
use watch::Watch;

fn scenario(seed: u64, profile: Profile, sabotage: &[Sabotage]) -> Scenario {
    let mut scenario = generate::scenario(seed, profile);
    scenario.sabotage = sabotage.to_vec();
    scenario
}

/// Every event keeps logs, positions, state and acknowledgements in order; in the end all is over and all replicas agree.
fn keeps_order(seed: u64, sabotage: &[Sabotage]) -> Result<(), Failure> {
    let scenario = scenario(seed, Profile::default(), sabotage);
    let plan = Plan::new(&scenario).expect("generated scenarios can be run");
    let mut watch = Watch::new(&plan);
    let result = watch.run(SimTime(UNTIL)).and_then(|()| watch.at_rest(&plan));
    judged(scenario, result)
}

fn keeps_sessions(seed: u64, sabotage: &[Sabotage], anomalies: &[Anomaly]) -> Result<(), Failure> {
    let profile = Profile { mode: Some(ReadMode::SessionConsistent), ..Profile::default() };
    let scenario = scenario(seed, profile, sabotage);
    let run = Run::of(&scenario).expect("generated scenarios can be run");
    let (history, survival) = (run.history(), run.survival());
    let found = anomalies.iter().flat_map(|anomaly| check_one(&history, &survival, *anomaly)).next();
    judged(scenario, found.map_or(Ok(()), |finding| Err(format!("{finding:?}"))))
}

const SESSION: [Anomaly; 3] = [Anomaly::ReadYourWrites, Anomaly::MonotonicReads, Anomaly::ConsistentPrefix];

#[test]
fn logs_positions_and_state_are_in_order_after_every_event() {
    for_all("logs_positions_and_state_are_in_order_after_every_event", 200, |seed| keeps_order(seed, &[]));
}

/// The same on other seeds: two tests keep two cores busy.
#[test]
fn replicas_agree_once_all_is_well_again() {
    for_all("replicas_agree_once_all_is_well_again", 200, |seed| keeps_order(seed + 1_000_000, &[]));
}

#[test]
fn session_consistent_reads_keep_every_session_guarantee() {
    for_all("session_consistent_reads_keep_every_session_guarantee", 250, |seed| keeps_sessions(seed, &[], &SESSION));
}

#[test]
fn a_promotion_by_the_rules_loses_no_acknowledged_write() {
    for_all("a_promotion_by_the_rules_loses_no_acknowledged_write", 150, |seed| operator::loses_nothing(seed, &[]));
}

#[test]
fn leader_reads_see_every_acknowledged_write_while_the_leader_stays() {
    let profile = Profile { mode: Some(ReadMode::Leader), stable: true, ..Profile::default() };
    for_all("leader_reads_see_every_acknowledged_write_while_the_leader_stays", 100, |seed| {
        let scenario = scenario(seed, profile, &[]);
        let run = Run::of(&scenario).expect("generated scenarios can be run");
        judged(scenario, leader_reads_are_fresh(&run))
    });
}

fn leader_reads_are_fresh(run: &Run) -> Result<(), String> {
    let mut newest = vec![None; run.plan.keys.len()];
    let mut floors = vec![None; run.trace.ops.len()];
    for record in &run.trace.records {
        match record.what() {
            What::Started(op) => floors[op.index()] = newest[run.trace.ops[op.index()].key.0 as usize],
            What::Completed(id) => {
                let op = &run.trace.ops[id.index()];
                let newest = &mut newest[op.key.0 as usize];
                *newest = (*newest).max(op.acknowledged().map(|(at, _)| at));
                if let (Some(read), Some(floor)) = (op.version_read(), floors[id.index()])
                    && read < floor
                {
                    return Err(format!("{id:?} read {read}, but {floor} had been acknowledged"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn a_scenario_gives_the_same_run_again_and_every_moment_of_it() {
    for_all("a_scenario_gives_the_same_run_again_and_every_moment_of_it", 60, |seed| {
        let scenario = scenario(seed, Profile::default(), &[]);
        let (first, second) = (Run::of(&scenario).expect("runs"), Run::of(&scenario).expect("runs"));
        judged(scenario, same(seed, &first, &second))
    });
}

fn same(seed: u64, first: &Run, second: &Run) -> Result<(), String> {
    if first.trace.digest != second.trace.digest {
        return Err(format!("digests {} and {}", first.trace.digest, second.trace.digest));
    }
    let mut dice = generate::dice(seed);
    let mut sought = Simulation::new(&first.plan);
    for _ in 0..4 {
        let at = SimTime(dice.between(0, 3_000_000));
        let mut stepped = Simulation::new(&first.plan);
        stepped.run_until(SimTime(at.0 + 1), &mut Trace::default());
        second.seek(&mut sought, at);
        let expected = format!("{stepped:?}");
        if format!("{:?}", first.state_at(at)) != expected || format!("{sought:?}") != expected {
            return Err(format!("the state at {} us is not the one that stepping there gives", at.0));
        }
    }
    Ok(())
}

#[test]
fn the_read_mode_does_not_change_how_writes_travel() {
    for_all("the_read_mode_does_not_change_how_writes_travel", 40, |seed| {
        // Two of the guarantees are looked at on writes: a session that asks for them may have a write refused.
        let modes = ReadMode::ALL.into_iter().filter(|mode| *mode != ReadMode::Guarantees);
        let of_modes = modes.map(|mode| {
            let scenario = scenario(seed, Profile { mode: Some(mode), separate: true, ..Profile::default() }, &[]);
            let travels = travels(&Run::of(&scenario).expect("runs"));
            (scenario, travels)
        });
        let mut of_modes: Vec<(Scenario, Vec<String>)> = of_modes.collect();
        of_modes.sort_by_key(|(_, travels)| travels.len());
        let (scenario, last) = of_modes.pop().expect("there are modes");
        let (_, first) = of_modes.swap_remove(0);
        let differs = first.iter().zip(&last).find(|(a, b)| a != b);
        let result = if first == last { Ok(()) } else { Err(format!("first difference: {differs:?}")) };
        judged(scenario, result)
    });
}

/// Every message by which writes travel, when it is due, and what the replicas make of it.
fn travels(run: &Run) -> Vec<String> {
    let reads = |op: OpId| matches!(run.trace.ops[op.index()].kind, Kind::Read(_));
    let told = run.trace.records.iter().filter(|record| match record.what() {
        What::Sent(Sent { label: family::Label::SingleLeader(label), .. }) => match label {
            Label::Append(..) | Label::Ack(_) | Label::Subscribe(_) | Label::Fenced(_) => true,
            label => label.op().is_some_and(|op| !reads(op)),
        },
        What::Noted(_, family::Fact::SingleLeader(fact)) => {
            !matches!(fact, Fact::Parked(_) | Fact::LeftOut(_) | Fact::TakenBack(_))
        }
        _ => false,
    });
    let line = |what| match what {
        What::Sent(sent) => format!("{:?} to {:?}: {:?}, due {:?}", sent.src, sent.dst, sent.label, sent.due),
        other => format!("{other:?}"),
    };
    told.map(|record| format!("{} {}", record.at.0, line(record.what()))).collect()
}

/// Clients that read and write may begin a write later when a read took longer; until the first time that happens, nothing differs.
#[test]
fn the_read_mode_changes_no_arrival_before_it_changes_a_write() {
    for_all("the_read_mode_changes_no_arrival_before_it_changes_a_write", 20, |seed| {
        let [first, second] = [ReadMode::AnyFollower, ReadMode::SessionConsistent]
            .map(|mode| scenario(seed, Profile { mode: Some(mode), ..Profile::default() }, &[]));
        let arrivals = replicated_telemetry_store::compare::runs(&first, &second).expect("runs").arrivals;
        let early = arrivals.differ_at.is_some_and(|at| arrivals.write_moved_at.is_none_or(|moved| at < moved));
        judged(first, if early { Err(format!("{arrivals:?}")) } else { Ok(()) })
    });
}

/// Of the 4,010 findings of 12,000 such scenarios, 4,009 had a single cause when this was measured (`PROPERTY_CASES=400000`); how many
/// have one is printed, and held to be more than nine in ten.
#[test]
fn without_its_cause_a_finding_is_gone() {
    let tally = std::cell::RefCell::new(causes::Tally::default());
    for_all("without_its_cause_a_finding_is_gone", 30, |seed| {
        let scenario = scenario(seed, Profile::default(), &[]);
        let result = causes::are_proven(&scenario, &mut tally.borrow_mut());
        judged(scenario, result)
    });
    let tally = tally.into_inner();
    eprintln!("{tally:?}");
    assert!(tally.single * 10 > tally.findings * 9 || tally.findings < 20, "{tally:?}");
}

#[test]
fn a_log_with_gaps_is_found() {
    found_within("accept-gaps", 50, |s| keeps_order(s, &[Sabotage::AcceptGaps]), |s| keeps_order(s, &[]));
}

#[test]
fn showing_what_is_not_flushed_is_found() {
    found_within("apply-before-flush", 20, |s| keeps_order(s, &[Sabotage::ApplyBeforeFlush]), |s| keeps_order(s, &[]));
}

#[test]
fn claiming_a_flush_too_early_is_found() {
    let broken = |s| operator::loses_nothing(s, &[Sabotage::AckBeforeFlush]);
    found_within("ack-before-flush", 400, broken, |s| operator::loses_nothing(s, &[]));
}

#[test]
fn acknowledging_too_early_is_found() {
    let broken = |s| operator::loses_nothing(s, &[Sabotage::AckEarly]);
    found_within("ack-early", 100, broken, |s| operator::loses_nothing(s, &[]));
}

#[test]
fn keeping_a_dead_tail_is_found() {
    found_within("keep-tail", 200, |s| keeps_order(s, &[Sabotage::KeepTail]), |s| keeps_order(s, &[]));
}

#[test]
fn never_sending_again_is_found() {
    found_within("never-resend", 50, |s| keeps_order(s, &[Sabotage::NeverResend]), |s| keeps_order(s, &[]));
}

#[test]
fn a_token_that_misses_a_part_of_the_session_is_found() {
    for (name, sabotage, anomaly) in [
        ("token-ignores-writes", Sabotage::TokenIgnoresWrites, Anomaly::ReadYourWrites),
        ("token-ignores-reads", Sabotage::TokenIgnoresReads, Anomaly::MonotonicReads),
        ("token-ignores-dependencies", Sabotage::TokenIgnoresDependencies, Anomaly::ConsistentPrefix),
    ] {
        found_within(name, 1_000, |s| keeps_sessions(s, &[sabotage], &[anomaly]), |s| keeps_sessions(s, &[], &SESSION));
    }
}
