//! Experiments: asks the worker, and shows the sheet that it answers.
//!
//! The worker is fetched and started with the first question. It says `?` once it listens, `~` and words while it works, `!` and
//! what is wrong, and else the lines of a sheet (see [`crate::worker`]). To give a job up is to end the worker.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, Worker};
use yew::prelude::*;

use super::bench::Bench;
use super::draw::{el, of};
use super::lab::Msg;
use super::sheet;
use super::shelf::beside;
use crate::experiment::{Experiment, request};
use crate::scenario::Scenario;
use crate::sheet::Sheet;

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

/// What the panel shows.
#[derive(Default, Clone)]
struct Shown {
    /// How far the worker is, while it works.
    progress: Option<String>,
    wrong: String,
    sheet: Sheet,
}

impl Experiments {
    /// Asks a question, instead of the one that is being answered.
    pub(super) fn ask(&mut self, bench: &Bench, experiment: Experiment, argument: &str, scenario: &Scenario) {
        let tell = bench.tell.clone();
        let Some(worker) = crew(Callback::from(move |said| tell.emit(Msg::Answer(said)))) else {
            return self.show(Shown { wrong: "the browser does not let the lab start a worker".to_owned(), ..Shown::default() });
        };
        self.asked = Some(Asked { worker, request: request(experiment, argument, scenario) });
        self.show(Shown { progress: Some(String::new()), ..Shown::default() });
    }

    /// Takes what the worker says.
    pub(super) fn hear(&mut self, said: &str) {
        let Some(asked) = &self.asked else { return };
        if said == "?" {
            asked.worker.send(&asked.request);
        } else if let Some(words) = said.strip_prefix('~') {
            self.show(Shown { progress: Some(words.to_owned()), ..Shown::default() });
        } else {
            self.asked = None;
            let wrong = said.strip_prefix('!').unwrap_or_default().to_owned();
            self.show(Shown { progress: None, wrong, sheet: Sheet::decode(said) });
        }
    }

    /// Gives up what is being answered, and clears the sheet.
    pub(super) fn give_up(&mut self) {
        self.asked = None;
        self.show(Shown::default());
    }

    fn show(&mut self, shown: Shown) {
        self.shown = Rc::new(shown);
    }

    /// The word that stands for what is shown.
    pub(super) fn word(&self) -> u64 {
        super::part::word(&self.shown)
    }

    /// Draws the panel.
    pub(super) fn view(&self, bench: &Bench) -> Rc<dyn Fn() -> Html> {
        let (bench, shown) = (bench.clone(), self.shown.clone());
        Rc::new(move || panel(&bench, &shown))
    }
}

fn panel(bench: &Bench, shown: &Shown) -> Html {
    let asks = Experiment::ALL.iter().map(|experiment| {
        let ask = bench.button(experiment.title(), Msg::Ask(*experiment, String::new()));
        el("span").key(experiment.name()).kid(ask).done()
    });
    let state = match &shown.progress {
        Some(words) => of("p", "note").say("Working … ").say(words).say(" ").kid(bench.button("Stop", Msg::GiveUp)).done(),
        None if !shown.wrong.is_empty() => of("p", "note").say("That cannot be answered: ").say(&shown.wrong).done(),
        None => Html::default(),
    };
    of("details", "panel experiments")
        .with(el("summary").say("Experiments"))
        .with(of("p", "note").say("Questions about this scenario as it stands. Each answer is computed by running it."))
        .with(of("div", "buttons").kids(asks))
        .with(el("div").is("role", "status").kid(state))
        .with(of("div", "sheet-place").kid(sheet::view(bench, &shown.sheet)))
        .done()
}
