//! The stage: drawings on top of each other. What moves in great numbers is on the canvas, what stands still between two events is SVG, and
//! so is what else moves.

use yew::prelude::*;

use super::flights::{self, Moving};
use super::marks::{Pen, pane};
use super::msg::Msg;
use super::shared::Shared;
use crate::scene::Pane;

/// What is drawn of a moment.
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) label: String,
    pub(super) pane: Shared<Pane>,
    pub(super) narrow: bool,
    pub(super) pen: Pen,
}

/// What stands still between two events.
#[component]
pub(super) fn Still(props: &Props) -> Html {
    let Props { label, pane: drawing, narrow, pen } = props;
    html! {
        <svg class={if *narrow { "stage narrow" } else { "stage" }} viewBox={drawing.view_box()} role="group" aria-label={label.clone()}>
            <g class="still">
                <defs>
                    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <path class="hatch-line" d="M0 0 H2 V7 H0 Z" />
                    </pattern>
                </defs>
                { pane(drawing, pen) }
            </g>
        </svg>
    }
}

/// What moves, as shapes.
pub(super) fn moving(moving: &Moving, drawing: &Shared<Pane>, pen: &Pen) -> Html {
    html! {
        <svg class="stage over" viewBox={drawing.view_box()} aria-hidden="true">{ flights::view(moving, drawing, &pen.lit) }</svg>
    }
}

/// The canvas; its name says what is drawn on it to those who do not see it.
pub(super) fn canvas(element: &NodeRef, moving: &Moving) -> Html {
    let name = moving.on_canvas().map(|flights| format!("{} messages under way", flights.len()));
    let hidden = name.is_none().then_some("true");
    html! { <canvas ref={element.clone()} class="crowd" role="img" aria-hidden={hidden} aria-label={name}></canvas> }
}

/// What is said if there is too much to be drawn one by one.
pub(super) fn overflow(more: u32) -> Html {
    match more {
        0 => Html::default(),
        more => html! {
            <p class="overflow">{ format!("{more} messages are under way: too many to draw one by one, so each mark stands for all of one kind on one link. Every one is simulated.") }</p>
        },
    }
}

/// The choice of the pane.
pub(super) fn panes(names: &[String], shown: u8, tell: &Callback<Msg>) -> Html {
    let one = |(index, name): (usize, &String)| {
        let pane = u8::try_from(index).unwrap_or(0);
        html! {
            <button key={index} type="button" aria-pressed={(pane == shown).to_string()}
                onclick={super::control::click(Msg::Pane(pane), tell)}>{ name }</button>
        }
    };
    html! { <div class="panes" role="group" aria-label="view of the cluster">{ for names.iter().enumerate().map(one) }</div> }
}
