//! The readers of latencies: tables, parameters and times. What is read can be drawn from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use replicated_telemetry_store::pbs::{Model, Plan, Question, times};

fuzz_target!(|text: &str| {
    let models = [Model::from_csv("fuzz", text).ok(), Model::by_parameters(None, Some(text)).ok()];
    for model in models.into_iter().flatten() {
        let at = times(text).unwrap_or_default();
        let question = Question { model, n: 3, r: 2, w: 1, trials: 10, at, seed: 1 };
        if let Ok(plan) = Plan::new(question) {
            plan.answer(&plan.block(0));
        }
    }
});
