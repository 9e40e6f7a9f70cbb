//! What sessions are promised across leaders, and what causal delivery promises everybody.
//!
//! A token keeps read-your-writes and monotonic reads wherever a session reads. Causal delivery orders updates as their leaders saw them; an
//! effect is never shown before its cause to anybody if each session's writes come after what it has seen at the leader that takes them: where it
//! stays at one leader, or where its writes carry tokens, too.

use replicated_telemetry_store::check::check_one;
use replicated_telemetry_store::router::{Guarantee, Guarantees, ReadMode};
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Anomaly, DeliverySpec, ReadSpec, Scenario};

use super::generate::{self, Profile};
use super::harness::{Failure, for_all, found_within, judged};
use super::run;
use crate::properties::guarantees::anomaly;

const ALL: [Anomaly; 5] =
    [Anomaly::ReadYourWrites, Anomaly::MonotonicReads, Anomaly::MonotonicWrites, Anomaly::WritesFollowReads, Anomaly::Causal];
const CAUSAL: Option<DeliverySpec> = Some(DeliverySpec::Causal);
const READS: Profile = Profile { mode: Some(ReadMode::SessionConsistent), ..ANY };
const AT_HOME: Profile = Profile { mode: Some(ReadMode::Leader), delivery: CAUSAL, at_home: true, busy: true, ..ANY };
const TOKENS: Profile = Profile { mode: Some(ReadMode::Guarantees), delivery: CAUSAL, ..ANY };
const ANY: Profile = Profile { mode: None, delivery: None, whole: false, at_home: false, busy: false, rows: false };

/// The first finding of one of these kinds, whatever narrower guarantees are broken with it.
fn broken(scenario: &Scenario, anomalies: &[Anomaly]) -> Result<(), String> {
    let run = run(scenario);
    let (history, survival) = (run.history(), run.survival());
    let found = anomalies.iter().flat_map(|anomaly| check_one(&history, &survival, *anomaly)).next();
    found.map_or(Ok(()), |finding| Err(format!("{finding:?}")))
}

fn kept(seed: u64, profile: Profile, anomalies: &[Anomaly]) -> Result<(), Failure> {
    let scenario = generate::scenario(seed, profile);
    let result = broken(&scenario, anomalies);
    judged(scenario, result)
}

#[test]
fn a_token_keeps_what_a_session_has_written_and_read() {
    for_all("a_token_keeps_what_a_session_has_written_and_read", 100, |seed| kept(seed, READS, &ALL[..2]));
}

#[test]
fn causal_delivery_shows_no_effect_first_to_those_who_stay_at_home() {
    for_all("causal_delivery_shows_no_effect_first_to_those_who_stay_at_home", 100, |seed| kept(seed, AT_HOME, &ALL));
}

#[test]
fn tokens_on_writes_and_causal_delivery_keep_every_guarantee() {
    for_all("tokens_on_writes_and_causal_delivery_keep_every_guarantee", 100, |seed| kept(seed, TOKENS, &ALL));
}

/// Each guarantee by itself, at whatever leaders a session reads and writes: no token says more than it has to.
#[test]
fn each_guarantee_is_kept_without_the_others() {
    for_all("each_guarantee_is_kept_without_the_others", 100, |seed| {
        let guarantee = *generate::dice(seed ^ 0x6A).pick(&Guarantee::ALL);
        let scenario = only(generate::scenario(seed, TOKENS), guarantee);
        let result = broken(&scenario, &[anomaly(guarantee)]);
        judged(scenario, result)
    });
}

fn only(scenario: Scenario, guarantee: Guarantee) -> Scenario {
    let guarantees = Guarantees::NONE.with(guarantee, true);
    Scenario { read: ReadSpec { guarantees, ..scenario.read }, ..scenario }
}

#[test]
fn a_leader_that_looks_at_no_token_of_a_write_is_found() {
    for guarantee in [Guarantee::MonotonicWrites, Guarantee::WritesFollowReads] {
        found_within(anomaly(guarantee).name(), 4_000, |seed, sabotaged| {
            let mut scenario = only(generate::scenario(seed, TOKENS), guarantee);
            scenario.sabotage.extend(sabotaged.then_some(Sabotage::WriteIgnoresToken));
            broken(&scenario, &[anomaly(guarantee)]).is_err()
        });
    }
}

#[test]
fn a_token_or_a_delivery_that_forgets_is_found() {
    for (sabotage, profile, anomaly) in [
        (Sabotage::TokenIgnoresWrites, READS, Anomaly::ReadYourWrites),
        (Sabotage::TokenIgnoresReads, READS, Anomaly::MonotonicReads),
        (Sabotage::IgnoreDependencies, AT_HOME, Anomaly::Causal),
    ] {
        found_within(anomaly.name(), 2_000, |seed, sabotaged| {
            let mut scenario = generate::scenario(seed, profile);
            scenario.sabotage.extend(sabotaged.then_some(sabotage));
            broken(&scenario, &[anomaly]).is_err()
        });
    }
}
