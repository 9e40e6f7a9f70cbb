//! The staleness of each follower over the run, as the narrator has drawn it; and the axis of time that all diagrams share.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::bench::{Bench, unit};
use super::draw::{el, of};
use super::lab::{Lit, Msg};
use super::sheet::{answers, seen, under_clock};
use crate::player::Msg as Play;
use crate::sheet::AXES;
use crate::staleness::{Panel, ROW};
use crate::time::SimTime;

/// Where the time axis of a diagram lies: the whole width, the left edge of the axis, its length.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub(super) fn axis(narrow: bool) -> (f64, f64, f64) {
    let (width, left) = AXES[usize::from(narrow)];
    (width as f64, left as f64, (width - left - 8) as f64)
}

/// The panel; `fresh` says whether it is of the run on the screen.
pub(super) fn view(bench: &Bench, (panel, fresh): &(Rc<Panel>, bool), lit: &Lit, clock: (SimTime, bool)) -> Html {
    let of_none = panel.height == 0;
    let summary = if of_none { "How far behind each follower is" } else { &panel.summary };
    let rows = lit.nodes.iter().filter_map(|node| panel.nodes.iter().position(|other| other == node));
    let mark = |row: usize| {
        let percent = |height: u64| unit(height as f64 * 100.0 / panel.height.max(1) as f64);
        of("rect", "lit")
            .key(row)
            .at("y", percent(ROW * row as u64))
            .at("height", percent(ROW - 6))
            .at("width", unit(axis(clock.1).1))
            .done()
    };
    let body = if of_none {
        of("p", "note").say("Drawn with the first step of the run.").done()
    } else {
        let drawn = &panel.drawn[usize::from(clock.1)];
        of("div", if *fresh { "chart" } else { "chart old" })
            .kid(answers())
            .kid(under_clock(bench, panel.until.0, clock, drawn, el("g").kids(rows.map(mark)).done()))
            .with(of("ul", "sentences").kid(seen(&panel.sentences)))
            .done()
    };
    of("details", "diagram lag").at("open", true).with(el("summary").say(summary)).with(el("div").kid(body)).done()
}

#[expect(clippy::cast_precision_loss, reason = "drawing")]
pub(super) fn share(now: SimTime, until: SimTime) -> f64 {
    now.0 as f64 / until.0.max(1) as f64
}

/// A handler that goes to the moment that was clicked on a diagram from `from` to `to`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a run's length"
)]
pub(super) fn seek(bench: &Bench, (from, to): (SimTime, SimTime), narrow: bool) -> Callback<MouseEvent> {
    let tell = bench.tell.clone();
    let (width, left, span) = axis(narrow);
    Callback::from(move |event: MouseEvent| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let Some(drawing) = target.and_then(|t| t.closest("svg").ok().flatten()) else { return };
        let bounds = drawing.get_bounding_client_rect();
        let x = (f64::from(event.client_x()) - bounds.left()) * width / bounds.width().max(1.0);
        let share = ((x - left) / span).clamp(0.0, 1.0);
        tell.emit(Msg::Play(Play::Seek(SimTime(from.0 + (share * (to.0 - from.0) as f64) as u64))));
    })
}
