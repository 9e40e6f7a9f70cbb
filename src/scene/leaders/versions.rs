//! The versions of the key that is looked at, side by side: a column for each, a row for each leader's counter, and a sentence.
//!
//! Where two versions are concurrent, each has a counter that is ahead of the other's: those are framed and bear a sign.

use crate::scene::mark::{Mark, unit};
use crate::scene::target::Target;
use crate::view::leaders::Column;
use crate::view::ring::{ABOVE, Bounds, ROW, ROWS_MAX, SENTENCE};
use crate::view::words::{fitting, wrapped};
use crate::view::{Leaders, Versions};

/// Where columns begin, how far they are apart, how wide they are, and how many letters a line of the sentence has.
struct Grid {
    first: f64,
    pitch: f64,
    width: f64,
    letters: usize,
}

const WIDE: Grid = Grid { first: 150.0, pitch: 158.0, width: 148.0, letters: 52 };
const NARROW: Grid = Grid { first: 76.0, pitch: 98.0, width: 92.0, letters: 54 };

/// The table of versions.
pub(super) fn versions(key: u32, group: &Leaders, (x, y, w, h): Bounds, narrow: bool) -> Mark {
    let plate = Mark::new(key, "versions").at(x, y).rect("plate", [0.0, 0.0, w, h, 8.0]);
    let Some(versions) = &group.versions else {
        return plate.text("rule", (12.0, 22.0), "No key has been written yet.");
    };
    let grid = if narrow { NARROW } else { WIDE };
    let heading = fitting(&versions.name, w * 0.5, 9.4);
    #[expect(clippy::cast_precision_loss, reason = "a few letters")]
    let beside = 24.0 + heading.chars().count() as f64 * 9.4;
    let rule = if narrow { fitting(versions.rule, w - beside - 8.0, 6.5) } else { versions.rule.to_owned() };
    let rows = rows(group, versions);
    let components = rows.iter().enumerate().map(|(row, leader)| component(group, versions, (row, *leader), &grid));
    let mut mark = plate
        .text("heading", (12.0, 20.0), heading)
        .text("rule", (beside, 20.0), rule)
        .with(versions.columns.iter().enumerate().map(|(place, column)| head(place, column, &grid)))
        .with(components);
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let below = ABOVE + rows.len() as f64 * ROW;
    mark = mark.with(versions.columns.iter().enumerate().map(|(place, column)| {
        let left = grid.first + grid.pitch * as_units(place);
        Mark::new(0x300 + index(place), "").text(
            "state middle",
            (left + grid.width / 2.0, below + 14.0),
            fitting(&column.state, grid.width + 6.0, 6.3),
        )
    }));
    let (left, top) = if narrow { (12.0, below + 26.0) } else { (grid.first + 3.0 * grid.pitch + 14.0, 40.0) };
    let lines = wrapped(&why(versions), grid.letters);
    lines
        .into_iter()
        .enumerate()
        .fold(mark, |mark, (line, text)| mark.text("why", (left, top + SENTENCE * as_units(line + 1) - 6.0), text))
}

fn why(versions: &Versions) -> String {
    match versions.more {
        0 => versions.why.clone(),
        more => format!("{} {more} more {} shown.", versions.why, if more == 1 { "is not" } else { "are not" }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few columns")]
fn as_units(count: usize) -> f64 {
    count as f64
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(0)
}

/// The value of a version, and the sign of its update.
fn head(place: usize, column: &Column, grid: &Grid) -> Mark {
    let left = grid.first + grid.pitch * as_units(place);
    let class = if column.held_by.is_empty() { "version gone" } else { "version" };
    Mark::new(0x100 + index(place), class)
        .rect("column", [left, 30.0, grid.width, ABOVE - 34.0, 6.0])
        .text("value middle", (left + grid.width / 2.0, 46.0), fitting(&column.value, grid.width - 8.0, 7.4))
        .text("dot middle", (left + grid.width / 2.0, 61.0), format!("update {}", column.sign))
        .about([Target::Op(column.op.0)])
        .lighting([Target::Op(column.op.0)])
}

/// The leaders whose counters are shown: where there are too many, first those that tell the two versions apart.
fn rows(group: &Leaders, versions: &Versions) -> Vec<usize> {
    let mut all: Vec<usize> = (0..group.leaders.len()).collect();
    if all.len() > ROWS_MAX {
        let counts = |leader: usize| versions.columns.iter().any(|column| column.component(leader) != "0");
        all.sort_by_key(|leader| (!differs(versions, *leader), !counts(*leader), *leader));
        all.truncate(ROWS_MAX);
        all.sort_unstable();
    }
    all
}

/// Whether one of the two concurrent versions is ahead of the other in this component.
fn differs(versions: &Versions, leader: usize) -> bool {
    let pair = versions.apart.and_then(|(one, other)| Some((versions.columns.get(one)?, versions.columns.get(other)?)));
    pair.is_some_and(|(one, other)| one.is_ahead(other, leader) || other.is_ahead(one, leader))
}

/// One row: the counter of a leader in each version.
fn component(group: &Leaders, versions: &Versions, (row, leader): (usize, usize), grid: &Grid) -> Mark {
    let y = ABOVE + ROW * as_units(row);
    let name = group.leaders.get(leader).map_or(String::new(), |one| format!("{} {}", one.sign, one.name));
    let mut mark = Mark::new(0x200 + index(row), "components")
        .path("rule-line", format!("M12 {}H{}", unit(y), unit(grid.first + grid.pitch * 3.0 - 8.0)))
        .text("component", (12.0, y + 13.0), fitting(&name, grid.first - 16.0, 6.3));
    for (place, column) in versions.columns.iter().enumerate() {
        let middle = grid.first + grid.pitch * as_units(place) + grid.width / 2.0;
        let other = versions.apart.and_then(|(one, other)| match place {
            _ if place == one => versions.columns.get(other),
            _ if place == other => versions.columns.get(one),
            _ => None,
        });
        let ahead = other.is_some_and(|other| column.is_ahead(other, leader));
        if ahead {
            mark = mark.rect("ahead", [middle - 30.0, y + 1.5, 60.0, ROW - 3.0, 4.0]);
        }
        let count = column.component(leader);
        let text = if ahead { format!("{count} ▲") } else { count };
        mark = mark.text(if ahead { "counter ahead middle" } else { "counter middle" }, (middle, y + 13.5), text);
    }
    mark
}
