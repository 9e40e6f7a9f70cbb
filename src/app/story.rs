//! What the scenario is about: the choice of preset, the story, what to try, and what helps.

use std::rc::Rc;

use yew::prelude::*;

use super::actions::Suggestion;
use super::bench::{Bench, Button, act, option, set};
use super::draw::{el, of};
use super::lab::Msg;
use crate::player::{Msg as Play, Setting};
use crate::presets::{PRESETS, Preset};
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
    of("header", "story")
        .with(of("div", "bar-place").kid(if embed { Html::default() } else { bar(bench) }))
        .with(el("h2").kid(title))
        .with(of("p", "telling").kid(lesson.story))
        .with(of("p", "hint").kid(lesson.hint))
        .with(
            of("div", "tries")
                .with(el("span").kid(primary))
                .with(el("span").kid(remedy(bench, found)))
                .with(el("span").kid(bench.button_of(&undo, Msg::Play(Play::Undo)))),
        )
        .done()
}

fn open(preset: Preset) -> Msg {
    Msg::Preset(preset)
}

fn bar(bench: &Bench) -> Html {
    let title = &bench.run.plan.scenario.title;
    let shown = PRESETS.iter().find(|preset| preset.title == title).copied();
    let mut options: Vec<(String, String, bool)> = PRESETS.iter().map(|p| option(p.id, p.title, shown == Some(*p))).collect();
    if shown.is_none() {
        options.insert(0, option("", "your own", true));
    }
    let again = Button { text: "Start over", disabled: shown.is_none(), ..Button::default() };
    let theme = Button { text: "Light or dark", class: "theme", ..Button::default() };
    of("div", "bar")
        .with(of("label", "preset").with(el("span").say("Scenario")).kid(bench.choice(
            &options,
            false,
            Rc::new(|id: &str| Preset::named(id).map(open)),
        )))
        .kid(bench.button_of(&again, open(shown.unwrap_or(PRESETS[0]))))
        .kid(bench.button_of(&theme, Msg::Theme))
        .done()
}

fn remedy(bench: &Bench, found: usize) -> Html {
    let scenario = &bench.run.plan.scenario;
    let already = scenario.with_fix().is_none_or(|fixed| fixed == *scenario);
    let consistent = ReadMode::SessionConsistent;
    let (button, words) = match scenario.lesson.as_ref().and_then(|l| l.fix.clone()) {
        Some(fix) if already => return of("p", "fixed").kid(format!("✓ {}", fix.text)).done(),
        Some(fix) => (bench.button("Apply the remedy", set(Setting::Fix)), fix.text),
        None if found > 0 && scenario.read.mode != consistent => (
            bench.button("Switch to session-consistent reads", set(Setting::Mode(consistent))),
            "The same run again, with the same delays: only the read mode differs.".to_owned(),
        ),
        None if scenario.read.mode == consistent && bench.run.trace.ops.iter().any(|op| !op.is_write()) => {
            return of("p", "fixed").say("✓ Reads are session-consistent: each carries what its session has seen, and a replica that is behind says so.").done();
        }
        None => return Html::default(),
    };
    of("span", "fix").kid(button).with(of("span", "remedy").kid(words)).done()
}
