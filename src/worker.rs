//! The worker: answers experiments and tells of runs in the background of the page, so that no frame waits for either.
//!
//! What it is asked as a narrator it answers at once, see [`crate::narration`].
//! It receives a request (see [`crate::experiment`]), works step by step, and posts `~` and words about how far it is, `!` and what
//! is wrong, or the lines of the answer. The page gives a job up by ending the worker: nothing is left behind.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::experiment::{Job, Progress};
use crate::narration::Narrator;

/// Listens for requests.
pub fn start() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let mut narrator = Narrator::default();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let request = event.data().as_string().unwrap_or_default();
        if Narrator::is_meant(&request) {
            let said = narrator.answer(&request);
            if !said.is_empty() {
                post(&said);
            }
            return;
        }
        match Job::of(&request) {
            Ok(job) => go_on(job),
            Err(wrong) => post(&format!("!{wrong}")),
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    post("?");
}

/// The next step, a word about it, and then the rest, after whatever else the worker was told.
fn go_on(mut job: Job) {
    match job.step() {
        Progress::Done(sheet) => post(&sheet.encode()),
        Progress::Working(words) => {
            post(&format!("~{words}"));
            Timeout::new(0, move || go_on(job)).forget();
        }
    }
}

fn post(text: &str) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    // A message of text can always be posted.
    drop(scope.post_message(&text.into()));
}
