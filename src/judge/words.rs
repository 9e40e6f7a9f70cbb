//! Operations in words, for the sentences of the evidence.

use super::facts::NONE;
use super::workloads;
use crate::observed::{Call, Initial, Key, Observed, Outcome, Returned, Step, Value};
use crate::plural::plural;

/// Elements that a sentence shows of a list or letters of a text; the rest is counted.
const SHOWN: usize = 40;
/// Keys that are named with what they hold at the beginning.
const KEYS_SHOWN: usize = 8;

pub(super) fn value(history: &Observed, value: Value) -> String {
    let text = history.values.get(value as usize).map_or("?", String::as_str);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… ({} characters)", &text[..at], text.chars().count()),
        None if text.is_empty() => "the empty text".to_owned(),
        None => text.to_owned(),
    }
}

pub(super) fn list(history: &Observed, elements: &[Value]) -> String {
    let from = elements.len().saturating_sub(SHOWN / 4);
    let shown: Vec<String> = elements[from..].iter().map(|v| value(history, *v)).collect();
    let skipped = if from > 0 { format!("{from} more, ") } else { String::new() };
    format!("[{skipped}{}]", shown.join(", "))
}

/// Values that are beside each other: "1", "1 and 2", "1, 2 and 3 more".
fn siblings(history: &Observed, values: &[Value]) -> String {
    let mut shown: Vec<String> = values.iter().take(SHOWN / 4).map(|v| value(history, *v)).collect();
    let more = values.len() - shown.len();
    shown.extend((more > 0).then(|| format!("{more} more")));
    let last = shown.pop().unwrap_or_default();
    if shown.is_empty() { last } else { format!("{} and {last}", shown.join(", ")) }
}

/// A name, with what it is the name of if it is only a number.
fn named(what: &str, name: Option<&String>) -> String {
    let name = name.map_or("?", String::as_str);
    if name.chars().all(|letter| letter.is_ascii_digit()) { format!("{what} {name}") } else { name.to_owned() }
}

pub(super) fn key_name(history: &Observed, key: Key) -> String {
    named("key", history.keys.get(key as usize))
}

fn step(history: &Observed, step: &Step, outcome: Outcome) -> String {
    let key = key_name(history, step.key);
    let did = |done: &str, after_may_have: &str, to: &str| match outcome {
        Outcome::Ok => done.to_owned(),
        Outcome::Fail => format!("failed to {to}"),
        Outcome::Info => format!("may have {after_may_have}"),
    };
    match &step.call {
        Call::Read(Returned::Unknown) => format!("read {key}"),
        Call::Read(Returned::Absent) => format!("read {key} and found nothing"),
        Call::Read(Returned::Value(v)) => format!("read {key} and got {}", value(history, *v)),
        Call::Read(Returned::List(elements)) => format!("read {key} and got {}", list(history, elements)),
        Call::Read(Returned::Siblings(values)) if values.is_empty() => format!("read {key} and found nothing"),
        Call::Read(Returned::Siblings(values)) => format!("read {key} and got {}", siblings(history, values)),
        Call::Write(v) => {
            format!("{} {} to {key}", did("wrote", "written", "write"), value(history, *v))
        }
        Call::CompareAndSet(from, to) => {
            format!("{} {key} from {} to {}", did("changed", "changed", "change"), value(history, *from), value(history, *to))
        }
        Call::Append(v) => format!("{} {} to {key}", did("appended", "appended", "append"), value(history, *v)),
        Call::Delete => format!("{} {key}", did("removed", "removed", "remove")),
        Call::Transfer { .. }
        | Call::Balances(_)
        | Call::Add(_)
        | Call::Elements(_)
        | Call::Increment(_)
        | Call::Count { .. }
        | Call::Enqueue(_)
        | Call::Dequeue(_)
        | Call::Drain(_)
        | Call::Generate(_) => workloads::words::step(history, &step.call, &key, did),
    }
}

/// What keys hold at the beginning, as sentences; nothing of those of which nothing is assumed.
pub(super) fn at_first(history: &Observed) -> Vec<String> {
    let holds = |initial: Initial| match initial {
        Initial::Absent => Some("nothing".to_owned()),
        Initial::Value(first) => Some(value(history, first)),
        Initial::Unknown => None,
    };
    let own = history.initial_by_key.iter();
    let mut said: Vec<String> = own
        .filter_map(|(key, first)| Some(format!("{} holds {} at the beginning.", key_name(history, *key), holds(*first)?)))
        .take(KEYS_SHOWN)
        .collect();
    let more = history.initial_by_key.len().saturating_sub(KEYS_SHOWN);
    said.extend((more > 0).then(|| {
        format!(
            "What {} at the beginning is said, too.",
            match more {
                1 => "1 more key holds".to_owned(),
                _ => format!("{more} more keys hold"),
            }
        )
    }));
    let which = if said.is_empty() { "Every key" } else { "Every other key" };
    said.extend(holds(history.initial).map(|all| format!("{which} holds {all} at the beginning.")));
    said
}

/// An operation as a clause: "client 3 wrote 5 to x (operation 17)".
pub(super) fn operation(history: &Observed, number: u32) -> String {
    if number == NONE {
        return "the initial value was there before everything".to_owned();
    }
    let Some(op) = history.operations.get(number as usize) else { return format!("operation {number}") };
    let session = named("client", history.sessions.get(op.session as usize));
    let steps = history.steps_of(op);
    let mut done: Vec<String> = steps.iter().take(4).map(|s| step(history, s, op.outcome)).collect();
    if steps.len() > done.len() {
        done.push(format!("did {} more", plural((steps.len() - done.len()) as u64, "thing")));
    }
    let said = done.join(", ");
    format!("{session} {said} (operation {number})")
}

/// Two operations between which something lasted; they may be the same one.
pub(super) fn from_to(history: &Observed, from: u32, to: u32) -> String {
    if from == to {
        return operation(history, from);
    }
    format!("{}; {}", operation(history, from), operation(history, to))
}
