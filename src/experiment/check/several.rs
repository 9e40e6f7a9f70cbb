//! The sheet of several records, each a history of its own: one row each, as the command line prints one line each.

use std::collections::VecDeque;

use super::super::Progress;
use super::mark;
use crate::import::{self, import};
use crate::judge::{Options, Verdict, judge};
use crate::plural::plural;
use crate::sheet::{Cell, Mark, Part, Sheet, Table};

/// Judges one file after the other.
pub(super) fn job(files: Vec<(String, String)>) -> Box<dyn FnMut() -> Progress> {
    let all = files.len();
    let (mut files, mut rows) = (VecDeque::from(files), Vec::new());
    Box::new(move || {
        if let Some((name, text)) = files.pop_front() {
            rows.push(row(&name, &text));
            return Progress::Working(format!("{} of {all} files judged", rows.len()));
        }
        let mut sheet = Sheet::titled(format!("{} histories", rows.len()));
        sheet.say("Each file is a history of its own. Take one alone to see its evidence.");
        let head = ["file", "verdict", "decided by", "taken for", "why"].map(str::to_owned).to_vec();
        sheet.parts.push(Part::Table(Table { caption: "What each history is as a whole".to_owned(), head, rows: rows.clone() }));
        Progress::Done(sheet)
    })
}

fn row(name: &str, text: &str) -> Vec<Cell> {
    let imported = match import(text, &import::Options::default()) {
        Ok(imported) => imported,
        Err(error) => {
            let unread = Cell { text: "not read".to_owned(), mark: Mark::Plain };
            return vec![Cell::plain(name), unread, Cell::plain(""), Cell::plain(""), Cell::plain(error.to_string())];
        }
    };
    let history = &imported.observed;
    let (global_versions, isolation_in_sessions) = (imported.global_versions, imported.isolation_in_sessions);
    let report = judge(history, &Options { global_versions, isolation_in_sessions, ..Options::default() });
    let taken =
        format!("{}, {}, {}", imported.format.name(), history.model_name(), plural(history.operations.len() as u64, "operation"));
    let Some((guarantee, verdict)) = report.decides() else { return vec![Cell::plain(name)] };
    let (why, applies) = (verdict.reason().to_owned(), !matches!(verdict, Verdict::NotApplicable(_)));
    let verdict = Cell { text: verdict.name().to_owned(), mark: mark(verdict) };
    vec![
        Cell::plain(name),
        verdict,
        Cell::plain(if applies { guarantee.name() } else { "" }),
        Cell::plain(taken),
        Cell::plain(why),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_a_row_and_one_that_cannot_be_read_says_where() {
        let line = |kind: &str, value: &str| format!("{{:process 0, :type :{kind}, :f :read, :value {value}}}\n");
        let files = [("a.edn", line("invoke", "nil") + &line("ok", "nil")), ("b.edn", line("invoke", "nil") + &line("ok", "7"))];
        let mut files = files.map(|(name, text)| (name.to_owned(), text)).to_vec();
        files.push(("c.edn".to_owned(), "{:process 0,".to_owned()));
        files.push(("d.edn".to_owned(), String::new()));
        let mut step = job(files);
        let sheet = (0..9).find_map(|_| if let Progress::Done(sheet) = step() { Some(sheet) } else { None }).expect("it ends");
        let Some(Part::Table(table)) = sheet.parts.last() else { panic!("no table: {sheet}") };
        let verdicts: Vec<&str> = table.rows.iter().map(|row| row[1].text.as_str()).collect();
        assert_eq!(verdicts, ["holds", "violated", "not read", "not applicable"]);
        assert!(table.rows[2][4].text.starts_with("line 1"), "{:?}", table.rows[2]);
        assert_eq!(table.rows[3][4].text, "the record has no operations");
    }
}
