//! The laboratory in the browser: renders what `view` computes and sends what the user does to `player`.
//!
//! Every element with a `data-lab` attribute becomes a lab of its own, and nothing outside these elements is touched, so that a
//! course page can hold several. What an address or an attribute asks for is read here; a wrong one gets a message in its place.

mod actions;
mod bench;
mod canvas;
mod controls;
mod draw;
mod experiments;
mod explanation;
mod failover;
mod findings;
mod flights;
mod frame_loop;
mod keys;
mod lab;
mod lag;
mod legend;
mod links;
mod log;
mod narrator;
mod observe;
mod opening;
mod part;
mod reads;
mod sheet;
mod shelf;
mod spacetime;
mod stage;
mod steps;
mod story;
mod transport;

pub use lab::Lab;
pub use opening::Opening;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use yew::Renderer;

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
        spawn_local(async move {
            for preset in opening::presets(&place, alone) {
                // One that does not come is told of in the lab, which then shows another.
                shelf::fetch(preset).await;
            }
            mount(place, alone);
        });
    }
}

fn places() -> Vec<web_sys::Element> {
    let document = web_sys::window().and_then(|w| w.document()).expect("the lab runs in a page");
    let found = document.query_selector_all("[data-lab]").expect("the selector is well formed");
    (0..found.length()).filter_map(|i| found.get(i)).filter_map(|node| node.dyn_into().ok()).collect()
}

/// Puts a lab into an element. A lab that is alone on its page also follows the page's address.
pub fn mount(place: web_sys::Element, alone: bool) -> yew::AppHandle<Lab> {
    let opening = Opening::of(&place, alone);
    Renderer::<Lab>::with_root_and_props(place, lab::Props { opening }).render()
}
