//! What has just happened, in sentences: the run as text, for those who read rather than watch.

use yew::prelude::*;

use super::bench::{Bench, Button};
use super::draw::{el, of};
use super::lab::Msg;
use crate::narration::Line;
use crate::player::Msg as Play;
use crate::run::Run;
use crate::time::SimTime;

/// How many steps have happened.
pub(super) fn place(run: &Run, now: SimTime) -> usize {
    run.trace.steps_until(now)
}

pub(super) fn view(bench: &Bench, lines: &[Line]) -> Html {
    let line = |line: &Line| {
        let time = line.at.words();
        let button = Button { text: &time, class: "noun time", ..Button::default() };
        el("li")
            .key(line.step)
            .kid(bench.button_of(&button, Msg::Play(Play::StopAt(line.at))))
            .with(el("span").kid(&line.text))
            .done()
    };
    of("details", "diagram steps")
        .at("open", true)
        .with(el("summary").say("What has just happened"))
        .with(el("ol").kids(lines.iter().map(line)))
        .done()
}
