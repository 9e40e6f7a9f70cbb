//! Draws a sheet: headings, paragraphs, tables, charts, and buttons that open a scenario.

use yew::prelude::*;

use super::bench::Bench;
use super::draw::{el, of};
use super::lab::Msg;
use crate::sheet::{Chart, Mark, Part, Sheet, Table};

/// How tall the area of one series is, and how wide one label's share of it.
const HEIGHT: u64 = 60;
const STEP: u64 = 56;

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

/// One row of bars per series, with its number over every bar: the picture says nothing that the numbers do not.
fn draw_chart(chart: &Chart) -> Html {
    let width = (chart.labels.len() as u64).max(1) * STEP;
    let label = |index: usize, y: u64, words: &str| {
        el("text").at("x", (index as u64 * STEP + STEP / 2).to_string()).at("y", y.to_string()).say(words).done()
    };
    let series = chart.series.iter().map(|(name, values)| {
        let most = values.iter().copied().max().unwrap_or(0).max(1);
        let mut bars = String::new();
        for (i, value) in values.iter().enumerate() {
            let tall = (value * HEIGHT).div_ceil(most);
            bars += &format!("M{} {}h{}v-{tall}h-{}z", i as u64 * STEP + 8, HEIGHT + 20, STEP - 16, STEP - 16);
        }
        let picture = of("svg", "bars")
            .at("viewBox", format!("0 0 {width} {}", HEIGHT + 40))
            .is("role", "img")
            .at("aria-label", format!("{name}: {}", words(chart, values)))
            .with(el("path").at("d", bars))
            .kids(values.iter().enumerate().map(|(i, value)| label(i, 14, &value.to_string())))
            .kids(chart.labels.iter().enumerate().map(|(i, words)| label(i, HEIGHT + 34, words)));
        el("figure").with(el("figcaption").say(name)).with(picture).done()
    });
    of("div", "chart").with(el("p").say(&chart.caption)).kids(series).done()
}

fn words(chart: &Chart, values: &[u64]) -> String {
    let pairs: Vec<String> = chart.labels.iter().zip(values).map(|(label, value)| format!("{label}: {value}")).collect();
    pairs.join(", ")
}
