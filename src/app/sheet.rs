//! Draws a sheet: headings, paragraphs, tables, and buttons that open a scenario.

use yew::prelude::*;

use super::bench::{Bench, unit};
use super::draw::{el, of};
use super::lab::Msg;
use crate::sheet::{Chart, Mark, Part, Sheet, Table};

pub(super) fn view(bench: &Bench, sheet: &Sheet) -> Html {
    if sheet.title.is_empty() {
        return Html::default();
    }
    let parts = sheet.parts.iter().enumerate().map(|(index, part)| {
        let drawn = match part {
            Part::Heading(text) => el("h4").say(text).done(),
            Part::Text(text) => el("p").say(text).done(),
            Part::Table(table) => draw_table(table),
            Part::Chart(chart) => draw_chart(chart),
            Part::Open(label, at, scenario) => bench.button(label, Msg::Try(scenario.clone(), label.clone(), *at)),
        };
        el("div").key(index).kid(drawn).done()
    });
    of("section", "sheet").at("aria-label", sheet.title.clone()).with(el("h3").say(&sheet.title)).kids(parts).done()
}

fn draw_table(table: &Table) -> Html {
    let head = table.head.iter().map(|text| el("th").is("scope", "col").say(text).done());
    let rows = table.rows.iter().map(|row| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let made = match cell.mark {
                _ if column == 0 => el("th").is("scope", "row"),
                Mark::Plain => el("td"),
                Mark::Good => of("td", "good"),
                Mark::Bad => of("td", "bad"),
            };
            made.say(&cell.text).done()
        });
        el("tr").kids(cells).done()
    });
    let body = el("table")
        .with(el("caption").say(&table.caption))
        .with(el("thead").with(el("tr").kids(head)))
        .with(el("tbody").kids(rows));
    of("div", "scroll").is("tabindex", "0").is("role", "group").at("aria-label", table.caption.clone()).with(body).done()
}

/// A line through the points, each with its value; the table beside it has the same numbers for those who do not see it.
#[expect(clippy::cast_precision_loss, reason = "drawing")]
fn draw_chart(chart: &Chart) -> Html {
    let top = chart.points.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1) as f64;
    let step = 360.0 / chart.points.len().max(1) as f64;
    let mut path = String::new();
    let marks = chart.points.iter().enumerate().map(|(index, (name, value))| {
        let (x, y) = (unit(step * (index as f64 + 0.5)), 110.0 - 80.0 * *value as f64 / top);
        path += &format!("{}{x} {}", if index == 0 { "M" } else { " L" }, unit(y));
        let number = format!("{}.{}", value / 1_000, value % 1_000 / 100);
        el("g")
            .key(index)
            .with(el("circle").at("cx", x.clone()).at("cy", unit(y)).is("r", "3.5"))
            .with(el("text").at("x", x.clone()).at("y", unit(y - 8.0)).kid(number))
            .with(of("text", "tick").at("x", x).is("y", "130").kid(name))
            .done()
    });
    let marks: Vec<Html> = marks.collect();
    of("figure", "chart")
        .with(el("figcaption").say(&chart.caption).say(if chart.unit.is_empty() { "" } else { ", in " }).say(&chart.unit))
        .with(
            el("svg")
                .is("viewBox", "0 0 360 136")
                .is("aria-hidden", "true")
                .with(of("path", "base").is("d", "M0 110 H360"))
                .with(of("path", "line").at("d", path))
                .kids(marks.into_iter()),
        )
        .done()
}
