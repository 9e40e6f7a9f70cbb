//! What has just happened, in sentences: the run as text, for those who read rather than watch.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, Button};
use super::draw::{el, of};
use super::lab::Msg;
use crate::explain::Explainer;
use crate::player::Msg as Play;
use crate::run::Run;
use crate::time::SimTime;

/// How many steps are told.
const TOLD: usize = 12;
/// How far back to look for steps that have something to tell.
const LOOK_BACK: usize = 200;

/// How many steps have happened.
pub(super) fn place(run: &Run, now: SimTime) -> usize {
    run.trace.steps_until(now)
}

pub(super) fn view(bench: &Bench, explainer: &Explainer<Rc<Run>>, done: usize) -> Html {
    let plan = &bench.run.plan;
    let steps = (done.saturating_sub(LOOK_BACK)..done).rev();
    let told = steps.filter_map(|step| Some((step, explainer.tell_step(step).filter(|told| !told.quiet)?)));
    let line = |(step, told): (usize, crate::explain::Told)| {
        let time = told.at.words();
        let button = Button { text: &time, class: "noun time", ..Button::default() };
        el("li")
            .key(step)
            .kid(bench.button_of(&button, Msg::Play(Play::Seek(told.at))))
            .with(el("span").kid(told.sentence(plan)))
            .done()
    };
    of("details", "diagram steps")
        .at("open", true)
        .with(el("summary").say("What has just happened"))
        .with(el("ol").kids(told.take(TOLD).map(line)))
        .done()
}
