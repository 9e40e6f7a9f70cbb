//! Time: play, step, scrub, speed, and the branches of the run. The buttons stay where they are, whatever happens.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::control::{click, icon, perhaps};
use super::msg::{Lit, Msg};
use super::shared::Shared;
use crate::engine::{Board, Step};
use crate::player::SPEEDS;
use crate::scene::Target;
use crate::time::SimDuration;

#[derive(Properties, PartialEq)]
pub(super) struct ButtonsProps {
    pub(super) board: Shared<Board>,
    pub(super) playing: bool,
    pub(super) speed: u64,
    pub(super) halts: bool,
    pub(super) tell: Callback<Msg>,
}

/// Everything but the scrubber: it changes only when the user changes it.
#[component]
pub(super) fn Buttons(props: &ButtonsProps) -> Html {
    let ButtonsProps { board, playing, speed, halts, tell } = props;
    let sign = |label: &'static str, path: &'static str, msg: Msg| {
        html! {
            <button type="button" class="icon" aria-label={label} onclick={click(msg, tell)}>{ icon(path) }</button>
        }
    };
    let (text, shape) = if *playing { ("Pause", "M4 2 V14 M12 2 V14") } else { ("Play", "M4 2 L13 8 L4 14 Z") };
    html! {
        <>
            <div class="buttons">
                { sign("To the start", "M3 2 V14 M13 2 L5 8 L13 14 Z", Msg::Seek(0)) }
                { sign("One event back", "M12 2 L4 8 L12 14 Z", Msg::Step(Step::Back)) }
                <button type="button" class="play" onclick={click(Msg::Toggle, tell)}>{ icon(shape) }{ text }</button>
                { sign("One event forward", "M4 2 L12 8 L4 14 Z", Msg::Step(Step::Forward)) }
                <button type="button" class="next" aria-label="Next finding" onclick={click(Msg::Step(Step::NextFinding), tell)}>
                    { icon("M8 1 L15 8 L8 15 L1 8 Z") }<span class="letters">{ "Next finding" }</span>
                </button>
                { slider(*speed, tell) }
                <label class="check">
                    <input type="checkbox" checked={*halts} onchange={let halts = !halts; tell.reform(move |_| Msg::Halt(halts))} />
                    { "stop at findings" }
                </label>
            </div>
            <div class="branches-place">{ branches(board, tell) }</div>
        </>
    }
}

fn slider(speed: u64, tell: &Callback<Msg>) -> Html {
    let place = SPEEDS.iter().position(|one| *one >= speed).unwrap_or(SPEEDS.len() - 1);
    let words = format!("1 s on screen = {}", SimDuration(speed).words());
    let faster = tell.reform(|event: InputEvent| {
        let place = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse().ok()).unwrap_or(0);
        Msg::Speed(SPEEDS[SPEEDS.len().saturating_sub(1).min(place)])
    });
    html! {
        <label class="slider">
            <span class="slider-label">{ "Speed" }</span>
            <input type="range" min="0" max={(SPEEDS.len() - 1).to_string()} step="1" value={place.to_string()}
                aria-valuetext={words.clone()} oninput={faster} />
            <output class="slider-value">{ words }</output>
        </label>
    }
}

fn branches(board: &Board, tell: &Callback<Msg>) -> Html {
    let (labels, current) = &board.branches;
    if labels.len() < 2 {
        return Html::default();
    }
    let one = |(index, label): (usize, &String)| {
        html! {
            <span key={index}>
                <button type="button" aria-pressed={(index == *current as usize).to_string()}
                    onclick={click(Msg::Do(board.branch.clone(), index.to_string()), tell)}>{ label }</button>
            </span>
        }
    };
    html! {
        <div class="branches" role="group" aria-label="branches of the run">
            <span>{ "Futures:" }</span>
            { for labels.iter().enumerate().map(one) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct ScrubberProps {
    pub(super) board: Shared<Board>,
    pub(super) lit: Shared<Lit>,
    pub(super) now: u64,
    /// Up to which moment findings are told of.
    pub(super) known: u64,
    pub(super) clock: String,
    pub(super) tell: Callback<Msg>,
}

/// The time axis of the whole run, with a tick for each action and each finding.
#[component]
pub(super) fn Scrubber(props: &ScrubberProps) -> Html {
    let ScrubberProps { board, lit, now, known, clock, tell } = props;
    let known = board.findings.times.partition_point(|(at, _)| at <= known);
    let seek = perhaps(tell, |event: InputEvent| {
        let at = event.target_dyn_into::<HtmlInputElement>()?.value().parse().ok()?;
        Some(Msg::Seek(at))
    });
    html! {
        <div class="scrubber">
            <Ticks board={board.clone()} {known} lit={lit.clone()} />
            <input type="range" min="0" max={board.until.to_string()} step="1" value={now.to_string()}
                aria-label="time in the run" aria-valuetext={clock.clone()} oninput={seek} />
            <p class="clock"><output>{ clock }</output></p>
            <p class="stopped">{ &board.stopped }</p>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct TicksProps {
    board: Shared<Board>,
    /// How many findings are told of.
    known: usize,
    lit: Shared<Lit>,
}

#[component]
fn Ticks(props: &TicksProps) -> Html {
    let TicksProps { board, known, lit } = props;
    let until = board.until.max(1);
    let place = |at: u64| u16::try_from(at.min(until) * 1_000 / until).unwrap_or(1_000);
    let moments = lit.about.iter().filter_map(|about| if let Target::Time(at) = about { Some(place(*at)) } else { None });
    html! {
        <svg class="ticks" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
            <path d={ticks(board.done.iter().copied())} />
            <path class="tick-finding" d={ticks(board.findings.times.iter().take(*known).map(|(at, _)| place(*at)))} />
            <path class="tick-lit" d={ticks(moments)} />
        </svg>
    }
}

/// One tick for each place at which there is something.
fn ticks(places: impl Iterator<Item = u16>) -> String {
    let mut path = String::new();
    let mut last = None;
    for place in places {
        if last.replace(place) != Some(place) {
            path.push_str(&format!("M{place} 0 V14 "));
        }
    }
    path
}
