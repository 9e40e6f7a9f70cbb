//! Random scenarios: whenever there is a finding, a cause is named, and without it the finding is gone.

use replicated_telemetry_store::cause::{Prover, without};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::Scenario;

/// The most findings of one scenario that are looked into; many have the same cause.
const FINDINGS: usize = 6;

/// How many findings there were, and how many causes each took.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) findings: usize,
    pub(crate) single: usize,
    pub(crate) of_settings: usize,
    pub(crate) largest: usize,
}

/// Proves the causes of the findings of a scenario, and checks each proof with a run of its own.
pub(crate) fn are_proven(scenario: &Scenario, tally: &mut Tally) -> Result<(), String> {
    let run = Run::of(scenario).expect("generated scenarios can be run");
    let mut prover = Prover::new(&run);
    for finding in run.findings.iter().take(FINDINGS) {
        let proof = prover.prove(finding).ok_or_else(|| format!("no cause of {finding:?}"))?;
        let clean = Run::of(&without(scenario, &proof.causes)).map_err(|error| format!("{:?}: {error}", proof.causes))?;
        if clean.findings.iter().any(|other| (other.op(), other.anomaly()) == (finding.op(), finding.anomaly())) {
            return Err(format!("{finding:?} is there without {:?}", proof.causes));
        }
        for left in 0..proof.causes.len() {
            let mut fewer = proof.causes.clone();
            fewer.remove(left);
            if prover.gone(finding, &fewer) {
                return Err(format!("{finding:?} is gone without {fewer:?} alone, of {:?}", proof.causes));
            }
        }
        tally.findings += 1;
        tally.single += usize::from(proof.causes.len() == 1);
        tally.of_settings += usize::from(proof.causes.iter().any(|cause| cause.is_setting()));
        tally.largest = tally.largest.max(proof.causes.len());
    }
    Ok(())
}
