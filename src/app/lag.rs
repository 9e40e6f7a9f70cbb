//! The lag of each follower over the run: a small chart, and the same in sentences.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::bench::{Bench, unit};
use super::draw::{el, of, several};
use super::lab::{Lit, Msg};
use super::part::{part, word};
use crate::player::Msg as Play;
use crate::time::SimTime;
use crate::view::{LagChart, Stage};

const ROW: f64 = 44.0;

/// Where the time axis of a diagram lies: the whole width, the left edge of the axis, its length.
pub(super) fn axis(narrow: bool) -> (f64, f64, f64) {
    let (width, left) = if narrow { (380.0, 84.0) } else { (1_000.0, 110.0) };
    (width, left, width - left - 8.0)
}

pub(super) fn view(bench: &Bench, chart: &Rc<LagChart>, stage: &Stage, lit: &Rc<Lit>, (now, narrow): (SimTime, bool)) -> Html {
    let (width, left, span) = axis(narrow);
    let height = ROW * f64::from(u32::try_from(chart.lines.len()).unwrap_or(0)) + 6.0;
    let until = bench.run.until();
    let x = left + span * share(now, until);
    let lanes = || stage.groups.iter().flat_map(|g| &g.lanes);
    let behind = |id| lanes().find(|l| l.id == id).map_or(0, |l| if l.leads && !l.deposed { 0 } else { l.lag_entries });
    let (drawn, marked) = (chart.clone(), lit.clone());
    let entries = if chart.top == 1 { "entry" } else { "entries" };
    of("details", "diagram lag")
        .at("open", true)
        .with(el("summary").kid(format!("How far behind each follower is (highest: {} {entries})", chart.top)))
        .with(
            el("svg")
                .at("viewBox", format!("0 0 {} {}", unit(width), unit(height)))
                .click(seek(bench, (SimTime::ZERO, until), narrow))
                .is("aria-hidden", "true")
                .with(el("g").kid(part(
                    vec![word(chart), word(lit), u64::from(narrow)],
                    Rc::new(move || lines(&drawn, &marked, left, span)),
                )))
                .with(of("path", "now").at("d", format!("M{} 0 V{}", unit(x), unit(height)))),
        )
        .with(
            of("ul", "sentences")
                .kids(chart.lines.iter().map(|line| el("li").key(line.id.0).kid(line.sentence(behind(line.id))).done())),
        )
        .done()
}

#[expect(clippy::cast_precision_loss, reason = "drawing")]
fn lines(chart: &LagChart, lit: &Lit, left: f64, span: f64) -> Html {
    let one = |(i, line): (usize, &crate::view::LagLine)| {
        let base = ROW * (i + 1) as f64 - 6.0;
        let step = span / line.bins.len() as f64;
        let mut path = format!("M{} {}", unit(left), unit(base));
        let mut last = u64::MAX;
        for (bin, lag) in line.bins.iter().enumerate() {
            if *lag != last {
                let top = base - (ROW - 14.0) * *lag as f64 / chart.top as f64;
                path.push_str(&format!(" H{} V{}", unit(left + step * bin as f64), unit(top)));
                last = *lag;
            }
        }
        path.push_str(&format!(" H{} V{} Z", unit(left + span), unit(base)));
        el("g")
            .key(line.id.0)
            .at("class", if lit.nodes.contains(&line.id) { "lit" } else { "" })
            .with(el("text").is("x", "4").at("y", unit(base - 10.0)).kid(&line.name))
            .with(of("path", "base").at("d", format!("M{} {} H{}", unit(left), unit(base), unit(left + span))))
            .with(of("path", "area").at("d", path))
            .done()
    };
    several().kids(chart.lines.iter().enumerate().map(one)).done()
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
