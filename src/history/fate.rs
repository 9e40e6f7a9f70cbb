//! Fates: what became of a write in the end.
//!
//! A store with one leader keeps a write, puts a later one in its place, or discards it when another replica takes over. In a store
//! without one log the end shows the versions that are left. A write is superseded if what is left happened after it: a merge
//! supersedes the siblings that its context covers. Otherwise somebody discarded it, and where clocks decide that is the write that
//! won: the lost update of last-writer-wins (Kleppmann and Riccomini, chapter 6). The two relations, happens-before and arbitration,
//! are those of Viotti and Vukolić 2016.

use super::{End, Event, History, Op, Returned, Sibling};
use crate::log::{KeyId, OpId, Value};
use crate::operation::{Kind, Outcome};
use crate::version::{Stamp, covered};

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A reader of the last state is shown it, alone or beside others; or there was nothing to keep.
    Kept,
    /// What is left came after it, and had seen it.
    Superseded,
    /// It is gone, and nothing that is left had seen it.
    Discarded(By),
}

/// By whom a write was discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The takeover of this number in the run: the new leader's log does not have the entry.
    Takeover(usize),
    /// The write that won over it, although neither had seen the other, or although it had come first.
    Write(OpId),
    /// Nobody can be named.
    Unknown,
}

impl By {
    /// The takeover, if one did it.
    #[must_use]
    pub fn takeover(self) -> Option<usize> {
        match self {
            By::Takeover(number) => Some(number),
            By::Write(_) | By::Unknown => None,
        }
    }

    /// The write that won, if one did.
    #[must_use]
    pub fn write(self) -> Option<OpId> {
        match self {
            By::Write(op) => Some(op),
            By::Takeover(_) | By::Unknown => None,
        }
    }
}

/// For each operation, what became of the version that it wrote or returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fates(pub Vec<Fate>);

impl Fates {
    /// What became of the version of an operation; kept, if nothing else is known.
    #[must_use]
    pub fn of(&self, op: OpId) -> Fate {
        self.0.get(op.index()).copied().unwrap_or(Fate::Kept)
    }

    /// What became of a version that a read returned. With one leader the read itself tells: its writer may have been told of another
    /// entry, if it had to ask twice. Of siblings, their writers tell.
    #[must_use]
    pub fn of_returned(&self, read: &Op, sibling: &Sibling) -> Fate {
        let one = matches!(read.end, Some(End { outcome: Outcome::Value { .. }, .. }));
        self.of(if one { read.id } else { sibling.op })
    }
}

impl Fate {
    /// Whether it is gone without a trace.
    #[must_use]
    pub fn is_discarded(self) -> bool {
        matches!(self, Fate::Discarded(_))
    }
}

impl History<'_> {
    /// Whether one write happened before another: its stamp says so; or, where stamps do not tell causality, a way leads back to it
    /// from the other, over what sessions did before and what they had read or sent along.
    #[must_use]
    pub fn happened_before(&self, earlier: &Op, later: &Op) -> bool {
        let (Some(first), Some(second)) = (self.stamp_of(earlier), self.stamp_of(later)) else { return false };
        if earlier.id == later.id {
            return false;
        }
        if first.tells_causality() && second.tells_causality() {
            return second.covers(&first);
        }
        self.leads_back(later, earlier)
    }

    /// The write that superseded another one: of those to its key that it happened before, the first.
    #[must_use]
    pub fn superseded_by(&self, write: &Op) -> Option<&Op> {
        let later =
            self.ops.iter().filter(|other| other.key == write.key && other.is_write() && self.happened_before(write, other));
        let stamped = later.filter_map(|other| Some((self.stamp_of(other)?, other)));
        stamped.min_by(|(a, _), (b, _)| a.arbitrate(b)).map(|(_, other)| other)
    }

    /// Follows sessions, contexts and answers from an operation to those before it.
    fn leads_back(&self, from: &Op, to: &Op) -> bool {
        let mut seen = vec![false; self.ops.len()];
        let mut at_hand = vec![from.id];
        while let Some(id) = at_hand.pop() {
            // A faulty replica may name a writer that there is not.
            let Some(next) = self.ops.get(id.index()) else { continue };
            if std::mem::replace(&mut seen[next.id.index()], true) {
                continue;
            }
            if next.id == to.id {
                return true;
            }
            let answer = self.returned(next);
            let seen = answer.iter().flat_map(Returned::siblings).chain(self.context(next));
            at_hand.extend(seen.map(|sibling| sibling.op));
            at_hand.extend(self.before_in_session(next));
        }
        false
    }

    /// The operations of its session that had ended when an operation began.
    fn before_in_session(&self, op: &Op) -> Vec<OpId> {
        let mut ended = Vec::new();
        for event in &self.events {
            match event {
                Event::Invoke(id) if *id == op.id => return ended,
                Event::Complete(id) if self.ops[id.index()].session == op.session => ended.push(*id),
                Event::Invoke(_) | Event::Complete(_) => {}
            }
        }
        ended
    }

    /// The fate of each operation's write, given the versions that are left of each key in the end. Reads and writes without a stamp
    /// have nothing that could be lost.
    #[must_use]
    pub fn fates(&self, left: &[(KeyId, Vec<Sibling>)]) -> Fates {
        let fate = |op: &Op| {
            let (true, Some(stamp)) = (op.is_write(), self.stamp_of(op)) else { return Fate::Kept };
            let key = self.rows_of(op.id).next().unwrap_or(op.key);
            let left = left.iter().find(|(other, _)| *other == key).map_or(&[][..], |(_, left)| left.as_slice());
            // Of a deletion nothing has to be left.
            let deleted = op.kind == Kind::Write(Value::Nothing) && left.iter().all(|sibling| sibling.value == Value::Nothing);
            if deleted { Fate::Kept } else { self.fate(op, &stamp, left) }
        };
        Fates(self.ops.iter().map(fate).collect())
    }

    fn fate(&self, op: &Op, stamp: &Stamp, left: &[Sibling]) -> Fate {
        if left.iter().any(|sibling| sibling.op == op.id) {
            return Fate::Kept;
        }
        let writers = || left.iter().filter_map(|sibling| self.ops.get(sibling.op.index()));
        let told = stamp.tells_causality() && covered(stamp, left.iter().map(|sibling| &sibling.stamp));
        if told || writers().any(|writer| self.happened_before(op, writer)) {
            return Fate::Superseded;
        }
        let winners = left.iter().filter(|sibling| sibling.stamp.covers(stamp));
        let winner = winners.max_by(|a, b| a.stamp.arbitrate(&b.stamp));
        Fate::Discarded(winner.map_or(By::Unknown, |winner| By::Write(winner.op)))
    }
}
