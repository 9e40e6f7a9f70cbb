//! The laboratory in the browser: shows what the engine draws and says, and sends what the user does to it.
//!
//! Every element with a `data-lab` attribute becomes a lab of its own, and nothing outside these elements is touched, so that a
//! course page can hold several. The page has the clock; it never simulates, and knows no family of replication.

mod canvas;
mod control;
mod diagrams;
mod embed;
mod files;
mod findings;
mod flights;
mod form;
mod frame_loop;
mod keys;
mod lab;
mod legend;
mod link;
mod marks;
mod msg;
mod observe;
mod prose;
mod reel;
mod shared;
mod sheet;
mod stage;
mod story;
mod tabs;
mod take;
mod transport;

pub use lab::Lab;

use wasm_bindgen::JsCast;
use yew::Renderer;

use lab::{Opening, Props};

/// Puts a lab into every place for one on the page.
///
/// # Panics
/// If there is no page.
pub fn start() {
    yew::set_custom_panic_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
        // A panic ends the program: say so where the user looks. The link in the address bar still holds the run.
        for place in places() {
            let _ = place.set_attribute("data-failed", "");
        }
    }));
    let places = places();
    let alone = places.len() == 1;
    for place in places {
        mount(place, alone);
    }
}

fn places() -> Vec<web_sys::Element> {
    let document = web_sys::window().and_then(|w| w.document()).expect("the lab runs in a page");
    let found = document.query_selector_all("[data-lab]").expect("the selector is well formed");
    (0..found.length()).filter_map(|i| found.get(i)).filter_map(|node| node.dyn_into().ok()).collect()
}

/// Puts a lab into an element. A lab that is alone on its page also follows the page's address.
///
/// What stands in the element already, a picture of what is to come, stays until there is something to show.
pub fn mount(place: web_sys::Element, alone: bool) -> yew::AppHandle<Lab> {
    let opening = Opening::of(&place, alone);
    let picture = place.query_selector(":scope > .first-paint").ok().flatten();
    let inner = picture.and_then(|_| web_sys::window()?.document()?.create_element("div").ok());
    let place = match inner {
        Some(inner) if place.append_child(&inner).is_ok() => inner,
        Some(_) | None => place,
    };
    Renderer::<Lab>::with_root_and_props(place, Props { opening }).render()
}
