//! What a message of a multi-leader group is, for reading and drawing: what is left of it in a trace.
//!
//! A label is kept in two words. Numbers are given here and nowhere else; a number that is taken stays taken, or every digest changes.

use super::fact::FAMILY;
use super::{Answer, Message};
use crate::family::{Traffic, half, quarter};
use crate::log::OpId;

/// What a message is, for reading and drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A write request.
    Write(OpId),
    /// A read request; with a token or without.
    Read(OpId, bool),
    /// The answer to a write: acknowledged.
    Written(OpId),
    /// The answer to a read: so many versions.
    Shown(OpId, u16),
    /// The answer to a request with a token: not applied yet.
    Behind(OpId),
    /// The answer to an operation: refused.
    Refused(OpId),
    /// Updates: how many, and the operation of the first.
    Updates(OpId, u16),
    /// A neighbour has been told up to here.
    Ack(u32),
    /// A leader is the home of a range of keys.
    Home(u16),
    /// Somebody knows it.
    Noted,
}

impl Label {
    /// The label of a message.
    #[must_use]
    pub fn of(msg: &Message) -> Label {
        let few = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        match msg {
            Message::Write { attempt, .. } => Label::Write(attempt.op),
            Message::Read { attempt, token, .. } => Label::Read(attempt.op, token.is_some()),
            Message::Reply { attempt, answer } => match answer {
                Answer::Written { .. } => Label::Written(attempt.op),
                Answer::Shown(shown) => Label::Shown(attempt.op, few(shown.versions.len())),
                Answer::Behind => Label::Behind(attempt.op),
                Answer::NotHome { .. } | Answer::Refused(_) => Label::Refused(attempt.op),
            },
            Message::Updates { updates, .. } => {
                Label::Updates(updates.first().map_or(OpId::NONE, |sent| sent.update.op), few(updates.len()))
            }
            Message::Ack { upto, .. } => Label::Ack(u32::try_from(*upto).unwrap_or(u32::MAX)),
            Message::Home { range, .. } => Label::Home(*range),
            Message::Noted { .. } => Label::Noted,
        }
    }

    /// What it is there for.
    #[must_use]
    pub fn traffic(self) -> Traffic {
        match self {
            Label::Write(_) | Label::Read(..) | Label::Written(_) | Label::Shown(..) | Label::Behind(_) | Label::Refused(_) => {
                Traffic::Request
            }
            Label::Updates(..) => Traffic::Replication,
            Label::Ack(_) => Traffic::Confirmation,
            Label::Home(_) | Label::Noted => Traffic::Control,
        }
    }

    /// The operation the message belongs to, if any: a request or an answer.
    #[must_use]
    pub fn op(self) -> Option<OpId> {
        match self {
            Label::Write(op)
            | Label::Read(op, _)
            | Label::Written(op)
            | Label::Shown(op, _)
            | Label::Behind(op)
            | Label::Refused(op) => Some(op),
            Label::Updates(..) | Label::Ack(_) | Label::Home(_) | Label::Noted => None,
        }
    }

    /// The label in words: its number with the bits of the family, a flag above it, and what it speaks of.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64) {
        let two = |op: OpId, count: u16| u64::from(op.0) | u64::from(count) << 32;
        let (number, arg) = match self {
            Label::Write(op) => (1, u64::from(op.0)),
            Label::Read(op, token) => (2 + (u64::from(token) << 8), u64::from(op.0)),
            Label::Written(op) => (3, u64::from(op.0)),
            Label::Shown(op, count) => (4, two(op, count)),
            Label::Behind(op) => (5, u64::from(op.0)),
            Label::Refused(op) => (6, u64::from(op.0)),
            Label::Updates(op, count) => (7, two(op, count)),
            Label::Ack(upto) => (8, u64::from(upto)),
            Label::Home(range) => (9, u64::from(range)),
            Label::Noted => (10, 0),
        };
        (FAMILY | number, arg)
    }

    /// The label that was put into these words.
    ///
    /// # Panics
    /// If no label has this number.
    pub(crate) fn of_words(detail: u64, arg: u64) -> Label {
        let (op, count) = (OpId(half(arg)), quarter(arg >> 32));
        match detail & 0xFF & !FAMILY {
            1 => Label::Write(op),
            2 => Label::Read(op, detail & 0x100 != 0),
            3 => Label::Written(op),
            4 => Label::Shown(op, count),
            5 => Label::Behind(op),
            6 => Label::Refused(op),
            7 => Label::Updates(op, count),
            8 => Label::Ack(half(arg)),
            9 => Label::Home(quarter(arg)),
            10 => Label::Noted,
            unknown => panic!("no message of a multi-leader group has the number {unknown}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_they_were_made_of() {
        let op = OpId(u32::MAX);
        let labels = [
            Label::Write(op),
            Label::Read(op, false),
            Label::Read(op, true),
            Label::Written(op),
            Label::Shown(op, u16::MAX),
            Label::Behind(op),
            Label::Refused(op),
            Label::Updates(op, 3),
            Label::Ack(u32::MAX),
            Label::Home(2),
            Label::Noted,
        ];
        for label in labels {
            let (number, arg) = label.words();
            assert_eq!(number & 0xC0, FAMILY, "the two highest bits tell the families apart");
            assert_eq!(Label::of_words(number, arg), label);
        }
    }
}
