//! The sentences of findings about versions that may be concurrent: siblings are named, and each version is written as people write it.
//!
//! Nothing here speaks of entries or logs: a version vector, a dot and a clock are no places in one. What a read misses is said by how each version
//! that it returned stands to the required one: older, or concurrent (Fidge 1988 and Mattern 1989 for the words). What became of a write is
//! said with the write that did it ([`Fate`]).

use std::cmp::Ordering;

use super::Explanation;
use super::words::{Words, length, quoted};
use crate::check::{Evidence, Finding, Hole};
use crate::history::{By, End, Fate, History, Op, Returned, Sibling};
use crate::log::{OpId, Value};
use crate::operation::{Kind, Outcome};
use crate::scenario::Plan;
use crate::version::Stamp;

/// Whether a finding is about versions that are no positions.
pub(super) fn is_meant(plan: &Plan, ops: &[Op], finding: &Finding) -> bool {
    if plan.groups.iter().any(|group| group.several.is_some() || group.ring.is_some()) {
        return true;
    }
    let outcome = |op: OpId| ops.get(op.index())?.end.map(|end| end.outcome);
    finding.ops().into_iter().any(|op| matches!(outcome(op), Some(Outcome::Stamped { .. } | Outcome::Siblings { .. })))
}

/// Writes the sentences of a finding; none of a kind that only one log can show.
pub(super) fn explain(history: &History<'_>, plan: &Plan, finding: &Finding) -> Explanation {
    words(history, plan, finding).map(Words::done).unwrap_or_default()
}

/// The sentences of a finding, to be gone on with. A finding that names operations which the history does not have has none.
pub(super) fn words<'a>(history: &'a History<'a>, plan: &'a Plan, finding: &Finding) -> Option<Words<'a>> {
    let mut teller = Teller { history, plan, words: Words::new(plan) };
    teller.finding(finding).map(|()| teller.words)
}

/// Writes "ann's write of x = 1", or "ann's deletion of x".
pub(super) fn name(words: &mut Words<'_>, plan: &Plan, write: &Op) {
    let (what, value) = match write.kind {
        Kind::Write(Value::Nothing) => ("deletion", String::new()),
        Kind::Write(Value::Method(number)) => ("call", format!(".{}", plan.show_method(number))),
        Kind::Write(value) => ("write", format!(" = {}", quoted(plan, value))),
        Kind::Read(_) => ("write", " = a value".to_owned()),
    };
    words.node(write.client).text("'s ").op(write.id, what).text(" of ").key(write.key).text(value);
}

/// What became of a write, in one sentence; none of an operation that wrote no version.
pub(super) fn fate(history: &History<'_>, plan: &Plan, op: OpId, fate: Fate) -> Option<Explanation> {
    let mut teller = Teller { history, plan, words: Words::new(plan) };
    let write = teller.op(op)?;
    history.stamp_of(write)?;
    teller.write(write)?;
    match fate {
        Fate::Kept => {
            teller.words.text(" It is kept.");
        }
        Fate::Superseded => teller.superseded(write),
        Fate::Discarded(by) => teller.discarded(write, by),
    }
    Some(teller.words.done())
}

pub(super) struct Teller<'a> {
    pub(super) history: &'a History<'a>,
    pub(super) plan: &'a Plan,
    pub(super) words: Words<'a>,
}

impl<'a> Teller<'a> {
    pub(super) fn op(&self, id: OpId) -> Option<&'a Op> {
        self.history.ops.get(id.index())
    }

    pub(super) fn version(&mut self, writer: OpId, stamp: &Stamp) {
        let written = stamp.written(&self.history.actors).to_string();
        self.words.op(writer, &written);
    }

    /// "ann's write of x = 1"
    pub(super) fn named(&mut self, write: &Op) {
        name(&mut self.words, self.plan, write);
    }

    /// "ann's write of x = 1 was version {a:2}, acknowledged at 40 ms."
    pub(super) fn write(&mut self, write: &Op) -> Option<()> {
        let (stamp, at) = self.history.acknowledged(write)?;
        self.named(write);
        self.words.text(" was version ");
        self.version(write.id, &stamp);
        self.words.text(", acknowledged at ").time(at).text(".");
        Some(())
    }

    /// "ann read x = 1 (version {a:1}) and 2 (version {b:1}) at n0."; of merged versions "ann read x = 3 (versions {a:1} and {b:1}) at n0."
    pub(super) fn read(&mut self, read: &Op) -> Option<Vec<Sibling>> {
        let returned = self.history.returned(read).as_ref().map(Returned::siblings)?.to_vec();
        self.words.node(read.client).text(" ").op(read.id, "read").text(" ").key(read.key).text(" = ");
        // What a rule made of several versions is one value.
        let values = self.plan.values_read(read.key, &returned);
        let merged = values.len() < returned.len();
        for (place, sibling) in returned.iter().enumerate() {
            self.words.text(match place {
                0 => "",
                _ if place + 1 == returned.len() => " and ",
                _ => ", ",
            });
            if place == 0 || !merged {
                let plural = if merged { "s" } else { "" };
                self.words.text(format!("{} (version{plural} ", quoted(self.plan, sibling.value)));
            }
            self.version(sibling.op, &sibling.stamp);
            if !merged || place + 1 == returned.len() {
                self.words.text(")");
            }
        }
        if returned.is_empty() {
            self.words.text("none");
        }
        if let Some(End { replica: Some(replica), .. }) = read.end {
            self.words.text(" at ").node(replica);
        }
        self.words.text(".");
        Some(returned)
    }

    /// How what was returned stands to what is required: " {b:1} is concurrent to it."
    fn missing(&mut self, required: &Stamp, returned: &[Sibling]) {
        if returned.is_empty() {
            self.words.text(" The answer has no version at all.");
            return;
        }
        for (place, sibling) in returned.iter().enumerate() {
            self.words.text(match place {
                0 => " ",
                _ if place + 1 == returned.len() => ", and ",
                _ => ", ",
            });
            self.version(sibling.op, &sibling.stamp);
            self.words.text(stands(&sibling.stamp, required));
        }
        self.words.text(".");
    }

    fn finding(&mut self, finding: &Finding) -> Option<()> {
        match finding.evidence {
            Evidence::ReadYourWrites { write, read } => self.missed(read, write, " The session had written before: "),
            Evidence::MonotonicReads { earlier, later } => self.monotonic_reads(earlier, later),
            Evidence::Linearizability { newer, read } => self.stale(newer, read),
            Evidence::ConsistentPrefix { effect, seen_by, cause, read } | Evidence::Causal { effect, seen_by, cause, read } => {
                self.effect_without_cause(effect, seen_by, cause, read)
            }
            Evidence::MonotonicWrites { earlier, later, hole } => {
                let (earlier, later) = (self.op(earlier)?, self.op(later)?);
                self.write(earlier)?;
                self.comes_after(earlier.id, &self.history.stamp_of(earlier)?, later, hole)
            }
            Evidence::WritesFollowReads { read, write, hole } => {
                let (read, write) = (self.op(read)?, self.op(write)?);
                let shown = self.read(read)?;
                let stamp = self.history.stamp_of(write);
                let lacks = |sibling: &&Sibling| stamp.as_ref().is_none_or(|stamp| !stamp.covers(&self.history.stands(sibling)));
                let required = shown.iter().find(lacks).or(shown.first())?;
                self.comes_after(required.op, &self.history.stands(required), write, hole)
            }
            Evidence::BoundedStaleness { missed, read } => {
                self.missed(read, missed, " The first that it missed: ")?;
                let (missed, read) = (self.op(missed)?, self.op(read)?);
                let (_, at) = self.history.acknowledged(missed)?;
                let since = length(read.invoked.since(at));
                self.words.text(format!(" That was {since} before the read began, more than its bound allows."));
                Some(())
            }
            Evidence::AbortedRead { write, read } => self.aborted(write, read),
            Evidence::ThinAirRead { read, .. } => {
                let read = self.op(read)?;
                self.read(read)?;
                self.words.text(" Nobody had written all of that to ").key(read.key).text(".");
                Some(())
            }
            Evidence::LostAcknowledgedWrite { write, by } => {
                let write = self.op(write)?;
                self.write(write)?;
                self.discarded(write, by);
                Some(())
            }
            Evidence::DirtyThenLost { read, write, by } => self.dirty(read, write, by),
            Evidence::Divergence { .. }
            | Evidence::NonConvergence(_)
            | Evidence::DuplicateId { .. }
            | Evidence::ConcurrentWriteConflict { .. }
            | Evidence::LostUpdate { .. }
            | Evidence::ResurrectedDelete { .. }
            | Evidence::ReplicationLoop { .. }
            | Evidence::ConstraintBroken { .. }
            | Evidence::FalseValue { .. }
            | Evidence::DuplicateApplied { .. }
            | Evidence::LawBroken { .. } => self.of_leaders(finding),
            Evidence::StaleQuorumRead { write, read } => self.missed(read, write, " Before it began there was: "),
            Evidence::FailedWriteVisible { .. } | Evidence::HintLost { .. } | Evidence::FalseSiblings { .. } => {
                self.of_quorums(finding)
            }
            Evidence::SplitBrain { .. } | Evidence::ReusedId { .. } => None,
        }
    }

    /// A read of a write that was discarded.
    fn dirty(&mut self, read: OpId, write: OpId, by: By) -> Option<()> {
        let (read, write) = (self.op(read)?, self.op(write)?);
        self.read(read)?;
        self.words.text(" ");
        self.named(write);
        self.words.text(if write.acknowledged().is_none() && self.history.stamp_of(write).is_none() {
            " was never acknowledged."
        } else {
            " was among that."
        });
        self.discarded(write, by);
        Some(())
    }

    /// A read that misses a write.
    fn missed(&mut self, read: OpId, write: OpId, before: &str) -> Option<()> {
        let (read, write) = (self.op(read)?, self.op(write)?);
        let returned = self.read(read)?;
        self.words.text(before);
        self.write(write)?;
        self.missing(&self.history.stamp_of(write)?, &returned);
        Some(())
    }

    fn monotonic_reads(&mut self, earlier: OpId, later: OpId) -> Option<()> {
        let (earlier, later) = (self.op(earlier)?, self.op(later)?);
        let shown = self.read(earlier)?;
        self.words.text(" Then ");
        let returned = self.read(later)?;
        let covers = |sibling: &Sibling| returned.iter().any(|other| other.stamp.covers(&sibling.stamp));
        let lost = shown.iter().find(|sibling| !covers(sibling))?;
        self.words.text(" The version ");
        self.version(lost.op, &lost.stamp);
        self.words.text(" that it had been shown is gone, and nothing of the answer came after it.");
        self.missing(&lost.stamp, &returned);
        Some(())
    }

    fn stale(&mut self, newer: OpId, read: OpId) -> Option<()> {
        let (newer, read) = (self.op(newer)?, self.op(read)?);
        let required = match self.history.stamp_of(newer) {
            Some(stamp) => {
                self.write(newer)?;
                vec![Sibling { stamp, value: Value::Nothing, op: newer.id }]
            }
            None => self.read(newer)?,
        };
        self.words.text(" After that had ended, ");
        let returned = self.read(read)?;
        let lost = required.iter().find(|version| !returned.iter().any(|other| other.stamp.covers(&version.stamp)))?;
        self.missing(&lost.stamp, &returned);
        Some(())
    }

    fn effect_without_cause(&mut self, effect: OpId, seen_by: OpId, cause: OpId, read: OpId) -> Option<()> {
        let (seen, read) = (self.op(seen_by)?, self.op(read)?);
        if seen.is_write() {
            self.write(seen)?;
        } else {
            self.read(seen)?;
        }
        self.words.text(" Then ");
        let returned = self.read(read)?;
        let Some(cause) = self.op(cause) else {
            self.words.text(" It misses a version that its session knew of, and whose writer is not in the record.");
            return Some(());
        };
        self.words.text(" It misses ");
        self.named(cause);
        if let Some(stamp) = self.history.stamp_of(cause) {
            self.words.text(", version ");
            self.version(cause.id, &stamp);
        }
        if let Some(effect) = self.op(effect).filter(|effect| effect.id != cause.id) {
            self.words.text(", which came before ");
            self.named(effect);
        }
        self.words.text(".");
        if let Some(stamp) = self.history.stamp_of(cause) {
            self.missing(&stamp, &returned);
        }
        Some(())
    }

    /// A write that does not come after what its session had done, or a replica that shows it so.
    fn comes_after(&mut self, earlier: OpId, required: &Stamp, later: &Op, hole: Option<Hole>) -> Option<()> {
        let Some(hole) = hole else {
            self.words.text(" After that, in the same session, ");
            self.write(later)?;
            let stamp = self.history.stamp_of(later)?;
            self.words.text(" ");
            self.version(later.id, &stamp);
            self.words.text(match stamp.compare(required) {
                None => " is concurrent to ",
                Some(_) => " is older than ",
            });
            self.version(earlier, required);
            self.words.text(", so whoever took the write in did not have the other.");
            return Some(());
        };
        let (first, second) = (self.op(hole.shown_by)?, self.op(hole.read)?);
        self.words.text(" After that, in the same session, ");
        self.named(later);
        self.words.text(". ");
        self.read(first)?;
        self.words.text(" Then ");
        let returned = self.read(second)?;
        self.words.text(" The same replica holds the later one without the earlier one.");
        self.missing(required, &returned);
        Some(())
    }

    fn aborted(&mut self, write: OpId, read: OpId) -> Option<()> {
        let (write, read) = (self.op(write)?, self.op(read)?);
        self.read(read)?;
        self.words.text(" ");
        self.named(write);
        self.words.text(" was reported as refused at ").time(write.end?.at).text(", and a refused write must never be seen.");
        Some(())
    }

    /// " It was superseded by bob's write of x = 2, version {a:1, b:1}, which had seen it."
    fn superseded(&mut self, write: &Op) {
        let Some(by) = self.history.superseded_by(write) else {
            self.words.text(" It was superseded by a write that had seen it.");
            return;
        };
        self.words.text(" It was superseded by ");
        self.named(by);
        if let Some(stamp) = self.history.stamp_of(by) {
            self.words.text(", version ");
            self.version(by.id, &stamp);
        }
        self.words.text(", which had seen it.");
    }

    /// " It was discarded by bob's write of x = 2, version …, which had not seen it."
    fn discarded(&mut self, write: &Op, by: By) {
        let winner = match by {
            By::Write(winner) => self.op(winner),
            By::Takeover(_) => {
                self.words.text(" It was discarded by a new leader, which did not have it.");
                return;
            }
            By::Unknown => None,
        };
        let Some(winner) = winner else {
            self.words.text(" It was discarded: nothing that is left is that or came after it.");
            return;
        };
        self.words.text(" It was discarded by ");
        self.named(winner);
        let stamp = self.history.stamp_of(winner);
        if let Some(stamp) = &stamp {
            self.words.text(", version ");
            self.version(winner.id, stamp);
        }
        let by_clock = matches!(stamp, Some(Stamp::Clock(_)));
        self.words.text(match (self.history.happened_before(winner, write), by_clock) {
            (true, true) => ", which came before it and has the later clock.",
            (true, false) => ", which came before it.",
            (false, true) => ", which had not seen it and has the later clock.",
            (false, false) => ", which had not seen it.",
        });
    }
}

/// How a version stands to one that it does not cover.
fn stands(version: &Stamp, required: &Stamp) -> &'static str {
    match version.compare(required) {
        None => " is concurrent to it",
        Some(Ordering::Less) => " is older",
        // Its writer was told of another version than the reader was shown.
        Some(Ordering::Equal | Ordering::Greater) => " covers it, but not as it was written",
    }
}
