//! Runs a property over many seeds, and says how to repeat the one that failed.

use replicated_telemetry_store::scenario::Scenario;

/// Why a property does not hold, and for which scenario.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) scenario: Box<Scenario>,
    pub(crate) why: String,
}

/// Turns a check of a scenario into the result of a property.
pub(crate) fn judged(scenario: Scenario, result: Result<(), String>) -> Result<(), Failure> {
    result.map_err(|why| Failure { scenario: Box::new(scenario), why })
}

/// The number of cases of a property that is `share` thousandths of all of them. `PROPERTY_CASES` sets the sum.
fn cases(share: u64) -> u64 {
    let total = std::env::var("PROPERTY_CASES").ok().and_then(|n| n.parse::<u64>().ok()).unwrap_or(10_000);
    (total * share / 1_000).max(1)
}

/// Checks a property for its share of the cases; with `PROPERTY_SEED` for that seed only.
///
/// # Panics
/// If it does not hold: with the seed, the way to repeat it, and the scenario in a file.
pub(crate) fn for_all(name: &str, share: u64, property: impl Fn(u64) -> Result<(), Failure>) {
    let seeds = match std::env::var("PROPERTY_SEED").ok().and_then(|n| n.parse::<u64>().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..cases(share),
    };
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
pub(crate) fn found_within(
    name: &str,
    budget: u64,
    broken: impl Fn(u64) -> Result<(), Failure>,
    whole: impl Fn(u64) -> Result<(), Failure>,
) {
    let Some((seed, failure)) = (0..budget).find_map(|seed| Some((seed, broken(seed).err()?))) else {
        panic!("{name}: {budget} scenarios did not show the defect");
    };
    eprintln!("{name}: found by seed {seed}: {}", failure.why);
    if let Err(failure) = whole(seed) {
        panic!("without the defect: {}", explain(name, seed, &failure));
    }
}

fn explain(name: &str, seed: u64, failure: &Failure) -> String {
    let file = std::env::temp_dir().join(format!("property-{name}-{seed}.json"));
    let json = failure.scenario.to_json();
    let kept = match std::fs::write(&file, &json) {
        Ok(()) => format!("cargo run -- run {} --trace", file.display()),
        Err(error) => format!("(the scenario could not be written to {}: {error})\n{json}", file.display()),
    };
    format!("{}\n\nseed {seed}\nPROPERTY_SEED={seed} cargo test --test native {name} -- --nocapture\n{kept}\n", failure.why)
}
