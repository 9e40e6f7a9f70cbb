//! A record of what sessions did, as JSON lines which [`crate::import`] reads and `check` judges.
//!
//! Each operation is a line: its session, key, value, when it began and ended, how it ended, under which policy, which server answered, and
//! where that stood. Begin and end are numbered in one sequence as they happen, which tells more than a clock: a begin is numbered before
//! anything is sent, an end after everything has come back, so what the numbers put one after the other was so. Positions are those of the
//! log at that time, and no versions of the values: `check` takes nothing from them.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::import::{OWN_FORMAT, OWN_VERSION};
use crate::lsn::Position;
use crate::routing::{ReadPolicy, Served};

/// The most operations of a record: as many as can be judged.
const OPERATIONS_MAX: usize = crate::import::OPERATIONS_MAX;

/// What an operation asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// To set a key to this value, which no other operation of the record writes.
    Write(String),
    /// For the value of a key, under this policy.
    Read(ReadPolicy),
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The write was acknowledged.
    Written,
    /// The read showed this value, or none.
    Shown(Option<String>),
    /// It did not happen.
    Failed(String),
    /// Nobody knows whether it happened.
    Indeterminate(String),
}

/// One operation of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its session.
    pub session: String,
    /// Its key.
    pub key: String,
    /// What it asked for.
    pub asks: Asks,
    /// Its place among all begins and ends.
    pub started: u64,
    /// When it began, in microseconds since the record began.
    pub invoked_us: u64,
    /// The session's token when it began.
    pub token: Position,
    /// How it ended; none if it has not.
    pub end: Option<End>,
}

/// The end of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its place among all begins and ends.
    pub ended: u64,
    /// When it ended, in microseconds since the record began.
    pub ended_us: u64,
    /// How.
    pub outcome: Outcome,
    /// Who answered.
    pub served: Option<Served>,
}

/// An operation that has begun.
#[derive(Debug)]
pub struct Begun(usize);

#[derive(Debug, Default)]
struct Inner {
    events: u64,
    operations: Vec<Recorded>,
}

/// Takes operations down as they happen; all tasks share one.
#[derive(Debug)]
pub struct Recorder {
    start: Instant,
    inner: Mutex<Inner>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder { start: Instant::now(), inner: Mutex::default() }
    }
}

impl Recorder {
    /// A record that begins now.
    #[must_use]
    pub fn new() -> Recorder {
        Recorder::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A line is written in one step, so a panic elsewhere leaves no half of one.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn microseconds(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// An operation begins; `None` if the record is full, and the operation is better left alone.
    pub fn begin(&self, session: &str, key: &str, asks: Asks, token: Position) -> Option<Begun> {
        let invoked_us = self.microseconds();
        let mut inner = self.inner();
        let number = inner.operations.len();
        if number >= OPERATIONS_MAX {
            return None;
        }
        inner.events += 1;
        let (session, key, started) = (session.to_owned(), key.to_owned(), inner.events);
        inner.operations.push(Recorded { session, key, asks, started, invoked_us, token, end: None });
        Some(Begun(number))
    }

    /// An operation has ended.
    pub fn end(&self, begun: Begun, outcome: Outcome, served: Option<Served>) {
        let ended_us = self.microseconds();
        let mut inner = self.inner();
        inner.events += 1;
        let ended = inner.events;
        if let Some(operation) = inner.operations.get_mut(begun.0) {
            operation.end = Some(End { ended, ended_us, outcome, served });
        }
    }

    /// All operations, in the order in which they began.
    #[must_use]
    pub fn operations(&self) -> Vec<Recorded> {
        self.inner().operations.clone()
    }

    /// The record as JSON lines; `nodes` are the names of the servers.
    #[must_use]
    pub fn to_json_lines(&self, title: &str, nodes: &[String]) -> String {
        let mut out = format!(
            "{{\"format\":\"{OWN_FORMAT}\",\"version\":{OWN_VERSION},\"crate_version\":\"{}\",\"title\":{},\"recorded_from\":\"postgresql\"}}\n",
            env!("CARGO_PKG_VERSION"),
            quoted(title)
        );
        for (number, operation) in self.inner().operations.iter().enumerate() {
            line(number, operation, nodes, &mut out);
        }
        out
    }
}

/// A text in JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn position(at: Position) -> String {
    format!("[{},{}]", at.epoch, at.lsn)
}

fn line(number: usize, operation: &Recorded, nodes: &[String], out: &mut String) {
    let mut field = |name: &str, value: &str| {
        let gap = if out.ends_with('\n') { "{" } else { "," };
        let _ = write!(out, "{gap}\"{name}\":{value}");
    };
    field("op", &number.to_string());
    field("session", &quoted(&operation.session));
    field("key", &quoted(&operation.key));
    match &operation.asks {
        Asks::Write(value) => {
            field("kind", "\"write\"");
            field("value", &quoted(value));
        }
        Asks::Read(policy) => {
            field("kind", "\"read\"");
            field("policy", &quoted(policy.name()));
        }
    }
    field("started", &operation.started.to_string());
    field("invoked_us", &operation.invoked_us.to_string());
    field("token", &position(operation.token));
    match &operation.end {
        None => field("outcome", "\"open\""),
        Some(end) => {
            field("ended", &end.ended.to_string());
            field("ended_us", &end.ended_us.to_string());
            match &end.outcome {
                Outcome::Written => field("outcome", "\"ok\""),
                Outcome::Shown(value) => {
                    field("outcome", "\"ok\"");
                    field("value", &value.as_deref().map_or("null".to_owned(), quoted));
                }
                Outcome::Failed(why) => {
                    field("outcome", "\"fail\"");
                    field("reason", &quoted(why));
                }
                Outcome::Indeterminate(why) => {
                    field("outcome", "\"info\"");
                    field("reason", &quoted(why));
                }
            }
            if let Some(served) = end.served {
                field("node", &nodes.get(served.node).map_or("null".to_owned(), |name| quoted(name)));
                if let Some(at) = served.position {
                    field("position", &position(at));
                }
            }
        }
    }
    out.push_str("}\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Options, import};
    use crate::judge::{self, Guarantee, judge};
    use crate::lsn::{Epoch, Lsn};

    /// Two sessions; the second value is read from a follower that does not have it yet.
    fn recorded() -> String {
        let recorder = Recorder::new();
        let at = Position { epoch: Epoch(1), lsn: Lsn(0x300_0148) };
        let wrote = |value: &str| {
            let begun = recorder.begin("a", "k\"1", Asks::Write(value.to_owned()), Position::ZERO).expect("there is room");
            recorder.end(begun, Outcome::Written, Some(Served { node: 0, position: Some(at) }));
        };
        let read = |session: &str, outcome: Outcome| {
            let begun = recorder.begin(session, "k\"1", Asks::Read(ReadPolicy::AnyFollower), at).expect("there is room");
            recorder.end(begun, outcome, Some(Served { node: 1, position: None }));
        };
        wrote("first");
        wrote("second");
        read("b", Outcome::Shown(Some("first".to_owned())));
        read("b", Outcome::Failed("no follower".to_owned()));
        read("a", Outcome::Shown(Some("first".to_owned())));
        recorder.begin("b", "k\"1", Asks::Write("third".to_owned()), Position::ZERO);
        recorder.to_json_lines("a \"drill\"", &["db1:5432".to_owned(), "db2:5432".to_owned()])
    }

    #[test]
    fn a_record_is_read_back_whole_and_judged() {
        let text = recorded();
        assert!(text.contains(",\"node\":\"db1:5432\",\"position\":[1,50331976]}"), "{text}");
        let imported = import(&text, &Options::default()).expect("our own format");
        assert_eq!((imported.observed.operations.len(), imported.observed.sessions.len()), (6, 2));
        let options = judge::Options { guarantees: Guarantee::ALL.to_vec(), ..judge::Options::default() };
        let report = judge(&imported.observed, &options);
        let name = |guarantee| report.verdict(guarantee).map(judge::Verdict::name);
        assert_eq!(name(Guarantee::ReadYourWrites), Some("violated"), "{report:?}");
        assert_eq!(name(Guarantee::MonotonicReads), Some("holds"), "{report:?}");
    }
}
