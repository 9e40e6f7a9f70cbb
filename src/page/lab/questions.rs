//! Questions that take many runs: asks the second program, which is fetched with the first of them, and ends it to give a job up.

use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageEvent;
use yew::Callback;

use crate::engine::Said;
use crate::page::link::booted;
use crate::page::shared::Shared;
use crate::page::sheet::Answering;

/// What has been asked and answered.
#[derive(Default)]
pub(super) struct Worker {
    asked: Option<Asked>,
    pub(super) answering: Shared<Answering>,
}

/// A question that is being answered. The worker ends with it.
struct Asked {
    worker: web_sys::Worker,
    question: String,
    _listener: Listener,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Worker {
    /// Asks a question, instead of the one that is being answered.
    pub(super) fn ask(&mut self, question: String, about_run: bool, heard: Callback<Vec<u8>>) {
        let mut answering = Answering { about_run, ..Answering::default() };
        match start(heard) {
            Some((worker, listener)) => {
                self.asked = Some(Asked { worker, question, _listener: listener });
                answering.progress = Some(String::new());
            }
            None => answering.wrong = "the browser does not let the lab start a worker".to_owned(),
        }
        self.answering = Shared::new(answering);
    }

    /// Takes what the program says; nothing if it failed, or its file did not come.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        let Some(asked) = &self.asked else { return };
        let gone = || Said::Failed("the lab's second program does not answer".to_owned());
        let mut answering = (*self.answering).clone();
        match postcard::from_bytes(bytes).unwrap_or_else(|_| gone()) {
            // A message of text can always be posted.
            Said::Ready => return drop(asked.worker.post_message(&asked.question.as_str().into())),
            Said::Working(words) => answering.progress = Some(words),
            Said::Done(shown) => {
                self.asked = None;
                answering.answered(*shown);
            }
            Said::Failed(why) => {
                self.asked = None;
                (answering.progress, answering.wrong) = (None, why);
            }
        }
        self.answering = Shared::new(answering);
    }

    /// Gives up what is being answered, and clears the answer.
    pub(super) fn give_up(&mut self) {
        self.asked = None;
        self.answering = Shared::default();
    }
}

type Listener = Closure<dyn FnMut(MessageEvent)>;

fn start(heard: Callback<Vec<u8>>) -> Option<(web_sys::Worker, Listener)> {
    let listener = Listener::new(move |event: MessageEvent| {
        let bytes = event.data().dyn_into::<js_sys::Uint8Array>().map(|bytes| bytes.to_vec()).unwrap_or_default();
        heard.emit(bytes);
    });
    let start: Function = booted("startWorker")?.dyn_into().ok()?;
    let worker: web_sys::Worker = start.call1(&JsValue::NULL, &"lab-experiments".into()).ok()?.dyn_into().ok()?;
    worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    worker.set_onerror(Some(listener.as_ref().unchecked_ref()));
    Some((worker, listener))
}
