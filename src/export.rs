//! A run for other programs: its record as lossless JSON lines, as a history of Jepsen's, its findings as a table, its space-time
//! diagram as a drawing.
//!
//! The JSON lines hold the scenario, so the run can be made again from them, and positions in the log, so that nothing has to be
//! guessed; [`crate::import`] reads them. Jepsen's EDN says what clients saw and nothing more: Knossos, or any other checker that reads
//! it, can judge a run independently of this crate.

mod jepsen;
mod lines;
mod stamps;
mod svg;

use std::fmt::Write as _;

use crate::explain::{Explainer, headline};
use crate::history::{Fates, History};
use crate::run::Run;
use crate::scenario::Plan;

pub use svg::svg;

/// A form in which a run can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON lines: the scenario, then every operation.
    Jsonl,
    /// Jepsen's history.
    Edn,
    /// The findings, one in each row.
    Csv,
    /// The space-time diagram.
    Svg,
}

impl Form {
    /// All forms.
    pub const ALL: [Form; 4] = [Form::Jsonl, Form::Edn, Form::Csv, Form::Svg];

    /// Its name, which is also how a file of it ends.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Form::Jsonl => "jsonl",
            Form::Edn => "edn",
            Form::Csv => "csv",
            Form::Svg => "svg",
        }
    }

    /// The form of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|form| form.name() == name)
    }
}

/// A run in a form.
///
/// # Errors
/// A sentence, if the run cannot be had in it: one with statements is no history of registers, which Jepsen's EDN would need.
pub fn export(explainer: &Explainer<&Run>, form: Form) -> Result<String, &'static str> {
    let run = explainer.run();
    match form {
        Form::Jsonl => Ok(jsonl(run)),
        Form::Edn => jepsen(run).ok_or("a run with statements is no history of registers; jsonl can hold it"),
        Form::Csv => Ok(csv(explainer)),
        Form::Svg => Ok(svg(run)),
    }
}

/// A run as JSON lines: first a line about the format and with the whole scenario, then one line for each operation, in the order in
/// which clients were told of them. Times are in microseconds; `started` and `ended` are places in the order of all starts and ends.
///
/// The first line has `format`, `version`, `crate_version`, `title`, `seed`, `trace_digest`, `stopped_early` and `scenario`. An operation
/// has `op`, `session`, `client`, `shard`, `key`, `kind` (`write`, `read` with its `mode`, or `statement` with its `rows`), `value`,
/// `started`, `invoked_us`, `token`, `outcome` (`ok`, `fail`, `info`, `open`), and once it has ended `ended`, `ended_us`, `reason`, `at`
/// (epoch and number of the entry that was written or read), `written_by`, `applied`, `replica` and `attempts`.
#[must_use]
pub fn jsonl(run: &Run) -> String {
    lines::write(run)
}

/// A history as JSON lines, with the names of a plan: as [`jsonl`] has them, but without a scenario that would make it again. `fates` says
/// what became of its writes, if that is known.
///
/// Where versions may be concurrent the format has version 2. Its first line has `scope` (`group` or `key`: how far stamps reach), `groups`
/// and the names of `actors`; a write has its `context`, its `version`, its `fate` and, if it was discarded, by which write (`discarded_by`); a
/// read has `siblings`, each with `value`, `version` and `written_by`, and in `applied` a list of versions. A version is a position, a
/// `vector`, a `dot` with its `past`, or a `clock`. Where several leaders take writes the first line has `leaders` (`several`) and `merged`, the keys
/// of which a read is shown what a rule makes of all siblings; a deletion has the kind `delete`, and its version no value (`null`). What an addition adds stands
/// in `value` with its sign. What decides between versions stands in `rebased`, the keys whose order a server decides on, and `readings`, what the clock of
/// a leader showed at an update by which the last writer wins: the leader, the number of its update, the time, and the count. Conditions of writes are not told, nor is what an acknowledgement said of versions beside its own.
#[must_use]
pub fn history_jsonl(history: &History<'_>, plan: &Plan, fates: Option<&Fates>) -> String {
    lines::write_history(history, plan, fates)
}

/// A run as Jepsen's history, one map on each line; none if it has statements.
///
/// A process does one thing at a time, and nothing after an `:info`, so a session may need several. With several keys, values are
/// `[key value]`, as `jepsen.independent` has them.
#[must_use]
pub fn jepsen(run: &Run) -> Option<String> {
    run.plan.statements.is_empty().then(|| jepsen::write(run))
}

/// The findings of a run as comma-separated values (RFC 4180): when, what kind, in a few words, which operations prove it, and what
/// it means.
#[must_use]
pub fn csv(explainer: &Explainer<&Run>) -> String {
    let run = explainer.run();
    let mut out = "at_us,kind,headline,operations,text\r\n".to_owned();
    for finding in &run.findings {
        let ops = finding.ops().iter().map(|op| op.0.to_string()).collect::<Vec<_>>().join(" ");
        let (words, text) = (headline(run, finding), explainer.explain(finding).sentence());
        let cells = [finding.at.0.to_string(), finding.anomaly().name().to_owned(), words, ops, text];
        let row = cells.iter().map(|cell| cell_of(cell)).collect::<Vec<_>>().join(",");
        out.push_str(&row);
        out.push_str("\r\n");
    }
    out
}

/// A cell; one that a table would take for a formula begins with an apostrophe.
fn cell_of(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// A text in quotes, as JSON and EDN both read it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A number as a number, anything else in quotes.
pub(crate) fn value(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => text.to_owned(),
        _ => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_texts_are_quoted_where_they_must() {
        for (text, cell, json) in [
            ("plain", "plain", "\"plain\""),
            ("a, \"b\"", "\"a, \"\"b\"\"\"", "\"a, \\\"b\\\"\""),
            ("=1+1", "\"'=1+1\"", "\"=1+1\""),
            ("two\nlines", "\"two\nlines\"", "\"two\\nlines\""),
        ] {
            assert_eq!((cell_of(text).as_str(), quoted(text).as_str()), (cell, json), "{text}");
        }
        assert_eq!((value("7"), value("07"), value("x")), ("7".to_owned(), "\"07\"".to_owned(), "\"x\"".to_owned()));
    }
}
