//! The sheet of a recorded history: what it was taken for, what each guarantee says of it, and which lines prove that.

use super::Progress;
use crate::explain::words::plural;
use crate::export::jsonl;
use crate::import::{self, Imported, ended, import, initial_name, tell};
use crate::judge::{Guarantee, Options, Report, Verdict, judge};
use crate::observed::{Observed, Operation, Outcome};
use crate::run::Run;
use crate::scenario::Scenario;
use crate::sheet::{Cell, Mark, Part, Sheet, Span, Strip, Table};

/// The most operations of a proof that are listed.
const LISTED: usize = 20;
/// The most operations that are drawn, and sessions that have a lane.
const DRAWN: usize = 120;
const LANES: usize = 16;

/// Reads a record and judges it, guarantee by guarantee.
///
/// # Errors
/// If the text is no history; with the place.
pub(super) fn job(name: &str, text: &str) -> Result<Box<dyn FnMut() -> Progress>, String> {
    let imported = import(text, &import::Options::default()).map_err(|error| format!("{name}, {error}"))?;
    let name = name.to_owned();
    let mut report = Report { model: imported.observed.model, verdicts: Vec::new(), assumptions: Vec::new() };
    Ok(Box::new(move || {
        let next = Guarantee::ALL[report.verdicts.len()];
        let options = Options { guarantees: vec![next], global_versions: imported.global_versions, ..Options::default() };
        let part = judge(&imported.observed, &options);
        report.verdicts.extend(part.verdicts.into_iter().take(1));
        for assumption in part.assumptions {
            if !report.assumptions.contains(&assumption) {
                report.assumptions.push(assumption);
            }
        }
        let (done, all) = (report.verdicts.len(), Guarantee::ALL.len());
        if done < all {
            return Progress::Working(format!("{done} of {all} guarantees judged"));
        }
        Progress::Done(sheet(&name, &imported, &report))
    }))
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
    let mut sheet = Sheet::titled(format!("The history {name}"));
    sheet.say(format!(
        "Taken for the format {}, of the model {}: {} of {} on {}; at first every key holds {}.",
        imported.format.name(),
        history.model_name(),
        plural(history.operations.len() as u64, "operation"),
        plural(history.sessions.len() as u64, "session"),
        plural(history.keys.len() as u64, "key"),
        initial_name(history)
    ));
    let rows = report.verdicts.iter().map(|(guarantee, verdict)| {
        let mark = match verdict {
            Verdict::Holds => Mark::Good,
            Verdict::Violated(_) => Mark::Bad,
            Verdict::Unknown(_) | Verdict::NotApplicable(_) => Mark::Plain,
        };
        let why = match verdict {
            Verdict::Holds => "",
            Verdict::Violated(evidence) => &evidence.text,
            Verdict::Unknown(why) | Verdict::NotApplicable(why) => why,
        };
        vec![Cell::plain(guarantee.name()), Cell { text: verdict.name().to_owned(), mark }, Cell::plain(why)]
    });
    let head = ["guarantee", "verdict", "why"].map(str::to_owned).to_vec();
    sheet.parts.push(Part::Table(Table {
        caption: "What the history says of each guarantee".to_owned(),
        head,
        rows: rows.collect(),
    }));
    for (guarantee, verdict) in &report.verdicts {
        if let Some(evidence) = verdict.evidence().filter(|evidence| !evidence.operations.is_empty()) {
            sheet.parts.push(Part::Table(proof(history, *guarantee, &evidence.operations)));
        }
    }
    drawn(&mut sheet, history, report);
    for note in &report.assumptions {
        sheet.say(format!("Note: {note}"));
    }
    sheet
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
fn proof(history: &Observed, guarantee: Guarantee, operations: &[u32]) -> Table {
    let of = |number: &u32| history.operations.get(*number as usize);
    let rows = operations.iter().take(LISTED).filter_map(of).map(|operation| {
        let session = history.sessions.get(operation.session as usize).map_or("?", String::as_str);
        let what = format!("{} ({})", tell(history, operation), ended(operation.outcome));
        [lines(operation.lines), session.to_owned(), what].map(Cell::plain).to_vec()
    });
    let more = if operations.len() > LISTED { format!(", the first {LISTED} of {}", operations.len()) } else { String::new() };
    Table {
        caption: format!("Evidence against {}{more}", guarantee.name()),
        head: ["lines of the file", "session", "operation"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

/// The operations of the first proof and what ran around them, or all of a short history; and what is not drawn.
fn drawn(sheet: &mut Sheet, history: &Observed, report: &Report) {
    let all = history.operations.len();
    let proof = report.verdicts.iter().find_map(|(_, verdict)| Some(&verdict.evidence()?.operations));
    let marked = |n: usize| proof.is_some_and(|proof| proof.iter().any(|number| *number as usize == n));
    let mut shown: Vec<usize> = (0..all).filter(|n| marked(*n)).take(DRAWN).collect();
    if all <= DRAWN {
        shown = (0..all).collect();
    } else if let (Some(first), Some(last)) = (shown.first().copied(), shown.last().copied()) {
        let room = (DRAWN - shown.len()) / 2;
        shown.extend((first.saturating_sub(room)..=last.saturating_add(room)).filter(|n| *n < all && !marked(*n)).take(2 * room));
    }
    let times = || shown.iter().filter_map(|n| history.operations.get(*n));
    let start = times().map(|op| op.invoked).min().unwrap_or(0);
    let end = times().map(|op| op.completed.unwrap_or(op.invoked)).max().unwrap_or(0).max(start + 1);
    let mut lanes: Vec<(u32, Vec<Span>)> = Vec::new();
    let mut count = 0;
    for n in shown {
        let op = &history.operations[n];
        let lane = match lanes.iter().position(|(session, _)| *session == op.session) {
            Some(lane) => lane,
            None if lanes.len() < LANES => {
                lanes.push((op.session, Vec::new()));
                lanes.len() - 1
            }
            None => continue,
        };
        count += 1;
        let to = op.completed.unwrap_or(end).min(end) - start;
        let op_number = u32::try_from(n).unwrap_or(u32::MAX);
        let (kind, stale) = (kind(history, op), marked(n));
        lanes[lane].1.push(Span {
            side: 0,
            op: op_number,
            from: op.invoked - start,
            to,
            kind,
            stale,
            same: proof.is_some() && !stale,
            waited: false,
        });
    }
    let name = |session: u32| history.sessions.get(session as usize).cloned().unwrap_or_default();
    if count > 0 && history.real_time {
        sheet.parts.push(Part::Strip(Strip {
            caption: if proof.is_some() { "The evidence (◆) among what ran around it" } else { "The operations" }.to_owned(),
            sides: [String::new(), String::new()],
            until: end - start,
            mark: None,
            lanes: lanes.into_iter().map(|(session, spans)| (name(session), spans)).collect(),
        }));
    } else {
        count = 0;
    }
    let rest = match all - count {
        0 => "Every operation is drawn.".to_owned(),
        n => format!("{} of {all} are not drawn; all were judged.", plural(n as u64, "operation")),
    };
    sheet.say(format!("{rest} Replicas, logs and messages are not drawn: a recorded history does not tell of them."));
}

fn kind(history: &Observed, operation: &Operation) -> char {
    let reads = |step: &crate::observed::Step| matches!(step.call, crate::observed::Call::Read(_));
    match operation.outcome {
        Outcome::Fail => 'x',
        Outcome::Info => '?',
        Outcome::Ok if history.steps_of(operation).iter().all(reads) => 'r',
        Outcome::Ok => 'w',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let rows = sheet.parts.iter().find_map(|part| if let Part::Table(table) = part { Some(table.rows.len()) } else { None });
        assert_eq!(rows, Some(Guarantee::ALL.len()));
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
