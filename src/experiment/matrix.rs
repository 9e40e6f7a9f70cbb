//! The sheet of the matrix: one cell per step. What several leaders survive and lose is another one ([`leaders`]).

mod leaders;
mod quorums;

use super::Progress;
use crate::matrix::{CONFIGURATIONS, Outcome, Trouble, cell};
use crate::scenario::FamilySpec;
use crate::sheet::{Cell, Part, Sheet, Table};

/// How many seeds each cell takes unless something else is asked for.
pub(crate) const SEEDS: u64 = 5;

/// The matrix of a family, computed cell by cell.
pub(super) fn job(family: FamilySpec, seeds: u64) -> Box<dyn FnMut() -> Progress> {
    match family {
        FamilySpec::SingleLeader => Box::new(one_leader(seeds)),
        FamilySpec::MultiLeader => Box::new(leaders::job(seeds)),
        FamilySpec::Leaderless => Box::new(quorums::job(seeds)),
    }
}

fn one_leader(seeds: u64) -> impl FnMut() -> Progress {
    let mut done: Vec<Outcome> = Vec::new();
    let all = CONFIGURATIONS.len() * Trouble::ALL.len();
    move || {
        let (row, column) = (done.len() / Trouble::ALL.len(), done.len() % Trouble::ALL.len());
        done.push(cell(CONFIGURATIONS[row], Trouble::ALL[column], seeds));
        if done.len() < all {
            return Progress::Working(format!("{} of {all} cells", done.len()));
        }
        Progress::Done(sheet(&done, seeds))
    }
}

fn sheet(done: &[Outcome], seeds: u64) -> Sheet {
    let mut sheet = Sheet::titled("What each way of acknowledging survives");
    sheet.say(format!(
        "One leader, two or four followers, automatic failover by majority; {seeds} seeds for each cell. No cell is written by hand. \"No\" means: not in these runs."
    ));
    let head =
        std::iter::once("a write is acknowledged when").chain(Trouble::ALL.map(Trouble::title)).map(str::to_owned).collect();
    let rows = CONFIGURATIONS
        .iter()
        .zip(done.chunks(Trouble::ALL.len()))
        .map(|(configuration, cells)| std::iter::once(Cell::plain(configuration.title)).chain(cells.iter().map(words)).collect());
    sheet.parts.push(Part::Table(Table {
        caption: "Available? Acknowledged writes lost? Stale reads at followers?".to_owned(),
        head,
        rows: rows.collect(),
    }));
    sheet
}

/// "available again after 0.8 s; none lost; stale: 12 of 900 reads".
fn words(outcome: &Outcome) -> Cell {
    let gap = outcome.longest_gap.0 / 1_000;
    let available = match outcome.available() {
        true if outcome.longest_gap <= crate::matrix::GAP_USUAL => "available".to_owned(),
        true => format!("available again after {gap} ms"),
        false => format!("no write for {gap} ms"),
    };
    let lost = match outcome.lost {
        0 => "none lost".to_owned(),
        lost => format!("{lost} lost, in {} of {} runs", outcome.runs_with_loss, outcome.runs),
    };
    let stale = match outcome.stale {
        0 => format!("none of {} reads stale", outcome.reads),
        stale => format!("{stale} of {} reads stale", outcome.reads),
    };
    Cell::judged(format!("{available}; {lost}; {stale}"), outcome.lost == 0 && outcome.available())
}
