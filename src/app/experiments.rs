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
    worker: Worker,
    request: String,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.worker.terminate();
    }
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
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            tell.emit(Msg::Answer(event.data().as_string().unwrap_or_default()));
        });
        let Ok(worker) = Worker::new(&beside("lab-worker_loader.js")) else {
            return self.show(Shown { wrong: "the browser does not let the lab start a worker".to_owned(), ..Shown::default() });
        };
        worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        self.asked = Some(Asked { worker, request: request(experiment, argument, scenario), _listener: listener });
        self.show(Shown { progress: Some(String::new()), ..Shown::default() });
    }

    /// Takes what the worker says.
    pub(super) fn hear(&mut self, said: &str) {
        let Some(asked) = &self.asked else { return };
        if said == "?" {
            // A message of text can always be posted.
            drop(asked.worker.post_message(&asked.request.as_str().into()));
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
