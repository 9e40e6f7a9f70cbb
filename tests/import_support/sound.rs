//! What every history keeps that was read from any text: its numbers are within bounds, its operations in order.

use replicated_telemetry_store::import::{Format, Imported, Options, import};
use replicated_telemetry_store::observed::{Call, Initial, Observed, Returned};

fn values(call: &Call) -> Vec<u32> {
    match call {
        Call::Read(Returned::Value(value)) | Call::Write(value) | Call::Append(value) => vec![*value],
        Call::Read(Returned::List(list) | Returned::Siblings(list)) => list.clone(),
        Call::CompareAndSet(old, new) => vec![*old, *new],
        Call::Read(Returned::Unknown | Returned::Absent) | Call::Delete => Vec::new(),
        Call::Transfer { from, to, .. } => vec![*from, *to],
        Call::Balances(all) => all.iter().flatten().map(|(account, _)| *account).collect(),
        Call::Add(value) | Call::Enqueue(value) | Call::Dequeue(Returned::Value(value)) => vec![*value],
        Call::Dequeue(Returned::List(list) | Returned::Siblings(list)) => list.clone(),
        Call::Elements(all) | Call::Drain(all) | Call::Generate(all) => all.clone().unwrap_or_default(),
        Call::Dequeue(Returned::Unknown | Returned::Absent) | Call::Increment(_) | Call::Count { .. } => Vec::new(),
    }
}

/// What is wrong with a history, if anything is.
pub(crate) fn fault(history: &Observed) -> Option<String> {
    let mut next = 0;
    let mut last = 0;
    for (number, operation) in history.operations.iter().enumerate() {
        let end = operation.first as usize + operation.count as usize;
        if end > history.steps.len() || operation.session as usize >= history.sessions.len() {
            return Some(format!("operation {number} is out of bounds"));
        }
        if operation.invoked < last || operation.completed.is_some_and(|completed| completed < operation.invoked) {
            return Some(format!("operation {number} is out of order"));
        }
        last = operation.invoked;
        next += operation.count as usize;
    }
    if next != history.steps.len() {
        return Some(format!("operations have {next} steps of {}", history.steps.len()));
    }
    let known = |value: &u32| (*value as usize) < history.values.len();
    let wrong =
        history.steps.iter().find(|step| step.key as usize >= history.keys.len() || !values(&step.call).iter().all(known));
    if let Some(step) = wrong {
        return Some(format!("{step:?} is out of bounds"));
    }
    if !history.initial_by_key.is_sorted_by(|one, other| one.0 < other.0) {
        return Some("the keys with first values are out of order".to_owned());
    }
    let mut first = history.initial_by_key.iter().map(|(_, initial)| *initial).chain([history.initial]);
    let wrong = first.any(|initial| matches!(initial, Initial::Value(value) if !known(&value)));
    wrong.then(|| "a first value is out of bounds".to_owned())
}

/// Reads a text in a format, or in the one that it looks like. What is read is sound; what is not has an error in the text.
///
/// # Panics
/// If that does not hold.
pub(crate) fn read_soundly(text: &str, format: Option<Format>) -> Option<Imported> {
    match import(text, &Options { format, ..Options::default() }) {
        Ok(imported) => {
            assert_eq!(fault(&imported.observed), None, "{text:?}");
            Some(imported)
        }
        Err(error) => {
            assert!(!error.message.is_empty() && error.line <= text.lines().count() + 1, "{error} in {text:?}");
            None
        }
    }
}
