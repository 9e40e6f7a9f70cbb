//! What the scenario is about: the choice of preset, the story, what to try, and what helps.

use std::rc::Rc;

use yew::prelude::*;

use super::actions::Suggestion;
use super::bench::{Bench, Button, act, option, set};
use super::draw::{el, of};
use super::findings::{self, latest};
use super::lab::Msg;
use crate::player::{Msg as Play, Setting};
use crate::presets::{PRESETS, Preset};
use crate::router::ReadMode;

pub(super) fn view(bench: &Bench, suggestion: Option<&Suggestion>, can_undo: bool, found: usize, embed: bool) -> Html {
    let scenario = &bench.run.plan.scenario;
    let lesson = scenario.lesson.clone().unwrap_or_default();
    let title = if scenario.title.is_empty() { "A scenario without a title" } else { &scenario.title };
    let remedy = remedy(bench, found);
    let try_it = |class: &'static str| match suggestion {
        Some(s) => bench.button_of(&Button { text: &s.label, class, ..Button::default() }, act(s.event.clone(), s.label.clone())),
        None => bench.button_of(&Button { text: "Watch what happens", class, ..Button::default() }, Msg::Play(Play::Toggle)),
    };
    let cure = |text: &'static str, msg: &Msg, class: &'static str| {
        bench.button_of(&Button { text, class, ..Button::default() }, msg.clone())
    };
    // The next step is the primary one: first to see something go wrong, then to mend it, then to try again. It stays the same
    // element, so that a keyboard's user stays on it.
    let last = latest(&bench.run.findings, found).and_then(|i| bench.run.findings.get(i));
    let nothing = String::new;
    let (hint, first, told, second, class, words) = match (remedy, last) {
        (Remedy::Offered(button, msg, words), Some(last)) => {
            let hint = format!("{}: the findings say why. Now try what helps.", findings::headline(&bench.run, last));
            (hint, cure(button, &msg, "primary"), words, try_it(""), "remedy", nothing())
        }
        (Remedy::Offered(button, msg, words), None) => {
            (lesson.hint, try_it("primary"), nothing(), cure(button, &msg, ""), "remedy", words)
        }
        (Remedy::Taken(words), _) => {
            let done = can_undo && bench.run.findings.is_empty();
            let again = "Done: nothing is wrong with this run any more. Try again, as often as you like.";
            let hint = if done { again.to_owned() } else { lesson.hint };
            (hint, try_it("primary"), nothing(), Html::default(), "fixed", words)
        }
        (Remedy::None, _) => (lesson.hint, try_it("primary"), nothing(), Html::default(), "remedy", nothing()),
    };
    let undo = Button { text: "Undo", disabled: !can_undo, ..Button::default() };
    of("header", "story")
        .with(of("div", "bar-place").kid(if embed { Html::default() } else { bar(bench) }))
        .with(el("h2").kid(title))
        .with(of("p", "telling").kid(lesson.story))
        .with(of("p", "hint").kid(hint))
        .with(
            of("div", "tries")
                .with(el("span").kid(first))
                .with(of("p", "remedy").kid(told))
                .with(el("span").kid(second))
                .with(of("p", class).kid(words))
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

/// What helps against what is wrong with the run.
enum Remedy {
    /// A button's text, what it does, and what that means.
    Offered(&'static str, Msg, String),
    /// It was chosen: what it does.
    Taken(String),
    None,
}

fn remedy(bench: &Bench, found: usize) -> Remedy {
    let scenario = &bench.run.plan.scenario;
    let consistent = ReadMode::SessionConsistent;
    match scenario.lesson.as_ref().and_then(|l| l.fix.clone()) {
        Some(fix) if scenario.with_fix().is_none_or(|fixed| fixed == *scenario) => Remedy::Taken(format!("✓ {}", fix.text)),
        Some(fix) => Remedy::Offered("Apply the remedy", set(Setting::Fix), fix.text),
        None if found > 0 && scenario.read.mode != consistent => Remedy::Offered(
            "Switch to session-consistent reads",
            set(Setting::Mode(consistent)),
            "The same run again, with the same delays: only the read mode differs.".to_owned(),
        ),
        None if scenario.read.mode == consistent && bench.run.trace.ops.iter().any(|op| !op.is_write()) => Remedy::Taken(
            "✓ Reads are session-consistent: each carries what its session has seen, and a replica that is behind says so."
                .to_owned(),
        ),
        None => Remedy::None,
    }
}
