//! What happened, in three words: a run keeps millions of records, and most of the time it takes goes into fresh memory for them.
//!
//! The words are those that the digest takes in, so that they are worked out once. Kinds are numbered here and nowhere else;
//! a number that is taken stays taken, or every digest changes. Who adds many records knows their kind: packing is inlined there, and
//! what is left of it are shifts.

use super::{Digest, Label, MsgId, Sent, What};
use crate::log::{KeyId, OpId};
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::{Loss, NodeId};
use crate::protocol::Fact;
use crate::time::{SimDuration, SimTime};

/// A label in two words: what kind of message, and its number.
#[derive(Clone, Copy)]
pub(crate) struct LabelWords {
    kind: u64,
    arg: u64,
}

/// The words of a [`What`]. The lowest byte of `kind` tells the variants apart, and what else it holds depends on them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    kind: u64,
    a: u64,
    b: u64,
}

const STARTED: u64 = 2;
const COMPLETED: u64 = 3;
const SENT: u64 = 4;
const NOTED: u64 = 9;
const CRASHED: u64 = 10;

/// Of facts: entries are discarded.
const TRUNCATED: u64 = 6;
/// Of facts: a node follows another leader. A promotion lies between the two.
const FOLLOWS: u64 = 8;

/// In the `kind` of what was sent, the delay stands above the label: 44 bits of microseconds are half a year.
const DELAY_SHIFT: u32 = 20;
/// Stands for a message that is not due at any time.
const NEVER: u64 = u64::MAX >> DELAY_SHIFT;

impl Packed {
    /// Puts into words what happened at this time.
    #[inline(always)]
    pub(super) fn of(at: SimTime, what: What) -> Packed {
        let (kind, a, b) = match what {
            What::Action(n) => (1, u64::from(n), 0),
            What::Started(op) => (STARTED, u64::from(op.0), 0),
            What::Completed(op) => (COMPLETED, u64::from(op.0), 0),
            What::Sent(Sent { msg, src, dst, label, due }) => return Packed::sent(at, msg, (src, dst), label.words(), due),
            What::Arrived(msg) => (5, u64::from(msg.0), 0),
            What::Lost(msg, loss) => (6, u64::from(msg.0), loss as u64),
            What::Held(msg) => (7, u64::from(msg.0), 0),
            What::Released(msg, due) => (8, u64::from(msg.0), due.0),
            What::Noted(node, fact) => {
                let (fact, x, y) = fact_words(fact);
                (NOTED | (fact << 8) | (u64::from(node.0) << 32), x, y)
            }
            What::Crashed(node, from, to) => (CRASHED | (u64::from(node.0) << 32), from.0, to.0),
            What::Restarted(node) => (11 | (u64::from(node.0) << 32), 0, 0),
        };
        Packed { kind, a, b }
    }

    /// Puts into words that a message was sent at this time.
    #[inline(always)]
    pub(super) fn sent(at: SimTime, msg: MsgId, (src, dst): (NodeId, NodeId), label: LabelWords, due: Option<SimTime>) -> Packed {
        let LabelWords { kind, arg } = label;
        let delay = due.map_or(NEVER, |due| due.since(at).0.min(NEVER - 1));
        let ends = (u64::from(src.0) << 48) | (u64::from(dst.0) << 32) | u64::from(msg.0);
        Packed { kind: SENT | (kind << 8) | (delay << DELAY_SHIFT), a: arg, b: ends }
    }

    /// The operation that ended, if that is what happened: for walks over a trace that look for nothing else.
    #[inline]
    pub(super) fn completed(self) -> Option<OpId> {
        (self.kind == COMPLETED).then(|| OpId(half(self.a)))
    }

    /// Whether an operation started or ended, and which.
    #[inline]
    pub(super) fn operation(self) -> Option<(bool, OpId)> {
        (self.kind == STARTED || self.kind == COMPLETED).then(|| (self.kind == COMPLETED, OpId(half(self.a))))
    }

    /// Whether it tells of a change of leaders, or of what one had discarded.
    #[inline]
    pub(super) fn tells_of_failover(self) -> bool {
        self.kind & 0xFF == NOTED && (TRUNCATED..=FOLLOWS).contains(&(self.kind >> 8 & 0xFF))
    }

    /// What the words say.
    #[inline]
    pub(super) fn what(self, at: SimTime) -> What {
        let Packed { kind, a, b } = self;
        let (node, msg, op, detail) = (NodeId(quarter(kind >> 32)), MsgId(half(a)), OpId(half(a)), kind >> 8);
        match kind & 0xFF {
            1 => What::Action(half(a)),
            STARTED => What::Started(op),
            COMPLETED => What::Completed(op),
            SENT => {
                let (src, dst) = (NodeId(quarter(b >> 48)), NodeId(quarter(b >> 32)));
                What::Sent(Sent { msg: MsgId(half(b)), src, dst, label: label_of(detail, a), due: self.due(at) })
            }
            5 => What::Arrived(msg),
            6 => What::Lost(msg, [Loss::Chance, Loss::Cut, Loss::Down][usize::from(quarter(b))]),
            7 => What::Held(msg),
            8 => What::Released(msg, SimTime(b)),
            NOTED => What::Noted(node, fact_of(detail, a, b)),
            CRASHED => What::Crashed(node, Lsn(a), Lsn(b)),
            _ => What::Restarted(node),
        }
    }

    /// When a message that was sent at this time is due.
    #[inline]
    fn due(self, sent_at: SimTime) -> Option<SimTime> {
        let delay = self.kind >> DELAY_SHIFT;
        (delay != NEVER).then(|| sent_at + SimDuration(delay))
    }

    #[inline(always)]
    pub(super) fn digest(self, at: SimTime, digest: &mut Digest) {
        let Packed { kind, a, b } = self;
        let (kind, b) = match kind & 0xFF {
            SENT => {
                digest.fold(b);
                (kind & ((1 << DELAY_SHIFT) - 1), self.due(at).map_or(u64::MAX, |due| due.0))
            }
            NOTED => {
                digest.fold(b);
                (kind, 0)
            }
            _ => (kind, b),
        };
        digest.fold(at.0);
        digest.fold(kind);
        digest.fold(a ^ b.rotate_left(32));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "takes the lower half")]
fn half(word: u64) -> u32 {
    word as u32
}

#[expect(clippy::cast_possible_truncation, reason = "takes the lowest quarter")]
fn quarter(word: u64) -> u16 {
    word as u16
}

impl Label {
    /// The label in words.
    #[inline(always)]
    pub(crate) fn words(self) -> LabelWords {
        let (kind, arg) = match self {
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
        };
        LabelWords { kind, arg }
    }
}

fn label_of(detail: u64, arg: u64) -> Label {
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
        _ => Label::Status(number),
    }
}

#[inline(always)]
fn fact_words(fact: Fact) -> (u64, u64, u64) {
    match fact {
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

fn fact_of(detail: u64, x: u64, y: u64) -> Fact {
    match detail & 0xFF {
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
        _ => Fact::TakenBack(NodeId(quarter(x))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_they_were_made_of() {
        let (at, op, lsn, epoch, node) = (SimTime(7), OpId(u32::MAX), Lsn(1 << 40), Epoch(u32::MAX), NodeId(u16::MAX));
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
        let sent = |due| move |label| What::Sent(Sent { msg: MsgId(u32::MAX), src: node, dst: NodeId(1), label, due });
        let all = (others(op, lsn, node).into_iter())
            .chain(labels.map(sent(Some(SimTime(86_400_000_007)))))
            .chain(labels.map(sent(None)))
            .chain(facts.map(|fact| What::Noted(node, fact)));
        for what in all {
            assert_eq!(Packed::of(at, what).what(at), what);
        }
    }

    fn others(op: OpId, lsn: Lsn, node: NodeId) -> Vec<What> {
        let losses = [Loss::Chance, Loss::Cut, Loss::Down].map(|loss| What::Lost(MsgId(9), loss));
        let others = [
            What::Action(3),
            What::Started(op),
            What::Completed(op),
            What::Arrived(MsgId(9)),
            What::Held(MsgId(9)),
            What::Released(MsgId(9), SimTime(u64::MAX)),
            What::Crashed(node, lsn, Lsn(2)),
            What::Restarted(node),
        ];
        others.into_iter().chain(losses).collect()
    }
}
