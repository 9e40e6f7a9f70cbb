//! Draws forms from what the engine says of them: settings, actions, questions. Every control of a kind looks the same.

use web_sys::{HtmlElement, HtmlInputElement, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

use super::control::{button, click, next_id, send, value};
use super::msg::Msg;
use crate::engine::{Button, Choice, Field, Mode, Order};

/// Fields one below the other.
pub(super) fn fields(all: &[Field], tell: &Callback<Msg>) -> Html {
    all.iter().enumerate().map(|(key, one)| html! { <div key={key} class="field">{ field(one, tell) }</div> }).collect()
}

fn field(field: &Field, tell: &Callback<Msg>) -> Html {
    match field {
        Field::Group(legend, inner) => html! { <fieldset><legend>{ legend }</legend>{ fields(inner, tell) }</fieldset> },
        Field::Fold(summary, inner) => html! { <details><summary>{ summary }</summary>{ fields(inner, tell) }</details> },
        Field::Note(text) => html! { <p class="note">{ text }</p> },
        Field::Digest(text) => html! { <p class="digest">{ text }</p> },
        Field::Summary(text) => html! { <p class="summary">{ text }</p> },
        Field::Buttons(all) => html! {
            <span class="buttons">{ for all.iter().enumerate().map(|(key, one)| html! { <span {key}>{ button(one, "", tell) }</span> }) }</span>
        },
        Field::Choice { name, choices, disabled, order } => choice(name, choices, *disabled, order, tell),
        Field::Modes(modes) => modes.iter().map(|one| mode(one, tell)).collect(),
        Field::Tick { text, on, order } => html! {
            <label class="check">
                <input type="checkbox" checked={*on} onchange={send::<Event>(order, tell)} />{ text }
            </label>
        },
        Field::Slider { name, words, at, count, order } => html! {
            <label class="slider">
                <span class="slider-label">{ name }</span>
                <input type="range" min="0" max={count.saturating_sub(1).to_string()} step="1" value={at.to_string()}
                    aria-valuetext={words.clone()} oninput={slide(order, tell)} />
                <output class="slider-value">{ words }</output>
            </label>
        },
        Field::Text { .. } => html! { <Text field={field.clone()} tell={tell.clone()} /> },
        Field::Rows(rows) => html! {
            <ul class="rows">{ for rows.iter().map(|(name, inner)| html! {
                <li key={name.clone()}><span>{ name }</span>{ fields(inner, tell) }</li>
            }) }</ul>
        },
        Field::Table { name, corner, columns, rows } => table(name, corner, columns, rows, tell),
    }
}

fn choice(name: &str, choices: &[Choice], disabled: bool, order: &Order, tell: &Callback<Msg>) -> Html {
    // Once a user has chosen, the attribute no longer rules: a new key makes a new control.
    let chosen = choices.iter().find(|choice| choice.chosen).map_or(String::new(), |choice| choice.value.clone());
    html! {
        <label class="row">
            { name }
            <select key={chosen} {disabled} onchange={send::<Event>(order, tell)}>
                { for choices.iter().map(|choice| html! {
                    <option key={choice.value.clone()} value={choice.value.clone()} selected={choice.chosen}>{ &choice.text }</option>
                }) }
            </select>
        </label>
    }
}

fn mode(mode: &Mode, tell: &Callback<Msg>) -> Html {
    html! {
        <label key={mode.name.clone()} class="mode">
            <input type="radio" checked={mode.on} onchange={send::<Event>(&mode.order, tell)} />
            <span><b>{ &mode.name }</b>{ " " }<small>{ &mode.what }</small></span>
        </label>
    }
}

#[derive(Properties, PartialEq)]
struct TextProps {
    field: Field,
    tell: Callback<Msg>,
}

/// A text is sent with every key, a number when it is complete. While somebody writes in it, what he has written stands: an answer that
/// comes later would take letters away.
#[component]
fn Text(props: &TextProps) -> Html {
    let node = use_node_ref();
    let id = use_memo((), |()| next_id());
    let Field::Text { name, value, suggestions, max, number, order } = &props.field else { return Html::default() };
    {
        let node = node.clone();
        use_effect_with(value.clone(), move |value| {
            let own = node.cast::<HtmlInputElement>();
            let active = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
            if let Some(field) = own.filter(|field| active.is_none_or(|active| active != ***field)) {
                field.set_value(value);
            }
        });
    }
    let tell = &props.tell;
    let (oninput, onchange) =
        if *number { (None, Some(send_number(order, value, tell))) } else { (Some(send::<InputEvent>(order, tell)), None) };
    let list = (!suggestions.is_empty()).then(|| format!("suggestions-{id}"));
    html! {
        <label class="row">
            { name }
            <input ref={node} type="text" inputmode={number.then_some("numeric")} maxlength={max.to_string()} list={list.clone()} {oninput} {onchange} />
            <datalist id={list}>{ for suggestions.iter().map(|one| html! { <option key={one.clone()} value={one.clone()} /> }) }</datalist>
        </label>
    }
}

/// Sends a number, and shows again what is set: if it is accepted, the answer shows it.
fn send_number(order: &Order, set: &str, tell: &Callback<Msg>) -> Callback<Event> {
    let (order, set) = (order.clone(), set.to_owned());
    tell.reform(move |event: Event| {
        let entered = value(&event);
        if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
            field.set_value(&set);
        }
        Msg::Do(order.clone(), entered)
    })
}

/// Sends the place of a slider's thumb.
fn slide(order: &Order, tell: &Callback<Msg>) -> Callback<InputEvent> {
    let order = order.clone();
    tell.reform(move |event: InputEvent| Msg::Slide(order.clone(), value(&event)))
}

fn table(name: &str, corner: &str, columns: &[String], rows: &[(String, Vec<Option<Button>>)], tell: &Callback<Msg>) -> Html {
    let cell = |(key, cell): (usize, &Option<Button>)| {
        html! {
            <td key={key}>{ cell.as_ref().map_or_else(|| html! { "·" }, |one| button(one, "cut-toggle", tell)) }</td>
        }
    };
    html! {
        <div class="scroll" tabindex="0" role="region" aria-label={name.to_owned()}>
            <table>
                <thead><tr>
                    <th scope="col">{ corner }</th>
                    { for columns.iter().map(|column| html! { <th key={column.clone()} scope="col">{ column }</th> }) }
                </tr></thead>
                <tbody>{ for rows.iter().map(|(name, cells)| html! {
                    <tr key={name.clone()}><th scope="row">{ name }</th>{ for cells.iter().enumerate().map(cell) }</tr>
                }) }</tbody>
            </table>
        </div>
    }
}

/// What can be done with the node that was chosen.
#[derive(Properties, PartialEq)]
pub(super) struct NodeBarProps {
    pub(super) name: String,
    pub(super) inner: Vec<Field>,
    pub(super) tell: Callback<Msg>,
    pub(super) node: u16,
}

#[component]
pub(super) fn NodeBar(props: &NodeBarProps) -> Html {
    let NodeBarProps { name, inner, tell, node } = props;
    let bar = use_node_ref();
    {
        // Below a high stage it may be out of sight.
        let bar = bar.clone();
        use_effect_with(*node, move |_| {
            if let Some(bar) = bar.cast::<HtmlElement>() {
                let options = ScrollIntoViewOptions::new();
                options.set_block(ScrollLogicalPosition::Nearest);
                bar.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
    }
    html! {
        <div ref={bar} class="node-bar" role="group" aria-label={format!("actions of {name}")}>
            <strong>{ name }</strong>
            { fields(inner, tell) }
            <button type="button" class="close" aria-label={format!("close the actions of {name}")} onclick={click(Msg::Choose(*node), tell)}>{ "✕" }</button>
        </div>
    }
}

/// A form of its own.
#[derive(Properties, PartialEq)]
pub(super) struct FormProps {
    pub(super) class: &'static str,
    pub(super) inner: Vec<Field>,
    pub(super) tell: Callback<Msg>,
}

#[component]
pub(super) fn Form(props: &FormProps) -> Html {
    let FormProps { class, inner, tell } = props;
    html! { <div class={classes!("form", *class)}>{ fields(inner, tell) }</div> }
}
