//! Runs of scenarios and presets, for tests that look at what is found in them.

use replicated_telemetry_store::check::Finding;
use replicated_telemetry_store::presets::Preset;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, Scenario};

/// Carries out a scenario.
///
/// # Panics
/// If it cannot be run: with the scenario.
pub(crate) fn run(scenario: &Scenario) -> Run {
    Run::of(scenario).unwrap_or_else(|error| panic!("the scenario cannot be run: {error}\n{}", scenario.to_json()))
}

/// The scenario of a preset.
///
/// # Panics
/// If there is no such preset.
pub(crate) fn preset(id: &str) -> Scenario {
    Preset::named(id).unwrap_or_else(|| panic!("there is no preset '{id}'")).scenario()
}

/// Whether something of this kind was found in a run.
pub(crate) fn has(run: &Run, anomaly: Anomaly) -> bool {
    run.findings.iter().map(Finding::anomaly).any(|found| found == anomaly)
}
