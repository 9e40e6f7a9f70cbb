//! The text of a scenario: what is read can be written, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use replicated_telemetry_store::scenario::parse;

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(scenario) => {
            let written = scenario.to_json();
            let again = parse(&written).unwrap_or_else(|error| panic!("{error:?} in {written}"));
            assert_eq!(again, scenario, "{written}");
        }
        Err(error) => assert!(!error.message.is_empty() && error.line <= text.lines().count() + 1, "{error:?} in {text:?}"),
    }
});
