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
        .with(el("link").is("rel", "stylesheet").at("href", beside("answers.css")))
        .with(of("div", "sheet-head").with(el("h3").say(&answer.title)).kid(bench.button("Close", Msg::GiveUp)))
        .with(of("p", "note").say(old))
        .kids(pieces)
        .done()
}

/// What the worker has made to be looked at; every text in it is escaped.
fn seen(html: &str) -> Html {
    Html::from_html_unchecked(AttrValue::from(html.to_owned()))
}

/// The operations of two runs, with the present moment above them. One without a right edge has a time of its own.
fn strip(place: &Place<'_>, caption: &str, until: u64, drawn: &[String; 2]) -> Html {
    let (now, narrow) = place.clock;
    let (width, left, span) = axis(narrow);
    let x = unit(left + span * share(now, SimTime(until)));
    let drawing = of("div", "drawing strip").with(el("div").kid(seen(&drawn[usize::from(narrow)])));
    let drawing = if until == 0 {
        drawing
    } else {
        drawing.click(seek(place.bench, (SimTime::ZERO, SimTime(until)), narrow)).with(
            of("svg", "over")
                .at("viewBox", format!("0 0 {} 100", unit(width)))
                .is("preserveAspectRatio", "none")
                .is("aria-hidden", "true")
                .with(of("path", "now").at("d", format!("M{x} 0V100"))),
        )
    };
    of("figure", "chart").with(el("figcaption").say(caption)).with(drawing).done()
}
