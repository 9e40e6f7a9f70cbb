//! Draws a sheet: headings, paragraphs, tables, and buttons that open a scenario.

use yew::prelude::*;

use super::bench::Bench;
use super::draw::{el, of};
use super::lab::Msg;
use crate::sheet::{Mark, Part, Sheet, Table};

pub(super) fn view(bench: &Bench, sheet: &Sheet) -> Html {
    if sheet.title.is_empty() {
        return Html::default();
    }
    let parts = sheet.parts.iter().enumerate().map(|(index, part)| {
        let drawn = match part {
            Part::Heading(text) => el("h4").say(text).done(),
            Part::Text(text) => el("p").say(text).done(),
            Part::Table(table) => draw_table(table),
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
