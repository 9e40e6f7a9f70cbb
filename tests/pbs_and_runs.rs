//! The model of probabilistically bounded staleness against the lab's own runs (Bailis et al. 2012).
//!
//! The model draws four latencies for each replica and asks whether the read overtook the write. A run of a ring has none of that: it has
//! clients, nodes, links and messages. Where links take exponential times and let messages overtake each other, nothing is repaired, and a client
//! reads as soon as its write is acknowledged, both have to see stale reads equally often; and the checkers have to find just those.

use replicated_telemetry_store::check::Evidence;
use replicated_telemetry_store::operation::Outcome;
use replicated_telemetry_store::pbs::{Model, Question, answer};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::parse;

/// How many keys are written and read in a run.
const KEYS: usize = 2_000;
/// Three and a third standard deviations: of a thousand honest shares one lies farther out. The seeds are fixed, so this is drawn once.
const DEVIATIONS: f64 = 3.3;

/// A client that coordinates its requests itself writes each key, and reads it at once.
fn run_of(r: u32, w: u32) -> Run {
    let operations = (0..KEYS).map(|key| {
        format!(
            r#"{{"at": "0s", "do": {{"write": {{"client": "probe", "key": "k{key}", "value": 1}}}}}},
               {{"at": "0s", "do": {{"read": {{"client": "probe", "key": "k{key}"}}}}}}"#
        )
    });
    let text = format!(
        r#"{{"version": 1, "seed": {seed}, "until": "200s", "family": "leaderless",
            "shards": [{{"name": "ring", "ring": {{"nodes": ["a", "b", "c"], "n": 3, "r": {r}, "w": {w}, "read_repair": "off",
                "coordinator": "client", "versions": "last-write-wins"}}}}],
            "clients": [{{"name": "probe"}}],
            "links": [{{"from": "probe", "to": "*", "latency": {{"exponential": {{"min": "0s", "mean": "10ms"}}}}, "reorder": true}},
                      {{"from": "*", "to": "probe", "latency": {{"exponential": {{"min": "0s", "mean": "2ms"}}}}, "reorder": true}}],
            "script": [{script}]}}"#,
        seed = 10 * r + w,
        script = operations.collect::<Vec<_>>().join(",\n")
    );
    let scenario = parse(&text).unwrap_or_else(|error| panic!("R={r}, W={w}: {error}"));
    Run::of(&scenario).unwrap_or_else(|error| panic!("R={r}, W={w}: {error}"))
}

/// How many reads of a run missed the write before them, of how many.
fn stale_reads(run: &Run) -> (usize, usize) {
    let reads = run.trace.ops.iter().filter(|op| !op.is_write());
    let found = reads.map(|op| match op.end.map(|end| end.outcome) {
        Some(Outcome::Siblings { found, .. }) => !run.trace.versions.get(found).is_empty(),
        other => panic!("{op:?} ended with {other:?}"),
    });
    let found: Vec<bool> = found.collect();
    (found.iter().filter(|found| !**found).count(), found.len())
}

#[test]
fn runs_see_stale_reads_as_often_as_the_model_predicts() {
    for (r, w) in [(1, 1), (1, 2), (2, 1)] {
        let run = run_of(r, w);
        let (stale, reads) = stale_reads(&run);
        assert_eq!(reads, KEYS, "R={r}, W={w}");
        let model = Model::by_parameters(Some("wr=10,as=2"), None).expect("a model");
        let predicted = answer(Question { model, n: 3, r, w, trials: 1_000_000, at: vec![0], seed: 7 }).expect("an answer");
        let predicted = 1.0 - predicted.consistent[0].p.value();
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let (measured, number) = (stale as f64 / reads as f64, reads as f64);
        let tolerance = DEVIATIONS * (predicted * (1.0 - predicted) / number).sqrt();
        assert!(
            (measured - predicted).abs() <= tolerance,
            "R={r}, W={w}: {measured:.4} of {reads} reads were stale, predicted were {predicted:.4} ± {tolerance:.4}"
        );
        let found = run.findings.iter().filter(|finding| matches!(finding.evidence, Evidence::ReadYourWrites { .. })).count();
        assert_eq!(found, stale, "R={r}, W={w}: the checkers find each stale read, and nothing else");
    }
}

/// With R + W > N the model says never, and so does every run.
#[test]
fn quorums_that_overlap_are_never_stale() {
    let run = run_of(2, 2);
    assert_eq!(stale_reads(&run), (0, KEYS));
    assert!(run.findings.is_empty(), "{:?}", run.findings.first());
}
