//! The keyboard inside a lab. Keys work only while the focus is in the lab, never on the whole page: a course page has keys of
//! its own, and so has a screen reader.

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::msg::Msg;
use crate::engine::Step;
use crate::player::SPEEDS;

/// What is written in the help.
pub(super) const HELP: &[(&str, &str)] = &[
    ("Space", "play or pause"),
    ("→ ←", "next or previous event"),
    ("Shift + → ←", "next or previous finding"),
    ("Home End", "start or end of the run"),
    ("] [", "faster or slower"),
    ("U", "undo"),
];

/// What a key means; `None` if it belongs to the control that has the focus.
pub(super) fn message(event: &KeyboardEvent, speed: u64, until: u64) -> Option<Msg> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let tag =
        event.target().and_then(|t| t.dyn_into::<Element>().ok()).map(|e| e.tag_name().to_ascii_lowercase()).unwrap_or_default();
    if matches!(tag.as_str(), "input" | "select" | "textarea") {
        return None;
    }
    let scrolls = event.target().and_then(|t| t.dyn_into::<Element>().ok()).and_then(|e| e.closest(".scroll").ok().flatten());
    if scrolls.is_some() && matches!(event.key().as_str(), "ArrowRight" | "ArrowLeft" | "Home" | "End") {
        return None;
    }
    let place = SPEEDS.iter().position(|s| *s >= speed).unwrap_or(SPEEDS.len() - 1);
    match (event.key().as_str(), event.shift_key()) {
        (" ", _) if !matches!(tag.as_str(), "button" | "summary" | "rect" | "a") => Some(Msg::Toggle),
        ("ArrowRight", false) => Some(Msg::Step(Step::Forward)),
        ("ArrowLeft", false) => Some(Msg::Step(Step::Back)),
        ("ArrowRight", true) => Some(Msg::Step(Step::NextFinding)),
        ("ArrowLeft", true) => Some(Msg::Step(Step::PreviousFinding)),
        ("Home", _) => Some(Msg::Seek(0)),
        ("End", _) => Some(Msg::Seek(until)),
        ("]", _) => Some(Msg::Speed(SPEEDS[(place + 1).min(SPEEDS.len() - 1)])),
        ("[", _) => Some(Msg::Speed(SPEEDS[place.saturating_sub(1)])),
        ("u" | "U", _) => Some(Msg::Undo),
        _ => None,
    }
}
