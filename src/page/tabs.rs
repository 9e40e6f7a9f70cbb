//! Tabs: of several panels one is seen, the others are one step away. The pattern is that of the ARIA Authoring Practices Guide ("Tabs"): one
//! tab is in the order of the keyboard, the arrow keys go from tab to tab.
//!
//! All panels stay in the page, so that what somebody has typed or unfolded is there when he comes back; those that are not chosen are `hidden`.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::msg::{Msg, Place};
use wasm_bindgen::JsCast;

/// One tab: what stands on it, what there is to be noticed behind it, and its panel.
pub(super) struct Tab {
    pub(super) name: &'static str,
    /// A few letters beside the name; empty if nothing is to be noticed.
    pub(super) badge: String,
    pub(super) panel: Html,
}

/// Tabs with their panels; `lab` makes their names in the page different from those of another lab.
pub(super) fn tabs(label: &'static str, place: Place, lab: u32, all: Vec<Tab>, chosen: u8, tell: &Callback<Msg>) -> Html {
    let count = u8::try_from(all.len()).unwrap_or(u8::MAX);
    let name = |index: u8| format!("lab-{lab}-{}-{index}", place.word());
    let (names, panels): (Vec<_>, Vec<_>) = all.into_iter().map(|tab| ((tab.name, tab.badge), tab.panel)).unzip();
    let tab = |(index, (text, badge)): (u8, (&'static str, String))| {
        let badge = if badge.is_empty() {
            Html::default()
        } else {
            html! { <span class="badge">{ badge }</span> }
        };
        html! {
            <button key={index} type="button" role="tab" id={name(index)} aria-selected={(index == chosen).to_string()} aria-controls={name(index) + "-panel"}
                tabindex={if index == chosen { "0" } else { "-1" }} onclick={tell.reform(move |_: MouseEvent| Msg::Tab(place, index))}>
                { text }<span class="badge-place">{ badge }</span>
            </button>
        }
    };
    let panel = |(index, inner): (u8, Html)| {
        html! {
            <div key={index} role="tabpanel" class="tab-panel" id={name(index) + "-panel"} aria-labelledby={name(index)} hidden={index != chosen}>{ inner }</div>
        }
    };
    html! {
        <div class="tabs">
            <div role="tablist" aria-label={label} onkeydown={turn(place, lab, chosen, count, tell)}>{ for (0..).zip(names).map(tab) }</div>
            <div class="tab-panels">{ for (0..).zip(panels).map(panel) }</div>
        </div>
    }
}

/// The arrow keys, and the first and the last tab.
fn turn(place: Place, lab: u32, chosen: u8, count: u8, tell: &Callback<Msg>) -> Callback<KeyboardEvent> {
    let tell = tell.clone();
    Callback::from(move |event: KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowRight" => (chosen + 1) % count.max(1),
            "ArrowLeft" => (chosen + count.max(1) - 1) % count.max(1),
            "Home" => 0,
            "End" => count.saturating_sub(1),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        tell.emit(Msg::Tab(place, to));
        let document = web_sys::window().and_then(|window| window.document());
        let tab = document.and_then(|d| d.get_element_by_id(&format!("lab-{lab}-{}-{to}", place.word())));
        if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
            let _ = tab.focus();
        }
    })
}
