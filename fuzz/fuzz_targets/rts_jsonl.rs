//! The reader of the format `rts-jsonl`.
#![no_main]

#[path = "../../tests/import_support/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use replicated_telemetry_store::import::Format;

fuzz_target!(|text: &str| {
    sound::read_soundly(text, Some(Format::Own));
});
