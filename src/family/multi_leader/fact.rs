//! What a reader of the trace wants to know of a multi-leader group beyond messages and operations.
//!
//! A fact is kept in a few words. Numbers are given here and nowhere else; a number that is taken stays taken, or every digest changes.

use super::replicated::Law;
use crate::family::{half, quarter};
use crate::log::{KeyId, OpId};
use crate::network::NodeId;

/// What a reader of the trace wants to know beyond messages and operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A leader took the write of an operation, as the entry of its log with this number.
    Took(OpId, u32),
    /// A replica applied the update of an operation, as the entry of its log with this number.
    Applied(OpId, u32),
    /// An update waits until what it depends on is there.
    Buffered(OpId),
    /// The replica holds two versions of which neither has seen the other: that of the update, and another one.
    Conflict(OpId, OpId),
    /// The first version was dropped although the second had not seen it.
    Dropped(OpId, OpId),
    /// The update changes a row that is not there.
    RowMissing(OpId),
    /// An update came back that the replica had applied before, and was applied once more.
    Again(OpId),
    /// A leader made one version of two, by itself: of the update of an operation, and what it held.
    Joined(OpId),
    /// A leader leaves the update of an operation beside what it held: it has joined versions of the key as often as it ever does.
    LeftBeside(OpId),
    /// The server took the write of an operation anew, behind all that it had.
    Rebased(OpId),
    /// The leader gave a new row this number of its table.
    Wrote(OpId, KeyId),
    /// A request waits until the replica has applied what its token asks for.
    Parked(OpId),
    /// The node exchanges updates with this one from now on.
    Connected(NodeId),
    /// The leader is the home of this range of keys from now on.
    IsHome(u16),
    /// The leader, or client, knows that another leader is the home of this range.
    HomeMoved(u16, NodeId),
    /// The client turns to this leader from now on.
    TurnedTo(NodeId),
    /// An update of replicated data came once more, was applied once more, and changed something.
    AppliedTwice(OpId),
    /// An operation on replicated data came before the one that it builds on, and has no effect.
    WithoutCause(OpId),
    /// The state that came with an update, merged with what was there, breaks this law.
    LawBroken(OpId, Law),
}

impl Fact {
    /// The fact in words. The highest bits of the number are those of the family.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64, u64) {
        let (number, x, y) = match self {
            Fact::Took(op, entry) => (1, u64::from(op.0), u64::from(entry)),
            Fact::Applied(op, entry) => (2, u64::from(op.0), u64::from(entry)),
            Fact::Buffered(op) => (3, u64::from(op.0), 0),
            Fact::Conflict(op, other) => (4, u64::from(op.0), u64::from(other.0)),
            Fact::Dropped(op, by) => (5, u64::from(op.0), u64::from(by.0)),
            Fact::RowMissing(op) => (6, u64::from(op.0), 0),
            Fact::Again(op) => (7, u64::from(op.0), 0),
            Fact::Joined(op) => (8, u64::from(op.0), 0),
            Fact::Wrote(op, key) => (9, u64::from(op.0), u64::from(key.0)),
            Fact::Parked(op) => (10, u64::from(op.0), 0),
            Fact::Connected(node) => (11, u64::from(node.0), 0),
            Fact::IsHome(range) => (12, u64::from(range), 0),
            Fact::HomeMoved(range, leader) => (13, u64::from(range), u64::from(leader.0)),
            Fact::TurnedTo(leader) => (14, u64::from(leader.0), 0),
            Fact::Rebased(op) => (15, u64::from(op.0), 0),
            Fact::LeftBeside(op) => (16, u64::from(op.0), 0),
            Fact::AppliedTwice(op) => (17, u64::from(op.0), 0),
            Fact::WithoutCause(op) => (18, u64::from(op.0), 0),
            Fact::LawBroken(op, Law::Commutative) => (19, u64::from(op.0), 0),
            Fact::LawBroken(op, Law::Associative) => (19, u64::from(op.0), 1),
            Fact::LawBroken(op, Law::Idempotent) => (19, u64::from(op.0), 2),
        };
        (FAMILY | number, x, y)
    }

    /// The fact that was put into these words.
    ///
    /// # Panics
    /// If no fact has this number.
    pub(crate) fn of_words(number: u64, x: u64, y: u64) -> Fact {
        let op = OpId(half(x));
        match number & !FAMILY {
            1 => Fact::Took(op, half(y)),
            2 => Fact::Applied(op, half(y)),
            3 => Fact::Buffered(op),
            4 => Fact::Conflict(op, OpId(half(y))),
            5 => Fact::Dropped(op, OpId(half(y))),
            6 => Fact::RowMissing(op),
            7 => Fact::Again(op),
            8 => Fact::Joined(op),
            9 => Fact::Wrote(op, KeyId(half(y))),
            10 => Fact::Parked(op),
            11 => Fact::Connected(NodeId(quarter(x))),
            12 => Fact::IsHome(quarter(x)),
            13 => Fact::HomeMoved(quarter(x), NodeId(quarter(y))),
            14 => Fact::TurnedTo(NodeId(quarter(x))),
            15 => Fact::Rebased(op),
            16 => Fact::LeftBeside(op),
            17 => Fact::AppliedTwice(op),
            18 => Fact::WithoutCause(op),
            19 => Fact::LawBroken(op, [Law::Commutative, Law::Associative, Law::Idempotent][usize::from(quarter(y))]),
            unknown => panic!("no fact of a multi-leader group has the number {unknown}"),
        }
    }
}

/// The two highest bits of a fact's number, or of a label's, are these.
pub(crate) const FAMILY: u64 = 0x40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_they_were_made_of() {
        let (op, other) = (OpId(u32::MAX), OpId(7));
        let facts = [
            Fact::Took(op, 3),
            Fact::Applied(op, u32::MAX),
            Fact::Buffered(op),
            Fact::Conflict(op, other),
            Fact::Dropped(other, op),
            Fact::RowMissing(op),
            Fact::Again(op),
            Fact::Joined(op),
            Fact::Wrote(op, KeyId(9)),
            Fact::Parked(op),
            Fact::Connected(NodeId(u16::MAX)),
            Fact::IsHome(3),
            Fact::HomeMoved(3, NodeId(4)),
            Fact::TurnedTo(NodeId(5)),
            Fact::Rebased(op),
            Fact::LeftBeside(op),
            Fact::AppliedTwice(op),
            Fact::WithoutCause(op),
            Fact::LawBroken(op, Law::Commutative),
            Fact::LawBroken(op, Law::Associative),
            Fact::LawBroken(op, Law::Idempotent),
        ];
        for fact in facts {
            let (number, x, y) = fact.words();
            assert_eq!(number & 0xC0, FAMILY, "the two highest bits tell the families apart");
            assert_eq!(Fact::of_words(number, x, y), fact);
        }
    }
}
