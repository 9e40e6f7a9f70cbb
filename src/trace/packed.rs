//! What happened, in three words: a run keeps millions of records, and most of the time it takes goes into fresh memory for them.
//!
//! The words are those that the digest takes in, so that they are worked out once. Kinds are numbered here and nowhere else;
//! a number that is taken stays taken, or every digest changes. Who adds many records knows their kind: packing is inlined there, and
//! what is left of it are shifts.

use super::{Digest, Label, MsgId, Sent, What};
use crate::family::{Fact, half, quarter};
use crate::log::OpId;
use crate::lsn::Lsn;
use crate::network::{Loss, NodeId};
use crate::time::{SimDuration, SimTime};

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
const ARRIVED: u64 = 5;
const NOTED: u64 = 9;
const CRASHED: u64 = 10;
const RESTARTED: u64 = 11;

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
            What::Arrived(msg) => (ARRIVED, u64::from(msg.0), 0),
            What::Lost(msg, loss) => (6, u64::from(msg.0), loss as u64),
            What::Held(msg) => (7, u64::from(msg.0), 0),
            What::Released(msg, due) => (8, u64::from(msg.0), due.0),
            What::Noted(node, fact) => {
                let (fact, x, y) = fact.words();
                (NOTED | (fact << 8) | (u64::from(node.0) << 32), x, y)
            }
            What::Crashed(node, from, to) => (CRASHED | (u64::from(node.0) << 32), from.0, to.0),
            What::Restarted(node) => (RESTARTED | (u64::from(node.0) << 32), 0, 0),
        };
        Packed { kind, a, b }
    }

    /// Puts into words that a message was sent at this time.
    #[inline(always)]
    pub(super) fn sent(at: SimTime, msg: MsgId, (src, dst): (NodeId, NodeId), label: (u64, u64), due: Option<SimTime>) -> Packed {
        let (kind, arg) = label;
        let delay = due.map_or(NEVER, |due| due.since(at).0.min(NEVER - 1));
        let ends = (u64::from(src.0) << 48) | (u64::from(dst.0) << 32) | u64::from(msg.0);
        Packed { kind: SENT | (kind << 8) | (delay << DELAY_SHIFT), a: arg, b: ends }
    }

    /// The words: three registers.
    #[inline(always)]
    pub(super) fn words(self) -> (u64, u64, u64) {
        (self.kind, self.a, self.b)
    }

    /// What was put into these words.
    #[inline(always)]
    pub(super) fn of_words(kind: u64, a: u64, b: u64) -> Packed {
        Packed { kind, a, b }
    }

    /// The operation that ended, if that is what happened: for walks over a trace that look for nothing else.
    #[inline]
    pub(super) fn completed(self) -> Option<OpId> {
        (self.kind == COMPLETED).then(|| OpId(half(self.a)))
    }

    /// Whether a message was taken in by its receiver.
    #[inline]
    pub(super) fn is_arrival(self) -> bool {
        self.kind == ARRIVED
    }

    /// Whether it tells of a change of leaders, or of what one had discarded.
    #[inline(always)]
    pub(super) fn tells_of_failover(self) -> bool {
        self.kind & 0xFF == NOTED && Fact::tells_of_failover(self.kind >> 8 & 0xFF)
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
                What::Sent(Sent { msg: MsgId(half(b)), src, dst, label: Label::of_words(detail, a), due: self.due(at) })
            }
            ARRIVED => What::Arrived(msg),
            6 => What::Lost(msg, [Loss::Chance, Loss::Cut, Loss::Down][usize::from(quarter(b))]),
            7 => What::Held(msg),
            8 => What::Released(msg, SimTime(b)),
            NOTED => What::Noted(node, Fact::of_words(detail & 0xFF, a, b)),
            CRASHED => What::Crashed(node, Lsn(a), Lsn(b)),
            RESTARTED => What::Restarted(node),
            unknown => panic!("nothing that happens has the number {unknown}"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::single_leader;

    #[test]
    fn words_say_what_they_were_made_of() {
        let (at, op, lsn, node) = (SimTime(7), OpId(u32::MAX), Lsn(1 << 40), NodeId(u16::MAX));
        // Labels and facts have tests of their own.
        let labels = [single_leader::Label::Write(op), single_leader::Label::Append(u32::MAX, 3)].map(Label::SingleLeader);
        let facts = [single_leader::Fact::Applied(lsn), single_leader::Fact::Truncated(lsn, Lsn(3))].map(Fact::SingleLeader);
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
