//! Single controls: a button, an icon, and what stands in a field when it changes.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::msg::Msg;
use crate::engine::{Button, Order};

/// A button that the engine asked for.
pub(super) fn button(button: &Button, class: &'static str, tell: &Callback<Msg>) -> Html {
    let (order, tell) = (button.order.clone(), tell.clone());
    let label = (!button.label.is_empty()).then(|| button.label.clone());
    let class = (!class.is_empty()).then_some(class);
    let pressed = button.pressed.map(|pressed| pressed.to_string());
    let onclick = Callback::from(move |_: MouseEvent| tell.emit(Msg::Do(order.clone(), String::new())));
    html! {
        <button type="button" {class} disabled={button.disabled} aria-label={label} aria-pressed={pressed} {onclick}>
            { &button.text }
        </button>
    }
}

/// A button of the page itself.
pub(super) fn plain(text: &str, msg: Msg, tell: &Callback<Msg>) -> Html {
    html! { <button type="button" onclick={click(msg, tell)}>{ text }</button> }
}

/// A handler that says one thing.
pub(super) fn click(msg: Msg, tell: &Callback<Msg>) -> Callback<MouseEvent> {
    tell.reform(move |_| msg.clone())
}

/// An icon, by its outline.
pub(super) fn icon(path: &'static str) -> Html {
    html! { <svg class="icon-shape" viewBox="0 0 16 16" aria-hidden="true"><path d={path} /></svg> }
}

/// What stands in the control that an event comes from.
pub(super) fn value(event: &Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_into::<HtmlInputElement>() {
        Ok(input) => input.value(),
        Err(other) => other.dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default(),
    }
}

/// A handler that sends an order with what stands in its control.
pub(super) fn send<E: AsRef<Event> + 'static>(order: &Order, tell: &Callback<Msg>) -> Callback<E> {
    let order = order.clone();
    tell.reform(move |event: E| Msg::Do(order.clone(), value(event.as_ref())))
}

/// A handler that says something if there is something to say.
pub(super) fn perhaps<E: 'static>(tell: &Callback<Msg>, say: impl Fn(E) -> Option<Msg> + 'static) -> Callback<E> {
    let tell = tell.clone();
    Callback::from(move |event: E| {
        if let Some(msg) = say(event) {
            tell.emit(msg);
        }
    })
}

/// A number for the name of an element, which no other has.
pub(super) fn next_id() -> u32 {
    thread_local! {
        static LAST: Cell<u32> = const { Cell::new(0) };
    }
    LAST.with(|last| {
        last.set(last.get() + 1);
        last.get()
    })
}
