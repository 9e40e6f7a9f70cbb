//! Random scenarios in which sessions choose their guarantees, reads have bounds, and users have several devices: what is promised
//! holds, and each defect that breaks a promise is found.

use replicated_telemetry_store::check::check_one;
use replicated_telemetry_store::router::{Bound, Guarantee, Guarantees, ReadMode, TokenHome};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Anomaly, Scenario};
use replicated_telemetry_store::time::SimDuration;

use crate::properties::generate::{self, Profile};
use crate::properties::harness::{Failure, for_all, found_within, judged};

/// What is found where a guarantee is broken.
pub(crate) fn anomaly(guarantee: Guarantee) -> Anomaly {
    match guarantee {
        Guarantee::ReadYourWrites => Anomaly::ReadYourWrites,
        Guarantee::MonotonicReads => Anomaly::MonotonicReads,
        Guarantee::MonotonicWrites => Anomaly::MonotonicWrites,
        Guarantee::WritesFollowReads => Anomaly::WritesFollowReads,
        Guarantee::Causal => Anomaly::Causal,
    }
}

/// No finding of these kinds, whatever narrower ones there are.
fn clean(scenario: Scenario, kinds: &[Anomaly]) -> Result<(), Failure> {
    let run = Run::of(&scenario).expect("generated scenarios can be run");
    let (history, survival) = (run.history(), run.survival());
    let found = kinds.iter().flat_map(|kind| check_one(&history, &survival, *kind)).next();
    judged(scenario, found.map_or(Ok(()), |finding| Err(format!("{finding:?}"))))
}

/// Sessions ask for some of the guarantees, and get these.
fn keeps_chosen(seed: u64, chosen: Guarantees, sabotage: &[Sabotage]) -> Result<(), Failure> {
    let profile = Profile { mode: Some(ReadMode::Guarantees), ..Profile::default() };
    let mut scenario = generate::scenario(seed, profile);
    scenario.sabotage = sabotage.to_vec();
    scenario.read.guarantees = chosen;
    if seed.is_multiple_of(2) {
        // All clients are devices of one user, whose token is kept for all of them.
        scenario.clients.iter_mut().for_each(|client| client.user = Some("ann".to_owned()));
        scenario.read.tokens = TokenHome::User;
    }
    let kinds: Vec<Anomaly> = Vec::from(chosen).into_iter().map(anomaly).collect();
    clean(scenario, &kinds)
}

/// The set of this number: one bit for each guarantee.
fn set(number: u64) -> Guarantees {
    let bits = Guarantee::ALL.into_iter().enumerate().filter(|(bit, _)| number >> bit & 1 == 1);
    bits.map(|(_, guarantee)| guarantee).collect::<Vec<_>>().into()
}

#[test]
fn a_session_gets_the_guarantees_that_it_chose() {
    for_all("a_session_gets_the_guarantees_that_it_chose", 200, |seed| keeps_chosen(seed, set(seed / 2), &[]));
}

fn keeps_bound(seed: u64, sabotage: &[Sabotage]) -> Result<(), Failure> {
    let profile = Profile { mode: Some(ReadMode::BoundedStaleness), stable: true, ..Profile::default() };
    let mut scenario = generate::scenario(seed, profile);
    scenario.sabotage = sabotage.to_vec();
    scenario.read.bound = Bound::Time(SimDuration::millis(20 + seed * 37 % 400));
    clean(scenario, &[Anomaly::BoundedStaleness])
}

/// In time, and while the leader stays and clocks are right.
#[test]
fn a_read_with_a_bound_is_not_older_than_that() {
    for_all("a_read_with_a_bound_is_not_older_than_that", 100, |seed| keeps_bound(seed, &[]));
}

fn keeps_values(seed: u64, sabotage: &[Sabotage]) -> Result<(), Failure> {
    let mut scenario = generate::scenario(seed, Profile::default());
    scenario.sabotage = sabotage.to_vec();
    clean(scenario, &[Anomaly::AbortedRead, Anomaly::ThinAirRead, Anomaly::NonConvergence])
}

#[test]
fn what_is_read_was_written_and_in_the_end_all_are_alike() {
    for_all("what_is_read_was_written_and_in_the_end_all_are_alike", 100, |seed| keeps_values(seed, &[]));
}

#[test]
fn a_broken_guarantee_of_a_session_is_found() {
    for (name, guarantee, sabotage) in [
        ("read-your-writes", Guarantee::ReadYourWrites, Sabotage::TokenIgnoresWrites),
        ("monotonic-reads", Guarantee::MonotonicReads, Sabotage::TokenIgnoresReads),
        ("monotonic-writes by order", Guarantee::MonotonicWrites, Sabotage::WriteIgnoresToken),
        ("monotonic-writes by propagation", Guarantee::MonotonicWrites, Sabotage::ApplyOutOfOrder),
        ("writes-follow-reads by order", Guarantee::WritesFollowReads, Sabotage::WriteIgnoresToken),
        ("writes-follow-reads by propagation", Guarantee::WritesFollowReads, Sabotage::ApplyOutOfOrder),
        ("causal", Guarantee::Causal, Sabotage::TokenIgnoresDependencies),
    ] {
        let only = Guarantees::NONE.with(guarantee, true);
        // Where the token is shared, two devices may know of two leaders.
        let seed = |s| if sabotage == Sabotage::WriteIgnoresToken { 2 * s } else { s };
        let broken = |s| keeps_chosen(seed(s), only, &[sabotage]);
        found_within(name, 10_000, broken, |s| keeps_chosen(seed(s), only, &[]));
    }
}

#[test]
fn a_bound_that_nobody_looks_at_is_found() {
    found_within("ignore-bound", 200, |s| keeps_bound(s, &[Sabotage::IgnoreBound]), |s| keeps_bound(s, &[]));
}

#[test]
fn values_that_should_not_be_there_are_found() {
    for (name, sabotage) in [
        ("silence-is-refusal", Sabotage::SilenceIsRefusal),
        ("flip-numbers", Sabotage::FlipNumbers),
        ("keep-tail", Sabotage::KeepTail),
    ] {
        found_within(name, 500, |s| keeps_values(s, &[sabotage]), |s| keeps_values(s, &[]));
    }
}
