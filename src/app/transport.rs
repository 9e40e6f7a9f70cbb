//! Time: play, step, scrub, speed, and the branches of the run. The buttons stay where they are, whatever happens.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, Button};
use super::draw::{el, of, several};
use super::keys::HELP;
use super::lab::{Lit, Msg};
use super::part::{part, word};
use crate::player::{Branch, Msg as Play, SPEEDS};
use crate::run::Run;
use crate::time::{SimDuration, SimTime};

/// Everything but the scrubber: it changes only when the user changes it.
pub(super) fn buttons(bench: &Bench, (playing, speed, halts): (bool, u64, bool), futures: &[Branch], current: usize) -> Html {
    let icon = |label: &'static str, icon: &'static str, play: Play| {
        bench.button_of(&Button { label, icon, class: "icon", ..Button::default() }, Msg::Play(play))
    };
    let (text, shape) = if playing { ("Pause", "M4 2 V14 M12 2 V14") } else { ("Play", "M4 2 L13 8 L4 14 Z") };
    let index = SPEEDS.iter().position(|s| *s >= speed).unwrap_or(SPEEDS.len() - 1);
    let words = format!("1 s on screen = {}", SimDuration(speed).words());
    let faster = Rc::new(|i: usize| Msg::Play(Play::Speed(SPEEDS[i.min(SPEEDS.len() - 1)])));
    let next = Button { text: "Next finding", icon: "M8 1 L15 8 L8 15 L1 8 Z", ..Button::default() };
    several()
        .with(
            of("div", "buttons")
                .kid(icon("To the start", "M3 2 V14 M13 2 L5 8 L13 14 Z", Play::Seek(SimTime::ZERO)))
                .kid(icon("One event back", "M12 2 L4 8 L12 14 Z", Play::StepBack))
                .kid(bench.button_of(&Button { text, icon: shape, class: "play", ..Button::default() }, Msg::Play(Play::Toggle)))
                .kid(icon("One event forward", "M4 2 L12 8 L4 14 Z", Play::StepForward))
                .kid(bench.button_of(&next, Msg::Play(Play::NextFinding)))
                .kid(bench.slider("Speed", &words, (index, SPEEDS.len()), faster))
                .kid(bench.tick("stop at findings", halts, Msg::Play(Play::Halt(!halts)))),
        )
        .with(of("div", "branches-place").kid(branches(bench, futures, current)))
        .with(of("details", "keys").with(el("summary").say("Keys")).with(
            el("dl").kids(HELP.iter().map(|(key, what)| {
                el("div").key(*key).with(el("dt").with(el("kbd").kid(*key))).with(el("dd").kid(*what)).done()
            })),
        ))
        .done()
}

fn branches(bench: &Bench, branches: &[Branch], current: usize) -> Html {
    if branches.len() < 2 {
        return Html::default();
    }
    of("div", "branches")
        .is("role", "group")
        .is("aria-label", "branches of the run")
        .with(el("span").say("Futures:"))
        .kids(branches.iter().enumerate().map(|(index, branch)| {
            let button = Button { text: &branch.label, pressed: Some(index == current), ..Button::default() };
            el("span").key(index).kid(bench.button_of(&button, Msg::Play(Play::Branch(index)))).done()
        }))
        .done()
}

/// The time axis of the whole run, with a tick for each action and each finding.
pub(super) fn scrubber(bench: &Bench, (now, told): (SimTime, SimTime), lit: &Rc<Lit>) -> Html {
    let (run, until) = (&bench.run, bench.run.until());
    let trace = &run.trace;
    let step = trace.steps_until(told);
    let text = format!("{} of {}, event {step} of {}", told.words(), until.words(), trace.steps.len());
    let oninput = bench.input(Rc::new(|text: &str| text.parse().ok().map(|at| Msg::Play(Play::Seek(SimTime(at))))));
    let stopped = match run.stopped_early() {
        Some(at) => format!("The run stops at {}: {}.", at.words(), trace.what_is_full()),
        None => String::new(),
    };
    of("div", "scrubber")
        .kid(part(vec![word(run), word(lit)], marks(run, lit.at)))
        .with(
            el("input")
                .is("type", "range")
                .is("min", "0")
                .at("max", until.0.to_string())
                .is("step", "1")
                .value(now.0.to_string())
                .is("aria-label", "time in the run")
                .at("aria-valuetext", text.clone())
                .input(oninput),
        )
        .with(of("p", "clock").with(el("output").kid(text)))
        .with(of("p", "stopped").kid(stopped))
        .done()
}

fn marks(run: &Rc<Run>, lit: Option<SimTime>) -> Rc<dyn Fn() -> Html> {
    let run = run.clone();
    Rc::new(move || {
        of("svg", "ticks")
            .is("viewBox", "0 0 1000 14")
            .is("preserveAspectRatio", "none")
            .is("aria-hidden", "true")
            .with(el("path").at("d", ticks(&run, run.plan.script.iter().map(|(at, ..)| *at).collect())))
            .with(of("path", "tick-finding").at("d", ticks(&run, run.findings.iter().map(|f| f.at).collect())))
            .with(of("path", "tick-lit").at("d", ticks(&run, lit.into_iter().collect())))
            .done()
    })
}

/// One tick for each place of the scrubber at which something was found or done.
fn ticks(run: &Run, times: Vec<SimTime>) -> String {
    let until = run.until().0.max(1);
    let mut path = String::new();
    let mut last = u64::MAX;
    for place in times.into_iter().map(|at| at.0 * 1_000 / until) {
        if place != last {
            path.push_str(&format!("M{place} 0 V14 "));
            last = place;
        }
    }
    path
}
