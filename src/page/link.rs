//! The way to the engine: a worker that all labs of the page share, or the engine in the page itself where no worker can be started.
//!
//! `boot.js` starts the worker before this program has come, so that both are fetched side by side, and keeps the promise of its first
//! word. That worker leaves some families out (`family/included.rs`); for a lab that needs one of them it says so, and a second worker with all
//! families, started then, is asked instead from there on. Where the browser refuses workers (a sandboxed frame), the program with all families
//! is loaded into the page and called in place. A program that has everything built in, as browser tests are, needs neither.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use yew::Callback;

use crate::engine::{Answer, Ask, Reply, Request};
use crate::sorted::Map;

/// What is told when the engine cannot be reached.
const UNREACHABLE: &str = "the lab's engine does not answer: load the page again";

/// The way of one lab to the engine.
pub(super) struct Link {
    lab: u32,
}

#[derive(Default)]
struct Switchboard {
    labs: Map<u32, Line>,
    next: u32,
    first: Option<wire::Wire>,
    /// The engine with all families, once a lab has needed it.
    families: Option<wire::Wire>,
}

/// One lab.
struct Line {
    heard: Callback<Vec<Reply>>,
    /// Whether it asks the engine with all families.
    families: bool,
}

thread_local! {
    static SWITCHBOARD: RefCell<Switchboard> = RefCell::default();
}

impl Link {
    /// Connects a lab; what is answered is handed to it.
    pub(super) fn new(heard: Callback<Vec<Reply>>) -> Link {
        SWITCHBOARD.with_borrow_mut(|board| {
            board.next += 1;
            board.labs.or_insert_with(board.next, || Line { heard, families: false });
            board.first.get_or_insert_with(wire::Wire::new);
            Link { lab: board.next }
        })
    }

    /// Asks the engine.
    pub(super) fn ask(&self, ask: Ask) {
        send(Request { lab: self.lab, ask });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let wire = wire_of(self.lab);
        SWITCHBOARD.with_borrow_mut(|board| board.labs.retain(|lab| lab != self.lab));
        if let Some(wire) = wire {
            wire.send(Request { lab: self.lab, ask: Ask::Close });
        }
    }
}

/// The engine that a lab asks.
fn wire_of(lab: u32) -> Option<wire::Wire> {
    SWITCHBOARD.with_borrow(|board| {
        let families = board.labs.get(lab).is_some_and(|line| line.families);
        if families { board.families.clone() } else { board.first.clone() }
    })
}

fn send(request: Request) {
    if let Some(wire) = wire_of(request.lab) {
        wire.send(request);
    }
}

/// From here on a lab asks the engine with all families, beginning with these.
fn go_over(lab: u32, asks: Vec<Ask>) {
    send(Request { lab, ask: Ask::Close });
    SWITCHBOARD.with_borrow_mut(|board| {
        if let Some(line) = board.labs.get_mut(lab) {
            line.families = true;
        }
        board.families.get_or_insert_with(wire::Wire::with_all_families);
    });
    asks.into_iter().for_each(|ask| send(Request { lab, ask }));
}

/// Hands an answer to its lab; one that is gone hears nothing.
fn deliver(answer: Answer) {
    let heard = SWITCHBOARD.with_borrow(|board| board.labs.get(answer.lab).map(|line| line.heard.clone()));
    let Some(heard) = heard else { return };
    let elsewhere = answer.replies.iter().find_map(|reply| match reply {
        Reply::Elsewhere(asks) => Some(asks.clone()),
        _ => None,
    });
    if let Some(asks) = elsewhere {
        go_over(answer.lab, asks);
    }
    heard.emit(answer.replies);
}

/// What `boot.js` left in the page.
pub(super) fn booted(name: &str) -> Option<JsValue> {
    let boot = Reflect::get(web_sys::window()?.as_ref(), &"replicationLab".into()).ok()?;
    Reflect::get(&boot, &name.into()).ok().filter(JsValue::is_truthy)
}

/// Tells all labs that the engine is gone.
fn fail() {
    let labs: Vec<_> = SWITCHBOARD.with_borrow(|board| board.labs.iter().map(|(_, line)| line.heard.clone()).collect());
    for heard in labs {
        heard.emit(vec![Reply::Failed(UNREACHABLE.to_owned())]);
    }
}

#[cfg(feature = "in-page")]
mod wire {
    use super::{Rc, RefCell, Request, deliver};
    use crate::engine::Engine;

    /// The engine within the program.
    #[derive(Clone)]
    pub(super) struct Wire(Rc<RefCell<Engine>>);

    impl Wire {
        pub(super) fn new() -> Wire {
            Wire(Rc::default())
        }

        pub(super) fn with_all_families() -> Wire {
            Wire::new()
        }

        pub(super) fn send(&self, request: Request) {
            let answer = self.0.borrow_mut().answer(request);
            deliver(answer);
        }
    }

    // What only a page with a worker needs.
    const _: fn() = super::fail;
}

#[cfg(not(feature = "in-page"))]
mod wire {
    use js_sys::{Function, Promise, Uint8Array};
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::{JsFuture, spawn_local};
    use web_sys::{MessageEvent, Worker};

    use super::{Rc, RefCell, Request, booted, deliver, fail};

    /// The engine as a worker or as a function in the page, and what has to wait until it listens.
    #[derive(Clone)]
    pub(super) struct Wire(Rc<RefCell<State>>);

    enum State {
        /// It does not listen yet.
        Waiting(Vec<Request>),
        Worker(Worker),
        /// A function from bytes to bytes.
        InPage(Function),
        Gone,
    }

    impl Wire {
        /// The worker that was started at once.
        pub(super) fn new() -> Wire {
            Wire::to(worker(booted("engine")))
        }

        /// A worker with all families, which is started now.
        pub(super) fn with_all_families() -> Wire {
            let start = booted("startEngine").and_then(|start| start.dyn_into::<Function>().ok());
            Wire::to(worker(start.and_then(|start| start.call0(&JsValue::NULL).ok())))
        }

        fn to(worker: impl Future<Output = Option<Worker>> + 'static) -> Wire {
            let wire = Wire(Rc::new(RefCell::new(State::Waiting(Vec::new()))));
            let started = wire.clone();
            spawn_local(async move { started.start(worker).await });
            wire
        }

        async fn start(self, worker: impl Future<Output = Option<Worker>>) {
            let found = match worker.await {
                Some(worker) => {
                    listen(&worker, self.clone());
                    State::Worker(worker)
                }
                None => in_page().await.map_or(State::Gone, State::InPage),
            };
            let before = self.0.replace(found);
            if matches!(*self.0.borrow(), State::Gone) {
                return self.give_up();
            }
            if let State::Waiting(requests) = before {
                requests.into_iter().for_each(|request| self.send(request));
            }
        }

        pub(super) fn send(&self, request: Request) {
            let said = match &mut *self.0.borrow_mut() {
                State::Waiting(requests) => {
                    requests.push(request);
                    return;
                }
                State::Worker(worker) => {
                    let Ok(bytes) = postcard::to_allocvec(&request) else { return };
                    // Bytes can always be posted.
                    drop(worker.post_message(&Uint8Array::from(&bytes[..])));
                    return;
                }
                State::InPage(function) => {
                    let Ok(bytes) = postcard::to_allocvec(&request) else { return };
                    function.call1(&JsValue::NULL, &Uint8Array::from(&bytes[..]))
                }
                State::Gone => Err(JsValue::NULL),
            };
            match said {
                Ok(said) => hear(&said),
                Err(_) => self.give_up(),
            }
        }

        /// A program that has failed does not answer any more.
        fn give_up(&self) {
            self.0.replace(State::Gone);
            fail();
        }
    }

    fn hear(said: &JsValue) {
        let bytes = Uint8Array::new(said).to_vec();
        match postcard::from_bytes(&bytes) {
            Ok(answer) => deliver(answer),
            Err(_) => fail(),
        }
    }

    fn listen(worker: &Worker, wire: Wire) {
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| hear(&event.data()));
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let failed = Closure::<dyn FnMut(JsValue)>::new(move |_: JsValue| wire.give_up());
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        // The worker lives as long as the page.
        heard.forget();
        failed.forget();
    }

    /// The worker that was promised, as soon as it listens; none if the browser does not let it.
    async fn worker(promised: Option<JsValue>) -> Option<Worker> {
        let promise: Promise = promised?.dyn_into().ok()?;
        JsFuture::from(promise).await.ok()?.dyn_into().ok()
    }

    /// The engine's program loaded into the page.
    async fn in_page() -> Option<Function> {
        let load: Function = booted("loadEngine")?.dyn_into().ok()?;
        let promise: Promise = load.call0(&JsValue::NULL).ok()?.dyn_into().ok()?;
        JsFuture::from(promise).await.ok()?.dyn_into().ok()
    }
}
