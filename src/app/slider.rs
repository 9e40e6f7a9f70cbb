//! A slider over a list of values, with its value in words beside it.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(super) struct Props {
    pub(super) label: AttrValue,
    /// The value in words.
    pub(super) text: AttrValue,
    /// The number of the value in its list.
    pub(super) index: usize,
    /// How many values there are.
    pub(super) count: usize,
    /// Called with the number of the new value.
    pub(super) on_change: Callback<usize>,
}

#[component]
pub(super) fn Slider(props: &Props) -> Html {
    let on_change = props.on_change.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let input = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(index) = input.and_then(|i| i.value().parse().ok()) {
            on_change.emit(index);
        }
    });
    html! {
        <label class="slider">
            <span class="slider-label">{&props.label}</span>
            <input type="range" min="0" max={(props.count - 1).to_string()} step="1" value={props.index.to_string()}
                aria-valuetext={&props.text} {oninput} />
            <output class="slider-value">{&props.text}</output>
        </label>
    }
}
