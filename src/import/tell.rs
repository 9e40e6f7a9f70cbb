//! Operations of a history in words, and what its keys hold at first.

use crate::observed::{Call, Initial, Observed, Operation, Outcome, Returned, Step, Value};

/// How many keys with their first values a sentence names.
const NAMED: usize = 8;

fn value(history: &Observed, value: Value) -> String {
    let name = history.values.get(value as usize).map_or("?", String::as_str);
    let quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
    let plain = !name.is_empty() && (quoted || !name.contains(|c: char| c.is_whitespace() || c == '"'));
    if plain { name.to_owned() } else { format!("{name:?}") }
}

fn many(history: &Observed, values: &[Value]) -> String {
    let items: Vec<String> = values.iter().map(|item| value(history, *item)).collect();
    format!("[{}]", items.join(" "))
}

fn step(history: &Observed, step: &Step) -> String {
    let key = history.keys.get(step.key as usize).map_or("?", String::as_str);
    match &step.call {
        Call::Read(Returned::Unknown) => format!("read {key} = ?"),
        Call::Read(Returned::Absent) => format!("read {key} = nothing"),
        Call::Read(Returned::Value(seen)) => format!("read {key} = {}", value(history, *seen)),
        Call::Read(Returned::List(list) | Returned::Siblings(list)) => format!("read {key} = {}", many(history, list)),
        Call::Write(new) => format!("write {key} {}", value(history, *new)),
        Call::CompareAndSet(old, new) => format!("cas {key} {} {}", value(history, *old), value(history, *new)),
        Call::Append(more) => format!("append {key} {}", value(history, *more)),
        Call::Delete => format!("delete {key}"),
        Call::Transfer { from, to, amount } => {
            format!("transfer {key} {amount} from {} to {}", value(history, *from), value(history, *to))
        }
        Call::Balances(None) | Call::Elements(None) | Call::Count { value: None, .. } => format!("read {key} = ?"),
        Call::Balances(Some(all)) => {
            let all: Vec<String> = all.iter().map(|(account, holds)| format!("{} {holds}", value(history, *account))).collect();
            format!("read {key} = {{{}}}", all.join(", "))
        }
        Call::Add(element) => format!("add {key} {}", value(history, *element)),
        Call::Elements(Some(all)) => format!("read {key} = {}", many(history, all)),
        Call::Increment(by) => format!("increment {key} {by}"),
        Call::Count { value: Some(count), .. } => format!("read {key} = {count}"),
        Call::Enqueue(item) => format!("enqueue {key} {}", value(history, *item)),
        Call::Dequeue(Returned::Unknown) => format!("dequeue {key} = ?"),
        Call::Dequeue(Returned::Absent) => format!("dequeue {key} = nothing"),
        Call::Dequeue(Returned::Value(item)) => format!("dequeue {key} = {}", value(history, *item)),
        Call::Dequeue(Returned::List(all) | Returned::Siblings(all)) => format!("dequeue {key} = {}", many(history, all)),
        Call::Drain(all) => format!("drain {key} = {}", all.as_ref().map_or("?".to_owned(), |all| many(history, all))),
        Call::Generate(all) => format!("generate {key} = {}", all.as_ref().map_or("?".to_owned(), |all| many(history, all))),
    }
}

/// An operation in a few words: `read x = 1`, `write x 2`; of a transaction, all its steps.
#[must_use]
pub fn tell(history: &Observed, operation: &Operation) -> String {
    let steps: Vec<String> = history.steps_of(operation).iter().map(|s| step(history, s)).collect();
    if steps.is_empty() { "nothing".to_owned() } else { steps.join(", ") }
}

/// How an operation ended, in the word that Jepsen has for it.
#[must_use]
pub fn ended(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Fail => "fail",
        Outcome::Info => "info",
    }
}

fn initial(observed: &Observed, initial: Initial) -> &str {
    match initial {
        Initial::Absent => "nil",
        Initial::Unknown => "unknown",
        Initial::Value(value) => observed.values.get(value as usize).map_or("", String::as_str),
    }
}

/// What keys hold at first of which nothing else is said, for reports: `nil`, `unknown`, or the value.
#[must_use]
pub fn initial_name(observed: &Observed) -> &str {
    initial(observed, observed.initial)
}

/// The keys that hold something else at first, and what.
pub(crate) fn initial_by_key(observed: &Observed) -> impl Iterator<Item = (&str, &str)> {
    let name = |key: u32| observed.keys.get(key as usize).map_or("?", String::as_str);
    observed.initial_by_key.iter().map(move |(key, holds)| (name(*key), initial(observed, *holds)))
}

/// What keys hold at first, for sentences, in which an empty text would not be seen.
pub(crate) fn initial_words(observed: &Observed) -> String {
    let seen = |name: &str| if name.is_empty() { "the empty text".to_owned() } else { name.to_owned() };
    let all = seen(initial_name(observed));
    let mut others: Vec<String> =
        initial_by_key(observed).take(NAMED).map(|(key, holds)| format!("{key}={}", seen(holds))).collect();
    if others.is_empty() {
        return all;
    }
    let more = observed.initial_by_key.len().saturating_sub(NAMED);
    others.extend((more > 0).then(|| format!("and {more} more")));
    format!("{all} (but {})", others.join(", "))
}
