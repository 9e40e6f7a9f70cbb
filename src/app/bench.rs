//! What every part of the page works with: the run it shows, and the way back to the lab.
//!
//! The small builders here are the vocabulary of the page: a button, a choice, a tick, a slider, each of one kind and one size.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::draw::{el, of};
use super::lab::{Edit, Lit, Msg};
use crate::player::{Msg as Play, Setting};
use crate::run::Run;
use crate::scenario::{Event as Happening, Shard};

/// Makes a message from what the user entered; `None` if it makes no sense yet.
pub(super) type Read = Rc<dyn Fn(&str) -> Option<Msg>>;

#[derive(Clone)]
pub(super) struct Bench {
    pub(super) run: Rc<Run>,
    pub(super) tell: Callback<Msg>,
}

impl Bench {
    /// A handler that sends one message.
    pub(super) fn click(&self, msg: Msg) -> Callback<MouseEvent> {
        let tell = self.tell.clone();
        Callback::from(move |_| tell.emit(msg.clone()))
    }

    /// A handler for entering and leaving with the pointer.
    pub(super) fn hover(&self, lit: Lit) -> Callback<MouseEvent> {
        self.click(Msg::Lit(lit))
    }

    /// A handler for a control that holds text: it reads the control when it changes.
    pub(super) fn change(&self, read: Read) -> Callback<Event> {
        let tell = self.tell.clone();
        Callback::from(move |event: Event| emit(&tell, &read, event.target()))
    }

    /// A handler for a control that holds text: it reads the control with every key.
    pub(super) fn input(&self, read: Read) -> Callback<InputEvent> {
        let tell = self.tell.clone();
        Callback::from(move |event: InputEvent| emit(&tell, &read, event.target()))
    }

    /// A plain button.
    pub(super) fn button(&self, text: &str, msg: Msg) -> Html {
        self.button_of(&Button { text, ..Button::default() }, msg)
    }

    /// A button with all that it can have.
    pub(super) fn button_of(&self, button: &Button<'_>, msg: Msg) -> Html {
        let label = (!button.label.is_empty()).then(|| button.label.to_owned());
        let pressed = button.pressed.map(|p| p.to_string());
        el("button")
            .is("type", "button")
            .at("class", button.class.to_owned())
            .at("disabled", button.disabled)
            .at("aria-label", label)
            .at("aria-pressed", pressed)
            .click(self.click(msg))
            .with(of("span", "icon-place").kid(icon(button.icon)))
            .kid(button.text)
            .done()
    }

    /// One of several: value, text, chosen.
    pub(super) fn choice(&self, options: &[(String, String, bool)], disabled: bool, read: Read) -> Html {
        // Once a user has chosen, the attribute no longer rules: a new key makes a new control.
        let chosen = options.iter().find(|o| o.2).map_or(String::new(), |o| o.0.clone());
        el("select")
            .key(chosen)
            .at("disabled", disabled)
            .change(self.change(read))
            .kids(options.iter().map(|(value, text, selected)| {
                el("option").key(value.clone()).at("value", value.clone()).at("selected", *selected).kid(text).done()
            }))
            .done()
    }

    /// A choice with its name before it.
    pub(super) fn named_choice(&self, name: &str, options: &[(String, String, bool)], disabled: bool, read: Read) -> Html {
        of("label", "row").kid(name).kid(self.choice(options, disabled, read)).done()
    }

    /// Something that is on or off.
    pub(super) fn tick(&self, text: &str, on: bool, msg: Msg) -> Html {
        let tell = self.tell.clone();
        let onchange = Callback::from(move |_: Event| tell.emit(msg.clone()));
        of("label", "check").with(el("input").is("type", "checkbox").checked(on).change(onchange)).kid(text).done()
    }

    /// A slider over a list of values: its name, the value in words, the value's number, how many there are.
    pub(super) fn slider(&self, name: &str, words: &str, (index, count): (usize, usize), read: Rc<dyn Fn(usize) -> Msg>) -> Html {
        let oninput = self.input(Rc::new(move |text: &str| text.parse().ok().map(|i| read(i))));
        of("label", "slider")
            .with(of("span", "slider-label").kid(name))
            .with(
                el("input")
                    .is("type", "range")
                    .is("min", "0")
                    .at("max", (count - 1).to_string())
                    .is("step", "1")
                    .value(index.to_string())
                    .at("aria-valuetext", words.to_owned())
                    .input(oninput),
            )
            .with(of("output", "slider-value").kid(words))
            .done()
    }
}

/// What a button can have beyond its text.
#[derive(Default)]
pub(super) struct Button<'a> {
    pub(super) text: &'a str,
    /// The name for those who do not see it, if the text is not enough.
    pub(super) label: &'a str,
    pub(super) class: &'static str,
    /// The outline of its icon.
    pub(super) icon: &'static str,
    pub(super) disabled: bool,
    pub(super) pressed: Option<bool>,
}

fn icon(path: &'static str) -> Html {
    if path.is_empty() {
        return Html::default();
    }
    of("svg", "icon-shape").is("viewBox", "0 0 16 16").is("aria-hidden", "true").with(el("path").at("d", path)).done()
}

fn emit(tell: &Callback<Msg>, read: &Read, target: Option<web_sys::EventTarget>) {
    let Some(target) = target else { return };
    let text = match target.dyn_into::<HtmlInputElement>() {
        Ok(input) => input.value(),
        Err(other) => other.dyn_into::<HtmlSelectElement>().map(|s| s.value()).unwrap_or_default(),
    };
    if let Some(msg) = read(&text) {
        tell.emit(msg);
    }
}

/// Something happens to the cluster.
pub(super) fn act(event: Happening, label: String) -> Msg {
    Msg::Play(Play::Act(event, label))
}

/// A setting of the whole run changes.
pub(super) fn set(setting: Setting) -> Msg {
    Msg::Play(Play::Set(setting))
}

/// A choice that changes something of a shard.
pub(super) fn shard_change(index: usize, shard: &Shard, edit: fn(&mut Shard, &str)) -> Read {
    let shard = shard.clone();
    Rc::new(move |text: &str| {
        let mut next = shard.clone();
        edit(&mut next, text);
        Some(set(Setting::Shard(index, Box::new(next))))
    })
}

/// What a user has entered in a field of the page changes.
pub(super) fn edit(edit: Edit) -> Msg {
    Msg::Edit(edit)
}

/// An option of a choice.
pub(super) fn option(value: &str, text: &str, chosen: bool) -> (String, String, bool) {
    (value.to_owned(), text.to_owned(), chosen)
}

/// A length with one decimal, as SVG wants it. In integers: the formatting of floats is large and not needed for anything else.
#[expect(clippy::cast_possible_truncation, reason = "lengths on a page")]
pub(super) fn unit(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}
