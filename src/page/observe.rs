//! What the browser tells a lab about its surroundings: whether it is on the screen, how wide it is, and what its user prefers.
//!
//! A lab that nobody can see costs nothing: its frame loop stops while it is scrolled away or its tab is hidden.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, ResizeObserver, ResizeObserverEntry};
use yew::Callback;

/// What has changed around a lab.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surroundings {
    /// Whether any of it is on the screen.
    OnScreen(bool),
    /// Whether its tab can be seen.
    TabVisible(bool),
    /// Its width in CSS pixels.
    Width(f64),
}

/// Watches until it is dropped.
pub(super) struct Watch {
    seen: IntersectionObserver,
    sized: ResizeObserver,
    on_tab: Closure<dyn FnMut()>,
    _on_seen: Closure<dyn FnMut(js_sys::Array)>,
    _on_size: Closure<dyn FnMut(js_sys::Array)>,
}

impl Watch {
    /// Watches an element. `None` where the browser cannot: then the lab is taken to be visible.
    pub(super) fn start(element: &Element, tell: &Callback<Surroundings>) -> Option<Watch> {
        let told = tell.clone();
        let on_seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            if let Ok(entry) = entries.get(entries.length().saturating_sub(1)).dyn_into::<IntersectionObserverEntry>() {
                told.emit(Surroundings::OnScreen(entry.is_intersecting()));
            }
        });
        let told = tell.clone();
        let on_size = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            if let Ok(entry) = entries.get(0).dyn_into::<ResizeObserverEntry>() {
                told.emit(Surroundings::Width(entry.content_rect().width()));
            }
        });
        let told = tell.clone();
        let document = web_sys::window()?.document()?;
        let on_tab = Closure::<dyn FnMut()>::new(move || {
            let hidden = web_sys::window().and_then(|w| w.document()).is_some_and(|d| d.hidden());
            told.emit(Surroundings::TabVisible(!hidden));
        });
        let seen = IntersectionObserver::new(on_seen.as_ref().unchecked_ref()).ok()?;
        let sized = ResizeObserver::new(on_size.as_ref().unchecked_ref()).ok()?;
        seen.observe(element);
        sized.observe(element);
        document.add_event_listener_with_callback("visibilitychange", on_tab.as_ref().unchecked_ref()).ok()?;
        Some(Watch { seen, sized, on_tab, _on_seen: on_seen, _on_size: on_size })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.seen.disconnect();
        self.sized.disconnect();
        if let Some(document) = web_sys::window().and_then(|w| w.document()) {
            let _ = document.remove_event_listener_with_callback("visibilitychange", self.on_tab.as_ref().unchecked_ref());
        }
    }
}

/// Whether the user asked the system for less motion.
pub(super) fn prefers_less_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

/// Whether the system is dark.
pub(super) fn prefers_dark() -> bool {
    matches("(prefers-color-scheme: dark)")
}

fn matches(query: &str) -> bool {
    web_sys::window().and_then(|w| w.match_media(query).ok().flatten()).is_some_and(|query| query.matches())
}
