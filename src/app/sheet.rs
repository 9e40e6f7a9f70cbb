//! Draws an answer: what is only looked at has arrived as HTML, the rest are buttons, nouns, and a strip that follows the clock.

use yew::prelude::*;

use super::bench::{Bench, unit};
use super::draw::{el, of};
use super::explanation;
use super::lab::Msg;
use super::lag::{axis, seek, share};
use super::shelf::beside;
use crate::narration::read_pieces;
use crate::sheet::{Answer, Piece};
use crate::time::SimTime;

/// Where an answer is shown.
pub(super) struct Place<'a> {
    pub(super) bench: &'a Bench,
    /// Whether the scenario has changed since it was asked for.
    pub(super) old: bool,
    /// Whether nodes and operations still have the numbers that they had.
    pub(super) alike: bool,
    /// The present moment, and whether the page is narrow.
    pub(super) clock: (SimTime, bool),
}

pub(super) fn view(place: &Place<'_>, answer: &Answer) -> Html {
    let bench = place.bench;
    let pieces = answer.pieces.iter().enumerate().map(|(index, piece)| {
        let drawn = match piece {
            Piece::Seen(html) => seen(html),
            Piece::Told(pieces) => {
                let told = read_pieces(pieces);
                if place.alike { explanation::view(bench, &told) } else { el("p").kid(told.sentence()).done() }
            }
            Piece::Strip(caption, until, drawn) => strip(place, caption, *until, drawn),
            Piece::File(label, name, text) => bench.button(label, Msg::Save(name.clone(), text.clone())),
            Piece::Open(label, at, scenario) => {
                let name = label.rfind(':').map_or(&label[..], |colon| label[colon + 1..].trim_start());
                bench.button(label, Msg::Try(scenario.clone(), name.to_owned(), *at))
            }
        };
        el("div").key(index).kid(drawn).done()
    });
    let old = if place.old { "The run on the screen is another one by now: this is about the scenario as it stood." } else { "" };
    of("section", "sheet")
        .at("aria-label", answer.title.clone())
        .kid(answers())
        .with(of("div", "sheet-head").with(el("h3").say(&answer.title)).kid(bench.button("Close", Msg::GiveUp)))
        .with(of("p", "note").say(old))
        .kids(pieces)
        .done()
}

/// The style of what the worker has made.
pub(super) fn answers() -> Html {
    el("link").is("rel", "stylesheet").at("href", beside("answers.css")).done()
}

/// What the worker has made to be looked at; every text in it is escaped.
pub(super) fn seen(html: &str) -> Html {
    Html::from_html_unchecked(AttrValue::from(html.to_owned()))
}

/// The operations of two runs. A strip without a right edge has a time of its own.
fn strip(place: &Place<'_>, caption: &str, until: u64, drawn: &[String; 2]) -> Html {
    let drawn = &drawn[usize::from(place.clock.1)];
    let drawing = under_clock(place.bench, until, place.clock, drawn, Html::default());
    of("figure", "chart").with(el("figcaption").say(caption)).kid(drawing).done()
}

/// A drawing over the time of the run, with the present moment and other marks above it; a click goes to its moment.
pub(super) fn under_clock(bench: &Bench, until: u64, (now, narrow): (SimTime, bool), drawn: &str, marks: Html) -> Html {
    let (width, left, span) = axis(narrow);
    let x = unit(left + span * share(now, SimTime(until)));
    let drawing = of("div", "drawing strip").with(el("div").kid(seen(drawn)));
    let drawing = if until == 0 {
        drawing
    } else {
        drawing.click(seek(bench, (SimTime::ZERO, SimTime(until)), narrow)).with(
            of("svg", "over")
                .at("viewBox", format!("0 0 {} 100", unit(width)))
                .is("preserveAspectRatio", "none")
                .is("aria-hidden", "true")
                .with(of("path", "now").at("d", format!("M{x} 0V100")))
                .with(el("g").kid(marks)),
        )
    };
    drawing.done()
}
