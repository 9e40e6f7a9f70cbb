//! Porcupine's type `Operation` as Go writes it in JSON: what it was asked for and answered, and its instants, of whatever model.

use super::builder::{Builder, Frame};
use super::datum::Datum;
use crate::observed::Outcome;

/// An operation as it stands in the record.
pub(super) struct Raw {
    pub(super) client: Option<String>,
    pub(super) call: i64,
    pub(super) end: Option<i64>,
    pub(super) input: Datum,
    pub(super) output: Datum,
    pub(super) line: u32,
    /// Its number in the record.
    place: usize,
}

/// A field, however its name is spelled.
pub(super) fn field<'d>(datum: &'d Datum, names: &[&str]) -> Option<&'d Datum> {
    names.iter().find_map(|name| datum.get(name))
}

impl Raw {
    pub(super) fn of(datum: &Datum, line: u32, place: usize) -> Option<Raw> {
        let input = field(datum, &["Input", "input"])?.clone();
        let output = field(datum, &["Output", "output"]).cloned().unwrap_or(Datum::Nil);
        let call = field(datum, &["Call", "call", "start"])?.int()?;
        let end = field(datum, &["Return", "return", "end"]).and_then(Datum::int).filter(|end| *end >= call && *end != i64::MAX);
        let client = field(datum, &["ClientId", "ClientID", "clientId", "client_id", "client"]);
        let client = client.map(|client| format!("client {client}"));
        Some(Raw { client, call, end, input, output, line, place })
    }

    /// The frame of the operation; `first` is the earliest instant of the record.
    pub(super) fn frame(&self, builder: &mut Builder, first: i64, outcome: Outcome) -> Frame {
        let since = |instant: i64| instant.abs_diff(first);
        let completed = self.end.filter(|_| outcome != Outcome::Info).map(since);
        Frame {
            session: match &self.client {
                Some(client) => builder.session(client),
                None => builder.session_of_its_own(self.place, self.line),
            },
            invoked: since(self.call),
            completed,
            outcome,
            time: completed.map(|completed| (since(self.call), completed)),
            lines: (self.line, if completed.is_some() { self.line } else { 0 }),
        }
    }
}
