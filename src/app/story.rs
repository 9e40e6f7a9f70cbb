//! What the scenario is about: the choice of preset, the story, what to try, and what helps.

use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::player::{Msg as Play, Setting};
use crate::presets::{PRESETS, Preset};
use crate::run::Run;
use crate::scenario::Scenario;

use super::actions::Suggestion;
use super::shared::Shared;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) embed: bool,
    pub(super) can_undo: bool,
    pub(super) on_play: Callback<Play>,
    pub(super) on_open: Callback<Scenario>,
    pub(super) on_theme: Callback<()>,
    pub(super) suggestion: Option<Suggestion>,
    /// How many findings are there to be seen by now.
    pub(super) found: usize,
}

#[component]
pub(super) fn Story(props: &Props) -> Html {
    let scenario = &props.run.plan.scenario;
    let lesson = scenario.lesson.clone().unwrap_or_default();
    html! {
        <header class="story">
            <div class="bar-place">{ bar(props) }</div>
            <h2>{ if scenario.title.is_empty() { "A scenario without a title" } else { &scenario.title } }</h2>
            <p class="telling">{lesson.story}</p>
            <div class="try">
                <p class="hint">{lesson.hint}</p>
                <div class="tries">
                    <span class="suggestion-place">{ suggestion(props) }</span>
                    <span class="fix-place">{ fix(props) }</span>
                    <span class="undo-place">{ undo(props) }</span>
                </div>
            </div>
        </header>
    }
}

fn bar(props: &Props) -> Html {
    if props.embed {
        return html! {};
    }
    let title = &props.run.plan.scenario.title;
    let shown = PRESETS.iter().find(|p| p.scenario().title == *title).map(|p| p.id);
    let on_open = props.on_open.clone();
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|t| t.dyn_into::<HtmlSelectElement>().ok());
        if let Some(preset) = select.and_then(|s| Preset::named(&s.value())) {
            on_open.emit(preset.scenario());
        }
    });
    let on_theme = props.on_theme.clone();
    let again = props.on_open.clone();
    let original = shown.and_then(Preset::named);
    html! {
        <div class="bar">
            <label class="preset">
                <span>{"Scenario"}</span>
                <select key={shown.unwrap_or("own")} {onchange}>
                    { for shown.is_none().then(|| html! { <option key="own" selected=true>{"your own"}</option> }) }
                    { for PRESETS.iter().map(|p| html! { <option key={p.id} value={p.id} selected={shown == Some(p.id)}>{p.scenario().title}</option> }) }
                </select>
            </label>
            <button type="button" disabled={original.is_none()} onclick={move |_| if let Some(preset) = original { again.emit(preset.scenario()) }}>{"Start over"}</button>
            <button type="button" class="theme" onclick={move |_| on_theme.emit(())}>{"Light or dark"}</button>
        </div>
    }
}

fn suggestion(props: &Props) -> Html {
    let Some(suggestion) = props.suggestion.clone() else { return html! {} };
    let on_play = props.on_play.clone();
    let text = suggestion.label.clone();
    html! {
        <button type="button" class="primary" onclick={move |_| on_play.emit(Play::Act(suggestion.event.clone(), suggestion.label.clone()))}>{text}</button>
    }
}

fn fix(props: &Props) -> Html {
    let scenario = &props.run.plan.scenario;
    let already = scenario.with_fix().is_none_or(|fixed| fixed == *scenario);
    match scenario.lesson.as_ref().and_then(|l| l.fix.clone()) {
        Some(fix) if already => html! { <p class="fixed">{format!("✓ {}", fix.text)}</p> },
        Some(fix) => {
            let on_play = props.on_play.clone();
            html! {
                <span class="fix">
                    <button type="button" onclick={move |_| on_play.emit(Play::Set(Setting::Fix))}>{"Apply the remedy"}</button>
                    <span class="remedy">{fix.text}</span>
                </span>
            }
        }
        None if props.found > 0 && scenario.read.mode != crate::router::ReadMode::SessionConsistent => {
            let on_play = props.on_play.clone();
            let mode = crate::router::ReadMode::SessionConsistent;
            html! {
                <span class="fix">
                    <button type="button" onclick={move |_| on_play.emit(Play::Set(Setting::Mode(mode)))}>{"Switch to session-consistent reads"}</button>
                    <span class="remedy">{"The same run again, with the same delays: only the read mode differs."}</span>
                </span>
            }
        }
        None => html! {},
    }
}

fn undo(props: &Props) -> Html {
    let on_play = props.on_play.clone();
    html! { <button type="button" disabled={!props.can_undo} onclick={move |_| on_play.emit(Play::Undo)}>{"Undo"}</button> }
}
