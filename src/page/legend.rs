//! What the shapes on the stage mean, with the shapes themselves before the words.

use yew::prelude::*;

use super::marks::{Pen, pane};
use super::msg::Lit;
use super::shared::Shared;
use crate::engine::Board;
use crate::scene::{Pane, Sample};

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) board: Shared<Board>,
}

#[component]
pub(super) fn Legend(props: &Props) -> Html {
    let pen = Pen { lit: Shared::<Lit>::default(), chosen: None, tell: Callback::noop() };
    let one = |sample: &Sample| {
        html! {
            <li key={sample.meaning.clone()}>
                <svg class="stage sample" viewBox="-20 -20 40 40" aria-hidden="true">
                    { pane(&Pane { marks: vec![sample.mark.clone().into()], ..Pane::default() }, &pen) }
                </svg>
                { &sample.meaning }
            </li>
        }
    };
    html! {
        <details class="legend">
            <summary>{ "What the shapes mean" }</summary>
            <ul>{ for props.board.legend.iter().map(one) }</ul>
        </details>
    }
}
