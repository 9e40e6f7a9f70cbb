//! Runs a property over many seeds, and says how to repeat the one that failed.

use replicated_telemetry_store::scenario::Scenario;

/// Why a property does not hold, and for which scenario.
pub(crate) type Failure = (Box<Scenario>, String);

/// Turns a check of a scenario into the result of a property.
pub(crate) fn judged(scenario: Scenario, result: Result<(), String>) -> Result<(), Failure> {
    result.map_err(|why| (Box::new(scenario), why))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Checks a property for its share (in thousandths) of `LEADERS_CASES`; with `LEADERS_SEED` for that seed only.
///
/// # Panics
/// If it does not hold: with the seed, the way to repeat it, and the scenario in a file.
pub(crate) fn for_all(name: &str, share: u64, property: impl Fn(u64) -> Result<(), Failure>) {
    let cases = (number("LEADERS_CASES").unwrap_or(2_000) * share / 1_000).max(1);
    let seeds = number("LEADERS_SEED").map_or(0..cases, |seed| seed..seed + 1);
    for seed in seeds {
        if let Err(failure) = property(seed) {
            panic!("{}", explain(name, seed, &failure));
        }
    }
}

/// Checks that a defect is found within the first `budget` seeds, and that the seed which finds it is clean without it.
///
/// # Panics
/// If it is not.
pub(crate) fn found_within(name: &str, budget: u64, found: impl Fn(u64, bool) -> bool) {
    let Some(seed) = (0..budget).find(|seed| found(*seed, true)) else {
        panic!("{name}: {budget} scenarios did not show the defect");
    };
    assert!(!found(seed, false), "{name}: seed {seed} shows the same without the defect");
}

fn explain(name: &str, seed: u64, (scenario, why): &Failure) -> String {
    let file = std::env::temp_dir().join(format!("multi-leader-{name}-{seed}.json"));
    let json = scenario.to_json();
    let kept = match std::fs::write(&file, &json) {
        Ok(()) => format!("cargo run -- run {} --trace", file.display()),
        Err(error) => format!("(the scenario could not be written to {}: {error})\n{json}", file.display()),
    };
    format!("{why}\n\nseed {seed}\nLEADERS_SEED={seed} cargo test --test native {name} -- --nocapture\n{kept}\n")
}
