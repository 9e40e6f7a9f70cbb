//! What Jepsen's functions mean: which model a history is of, and which reads and writes an operation consists of.

use super::builder::Builder;
use super::datum::Datum;
use super::{ImportError, NilRead, Options, workloads};
use crate::observed::{Call, Model, Returned, Step};

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Read,
    Write,
    Cas,
    Append,
    Delete,
    Acquire,
    Release,
    Transaction,
    Transfer,
    /// Adds an element to a set, or a number to a counter.
    Add,
    Increment,
    Decrement,
    Enqueue,
    Dequeue,
    Drain,
    /// Asks for an identifier.
    Generate,
    /// Asks for several identifiers at once.
    GenerateAll,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Function> {
        Some(match name {
            // The first read of a chain in Jepsen's causal register reads as any other does.
            "read" | "r" | "get" | "read-init" => Function::Read,
            "write" | "w" | "put" => Function::Write,
            "cas" | "compare-and-set" | "compare-and-swap" => Function::Cas,
            "append" => Function::Append,
            "delete" | "remove" => Function::Delete,
            "acquire" | "lock" | "try-acquire" | "try-lock" | "tryAcquire" | "tryLock" | "acquire-lock" => Function::Acquire,
            "release" | "unlock" | "try-release" | "try-unlock" | "release-lock" => Function::Release,
            "txn" => Function::Transaction,
            _ => return super::workloads::function(name),
        })
    }
}

/// Whether a value is that of a transaction: a list of reads, writes and appends `[f key value]`. Some tests name the function of a transaction
/// by what it does, `read` or `write`, so the value tells.
pub(super) fn is_transaction(value: &Datum) -> bool {
    let of_one = |part: &Datum| {
        let function = micro(part).and_then(|(name, ..)| Function::named(name));
        matches!(function, Some(Function::Read | Function::Write | Function::Append))
    };
    value.list().is_some_and(|parts| !parts.is_empty() && parts.iter().all(of_one))
}

/// Whether two transactions ask for the same: what their reads return does not count.
pub(super) fn asks_the_same(one: &Datum, other: &Datum) -> bool {
    let (Some(one), Some(other)) = (one.list(), other.list()) else { return one == other };
    let same = |(a, b): (&Datum, &Datum)| match (micro(a), micro(b)) {
        (Some((f, key, value)), Some((g, other, with))) => {
            f == g && key == other && (value == with || Function::named(f) == Some(Function::Read))
        }
        _ => a == b,
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// The model that a function belongs to which is not checked here.
pub(super) fn foreign(name: &str) -> String {
    let of = match name {
        "send" | "poll" | "assign" | "subscribe" => "the model kafka",
        "write-skew" | "insert" => "the model adya",
        _ if Function::named(name).is_some() => "another model than transactions",
        _ => "no model that is known here",
    };
    format!(
        "the function '{name}' is of {of}; what can be checked are registers (read, write, cas), texts and lists that are \
         appended to, locks, banks, sets, counters, queues, unique identifiers, and transactions of reads, writes and appends"
    )
}

/// What is known of a whole history before its operations are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) model: Model,
    /// Whether values are pairs of a key and a value, as Jepsen's `independent` makes them.
    pub(super) pairs: bool,
    /// Whether nil is a value like others: it is written, or expected by a compare-and-set.
    pub(super) nil_is_written: bool,
    /// What a read of nil means otherwise.
    pub(super) nil: NilRead,
}

impl Reading {
    /// What a read of nil means by the options.
    pub(super) fn nil_of(options: &Options) -> NilRead {
        let given = matches!(options.initial, Some(super::Start::Value(_)));
        options.nil.unwrap_or(if given { NilRead::Unknown } else { NilRead::Absent })
    }
}

/// The key that stands for the only one.
const ONLY_KEY: &str = "register";
/// The key of a lock, and what it holds.
const LOCK: (&str, &str, &str) = ("lock", "free", "held");

/// An operation of Jepsen's, from both of its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole<'e> {
    pub(super) function: Function,
    pub(super) key: Option<&'e Datum>,
    /// What it was invoked with.
    pub(super) asked: &'e Datum,
    /// What it ended with, if it ended well.
    pub(super) told: Option<&'e Datum>,
    /// Whether the record marks it as made when all was quiet.
    pub(super) quiet: bool,
    pub(super) line: u32,
}

fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

fn is_pair(datum: &Datum) -> bool {
    datum.is_nil() || datum.list().is_some_and(|items| items.len() == 2)
}

fn part(datum: &Datum, n: usize) -> Option<&Datum> {
    datum.list().and_then(|items| items.get(n))
}

/// The steps of an operation.
pub(super) fn steps(builder: &mut Builder, reading: Reading, op: Whole<'_>) -> Result<Vec<Step>, ImportError> {
    if op.function == Function::Transaction {
        return transaction(builder, reading, op);
    }
    let (mut asked, mut told) = (op.asked, op.told);
    let mut key = op.key;
    if reading.pairs {
        if !(is_pair(asked) && told.is_none_or(is_pair)) {
            return Err(ImportError::in_line(
                op.line,
                "this value is no pair of a key and a value, as others in the history are",
            ));
        }
        key = part(asked, 0).or(told.and_then(|told| part(told, 0))).or(key);
        asked = part(asked, 1).unwrap_or(&Datum::Nil);
        told = told.and_then(|told| part(told, 1));
        if key.is_none() {
            return Err(ImportError::in_line(op.line, "this operation has no key, as others in the history have"));
        }
    }
    if !reading.model.reads_and_writes() {
        let only = text(reading.model.name());
        let key = builder.key(key.unwrap_or(&only));
        let call = workloads::call(builder, reading, Whole { asked, told, ..op })?;
        return Ok(vec![Step { key, call, version: None }]);
    }
    let only = text(ONLY_KEY);
    let lock = text(LOCK.0);
    let locks = matches!(op.function, Function::Acquire | Function::Release);
    let key = builder.key(if locks { &lock } else { key.unwrap_or(&only) });
    // What was asked for; a record may tell it at the end only.
    let wanted = if asked.is_nil() { told.unwrap_or(asked) } else { asked };
    refuse_in_lists(reading, op.function, op.line)?;
    let call = match op.function {
        Function::Read => {
            let told = told.map(|told| returned(builder, reading, told, op.line));
            Call::Read(told.transpose()?.unwrap_or(Returned::Unknown))
        }
        // Whoever writes nil where nil is no value of its own leaves the key as it is when nothing was written.
        Function::Write if wanted.is_nil() && !reading.nil_is_written => Call::Delete,
        Function::Write => Call::Write(builder.value(wanted)),
        Function::Append => Call::Append(builder.value(wanted)),
        Function::Delete => Call::Delete,
        Function::Cas => match wanted {
            Datum::List(items) if items.len() == 2 => Call::CompareAndSet(builder.value(&items[0]), builder.value(&items[1])),
            _ => return Err(ImportError::in_line(op.line, "a compare-and-set has no pair of values")),
        },
        Function::Acquire => Call::CompareAndSet(builder.value(&text(LOCK.1)), builder.value(&text(LOCK.2))),
        Function::Release => Call::CompareAndSet(builder.value(&text(LOCK.2)), builder.value(&text(LOCK.1))),
        Function::Transaction
        | Function::Transfer
        | Function::Add
        | Function::Increment
        | Function::Decrement
        | Function::Enqueue
        | Function::Dequeue
        | Function::Drain
        | Function::Generate
        | Function::GenerateAll => return Ok(Vec::new()),
    };
    Ok(vec![Step { key, call, version: None }])
}

/// What an open lock holds.
pub(super) fn open_lock() -> String {
    LOCK.1.to_owned()
}

/// Lists are read and appended to. A list that is written anew is of no model that is checked here, and its reads would tell no order.
fn refuse_in_lists(reading: Reading, function: Function, line: u32) -> Result<(), ImportError> {
    let known = matches!(function, Function::Read | Function::Append | Function::Transaction);
    if reading.model != Model::AppendList || known {
        return Ok(());
    }
    let message = "the history is of lists that are read and appended to, and this does something else with one";
    Err(ImportError::in_line(line, message))
}

/// What a read that ended well returned.
fn returned(builder: &mut Builder, reading: Reading, told: &Datum, line: u32) -> Result<Returned, ImportError> {
    Ok(match (told, reading.model) {
        (Datum::Nil, Model::AppendList) => Returned::List(Vec::new()),
        (Datum::Nil, Model::MvRegister) if reading.nil == NilRead::Unknown => Returned::Unknown,
        (Datum::Nil, Model::MvRegister) => Returned::Siblings(Vec::new()),
        (Datum::List(items) | Datum::Set(items), Model::MvRegister) => {
            Returned::Siblings(items.iter().map(|item| builder.value(item)).collect())
        }
        (one, Model::MvRegister) => Returned::Siblings(vec![builder.value(one)]),
        (Datum::Nil, _) if reading.nil_is_written => Returned::Value(builder.value(told)),
        (Datum::Nil, _) if reading.nil == NilRead::Unknown => Returned::Unknown,
        (Datum::Nil, _) => Returned::Absent,
        (Datum::List(items), Model::AppendList) => Returned::List(items.iter().map(|item| builder.value(item)).collect()),
        (_, Model::AppendList) => {
            return Err(ImportError::in_line(line, format!("the history is of lists, and this read returns {told}")));
        }
        _ => Returned::Value(builder.value(told)),
    })
}

/// The steps of a transaction: a list of `[f key value]`.
fn transaction(builder: &mut Builder, reading: Reading, op: Whole<'_>) -> Result<Vec<Step>, ImportError> {
    let list = op.told.filter(|told| !told.is_nil()).unwrap_or(op.asked);
    let Some(parts) = list.list() else {
        if list.is_nil() {
            return Ok(Vec::new());
        }
        return Err(ImportError::in_line(op.line, "a transaction is no list of reads and writes"));
    };
    let mut steps = Vec::with_capacity(parts.len());
    for part in parts {
        let Some((name, key, value)) = micro(part) else {
            return Err(ImportError::in_line(op.line, format!("{part} is no [function key value], as a transaction has")));
        };
        let function = Function::named(name).ok_or_else(|| ImportError::in_line(op.line, foreign(name)))?;
        refuse_in_lists(reading, function, op.line)?;
        let call = match function {
            Function::Read if op.told.is_none() => Call::Read(Returned::Unknown),
            Function::Read => Call::Read(returned(builder, reading, value, op.line)?),
            Function::Write => Call::Write(builder.value(value)),
            Function::Append => Call::Append(builder.value(value)),
            _ => return Err(ImportError::in_line(op.line, foreign(name))),
        };
        steps.push(Step { key: builder.key(key), call, version: None });
    }
    Ok(steps)
}

/// The parts of a read or write in a transaction; a read may leave its value out.
pub(super) fn micro(part: &Datum) -> Option<(&str, &Datum, &Datum)> {
    match part.list()? {
        [name, key] => Some((name.word()?, key, &Datum::Nil)),
        [name, key, value] => Some((name.word()?, key, value)),
        _ => None,
    }
}
