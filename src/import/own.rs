//! This project's own format: a run as JSON lines, which [`crate::export`] writes.
//!
//! Version 1 has positions in the log; version 2 has versions that may be concurrent ([`siblings`]). The first line says what follows and holds the whole scenario; each line after it is one operation. Positions in the log are
//! versions, so nothing has to be guessed; the numbers of starts and ends are their places in the record of the run, which is finer
//! than its clock.

mod siblings;

use super::builder::{Builder, Frame};
use super::datum::Datum;
use super::forms::{Forms, Syntax};
use super::{ImportError, Options, Start, json};
use crate::observed::{Call, Model, Observed, Outcome, Returned, Step};
use siblings::Reader;

/// The name of the format.
pub const OWN_FORMAT: &str = "rts-jsonl";
/// The version of the format where versions are positions.
pub const OWN_VERSION: i64 = 1;
/// The version of the format where versions may be concurrent.
pub const OWN_VERSION_SIBLINGS: i64 = 2;

/// How many entries an epoch has at most, for the order of positions.
const EPOCH: u64 = 1 << 40;

/// Whether this is the first line of such a record.
pub(super) fn is_header(datum: &Datum) -> bool {
    datum.get("format").and_then(Datum::word) == Some(OWN_FORMAT)
}

/// A position as one number: `[epoch, lsn]`, which are compared in this order.
fn position(datum: &Datum) -> Option<u64> {
    let [epoch, lsn] = datum.list()? else { return None };
    let part = |datum: &Datum| datum.int().and_then(|n| u64::try_from(n).ok());
    part(epoch)?.checked_mul(EPOCH)?.checked_add(part(lsn)?)
}

/// Reads such a record; and whether all its positions are of one log, so that they order all keys together.
pub(super) fn read(text: &str, options: &Options) -> Result<(Observed, bool), ImportError> {
    let mut forms = Forms::new(text, Syntax::Json);
    let header = forms.next()?.and_then(|form| json::read(&form)).unwrap_or(Datum::Nil);
    if !is_header(&header) {
        let message = format!("the first line is not that of a record of the format {OWN_FORMAT}");
        return Err(ImportError { line: 1, column: 1, message });
    }
    let mut versions = versions(&header)?;
    // What a real server tells is where its log stood, and not where a value's entry is.
    let recorded_from = header.get("recorded_from").and_then(Datum::word).map(str::to_owned);
    let model = if versions.is_some() { Model::MvRegister } else { Model::Register };
    if let Some(other) = options.model.filter(|other| *other != model && !matches!(other, Model::Register | Model::CasRegister)) {
        return Err(ImportError::whole(format!("a run of this laboratory is of registers, not of the model {}", other.name())));
    }
    let mut builder = Builder::new(if versions.is_some() { model } else { options.model.unwrap_or(model) }, true);
    let (mut shard, mut one_log) = (None, true);
    let (mut unnamed, mut all) = (0, 0);
    while let Some(form) = forms.next()? {
        let line = json::read(&form).ok_or_else(|| json::wrong(text, &form))?;
        let message = "this is no operation: it needs key, kind, started, and how it ended";
        let wrong = || ImportError::at(text, form.start, message);
        let frame = frame(&mut builder, &line, (form.line, all)).ok_or_else(wrong)?;
        unnamed += usize::from(line.some("session").is_none());
        all += 1;
        let of = line.get("shard").cloned();
        one_log &= *shard.get_or_insert_with(|| of.clone()) == of;
        for mut step in steps(&mut builder, &line, frame.outcome, versions.is_some()).ok_or_else(wrong)? {
            step.version = step.version.filter(|_| recorded_from.is_none());
            let (key, number) = (step.key, builder.next_step());
            // Registers are linearizable together if and only if each of them is, so a statement counts once for each row.
            builder.add(frame, [step])?;
            if let Some(versions) = &mut versions {
                let told = versions.line(&line, &mut |value| builder.value(value));
                versions.add(&line, told.map_err(|message| ImportError::at(text, form.start, message))?, number, key);
            }
        }
    }
    if let Some(versions) = &mut versions {
        versions.merged(&header, |key| builder.key(key));
        let decided = versions.arbitration(&header, |key| builder.key(key));
        decided.map_err(|message| ImportError { line: 1, column: 1, message })?;
        versions.nothing(builder.value(&Datum::Nil));
    }
    builder.sessions_missing(unnamed, all);
    let Some(versions) = versions else {
        one_log &= recorded_from.is_none();
        builder.note(match recorded_from {
            Some(system) => format!("recorded from {system}: no versions of values are told"),
            None => "versions are positions in the log, by epoch and number".to_owned(),
        });
        return Ok((builder.done(options, &Start::Absent)?, one_log));
    };
    builder.note("versions may be concurrent: the record tells a stamp with each");
    let mut history = builder.done(options, &Start::Absent)?;
    versions.done(&mut history);
    match options.model {
        Some(model) if model != history.model => {
            let message = format!("the record is of the model {}, not of {}", history.model.name(), model.name());
            Err(ImportError::whole(message))
        }
        _ => Ok((history, false)),
    }
}

/// What the first line says of versions that may be concurrent; none in a record of positions.
fn versions(header: &Datum) -> Result<Option<Reader>, ImportError> {
    let wrong = |message: String| Err(ImportError { line: 1, column: 1, message });
    match header.get("version").and_then(Datum::int) {
        Some(OWN_VERSION) => Ok(None),
        Some(OWN_VERSION_SIBLINGS) => match Reader::of(header) {
            Some(reader) => Ok(Some(reader)),
            None => wrong("the first line does not say scope, groups and actors, as version 2 of the format does".to_owned()),
        },
        other => {
            let version = other.map_or("none".to_owned(), |n| n.to_string());
            wrong(format!("the format has versions {OWN_VERSION} and {OWN_VERSION_SIBLINGS} here, and {version} in this record"))
        }
    }
}

/// When an operation ran and how it ended; with the number of its line, and its own.
fn frame(builder: &mut Builder, line: &Datum, (number, operation): (u32, usize)) -> Option<Frame> {
    let outcome = match line.get("outcome").and_then(Datum::word)? {
        "ok" => Outcome::Ok,
        "fail" => Outcome::Fail,
        "info" | "open" => Outcome::Info,
        _ => return None,
    };
    let place = |name: &str| line.get(name).and_then(Datum::int).and_then(|n| u64::try_from(n).ok());
    let completed = place("ended").filter(|_| outcome != Outcome::Info);
    let nanoseconds = |name: &str| place(name).map(|us| us.saturating_mul(1_000));
    let invoked = place("started")?;
    if completed.is_some_and(|completed| completed < invoked) {
        return None;
    }
    Some(Frame {
        session: match line.some("session") {
            Some(session) => builder.session(session.word()?),
            None => builder.session_of_its_own(operation, number),
        },
        invoked,
        completed,
        outcome,
        time: nanoseconds("invoked_us").zip(nanoseconds("ended_us")).filter(|_| completed.is_some()),
        lines: (number, if completed.is_some() { number } else { 0 }),
    })
}

fn steps(builder: &mut Builder, line: &Datum, outcome: Outcome, concurrent: bool) -> Option<Vec<Step>> {
    let key = builder.key(line.some("key")?);
    let version = line.get("at").and_then(position);
    let call = match (line.get("kind")?.word()?, line.some("value")) {
        ("write", Some(value)) => Call::Write(builder.value(value)),
        ("delete", _) => Call::Write(builder.value(&Datum::Nil)),
        ("statement", _) => return rows(builder, line, version),
        ("read", _) if outcome != Outcome::Ok => Call::Read(Returned::Unknown),
        ("read", _) if concurrent => {
            let siblings = line.get("siblings")?.list()?.iter();
            let values = siblings.map(|sibling| sibling.get("value").map(|value| builder.value(value)));
            Call::Read(Returned::Siblings(values.collect::<Option<Vec<u32>>>()?))
        }
        ("read", Some(value)) => Call::Read(Returned::Value(builder.value(value))),
        ("read", None) => Call::Read(Returned::Absent),
        _ => return None,
    };
    let version = if call == Call::Read(Returned::Absent) { Some(0) } else { version };
    Some(vec![Step { key, call, version }])
}

/// What a statement did to rows: of each its key and the value that somebody saw there, or null.
fn rows(builder: &mut Builder, line: &Datum, version: Option<u64>) -> Option<Vec<Step>> {
    let rows = line.get("rows")?.list()?.iter().map(|row| {
        let [key, value] = row.list()? else { return None };
        let unseen = || Datum::Text(format!("what operation {} made of {key}", line.get("op").unwrap_or(&Datum::Nil)));
        let value = if value.is_nil() { unseen() } else { value.clone() };
        Some(Step { key: builder.key(key), call: Call::Write(builder.value(&value)), version })
    });
    rows.collect()
}
