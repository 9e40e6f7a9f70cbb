//! What a reader of the trace wants to know of a ring beyond messages and operations.
//!
//! A fact is kept in a few words. Numbers are given here and nowhere else; a number that is taken stays taken, or every digest changes.

use crate::family::{half, quarter};
use crate::log::OpId;
use crate::network::NodeId;

/// What a reader of the trace wants to know beyond messages and operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The node holds the version of an operation.
    Stored(OpId),
    /// The node holds two versions of which neither had seen the other.
    Conflict(OpId, OpId),
    /// The first version was dropped, or not taken, although the second had not seen it.
    Dropped(OpId, OpId),
    /// The node keeps the version of an operation as a hint for another one.
    Hinted(OpId, NodeId),
    /// The owner of a hint has the version of an operation.
    HandedOff(OpId, NodeId),
    /// The coordinator of an operation has so many answers, of so many that it needs.
    Counted(OpId, u16, u16),
    /// The coordinator gave up: so many answers, of so many that it needs.
    TooFew(OpId, u16, u16),
    /// The coordinator of a read saw that this replica lacks what it shows.
    Repairs(OpId, NodeId),
    /// The node passed an operation on to one that holds its key.
    Forwarded(OpId, NodeId),
    /// The node and another one have compared their trees: so many hashes were told.
    Compared(NodeId, u32),
    /// The node believes that another one is down.
    Suspects(NodeId),
    /// The node believes that another one is up again.
    Trusts(NodeId),
    /// The node knows that another one, or it itself, belongs to the ring.
    Joined(NodeId),
    /// The node knows that another one, or it itself, has left the ring.
    Left(NodeId),
    /// The node has collected the tombstone of an operation.
    Collected(OpId),
    /// The node need not hold the version of an operation any more: it belongs to another one.
    Moves(OpId, NodeId),
}

impl Fact {
    /// The fact in words. The highest bits of the number are those of the family.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64, u64) {
        let two = |got: u16, needed: u16| u64::from(got) | u64::from(needed) << 16;
        let (number, x, y) = match self {
            Fact::Stored(op) => (1, u64::from(op.0), 0),
            Fact::Conflict(op, other) => (2, u64::from(op.0), u64::from(other.0)),
            Fact::Dropped(op, by) => (3, u64::from(op.0), u64::from(by.0)),
            Fact::Hinted(op, owner) => (4, u64::from(op.0), u64::from(owner.0)),
            Fact::HandedOff(op, owner) => (5, u64::from(op.0), u64::from(owner.0)),
            Fact::Counted(op, got, needed) => (6, u64::from(op.0), two(got, needed)),
            Fact::TooFew(op, got, needed) => (7, u64::from(op.0), two(got, needed)),
            Fact::Repairs(op, node) => (8, u64::from(op.0), u64::from(node.0)),
            Fact::Forwarded(op, node) => (9, u64::from(op.0), u64::from(node.0)),
            Fact::Compared(node, hashes) => (10, u64::from(node.0), u64::from(hashes)),
            Fact::Suspects(node) => (11, u64::from(node.0), 0),
            Fact::Trusts(node) => (12, u64::from(node.0), 0),
            Fact::Joined(node) => (13, u64::from(node.0), 0),
            Fact::Left(node) => (14, u64::from(node.0), 0),
            Fact::Collected(op) => (15, u64::from(op.0), 0),
            Fact::Moves(op, node) => (16, u64::from(op.0), u64::from(node.0)),
        };
        (FAMILY | number, x, y)
    }

    /// The fact that was put into these words.
    ///
    /// # Panics
    /// If no fact has this number.
    pub(crate) fn of_words(number: u64, x: u64, y: u64) -> Fact {
        let (op, node, other) = (OpId(half(x)), NodeId(quarter(x)), NodeId(quarter(y)));
        let (got, needed) = (quarter(y), quarter(y >> 16));
        match number & !FAMILY {
            1 => Fact::Stored(op),
            2 => Fact::Conflict(op, OpId(half(y))),
            3 => Fact::Dropped(op, OpId(half(y))),
            4 => Fact::Hinted(op, other),
            5 => Fact::HandedOff(op, other),
            6 => Fact::Counted(op, got, needed),
            7 => Fact::TooFew(op, got, needed),
            8 => Fact::Repairs(op, other),
            9 => Fact::Forwarded(op, other),
            10 => Fact::Compared(node, half(y)),
            11 => Fact::Suspects(node),
            12 => Fact::Trusts(node),
            13 => Fact::Joined(node),
            14 => Fact::Left(node),
            15 => Fact::Collected(op),
            16 => Fact::Moves(op, other),
            unknown => panic!("no fact of a ring has the number {unknown}"),
        }
    }
}

/// The two highest bits of a fact's number, or of a label's, are these.
pub(crate) const FAMILY: u64 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_they_were_made_of() {
        let (op, node) = (OpId(u32::MAX), NodeId(u16::MAX));
        let facts = [
            Fact::Stored(op),
            Fact::Conflict(op, OpId(7)),
            Fact::Dropped(OpId(7), op),
            Fact::Hinted(op, node),
            Fact::HandedOff(op, node),
            Fact::Counted(op, 2, u16::MAX),
            Fact::TooFew(op, 0, 3),
            Fact::Repairs(op, node),
            Fact::Forwarded(op, node),
            Fact::Compared(node, u32::MAX),
            Fact::Suspects(node),
            Fact::Trusts(node),
            Fact::Joined(node),
            Fact::Left(node),
            Fact::Collected(op),
            Fact::Moves(op, node),
        ];
        for fact in facts {
            let (number, x, y) = fact.words();
            assert_eq!(number & 0xC0, FAMILY, "the two highest bits tell the families apart");
            assert_eq!(Fact::of_words(number, x, y), fact);
        }
    }
}
