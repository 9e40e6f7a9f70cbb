//! Draws a sheet: headings, paragraphs, tables, charts, strips, and buttons that open a scenario or save a file.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, unit};
use super::draw::{el, of, several};
use super::explanation;
use super::lab::{Lit, Msg};
use super::lag::{axis, seek, share};
use super::part::{part, word};
use crate::log::OpId;
use crate::narration::read_pieces;
use crate::player::Msg as Play;
use crate::sheet::{Chart, Mark, Part, Sheet, Span, Strip, Table};
use crate::time::SimTime;

/// Where a sheet is shown.
pub(super) struct Place<'a> {
    pub(super) bench: &'a Bench,
    /// Whether the scenario has changed since the sheet was asked for.
    pub(super) old: bool,
    /// Whether nodes and operations still have the numbers that they had.
    pub(super) alike: bool,
    /// The present moment, and whether the page is narrow.
    pub(super) clock: (SimTime, bool),
}

pub(super) fn view(place: &Place<'_>, sheet: &Rc<Sheet>) -> Html {
    let bench = place.bench;
    let parts = sheet.parts.iter().enumerate().map(|(index, part)| {
        let drawn = match part {
            Part::Heading(text) => el("h4").say(text).done(),
            Part::Text(text) => el("p").say(text).done(),
            Part::Told(pieces) => {
                let told = read_pieces(pieces);
                if place.alike { explanation::view(bench, &told) } else { el("p").kid(told.sentence()).done() }
            }
            Part::Table(table) => draw_table(table),
            Part::Chart(chart) => draw_chart(chart),
            Part::Strip(strip) => draw_strip(place, sheet, index, strip),
            Part::File(label, name, text) => bench.button(label, Msg::Save(name.clone(), text.clone())),
            Part::Open(label, at, scenario) => {
                let name = label.rsplit(": ").next().unwrap_or_default();
                bench.button(label, Msg::Try(scenario.clone(), name.to_owned(), *at))
            }
        };
        el("div").key(index).kid(drawn).done()
    });
    let old = if place.old { "The run on the screen is another one by now: this is about the scenario as it stood." } else { "" };
    of("section", "sheet")
        .at("aria-label", sheet.title.clone())
        .with(of("div", "sheet-head").with(el("h3").say(&sheet.title)).kid(bench.button("Close", Msg::GiveUp)))
        .with(of("p", "note").say(old))
        .kids(parts)
        .done()
}

/// The height of a client's lane in a strip, and where its two runs lie in it.
const LANE: f64 = 48.0;
const ROWS: [f64; 2] = [24.0, 40.0];
const TOP: f64 = 20.0;

fn lane_height(strip: &Strip) -> f64 {
    if strip.sides[1].is_empty() { ROWS[1] } else { LANE }
}

/// The operations of two runs above each other. What stands still is drawn once; the present moment lies above it.
#[expect(clippy::cast_precision_loss, reason = "a few lanes")]
fn draw_strip(place: &Place<'_>, sheet: &Rc<Sheet>, index: usize, strip: &Strip) -> Html {
    let (bench, (now, narrow)) = (place.bench, place.clock);
    let (width, left, span) = axis(narrow);
    let height = unit(TOP + lane_height(strip) * strip.lanes.len() as f64);
    // A strip of one side is of a history from elsewhere, which has a time of its own.
    let here = !strip.sides[1].is_empty();
    let frame = format!("0 0 {} {height}", unit(width));
    let (drawn, hand) = (sheet.clone(), bench.clone());
    let draw = move || match &drawn.parts[index] {
        Part::Strip(strip) => spans(&hand, strip, narrow),
        _ => Html::default(),
    };
    let first = strip.mark.map(|at| bench.button("Go to the first difference", Msg::Play(Play::Seek(SimTime(at)))));
    let now = unit(left + span * share(now, SimTime(strip.until)));
    let now = if here { format!("M{now} 0 V{height}") } else { String::new() };
    let seek = if here { seek(bench, (SimTime::ZERO, SimTime(strip.until)), narrow) } else { Callback::noop() };
    of("figure", "chart")
        .with(el("figcaption").say(&strip.caption))
        .with(el("div").kid(first.unwrap_or_default()))
        .with(
            of("div", "drawing strip")
                .with(
                    el("svg")
                        .at("viewBox", frame.clone())
                        .is("role", "img")
                        .at("aria-label", strip.caption.clone())
                        .click(seek)
                        .kid(part(vec![word(sheet), word(&bench.run), u64::from(narrow)], Rc::new(draw))),
                )
                .with(of("svg", "over").at("viewBox", frame).is("aria-hidden", "true").with(of("path", "now").at("d", now))),
        )
        .done()
}

#[expect(clippy::cast_precision_loss, reason = "a few lanes")]
fn spans(bench: &Bench, strip: &Strip, narrow: bool) -> Html {
    let (_, left, length) = axis(narrow);
    let x = |at: u64| left + length * share(SimTime(at), SimTime(strip.until));
    let (until, foreign) = (unit(left + length), strip.sides[1].is_empty());
    let words = |class: &'static str, x: f64, y: f64, words: &str| {
        el("text").at("class", class).at("x", unit(x)).at("y", unit(y)).kid(words).done()
    };
    let lane = |(n, (name, all)): (usize, &(String, Vec<Span>))| {
        let top = TOP + lane_height(strip) * n as f64;
        let one = |(i, s): (usize, &Span)| {
            let kind = match s.kind {
                'w' => "bar write",
                'r' => "bar read",
                'x' => "bar rejected",
                _ => "bar indeterminate",
            };
            let (class, y) = (
                format!("{kind}{}{}", if s.stale { " anomaly" } else { "" }, if s.same { " same" } else { "" }),
                top + ROWS[s.side],
            );
            let (from, to) = (x(s.from), x(s.to).max(x(s.from) + 3.0));
            el("g")
                .key(i)
                .at("class", class)
                .enter(bench.hover(if foreign { Lit::default() } else { Lit::ops(&bench.run, vec![OpId(s.op)]) }))
                .leave(bench.hover(Lit::default()))
                .with(
                    el("rect")
                        .at("x", unit(from))
                        .at("y", unit(y - 6.0))
                        .at("width", unit(to - from))
                        .is("height", "12")
                        .is("rx", "3"),
                )
                .kid(words("", to + 3.0, y + 5.0, if s.stale { "◆ stale" } else { "" }))
                .done()
        };
        let row = |side: usize| {
            let y = top + ROWS[side];
            el("g")
                .key(side)
                .with(of("path", "base").at("d", format!("M{} {}H{until}", unit(left), unit(y))))
                .kid(words("side", left - 6.0, y + 4.0, &short(&strip.sides[side])))
                .done()
        };
        el("g")
            .key(n)
            .kid(words("name", 4.0, top + 12.0, name))
            .with(el("g").kids((0..if foreign { 1 } else { 2 }).map(row)))
            .with(el("g").kids(all.iter().enumerate().map(one)))
            .done()
    };
    let mark = strip
        .mark
        .map_or(String::new(), |at| format!("M{} 0 V{}", unit(x(at)), unit(TOP + lane_height(strip) * strip.lanes.len() as f64)));
    let (place, side) = strip.mark.map_or((0.0, ""), |at| (x(at), "first difference"));
    let late = place > left + length * 0.7;
    several()
        .with(of("path", "parting").at("d", mark))
        .with(
            el("text")
                .at("class", if late { "side" } else { "first" })
                .at("x", unit(place + if late { -5.0 } else { 5.0 }))
                .is("y", "12")
                .kid(side),
        )
        .with(el("g").kids(strip.lanes.iter().enumerate().map(lane)))
        .done()
}

/// The name of a run, short enough to stand beside its row.
fn short(name: &str) -> String {
    name.split('-').next().unwrap_or_default().to_owned()
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
