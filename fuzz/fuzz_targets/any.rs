//! Any record: the format is looked for.
#![no_main]

#[path = "../../tests/import_support/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    sound::read_soundly(text, None);
});
