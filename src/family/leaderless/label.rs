//! What a message of a ring is, for reading and drawing: what is left of it in a trace.
//!
//! A label is kept in two words. Numbers are given here and nowhere else; a number that is taken stays taken, or every digest changes.

use super::coordinator::Purpose;
use super::fact::FAMILY;
use super::{Answer, Message};
use crate::family::{Traffic, half, quarter};
use crate::log::OpId;
use crate::network::NodeId;

/// What a message is, for reading and drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A write request.
    Put(OpId),
    /// A read request.
    Get(OpId),
    /// The answer to a write: acknowledged.
    Written(OpId),
    /// The answer to a read: so many versions.
    Shown(OpId, u16),
    /// The answer to an operation: too few replicas answered.
    TooFew(OpId),
    /// The answer to an operation: not even begun.
    Unavailable(OpId),
    /// A node is to store the versions of a write.
    Store(OpId),
    /// A node is to keep them as a hint for this one.
    StoreHint(OpId, NodeId),
    /// A replica is to store what a read is about to show.
    WriteBack(OpId),
    /// A replica is to store what a read has shown.
    Repair(OpId),
    /// A node has stored what it was to.
    Stored(OpId),
    /// A node is asked what it holds.
    Fetch(OpId),
    /// It says so: so many versions.
    Found(OpId, u16),
    /// A hint goes to its owner: the operation of its first version.
    HandOff(OpId),
    /// The owner has it.
    HandedOff,
    /// So many hashes.
    Compare(u32),
    /// What a node holds of so many keys.
    Exchange(u32),
    /// Who is there.
    Gossip,
}

impl Label {
    /// The label of a message.
    #[must_use]
    pub fn of(msg: &Message) -> Label {
        let few = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let many = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        match msg {
            Message::Put { attempt, .. } => Label::Put(attempt.op),
            Message::Get { attempt, .. } => Label::Get(attempt.op),
            Message::Reply { attempt, answer } => match answer {
                Answer::Written { .. } => Label::Written(attempt.op),
                Answer::Shown { versions, .. } => Label::Shown(attempt.op, few(versions.len())),
                Answer::TooFew { .. } => Label::TooFew(attempt.op),
                Answer::Unavailable => Label::Unavailable(attempt.op),
            },
            Message::Store { attempt, owner: Some(owner), .. } => Label::StoreHint(attempt.op, *owner),
            Message::Store { attempt, owner: None, purpose, .. } => match purpose {
                Purpose::Write => Label::Store(attempt.op),
                Purpose::WriteBack => Label::WriteBack(attempt.op),
                Purpose::Repair => Label::Repair(attempt.op),
            },
            Message::Stored { attempt, .. } => Label::Stored(attempt.op),
            Message::Fetch { attempt, .. } => Label::Fetch(attempt.op),
            Message::Found { attempt, versions } => Label::Found(attempt.op, few(versions.len())),
            Message::HandOff { versions, .. } => Label::HandOff(versions.first().map_or(OpId::NONE, |version| version.op)),
            Message::HandedOff { .. } => Label::HandedOff,
            Message::Compare { hashes, .. } => Label::Compare(many(hashes.len())),
            Message::Exchange { keys, .. } => Label::Exchange(many(keys.len())),
            Message::Gossip { .. } => Label::Gossip,
        }
    }

    /// What it is there for.
    #[must_use]
    pub fn traffic(self) -> Traffic {
        match self {
            Label::Put(_) | Label::Get(_) | Label::Written(_) | Label::Shown(..) | Label::TooFew(_) | Label::Unavailable(_) => {
                Traffic::Request
            }
            Label::Store(_)
            | Label::StoreHint(..)
            | Label::WriteBack(_)
            | Label::Repair(_)
            | Label::Found(..)
            | Label::HandOff(_)
            | Label::Exchange(_) => Traffic::Replication,
            Label::Stored(_) | Label::HandedOff => Traffic::Confirmation,
            Label::Fetch(_) | Label::Compare(_) => Traffic::Control,
            Label::Gossip => Traffic::Heartbeat,
        }
    }

    /// The operation the message belongs to, if any.
    #[must_use]
    pub fn op(self) -> Option<OpId> {
        match self {
            Label::Put(op)
            | Label::Get(op)
            | Label::Written(op)
            | Label::Shown(op, _)
            | Label::TooFew(op)
            | Label::Unavailable(op)
            | Label::Store(op)
            | Label::StoreHint(op, _)
            | Label::WriteBack(op)
            | Label::Repair(op)
            | Label::Stored(op)
            | Label::Fetch(op)
            | Label::Found(op, _) => Some(op),
            Label::HandOff(_) | Label::HandedOff | Label::Compare(_) | Label::Exchange(_) | Label::Gossip => None,
        }
    }

    /// The label in words: its number with the bits of the family, and what it speaks of.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64) {
        let two = |op: OpId, more: u16| u64::from(op.0) | u64::from(more) << 32;
        let (number, arg) = match self {
            Label::Put(op) => (1, u64::from(op.0)),
            Label::Get(op) => (2, u64::from(op.0)),
            Label::Written(op) => (3, u64::from(op.0)),
            Label::Shown(op, count) => (4, two(op, count)),
            Label::TooFew(op) => (5, u64::from(op.0)),
            Label::Unavailable(op) => (6, u64::from(op.0)),
            Label::Store(op) => (7, u64::from(op.0)),
            Label::StoreHint(op, owner) => (8, two(op, owner.0)),
            Label::WriteBack(op) => (9, u64::from(op.0)),
            Label::Repair(op) => (10, u64::from(op.0)),
            Label::Stored(op) => (11, u64::from(op.0)),
            Label::Fetch(op) => (12, u64::from(op.0)),
            Label::Found(op, count) => (13, two(op, count)),
            Label::HandOff(op) => (14, u64::from(op.0)),
            Label::HandedOff => (15, 0),
            Label::Compare(count) => (16, u64::from(count)),
            Label::Exchange(count) => (17, u64::from(count)),
            Label::Gossip => (18, 0),
        };
        (FAMILY | number, arg)
    }

    /// The label that was put into these words.
    ///
    /// # Panics
    /// If no label has this number.
    pub(crate) fn of_words(detail: u64, arg: u64) -> Label {
        let (op, more) = (OpId(half(arg)), quarter(arg >> 32));
        match detail & 0xFF & !FAMILY {
            1 => Label::Put(op),
            2 => Label::Get(op),
            3 => Label::Written(op),
            4 => Label::Shown(op, more),
            5 => Label::TooFew(op),
            6 => Label::Unavailable(op),
            7 => Label::Store(op),
            8 => Label::StoreHint(op, NodeId(more)),
            9 => Label::WriteBack(op),
            10 => Label::Repair(op),
            11 => Label::Stored(op),
            12 => Label::Fetch(op),
            13 => Label::Found(op, more),
            14 => Label::HandOff(op),
            15 => Label::HandedOff,
            16 => Label::Compare(half(arg)),
            17 => Label::Exchange(half(arg)),
            18 => Label::Gossip,
            unknown => panic!("no message of a ring has the number {unknown}"),
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
            Label::Put(op),
            Label::Get(op),
            Label::Written(op),
            Label::Shown(op, u16::MAX),
            Label::TooFew(op),
            Label::Unavailable(op),
            Label::Store(op),
            Label::StoreHint(op, NodeId(u16::MAX)),
            Label::WriteBack(op),
            Label::Repair(op),
            Label::Stored(op),
            Label::Fetch(op),
            Label::Found(op, 3),
            Label::HandOff(op),
            Label::HandedOff,
            Label::Compare(u32::MAX),
            Label::Exchange(7),
            Label::Gossip,
        ];
        for label in labels {
            let (number, arg) = label.words();
            assert_eq!(number & 0xC0, FAMILY, "the two highest bits tell the families apart");
            assert_eq!(Label::of_words(number, arg), label);
        }
    }
}
