//! What a reader of the trace wants to know of a single-leader group beyond messages and operations.
//!
//! A fact is kept in a few words. Numbers are given here and nowhere else; a number that is taken stays taken, or every digest changes.

use crate::family::{half, quarter};
use crate::log::{KeyId, OpId};
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::NodeId;

/// What a reader of the trace wants to know beyond messages and operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The leader put an entry into its log.
    Appended(Lsn),
    /// Entries up to here have been received without a gap.
    Received(Lsn),
    /// Entries up to here survive a crash.
    Flushed(Lsn),
    /// Entries up to here are visible to reads.
    Applied(Lsn),
    /// The acknowledgement rule holds up to here.
    Acknowledged(Lsn),
    /// Entries after the first number, up to the second, were discarded.
    Truncated(Lsn, Lsn),
    /// The node leads from now on; its first entry will have this number.
    Promoted(Epoch, Lsn),
    /// The node follows a leader of this generation from now on.
    Follows(Epoch),
    /// The leader no longer waits for its synchronous followers.
    FellBackToAsync,
    /// The leader waits for its synchronous followers again.
    BackToSync,
    /// A follower takes the place of a lost synchronous one.
    PromotedToSync(NodeId),
    /// A read is kept back until the token's position is applied.
    Parked(OpId),
    /// A message of an old generation was refused.
    RefusedEpoch(Epoch),
    /// The follower has heard nothing of its leader for too long.
    Suspects(NodeId),
    /// The follower holds an election for this generation.
    Polls(Epoch),
    /// The election failed: it reached no more than so many members.
    TooFewReached(Epoch, u32),
    /// The leader has carried out this row of an operation's statement.
    Wrote(OpId, KeyId),
    /// What all the replica's rows come to, once everything up to here is applied.
    Checksum(Position, u32),
    /// Entries, or a snapshot, in bytes of this storage version were refused.
    RefusedVersion(u32),
    /// The replica runs this storage version from now on.
    Upgraded(u32),
    /// The rows have so many added columns from now on.
    Altered(u32),
    /// The entry names a column that the replica does not have: nothing can be applied any more.
    LacksColumn(Lsn),
    /// So many parts of a snapshot have been copied, of so many.
    Copied(u32, u32),
    /// A snapshot is in place: the log goes on behind this entry.
    Restored(Lsn),
    /// A follower that began with a snapshot has everything for the first time, and may count as synchronous.
    CaughtUp(NodeId),
    /// The client asks this replica no more for a while: it was further behind than the bound, or silent.
    LeftOut(NodeId),
    /// The client asks this replica again.
    TakenBack(NodeId),
}

/// Entries are discarded.
const TRUNCATED: u64 = 6;
/// A node follows another leader. A promotion lies between the two.
const FOLLOWS: u64 = 8;

impl Fact {
    /// Whether the fact with this number tells of a change of leaders, or of what one had discarded.
    #[inline(always)]
    pub(crate) fn tells_of_failover(number: u64) -> bool {
        (TRUNCATED..=FOLLOWS).contains(&number)
    }

    /// The fact in words.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64, u64) {
        match self {
            Fact::Appended(lsn) => (1, lsn.0, 0),
            Fact::Received(lsn) => (2, lsn.0, 0),
            Fact::Flushed(lsn) => (3, lsn.0, 0),
            Fact::Applied(lsn) => (4, lsn.0, 0),
            Fact::Acknowledged(lsn) => (5, lsn.0, 0),
            Fact::Truncated(from, to) => (TRUNCATED, from.0, to.0),
            Fact::Promoted(epoch, start) => (7, u64::from(epoch.0), start.0),
            Fact::Follows(epoch) => (FOLLOWS, u64::from(epoch.0), 0),
            Fact::FellBackToAsync => (9, 0, 0),
            Fact::BackToSync => (10, 0, 0),
            Fact::PromotedToSync(node) => (11, u64::from(node.0), 0),
            Fact::Parked(op) => (12, u64::from(op.0), 0),
            Fact::RefusedEpoch(epoch) => (13, u64::from(epoch.0), 0),
            Fact::Suspects(node) => (14, u64::from(node.0), 0),
            Fact::Polls(epoch) => (15, u64::from(epoch.0), 0),
            Fact::TooFewReached(epoch, reached) => (16, u64::from(epoch.0), u64::from(reached)),
            Fact::Wrote(op, key) => (17, u64::from(op.0), u64::from(key.0)),
            Fact::Checksum(at, sum) => (18, at.lsn.0, (u64::from(at.epoch.0) << 32) | u64::from(sum)),
            Fact::RefusedVersion(version) => (19, u64::from(version), 0),
            Fact::Upgraded(version) => (20, u64::from(version), 0),
            Fact::Altered(columns) => (21, u64::from(columns), 0),
            Fact::LacksColumn(lsn) => (22, lsn.0, 0),
            Fact::Copied(part, parts) => (23, u64::from(part), u64::from(parts)),
            Fact::Restored(lsn) => (24, lsn.0, 0),
            Fact::CaughtUp(node) => (25, u64::from(node.0), 0),
            Fact::LeftOut(node) => (26, u64::from(node.0), 0),
            Fact::TakenBack(node) => (27, u64::from(node.0), 0),
        }
    }

    /// The fact that was put into these words.
    ///
    /// # Panics
    /// If no fact has this number.
    pub(crate) fn of_words(number: u64, x: u64, y: u64) -> Fact {
        match number {
            1 => Fact::Appended(Lsn(x)),
            2 => Fact::Received(Lsn(x)),
            3 => Fact::Flushed(Lsn(x)),
            4 => Fact::Applied(Lsn(x)),
            5 => Fact::Acknowledged(Lsn(x)),
            TRUNCATED => Fact::Truncated(Lsn(x), Lsn(y)),
            7 => Fact::Promoted(Epoch(half(x)), Lsn(y)),
            FOLLOWS => Fact::Follows(Epoch(half(x))),
            9 => Fact::FellBackToAsync,
            10 => Fact::BackToSync,
            11 => Fact::PromotedToSync(NodeId(quarter(x))),
            12 => Fact::Parked(OpId(half(x))),
            13 => Fact::RefusedEpoch(Epoch(half(x))),
            14 => Fact::Suspects(NodeId(quarter(x))),
            15 => Fact::Polls(Epoch(half(x))),
            16 => Fact::TooFewReached(Epoch(half(x)), half(y)),
            17 => Fact::Wrote(OpId(half(x)), KeyId(half(y))),
            18 => Fact::Checksum(Position { lsn: Lsn(x), epoch: Epoch(half(y >> 32)) }, half(y)),
            19 => Fact::RefusedVersion(half(x)),
            20 => Fact::Upgraded(half(x)),
            21 => Fact::Altered(half(x)),
            22 => Fact::LacksColumn(Lsn(x)),
            23 => Fact::Copied(half(x), half(y)),
            24 => Fact::Restored(Lsn(x)),
            25 => Fact::CaughtUp(NodeId(quarter(x))),
            26 => Fact::LeftOut(NodeId(quarter(x))),
            27 => Fact::TakenBack(NodeId(quarter(x))),
            unknown => panic!("no fact of a single-leader group has the number {unknown}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_they_were_made_of() {
        let (op, lsn, epoch, node) = (OpId(u32::MAX), Lsn(1 << 40), Epoch(u32::MAX), NodeId(u16::MAX));
        let facts = [
            Fact::Appended(lsn),
            Fact::Received(lsn),
            Fact::Flushed(lsn),
            Fact::Applied(lsn),
            Fact::Acknowledged(lsn),
            Fact::Truncated(lsn, Lsn(3)),
            Fact::Promoted(epoch, lsn),
            Fact::Follows(epoch),
            Fact::FellBackToAsync,
            Fact::BackToSync,
            Fact::PromotedToSync(node),
            Fact::Parked(op),
            Fact::RefusedEpoch(epoch),
            Fact::Suspects(node),
            Fact::Polls(epoch),
            Fact::TooFewReached(epoch, 2),
            Fact::Wrote(op, KeyId(u32::MAX)),
            Fact::Checksum(Position { epoch, lsn }, u32::MAX),
            Fact::RefusedVersion(2),
            Fact::Upgraded(3),
            Fact::Altered(4),
            Fact::LacksColumn(lsn),
            Fact::Copied(1, u32::MAX),
            Fact::Restored(lsn),
            Fact::CaughtUp(node),
            Fact::LeftOut(node),
            Fact::TakenBack(node),
        ];
        for fact in facts {
            let (number, x, y) = fact.words();
            assert!(number < 64, "the two highest bits tell the families apart: {number}");
            assert_eq!(Fact::of_words(number, x, y), fact);
        }
    }
}
