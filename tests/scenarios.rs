//! Golden traces: each preset as a story, with what its clients saw and why. They are documentation as much as tests.
//!
//! A file of `tests/golden` has a heading that says what to look for, a line that says what is run, `----`, and the output.
//! After an intended change `UPDATE_GOLDEN=1 cargo test --test native scenarios` writes the outputs anew. Only commit the changes if
//! you understand what caused them and if they are desired: a digest must not change because something became faster.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::digests;
use replicated_telemetry_store::explain::{Explainer, headline};
use replicated_telemetry_store::presets::{PRESETS, Preset};
use replicated_telemetry_store::router::ReadMode;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::time::{SimDuration, SimTime};
use replicated_telemetry_store::transcript::Transcript;

const RULE: &str = "----\n";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn updating() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1")
}

/// Compares a text with the file, or writes the file if that was asked for.
fn check(name: &str, expected: &str, actual: &str) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    if updating() {
        std::fs::write(golden(name), actual).expect("golden files can be written");
        return Ok(());
    }
    Err(format!("{name} differs; UPDATE_GOLDEN=1 writes it anew\n{}", difference(expected, actual)))
}

/// The first line that differs, with what stands around it.
fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let first = old.iter().zip(&new).position(|(a, b)| a != b).unwrap_or(old.len().min(new.len()));
    let mut text = String::new();
    for (i, line) in new.iter().enumerate().take(first).skip(first.saturating_sub(3)) {
        writeln!(text, "  {:>4} {line}", i + 1).expect("a text takes any text");
    }
    for (sign, lines) in [("-", &old), ("+", &new)] {
        for (i, line) in lines.iter().enumerate().skip(first).take(3) {
            writeln!(text, "{sign} {:>4} {line}", i + 1).expect("a text takes any text");
        }
    }
    text
}

/// What a golden file asks for: `preset ID seed=N [read-mode=M] [from=TIME] [to=TIME]`; the times limit the trace that is shown.
struct Command {
    preset: Preset,
    seed: u64,
    mode: Option<ReadMode>,
    from: SimTime,
    to: SimTime,
}

impl Command {
    fn parse(line: &str) -> Command {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("preset"), "the command is 'preset …', not '{line}'");
        let id = words.next().expect("a preset is named");
        let preset = Preset::named(id).unwrap_or_else(|| panic!("there is no preset '{id}'"));
        let mut command =
            Command { preset, seed: preset.scenario().seed, mode: None, from: SimTime::ZERO, to: SimTime(u64::MAX) };
        for word in words {
            let (option, value) = word.split_once('=').unwrap_or_else(|| panic!("'{word}' is no option"));
            let time = || SimTime(SimDuration::parse(value).unwrap_or_else(|error| panic!("{word}: {error}")).0);
            match option {
                "seed" => command.seed = value.parse().unwrap_or_else(|error| panic!("{word}: {error}")),
                "read-mode" => command.mode = Some(ReadMode::from_name(value).unwrap_or_else(|| panic!("{word}: no such mode"))),
                "from" => command.from = time(),
                "to" => command.to = time(),
                _ => panic!("'{option}' is no option"),
            }
        }
        command
    }

    /// The trace, the findings with their sentences, the counts and the digest.
    fn output(&self) -> String {
        let mut scenario = self.preset.scenario();
        scenario.seed = self.seed;
        scenario.read.mode = self.mode.unwrap_or(scenario.read.mode);
        let run = Run::of(&scenario).expect("presets can be run");
        let explainer = Explainer::new(&run);
        let mut text = Transcript::of(&explainer).between(self.from, self.to).to_string();
        for finding in &run.findings {
            let (kind, what) = (finding.anomaly().name(), headline(&run, finding));
            write!(text, "\n{kind} at {} ms: {what}\n  {}\n", finding.at, explainer.explain(finding))
                .expect("a text takes any text");
        }
        let (steps, records, digest) = (run.trace.steps.len(), run.trace.records.len(), run.trace.digest);
        let (ops, findings) = (run.trace.ops.len(), run.findings.len());
        writeln!(text, "\noperations {ops}, findings {findings}, steps {steps}, records {records}, digest {digest}")
            .expect("a text takes any text");
        text
    }
}

fn golden_names() -> Vec<String> {
    let files = std::fs::read_dir(golden("")).expect("there are golden files");
    let mut names: Vec<String> =
        files.map(|file| file.expect("golden files can be listed").file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".txt") && name != "digests.txt");
    names.sort();
    names
}

#[test]
fn every_golden_trace_is_what_the_run_says() {
    let mut wrong = Vec::new();
    for name in golden_names() {
        let file = std::fs::read_to_string(golden(&name)).expect("golden files can be read");
        let (head, _) = file.split_once(RULE).unwrap_or_else(|| panic!("{name} has no line '----'"));
        let command = head.lines().rfind(|line| !line.is_empty() && !line.starts_with('#'));
        let command = Command::parse(command.unwrap_or_else(|| panic!("{name} does not say what is run")));
        wrong.extend(check(&name, &file, &format!("{head}{RULE}{}", command.output())).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_preset_has_a_golden_trace() {
    let names = golden_names();
    for preset in PRESETS {
        assert!(names.contains(&format!("{}.txt", preset.id)), "preset '{}' has no golden trace", preset.id);
    }
}

#[test]
fn a_run_does_not_depend_on_the_run_before_it() {
    for preset in PRESETS {
        let (first, second) = (Run::of(&preset.scenario()).expect("runs"), Run::of(&preset.scenario()).expect("runs"));
        assert_eq!(first.trace.digest, second.trace.digest, "preset '{}'", preset.id);
        let differs = first.trace.records.iter().zip(&second.trace.records).position(|(a, b)| a != b);
        assert_eq!(differs, None, "preset '{}': the first record that differs", preset.id);
        assert_eq!(first.trace.records.len(), second.trace.records.len(), "preset '{}'", preset.id);
        assert_eq!((first.trace.ops, first.findings), (second.trace.ops, second.findings), "preset '{}'", preset.id);
    }
}

#[test]
fn every_digest_is_what_it_was() {
    let expected = std::fs::read_to_string(golden("digests.txt")).unwrap_or_default();
    check("digests.txt", &expected, &digests::text()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_finding_and_every_step_in_bad_weather_has_a_sentence() {
    for preset in PRESETS {
        for seed in 1..=5 {
            let run = Run::of(&digests::in_bad_weather(*preset, seed)).expect("presets can be run");
            let explainer = Explainer::new(&run);
            for finding in &run.findings {
                let text = explainer.explain(finding).sentence();
                let whole = text.ends_with('.') && !text.contains("  ") && !text.contains("..") && !text.contains('?');
                assert!(whole, "preset '{}' seed {seed}: {text}", preset.id);
                let reasoned = text.contains(" because ") || text.contains(" so e") || text.contains("did not know of epoch");
                assert!(reasoned, "preset '{}' seed {seed} has a finding without a reason: {text}", preset.id);
            }
            for step in 0..run.trace.steps.len() {
                let told = explainer.describe_step(step);
                let whole = !told.contains('?') && !told.contains("did nothing") && !told.contains("  ");
                assert!(whole, "preset '{}' seed {seed} step {step}: {told}", preset.id);
            }
        }
    }
}
