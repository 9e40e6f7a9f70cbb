//! The lag of each follower over the run: a small chart, and the same in sentences.

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::time::SimTime;
use crate::view::{LagChart, LagLine, Stage};

use super::shared::Shared;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) chart: Shared<LagChart>,
    pub(super) stage: Shared<Stage>,
    pub(super) now: SimTime,
    pub(super) until: SimTime,
    pub(super) narrow: bool,
    pub(super) on_seek: Callback<SimTime>,
}

#[component]
pub(super) fn Chart(props: &Props) -> Html {
    let width = if props.narrow { 380.0 } else { 1_000.0 };
    let row = 44.0;
    let left = if props.narrow { 84.0 } else { 110.0 };
    let rows = u32::try_from(props.chart.lines.len()).unwrap_or(0);
    let height = row * f64::from(rows) + 6.0;
    let span = width - left - 8.0;
    let x = left + span * ratio(props.now, props.until);
    let (on_seek, until) = (props.on_seek.clone(), props.until);
    let onclick = Callback::from(move |event: MouseEvent| {
        if let Some(at) = clicked_at(&event, width, left, span) {
            on_seek.emit(SimTime(scale(at, until)));
        }
    });
    html! {
        <details class="diagram lag" open=true>
            <summary>{ format!("How far behind each follower is (highest: {} entries)", props.chart.top) }</summary>
            <svg viewBox={format!("0 0 {width} {height}")} {onclick} aria-hidden="true">
                { for props.chart.lines.iter().zip(0..).map(|(line, i)| one(line, row * f64::from(i), (left, span, row), props.chart.top)) }
                <path class="now" d={format!("M{x:.1} 0 V{height}")} />
            </svg>
            <ul class="sentences">{ for props.chart.lines.iter().map(|line| html! { <li key={line.id.0}>{ line.sentence(lag_now(&props.stage, line)) }</li> }) }</ul>
        </details>
    }
}

fn lag_now(stage: &Stage, line: &LagLine) -> u64 {
    stage.groups.iter().flat_map(|g| &g.lanes).find(|l| l.id == line.id).map_or(0, |l| l.lag_entries)
}

#[expect(clippy::cast_precision_loss, reason = "drawing")]
fn one(line: &LagLine, top: f64, (left, span, row): (f64, f64, f64), most: u64) -> Html {
    let base = top + row - 6.0;
    let step = span / line.bins.len() as f64;
    let height = |lag: u64| (row - 14.0) * lag as f64 / most as f64;
    let mut path = format!("M{left:.1} {base:.1}");
    let mut last = u64::MAX;
    for (i, lag) in line.bins.iter().enumerate() {
        if *lag != last {
            path.push_str(&format!(" H{:.1} V{:.1}", left + step * i as f64, base - height(*lag)));
            last = *lag;
        }
    }
    path.push_str(&format!(" H{:.1} V{base:.1} Z", left + span));
    html! {
        <g key={line.id.0}>
            <text x="4" y={format!("{:.0}", base - 10.0)}>{&line.name}</text>
            <path class="base" d={format!("M{left:.1} {base:.1} H{:.1}", left + span)} />
            <path class="area" d={path} />
        </g>
    }
}

#[expect(clippy::cast_precision_loss, reason = "drawing")]
pub(super) fn ratio(now: SimTime, until: SimTime) -> f64 {
    now.0 as f64 / until.0.max(1) as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a run's length"
)]
pub(super) fn scale(share: f64, until: SimTime) -> u64 {
    (share.clamp(0.0, 1.0) * until.0 as f64) as u64
}

/// Where on the time axis of a drawing was clicked, as a share of it.
pub(super) fn clicked_at(event: &MouseEvent, width: f64, left: f64, span: f64) -> Option<f64> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let drawing = target.closest("svg").ok()??;
    let bounds = drawing.get_bounding_client_rect();
    let x = (f64::from(event.client_x()) - bounds.left()) * width / bounds.width().max(1.0);
    Some((x - left) / span)
}
