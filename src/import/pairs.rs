//! Joins the two ends of operations: an `invoke` and the `ok`, `fail` or `info` of the same process.
//!
//! Jepsen's processes do one thing at a time, and nothing after an `info`. Records of others do several things at once in one
//! process; then an end belongs to the oldest open operation of the process with the same function and, if it writes, the same value. So
//! it is where nobody names a process, but there an end that fits nothing has no beginning.

use std::collections::BTreeMap;

use super::datum::Datum;
use super::steps::{Function, asks_the_same};
use super::{ImportError, OPERATIONS_MAX};

/// The most operations of one process that may be open at once.
const OPEN_MAX: usize = 1_000;

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "invoke" => Kind::Invoke,
            "ok" => Kind::Ok,
            "fail" => Kind::Fail,
            "info" => Kind::Info,
            _ => return None,
        })
    }
}

/// One end of an operation of a client.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) process: Option<i64>,
    pub(super) kind: Kind,
    pub(super) function: Function,
    pub(super) key: Option<Datum>,
    pub(super) value: Datum,
    /// Whether the record marks it as made when all was quiet.
    pub(super) quiet: bool,
    /// What its client sent along as what it had seen of the key.
    pub(super) context: Option<Datum>,
    pub(super) time: Option<u64>,
    pub(super) index: Option<i64>,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The value of a pair of key and value.
pub(super) fn half(datum: &Datum, pairs: bool) -> &Datum {
    match datum {
        Datum::List(items) if pairs => items.get(1).unwrap_or(&Datum::Nil),
        other => other,
    }
}

impl Event {
    /// What is wrong with it, told with its place.
    pub(super) fn wrong(&self, message: impl Into<String>) -> ImportError {
        ImportError { line: self.line as usize, column: self.column as usize, message: message.into() }
    }

    /// The first half of its value, if values are pairs of a key and a value.
    fn half(&self, pairs: bool) -> Option<&Datum> {
        self.value.list().filter(|items| pairs && items.len() == 2).and_then(<[Datum]>::first)
    }
}

/// The numbers of the events of an operation; one end may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) start: Option<usize>,
    pub(super) end: Option<usize>,
}

impl Pair {
    /// One of its events.
    pub(super) fn any(self) -> Option<usize> {
        self.start.or(self.end)
    }
}

/// What was found while events were joined.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// The operations, in the order of their first event.
    pub(super) pairs: Vec<Pair>,
    /// How many began while another of the same process was open.
    pub(super) pipelined: usize,
    /// How many ends have no beginning.
    pub(super) headless: usize,
    /// How many began after an `info` of the same process.
    pub(super) after_info: usize,
}

/// Puts events into their order: that of `:index` where every event has one of its own, else that of the lines. Whether it was not
/// that of the lines.
pub(super) fn order(events: &mut [Event]) -> bool {
    let mut indices: Vec<Option<i64>> = events.iter().map(|event| event.index).collect();
    if events.iter().any(|event| event.index.is_none()) || indices.is_sorted() {
        return false;
    }
    indices.sort_unstable();
    if indices.windows(2).any(|pair| pair[0] == pair[1]) {
        return false;
    }
    events.sort_by_key(|event| event.index);
    true
}

/// Joins events, whose values may be pairs of a key and a value.
pub(super) fn join(events: &[Event], pairs: bool) -> Result<Joined, ImportError> {
    let mut joined = Joined::default();
    let mut open: BTreeMap<Option<i64>, Vec<usize>> = BTreeMap::new();
    let mut retired: BTreeMap<Option<i64>, ()> = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        let waiting = open.entry(event.process).or_default();
        if event.kind == Kind::Invoke {
            // Whoever names no process is a session of its own.
            joined.pipelined += usize::from(!waiting.is_empty() && event.process.is_some());
            joined.after_info += usize::from(retired.contains_key(&event.process) && event.process.is_some());
            waiting.push(joined.pairs.len());
            if waiting.len() > OPEN_MAX {
                let of = if event.process.is_some() { "of one process" } else { "that name no process" };
                return Err(event.wrong(format!("more than {OPEN_MAX} operations {of} are open at once")));
            }
            joined.pairs.push(Pair { start: Some(at), end: None });
        } else {
            let oldest = |fits: fn(&Event, &Event, bool) -> bool| {
                waiting.iter().position(|pair| joined.pairs[*pair].start.is_some_and(|start| fits(&events[start], event, pairs)))
            };
            // Whatever a process says at an end, it says of something that it has begun.
            let any = || (event.process.is_some() && !waiting.is_empty()).then_some(0);
            match oldest(ends).or_else(|| oldest(may_end)).or_else(any) {
                Some(place) => joined.pairs[waiting.remove(place)].end = Some(at),
                None => {
                    joined.headless += 1;
                    joined.pairs.push(Pair { start: None, end: Some(at) });
                }
            }
            if event.kind == Kind::Info {
                retired.insert(event.process, ());
            }
        }
        if joined.pairs.len() > OPERATIONS_MAX {
            return Err(event.wrong(format!("the history has more than {OPERATIONS_MAX} operations")));
        }
    }
    Ok(joined)
}

/// Whether an event may be the end of what began with another: it does the same to the same key, if it says to which.
fn may_end(start: &Event, end: &Event, pairs: bool) -> bool {
    let same_half = start.half(pairs).zip(end.half(pairs)).is_none_or(|(one, other)| one == other);
    start.function == end.function && (start.key == end.key || end.key.is_none()) && same_half
}

/// Whether it also says that it ends the same.
fn ends(start: &Event, end: &Event, pairs: bool) -> bool {
    may_end(start, end, pairs)
        && match start.function {
            Function::Read => true,
            Function::Transaction => asks_the_same(&start.value, &end.value),
            _ => start.value == end.value,
        }
}
