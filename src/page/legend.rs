//! What the shapes on the stage mean, with the shapes themselves before the words; and what the keys do.

use yew::prelude::*;

use super::keys::HELP;
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
        <div class="legend">
            <ul>{ for props.board.legend.iter().map(one) }</ul>
            <h3>{ "Keys, while the focus is in the lab" }</h3>
            <dl class="keys">{ for HELP.iter().map(|(key, what)| html! { <div key={*key}><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></div> }) }</dl>
        </div>
    }
}
