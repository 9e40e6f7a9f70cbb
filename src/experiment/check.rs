//! The sheet of a recorded history: what it was taken for, what each guarantee says of it, and which lines prove that.

mod drawing;
mod several;

use super::{BETWEEN_FILES, Progress};
use crate::export::jsonl;
use crate::import::{self, Imported, ended, import, import_together, initial_words, tell};
use crate::judge::{Evidence, Guarantee, Options, Report, Verdict, judge};
use crate::observed::Observed;
use crate::plural::plural;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::sheet::{Cell, Mark, Part, Sheet, Table};

/// The name of a text that is no file, as messages about it have it: "what was pasted, line 1".
pub const PASTED: &str = "what was pasted";
/// The most operations of a proof that are listed.
const LISTED: usize = 20;

/// Reads one record or several. Several are one history where their format says so, and else one each.
///
/// # Errors
/// If the text of the only record is no history; with the place.
pub(super) fn of_files(names: &str, texts: &str) -> Result<Box<dyn FnMut() -> Progress>, String> {
    if !names.contains(BETWEEN_FILES) {
        return job(names, texts);
    }
    let parts: Vec<&str> = texts.split(BETWEEN_FILES).collect();
    if let Ok(together) = import_together(&parts, &import::Options::default()) {
        return Ok(judged(format!("of {} files together", parts.len()), together));
    }
    let files = names.split(BETWEEN_FILES).zip(parts).map(|(name, text)| (name.to_owned(), text.to_owned()));
    Ok(several::job(files.collect()))
}

/// Reads a record and judges it, guarantee by guarantee.
///
/// # Errors
/// If the text is no history; with the place.
pub(super) fn job(name: &str, text: &str) -> Result<Box<dyn FnMut() -> Progress>, String> {
    let imported = import(text, &import::Options::default()).map_err(|error| format!("{name}, {error}"))?;
    Ok(judged(name.to_owned(), imported))
}

/// Judges a record, guarantee by guarantee.
fn judged(name: String, imported: Imported) -> Box<dyn FnMut() -> Progress> {
    let (model, real_time) = (imported.observed.model, imported.observed.real_time);
    let mut report = Report { model, real_time, verdicts: Vec::new(), assumptions: Vec::new() };
    let guarantees = Guarantee::of_history(&imported.observed);
    Box::new(move || {
        let next = guarantees[report.verdicts.len()];
        let (global_versions, isolation_in_sessions) = (imported.global_versions, imported.isolation_in_sessions);
        let options = Options { guarantees: vec![next], global_versions, isolation_in_sessions, ..Options::default() };
        let part = judge(&imported.observed, &options);
        report.verdicts.extend(part.verdicts.into_iter().take(1));
        for assumption in part.assumptions {
            if !report.assumptions.contains(&assumption) {
                report.assumptions.push(assumption);
            }
        }
        let (done, all) = (report.verdicts.len(), guarantees.len());
        if done < all {
            return Progress::Working(format!("{done} of {all} guarantees judged"));
        }
        Progress::Done(sheet(&name, &imported, &report))
    })
}

/// Judges the run of a scenario by what its clients saw, as if it had been recorded elsewhere.
pub(super) fn of_run(scenario: &Scenario) -> Box<dyn FnMut() -> Progress> {
    let record = Run::of(scenario).map_err(|error| error.to_string()).map(|run| jsonl(&run));
    match record.and_then(|record| job("of this run", &record)) {
        Ok(job) => job,
        Err(wrong) => Box::new(move || {
            let mut sheet = Sheet::titled("The history of this run");
            sheet.say(wrong.clone());
            Progress::Done(sheet)
        }),
    }
}

fn sheet(name: &str, imported: &Imported, report: &Report) -> Sheet {
    let history = &imported.observed;
    let which = if name == PASTED { "that was pasted" } else { name };
    let mut sheet = Sheet::titled(format!("The history {which}"));
    sheet.say(format!(
        "Taken for the format {}, of the model {}: {} of {} on {}; held at first: {}.",
        imported.format.name(),
        history.model_name(),
        plural(history.operations.len() as u64, "operation"),
        plural(history.sessions.len() as u64, "session"),
        plural(history.keys.len() as u64, "key"),
        initial_words(history)
    ));
    match report.decides() {
        Some((_, Verdict::NotApplicable(why))) => sheet.say(format!("As a whole nothing can be said: {why}.")),
        Some((guarantee, verdict)) => sheet.say(format!("As a whole: {}, decided by {}.", verdict.name(), guarantee.name())),
        None => {}
    }
    let judged = report.verdicts.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::NotApplicable(_)));
    let rows = judged.map(|(guarantee, verdict)| {
        let mark = mark(verdict);
        let text = match verdict.evidence().and_then(Evidence::name_in_words) {
            Some(name) => format!("{}, {name}", verdict.name()),
            None => verdict.name().to_owned(),
        };
        vec![Cell::plain(guarantee.name()), Cell { text, mark }, Cell::plain(said_once(report, *guarantee, verdict))]
    });
    let declined = report.declined().into_iter().map(|(why, guarantees)| {
        let names: Vec<&str> = guarantees.iter().map(|guarantee| guarantee.name()).collect();
        vec![Cell::plain(names.join(", ")), Cell { text: "not applicable".to_owned(), mark: Mark::Plain }, Cell::plain(why)]
    });
    let head = ["guarantee", "verdict", "why"].map(str::to_owned).to_vec();
    sheet.parts.push(Part::Table(Table {
        caption: "What the history says of each guarantee".to_owned(),
        head,
        rows: rows.chain(declined).collect(),
    }));
    for (against, operations) in proofs(report) {
        sheet.parts.push(Part::Table(proof(history, &against, operations)));
    }
    drawing::add(&mut sheet, history, report);
    for note in &report.assumptions {
        sheet.say(format!("Note: {note}"));
    }
    sheet
}

/// Why a verdict is as it is: what was said already of a guarantee above is not said again.
fn said_once(report: &Report, guarantee: Guarantee, verdict: &Verdict) -> String {
    let mut above = report.verdicts.iter().take_while(|(above, _)| *above != guarantee);
    match above.find(|(_, above)| above.evidence().is_some() && above.evidence() == verdict.evidence()) {
        Some((above, _)) => format!("The same as for {}.", above.name()),
        None => verdict.reason().to_owned(),
    }
}

fn mark(verdict: &Verdict) -> Mark {
    match verdict {
        Verdict::Holds => Mark::Good,
        Verdict::Violated(_) => Mark::Bad,
        Verdict::Unknown(_) | Verdict::NotApplicable(_) => Mark::Plain,
    }
}

/// The proofs, each with the guarantees that it is evidence against.
fn proofs(report: &Report) -> Vec<(String, &[u32])> {
    let mut all: Vec<(String, &[u32])> = Vec::new();
    for (guarantee, verdict) in &report.verdicts {
        let Some(evidence) = verdict.evidence().filter(|evidence| !evidence.operations.is_empty()) else { continue };
        match all.iter_mut().find(|(_, other)| *other == evidence.operations) {
            Some((names, _)) => *names = format!("{names}, {}", guarantee.name()),
            None => all.push((guarantee.name().to_owned(), &evidence.operations)),
        }
    }
    all
}

fn lines((start, end): (u32, u32)) -> String {
    match (start, end) {
        (0, 0) => "–".to_owned(),
        (line, 0) | (0, line) => line.to_string(),
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start} and {end}"),
    }
}

/// The operations that prove a violation, with the lines of the file that tell of them.
fn proof(history: &Observed, against: &str, operations: &[u32]) -> Table {
    let of = |number: &u32| Some((*number, history.operations.get(*number as usize)?));
    let rows = operations.iter().take(LISTED).filter_map(of).map(|(number, operation)| {
        let session = history.sessions.get(operation.session as usize).map_or("?", String::as_str);
        let what = format!("{} ({})", tell(history, operation), ended(operation.outcome));
        [number.to_string(), lines(operation.lines), session.to_owned(), what].map(Cell::plain).to_vec()
    });
    let more = if operations.len() > LISTED { format!(", the first {LISTED} of {}", operations.len()) } else { String::new() };
    Table {
        caption: format!("Evidence against {against}{more}"),
        head: ["operation", "lines of the file", "session", "what it did"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::Model;

    fn judged(text: &str) -> Sheet {
        let mut step = job("history.edn", text).expect("a history");
        loop {
            if let Progress::Done(sheet) = step() {
                return sheet;
            }
        }
    }

    const STALE: &str = "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :ok, :f :write, :value 1}\n\
        {:process 1, :type :invoke, :f :read, :value nil}\n{:process 1, :type :ok, :f :read, :value nil}\n";

    #[test]
    fn a_history_is_told_with_its_format_its_verdicts_and_what_is_not_drawn() {
        let sheet = judged(STALE);
        let text = sheet.to_string();
        assert!(
            text.contains("Taken for the format jepsen-edn, of the model register: 2 operations of 2 sessions on 1 key"),
            "{text}"
        );
        assert!(text.contains("Every operation is drawn. Replicas, logs and messages are not drawn"), "{text}");
        let table = sheet.parts.iter().find_map(|part| if let Part::Table(table) = part { Some(table) } else { None });
        let named: Vec<&str> = table.expect("a table").rows.iter().flat_map(|row| row[0].text.split(", ")).collect();
        let all = Guarantee::of(Model::Register);
        assert!(
            all.iter().all(|guarantee| named.contains(&guarantee.name())),
            "all that mean something of registers, and not {named:?}"
        );
    }

    #[test]
    fn a_reason_is_said_once_and_nothing_is_said_of_nothing() {
        let text = judged("{:type :ok, :f :read, :value nil}\n").to_string();
        assert_eq!(text.matches("the record names no sessions").count(), 1, "{text}");
        let text = judged("").to_string();
        assert!(text.contains("As a whole nothing can be said: the record has no operations."), "{text}");
        assert!(!text.contains("decided by"), "{text}");
    }

    #[test]
    fn evidence_against_several_guarantees_is_told_once() {
        let failed = "{:process 0, :type :invoke, :f :append, :value 1}\n{:process 0, :type :fail, :f :append, :value 1}\n\
            {:process 1, :type :invoke, :f :read, :value nil}\n{:process 1, :type :ok, :f :read, :value [1]}\n";
        let text = judged(failed).to_string();
        assert!(text.contains("The same as for linearizable."), "{text}");
        assert_eq!(text.matches("had failed").count(), 1, "{text}");
    }

    #[test]
    fn a_text_that_is_no_history_is_answered_with_the_place() {
        let error = job("x.edn", "{:process 0, :type :invoke\n").err().unwrap_or_default();
        assert!(error.starts_with("x.edn, line "), "{error}");
    }

    #[test]
    fn of_a_long_history_the_rest_is_counted() {
        let line = |n: u64, kind: &str| format!("{{:process {}, :type :{kind}, :f :write, :value {n}}}\n", n % 3);
        let text: String = (0..500).map(|n| line(n, "invoke") + &line(n, "ok")).collect();
        let text = judged(&text).to_string();
        assert!(text.contains("of 500 are not drawn; all were judged"), "{text}");
    }
}
