//! Puts an [`Observed`] together: numbers keys, values and sessions, and bounds what it is given.

use std::collections::BTreeMap;

use super::datum::Datum;
use super::{ImportError, OPERATIONS_MAX, Options, STEPS_MAX, Start};
use crate::observed::{Call, Initial, Key, Model, Observed, Operation, Outcome, Returned, Step, Value};

/// How many keys with their first values are named.
const NAMED: usize = 8;

/// Names with numbers.
#[derive(Default)]
struct Names {
    numbers: BTreeMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, identity: String, name: impl FnOnce() -> String) -> u32 {
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(identity).or_insert(next);
        if number == next {
            self.names.push(name());
        }
        number
    }
}

/// An operation without its steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) session: u32,
    pub(super) invoked: u64,
    pub(super) completed: Option<u64>,
    pub(super) outcome: Outcome,
    pub(super) time: Option<(u64, u64)>,
    pub(super) lines: (u32, u32),
}

/// The sessions of operations that name none.
#[derive(Default)]
struct Alone {
    /// The session of the operation at each place of the record.
    sessions: BTreeMap<usize, u32>,
    /// How many such operations each line has.
    in_line: BTreeMap<u32, u32>,
}

/// A history that is being put together.
pub(super) struct Builder {
    keys: Names,
    values: Names,
    sessions: Names,
    alone: Alone,
    observed: Observed,
    /// Whether a text that looks like a number is shown in quotes.
    quotes: bool,
}

impl Builder {
    pub(super) fn new(model: Model, real_time: bool) -> Builder {
        let observed = Observed { model, real_time, ..Observed::default() };
        // Texts that are appended to are their names, letter by letter.
        let quotes = model != Model::AppendText;
        let (keys, values, sessions) = (Names::default(), Names::default(), Names::default());
        Builder { keys, values, sessions, alone: Alone::default(), observed, quotes }
    }

    /// For records in which every value is a text.
    pub(super) fn without_quotes(&mut self) {
        self.quotes = false;
    }

    pub(super) fn key(&mut self, key: &Datum) -> Key {
        self.keys.number(key.identity(), || key.to_string())
    }

    pub(super) fn value(&mut self, value: &Datum) -> Value {
        let quotes = self.quotes;
        self.values.number(value.identity(), || match value {
            Datum::Text(text) if quotes && text.parse::<f64>().is_ok() => format!("\"{text}\""),
            other => other.to_string(),
        })
    }

    pub(super) fn session(&mut self, name: &str) -> u32 {
        self.sessions.number(name.to_owned(), || name.to_owned())
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.observed.notes.push(note.into());
    }

    /// The session of an operation that names none, which nothing else is of. Its place in the record tells it from others in its line.
    pub(super) fn session_of_its_own(&mut self, place: usize, line: u32) -> u32 {
        if let Some(session) = self.alone.sessions.get(&place) {
            return *session;
        }
        let in_line = self.alone.in_line.entry(line).or_default();
        *in_line += 1;
        let session = u32::try_from(self.sessions.names.len()).unwrap_or(u32::MAX);
        self.sessions.names.push(match *in_line {
            1 => format!("operation in line {line}"),
            nth => format!("operation {nth} in line {line}"),
        });
        self.alone.sessions.insert(place, session);
        session
    }

    /// Says how many of all operations name no session.
    pub(super) fn sessions_missing(&mut self, missing: usize, all: usize) {
        self.observed.sessionless = missing == all && all > 0;
        if self.observed.sessionless {
            self.note("no operation names its process: each is a session of its own");
        } else {
            self.note_some(
                missing,
                "operation names no process: it is a session of its own",
                "operations name no process: each is a session of its own",
            );
        }
    }

    /// Says how many of something there were, if there were any.
    pub(super) fn note_some(&mut self, count: usize, one: &str, several: &str) {
        match count {
            0 => {}
            1 => self.note(format!("1 {one}")),
            _ => self.note(format!("{count} {several}")),
        }
    }

    /// Adds an operation with its steps.
    pub(super) fn add(&mut self, frame: Frame, steps: impl IntoIterator<Item = Step>) -> Result<(), ImportError> {
        if self.observed.operations.len() >= OPERATIONS_MAX {
            return Err(ImportError::in_line(frame.lines.0, format!("the history has more than {OPERATIONS_MAX} operations")));
        }
        let first = self.observed.steps.len();
        self.observed.steps.extend(steps.into_iter().take(STEPS_MAX + 1));
        if self.observed.steps.len() > STEPS_MAX {
            return Err(ImportError::in_line(frame.lines.0, format!("the history has more than {STEPS_MAX} reads and writes")));
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let Frame { session, invoked, completed, outcome, time, lines } = frame;
        let (first, count) = (number(first), number(self.observed.steps.len() - first));
        self.observed.operations.push(Operation { session, first, count, invoked, completed, outcome, time, lines });
        Ok(())
    }

    /// The number of a value that somebody wrote down on the command line.
    fn said(&mut self, text: &str) -> Value {
        let datum = super::json_or_edn(text);
        let other = Datum::Text(text.to_owned());
        let known = [&datum, &other].into_iter().find(|d| self.values.numbers.contains_key(&d.identity())).cloned();
        self.value(known.as_ref().unwrap_or(&datum))
    }

    /// The history; what keys hold at first is as said, else as the family of the record has it.
    pub(super) fn done(mut self, options: &Options, family: &Start) -> Result<Observed, ImportError> {
        self.observed.operations.sort_by_key(|operation| operation.invoked);
        let by_key = match &options.initial {
            Some(Start::ByKey(values)) => values.as_slice(),
            _ => &[],
        };
        let said = options.initial.as_ref().filter(|_| by_key.is_empty());
        let start = said.unwrap_or(family);
        self.observed.initial = match start {
            Start::Absent | Start::ByKey(_) => Initial::Absent,
            Start::Unknown => Initial::Unknown,
            Start::Value(text) => Initial::Value(self.said(text)),
            Start::FirstRead => self.first_read(),
        };
        for (key, value) in by_key {
            let (key, value) = (self.said_key(key)?, self.said(value));
            self.observed.initial_by_key.push((key, value));
        }
        self.observed.initial_by_key.sort_unstable();
        if let Some(pair) = self.observed.initial_by_key.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let name = &self.keys.names[pair[0].0 as usize];
            return Err(ImportError::whole(format!("two first values are said of the key {name}")));
        }
        self.note_initial(said.is_some(), start);
        if let Some(hint) = self.unsaid_initial() {
            self.note(hint);
        }
        self.observed.keys = self.keys.names;
        self.observed.values = self.values.names;
        self.observed.sessions = self.sessions.names;
        Ok(self.observed)
    }

    /// Says what keys hold at first, and why.
    fn note_initial(&mut self, said: bool, start: &Start) {
        let shown = |builder: &Builder, value: Value| {
            let name = builder.values.names.get(value as usize).map_or("", String::as_str);
            if name.is_empty() { "the empty text".to_owned() } else { name.to_owned() }
        };
        for (key, value) in self.observed.initial_by_key.iter().take(NAMED).copied().collect::<Vec<_>>() {
            let (name, holds) = (self.keys.names[key as usize].clone(), shown(self, value));
            self.note(format!("{name} holds {holds} before anything is written, as said"));
        }
        let many = self.observed.initial_by_key.len();
        if many > NAMED {
            self.note(format!("so do {} more keys hold what is said", many - NAMED));
        }
        let holds = match self.observed.initial {
            Initial::Absent => "nothing".to_owned(),
            Initial::Unknown => "what explains the history".to_owned(),
            Initial::Value(value) => shown(self, value),
        };
        let why = match start {
            Start::FirstRead => ", which the first read returned",
            _ if said => ", as said",
            _ => ", as records of this format have it",
        };
        let which = if many > 0 { "every other key" } else { "every key" };
        self.note(format!("{which} holds {holds} before anything is written{why}"));
    }

    /// The number of a key that somebody wrote down on the command line.
    fn said_key(&self, text: &str) -> Result<Key, ImportError> {
        let (datum, other) = (super::json_or_edn(text), Datum::Text(text.to_owned()));
        let known = [&datum, &other].into_iter().find_map(|d| self.keys.numbers.get(&d.identity()).copied());
        known
            .ok_or_else(|| ImportError::whole(format!("a first value is said of the key {text}, which the record does not have")))
    }

    /// Whether something seems to have been there at first that is not said: values that were read before anybody could have written them.
    fn unsaid_initial(&self) -> Option<String> {
        let values = self.unwritten()?;
        let name = |value: Value| self.values.names[value as usize].as_str();
        let (_, one) = *values.first()?;
        if values.iter().all(|(_, value)| *value == one) {
            let one = name(one);
            return Some(format!(
                "{one} is read and nobody had written it: if keys hold it at first, that has to be said (--initial {one})"
            ));
        }
        let shown: Vec<String> = values
            .iter()
            .take(NAMED)
            .map(|(key, value)| format!("{}={}", self.keys.names[*key as usize], name(*value)))
            .collect();
        let more = values.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(", and {more} keys more") } else { String::new() };
        Some(format!(
            "values are read that nobody had written: if keys hold them at first, that has to be said (--initial {}{more})",
            shown.join(",")
        ))
    }

    /// For each key the one value that was read of it although nobody had begun to write it; nothing for lists.
    fn unwritten(&self) -> Option<Vec<(Key, Value)>> {
        let observed = &self.observed;
        let mut begun: BTreeMap<(Key, Value), u64> = BTreeMap::new();
        for operation in observed.operations.iter().filter(|operation| operation.outcome != Outcome::Fail) {
            for step in observed.steps_of(operation) {
                match step.call {
                    Call::Write(value) | Call::CompareAndSet(_, value) => {
                        let first = begun.entry((step.key, value)).or_insert(operation.invoked);
                        *first = (*first).min(operation.invoked);
                    }
                    Call::Append(_) | Call::Read(Returned::List(_)) => return None,
                    _ => {}
                }
            }
        }
        let mut found: BTreeMap<Key, Option<Value>> = BTreeMap::new();
        for operation in observed.operations.iter().filter(|operation| operation.outcome == Outcome::Ok) {
            let ended = operation.completed.filter(|_| observed.real_time).unwrap_or(u64::MAX);
            for step in observed.steps_of(operation) {
                let (Call::Read(Returned::Value(value)) | Call::CompareAndSet(value, _)) = step.call else { continue };
                let written = begun.get(&(step.key, value)).is_some_and(|begun| *begun <= ended);
                if written || observed.initial_of(step.key) == Initial::Value(value) {
                    continue;
                }
                // Two values cannot both have been there at first.
                let known = found.entry(step.key).or_insert(Some(value));
                *known = known.filter(|known| *known == value);
            }
        }
        Some(found.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// What the first read returned, in the order of invocations, that ended well and returned one value.
    fn first_read(&self) -> Initial {
        let observed = &self.observed;
        let done = observed.operations.iter().filter(|operation| operation.outcome == Outcome::Ok);
        let returned = done.flat_map(|operation| observed.steps_of(operation)).find_map(|step| match &step.call {
            Call::Read(Returned::Value(value)) => Some(Initial::Value(*value)),
            Call::Read(Returned::Absent) => Some(Initial::Absent),
            _ => None,
        });
        returned.unwrap_or(Initial::Unknown)
    }
}
