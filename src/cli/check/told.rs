//! What `check` says of one record: to a person, and as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Judged, truth};
use crate::import;
use crate::judge::{Evidence, Guarantee, Verdict};
use crate::observed::Operation;
use crate::plural::plural;

/// The most operations of a proof that are listed.
const EVIDENCE_SHOWN: usize = 20;

/// A verdict in one word, as files have it.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Violated(_) => "violated",
        Verdict::Unknown(_) => "unknown",
        Verdict::NotApplicable(_) => "not-applicable",
    }
}

/// The lines of an operation, in the file that they stand in if there are several.
fn place(judged: &Judged, operation: &Operation) -> (Option<String>, Vec<u32>) {
    let (start, end) = operation.lines;
    let before = judged.files.partition_point(|(_, before)| *before < start.max(end)).checked_sub(1);
    let file = before.and_then(|at| judged.files.get(at)).filter(|_| start.max(end) > 0);
    let lines = [start, end].into_iter().filter(|line| *line > 0);
    let mut lines: Vec<u32> = lines.map(|line| line.saturating_sub(file.map_or(0, |(_, before)| *before))).collect();
    lines.dedup();
    (file.map(|(name, _)| name.clone()), lines)
}

fn lines(judged: &Judged, operation: &Operation) -> String {
    let (file, lines) = place(judged, operation);
    let lines = match lines[..] {
        [] => "no line".to_owned(),
        [line] => format!("line {line}"),
        [start, .., end] => format!("lines {start} and {end}"),
    };
    file.map_or(lines.clone(), |file| format!("{file}, {lines}"))
}

pub(super) fn print(name: &str, judged: &Judged, out: &mut impl Write) -> io::Result<()> {
    let Judged { imported, report, decides, overall, .. } = judged;
    let history = &imported.observed;
    writeln!(out, "{name}: {}", truth(overall))?;
    writeln!(
        out,
        "  format {}, model {}, at first {}, {} of {} on {}",
        imported.format.name(),
        history.model_name(),
        import::initial_words(history),
        plural(history.operations.len() as u64, "operation"),
        plural(history.sessions.len() as u64, "session"),
        plural(history.keys.len() as u64, "key")
    )?;
    if let Some(decides) = decides {
        writeln!(out, "  decided by {}", decides.name())?;
    }
    for (guarantee, verdict) in report.verdicts.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::NotApplicable(_))) {
        let why = verdict.reason();
        let gap = if why.is_empty() { "" } else { ": " };
        let name = verdict.evidence().and_then(Evidence::name_in_words).map_or_else(String::new, |name| format!(", {name}"));
        writeln!(out, "  {:<20} {}{name}{gap}{why}", guarantee.name(), word(verdict))?;
        for number in verdict.evidence().map_or(&[][..], |evidence| &evidence.operations).iter().take(EVIDENCE_SHOWN) {
            if let Some(operation) = history.operations.get(*number as usize) {
                let session = history.sessions.get(operation.session as usize).map_or("?", String::as_str);
                let (what, ended) = (import::tell(history, operation), import::ended(operation.outcome));
                writeln!(out, "    {}: {session}: {what} ({ended})", lines(judged, operation))?;
            }
        }
    }
    for (why, guarantees) in report.declined() {
        let names: Vec<&str> = guarantees.iter().map(|guarantee| guarantee.name()).collect();
        writeln!(out, "  not-applicable       {}: {why}", names.join(", "))?;
    }
    for note in &report.assumptions {
        writeln!(out, "  note: {note}")?;
    }
    Ok(())
}

fn evidence_json(judged: &Judged, evidence: &Evidence) -> Vec<Value> {
    let history = &judged.imported.observed;
    let operations = evidence.operations.iter().filter_map(|number| {
        let operation = history.operations.get(*number as usize)?;
        let (file, lines) = place(judged, operation);
        let mut told = json!({
            "operation": number,
            "session": history.sessions.get(operation.session as usize),
            "text": import::tell(history, operation),
            "outcome": import::ended(operation.outcome),
            "lines": lines,
        });
        if let Some(file) = file {
            told["file"] = file.into();
        }
        Some(told)
    });
    operations.collect()
}

pub(super) fn as_json(name: &str, judged: &Judged) -> Value {
    let Judged { imported, report, decides, overall, .. } = judged;
    let history = &imported.observed;
    let verdicts: Vec<Value> = report
        .verdicts
        .iter()
        .map(|(guarantee, verdict)| {
            let evidence = verdict.evidence();
            let key = evidence.and_then(|evidence| history.keys.get(evidence.key? as usize));
            json!({
                "guarantee": guarantee.name(),
                "verdict": word(verdict),
                "evidence": evidence.map(|evidence| evidence_json(judged, evidence)).unwrap_or_default(),
                "key": key,
                "anomaly": evidence.and_then(Evidence::name),
                "text": verdict.reason(),
            })
        })
        .collect();
    let by_key = import::initial_by_key(history).map(|(key, value)| json!({ "key": key, "value": value }));
    let by_key: Vec<Value> = by_key.collect();
    json!({
        "file": name,
        "format": imported.format.name(),
        "model": history.model_name(),
        "initial": import::initial_name(history),
        "initial_by_key": by_key,
        "operations": history.operations.len(),
        "valid": match overall { Verdict::Holds => Some(true), Verdict::Violated(_) => Some(false), _ => None },
        "decided_by": decides.map(Guarantee::name),
        "verdicts": verdicts,
        "notes": report.assumptions,
    })
}

pub(super) fn write_json(name: &str, judged: &Judged, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &as_json(name, judged))?;
    writeln!(out)
}
