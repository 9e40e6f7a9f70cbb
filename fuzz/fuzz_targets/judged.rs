//! Any record, and a judgement of what was read: an answer for every guarantee, whose evidence is there.
#![no_main]

#[path = "../../tests/import_support/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use replicated_telemetry_store::judge::{Options, judge};

fuzz_target!(|text: &str| {
    let Some(imported) = sound::read_soundly(text, None) else { return };
    let options = Options { steps: 500, memory: 1 << 18, global_versions: imported.global_versions, ..Options::default() };
    for (guarantee, verdict) in judge(&imported.observed, &options).verdicts {
        let shown = verdict.evidence().map_or(&[][..], |evidence| &evidence.operations);
        assert!(shown.iter().all(|n| (*n as usize) < imported.observed.operations.len()), "{guarantee:?} {verdict:?} of {text:?}");
    }
});
