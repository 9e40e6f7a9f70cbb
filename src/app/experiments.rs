//! Experiments: asks the worker, and shows the sheet that it answers.
//!
//! The worker is fetched and started with the first question. It says `?` once it listens, `~` and words while it works, `!` and
//! what is wrong, and else the lines of a sheet (see [`crate::worker`]). To give a job up is to end the worker.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, MessageEvent, Worker};
use yew::prelude::*;

use super::bench::{Bench, edit, option};
use super::draw::{el, of};
use super::lab::{Desk, Edit, Msg};
use super::sheet::{self, Place};
use super::shelf::beside;
use crate::experiment::{Experiment, other_modes};
use crate::run::Run;
use crate::scenario::Anomaly;
use crate::sheet::{Answer, Piece};
use crate::time::SimTime;
use crate::view::title;

/// What can be asked about the scenario as it stands.
const MENU: [Experiment; 5] =
    [Experiment::Systems, Experiment::Matrix, Experiment::Formats, Experiment::Timeouts, Experiment::Check];

/// What has been asked and answered.
#[derive(Default)]
pub(super) struct Experiments {
    asked: Option<Asked>,
    shown: Rc<Shown>,
}

/// A question that is being answered.
struct Asked {
    worker: Crew,
    request: String,
}

/// A worker that is told what to do, and ended with this.
pub(super) struct Crew {
    worker: Worker,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Crew {
    /// Tells the worker something; one that does not listen yet, which it says with `?`, would not hear it.
    pub(super) fn send(&self, request: &str) {
        // A message of text can always be posted.
        drop(self.worker.post_message(&request.into()));
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Starts a worker; what it says is handed on.
pub(super) fn crew(heard: Callback<String>) -> Option<Crew> {
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // An error is an event without words: the file did not come, or the program failed.
        heard.emit(event.data().as_string().unwrap_or_else(|| "!the lab's second program does not answer".to_owned()));
    });
    let worker = Worker::new(&beside("lab-worker_loader.js")).ok()?;
    worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    worker.set_onerror(Some(listener.as_ref().unchecked_ref()));
    Some(Crew { worker, _listener: listener })
}

/// What is shown of a question and its answer.
#[derive(Default, Clone)]
pub(super) struct Shown {
    /// The run that it was asked about.
    about: Option<Rc<Run>>,
    /// How far the worker is, while it works.
    progress: Option<String>,
    wrong: String,
    sheet: Rc<Answer>,
}

impl Shown {
    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.progress.is_none() && self.wrong.is_empty() && self.sheet.title.is_empty()
    }

    /// Whether it follows the clock.
    pub(super) fn has_strip(&self) -> bool {
        self.sheet.pieces.iter().any(|piece| matches!(piece, Piece::Strip(..)))
    }
}

impl Experiments {
    /// Asks a question, instead of the one that is being answered; about this run, if it is about a run.
    pub(super) fn ask(&mut self, bench: &Bench, request: String, about: Option<Rc<Run>>) {
        let mut shown = Shown { about, ..Shown::default() };
        match crew(bench.tell.reform(Msg::Answer)) {
            Some(worker) => {
                self.asked = Some(Asked { worker, request });
                shown.progress = Some(String::new());
            }
            None => shown.wrong = "the browser does not let the lab start a worker".to_owned(),
        }
        self.shown = Rc::new(shown);
    }

    /// Takes what the worker says.
    pub(super) fn hear(&mut self, said: &str) {
        let Some(asked) = &self.asked else { return };
        if said == "?" {
            return asked.worker.send(&asked.request);
        }
        let shown = Rc::make_mut(&mut self.shown);
        if let Some(words) = said.strip_prefix('~') {
            shown.progress = Some(words.to_owned());
        } else {
            self.asked = None;
            shown.progress = None;
            said.strip_prefix('!').unwrap_or_default().clone_into(&mut shown.wrong);
            shown.sheet = Rc::new(Answer::decode(said));
        }
    }

    /// Gives up what is being answered, and clears the sheet.
    pub(super) fn give_up(&mut self) {
        self.asked = None;
        self.shown = Rc::default();
    }

    /// What the panel shows.
    pub(super) fn shown(&self) -> Rc<Shown> {
        self.shown.clone()
    }
}

/// Brings the panel into view, and the keyboard to the answer that is to come: the question was asked elsewhere.
pub(super) fn go_there(lab: &HtmlElement) {
    let find = |selector: &str| lab.query_selector(selector).ok().flatten();
    let (Some(panel), Some(answer)) = (find(".experiments"), find(".answer")) else { return };
    let _ = panel.set_attribute("open", "");
    if let Ok(answer) = answer.dyn_into::<HtmlElement>() {
        let _ = answer.focus();
    }
    panel.scroll_into_view();
}

/// How far a question is, or its answer.
fn answer(bench: &Bench, shown: &Shown, clock: (SimTime, bool)) -> Html {
    let state = match &shown.progress {
        Some(words) => of("p", "note").say("Working … ").say(words).say(" ").kid(bench.button("Stop", Msg::GiveUp)).done(),
        None if !shown.wrong.is_empty() => of("p", "note").say("That cannot be answered: ").say(&shown.wrong).done(),
        None => Html::default(),
    };
    let sheet = if shown.sheet.title.is_empty() {
        Html::default()
    } else {
        let (run, about) = (&bench.run, shown.about.as_ref().unwrap_or(&bench.run));
        let old = !Rc::ptr_eq(run, about) && run.plan.scenario != about.plan.scenario;
        let alike = run.plan.nodes == about.plan.nodes && run.trace.ops.len() == about.trace.ops.len();
        sheet::view(&Place { bench, old, alike, clock }, &shown.sheet)
    };
    of("div", "answer")
        .is("tabindex", "-1")
        .with(el("div").is("role", "status").kid(state))
        .with(of("div", "sheet-place").kid(sheet))
        .done()
}

/// The questions about the whole scenario, and the answer to the last.
pub(super) fn panel(bench: &Bench, desk: &Desk, shown: &Shown, clock: (SimTime, bool), open: bool) -> Html {
    let asks = MENU.iter().map(|experiment| {
        let ask = bench.button(experiment.title(), Msg::Ask(*experiment, String::new()));
        el("span").key(experiment.name()).kid(ask).done()
    });
    let own = bench.run.plan.scenario.read.mode;
    let modes = other_modes(own).map(|mode| option(mode.name(), mode.name(), mode.name() == desk.mode));
    let kinds = Anomaly::ALL.into_iter().map(|kind| option(kind.name(), title(kind), kind.name() == desk.kind));
    let with = |name: &str, mut options: Vec<(String, String, bool)>, edits: fn(String) -> Edit, experiment: Experiment| {
        let place = options.iter().position(|option| option.2).unwrap_or(0);
        options[place].2 = true;
        let chosen = options[place].0.clone();
        of("div", "ask")
            .kid(bench.named_choice(name, &options, false, Rc::new(move |text: &str| Some(edit(edits(text.to_owned()))))))
            .kid(bench.button(experiment.title(), Msg::Ask(experiment, chosen)))
    };
    of("details", "panel experiments")
        .at("open", open)
        .with(el("summary").say("Experiments"))
        .with(of("p", "note").say("Questions about this scenario as it stands. Each answer is computed by running it."))
        .with(of("div", "buttons").kids(asks))
        .with(with("The same seed, with reads", modes.collect(), Edit::Mode, Experiment::Compare))
        .with(with("Other seeds and schedules, for a", kinds.collect(), Edit::Kind, Experiment::Search))
        .kid(answer(bench, shown, clock))
        .done()
}
