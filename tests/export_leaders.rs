//! Runs with several leaders, written for other programs and read back: the record is judged as the run was.

use crate::multi_leader::generate::{self, Profile};
use replicated_telemetry_store::check::check_every;
use replicated_telemetry_store::export::{jepsen, jsonl, svg};
use replicated_telemetry_store::import::{Format, Options, import};
use replicated_telemetry_store::judge::{self, Guarantee, judge};
use replicated_telemetry_store::observed::Model;
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::FamilySpec;

const ASKED: [Guarantee; 8] = [
    Guarantee::ReadYourWrites,
    Guarantee::MonotonicReads,
    Guarantee::MonotonicWrites,
    Guarantee::WritesFollowReads,
    Guarantee::Causal,
    Guarantee::NoAbortedReads,
    Guarantee::NoThinAirReads,
    Guarantee::NoLostWrites,
];

fn runs() -> impl Iterator<Item = (u64, Run)> {
    (0..300).map(|seed| (seed, Run::of(&generate::scenario(seed, Profile::default())).expect("it can be run")))
}

#[test]
fn a_record_is_judged_as_the_run_was() {
    let (mut violated, mut kept) = ([0; ASKED.len()], 0);
    for (seed, run) in runs() {
        let text = jsonl(&run);
        let imported = import(&text, &Options::default()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(imported.format, Format::Own);
        if imported.observed.versions.is_empty() || imported.observed.operations.is_empty() {
            continue;
        }
        let report = judge(&imported.observed, &judge::Options { guarantees: ASKED.to_vec(), ..judge::Options::default() });
        let found = check_every(&run.history(), &run.survival());
        for (place, guarantee) in ASKED.into_iter().enumerate() {
            let expected = found.iter().any(|finding| finding.anomaly().property() == guarantee.property());
            let verdict = report.verdict(guarantee).map_or("none", judge::Verdict::name);
            match verdict {
                "violated" | "holds" => assert_eq!(verdict == "violated", expected, "seed {seed}, {guarantee:?}: {found:?}"),
                other => assert!(!expected, "seed {seed}, {guarantee:?} is {other}: {found:?}"),
            }
            violated[place] += usize::from(expected);
            kept += usize::from(verdict == "holds");
        }
    }
    assert!(violated[0] > 5 && violated[1] > 5 && violated[4] > 5 && violated[7] > 5 && kept > 500, "{violated:?}, {kept} kept");
}

/// The same of every preset with several leaders.
#[test]
fn records_of_presets_are_judged_as_the_runs_were() {
    let of_family = PRESETS.iter().map(|preset| (preset.id, preset.scenario()));
    for (id, scenario) in of_family.filter(|(_, scenario)| scenario.family == FamilySpec::MultiLeader) {
        let run = Run::of(&scenario).expect("presets run");
        let imported = import(&jsonl(&run), &Options::default()).unwrap_or_else(|error| panic!("{id}: {error}"));
        let report = judge(&imported.observed, &judge::Options { guarantees: ASKED.to_vec(), ..judge::Options::default() });
        let found = check_every(&run.history(), &run.survival());
        for guarantee in ASKED {
            let expected = found.iter().any(|finding| finding.anomaly().property() == guarantee.property());
            let verdict = report.verdict(guarantee).map(judge::Verdict::name);
            assert_eq!(verdict, Some(if expected { "violated" } else { "holds" }), "{id}, {guarantee:?}: {found:?}");
        }
    }
}

/// Where the last writer wins a read returns one value, and the record is of registers.
#[test]
fn where_one_value_is_shown_it_stands_alone_in_jepsens_form() {
    let text = |id: &str| {
        jepsen(&Run::of(&Preset::named(id).expect("a preset").scenario()).expect("presets run")).expect("no statements")
    };
    for id in ["lww-concurrent", "lww-skew", "ring-broken", "session-across-leaders", "star-centre-lost"] {
        let imported = import(&text(id), &Options::default()).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(imported.observed.model, Model::Register, "{id}");
    }
    for (id, guarantee) in [
        ("ring-broken", Guarantee::ReadYourWrites),
        ("session-across-leaders", Guarantee::ReadYourWrites),
        ("star-centre-lost", Guarantee::MonotonicReads),
    ] {
        let imported = import(&text(id), &Options::default()).expect("it can be read");
        let options = judge::Options { guarantees: vec![guarantee], ..judge::Options::default() };
        assert_eq!(judge(&imported.observed, &options).verdict(guarantee).map(judge::Verdict::name), Some("violated"), "{id}");
    }
    assert!(
        text("siblings-cart").contains(r#":value ["milk" "eggs"]"#)
            || text("siblings-cart").contains(r#":value ["eggs" "milk"]"#)
    );
    assert!(!text("cart-merge-aware").contains(":value [\"{"), "what a rule merges is one value");
}

/// Jepsen's history says what clients saw: each operation once, and each value that a read returned.
#[test]
fn what_clients_saw_is_a_history_of_jepsens() {
    let mut written = 0;
    for (seed, run) in runs() {
        let Some(text) = jepsen(&run) else {
            assert!(!run.plan.statements.is_empty(), "seed {seed}: only statements have no place in it");
            continue;
        };
        written += 1;
        let started = run.history().events.len();
        assert_eq!(text.lines().count(), started, "seed {seed}: a line for each start and end");
        assert!(text.lines().all(|line| line.matches('[').count() == line.matches(']').count()), "seed {seed}");
    }
    assert!(written > 50, "only {written} runs were written");
}

#[test]
fn the_drawing_has_a_lane_for_every_node() {
    for (seed, run) in runs().take(60) {
        let drawing = svg(&run);
        for name in &run.plan.nodes {
            assert!(drawing.contains(&format!(">{name}</text>")), "seed {seed}: {name} has no lane");
        }
    }
}
