//! Puts an [`Observed`] together: numbers keys, values and sessions, and bounds what it is given.

use std::collections::BTreeMap;

use super::datum::Datum;
use super::{ImportError, OPERATIONS_MAX, Options, STEPS_MAX, Start};
use crate::observed::{Call, Initial, Key, Model, Observed, Operation, Outcome, Returned, Step, Value};

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

/// A history that is being put together.
pub(super) struct Builder {
    keys: Names,
    values: Names,
    sessions: Names,
    observed: Observed,
    /// Whether a text that looks like a number is shown in quotes.
    quotes: bool,
}

impl Builder {
    pub(super) fn new(model: Model, real_time: bool) -> Builder {
        let observed = Observed { model, real_time, ..Observed::default() };
        // Texts that are appended to are their names, letter by letter.
        let quotes = model != Model::AppendText;
        Builder { keys: Names::default(), values: Names::default(), sessions: Names::default(), observed, quotes }
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

    /// The name of the session of an operation that tells none.
    pub(super) fn session_of_its_own(line: u32) -> String {
        format!("operation in line {line}")
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
    pub(super) fn done(mut self, options: &Options, family: &Start) -> Observed {
        let start = options.initial.as_ref().unwrap_or(family);
        self.observed.operations.sort_by_key(|operation| operation.invoked);
        self.observed.initial = match start {
            Start::Absent => Initial::Absent,
            Start::Unknown => Initial::Unknown,
            Start::Value(text) => Initial::Value(self.said(text)),
            Start::FirstRead => self.first_read(),
        };
        let holds = match (self.observed.initial, start) {
            (Initial::Absent, _) => "nothing".to_owned(),
            (Initial::Unknown, _) => "what explains the history".to_owned(),
            (Initial::Value(value), _) => {
                let name = self.values.names.get(value as usize).map_or("", String::as_str);
                if name.is_empty() { "the empty text".to_owned() } else { name.to_owned() }
            }
        };
        let why = match (&options.initial, start) {
            (_, Start::FirstRead) => ", which the first read returned",
            (Some(_), _) => ", as said",
            (None, _) => ", as records of this format have it",
        };
        self.note(format!("every key holds {holds} before anything is written{why}"));
        if options.initial.is_none()
            && let Some(value) = self.read_only_value()
        {
            self.note(format!(
                "{value} is read and nobody writes it: if keys hold it at first, that has to be said (--initial {value})"
            ));
        }
        self.observed.keys = self.keys.names;
        self.observed.values = self.values.names;
        self.observed.sessions = self.sessions.names;
        self.observed
    }

    /// The value that is read although nobody writes it, if there is one such value.
    fn read_only_value(&self) -> Option<String> {
        let mut written = vec![false; self.values.names.len()];
        let mut read = Vec::new();
        for step in &self.observed.steps {
            match step.call {
                Call::Write(value) | Call::CompareAndSet(_, value) => written[value as usize] = true,
                Call::Read(Returned::Value(value)) => read.push(value),
                Call::Append(_) | Call::Read(Returned::List(_)) => return None,
                _ => {}
            }
        }
        let first = self.observed.initial;
        read.retain(|value| !written[*value as usize] && first != Initial::Value(*value));
        let one = *read.first()?;
        let single = read.iter().all(|value| *value == one);
        self.values.names.get(one as usize).filter(|_| single).cloned()
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
