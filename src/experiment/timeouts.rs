//! The sheet of time-outs: one time-out per step, as charts and as a table.

use super::Progress;
use crate::sheet::{Cell, Chart, Part, Sheet, Table};
use crate::sweep::{Price, TIMEOUTS, price};
use crate::time::SimDuration;

/// How many seeds each time-out takes unless something else is asked for.
pub(crate) const SEEDS: u64 = 5;

/// The sweep, computed time-out by time-out.
pub(super) fn job(seeds: u64) -> impl FnMut() -> Progress {
    let mut done: Vec<Price> = Vec::new();
    move || {
        done.push(price(TIMEOUTS[done.len()], seeds));
        if done.len() < TIMEOUTS.len() {
            return Progress::Working(format!("{} of {} time-outs", done.len(), TIMEOUTS.len()));
        }
        Progress::Done(sheet(&done, seeds))
    }
}

/// A mean, in thousandths.
fn mean(sum: u64, price: &Price) -> u64 {
    sum * 1_000 / price.runs.max(1)
}

/// A mean length of time, in milliseconds.
fn millis(sum: SimDuration, price: &Price) -> u64 {
    sum.0 / price.runs.max(1) / 1_000
}

fn sheet(done: &[Price], seeds: u64) -> Sheet {
    let mut sheet = Sheet::titled("How patient to be with a silent leader");
    sheet.say(format!(
        "Three replicas, a majority promotes the best candidate; {seeds} seeds for each time-out. In one run the leader crashes. In the other nobody does, but for 6 s one message in ten between the replicas takes up to 600 ms. A short time-out takes the spike for a crash; a long one leaves a crash unnoticed."
    ));
    let chart = |caption: &str, unit: &str, value: &dyn Fn(&Price) -> u64| {
        let points = TIMEOUTS.iter().zip(done).map(|(timeout, price)| (timeout.to_string(), value(price)));
        Part::Chart(Chart { caption: caption.to_owned(), unit: unit.to_owned(), points: points.collect() })
    };
    sheet.parts.push(chart("Without a leader after a crash", "s", &|price| millis(price.after_crash, price)));
    sheet.parts.push(chart("Promotions although nobody crashed", "", &|price| mean(price.false_promotions, price)));
    sheet.parts.push(chart("Without an acknowledged write during the spike", "s", &|price| millis(price.during_spike, price)));
    let head = ["time-out", "no writes after a crash", "false promotions", "no writes in the spike", "acknowledged writes lost"];
    let rows = TIMEOUTS.iter().zip(done).map(|(timeout, price)| {
        vec![
            Cell::plain(timeout.to_string()),
            Cell::plain(format!("{} ms", millis(price.after_crash, price))),
            Cell::judged(tenths(mean(price.false_promotions, price)), price.false_promotions == 0),
            Cell::plain(format!("{} ms", millis(price.during_spike, price))),
            Cell::judged(tenths(mean(price.lost, price)), price.lost == 0),
        ]
    });
    sheet.parts.push(Part::Table(Table {
        caption: "Means of all seeds".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }));
    sheet
}

/// Thousandths with one decimal.
fn tenths(thousandths: u64) -> String {
    format!("{}.{}", thousandths / 1_000, thousandths % 1_000 / 100)
}
