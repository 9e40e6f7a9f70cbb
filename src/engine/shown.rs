//! An answer of an experiment on its way to the page: texts, tables and drawings, as data that components draw.

use serde::{Deserialize, Serialize};

use super::command::Command;
use super::field::Order;
use crate::scene::{Pane, Piece, chart, plain, strip};
use crate::sheet::{Part, Sheet, Table};

/// What an experiment answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// What was asked.
    pub title: String,
    /// The answer, from top to bottom.
    pub parts: Vec<ShownPart>,
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ShownPart {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Prose(Vec<Piece>),
    /// A table.
    Table(Table),
    /// A chart, with its caption.
    Chart(String, Pane),
    /// Operations on the time of a run: the caption, the right edge in microseconds (zero if its time is not that of a run here), and the
    /// drawings for a wide and for a narrow page.
    Strip(String, u64, [Pane; 2]),
    /// A scenario that can be opened: what the button says, what it asks for, and the scenario.
    Open(String, Order, String),
    /// A file to be saved: what the button says, the name of the file, and what is in it.
    File(String, String, String),
}

/// What the second program says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// It listens.
    Ready,
    /// How far it is, in words.
    Working(String),
    /// The answer.
    Done(Box<Shown>),
    /// Why there is none.
    Failed(String),
}

/// A sheet as it is drawn.
#[must_use]
pub fn shown(sheet: Sheet) -> Shown {
    Shown { title: sheet.title, parts: sheet.parts.into_iter().map(part).collect() }
}

fn part(part: Part) -> ShownPart {
    match part {
        Part::Heading(text) => ShownPart::Heading(text),
        Part::Text(text) => ShownPart::Prose(plain(text)),
        Part::Told(pieces) => ShownPart::Prose(pieces),
        Part::Table(table) => ShownPart::Table(table),
        Part::Chart(data) => ShownPart::Chart(data.caption.clone(), chart(&data)),
        Part::Strip(data) => {
            let until = if data.sides[1].is_empty() { 0 } else { data.until };
            ShownPart::Strip(data.caption.clone(), until, [false, true].map(|narrow| strip(&data, narrow)))
        }
        Part::Open(label, at, scenario) => {
            let name = label.rfind(':').map_or(&label[..], |colon| label[colon + 1..].trim_start()).to_owned();
            ShownPart::Open(label, Order::of(&Command::Fork(name, at)), scenario)
        }
        Part::File(label, name, text) => ShownPart::File(label, name, text),
    }
}
