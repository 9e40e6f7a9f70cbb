//! The trail from a finding to what caused it, as data: which replica lacked which entry, and what stood in the entry's way.
//!
//! It is what the sentences of [`super::why`] say, without the words, so that a cause can be looked for in the scenario and
//! removed from it. It asks the operations of a finding, not its kind: a new kind of stale read is followed without a change here.

use std::ops::Deref;

use super::Explainer;
use super::index::Fate;
use super::why::{At, Way, Why};
use crate::check::{Evidence, Finding};
use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::Fact;
use crate::history::Op;
use crate::lsn::Position;
use crate::network::{Loss, NodeId};
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::What;

/// What stood between a replica and an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clue {
    /// A message to the replica was under way: from, to, sent when, due when.
    Late(NodeId, NodeId, SimTime, SimTime),
    /// The network kept it: from, to, sent when, kept since when.
    Held(NodeId, NodeId, SimTime, SimTime),
    /// It was lost: from, to, sent when, lost when, and how.
    Lost(NodeId, NodeId, SimTime, SimTime, Loss),
    /// The replica was paused, since then.
    Paused(NodeId, SimTime),
    /// The replica had crashed then, and with it went the entry or the message.
    Crashed(NodeId, SimTime),
    /// The entry waited for the replica's disk.
    Flushing(NodeId),
    /// The entry waited to be applied.
    Applying(NodeId),
    /// The replica led and had not acknowledged the entry.
    Unacknowledged(NodeId),
    /// The promotion of this replica at this time left the entry out.
    Discarded(NodeId, SimTime),
    /// Nobody had sent the entry to the replica.
    Unsent(NodeId),
}

/// Which entry was missing where, and why, the nearest reason first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Whose log.
    pub group: GroupId,
    /// The replica that lacked the entry.
    pub node: NodeId,
    /// The entry.
    pub want: Position,
    /// What stood in its way.
    pub clues: Vec<Clue>,
}

impl<R: Deref<Target = Run>> Explainer<R> {
    /// Follows a finding to what the record says of its cause; `None` for one in which no replica lacks an entry.
    #[must_use]
    pub fn trail(&self, finding: &Finding) -> Option<Trail> {
        let (group, node, want, place) = self.lacking(finding)?;
        let run: &Run = &self.run;
        let at = At { run, index: &self.index, group, node, place };
        let applied = self.had(finding, place)?;
        let mut clues = Vec::new();
        follow(&at, &at.why(want, applied), &mut clues);
        Some(Trail { group, node, want, clues })
    }

    /// The replica that lacks an entry, the entry, and the place of the record where that matters.
    fn lacking(&self, finding: &Finding) -> Option<(GroupId, NodeId, Position, usize)> {
        let run: &Run = &self.run;
        let op = run.trace.ops.get(finding.op().index())?;
        if let Evidence::LostAcknowledgedWrite { by, .. } = finding.evidence {
            let takeover = *run.takeovers.get(by.takeover()?)?;
            let (leader, epoch) = (takeover.leader, takeover.epoch);
            let from = run.trace.records.partition_point(|r| r.at < takeover.at);
            let promoted = |what: What| matches!(what, What::Noted(n, family::Fact::SingleLeader(Fact::Promoted(e, _))) if (n, e) == (leader, epoch));
            let place = from + run.trace.records[from..].iter().position(|r| promoted(r.what()))?;
            return Some((op.group, leader, op.acknowledged()?.0, place));
        }
        let read = op.version_read()?;
        let wanted = finding.ops().into_iter().filter_map(|id| run.trace.ops.get(id.index()));
        let wanted = wanted.filter(|other| other.id != op.id && other.group == op.group).filter_map(|other| self.stands(other));
        let want = wanted.filter(|want| *want > read).min()?;
        Some((op.group, op.end?.replica?, want, self.index.answer(op.id)?))
    }

    /// The position that an operation wrote or saw.
    fn stands(&self, op: &Op) -> Option<Position> {
        let written = op.acknowledged().map(|(at, _)| at).or_else(|| self.index.place(op.id));
        written.or_else(|| op.version_read().filter(|at| *at != Position::ZERO))
    }

    /// How far the replica was.
    fn had(&self, finding: &Finding, place: usize) -> Option<crate::lsn::Lsn> {
        let run: &Run = &self.run;
        if let Some(crate::history::End { outcome: crate::operation::Outcome::Value { applied, .. }, .. }) =
            run.trace.ops.get(finding.op().index())?.end
        {
            return Some(applied.lsn);
        }
        match run.trace.records.get(place)?.what() {
            What::Noted(_, family::Fact::SingleLeader(Fact::Promoted(_, start))) => Some(start.prev()),
            _ => None,
        }
    }
}

fn follow(at: &At<'_>, why: &Why, clues: &mut Vec<Clue>) {
    match why {
        Why::Discarded(epoch) => {
            let takeover = at.run.takeovers.iter().find(|t| t.group == at.group && t.epoch == *epoch);
            clues.extend(takeover.map(|t| Clue::Discarded(t.leader, t.at)));
        }
        Why::NotAcknowledged => clues.push(Clue::Unacknowledged(at.node)),
        Why::NotFollowing(way) => match way {
            Some(way) => astray(*way, clues),
            None => clues.push(Clue::Unsent(at.node)),
        },
        Why::NotArrived(way) => astray(*way, clues),
        Why::Gap(_, why) | Why::NotSentAfter(_, why) => follow(at, why, clues),
        Why::Paused(_, since) => clues.push(Clue::Paused(at.node, *since)),
        Why::LostInCrash(_, crash) => clues.push(Clue::Crashed(at.node, *crash)),
        Why::NotFlushed(_) => clues.push(Clue::Flushing(at.node)),
        Why::NotApplied(_) => clues.push(Clue::Applying(at.node)),
        Why::NotServedSinceRestart(back) => clues.extend([Clue::Crashed(at.node, *back), Clue::Unsent(at.node)]),
        // What happened to it stands in the script, and the format and the retention are settings.
        Why::Version(..) | Why::Column(_) | Why::Copying(..) => {}
        Why::NotSent => clues.push(Clue::Unsent(at.node)),
        Why::Unknown => {}
    }
}

/// What became of a message that did not arrive.
fn astray(way: Way, clues: &mut Vec<Clue>) {
    let Way { src, dst, sent, .. } = way;
    match way.fate {
        Fate::UnderWay(due) => clues.push(Clue::Late(src, dst, sent, due)),
        Fate::Held(since) => clues.push(Clue::Held(src, dst, sent, since)),
        Fate::Lost(when, how) => clues.push(Clue::Lost(src, dst, sent, when, how)),
        Fate::Arrived(_) => {}
    }
    // It was a repetition: what was sent before it was lost, at some time before.
    clues.extend(way.before.map(|how| Clue::Lost(src, dst, sent, sent, how)));
}
