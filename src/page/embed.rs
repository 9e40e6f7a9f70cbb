//! The page around a lab that is in a frame: messages of protocol version 1, out and in (`static/embed/protocol.md`).
//!
//! Only the parent window is listened to, and of it only the origins that `?origin=` names, if it names any. What is no message of the
//! protocol is ignored; one that is, but cannot be carried out, is answered with an error. Nothing of a message becomes HTML or code.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};
use yew::Callback;

/// The key that marks a message of the protocol; its value is the version.
const PROTOCOL: &str = "replication-lab";
const VERSION: f64 = 1.0;

/// What the page around asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    Hello,
    Set(Wish),
    /// Open what is asked for as a link asks.
    Load(String),
    Play,
    Pause,
    /// Go to a moment, in microseconds of the run.
    Seek(u64),
    Lock(Lock),
    Get,
}

/// What can be set; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wish {
    /// Whether it is dark; the inner value is none for what the system has.
    pub(super) dark: Option<Option<bool>>,
    /// Simulated microseconds for each second on the screen.
    pub(super) speed: Option<u64>,
    /// Whether playing stops at findings.
    pub(super) halts: Option<bool>,
    /// Whether what is to come is shown.
    pub(super) reveals: Option<bool>,
    /// Mode and seed, as a link has them; empty if neither is named.
    pub(super) scenario: String,
}

/// What the user may not do, while the page around still can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lock {
    /// Change the run: settings, actions, remedies, files, other scenarios.
    pub(super) run: bool,
    /// Play and seek.
    pub(super) time: bool,
}

/// A message: a command or what is wrong with it, and the value by which its answer is known, if it wants one.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub(super) id: Option<JsValue>,
    pub(super) command: Result<Command, &'static str>,
}

/// The page around. It is listened to until this is dropped.
pub(super) struct Host {
    parent: Window,
    /// Where messages go: until somebody has spoken to every origin that may, then to that one.
    origins: Rc<RefCell<Vec<String>>>,
    listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Host {
    /// Listens to the page around; none if there is none.
    pub(super) fn around(allowed: Vec<String>, tell: Callback<Heard>) -> Option<Host> {
        let window = web_sys::window()?;
        let parent = window.parent().ok()??;
        if parent == window {
            return None;
        }
        let origins = Rc::new(RefCell::new(if allowed.is_empty() { vec!["*".to_owned()] } else { allowed.clone() }));
        let (around, spoken) = (JsValue::from(parent.clone()), origins.clone());
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let origin = event.origin();
            let known = event.source().is_some_and(|source| *source == around);
            if !known || !(allowed.is_empty() || allowed.contains(&origin)) {
                return;
            }
            if let Some(heard) = read(&event.data()) {
                if !allowed.is_empty() {
                    spoken.replace(vec![origin]);
                }
                tell.emit(heard);
            }
        });
        window.add_event_listener_with_callback("message", listener.as_ref().unchecked_ref()).ok()?;
        Some(Host { parent, origins, listener })
    }

    /// Says something to the page around.
    pub(super) fn say(&self, kind: &str, message: &Object) {
        put(message, PROTOCOL, &VERSION.into());
        put(message, "type", &kind.into());
        for origin in self.origins.borrow().iter() {
            // An origin that makes no sense is not spoken to.
            drop(self.parent.post_message(message, origin));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            drop(window.remove_event_listener_with_callback("message", self.listener.as_ref().unchecked_ref()));
        }
    }
}

/// A plain object.
pub(super) fn object(parts: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    put_all(&object, parts);
    object
}

pub(super) fn put_all(object: &Object, parts: &[(&str, JsValue)]) {
    for (name, value) in parts {
        put(object, name, value);
    }
}

fn put(object: &Object, name: &str, value: &JsValue) {
    // A plain object takes any property.
    drop(Reflect::set(object, &name.into(), value));
}

/// Reads a message; none if it is none of the protocol.
fn read(data: &JsValue) -> Option<Heard> {
    // What is no object has no properties, and no message is one.
    let get = |name: &str| Reflect::get(data, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null());
    if get(PROTOCOL)?.as_f64() != Some(VERSION) {
        return None;
    }
    let part = Parts(&get);
    let command = match get("type")?.as_string()?.as_str() {
        "hello" => Ok(Command::Hello),
        "set" => part.wish().map(Command::Set),
        "load" => part.link().map(Command::Load).ok_or("load needs a preset or a fragment"),
        "play" => Ok(Command::Play),
        "pause" => Ok(Command::Pause),
        "seek" => part.number("at").map(Command::Seek).ok_or("seek needs 'at', a number of microseconds"),
        "lock" => Ok(Command::Lock(Lock { run: part.flag("run") == Some(true), time: part.flag("time") == Some(true) })),
        "get" => Ok(Command::Get),
        _ => return None,
    };
    let id = get("id").filter(|id| id.is_string() || id.as_f64().is_some());
    Some(Heard { id, command })
}

/// The parts of a message.
struct Parts<'a>(&'a dyn Fn(&str) -> Option<JsValue>);

impl Parts<'_> {
    /// A number that is not negative, without its fraction.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of what is too large is the largest number"
    )]
    fn number(&self, name: &str) -> Option<u64> {
        self.0(name)?.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0(name)?.as_bool()
    }

    /// A text, or a number as one.
    fn text(&self, name: &str) -> Option<String> {
        self.0(name)?.as_string().or_else(|| self.number(name).map(|number| number.to_string()))
    }

    /// Those parts that are there, as a link has them.
    fn query(&self, names: &[&str]) -> String {
        let parts: Vec<String> = names.iter().filter_map(|name| Some(format!("{name}={}", self.text(name)?))).collect();
        parts.join("&")
    }

    /// What is to be opened.
    fn link(&self) -> Option<String> {
        self.text("fragment").or_else(|| self.text("preset").map(|_| self.query(&["preset", "mode", "seed", "t"])))
    }

    fn wish(&self) -> Result<Wish, &'static str> {
        let dark = self.text("theme").map(|theme| dark(&theme).ok_or("the theme is light, dark or auto")).transpose()?;
        let (halts, reveals) = (self.flag("halts"), self.flag("reveals"));
        Ok(Wish { dark, speed: self.number("speed"), halts, reveals, scenario: self.query(&["mode", "seed"]) })
    }
}

/// What the name of a theme means: whether it is dark, or what the system has.
pub(super) fn dark(theme: &str) -> Option<Option<bool>> {
    match theme {
        "dark" => Some(Some(true)),
        "light" => Some(Some(false)),
        "auto" => Some(None),
        _ => None,
    }
}
