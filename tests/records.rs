//! Records of others, small enough to be read, and what is right to say of each: one story a file, in `tests/records`.
//!
//! A file says what happened, in words; behind `----` the record, as its system would have written it; behind another `----` the verdicts,
//! one a line: the guarantee, the verdict, of a violation the name that experts have for it, and the lines of its evidence. A line
//! `initial X` among the words says what keys hold at first. What a file does not name is not asked of it.

use std::fs;
use std::path::Path;

use replicated_telemetry_store::import::{Imported, Options, Start, import};
use replicated_telemetry_store::judge::{self, Evidence, Guarantee, Verdict, judge};

/// The lines of the record that evidence names, in order.
fn lines(imported: &Imported, evidence: &Evidence) -> Vec<u32> {
    let named = evidence.operations.iter().map(|op| imported.observed.operations[*op as usize].lines);
    let mut lines: Vec<u32> = named.flat_map(|(start, end)| [start, end]).filter(|line| *line > 0).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// A verdict as the stories write it.
fn said(imported: &Imported, verdict: &Verdict) -> String {
    let Verdict::Violated(evidence) = verdict else { return verdict.name().replace(' ', "-") };
    let name = evidence.anomaly.map_or_else(String::new, |(anomaly, through)| format!(" {}{}", anomaly.name(), through.suffix()));
    let lines: Vec<String> = lines(imported, evidence).iter().map(u32::to_string).collect();
    format!("violated{name} lines {}", lines.join(" "))
}

/// What is wrong with the answers to a story.
fn wrong(text: &str) -> Vec<String> {
    let mut parts = text.split("----\n");
    let (words, record, verdicts) = (parts.next(), parts.next(), parts.next());
    let (Some(words), Some(record), Some(verdicts)) = (words, record, verdicts) else {
        return vec!["it has no words, record and verdicts".to_owned()];
    };
    let initial =
        words.lines().find_map(|line| line.strip_prefix("initial ")).map(|text| Start::of(text).expect("a first value"));
    let imported = match import(record, &Options { initial, ..Options::default() }) {
        Ok(imported) => imported,
        Err(error) => return vec![error.to_string()],
    };
    let report =
        judge(&imported.observed, &judge::Options { global_versions: imported.global_versions, ..judge::Options::default() });
    let mut wrong = Vec::new();
    for line in verdicts.lines().filter(|line| !line.is_empty()) {
        let (name, expected) = line.split_once(' ').expect("a guarantee and a verdict");
        let guarantee = Guarantee::from_name(name).expect("a guarantee");
        let verdict = report.verdict(guarantee).expect("all are asked for");
        let found = said(&imported, verdict);
        if found != expected {
            let why = verdict.evidence().map_or("", |evidence| &evidence.text);
            wrong.push(format!("{name}: {found}, and right is {expected} {why}"));
        }
    }
    wrong
}

#[test]
fn each_story_gets_its_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the stories are there").flatten().map(|file| file.path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("it can be read");
        all.extend(wrong(&text).into_iter().map(|wrong| format!("{}: {wrong}", file.file_stem().unwrap_or_default().display())));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(files.len() >= 19, "only {} stories", files.len());
}

/// A story whose answer is wrong is noticed.
#[test]
fn a_wrong_answer_is_noticed() {
    let story =
        |verdict: &str| format!("A read.\n----\n{{:type :ok, :f :read, :value nil, :process 0}}\n----\ncausal {verdict}\n");
    assert_eq!(wrong(&story("holds")), [""; 0]);
    assert_eq!(wrong(&story("violated lines 1")), ["causal: holds, and right is violated lines 1 "]);
}
