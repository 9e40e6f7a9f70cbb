//! dbcop's histories: sessions of transactions, as JSON or in its text `[x:=1 y==2]`.
//!
//! Version 0 stands for what a key holds at first unless somebody writes it, and so does `null` (in the text: `?`). An uncommitted
//! transaction (`"committed": false`, `[...]!`) did not happen. The JSON of dbcop's first edition (`variable`, `value`, `write`,
//! `success`) is read as well.

use super::builder::Builder;
use super::datum::Datum;
use super::forms::{Form, Forms, Syntax};
use super::sessions::{Transaction, add_all, check_model};
use super::{ImportError, Options, Start, json};
use crate::observed::{Call, Model, Observed, Outcome, Returned, Step};

/// A read or write before keys and versions are numbered; no version is what the key holds at first.
struct Event {
    write: bool,
    variable: Datum,
    version: Option<Datum>,
}

/// A transaction with its line.
struct Raw {
    session: usize,
    committed: bool,
    events: Vec<Event>,
    lines: (u32, u32),
}

fn history(raw: Vec<Raw>, options: &Options) -> Result<Observed, ImportError> {
    check_model(options)?;
    let mut builder = Builder::new(Model::Transactions, false);
    let zero = Datum::Int(0);
    let mut zeros: Vec<u32> = Vec::new();
    for event in raw.iter().filter(|raw| raw.committed).flat_map(|raw| &raw.events) {
        if event.write && event.version.as_ref() == Some(&zero) {
            zeros.push(builder.key(&event.variable));
        }
    }
    zeros.sort_unstable();
    let mut transactions = Vec::with_capacity(raw.len());
    for Raw { session, committed, events, lines } in raw {
        let mut steps = Vec::with_capacity(events.len());
        for Event { write, variable, version } in events {
            let key = builder.key(&variable);
            let version = version.filter(|version| write || *version != zero || zeros.binary_search(&key).is_ok());
            let call = match (write, &version) {
                (true, Some(version)) => Call::Write(builder.value(version)),
                (true, None) => return Err(ImportError::in_line(lines.0, "a write has no version")),
                (false, Some(version)) => Call::Read(Returned::Value(builder.value(version))),
                (false, None) => Call::Read(Returned::Absent),
            };
            steps.push(Step { key, call, version: None });
        }
        let outcome = if committed { Outcome::Ok } else { Outcome::Fail };
        transactions.push(Transaction { session: format!("session {session}"), steps, outcome, lines });
    }
    add_all(&mut builder, transactions)?;
    builder.done(options, &Start::Absent)
}

/// Reads dbcop's JSON: an array of sessions, or an object with it under `data`.
pub(super) fn json(text: &str, options: &Options) -> Result<Observed, ImportError> {
    let start = text.len() - text.trim_start().len();
    let form = Form { text: text.trim(), start, line: 1 };
    // The whole text is one form; this bounds its nesting and finds its brackets right.
    let mut forms = Forms::new(text, Syntax::Json);
    while forms.next()?.is_some() {}
    let whole = json::read(&form).ok_or_else(|| json::wrong(text, &form))?;
    let data = whole.get("data").or_else(|| whole.get("sessions")).unwrap_or(&whole);
    let shape = |what: &str| {
        ImportError::whole(format!("{what}, as dbcop's JSON has: sessions of {{\"events\": [...], \"committed\": true}}"))
    };
    let mut raw = Vec::new();
    for (place, session) in data.list().ok_or_else(|| shape("there is no array of sessions"))?.iter().enumerate() {
        let session = session.list().ok_or_else(|| shape("a session is no array of transactions"))?;
        for transaction in session {
            let events = transaction.get("events").and_then(Datum::list).ok_or_else(|| shape("a transaction has no events"))?;
            let committed = transaction.get("committed").or_else(|| transaction.get("success")) != Some(&Datum::Bool(false));
            let events = events.iter().map(event).collect::<Option<Vec<Option<Event>>>>();
            let events = events.ok_or_else(|| shape("an event is neither a read nor a write"))?;
            raw.push(Raw { session: place + 1, committed, events: events.into_iter().flatten().collect(), lines: (0, 0) });
        }
    }
    place(text, &mut raw);
    history(raw, options)
}

/// An event of dbcop's JSON; of the first edition, one without success is nothing.
#[expect(clippy::option_option, reason = "no event, and an event that did not happen")]
fn event(datum: &Datum) -> Option<Option<Event>> {
    let of = |write, fields: &Datum| {
        let (variable, version) = (fields.get("variable")?.clone(), fields.some("version").cloned());
        Some(Some(Event { write, variable, version }))
    };
    if let Some([name, variable, version]) = datum.list() {
        let version = Some(version.clone()).filter(|version| !version.is_nil());
        return match name.word()? {
            "r" => Some(Some(Event { write: false, variable: variable.clone(), version })),
            "w" => Some(Some(Event { write: true, variable: variable.clone(), version })),
            _ => None,
        };
    }
    if let Some(fields) = datum.get("Read") {
        return of(false, fields);
    }
    if let Some(fields) = datum.get("Write") {
        return of(true, fields);
    }
    let write = *datum.get("write")? == Datum::Bool(true);
    let event = Event { write, variable: datum.get("variable")?.clone(), version: datum.some("value").cloned() };
    Some((datum.get("success") != Some(&Datum::Bool(false))).then_some(event))
}

/// Gives transactions the lines of their `"events"`.
fn place(text: &str, raw: &mut [Raw]) {
    let (mut line, mut from) = (1, 0);
    for (raw, (at, _)) in raw.iter_mut().zip(text.match_indices("\"events\"")) {
        line += text[from..at].matches('\n').count();
        from = at;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        raw.lines = (line, line);
    }
}

/// Reads dbcop's text.
pub(super) fn hist(text: &str, options: &Options) -> Result<Observed, ImportError> {
    let mut raw: Vec<Raw> = Vec::new();
    let mut session = 1;
    let mut start = 0;
    for (at, whole) in text.split_inclusive('\n').enumerate() {
        let (line, begin) = (whole.trim(), start);
        start += whole.len();
        let number = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if line.bytes().all(|byte| byte == b'-') {
            session += 1;
            continue;
        }
        let mut rest = line;
        while !rest.is_empty() && !rest.starts_with("//") {
            let byte = begin + whole.find(line).unwrap_or(0) + line.len() - rest.len();
            let wrong = |message| ImportError::at(text, byte, message);
            let inside = rest.strip_prefix('[').ok_or_else(|| wrong("a transaction begins with ["))?;
            let (inside, after) = inside.split_once(']').ok_or_else(|| wrong("this transaction has no ]"))?;
            let events: Option<Vec<Event>> = inside.split_whitespace().map(compact).collect();
            let events = events.ok_or_else(|| wrong("this transaction has something else than x:=1, x==1 and x==?"))?;
            let committed = !after.starts_with('!');
            raw.push(Raw { session, committed, events, lines: (number, number) });
            rest = after.trim_start_matches('!').trim_start();
        }
    }
    history(raw, options)
}

fn compact(word: &str) -> Option<Event> {
    let (write, (variable, version)) = match word.split_once(":=") {
        Some(parts) => (true, parts),
        None => (false, word.split_once("==")?),
    };
    let version = if version == "?" { None } else { Some(Datum::Int(version.parse().ok()?)) };
    (!variable.is_empty() && (version.is_some() || !write)).then(|| Event {
        write,
        variable: Datum::Text(variable.to_owned()),
        version,
    })
}
