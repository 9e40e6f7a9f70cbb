//! Time: play, step, scrub, speed, and the branches of the run. The buttons stay where they are, whatever happens.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::player::{Msg as Play, SPEEDS};
use crate::run::Run;
use crate::time::{SimDuration, SimTime};
use crate::view::sign;

use super::keys::HELP;
use super::shared::Shared;
use super::slider::Slider;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) now: SimTime,
    pub(super) playing: bool,
    pub(super) speed: u64,
    pub(super) halts: bool,
    pub(super) on_play: Callback<Play>,
    /// The branches, and which of them is shown.
    pub(super) labels: Vec<AttrValue>,
    pub(super) current: usize,
}

#[component]
pub(super) fn Transport(props: &Props) -> Html {
    let button = |label: &'static str, face: &'static str, class: &'static str, play: Play| {
        let on_play = props.on_play.clone();
        html! {
            <button type="button" {class} aria-label={label} title={label} onclick={move |_| on_play.emit(play.clone())}>{face}</button>
        }
    };
    let on_play = props.on_play.clone();
    let on_halt = Callback::from(move |event: Event| {
        if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
            on_play.emit(Play::Halt(input.checked()));
        }
    });
    let on_play = props.on_play.clone();
    let index = SPEEDS.iter().position(|s| *s >= props.speed).unwrap_or(SPEEDS.len() - 1);
    html! {
        <div class="transport" role="group" aria-label="time">
            <Scrubber run={props.run.clone()} now={props.now} on_play={props.on_play.clone()} />
            <div class="buttons">
                { button("To the start", "⏮", "icon", Play::Seek(SimTime::ZERO)) }
                { button("One event back", "◁", "icon", Play::StepBack) }
                { if props.playing { button("Pause", "⏸ Pause", "play", Play::Toggle) } else { button("Play", "▶ Play", "play", Play::Toggle) } }
                { button("One event forward", "▷", "icon", Play::StepForward) }
                { button("To the next finding", "◆▷ Next finding", "", Play::NextFinding) }
                <Slider label="Speed" text={format!("1 s on screen = {}", SimDuration(props.speed))} {index} count={SPEEDS.len()}
                    on_change={Callback::from(move |i: usize| on_play.emit(Play::Speed(SPEEDS[i.min(SPEEDS.len() - 1)])))} />
                <label class="check"><input type="checkbox" checked={props.halts} onchange={on_halt} />{"stop at findings"}</label>
            </div>
            <div class="branches-place">{ branches(props) }</div>
            <details class="keys">
                <summary>{"Keys"}</summary>
                <dl>{ for HELP.iter().map(|(key, what)| html! { <div key={*key}><dt><kbd>{*key}</kbd></dt><dd>{*what}</dd></div> }) }</dl>
            </details>
        </div>
    }
}

fn branches(props: &Props) -> Html {
    if props.labels.len() < 2 {
        return html! {};
    }
    html! {
        <div class="branches" role="group" aria-label="branches of the run">
            <span>{"Futures:"}</span>
            { for props.labels.iter().enumerate().map(|(index, label)| {
                let on_play = props.on_play.clone();
                let pressed = index == props.current;
                html! {
                    <button key={index} type="button" aria-pressed={pressed.to_string()} onclick={move |_| on_play.emit(Play::Branch(index))}>{label}</button>
                }
            }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ScrubberProps {
    run: Shared<Run>,
    now: SimTime,
    on_play: Callback<Play>,
}

#[component]
fn Scrubber(props: &ScrubberProps) -> Html {
    let until = props.run.until();
    let trace = &props.run.trace;
    let step = trace.steps.partition_point(|s| trace.records[*s as usize].at <= props.now);
    let text = format!("{} ms of {} ms, event {step} of {}", props.now, until.0 / 1_000, trace.steps.len());
    let on_play = props.on_play.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let input = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(at) = input.and_then(|i| i.value().parse().ok()) {
            on_play.emit(Play::Seek(SimTime(at)));
        }
    });
    let stopped = match props.run.stopped_early() {
        Some(at) => format!("The run stops at {at} ms: its record is full ({} events).", trace.records.len()),
        None => String::new(),
    };
    html! {
        <div class="scrubber">
            <svg class="ticks" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
                { for ticks(&props.run).into_iter().map(|(x, mark)| html! { <path key={x} class={mark} d={format!("M{x} 0 V14")} /> }) }
            </svg>
            <input type="range" min="0" max={until.0.to_string()} step="1" value={props.now.0.to_string()} aria-label="time in the run" aria-valuetext={text.clone()} {oninput} />
            <p class="clock"><output>{text}</output><span class="signs" aria-hidden="true">{ signs(&props.run) }</span></p>
            <p class="stopped">{stopped}</p>
        </div>
    }
}

/// One tick for each place of the scrubber at which something was found or done.
fn ticks(run: &Run) -> Vec<(u64, &'static str)> {
    let until = run.until().0.max(1);
    let place = |at: SimTime| at.0 * 1_000 / until;
    let faults = run.plan.script.iter().map(|(at, ..)| (place(*at), "tick-action"));
    let found = run.findings.iter().map(|f| (place(f.at), "tick-finding"));
    let mut ticks: Vec<(u64, &'static str)> = faults.chain(found).collect();
    ticks.sort_unstable();
    ticks.reverse();
    ticks.dedup_by_key(|(x, _)| *x);
    ticks
}

fn signs(run: &Run) -> String {
    let mut signs: Vec<&str> = run.findings.iter().map(|f| sign(f.anomaly())).collect();
    signs.sort_unstable();
    signs.dedup();
    signs.join(" ")
}
