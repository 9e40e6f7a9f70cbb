//! The programs that work beside the page: the engine, and the one that answers questions which take many runs.
//!
//! Both get bytes or a text and post bytes back ([`crate::engine`]). The page ends the second to give a job up: nothing is left behind. Where
//! no worker can be started the engine is loaded into the page, and leaves a function there.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::engine::{Engine, Said, shown};
use crate::experiment::{Job, Progress};

/// How long a job works before it says how far it is.
const SLICE_MS: f64 = 60.0;

/// Says on the console why a program ends.
fn tell_of_panics() {
    std::panic::set_hook(Box::new(|info| web_sys::console::error_1(&info.to_string().into())));
}

/// Starts the engine.
pub fn engine() {
    tell_of_panics();
    let engine = Rc::new(RefCell::new(Engine::default()));
    let answer = move |request: &JsValue| engine.borrow_mut().answer_bytes(&Uint8Array::new(request).to_vec());
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        return in_page(answer);
    };
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(bytes) = answer(&event.data()) {
            post(&bytes);
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    post(&[]);
}

/// Leaves the engine as a function in the page.
fn in_page(answer: impl Fn(&JsValue) -> Option<Vec<u8>> + 'static) {
    let function = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |request: JsValue| {
        answer(&request).map_or(JsValue::NULL, |bytes| Uint8Array::from(&bytes[..]).into())
    });
    if let Ok(boot) = Reflect::get(&js_sys::global(), &"replicationLab".into()) {
        // What `boot.js` has made can be added to.
        drop(Reflect::set(&boot, &"answer".into(), function.as_ref()));
    }
    function.forget();
}

/// Listens for questions.
pub fn experiments() {
    tell_of_panics();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        match Job::of(&event.data().as_string().unwrap_or_default()) {
            Ok(job) => go_on(job),
            Err(wrong) => say(&Said::Failed(wrong)),
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    say(&Said::Ready);
}

/// As many steps as fit into a slice, a word about them, and then the rest, after whatever else the worker was told.
fn go_on(mut job: Job) {
    let begun = js_sys::Date::now();
    let words = loop {
        match job.step() {
            Progress::Done(sheet) => return say(&Said::Done(Box::new(shown(sheet)))),
            Progress::Working(words) if js_sys::Date::now() - begun >= SLICE_MS => break words,
            Progress::Working(_) => {}
        }
    };
    say(&Said::Working(words));
    Timeout::new(0, move || go_on(job)).forget();
}

fn say(said: &impl Serialize) {
    post(&postcard::to_allocvec(said).unwrap_or_default());
}

fn post(bytes: &[u8]) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    // Bytes can always be posted.
    drop(scope.post_message(&Uint8Array::from(bytes)));
}
