//! One animation loop, as a value: it runs while it lives and stops when it is dropped.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use yew::Callback;

type Frame = Closure<dyn FnMut(f64)>;

/// Calls back once for each frame of the browser, with the wall time since the last one in milliseconds.
pub(super) struct FrameLoop {
    request: Rc<Cell<i32>>,
    _frame: Rc<RefCell<Option<Frame>>>,
}

impl FrameLoop {
    pub(super) fn start(on_frame: Callback<f64>) -> FrameLoop {
        let request = Rc::new(Cell::new(0));
        let frame: Rc<RefCell<Option<Frame>>> = Rc::default();
        // The closure holds itself weakly: dropping the loop frees it.
        let (again, requested) = (Rc::downgrade(&frame), request.clone());
        let mut last: Option<f64> = None;
        *frame.borrow_mut() = Some(Closure::new(move |now: f64| {
            let elapsed = last.replace(now).map_or(0.0, |before| now - before);
            if let Some(frame) = again.upgrade() {
                requested.set(ask(&frame));
            }
            on_frame.emit(elapsed);
        }));
        request.set(ask(&frame));
        FrameLoop { request, _frame: frame }
    }
}

fn ask(frame: &RefCell<Option<Frame>>) -> i32 {
    let frame = frame.borrow();
    let (Some(window), Some(closure)) = (web_sys::window(), frame.as_ref()) else { return 0 };
    window.request_animation_frame(closure.as_ref().unchecked_ref()).unwrap_or(0)
}

impl Drop for FrameLoop {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let _ = window.cancel_animation_frame(self.request.get());
        }
    }
}
