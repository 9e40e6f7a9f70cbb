//! Operations of banks, sets, counters, queues and generators in words, for the sentences of the evidence.

use super::super::words::{list, value};
use crate::observed::{Call, Observed, Returned, Value};

/// Accounts that a sentence shows of a bank; the rest is counted.
const ACCOUNTS: usize = 12;

fn elements(history: &Observed, elements: Option<&Vec<Value>>) -> String {
    elements.map_or("what is not known".to_owned(), |elements| list(history, elements))
}

fn balances(history: &Observed, balances: &[(Value, i64)]) -> String {
    let shown = balances.iter().take(ACCOUNTS).map(|(account, holds)| format!("{}: {holds}", value(history, *account)));
    let mut shown: Vec<String> = shown.collect();
    if balances.len() > ACCOUNTS {
        shown.push(format!("{} more", balances.len() - ACCOUNTS));
    }
    format!("{{{}}}", shown.join(", "))
}

/// A step as a clause. `did` chooses the words of a change by its outcome: it was done, may have been done, failed to be done.
pub(in crate::judge) fn step(history: &Observed, call: &Call, key: &str, did: impl Fn(&str, &str, &str) -> String) -> String {
    let name = |v: Value| value(history, v);
    match call {
        Call::Transfer { from, to, amount } => {
            let done = did("transferred", "transferred", "transfer");
            format!("{done} {amount} from account {} to account {} of {key}", name(*from), name(*to))
        }
        Call::Balances(None) | Call::Elements(None) | Call::Count { value: None, .. } => format!("read {key}"),
        Call::Balances(Some(shown)) => format!("read {key} and got {}", balances(history, shown)),
        Call::Add(element) => format!("{} {} to {key}", did("added", "added", "add"), name(*element)),
        Call::Elements(Some(shown)) => format!("read {key} and got {}", list(history, shown)),
        Call::Increment(by) if *by < 0 => {
            format!("{} {key} by {}", did("decremented", "decremented", "decrement"), by.unsigned_abs())
        }
        Call::Increment(by) => format!("{} {key} by {by}", did("incremented", "incremented", "increment")),
        Call::Count { value: Some(count), .. } => format!("read {key} and got {count}"),
        Call::Enqueue(item) => format!("{} {} into {key}", did("enqueued", "enqueued", "enqueue"), name(*item)),
        Call::Dequeue(returned) => {
            let done = did("dequeued", "dequeued", "dequeue");
            match returned {
                Returned::Value(item) => format!("{done} {} from {key}", name(*item)),
                Returned::Absent => format!("{done} nothing from {key}"),
                Returned::List(items) | Returned::Siblings(items) => format!("{done} {} from {key}", list(history, items)),
                Returned::Unknown => format!("{done} from {key}"),
            }
        }
        Call::Drain(items) => format!("{} {key} of {}", did("drained", "drained", "drain"), elements(history, items.as_ref())),
        Call::Generate(ids) => {
            format!("{} {} from {key}", did("got", "got", "get"), elements(history, ids.as_ref()))
        }
        Call::Read(_) | Call::Write(_) | Call::CompareAndSet(..) | Call::Append(_) | Call::Delete => {
            unreachable!("{call:?} is of no workload of its own")
        }
    }
}
