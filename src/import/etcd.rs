//! Requests to etcd, as its robustness tests record them.
//!
//! Every answer carries the revision of the store, and every value the revision that wrote it, so the order of the versions of a key
//! is known. A request that concerns several keys becomes one operation for each: registers are linearizable together if and only if
//! each of them is (Herlihy and Wing). Who wrote a version may not be in the record, as when one file of many is read; such a write
//! is added as one that may have happened at any time.

use std::collections::BTreeMap;

use super::ImportError;
use super::builder::{Builder, Frame};
use super::datum::Datum;
use super::raw::Raw;
use crate::observed::{Call, Key, Outcome, Returned, Step};

/// Whether an input is a request to etcd.
pub(super) fn is(input: &Datum) -> bool {
    let kind = input.get("Type").and_then(Datum::word);
    kind.is_some() && ["Txn", "Range", "LeaseGrant", "Defragment", "Compact"].iter().any(|name| input.get(name).is_some())
}

/// What a request did to a key, or saw of it.
#[derive(Clone, PartialEq)]
enum Seen {
    Value(Datum, u64),
    /// Nothing, when the store was at this revision.
    Nothing(u64),
    Put(Datum, Option<u64>),
    Delete(Option<u64>),
}

/// One key of a request.
struct Part<'r> {
    raw: &'r Raw,
    key: Datum,
    seen: Seen,
    certain: bool,
}

/// What was left out.
#[derive(Default)]
struct Left {
    past: usize,
    other: usize,
    /// Transactions with conditions. Their requests say that a key has a version, which registers cannot say.
    conditions: usize,
}

/// Adds the operations of all requests.
pub(super) fn add_all(builder: &mut Builder, raw: &[Raw]) -> Result<(), ImportError> {
    builder.without_quotes();
    let mut left = Left::default();
    let mut parts: Vec<Part<'_>> = Vec::new();
    for request in raw {
        take(request, &mut parts, &mut left);
    }
    let mut versions = Versions::of(builder, &parts);
    let first = raw.first().map_or(0, |request| request.call);
    let (mut unexplained, mut by_others) = (0, Vec::new());
    for part in &parts {
        let key = builder.key(&part.key);
        let (call, version) = match &part.seen {
            Seen::Value(value, revision) => {
                let written = versions.known.get(&(key, *revision)).is_some_and(|known| *known != Known::Seen);
                if !written {
                    versions.known.insert((key, *revision), Known::Written);
                    by_others.push((key, value.clone(), *revision));
                }
                (Call::Read(Returned::Value(builder.value(value))), Some(*revision))
            }
            Seen::Nothing(revision) => match versions.before(key, *revision) {
                Some((at, Known::Deleted)) => (Call::Read(Returned::Absent), Some(at)),
                None => (Call::Read(Returned::Absent), Some(0)),
                // Something was there, and nobody in the record removed it: a lease ran out, or another client did.
                Some(_) => {
                    unexplained += 1;
                    continue;
                }
            },
            Seen::Put(value, revision) => {
                let number = builder.value(value);
                (Call::Write(number), revision.or_else(|| versions.seen_of(key, number)))
            }
            Seen::Delete(revision) => (Call::Delete, *revision),
        };
        let outcome = if part.certain { Outcome::Ok } else { Outcome::Info };
        let frame = part.raw.frame(builder, first, outcome);
        builder.add(frame, [Step { key, call, version }])?;
    }
    for (key, value, revision) in &by_others {
        let session = builder.session("clients that are not in the record");
        let call = Call::Write(builder.value(value));
        let frame = Frame { session, invoked: 0, completed: None, outcome: Outcome::Info, time: None, lines: (0, 0) };
        builder.add(frame, [Step { key: *key, call, version: Some(*revision) }])?;
    }
    builder.note("versions are ordered by etcd's revisions; a request of several keys counts as one operation for each");
    builder.note_some(left.past, "read of an old revision is left out", "reads of old revisions are left out");
    builder.note_some(
        left.other,
        "request reads and writes nothing: it is left out",
        "requests read and write nothing: they are left out",
    );
    builder.note_some(
        left.conditions,
        "transaction has conditions: which of its branches was taken is believed, and not judged",
        "transactions have conditions: which of their branches were taken is believed, and not judged",
    );
    builder.note_some(
        by_others.len(),
        "version was written by nobody in the record: its write may have happened at any time",
        "versions were written by nobody in the record: their writes may have happened at any time",
    );
    builder.note_some(
        unexplained,
        "read found nothing where nobody in the record removed anything: it is left out",
        "reads found nothing where nobody in the record removed anything: they are left out",
    );
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Written,
    Deleted,
    /// A read returned it.
    Seen,
}

/// What is known of the versions of keys.
struct Versions {
    known: BTreeMap<(Key, u64), Known>,
    /// The revision at which a read saw a value; 0 if there are several.
    seen: BTreeMap<(Key, u32), u64>,
}

impl Versions {
    fn of(builder: &mut Builder, parts: &[Part<'_>]) -> Versions {
        let mut versions = Versions { known: BTreeMap::new(), seen: BTreeMap::new() };
        for part in parts {
            let key = builder.key(&part.key);
            match &part.seen {
                Seen::Value(value, revision) => {
                    versions.known.entry((key, *revision)).or_insert(Known::Seen);
                    let seen = versions.seen.entry((key, builder.value(value))).or_insert(*revision);
                    *seen = if *seen == *revision { *revision } else { 0 };
                }
                Seen::Put(_, Some(revision)) => {
                    versions.known.insert((key, *revision), Known::Written);
                }
                Seen::Delete(Some(revision)) => {
                    versions.known.insert((key, *revision), Known::Deleted);
                }
                _ => {}
            }
        }
        // A write without an answer has the version at which its value was seen.
        for part in parts {
            if let Seen::Put(value, None) = &part.seen {
                let (key, value) = (builder.key(&part.key), builder.value(value));
                if let Some(revision) = versions.seen_of(key, value) {
                    versions.known.insert((key, revision), Known::Written);
                }
            }
        }
        versions
    }

    fn seen_of(&self, key: Key, value: u32) -> Option<u64> {
        self.seen.get(&(key, value)).copied().filter(|revision| *revision > 0)
    }

    /// The latest version of a key up to a revision.
    fn before(&self, key: Key, revision: u64) -> Option<(u64, Known)> {
        let last = self.known.range((key, 0)..=(key, revision)).next_back();
        last.map(|((_, revision), known)| (*revision, *known))
    }
}

fn number(datum: Option<&Datum>) -> Option<u64> {
    datum.and_then(Datum::int).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0)
}

fn list<'d>(datum: &'d Datum, name: &str) -> &'d [Datum] {
    datum.get(name).and_then(Datum::list).unwrap_or(&[])
}

/// The value of a key; of a long one only its hash is recorded.
fn value(datum: &Datum) -> Datum {
    let inside = datum.get("Value").unwrap_or(&Datum::Nil);
    let (text, hash) = (inside.get("Value"), number(inside.get("Hash")));
    match (text, hash) {
        (Some(text), None) => text.clone(),
        (_, Some(hash)) => Datum::Text(format!("hash {hash}")),
        (None, None) => inside.clone(),
    }
}

/// Takes the parts of a request.
fn take<'r>(raw: &'r Raw, parts: &mut Vec<Part<'r>>, left: &mut Left) {
    let (input, output) = (&raw.input, &raw.output);
    let failed = ["Error", "ClientError"].iter().any(|name| output.some(name).is_some_and(|error| error.to_string() != ""));
    let certain = !failed && raw.end.is_some() && !output.is_nil();
    let revision = number(output.get("Revision"));
    // Of a partial response, and of what is only known to be on disk, the revision is all that is known: not what was read or deleted.
    let partial = ["PartialResponse", "Persisted"].iter().any(|name| output.get(name) == Some(&Datum::Bool(true)));
    let whole = certain && !partial;
    let before = parts.len();
    if let Some(range) = input.some("Range") {
        if number(range.get("Revision")).is_some() {
            left.past += 1;
            return;
        }
        if whole {
            let answer = output.get("Range").unwrap_or(&Datum::Nil);
            read(raw, range, answer, revision, parts);
        }
    }
    if let Some(transaction) = input.some("Txn") {
        let answer = output.get("Txn").unwrap_or(&Datum::Nil);
        left.conditions += usize::from(certain && !list(transaction, "Conditions").is_empty());
        let chosen = match (certain, answer.get("Failure") == Some(&Datum::Bool(true))) {
            (true, true) => list(transaction, "OperationsOnFailure"),
            _ => list(transaction, "OperationsOnSuccess"),
        };
        let results = list(answer, "Results");
        for (place, operation) in chosen.iter().enumerate() {
            let result = results.get(place).unwrap_or(&Datum::Nil);
            let mut add = |key: &Datum, seen, certain| parts.push(Part { raw, key: key.clone(), seen, certain });
            let at = revision.filter(|_| certain).or_else(|| number(output.get("PersistedRevision")));
            match operation.get("Type").and_then(Datum::word).unwrap_or("") {
                "put-operation" | "put" => {
                    let put = operation.get("Put").unwrap_or(&Datum::Nil);
                    add(put.get("Key").unwrap_or(&Datum::Nil), Seen::Put(value(put), at), certain);
                }
                "delete-operation" | "delete" => {
                    let delete = operation.get("Delete").unwrap_or(&Datum::Nil);
                    // A delete that found nothing has no revision of its own.
                    if !whole || number(result.get("Deleted")).is_some() {
                        add(delete.get("Key").unwrap_or(&Datum::Nil), Seen::Delete(at), whole);
                    }
                }
                _ if whole => read(raw, operation.get("Range").unwrap_or(&Datum::Nil), result, revision, parts),
                _ => {}
            }
        }
    }
    left.other += usize::from(parts.len() == before);
}

/// What a range returned: its keys, or that the only key that was asked for is not there.
fn read<'r>(raw: &'r Raw, range: &Datum, answer: &Datum, revision: Option<u64>, parts: &mut Vec<Part<'r>>) {
    let found = list(answer, "KVs");
    for pair in found {
        if let (Some(key), Some(revision)) = (pair.get("Key"), number(pair.get("ModRevision"))) {
            parts.push(Part { raw, key: key.clone(), seen: Seen::Value(value(pair), revision), certain: true });
        }
    }
    let single = range.get("End").is_none_or(|end| end.to_string().is_empty() || end.is_nil());
    if let (true, true, Some(key), Some(revision)) = (found.is_empty(), single, range.some("Start"), revision) {
        parts.push(Part { raw, key: key.clone(), seen: Seen::Nothing(revision), certain: true });
    }
}
