//! What a message of a single-leader group is, for reading and drawing: what is left of it in a trace.
//!
//! A label is kept in two words. Numbers are given here and nowhere else; a number that is taken stays taken, or every digest changes.

use super::{Answer, Entries, Message};
use crate::family::{Traffic, half};
use crate::log::OpId;
use crate::lsn::{Epoch, Lsn};

/// What a message is, for reading and drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A write request.
    Write(OpId),
    /// A read request; with a token or without.
    Read(OpId, bool),
    /// The answer to a write: acknowledged.
    Written(OpId),
    /// The answer to a read: a value.
    Value(OpId),
    /// The answer to a read: not fresh enough.
    Behind(OpId),
    /// The answer to an operation: refused.
    Refused(OpId),
    /// Entries, from the first number to the last; an empty message has a last below its first.
    Append(u32, u32),
    /// A follower has received up to here.
    Ack(u32),
    /// A new leader.
    Announce(Epoch),
    /// A follower wants what comes after this entry.
    Subscribe(u32),
    /// A client knows the leader.
    Noted,
    /// A generation is over.
    Fenced(Epoch),
    /// The leader is alive.
    Heartbeat(Epoch),
    /// An election is held.
    Poll(Epoch),
    /// The answer to a poll: granted or not.
    Vote(Epoch, bool),
    /// The best candidate is to lead.
    TakeOver(Epoch),
    /// A follower confirms that it has heard the leader.
    HeartbeatAck(Epoch),
    /// A follower wants this part of a snapshot.
    Fetch(u32),
    /// A part of a snapshot.
    Part(u32),
    /// The leader says how far it is.
    Status(u32),
}

impl Label {
    /// The label of a message.
    #[must_use]
    #[inline]
    pub fn of(msg: &Message) -> Label {
        match msg {
            Message::Write { attempt, .. } => Label::Write(attempt.op),
            Message::Read { attempt, token, .. } => Label::Read(attempt.op, token.is_some()),
            Message::Reply { attempt, answer, .. } => match answer {
                Answer::Written { .. } => Label::Written(attempt.op),
                Answer::Value { .. } => Label::Value(attempt.op),
                Answer::Behind { .. } => Label::Behind(attempt.op),
                Answer::SessionLost { .. } | Answer::NotLeader { .. } | Answer::Deposed => Label::Refused(attempt.op),
            },
            Message::Append { entries, .. } => match entries {
                Entries::One(entry) => Label::Append(small(entry.lsn), small(entry.lsn)),
                Entries::Many(entries) => {
                    Label::Append(entries.first().map_or(1, |e| small(e.lsn)), entries.last().map_or(0, |e| small(e.lsn)))
                }
            },
            Message::Ack { progress, .. } => Label::Ack(small(progress.received)),
            Message::Announce { epoch, .. } => Label::Announce(*epoch),
            Message::Subscribe { progress, .. } => Label::Subscribe(small(progress.received)),
            Message::Noted { .. } => Label::Noted,
            Message::Fenced { epoch, .. } => Label::Fenced(*epoch),
            Message::Heartbeat { epoch, .. } => Label::Heartbeat(*epoch),
            Message::Poll { epoch } => Label::Poll(*epoch),
            Message::Vote { epoch, granted, .. } => Label::Vote(*epoch, *granted),
            Message::TakeOver { epoch } => Label::TakeOver(*epoch),
            Message::HeartbeatAck { epoch, .. } => Label::HeartbeatAck(*epoch),
            Message::Fetch { part, .. } => Label::Fetch(*part),
            Message::Part { part, .. } => Label::Part(*part),
            Message::Status { head, .. } => Label::Status(small(*head)),
        }
    }

    /// What it is there for.
    #[must_use]
    pub fn traffic(self) -> Traffic {
        match self {
            Label::Append(from, to) if from <= to => Traffic::Replication,
            Label::Append(..) | Label::Ack(_) => Traffic::Confirmation,
            Label::Heartbeat(_) | Label::HeartbeatAck(_) | Label::Status(_) => Traffic::Heartbeat,
            label if label.op().is_some() => Traffic::Request,
            _ => Traffic::Control,
        }
    }

    /// The operation the message belongs to, if any.
    #[must_use]
    pub fn op(self) -> Option<OpId> {
        match self {
            Label::Write(op)
            | Label::Read(op, _)
            | Label::Written(op)
            | Label::Value(op)
            | Label::Behind(op)
            | Label::Refused(op) => Some(op),
            _ => None,
        }
    }

    /// The label in words.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64) {
        match self {
            Label::Write(op) => (1, u64::from(op.0)),
            Label::Read(op, token) => (2 + (u64::from(token) << 8), u64::from(op.0)),
            Label::Written(op) => (3, u64::from(op.0)),
            Label::Value(op) => (4, u64::from(op.0)),
            Label::Behind(op) => (5, u64::from(op.0)),
            Label::Refused(op) => (6, u64::from(op.0)),
            Label::Append(from, to) => (7, (u64::from(from) << 32) | u64::from(to)),
            Label::Ack(to) => (8, u64::from(to)),
            Label::Announce(epoch) => (9, u64::from(epoch.0)),
            Label::Subscribe(from) => (10, u64::from(from)),
            Label::Noted => (11, 0),
            Label::Fenced(epoch) => (12, u64::from(epoch.0)),
            Label::Heartbeat(epoch) => (13, u64::from(epoch.0)),
            Label::Poll(epoch) => (14, u64::from(epoch.0)),
            Label::Vote(epoch, granted) => (15 + (u64::from(granted) << 8), u64::from(epoch.0)),
            Label::TakeOver(epoch) => (16, u64::from(epoch.0)),
            Label::HeartbeatAck(epoch) => (17, u64::from(epoch.0)),
            Label::Fetch(part) => (18, u64::from(part)),
            Label::Part(part) => (19, u64::from(part)),
            Label::Status(head) => (20, u64::from(head)),
        }
    }

    /// The label that was put into these words.
    ///
    /// # Panics
    /// If no label has this number.
    pub(crate) fn of_words(detail: u64, arg: u64) -> Label {
        let (op, number, epoch) = (OpId(half(arg)), half(arg), Epoch(half(arg)));
        match detail & 0xFF {
            1 => Label::Write(op),
            2 => Label::Read(op, detail & 0x100 != 0),
            3 => Label::Written(op),
            4 => Label::Value(op),
            5 => Label::Behind(op),
            6 => Label::Refused(op),
            7 => Label::Append(half(arg >> 32), number),
            8 => Label::Ack(number),
            9 => Label::Announce(epoch),
            10 => Label::Subscribe(number),
            11 => Label::Noted,
            12 => Label::Fenced(epoch),
            13 => Label::Heartbeat(epoch),
            14 => Label::Poll(epoch),
            15 => Label::Vote(epoch, detail & 0x100 != 0),
            16 => Label::TakeOver(epoch),
            17 => Label::HeartbeatAck(epoch),
            18 => Label::Fetch(number),
            19 => Label::Part(number),
            20 => Label::Status(number),
            unknown => panic!("no message of a single-leader group has the number {unknown}"),
        }
    }
}

fn small(lsn: Lsn) -> u32 {
    u32::try_from(lsn.0).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_they_were_made_of() {
        let (op, epoch) = (OpId(u32::MAX), Epoch(u32::MAX));
        let labels = [
            Label::Write(op),
            Label::Read(op, false),
            Label::Read(op, true),
            Label::Written(op),
            Label::Value(op),
            Label::Behind(op),
            Label::Refused(op),
            Label::Append(1, 0),
            Label::Append(u32::MAX, 3),
            Label::Ack(4),
            Label::Announce(epoch),
            Label::Subscribe(5),
            Label::Noted,
            Label::Fenced(epoch),
            Label::Heartbeat(epoch),
            Label::Poll(epoch),
            Label::Vote(epoch, true),
            Label::Vote(epoch, false),
            Label::TakeOver(epoch),
            Label::HeartbeatAck(epoch),
            Label::Fetch(6),
            Label::Part(7),
            Label::Status(8),
        ];
        for label in labels {
            let (number, arg) = label.words();
            assert!(number & 0xFF < 64, "the two highest bits tell the families apart: {number}");
            assert_eq!(Label::of_words(number, arg), label);
        }
    }
}
