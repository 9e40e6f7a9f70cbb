//! Messages and operations in clauses: what a message says, and what its sender does by it.

use super::clauses::Step;
use super::words::{quoted, siblings, span};
use crate::family;
use crate::family::single_leader::Label;
use crate::history::Op;
use crate::log::{OpId, Value};
use crate::lsn::{Lsn, Position};
use crate::operation::{Kind, Outcome};
use crate::router::ReadMode;
use crate::trace::Sent;

impl Step<'_> {
    /// A message by what it says: "entry 2 from virginia to frankfurt".
    pub(super) fn message(&self, sent: Sent) -> String {
        let what = match sent.label {
            family::Label::MultiLeader(_, label) => self.message_of_leaders(label),
            family::Label::Leaderless(_, label) => self.message_of_ring(label),
            family::Label::SingleLeader(label) => self.message_of_one(label),
        };
        format!("{what} from {} to {}", self.name(sent.src), self.name(sent.dst))
    }

    fn message_of_one(&self, label: Label) -> String {
        match label {
            Label::Write(op) | Label::Read(op, _) => self.operation(op),
            Label::Written(op) | Label::Value(op) | Label::Behind(op) | Label::Refused(op) => {
                format!("the answer to the {}", self.operation(op))
            }
            Label::Append(from, to) => span(from, to),
            Label::Ack(to) => format!("the confirmation of entry {to}"),
            Label::Announce(epoch) => format!("the announcement of epoch {epoch}"),
            Label::Subscribe(from) => format!("the request for what comes after entry {from}"),
            Label::Noted => "the answer to an announcement".to_owned(),
            Label::Fenced(epoch) => format!("the word that epoch {epoch} has begun"),
            Label::Heartbeat(_) => "the heartbeat".to_owned(),
            Label::Status(head) => format!("the word that entry {head} is the last"),
            Label::HeartbeatAck(_) => "the confirmation of a heartbeat".to_owned(),
            Label::Poll(epoch) => format!("the question about epoch {epoch}"),
            Label::Vote(epoch, _) => format!("the answer about epoch {epoch}"),
            Label::TakeOver(epoch) => format!("the order to lead epoch {epoch}"),
            Label::Fetch(part) => format!("the request for part {} of a snapshot", part + 1),
            Label::Part(part) => format!("part {} of a snapshot", part + 1),
        }
    }

    /// "write of MSS-23/state = 'active'", "read of MSS-23/state".
    pub(super) fn operation(&self, id: OpId) -> String {
        let Some(op) = self.op(id) else { return "operation".to_owned() };
        match op.kind {
            Kind::Write(Value::Method(_)) => format!("call of {}", self.assignment(op)),
            Kind::Write(_) => format!("write of {}", self.assignment(op)),
            Kind::Read(_) => format!("read of {}", self.run.plan.key_name(op.key)),
        }
    }

    /// Whether a read has a bound on staleness.
    pub(super) fn bounded(&self, id: OpId) -> bool {
        self.op(id).is_some_and(|op| op.reads_in(self.run.plan.scenario.read.mode) == Some(ReadMode::BoundedStaleness))
    }

    /// "MSS-23/state = 'active'" of a write; the key of a read.
    pub(super) fn assignment(&self, op: &Op) -> String {
        let key = self.run.plan.key_name(op.key);
        match op.kind {
            Kind::Write(Value::Method(number)) => format!("{key}.{}", self.run.plan.show_method(number)),
            Kind::Write(value) => format!("{key} = {}", quoted(&self.run.plan, value)),
            Kind::Read(_) => key.to_owned(),
        }
    }

    pub(super) fn sending(&self, sent: Sent, place: usize, to: &str) -> String {
        let label = match sent.label {
            family::Label::SingleLeader(label) => label,
            family::Label::MultiLeader(_, label) => return self.sending_of_leaders(label, place, to),
            family::Label::Leaderless(_, label) => return self.sending_of_ring(label, place, to),
        };
        match label {
            Label::Write(op) => format!("sent its {} to {to}", self.operation(op)),
            Label::Read(op, with_token) => {
                let token = self.op(op).map(|op| op.token).filter(|_| with_token);
                let token = match token {
                    Some(Position::ZERO) => " with an empty token".to_owned(),
                    Some(token) => format!(" with the token {}", token.lsn),
                    None => String::new(),
                };
                format!("sent its {} to {to}{token}", self.operation(op))
            }
            Label::Written(op) => {
                let at = self.op(op).and_then(Op::acknowledged).map(|(at, _)| format!("entry {}", at.lsn));
                format!("acknowledged {} to {to}", at.unwrap_or_else(|| self.operation(op)))
            }
            Label::Value(op) => match (self.index.answer(op) == Some(place), self.op(op).and_then(|op| op.end)) {
                (true, Some(end)) => match end.outcome {
                    Outcome::Value { found, applied } => {
                        let value = found.map_or_else(|| "none".to_owned(), |v| quoted(&self.run.plan, v.value));
                        let key = self.op(op).map_or("?", |op| self.run.plan.key_name(op.key));
                        format!("answered {to}: {key} = {value} (applied LSN {})", applied.lsn)
                    }
                    Outcome::Siblings { found, .. } => {
                        let found = self.run.trace.versions.get(found);
                        let shown = self.op(op).map(|op| siblings(&self.run.plan, op.key, found, &[]));
                        format!("answered {to}: {}", shown.unwrap_or_default())
                    }
                    Outcome::Written { .. } | Outcome::Stamped { .. } | Outcome::Rejected(_) | Outcome::Indeterminate(_) => {
                        format!("answered {to}")
                    }
                },
                _ => format!("answered the {} to {to}", self.operation(op)),
            },
            Label::Behind(op) if self.bounded(op) => {
                format!("told {to} that it is beyond the bound of the {}", self.operation(op))
            }
            Label::Behind(op) => format!("told {to} that it has not applied enough for the {}", self.operation(op)),
            Label::Refused(op) => format!("refused the {} to {to}", self.operation(op)),
            Label::Append(from, last) if from > last => format!("began to serve {to}"),
            Label::Append(from, last) => {
                let lsn = Lsn(u64::from(last));
                let entries = if from == last { self.it(lsn) } else { span(from, last) };
                let fresh = self.fresh.is_some() || self.cause.is_some();
                format!("sent {entries}{} to {to}", if fresh { "" } else { " again" })
            }
            Label::Ack(last) => format!("confirmed {} to {to}", self.it(Lsn(u64::from(last)))),
            Label::Announce(epoch) => format!("announced epoch {epoch} to {to}"),
            Label::Subscribe(last) => format!("asked {to} for what comes after entry {last}"),
            Label::Noted => format!("told {to} that it knows"),
            Label::Fenced(epoch) => format!("told {to} that epoch {epoch} has begun"),
            Label::Heartbeat(_) => format!("told {to} that it is alive"),
            Label::Status(head) => format!("told {to} that entry {head} is its last"),
            Label::HeartbeatAck(_) => format!("told {to} that it follows it"),
            Label::Poll(epoch) => format!("asked {to} about epoch {epoch}"),
            Label::Vote(epoch, true) => format!("told {to} how far its log goes, and promised epoch {epoch}"),
            Label::Vote(epoch, false) => format!("told {to} that it does not agree to epoch {epoch}"),
            Label::TakeOver(epoch) => format!("told {to} to lead epoch {epoch}"),
            Label::Fetch(part) => format!("asked {to} for part {} of a snapshot", part + 1),
            Label::Part(part) => format!("sent part {} of a snapshot to {to}", part + 1),
        }
    }
}
