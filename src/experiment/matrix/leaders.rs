//! The sheet of several leaders: topologies against faults, and rules for conflicts against what they lose; one cell, or one row, per step.

use super::Progress;
use crate::matrix::rules::{self, Losses, Rule};
use crate::matrix::topologies::{self, Propagation, TOPOLOGIES, Trouble};
use crate::plural::plural;
use crate::scenario::TopologySpec;
use crate::sheet::{Cell, Part, Sheet, Table};

/// Both tables: the cells of the first one by one, then the rows of the second.
pub(super) fn job(seeds: u64) -> impl FnMut() -> Progress {
    let (mut cells, mut rows): (Vec<Propagation>, Vec<Losses>) = (Vec::new(), Vec::new());
    let all = TOPOLOGIES.len() * Trouble::ALL.len();
    move || {
        if cells.len() < all {
            let (row, column) = (cells.len() / Trouble::ALL.len(), cells.len() % Trouble::ALL.len());
            cells.push(topologies::cell(&TOPOLOGIES[row], Trouble::ALL[column], seeds));
            return Progress::Working(format!("{} of {all} cells of topologies", cells.len()));
        }
        rows.push(rules::row(Rule::ALL[rows.len()], seeds));
        if rows.len() < Rule::ALL.len() {
            return Progress::Working(format!("{} of {} rules for conflicts", rows.len(), Rule::ALL.len()));
        }
        Progress::Done(sheet(&cells, &rows, seeds))
    }
}

fn sheet(cells: &[Propagation], rows: &[Losses], seeds: u64) -> Sheet {
    let mut sheet = Sheet::titled("What several leaders survive, and what they lose");
    let seeds = plural(seeds, "seed");
    sheet.say(format!(
        "Four leaders, a client beside each, the last writer wins by machine clocks; {seeds} for each cell. What goes wrong does so at 2 s and stays; nobody writes in the last 3 s. \
         No cell is written by hand. \"None\" means: not in these runs."
    ));
    sheet.parts.push(Part::Table(by_topology(cells)));
    sheet.say(format!(
        "Three leaders in a star, of which one is offline for 1.5 s and one has a clock that is 400 ms behind; {seeds} for each row. Every rule gets the same operations, as far as it knows them."
    ));
    sheet.parts.push(Part::Table(by_rule(rows)));
    sheet
}

fn by_topology(cells: &[Propagation]) -> Table {
    let head = std::iter::once("topology").chain(Trouble::ALL.map(Trouble::title)).map(str::to_owned).collect();
    let rows = TOPOLOGIES.iter().zip(cells.chunks(Trouble::ALL.len())).map(|(topology, cells)| {
        std::iter::once(Cell::plain(named(topology))).chain(cells.iter().map(words)).collect::<Vec<Cell>>()
    });
    Table {
        caption: "Do acknowledged writes reach every leader that is up? Are they kept? Do sessions see what they knew?"
            .to_owned(),
        head,
        rows: rows.collect(),
    }
}

fn named(topology: &TopologySpec) -> &'static str {
    match topology {
        TopologySpec::AllToAll => "all to all",
        TopologySpec::Ring => "ring",
        TopologySpec::Star => "star",
        TopologySpec::Graph(_) => "graph",
    }
}

/// "all 300 writes everywhere within 180 ms; 12 dropped, nobody told; no stale read; 3 operations without success".
fn words(cell: &Propagation) -> Cell {
    let slowest = cell.slowest.0.div_ceil(1_000);
    let reached = match cell.stranded {
        0 => format!("all {} writes everywhere within {slowest} ms", cell.acknowledged),
        some => format!("{some} of {} writes do not get everywhere", cell.acknowledged),
    };
    let dropped = match cell.dropped {
        0 => "none dropped".to_owned(),
        some => format!("{some} dropped, nobody told"),
    };
    let stale = match cell.stale {
        0 => "no stale read".to_owned(),
        some => plural(some as u64, "stale read"),
    };
    let unsuccessful = match cell.unsuccessful {
        0 => String::new(),
        some => format!("; {} without success", plural(some as u64, "operation")),
    };
    let good = cell.stranded == 0 && cell.stale == 0;
    Cell::judged(format!("{reached}; {dropped}; {stale}{unsuccessful}"), good)
}

fn by_rule(rows: &[Losses]) -> Table {
    let columns = Losses::default().columns().map(|(title, ..)| title);
    let head = std::iter::once("conflicts are handled by").chain(columns).map(str::to_owned).collect();
    let rows = Rule::ALL.into_iter().zip(rows).map(|(rule, losses)| {
        let cells = losses.columns().map(|(_, name, count)| cell(losses, name, count));
        std::iter::once(Cell::plain(rule.title())).chain(cells).collect::<Vec<Cell>>()
    });
    Table { caption: "What is lost, in all runs together".to_owned(), head, rows: rows.collect() }
}

/// "12 of 300"; of what has no whole, the number.
fn cell(losses: &Losses, name: &str, count: usize) -> Cell {
    let text = match (count, name) {
        (0, _) => "none".to_owned(),
        (some, "dropped") => format!("{some} of {}", losses.acknowledged),
        (some, "unsuccessful") => format!("{some} of {}", losses.operations),
        (some, _) => some.to_string(),
    };
    Cell::judged(text, count == 0)
}
