//! A sheet: what an experiment answers, as paragraphs, tables and scenarios to open.
//!
//! Experiments (a matrix over seeds, a sweep, a search for the smallest example) run on the command line and, in the browser, in
//! a worker that is loaded only when the first one is asked for. Both show the same sheet: printed here, and drawn by the page, to which it
//! travels as [`crate::engine::Shown`].

mod terminal;

use serde::{Deserialize, Serialize};

use crate::scene::Piece;

/// What an experiment answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// What was asked.
    pub title: String,
    /// The answer, from top to bottom.
    pub parts: Vec<Part>,
}

/// One part of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A heading within the sheet.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph whose nouns lead to what they name.
    Told(Vec<Piece>),
    /// A table.
    Table(Table),
    /// A chart of one series; a table beside it has the same numbers.
    Chart(Chart),
    /// A scenario that can be opened: what the button says, the moment to look at in microseconds, and the scenario as JSON.
    ///
    /// What stands behind the last colon of the label is the name of the branch that it becomes.
    Open(String, u64, String),
    /// The operations of two runs on one axis of time.
    Strip(Strip),
    /// A file to be saved: what the button says, the name of the file, and what is in it.
    File(String, String, String),
}

/// The operations of two runs on one axis of time, above each other for each client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// What it shows.
    pub caption: String,
    /// The names of the two runs.
    pub sides: [String; 2],
    /// The right edge, in microseconds.
    pub until: u64,
    /// A moment to be marked: where the runs part.
    pub mark: Option<u64>,
    /// The clients, each with its operations in both runs.
    pub lanes: Vec<(String, Vec<Span>)>,
}

/// An operation in a strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// In the first run (0) or in the second (1).
    pub side: usize,
    /// Its number.
    pub op: u32,
    /// When it began.
    pub from: u64,
    /// When it was over.
    pub to: u64,
    /// What it was: `w` a write, `r` a read, `x` refused, `?` without an answer.
    pub kind: char,
    /// Whether it breaks a guarantee.
    pub stale: bool,
    /// Whether it went the same way in the other run.
    pub same: bool,
    /// Whether a replica kept it back, or sent it on because it was behind.
    pub waited: bool,
    /// What stands in its bar, where there is room.
    pub label: String,
    /// What it was, for whoever points at it.
    pub told: String,
}

/// A chart of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub caption: String,
    /// The unit of its values, if they have one.
    pub unit: String,
    /// The points: the name of each, and its value in thousandths of the unit.
    pub points: Vec<(String, u64)>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The names of the columns; the first column names the rows.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it says; the mark only repeats it.
    pub text: String,
    /// Whether that is welcome.
    pub mark: Mark,
}

/// Whether what a cell says is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Mark {
    /// Neither.
    #[default]
    Plain,
    /// A guarantee that held.
    Good,
    /// A guarantee that was broken.
    Bad,
}

impl Cell {
    /// A cell without a mark.
    pub fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), mark: Mark::Plain }
    }

    /// A cell that is marked as good or bad.
    pub fn judged(text: impl Into<String>, good: bool) -> Cell {
        Cell { text: text.into(), mark: if good { Mark::Good } else { Mark::Bad } }
    }
}

impl Sheet {
    /// An empty sheet.
    pub fn titled(title: impl Into<String>) -> Sheet {
        Sheet { title: title.into(), parts: Vec::new() }
    }

    /// Adds a paragraph.
    pub fn say(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    /// Adds a heading.
    pub fn head(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(text.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_columns() {
        let mut sheet = Sheet::titled("A test");
        sheet.parts.push(Part::Table(Table {
            caption: "Cells".into(),
            head: vec!["what".into(), "lost".into()],
            rows: vec![
                vec![Cell::plain("async"), Cell::judged("yes: 3", false)],
                vec![Cell::plain("+x"), Cell::judged("no", true)],
            ],
        }));
        let text = sheet.to_string();
        assert!(text.contains("    what   lost\n    async  yes: 3\n    +x     no\n"), "{text}");
    }
}
