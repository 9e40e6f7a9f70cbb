//! Causes are proven: taken out of the scenario, the finding is gone; with one of several put back, it is there again.

use replicated_telemetry_store::cause::{Cause, Prover, proven, without};
use replicated_telemetry_store::check::Finding;
use replicated_telemetry_store::explain::Part;
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Event, Scenario, parse};

fn run(scenario: &Scenario) -> Run {
    Run::of(scenario).expect("it can be run")
}

/// Whether the operation in which a finding shows has one of the same kind in another run.
fn shows(run: &Run, finding: &Finding) -> bool {
    run.findings.iter().any(|other| (other.op(), other.anomaly()) == (finding.op(), finding.anomaly()))
}

/// The definition of a cause, checked without the prover's memory: every finding of every preset, each with runs of its own.
#[test]
fn without_its_cause_every_finding_of_every_preset_is_gone() {
    for preset in PRESETS {
        let run = run(&preset.scenario());
        let mut prover = Prover::new(&run);
        for (n, finding) in run.findings.iter().enumerate() {
            let proof = prover.prove(finding).unwrap_or_else(|| panic!("{}: no cause of {finding:?}", preset.id));
            assert_eq!(proof.causes.len(), proof.told.len(), "{}: {proof:?}", preset.id);
            // One in a few again from the scenario alone: many findings of one preset have the same cause.
            if n % 8 == 0 {
                let clean = self::run(&without(&run.plan.scenario, &proof.causes));
                assert!(!shows(&clean, finding), "{}: {finding:?} is there without {:?}", preset.id, proof.causes);
            }
        }
    }
}

#[test]
fn no_cause_of_several_can_be_left_out() {
    let several = r#"{ "version": 1, "seed": 1, "until": "2s",
      "shards": [{ "name": "catalog", "leader": "n1", "followers": ["n2"], "flush": "300ms" }], "clients": [{ "name": "ann" }],
      "links": [{ "from": "n1", "to": "n2", "latency": { "constant": "400ms" } }],
      "read": { "mode": "session-consistent" }, "sabotage": [],
      "script": [{ "at": "10ms", "do": { "write": { "client": "ann", "key": "x", "value": 1 } } },
                 { "at": "350ms", "do": { "read": { "client": "ann", "key": "x", "at": "n2", "mode": "any-follower" } } }] }"#;
    let run = run(&parse(several).expect("a scenario"));
    let finding = &run.findings[0];
    let mut prover = Prover::new(&run);
    let pair = [Cause::Latency(NodeId(0), NodeId(1)), Cause::Flush(replicated_telemetry_store::family::GroupId(0))];
    assert!(!prover.gone(finding, &pair[..1]), "the disk alone is slow enough");
    assert!(!prover.gone(finding, &pair[1..]), "the link alone is slow enough");
    assert!(prover.gone(finding, &pair));
    // A single setting explains it as well, and one is less than two.
    assert_eq!(prover.sufficient(finding), [Cause::ReadMode]);
}

/// Of one user's devices each keeps a token: that it does is cause enough, beside the slow link.
#[test]
fn a_token_for_each_device_is_a_cause() {
    let run = run(&Preset::named("two-devices").expect("a preset").scenario());
    let sufficient = Prover::new(&run).sufficient(&run.findings[0]);
    assert!(sufficient.contains(&Cause::Devices), "{sufficient:?}");
    assert!(!sufficient.contains(&Cause::ReadMode), "reads are session-consistent already: {sufficient:?}");
}

#[test]
fn each_preset_names_the_cause_that_its_story_tells() {
    for (preset, cause, sentence) in [
        ("bounded-staleness-clock", Cause::Clock(NodeId(2)), "The clock of singapore does not run as it should."),
        (
            "read-after-write",
            Cause::Latency(NodeId(0), NodeId(1)),
            "The append of LSN 2 to frankfurt took 400 ms: virginia sent it at 740 ms and it was due at 1140 ms; the read was over at 870 ms.",
        ),
        (
            "first-failover",
            Cause::Event(0),
            "at 10000 ms the links between virginia on one side and frankfurt and singapore on the other are cut.",
        ),
    ] {
        let run = run(&Preset::named(preset).expect("a preset").scenario());
        let proof = proven(&run, &run.findings[0]).unwrap_or_else(|| panic!("{preset}: no cause"));
        assert_eq!(proof.causes, [cause], "{preset}");
        let told = proof.told[0].sentence();
        assert!(told.ends_with(sentence), "{preset}: {told}");
    }
}

/// Every noun of the sentence can be followed to what it names.
#[test]
fn the_nouns_of_a_cause_are_parts() {
    let run = run(&Preset::named("first-failover").expect("a preset").scenario());
    let proof = proven(&run, &run.findings[0]).expect("a cause");
    let nodes = proof.told[0].parts.iter().filter(|part| matches!(part, Part::Node(..))).count();
    assert!(nodes >= 3, "{:?}", proof.told);
    assert!(proof.told[0].parts.iter().any(|part| matches!(part, Part::Time(..))), "{:?}", proof.told);
    let plain = proof.told[0].parts.iter().filter(|part| matches!(part, Part::Text(_))).map(Part::text).collect::<String>();
    assert!(!plain.contains("virginia") && !plain.contains("frankfurt"), "{plain}");
}

/// An event in front of an operation leaves its place behind: the operation's random choices hang on places.
#[test]
fn taking_an_event_out_leaves_every_operation_as_it_was() {
    let scenario = Preset::named("split-brain").expect("a preset").scenario();
    let place = scenario.script.iter().position(|s| matches!(s.event, Event::Partition { .. })).expect("a partition");
    let rest = without(&scenario, &[Cause::Event(place)]);
    assert_eq!(rest.script.len(), scenario.script.len());
    assert!(matches!(rest.script[place].event, Event::Link(_)));
    let (with, without) = (run(&scenario), run(&rest));
    let asked = |run: &Run| run.trace.ops.iter().map(|op| (op.client, op.key, op.is_write())).collect::<Vec<_>>();
    assert_eq!(asked(&with), asked(&without));
    assert_eq!(parse(&rest.to_json()).as_ref(), Ok(&rest), "what is left is a scenario");
}

/// The witness against the witness: something that is no cause does not make a finding vanish.
#[test]
fn what_is_no_cause_is_not_named() {
    let run = run(&Preset::named("read-after-write").expect("a preset").scenario());
    let mut prover = Prover::new(&run);
    assert!(!prover.gone(&run.findings[0], &[Cause::Latency(NodeId(0), NodeId(2))]), "singapore has nothing to do with it");
    assert!(!prover.gone(&run.findings[0], &[]), "nothing was taken away");
}
