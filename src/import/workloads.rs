//! Workloads of Jepsen and Maelstrom that are no reads and writes of keys: which one a history is of, and what its operations are.
//!
//! The names of functions decide where they can: only banks transfer, only queues drain. `add` is of sets and of counters, and so what reads return
//! decides: collections or numbers; where nothing is read, numbers that are negative or added again are of a counter. Reads of maps are of a
//! bank, reads of `#{...}` alone of a set. Names follow `jepsen.tests.bank`, Jepsen's checkers and Maelstrom's workloads.
//!
//! JSON makes texts of numbers that are the keys of a map, so that an account `0` is read as `"0"`: a text of digits is the same
//! account as the number. Sets are printed as sets, lists or vectors; balances as maps, or as vectors, whose accounts are the places.

use std::collections::BTreeSet;

use super::builder::Builder;
use super::datum::Datum;
use super::pairs::{Event, Kind, half};
use super::steps::{Function, Reading, Whole};
use super::{ImportError, NilRead, Options, Start};
use crate::observed::{Call, Model, Returned, Value};

/// The function of a name.
pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "transfer" => Function::Transfer,
        "add" | "broadcast" => Function::Add,
        "increment" | "inc" | "incr" => Function::Increment,
        "decrement" | "dec" | "decr" => Function::Decrement,
        "enqueue" | "enq" => Function::Enqueue,
        "dequeue" | "deq" => Function::Dequeue,
        "drain" => Function::Drain,
        "generate" | "generate-id" => Function::Generate,
        "generate-ids" => Function::GenerateAll,
        _ => return None,
    })
}

/// The model that a function is of alone; none for those of registers, and for `add`.
fn of(function: Function) -> Option<Model> {
    match function {
        Function::Transfer => Some(Model::Bank),
        Function::Increment | Function::Decrement => Some(Model::Counter),
        Function::Enqueue | Function::Dequeue | Function::Drain => Some(Model::Queue),
        Function::Generate | Function::GenerateAll => Some(Model::UniqueIds),
        Function::Add
        | Function::Read
        | Function::Write
        | Function::Cas
        | Function::Append
        | Function::Delete
        | Function::Acquire
        | Function::Release
        | Function::Transaction => None,
    }
}

/// Whether any function is of such a workload.
pub(super) fn any(events: &[Event]) -> bool {
    events.iter().any(|event| event.function == Function::Add || of(event.function).is_some())
}

/// What reads that ended well returned.
fn returned(events: &[Event], pairs: bool) -> impl Iterator<Item = &Datum> {
    let reads = events.iter().filter(|event| event.function == Function::Read && event.kind == Kind::Ok);
    reads.map(move |event| half(&event.value, pairs)).filter(|value| !value.is_nil())
}

/// The model of a history, if it is such a workload.
pub(super) fn model(events: &[Event], pairs: bool) -> Option<Model> {
    if let Some(model) = events.iter().find_map(|event| of(event.function)) {
        return Some(model);
    }
    let adds = events.iter().any(|event| event.function == Function::Add);
    let only_reads = events.iter().all(|event| event.function == Function::Read);
    match returned(events, pairs).next() {
        Some(Datum::Map(_)) if only_reads => Some(Model::Bank),
        Some(Datum::Set(_)) if only_reads => Some(Model::Set),
        Some(Datum::Int(_) | Datum::Number(_)) if adds => Some(Model::Counter),
        Some(_) if adds => Some(Model::Set),
        None if adds && added_like_numbers(events, pairs) => Some(Model::Counter),
        None if adds => Some(Model::Set),
        _ => None,
    }
}

/// Whether what is added are numbers of which one is negative or comes again.
fn added_like_numbers(events: &[Event], pairs: bool) -> bool {
    let mut met = BTreeSet::new();
    let adds = events.iter().filter(|event| event.function == Function::Add && event.kind == Kind::Invoke);
    let mut values = adds.map(|event| half(&event.value, pairs));
    values.any(|value| matches!(value, Datum::Int(n) if *n < 0 || !met.insert(*n)))
}

/// An operation that such a model does not know.
pub(super) fn misfit(model: Model, events: &[Event]) -> Option<&Event> {
    let known = |event: &&Event| match (model, event.function) {
        (Model::Bank | Model::Set | Model::Counter, Function::Read) | (Model::Set | Model::Counter, Function::Add) => true,
        // Whoever writes values to something that returns all of them, adds.
        (Model::Set, Function::Write) => true,
        (model, function) => of(function) == Some(model),
    };
    events.iter().find(|event| !known(event))
}

/// Whether values are pairs of a key and a value, as Jepsen's `independent` makes them: all are lists of two, and what is asked is `[key nil]`, or
/// what moves is `[key {...}]`. An element of a set may be a list of two itself, and so what reads return has to be such a pair as well.
pub(super) fn paired(events: &[Event]) -> bool {
    let begun = || events.iter().filter(|event| event.kind == Kind::Invoke);
    let second = |event: &Event| event.value.list().filter(|items| items.len() == 2).map(|items| items[1].clone());
    let tells = |event: &Event| match event.function {
        Function::Read | Function::Dequeue | Function::Drain | Function::Generate | Function::GenerateAll => {
            second(event) == Some(Datum::Nil)
        }
        Function::Transfer => matches!(second(event), Some(Datum::Map(_))),
        _ => false,
    };
    let told = |event: &&Event| event.kind == Kind::Ok && !event.value.is_nil();
    begun().any(tells) && begun().chain(events.iter().filter(told)).all(|event| second(event).is_some())
}

/// What keys hold at first, as records of a model have it.
pub(super) fn start(model: Model) -> Start {
    match model {
        Model::Counter => Start::Value("0".to_owned()),
        Model::Bank => Start::Unknown,
        _ => Start::Absent,
    }
}

/// What banks, sets, queues and generators hold at first is not for anybody to say, and of a counter only the number.
pub(super) fn refuse_initial(model: Model, options: &Options) -> Result<(), ImportError> {
    let why = match model {
        Model::Bank => "what accounts hold at first is what explains the reads",
        Model::Set | Model::Queue | Model::UniqueIds => "it begins empty",
        Model::Counter if options.initial == Some(Start::FirstRead) => {
            "a counter begins with a number, or with what explains its reads (unknown)"
        }
        _ => return Ok(()),
    };
    match options.initial {
        Some(_) => Err(ImportError::whole(format!("a first value cannot be said of the model {}: {why}", model.name()))),
        None => Ok(()),
    }
}

/// Tells what `add` was taken for, and why.
pub(super) fn notes(builder: &mut Builder, reading: Reading, events: &[Event]) {
    if reading.model == Model::Bank {
        let nil = |value: &Datum| matches!(value, Datum::Map(all) if all.iter().any(|(_, holds)| holds.is_nil()));
        let odd = returned(events, reading.pairs).filter(|value| nil(value)).count();
        builder.note_some(
            odd,
            "read shows accounts that hold nil: they hold 0",
            "reads show accounts that hold nil: they hold 0",
        );
    }
    if !events.iter().any(|event| event.function == Function::Add) {
        return;
    }
    let read = returned(events, reading.pairs).next().is_some();
    builder.note(match (reading.model, read) {
        (Model::Counter, true) => "add is of a counter, for reads return numbers",
        (Model::Counter, false) => "add is of a counter, for nothing is read, and numbers are negative or are added again",
        (_, true) => "add is of a set, for reads return collections",
        (_, false) => "add is of a set, for nothing is read, and nothing is added again",
    });
}

/// What an operation of such a workload is.
pub(super) fn call(builder: &mut Builder, reading: Reading, op: Whole<'_>) -> Result<Call, ImportError> {
    let wrong = |message: String| ImportError::in_line(op.line, message);
    // A record may tell what was asked for at the end only.
    let wanted = if op.asked.is_nil() { op.told.unwrap_or(op.asked) } else { op.asked };
    Ok(match op.function {
        Function::Transfer => transfer(builder, wanted).map_err(wrong)?,
        Function::Add | Function::Write if reading.model == Model::Set => Call::Add(builder.value(wanted)),
        Function::Add | Function::Increment => Call::Increment(amount(wanted).map_err(wrong)?),
        Function::Decrement => {
            let by = amount(wanted).map_err(wrong)?;
            Call::Increment(by.checked_neg().ok_or_else(|| wrong(format!("{by} cannot be taken away")))?)
        }
        Function::Enqueue => Call::Enqueue(builder.value(wanted)),
        Function::Dequeue => Call::Dequeue(match op.told {
            None => Returned::Unknown,
            Some(Datum::Nil) if reading.nil == NilRead::Unknown => Returned::Unknown,
            Some(Datum::Nil) => Returned::Absent,
            Some(value) => Returned::Value(builder.value(value)),
        }),
        Function::Drain => Call::Drain(op.told.map(|told| elements(builder, told)).transpose().map_err(wrong)?),
        Function::Generate => Call::Generate(op.told.filter(|told| !told.is_nil()).map(|told| vec![builder.value(told)])),
        Function::GenerateAll => Call::Generate(op.told.map(|told| elements(builder, told)).transpose().map_err(wrong)?),
        Function::Read => read(builder, reading, op).map_err(wrong)?,
        Function::Write
        | Function::Cas
        | Function::Append
        | Function::Delete
        | Function::Acquire
        | Function::Release
        | Function::Transaction => {
            return Err(wrong(format!("the model {} does not know this function", reading.model.name())));
        }
    })
}

fn read(builder: &mut Builder, reading: Reading, op: Whole<'_>) -> Result<Call, String> {
    // A set that shows nil shows nothing; a counter or a bank that shows nil has told nothing.
    let told = op.told.filter(|told| !told.is_nil() || (reading.model == Model::Set && reading.nil == NilRead::Absent));
    Ok(match reading.model {
        Model::Bank => Call::Balances(told.map(|told| balances(builder, told)).transpose()?),
        Model::Set => Call::Elements(told.map(|told| elements(builder, told)).transpose()?),
        _ => {
            let whole = |told: &Datum| {
                let wrong = || {
                    format!("a counter is a whole number of 64 bits, and this read returns {told}, which {}", told.no_number())
                };
                told.int().ok_or_else(wrong)
            };
            Call::Count { value: told.map(whole).transpose()?, quiet: op.quiet }
        }
    })
}

fn elements(builder: &mut Builder, told: &Datum) -> Result<Vec<Value>, String> {
    match told {
        Datum::Nil => Ok(Vec::new()),
        Datum::Set(items) | Datum::List(items) => Ok(items.iter().map(|item| builder.value(item)).collect()),
        other => Err(format!("this returns {other}, which is neither a list nor a set")),
    }
}

/// An account: a text of digits is the same one as the number.
fn account(builder: &mut Builder, name: &Datum) -> Value {
    let number = name.int().map(Datum::Int);
    builder.value(number.as_ref().unwrap_or(name))
}

fn balances(builder: &mut Builder, told: &Datum) -> Result<Vec<(Value, i64)>, String> {
    let all: Vec<(Datum, &Datum)> = match told {
        Datum::Map(entries) => entries.iter().map(|(name, holds)| (name.clone(), holds)).collect(),
        Datum::List(holds) => (0..).map(Datum::Int).zip(holds).collect(),
        other => return Err(format!("this read of a bank returns {other}, which is neither a map nor a list of balances")),
    };
    let mut balances: Vec<(Value, i64)> = Vec::with_capacity(all.len());
    let mut met = BTreeSet::new();
    for (name, holds) in all {
        let holds = if holds.is_nil() { Some(0) } else { holds.int() };
        let Some(holds) = holds else {
            return Err(format!("account {name} does not hold a whole number of 64 bits"));
        };
        let account = account(builder, &name);
        if !met.insert(account) {
            return Err(format!("account {name} is shown twice"));
        }
        balances.push((account, holds));
    }
    Ok(balances)
}

/// A number that is added; one if none is told.
fn amount(wanted: &Datum) -> Result<i64, String> {
    match wanted {
        Datum::Nil => Ok(1),
        other => other
            .int()
            .ok_or_else(|| format!("a counter is changed by whole numbers of 64 bits, and {other} {}", other.no_number())),
    }
}

fn transfer(builder: &mut Builder, wanted: &Datum) -> Result<Call, String> {
    let (Some(from), Some(to)) = (wanted.some("from"), wanted.some("to")) else {
        return Err(format!("{wanted} is no transfer {{:from :to :amount}}"));
    };
    let amount = wanted.some("amount").and_then(Datum::int).ok_or_else(|| format!("{wanted} has no :amount"))?;
    Ok(Call::Transfer { from: account(builder, from), to: account(builder, to), amount })
}
