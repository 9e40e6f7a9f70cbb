//! The worker: answers experiments in the background of the page, so that no frame waits for them.
//!
//! It receives a request (see [`crate::experiment`]), works in slices, and posts `~` and words about how far it is, `!` and what
//! is wrong, or the lines of the answer. The page gives a job up by ending the worker: nothing is left behind.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::experiment::{Job, Progress};

/// How many steps are done between two words about the progress.
const STEPS_PER_SLICE: u32 = 16;

/// Listens for requests.
pub fn start() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        match Job::of(&event.data().as_string().unwrap_or_default()) {
            Ok(job) => go_on(job),
            Err(wrong) => post(&format!("!{wrong}")),
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    post("?");
}

/// A slice of work; then the rest, after whatever else the worker was told.
fn go_on(mut job: Job) {
    let mut words = String::new();
    for _ in 0..STEPS_PER_SLICE {
        match job.step() {
            Progress::Working(so_far) => words = so_far,
            Progress::Done(sheet) => return post(&sheet.encode()),
        }
    }
    post(&format!("~{words}"));
    Timeout::new(0, move || go_on(job)).forget();
}

fn post(text: &str) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    // A message of text can always be posted.
    drop(scope.post_message(&text.into()));
}
