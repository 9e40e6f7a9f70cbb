//! What must hold in every run with several leaders, checked over random scenarios: topologies, policies, delays, loss, duplicates,
//! reordering, crashes, pauses, partitions, clocks that are wrong, and operators who connect leaders and move homes are drawn from a seed.
//!
//! `LEADERS_CASES` sets the number of scenarios of all properties together (2,000 if it is not set); 10,000 are
//! `LEADERS_CASES=10000 cargo test --test native multi_leader::`. A failure says how to repeat the one seed that failed, and leaves its
//! scenario in a file. Each rule of the family has a deliberate defect, which has to be found here as well.

mod converge;
pub(crate) mod generate;
mod harness;
mod literature;
mod loops;
mod model;
mod oracle;
mod sessions;
mod stories;

use generate::{Profile, Rule, rule_of};
use harness::{for_all, found_within, judged};
use model::Model;
use replicated_telemetry_store::check::{Evidence, Finding};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Anomaly, DeliverySpec, NumbersSpec, Scenario};
use replicated_telemetry_store::simulation::Simulation;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::Trace;

fn run(scenario: &Scenario) -> Run {
    Run::of(scenario).expect("generated scenarios can be run")
}

/// Convergence, the survivor of each conflict, and that nothing vanishes which a rule keeps: for every policy and topology.
fn agrees(run: &Run) -> Result<(), String> {
    converge::at_rest(run)?;
    converge::the_largest_clock_wins(run)?;
    converge::the_server_decides(run)?;
    let model = Model::of(run);
    model.answers_are_true()?;
    run.end.multi_leader_replicas().try_for_each(|(_, replica)| model.agrees_with(replica))?;
    let wrong = [
        Anomaly::NonConvergence,
        Anomaly::Divergence,
        Anomaly::ReplicationLoop,
        Anomaly::ThinAirRead,
        Anomaly::AbortedRead,
        Anomaly::ResurrectedDelete,
    ];
    let wrong = |finding: &&Finding| wrong.contains(&finding.anomaly()) && !comes_back_by_rule(run, finding);
    match run.findings.iter().find(wrong) {
        Some(finding) => Err(format!("{finding:?}")),
        None => Ok(()),
    }
}

/// Whether something was taken out of a set, and the rule that unites sets has brought it back: figure 6-10.
fn comes_back_by_rule(run: &Run, finding: &Finding) -> bool {
    let Evidence::ResurrectedDelete { delete, .. } = finding.evidence else { return false };
    rule_of(run.plan.key_name(run.trace.ops[delete.index()].key)) == Some(Rule::Union)
}

#[test]
fn replicas_agree_and_nothing_vanishes_that_a_rule_keeps() {
    for_all("replicas_agree_and_nothing_vanishes_that_a_rule_keeps", 600, |seed| {
        let scenario = generate::scenario(seed, Profile::default());
        let result = agrees(&run(&scenario));
        judged(scenario, result)
    });
}

/// The number of the first row that two inserts were given, if rows got numbers of which leaders have every so many each.
fn given_twice(run: &Run) -> Result<(), String> {
    let twice = run.findings.iter().find(|finding| finding.anomaly() == Anomaly::DuplicateId);
    match twice.filter(|_| run.plan.scenario.shards[0].numbers == NumbersSpec::Interleaved) {
        Some(finding) => Err(format!("{finding:?}")),
        None => Ok(()),
    }
}

/// Updates that change rows come after the rows where delivery is causal, and numbers are given once where leaders share them out.
#[test]
fn rows_are_there_when_they_are_changed_and_have_numbers_of_their_own() {
    let profile = Profile { delivery: Some(DeliverySpec::Causal), rows: true, ..Profile::default() };
    for_all("rows_are_there_when_they_are_changed_and_have_numbers_of_their_own", 50, |seed| {
        let scenario = generate::scenario(seed, profile);
        let run = run(&scenario);
        judged(scenario, agrees(&run).and_then(|()| given_twice(&run)))
    });
}

#[test]
fn a_row_that_is_overtaken_or_numbered_twice_is_found() {
    let profile = |delivery| Profile { delivery: Some(delivery), rows: true, ..Profile::default() };
    let differ = [Anomaly::NonConvergence, Anomaly::Divergence];
    found_within("overtaken", 2_000, |seed, at_once| {
        let delivery = if at_once { DeliverySpec::AsItComes } else { DeliverySpec::Causal };
        run(&generate::scenario(seed, profile(delivery))).findings.iter().any(|finding| differ.contains(&finding.anomaly()))
    });
    found_within("numbered twice", 2_000, |seed, next| {
        let mut scenario = generate::scenario(seed, profile(DeliverySpec::Causal));
        scenario.shards[0].numbers = if next { NumbersSpec::Next } else { NumbersSpec::Interleaved };
        run(&scenario).findings.iter().any(|finding| finding.anomaly() == Anomaly::DuplicateId)
    });
}

#[test]
fn a_scenario_gives_the_same_run_again_and_every_moment_of_it() {
    for_all("a_scenario_gives_the_same_run_again_and_every_moment_of_it", 50, |seed| {
        let scenario = generate::scenario(seed, Profile::default());
        let (first, second) = (run(&scenario), run(&scenario));
        let at = SimTime(generate::dice(seed).between(0, 3_000_000));
        let mut stepped = Simulation::new(&first.plan);
        stepped.run_until(SimTime(at.0 + 1), &mut Trace::default());
        let same = first.trace.digest == second.trace.digest && format!("{:?}", first.state_at(at)) == format!("{stepped:?}");
        judged(scenario, if same { Ok(()) } else { Err(format!("two runs differ, or two ways to {} us", at.0)) })
    });
}

#[test]
fn a_lost_message_or_a_deletion_without_a_trace_is_found() {
    for (sabotage, anomaly) in
        [(Sabotage::NeverResend, Anomaly::NonConvergence), (Sabotage::NoTombstones, Anomaly::ResurrectedDelete)]
    {
        found_within(anomaly.name(), 2_000, |seed, sabotaged| {
            let mut scenario = generate::scenario(seed, Profile::default());
            scenario.sabotage.extend(sabotaged.then_some(sabotage));
            let run = run(&scenario);
            run.findings.iter().any(|finding| finding.anomaly() == anomaly && !comes_back_by_rule(&run, finding))
        });
    }
}
