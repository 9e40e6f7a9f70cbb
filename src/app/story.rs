//! What the scenario is about: the choice of preset, the story, what to try, and what helps.

use std::rc::Rc;

use yew::prelude::*;

use super::actions::Suggestion;
use super::bench::{Bench, Button, act, option, set};
use super::lab::Msg;
use crate::player::{Msg as Play, Setting};
use crate::presets::{PRESETS, Preset, titles};
use crate::router::ReadMode;

pub(super) fn view(bench: &Bench, suggestion: Option<&Suggestion>, can_undo: bool, found: usize, embed: bool) -> Html {
    let scenario = &bench.run.plan.scenario;
    let lesson = scenario.lesson.clone().unwrap_or_default();
    let title = if scenario.title.is_empty() { "A scenario without a title" } else { &scenario.title };
    let primary = match suggestion {
        Some(s) => bench
            .button_of(&Button { text: &s.label, class: "primary", ..Button::default() }, act(s.event.clone(), s.label.clone())),
        None => bench
            .button_of(&Button { text: "Watch what happens", class: "primary", ..Button::default() }, Msg::Play(Play::Toggle)),
    };
    let undo = Button { text: "Undo", disabled: !can_undo, ..Button::default() };
    html! {
        <header class="story">
            <div class="bar-place">{ if embed { Html::default() } else { bar(bench) } }</div>
            <h2>{title}</h2>
            <p class="telling">{lesson.story}</p>
            <p class="hint">{lesson.hint}</p>
            <div class="tries">
                <span>{primary}</span>
                <span>{ remedy(bench, found) }</span>
                <span>{ bench.button_of(&undo, Msg::Play(Play::Undo)) }</span>
            </div>
        </header>
    }
}

fn open(preset: Preset) -> Msg {
    Msg::Open(Box::new(preset.scenario()), None)
}

fn bar(bench: &Bench) -> Html {
    let title = &bench.run.plan.scenario.title;
    let titled = || PRESETS.iter().zip(titles());
    let shown = titled().find(|(_, t)| *t == title).map(|(p, _)| *p);
    let mut options: Vec<(String, String, bool)> = titled().map(|(p, t)| option(p.id, t, shown == Some(*p))).collect();
    if shown.is_none() {
        options.insert(0, option("", "your own", true));
    }
    let again = Button { text: "Start over", disabled: shown.is_none(), ..Button::default() };
    let theme = Button { text: "Light or dark", class: "theme", ..Button::default() };
    html! {
        <div class="bar">
            <label class="preset"><span>{"Scenario"}</span>{ bench.choice(&options, false, Rc::new(|id: &str| Preset::named(id).map(open))) }</label>
            { bench.button_of(&again, open(shown.unwrap_or(PRESETS[0]))) }
            { bench.button_of(&theme, Msg::Theme) }
        </div>
    }
}

fn remedy(bench: &Bench, found: usize) -> Html {
    let scenario = &bench.run.plan.scenario;
    let already = scenario.with_fix().is_none_or(|fixed| fixed == *scenario);
    let consistent = ReadMode::SessionConsistent;
    let (button, words) = match scenario.lesson.as_ref().and_then(|l| l.fix.clone()) {
        Some(fix) if already => return html! { <p class="fixed">{format!("✓ {}", fix.text)}</p> },
        Some(fix) => (bench.button("Apply the remedy", set(Setting::Fix)), fix.text),
        None if found > 0 && scenario.read.mode != consistent => (
            bench.button("Switch to session-consistent reads", set(Setting::Mode(consistent))),
            "The same run again, with the same delays: only the read mode differs.".to_owned(),
        ),
        None if scenario.read.mode == consistent && bench.run.trace.ops.iter().any(|op| !op.is_write()) => {
            return html! { <p class="fixed">{"✓ Reads are session-consistent: each carries what its session has seen, and a replica that is behind says so."}</p> };
        }
        None => return Html::default(),
    };
    html! { <span class="fix">{button}<span class="remedy">{words}</span></span> }
}
