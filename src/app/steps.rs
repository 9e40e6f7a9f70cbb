//! What has just happened, in sentences: the run as text, for those who read rather than watch.

use std::rc::Rc;

use yew::prelude::*;

use crate::explain::Explainer;
use crate::run::Run;
use crate::time::SimTime;

use super::shared::Shared;

/// How many steps are told.
const TOLD: usize = 12;
/// How far back to look for steps that have something to tell.
const LOOK_BACK: usize = 200;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) run: Shared<Run>,
    pub(super) explainer: Shared<Explainer<Rc<Run>>>,
    pub(super) now: SimTime,
    pub(super) on_seek: Callback<SimTime>,
}

#[component]
pub(super) fn Steps(props: &Props) -> Html {
    let trace = &props.run.trace;
    let done = trace.steps.partition_point(|s| trace.records[*s as usize].at <= props.now);
    let mut told: Vec<(usize, SimTime, String)> = Vec::new();
    for step in (done.saturating_sub(LOOK_BACK)..done).rev() {
        if let Some(what) = props.explainer.tell_step(step).filter(|t| !t.quiet) {
            told.push((step, what.at, what.sentence(&props.run.plan)));
        }
        if told.len() == TOLD {
            break;
        }
    }
    html! {
        <details class="diagram steps" open=true>
            <summary>{"What has just happened"}</summary>
            <ol>
                { for told.iter().map(|(step, at, sentence)| {
                    let (on_seek, at) = (props.on_seek.clone(), *at);
                    html! {
                        <li key={*step}>
                            <button type="button" class="noun time" onclick={move |_| on_seek.emit(at)}>{format!("{at} ms")}</button>
                            <span>{sentence}</span>
                        </li>
                    }
                }) }
            </ol>
        </details>
    }
}
