//! What the scenario is about: the choice of preset, the story, what to try, and what helps.

use yew::prelude::*;

use super::control::{button, click, icon, send};
use super::msg::Msg;
use super::shared::Shared;
use crate::engine::{Board, Button, Menu, Moment, Story};

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) board: Shared<Board>,
    pub(super) moment: Shared<Moment>,
    pub(super) tell: Callback<Msg>,
}

#[component]
pub(super) fn Telling(props: &Props) -> Html {
    let Props { board, moment, tell } = props;
    let story = &moment.story;
    let title = if board.title.is_empty() { "A scenario without a title" } else { &board.title };
    html! {
        <header class="story">
            <h2>{ title }</h2>
            <p class="telling">{ &story.telling }</p>
            <p class="hint">{ &story.hint }</p>
            { tries(story, tell) }
        </header>
    }
}

/// The next step is the primary one, and stays the same element, so that a keyboard's user stays on it.
fn tries(story: &Story, tell: &Callback<Msg>) -> Html {
    let first = match &story.first {
        Some(first) => button(first, "primary", tell),
        None => {
            html! { <button type="button" class="primary" onclick={click(Msg::Toggle, tell)}>{ "Watch what happens" }</button> }
        }
    };
    let second = |second: &Button| button(second, "", tell);
    html! {
        <div class="tries">
            <span>{ first }</span>
            <p class="remedy">{ &story.first_words }</p>
            <span>{ story.second.as_ref().map(second).unwrap_or_default() }</span>
            <p class={if story.fixed { "fixed" } else { "remedy" }}>{ &story.second_words }</p>
            <span>{ button(&story.undo, "", tell) }</span>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct BarProps {
    pub(super) board: Shared<Board>,
    pub(super) tell: Callback<Msg>,
}

/// The choice of the scenario, and what concerns the whole page.
#[component]
pub(super) fn Bar(props: &BarProps) -> Html {
    let BarProps { board, tell } = props;
    let Menu { groups, shown } = &board.presets;
    let own = shown.is_none().then(|| html! { <option key="" value="" selected=true>{ "your own" }</option> });
    let option = |(id, title): &(String, String)| {
        html! {
            <option key={id.clone()} value={id.clone()} selected={shown.as_ref() == Some(id)}>{ title }</option>
        }
    };
    let groups = groups.iter().map(|(title, presets)| {
        html! {
            <optgroup key={title.clone()} label={title.clone()}>{ for presets.iter().map(option) }</optgroup>
        }
    });
    let again = shown.clone().map_or(Msg::Dismiss, |id| Msg::Do(board.open.clone(), id));
    html! {
        <div class="bar">
            <label class="preset">
                <span>{ "Scenario" }</span>
                <select key={shown.clone().unwrap_or_default()} onchange={send::<Event>(&board.open, tell)}>{ for own.into_iter().chain(groups) }</select>
            </label>
            <button type="button" disabled={shown.is_none()} onclick={click(again, tell)}>{ "Start over" }</button>
            <button type="button" class="icon theme" aria-label="Light or dark" title="Light or dark" onclick={click(Msg::Theme, tell)}>
                { icon("M8 0.5 A7.5 7.5 0 0 0 8 15.5 A7.5 7.5 0 0 0 8 0.5 Z M8 2 A6 6 0 0 1 8 14 Z") }
            </button>
        </div>
    }
}
