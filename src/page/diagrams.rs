//! The diagrams below the stage, all on one axis of time: what happened when, how stale each follower is, and the newest steps as sentences.

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::control::{click, perhaps};
use super::form::fields;
use super::marks::{Pen, pane};
use super::msg::Msg;
use super::shared::Shared;
use crate::engine::{Board, Line, Told};
use crate::scene::{AXES, AXIS_END, Diagram, Pane, Staleness, Target, unit};

/// How often the time of the space-time diagram can be halved.
const ZOOM_MAX: u32 = 12;

/// A stretch of time.
pub(super) type Span = (u64, u64);

#[expect(clippy::cast_precision_loss, reason = "drawing")]
fn x_of(at: u64, (from, to): Span, narrow: bool) -> f64 {
    let (width, left) = AXES[usize::from(narrow)];
    let share = at.clamp(from, to.max(from)).saturating_sub(from) as f64 / to.saturating_sub(from).max(1) as f64;
    left + (width - left - AXIS_END) * share
}

/// A handler that goes to the moment that was clicked on a diagram.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a run's length"
)]
pub(super) fn seek((from, to): Span, narrow: bool, tell: &Callback<Msg>) -> Callback<MouseEvent> {
    let (width, left) = AXES[usize::from(narrow)];
    perhaps(tell, move |event: MouseEvent| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let bounds = target?.closest("svg").ok().flatten()?.get_bounding_client_rect();
        let x = (f64::from(event.client_x()) - bounds.left()) * width / bounds.width().max(1.0);
        let share = ((x - left) / (width - left - AXIS_END)).clamp(0.0, 1.0);
        Some(Msg::Seek(from + (share * to.saturating_sub(from) as f64) as u64))
    })
}

/// A drawing with an axis of time.
#[derive(Properties, PartialEq)]
pub(super) struct TimelineProps {
    pub(super) label: String,
    pub(super) pane: Shared<Pane>,
    pub(super) span: Span,
    pub(super) narrow: bool,
    pub(super) pen: Pen,
}

/// All of a diagram but the present moment: it is drawn anew only when the window or what is lit changes.
#[component]
pub(super) fn Timeline(props: &TimelineProps) -> Html {
    let TimelineProps { label, pane: drawing, span, narrow, pen } = props;
    // A drawing without an end has a time of its own.
    let leads = span.1 > span.0;
    let moments = pen.lit.about.iter().filter_map(|about| match about {
        Target::Time(at) if leads => Some(format!("M{} 0 V{}", unit(x_of(*at, *span, *narrow)), unit(f64::from(drawing.height)))),
        _ => None,
    });
    html! {
        <svg viewBox={drawing.view_box()} role="img" aria-label={label.clone()} onclick={leads.then(|| seek(*span, *narrow, &pen.tell))}>
            <path class="moment" d={moments.collect::<String>()} />
            { pane(drawing, pen) }
        </svg>
    }
}

/// The present moment above a drawing, and a veil over what comes after what is known.
pub(super) fn present(pane: &Pane, now: u64, known: u64, span: Span, narrow: bool) -> Html {
    let (width, _) = AXES[usize::from(narrow)];
    let from = if known >= span.1 { width } else { x_of(known, span, narrow) };
    let veil = if from < width {
        format!("M{} 0 H{} V{} H{}Z", unit(from), unit(width), unit(f64::from(pane.height)), unit(from))
    } else {
        String::new()
    };
    html! {
        <svg class="over" viewBox={pane.view_box()} aria-hidden="true">
            <path class="to-come" d={veil} />
            <path class="now" d={format!("M{} 0 V{}", unit(x_of(now, span, narrow)), unit(f64::from(pane.height)))} />
        </svg>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct SpaceTimeProps {
    pub(super) board: Shared<Board>,
    pub(super) diagram: Shared<Diagram>,
    pub(super) pane: Shared<Pane>,
    pub(super) now: u64,
    /// Up to which moment the run is told of.
    pub(super) known: u64,
    pub(super) zoom: u32,
    pub(super) narrow: bool,
    pub(super) pen: Pen,
}

/// The space-time diagram: the same run with time to the right.
#[component]
pub(super) fn SpaceTime(props: &SpaceTimeProps) -> Html {
    let SpaceTimeProps { board, diagram, pane, now, known, zoom, narrow, pen } = props;
    let span = (diagram.from, diagram.to);
    let zoom_to = |text: &'static str, label: &'static str, level: u32, disabled: bool| {
        html! {
            <button type="button" aria-label={label} {disabled} onclick={click(Msg::Zoom(level), &pen.tell)}>{ text }</button>
        }
    };
    html! {
        <div class="diagram spacetime">
            <div class="zoom">
                <span>{ format!("{} to {} ms", diagram.from / 1_000, diagram.to / 1_000) }</span>
                { zoom_to("−", "Show more time", zoom.saturating_sub(1), *zoom == 0) }
                { zoom_to("+", "Show less time", zoom + 1, *zoom >= ZOOM_MAX) }
                <span class="omitted">{ &diagram.omitted }</span>
            </div>
            <div class="drawing">
                <Timeline label={diagram.label.clone()} pane={pane.clone()} {span} narrow={*narrow} pen={pen.clone()} />
                { present(pane, *now, *known, span, *narrow) }
            </div>
            <div class="order">{ fields(&board.order, &pen.tell) }</div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct LagProps {
    /// The staleness, with its drawings for a wide and for a narrow page; none before it has been asked for.
    pub(super) staleness: Option<Shared<(Staleness, [Shared<Pane>; 2])>>,
    /// Whether it is of the run on the screen.
    pub(super) fresh: bool,
    pub(super) now: u64,
    /// Up to which moment the run is told of.
    pub(super) known: u64,
    pub(super) until: u64,
    pub(super) narrow: bool,
    pub(super) pen: Pen,
}

/// The staleness of each follower over the run.
#[component]
pub(super) fn Lag(props: &LagProps) -> Html {
    let LagProps { staleness, fresh, now, known, until, narrow, pen } = props;
    let (summary, body) = match staleness.as_deref() {
        None => ("How far behind each follower is", html! { <p class="note">{ "Drawn with the first step of the run." }</p> }),
        Some((told, panes)) => {
            let (pane, span) = (&panes[usize::from(*narrow)], (0, *until));
            // They tell of the whole run.
            let sentences = if *known >= *until { told.sentences.as_slice() } else { &[] };
            let body = html! {
                <div class={if *fresh { "chart" } else { "chart old" }}>
                    <div class="drawing strip">
                        <Timeline label={told.sentences.join(" ")} pane={pane.clone()} {span} narrow={*narrow} pen={pen.clone()} />
                        { present(pane, *now, *known, span, *narrow) }
                    </div>
                    <ul class="sentences">{ for sentences.iter().enumerate().map(|(key, said)| html! { <li key={key}>{ said }</li> }) }</ul>
                </div>
            };
            (if *known >= *until { told.summary.as_str() } else { "How far behind each follower is" }, body)
        }
    };
    html! {
        <div class="diagram lag">
            <h3>{ summary }</h3>
            <div>{ body }</div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct StepsProps {
    pub(super) told: Shared<Told>,
    pub(super) run: u32,
    pub(super) tell: Callback<Msg>,
}

/// What has just happened, in sentences: the run as text, for those who read rather than watch.
#[component]
pub(super) fn Steps(props: &StepsProps) -> Html {
    let StepsProps { told, run, tell } = props;
    let line = |line: &Line| {
        html! {
            <li key={line.step}>
                <button type="button" class="noun time" onclick={click(Msg::StopAt(line.at), tell)}>{ &line.when }</button>
                <span>{ &line.text }</span>
            </li>
        }
    };
    let lines = told.steps.iter().filter(|_| told.run == *run);
    html! {
        <div class="diagram steps">
            <ol>{ for lines.map(line) }</ol>
        </div>
    }
}
