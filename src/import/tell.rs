//! Operations of a history in words.

use crate::observed::{Call, Observed, Operation, Outcome, Returned, Step, Value};

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
        Call::Read(Returned::List(list)) => format!("read {key} = {}", many(history, list)),
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
        Call::Dequeue(Returned::List(all)) => format!("dequeue {key} = {}", many(history, all)),
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
