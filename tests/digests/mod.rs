//! The digests of every preset, alone and in bad weather, as the text that `tests/golden/digests.txt` holds.
//!
//! Natively and in the browser the same text must come out: the same scenario and seed give the same trace everywhere. The
//! presets themselves use few random choices, so each is also run with a hundred seeds on links that lose, repeat and reorder
//! messages and take random times. A sweep runs the busy presets only for their first part, which is enough to draw from
//! every sampler, and keeps the test below a few seconds.

use std::fmt::Write;

use replicated_telemetry_store::network::Latency;
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::rng::{Ratio, mix};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{LinkSpec, Scenario};
use replicated_telemetry_store::time::SimDuration;

/// How many seeds a preset is run with.
pub(crate) const SEEDS: u64 = 100;

/// How long a preset is run in a sweep, at most.
fn sweep_until(preset: Preset) -> SimDuration {
    match preset.id {
        // 10,000 writes a second.
        "telemetry-pipeline" => SimDuration::millis(40),
        "busy-constellation" => SimDuration::millis(1_500),
        _ => SimDuration::secs(5),
    }
}

/// The preset on links that lose, repeat and reorder messages and take random times.
pub(crate) fn in_bad_weather(preset: Preset, seed: u64) -> Scenario {
    let mut scenario = preset.scenario();
    scenario.seed = seed;
    scenario.until = scenario.until.min(sweep_until(preset));
    scenario.links.push(LinkSpec {
        from: "*".to_owned(),
        to: "*".to_owned(),
        latency: Some(Latency::Exponential { min: SimDuration::millis(1), mean: SimDuration::millis(20) }),
        loss: Some(Ratio::percent(5)),
        duplication: Some(Ratio::percent(5)),
        reorder: Some(true),
    });
    scenario
}

fn digest(scenario: &Scenario) -> u64 {
    Run::of(scenario).expect("presets can be run").trace.digest.0
}

/// The text: for each preset its digest, one digest for all seeds of the sweep, and those of the first five seeds.
pub(crate) fn text() -> String {
    let mut text = String::from("# preset, its digest, all seeds in bad weather, seeds 1 to 5 in bad weather\n");
    for preset in PRESETS {
        let swept: Vec<u64> = (1..=SEEDS).map(|seed| digest(&in_bad_weather(*preset, seed))).collect();
        let all = swept.iter().fold(0, |all, one| mix(all ^ one));
        write!(text, "{} {:016x} {all:016x}", preset.id, digest(&preset.scenario())).expect("a text takes any text");
        for one in &swept[..5] {
            write!(text, " {one:016x}").expect("a text takes any text");
        }
        text.push('\n');
    }
    text
}
