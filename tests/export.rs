//! What a run looks like to other programs, for every preset: its JSON lines make the same run again, its histories are read back, its
//! table and its drawing are well formed.

use std::collections::BTreeMap;

use replicated_telemetry_store::explain::Explainer;
use replicated_telemetry_store::export::{Form, csv, export, jepsen, jsonl, svg};
use replicated_telemetry_store::history::Event;
use replicated_telemetry_store::import::{Format, Imported, Options, import};
use replicated_telemetry_store::judge::{self, Guarantee, judge};
use replicated_telemetry_store::observed::Outcome;
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::router::ReadMode;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{FamilySpec, parse};

fn run_of(preset: &Preset) -> Run {
    Run::of(&preset.scenario()).expect("a preset can be run")
}

/// Whether its groups have one leader each.
fn leads_alone(preset: &Preset) -> bool {
    preset.scenario().family == FamilySpec::SingleLeader
}

fn started(run: &Run) -> usize {
    run.history().events.iter().filter(|event| matches!(event, Event::Invoke(_))).count()
}

#[test]
fn the_scenario_in_the_first_line_makes_the_same_run() {
    for preset in PRESETS {
        let run = run_of(preset);
        let text = jsonl(&run);
        let header: serde_json::Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
        let version = if leads_alone(preset) { 1 } else { 2 };
        assert_eq!((&header["format"], &header["version"]), (&"rts-jsonl".into(), &version.into()), "{}", preset.id);
        assert_eq!(header["seed"], run.plan.scenario.seed);
        let again = Run::of(&parse(&header["scenario"].to_string()).expect("a scenario")).expect("it can be run");
        assert_eq!(again.trace.digest.to_string(), header["trace_digest"].as_str().unwrap_or_default(), "{}", preset.id);
        assert_eq!(text.lines().count(), 1 + started(&run), "{}: a line for each operation", preset.id);
    }
}

fn read(text: &str, format: Format, id: &str) -> Imported {
    let imported = import(text, &Options::default()).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(imported.format, format, "{id}: its own form is recognised");
    imported
}

#[test]
fn what_is_written_is_read_back() {
    // Runs with several leaders are read back in `export_leaders`.
    for preset in PRESETS.iter().filter(|preset| leads_alone(preset)) {
        let run = run_of(preset);
        let Imported { observed: lines, global_versions, .. } = read(&jsonl(&run), Format::Own, preset.id);
        assert!(lines.real_time && (global_versions || run.plan.groups.len() > 1), "{}", preset.id);
        let Some(edn) = jepsen(&run) else {
            assert!(!run.plan.statements.is_empty(), "{}: only statements stand against it", preset.id);
            continue;
        };
        let history = read(&edn, Format::JepsenEdn, preset.id).observed;
        assert_eq!((lines.operations.len(), history.operations.len()), (started(&run), started(&run)), "{}", preset.id);
        for (a, b) in lines.operations.iter().zip(&history.operations) {
            // Jepsen's reads without an answer have failed; here nobody knows.
            let alike = a.outcome == b.outcome || (a.outcome, b.outcome) == (Outcome::Info, Outcome::Fail);
            assert!(alike && a.invoked == b.invoked, "{}: {a:?} and {b:?}", preset.id);
        }
        let acknowledged = run.trace.ops.iter().filter(|op| op.acknowledged().is_some()).count();
        let versions = lines.operations.iter().zip(&lines.steps).filter(|(operation, step)| {
            operation.outcome == Outcome::Ok && step.version.is_some_and(|version| version > 0) && run.plan.statements.is_empty()
        });
        assert!(versions.count() >= acknowledged, "{}: every acknowledged write has its version", preset.id);
    }
}

/// A process of Jepsen's does one thing at a time, and nothing after an `:info`.
#[test]
fn processes_are_as_jepsen_has_them() {
    for preset in PRESETS {
        let Some(edn) = jepsen(&run_of(preset)) else { continue };
        let mut busy: BTreeMap<&str, bool> = BTreeMap::new();
        for line in edn.lines() {
            let process = line.split_whitespace().nth(1).expect("a process");
            let invokes = line.contains(" :type :invoke,");
            assert_eq!(busy.get(process).copied().unwrap_or(false), !invokes, "{}: {line}", preset.id);
            busy.insert(process, invokes || line.contains(" :type :info,"));
        }
    }
}

/// The checkers of recorded histories, which know nothing of replicas, find what the lab finds.
#[test]
fn a_record_is_judged_as_the_run_was() {
    let mut scenario = Preset::named("read-after-write").expect("a preset").scenario();
    for (mode, expected) in [(ReadMode::AnyFollower, "violated"), (ReadMode::SessionConsistent, "holds")] {
        scenario.read.mode = mode;
        let run = Run::of(&scenario).expect("it can be run");
        for text in [jsonl(&run), jepsen(&run).expect("no statements")] {
            let imported = import(&text, &Options::default()).expect("it can be read");
            let options = judge::Options { guarantees: vec![Guarantee::ReadYourWrites], ..judge::Options::default() };
            let report = judge(&imported.observed, &options);
            assert_eq!(report.verdict(Guarantee::ReadYourWrites).map(judge::Verdict::name), Some(expected), "{mode:?}");
        }
    }
}

#[test]
fn the_table_has_a_row_for_each_finding() {
    for preset in PRESETS {
        let run = run_of(preset);
        let table = csv(&Explainer::new(&run));
        assert_eq!(table.matches("\r\n").count(), 1 + run.findings.len(), "{}", preset.id);
        assert!(table.starts_with("at_us,kind,headline,operations,text\r\n") && table.ends_with("\r\n"));
        assert_eq!(table.matches('"').count() % 2, 0, "{}: quotes come in pairs", preset.id);
    }
}

/// Tags that are opened are closed, and in the right order.
fn well_formed(svg: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').ok_or("a tag has no end")?;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        if tag.matches('"').count() % 2 == 1 {
            return Err(format!("<{tag}> has an open quote"));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} are open")) }
}

#[test]
fn the_drawing_is_well_formed_and_says_what_it_is() {
    for preset in PRESETS {
        let run = run_of(preset);
        let drawing = svg(&run);
        assert_eq!(well_formed(&drawing), Ok(()), "{}", preset.id);
        assert!(drawing.contains("<title id=\"title\">") && drawing.contains("<desc id=\"desc\">Space-time diagram of "));
        for name in &run.plan.nodes {
            assert!(drawing.contains(&format!(">{name}</text>")), "{}: {name} has no lane", preset.id);
        }
    }
}

#[test]
fn a_run_with_statements_is_no_history_of_registers() {
    let preset = PRESETS.iter().find(|preset| !run_of(preset).plan.statements.is_empty());
    let Some(preset) = preset else { return };
    let run = run_of(preset);
    let explainer = Explainer::new(&run);
    assert!(export(&explainer, Form::Edn).is_err_and(|why| why.contains("statements")));
    assert!(export(&explainer, Form::Jsonl).is_ok_and(|text| text.contains("\"kind\":\"statement\"")));
}
