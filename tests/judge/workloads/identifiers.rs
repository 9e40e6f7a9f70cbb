//! Identifiers: whether any two that were acknowledged are equal.

use replicated_telemetry_store::judge::Guarantee;
use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome};

use super::draw::{self, Shape};

fn random(seed: u64) -> Observed {
    let shape = Shape { model: Model::UniqueIds, ops: 8, info: 10, fail: 10, long: 4 };
    draw::history(seed, shape, |rng, outcome, _| {
        let mut some = || (0..1 + rng.below(2)).map(|_| rng.below(40) as u32).collect();
        Call::Generate((outcome == Outcome::Ok).then(&mut some))
    })
}

#[test]
fn identifiers_agree_with_the_definition() {
    super::agrees("identifiers", Guarantee::NoDuplicates, random, |ops| {
        let given: Vec<u32> = ops
            .iter()
            .flat_map(|op| match &op.call {
                Call::Generate(Some(ids)) if op.ok() => ids.clone(),
                _ => Vec::new(),
            })
            .collect();
        Some((0..given.len()).all(|i| !given[i + 1..].contains(&given[i])))
    });
}
