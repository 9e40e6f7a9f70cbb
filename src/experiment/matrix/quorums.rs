//! The sheet of rings: quorums against faults, one cell per step.

use super::Progress;
use crate::matrix::quorums::{Answers, QUORUMS, Trouble, cell};
use crate::plural::plural;
use crate::sheet::{Cell, Part, Sheet, Table};

/// The table, cell by cell.
pub(super) fn job(seeds: u64) -> impl FnMut() -> Progress {
    let mut cells: Vec<Answers> = Vec::new();
    let all = QUORUMS.len() * Trouble::ALL.len();
    move || {
        let (row, column) = (cells.len() / Trouble::ALL.len(), cells.len() % Trouble::ALL.len());
        cells.push(cell(QUORUMS[row], Trouble::ALL[column], seeds));
        if cells.len() < all {
            return Progress::Working(format!("{} of {all} cells", cells.len()));
        }
        Progress::Done(sheet(&cells, seeds))
    }
}

fn sheet(cells: &[Answers], seeds: u64) -> Sheet {
    let mut sheet = Sheet::titled("What each choice of N, R and W survives");
    sheet.say(format!(
        "Five nodes, two clients, each through a node of its own; {} for each cell. What goes wrong does so at 2 s and stays. Replicas that a read finds behind are not repaired, and nobody hears who is down: a write that is passed on to a lost replica of its key has no answer. No cell is written by hand. \
         \"None\" means: not in these runs.",
        plural(seeds, "seed")
    ));
    let head = std::iter::once("quorums").chain(Trouble::ALL.map(Trouble::title)).map(str::to_owned).collect();
    let rows = QUORUMS.iter().zip(cells.chunks(Trouble::ALL.len()));
    let rows =
        rows.map(|(quorums, cells)| std::iter::once(Cell::plain(quorums.title())).chain(cells.iter().map(words)).collect());
    sheet.parts.push(Part::Table(Table {
        caption: "Are requests answered after that? Do reads miss what was acknowledged before they began?".to_owned(),
        head,
        rows: rows.collect(),
    }));
    sheet
}

/// "writes 100 %, reads 61 %; 3 stale reads".
fn words(cell: &Answers) -> Cell {
    let percent = |part: usize, whole: usize| part * 100 / whole.max(1);
    let (writes, reads) = (percent(cell.acknowledged, cell.writes), percent(cell.answered, cell.reads));
    let stale = match cell.stale {
        0 => "none stale".to_owned(),
        some => plural(some as u64, "stale read"),
    };
    Cell::judged(format!("writes {writes} %, reads {reads} %; {stale}"), cell.stale == 0 && writes >= 95 && reads >= 95)
}
