//! Puts an [`Observed`] together: numbers keys, values and sessions, and bounds what it is given.

use std::collections::BTreeMap;

use super::datum::Datum;
use super::{ImportError, OPERATIONS_MAX, Options, STEPS_MAX, Start, start, unsaid};
use crate::observed::{Call, Initial, Key, Model, Observed, Operation, Outcome, Returned, Sibling, Step, Told, Value};

/// How many keys with their first values a note names.
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

    /// The names, each another: where a text, a keyword and a number would look alike they are written as the record has them.
    fn distinct(self) -> Vec<String> {
        let mut like: BTreeMap<&str, u32> = BTreeMap::new();
        self.names.iter().for_each(|name| *like.entry(name).or_default() += 1);
        let mut names = self.names.clone();
        for (identity, number) in &self.numbers {
            let name = &self.names[*number as usize];
            if like.get(name.as_str()).is_some_and(|count| *count > 1) {
                names[*number as usize] = match identity.strip_prefix('"') {
                    Some(text) => format!("{text:?}"),
                    None => identity.clone(),
                };
            }
        }
        names
    }

    /// The number of what somebody wrote down on the command line, if it is known.
    fn known(&self, text: &str) -> Option<u32> {
        let (datum, plain, keyword) = (start::datum(text), Datum::Text(text.to_owned()), Datum::Keyword(text.to_owned()));
        [datum, plain, keyword].iter().find_map(|datum| self.numbers.get(&datum.identity()).copied())
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
            Datum::Text(text) | Datum::Keyword(text) if quotes && text.parse::<f64>().is_ok() => format!("\"{text}\""),
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

    /// The number that the next step gets.
    pub(super) fn next_step(&self) -> u32 {
        u32::try_from(self.observed.steps.len()).unwrap_or(u32::MAX)
    }

    /// Notes the values that the client of a step sent along as what it had seen.
    pub(super) fn context(&mut self, step: u32, values: &[Datum]) {
        let values: Vec<Value> = values.iter().map(|value| self.value(value)).collect();
        let siblings = values.into_iter().map(|value| Sibling { value: Some(value), stamp: None, writer: None });
        let versions = &mut self.observed.versions;
        let context = Some(versions.siblings.add(siblings));
        versions.told.push(Told { step, context, ..Told::default() });
    }

    /// The number of a value that somebody wrote down on the command line.
    fn said(&mut self, text: &str) -> Value {
        self.values.known(text).unwrap_or_else(|| self.value(&start::datum(text)))
    }

    /// The history; what keys hold at first is as said, else as the family of the record has it.
    pub(super) fn done(mut self, options: &Options, family: &Start) -> Result<Observed, ImportError> {
        self.observed.operations.sort_by_key(|operation| operation.invoked);
        let (said, by_key) = match &options.initial {
            Some(Start::ByKey(values)) => (None, values.as_slice()),
            said => (said.as_ref(), &[][..]),
        };
        let start = said.unwrap_or(family);
        self.observed.initial = match start {
            Start::Absent | Start::ByKey(_) => Initial::Absent,
            Start::Unknown => Initial::Unknown,
            Start::Value(text) => Initial::Value(self.said(text)),
            Start::FirstRead => self.first_read(),
        };
        for (key, value) in by_key {
            let said = self.said_of_key(key, value, family)?;
            self.observed.initial_by_key.push(said);
        }
        self.observed.initial_by_key.sort_unstable_by_key(|(key, _)| *key);
        if let Some(pair) = self.observed.initial_by_key.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let name = &self.keys.names[pair[0].0 as usize];
            return Err(ImportError::whole(format!("two first values are said of the key {name}")));
        }
        self.note_initial(said.is_some(), start);
        if let Some(hint) = self.hint() {
            self.note(hint);
        }
        self.observed.keys = self.keys.distinct();
        self.observed.values = if self.quotes { self.values.distinct() } else { self.values.names };
        self.observed.sessions = self.sessions.names;
        Ok(self.observed)
    }

    /// What a key is said to hold at first.
    fn said_of_key(&mut self, key: &str, value: &str, family: &Start) -> Result<(Key, Initial), ImportError> {
        let Some(number) = self.keys.known(key) else {
            let message = format!("a first value is said of the key {key}, which the record does not have");
            return Err(ImportError::whole(message));
        };
        // Where nil is a value like others, it is that of the family.
        let nil = if matches!(family, Start::Value(text) if start::says_nothing(text)) {
            self.observed.initial
        } else {
            Initial::Absent
        };
        Ok((number, if start::says_nothing(value) { nil } else { Initial::Value(self.said(value)) }))
    }

    /// Says what keys hold at first, and why.
    fn note_initial(&mut self, said: bool, start: &Start) {
        let shown = |builder: &Builder, initial: Initial| match initial {
            Initial::Absent => "nothing".to_owned(),
            Initial::Unknown => "what explains the history".to_owned(),
            Initial::Value(value) => match builder.values.names.get(value as usize).map_or("", String::as_str) {
                "" => "the empty text".to_owned(),
                name => name.to_owned(),
            },
        };
        for (key, initial) in self.observed.initial_by_key.iter().take(NAMED).copied().collect::<Vec<_>>() {
            let (name, holds) = (self.keys.names[key as usize].clone(), shown(self, initial));
            self.note(format!("{name} holds {holds} before anything is written, as said"));
        }
        let many = self.observed.initial_by_key.len();
        self.note_some(many.saturating_sub(NAMED), "more key holds what is said of it", "more keys hold what is said of them");
        let why = match start {
            Start::FirstRead => ", which the first read returned",
            _ if said => ", as said",
            _ => ", as records of this format have it",
        };
        let which = if many > 0 { "every other key" } else { "every key" };
        let holds = shown(self, self.observed.initial);
        self.note(format!("{which} holds {holds} before anything is written{why}"));
    }

    /// Asks for first values that seem to have been there and are not said, as they would be said.
    fn hint(&self) -> Option<String> {
        let values = unsaid::values(&self.observed);
        let (_, one) = *values.first()?;
        let said = !self.observed.initial_by_key.is_empty();
        let name = &self.values.names[one as usize];
        let alone = self.spelled_alone(one).filter(|_| !said && values.iter().all(|(_, value)| *value == one));
        if let Some(spelled) = alone {
            let name = if name.is_empty() { "the empty text" } else { name };
            return Some(format!(
                "{name} is read and nobody had written it: if keys hold it at first, that has to be said (--initial {spelled})"
            ));
        }
        let shown: Vec<String> = values.iter().take(NAMED).map(|(key, value)| self.spelled_pair(*key, *value)).collect();
        let more = values.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let too = if said { " too" } else { "" };
        let shown = shown.join(",");
        Some(format!(
            "values are read that nobody had written: if keys hold them at first, that has to be said{too} (--initial {shown}{more})"
        ))
    }

    /// A value as `--initial` takes it for all keys: its name, in quotes if it would be taken for something else without.
    fn spelled_alone(&self, value: Value) -> Option<String> {
        let name = &self.values.names[value as usize];
        let reads = |text: &String| {
            let read = Start::of(text);
            !text.is_empty() && !text.starts_with('@') && read.is_ok_and(|start| start == Start::Value(text.clone()))
        };
        let quoted = Datum::Text(name.clone()).quoted();
        [name.clone(), quoted].into_iter().find(|text| reads(text) && self.values.known(text) == Some(value))
    }

    /// A key and its value as `--initial` takes them.
    fn spelled_pair(&self, key: Key, value: Value) -> String {
        let (key_name, value_name) = (&self.keys.names[key as usize], &self.values.names[value as usize]);
        let both = |name: &String| [name.clone(), Datum::Text(name.clone()).quoted()];
        let means = |key_text: &str, value_text: &str| {
            let said = Start::of(&format!("{key_text}={value_text}"));
            let as_said = said == Ok(Start::ByKey(vec![(key_text.to_owned(), value_text.to_owned())]));
            as_said && !start::says_nothing(value_text) && !key_text.starts_with('@')
        };
        let keys = both(key_name).into_iter().filter(|text| self.keys.known(text) == Some(key));
        let values = || both(value_name).into_iter().filter(|text| self.values.known(text) == Some(value));
        let mut spelled = keys.flat_map(|key| values().map(move |value| (key.clone(), value)));
        let found = spelled.find(|(key, value)| means(key, value));
        found.map_or_else(|| format!("{key_name}={value_name}"), |(key, value)| format!("{key}={value}"))
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
