//! What the events of a Jepsen history are of, as a whole: their model, and whether values are pairs of a key and a value.
//!
//! Nothing in a record says it, so it is seen from the functions that are called and from what is asked and returned; it is always told, and a model
//! can be said instead.

use super::datum::Datum;
use super::pairs::{Event, Kind, half};
use super::steps::{self, Function, Reading};
use super::{ImportError, Options, workloads};
use crate::observed::Model;

/// What the events are of, as a whole.
pub(super) fn reading(events: &[Event], options: &Options, key_value: bool) -> Result<Reading, ImportError> {
    let pairs = paired(events);
    let found = model(events, pairs, key_value)?;
    let model = options.model.unwrap_or(found);
    let other = workloads::any(events);
    let has = |function| events.iter().any(|event| event.function == function);
    let fits = match model {
        Model::Register => !has(Function::Cas) && !has(Function::Acquire) && !has(Function::Release) && !appends(events),
        Model::CasRegister => !appends(events) && !has(Function::Transaction),
        Model::MvRegister => {
            events.iter().all(|event| matches!(event.function, Function::Read | Function::Write | Function::Delete))
        }
        Model::AppendText | Model::AppendList => !has(Function::Cas) && !has(Function::Acquire),
        Model::Transactions => !has(Function::Cas) && !has(Function::Acquire) && !appends(events),
        Model::Bank | Model::Set | Model::Counter | Model::Queue | Model::UniqueIds => {
            let misfit = workloads::misfit(model, events);
            if let Some(event) = misfit.filter(|_| model == found) {
                let message = format!("the history is taken for the model {}, which does not know this operation", model.name());
                return Err(event.wrong(message));
            }
            misfit.is_none()
        }
    };
    if !fits || (other && model.reads_and_writes()) {
        let message =
            format!("the history has operations that the model {} does not know; it looks like {}", model.name(), found.name());
        return Err(ImportError::whole(message));
    }
    if !matches!(model, Model::AppendList | Model::Transactions | Model::MvRegister) && model.reads_and_writes() {
        refuse_collections(events, pairs)?;
    }
    Ok(Reading { model, pairs, nil_is_written: nil_is_written(events, pairs), nil: Reading::nil_of(options) })
}

fn mops(events: &[Event]) -> impl Iterator<Item = (&str, &Datum, &Datum)> {
    let lists = events.iter().filter(|event| event.function == Function::Transaction);
    lists.filter_map(|event| event.value.list()).flatten().filter_map(steps::micro)
}

fn appends(events: &[Event]) -> bool {
    events.iter().any(|event| event.function == Function::Append) || mops(events).any(|(name, ..)| name == "append")
}

fn model(events: &[Event], pairs: bool, key_value: bool) -> Result<Model, ImportError> {
    let has = |function| events.iter().any(|event| event.function == function);
    let (transactions, single) =
        (has(Function::Transaction), events.iter().find(|event| event.function != Function::Transaction));
    if let (true, Some(other)) = (transactions, single) {
        return Err(other.wrong("the history has transactions, and operations that are none"));
    }
    if let Some(model) = workloads::model(events, pairs) {
        return Ok(model);
    }
    let texts = || {
        let appended = events.iter().filter(|event| event.function == Function::Append);
        appended
            .map(|event| half(&event.value, pairs))
            .all(|value| matches!(value, Datum::Text(_) | Datum::Keyword(_) | Datum::Nil))
            && !events.iter().any(|event| event.function == Function::Read && half(&event.value, pairs).list().is_some())
    };
    Ok(match () {
        () if key_value => Model::AppendText,
        () if transactions && appends(events) => Model::AppendList,
        () if transactions => Model::Transactions,
        () if has(Function::Append) && texts() => Model::AppendText,
        () if has(Function::Append) => Model::AppendList,
        () if has(Function::Cas) || has(Function::Acquire) || has(Function::Release) => Model::CasRegister,
        () => Model::Register,
    })
}

/// Whether values are pairs of a key and a value, as Jepsen's `independent` makes them. In print they are lists of two, so it is
/// seen in what reads are invoked with, `[key nil]`; without reads, in a compare-and-set of `[key [old new]]`.
pub(super) fn paired(events: &[Event]) -> bool {
    if events.iter().all(|event| event.key.is_some()) {
        return false;
    }
    if workloads::any(events) {
        return workloads::paired(events);
    }
    let two = |event: &&Event| event.value.list().is_some_and(|items| items.len() == 2);
    let mut reads = events.iter().filter(|event| event.kind == Kind::Invoke && event.function == Function::Read).peekable();
    let mut sets = events.iter().filter(|event| event.function == Function::Cas && !event.value.is_nil()).peekable();
    let mut writes = events.iter().filter(|event| event.function == Function::Write && event.kind == Kind::Invoke);
    if reads.peek().is_some() {
        reads.all(|event| two(&event)) && writes.all(|event| two(&event))
    } else if sets.peek().is_some() {
        sets.all(|event| event.value.list().and_then(|items| items.get(1)?.list()).is_some_and(|pair| pair.len() == 2))
    } else {
        let mut ends = events.iter().filter(|event| event.kind == Kind::Ok && event.function == Function::Read).peekable();
        ends.peek().is_some() && ends.all(|event| two(&event)) && events.iter().all(|event| two(&event))
    }
}

/// Whether somebody writes nil, or expects it.
fn nil_is_written(events: &[Event], pairs: bool) -> bool {
    let started = events.iter().filter(|event| event.kind == Kind::Invoke);
    let mut singles = started.filter(|event| match event.function {
        Function::Cas => half(&event.value, pairs).list().is_some_and(|items| items.contains(&Datum::Nil)),
        _ => false,
    });
    singles.next().is_some() || mops(events).any(|(name, _, value)| matches!(name, "w" | "write") && value.is_nil())
}

/// A read of a set, a map or a list in a history that writes none is of a model that is not checked here.
fn refuse_collections(events: &[Event], pairs: bool) -> Result<(), ImportError> {
    let is = |event: &Event| matches!(half(&event.value, pairs), Datum::Set(_) | Datum::Map(_) | Datum::List(_));
    let written = events.iter().any(|event| event.function == Function::Write && is(event));
    let read = events.iter().find(|event| event.function == Function::Read && event.kind == Kind::Ok && is(event));
    match read {
        Some(event) if !written => {
            let model = if matches!(half(&event.value, pairs), Datum::Map(_)) { "bank" } else { "set" };
            let message = format!(
                "this read returns many values, as in the model {model}, but the history has other operations; a model can be said"
            );
            Err(event.wrong(message))
        }
        _ => Ok(()),
    }
}
