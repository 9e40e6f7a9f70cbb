//! Conflicts: what several leaders did to each other's writes.
//!
//! A conflict is two acknowledged writes of one key of which neither had seen the other: it is found out when the two updates meet, after both
//! clients were told "done" (Kleppmann and Riccomini, chapter 6, figure 6-9). Where the last writer wins one of the two is dropped without a word.
//! If the dropped write was built on what its client had read it is a *lost update*, also if it had seen the winner and only its
//! clock was behind; one that was written blindly is a lost acknowledged write.

use super::{Evidence, Finding, Survival};
use crate::family::MultiLeaderIncluded;
use crate::history::{By, Fate, Fates, History, Op};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::time::SimTime;
use crate::version::Stamp;

/// A replica found two versions of which neither had seen the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// When.
    pub at: SimTime,
    /// Which replica.
    pub node: NodeId,
    /// The write whose update arrived.
    pub arrived: OpId,
    /// The write whose version was there.
    pub there: OpId,
}

/// What runs with several leaders leave for checkers.
#[derive(Clone, Debug, Default)]
pub struct Conflicts {
    /// Where versions met that no rule merges, in order.
    pub meetings: Vec<Meeting>,
    /// Which replica applied which update once more, and when, in order.
    pub again: Vec<(SimTime, NodeId, OpId)>,
    /// What each replica shows of each key in the end, and whether it had applied a write.
    pub left: Vec<Left>,
    /// The replicas that have applied equal updates and show different values.
    pub diverged: Vec<super::Unlike>,
    /// What was found out about replicated data.
    pub replicas: super::Replicas,
}

/// What a replica shows of a key in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The replica.
    pub node: NodeId,
    /// The key.
    pub key: KeyId,
    /// The value that readers are shown; the first, if there are several.
    pub value: Value,
    /// The writes of the versions that are shown.
    pub shown: Vec<OpId>,
    /// The writes to the key that it has applied.
    pub applied: Vec<OpId>,
}

/// Finds the conflicts, each pair of writes once.
#[must_use]
pub fn concurrent_writes(included: MultiLeaderIncluded, history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut known: Vec<(OpId, OpId)> = Vec::new();
    let mut findings = Vec::new();
    for meeting in &survival.conflicts.meetings {
        let pair = (meeting.arrived.min(meeting.there), meeting.arrived.max(meeting.there));
        let told = |op: OpId| history.ops.get(op.index()).and_then(|op| history.acknowledged(op)).map(|(_, at)| at);
        let (Some(one), Some(other)) = (told(pair.0), told(pair.1)) else { continue };
        if known.contains(&pair) || happened_in_order(history, pair) {
            continue;
        }
        known.push(pair);
        let at = meeting.at.max(one).max(other);
        findings.push(Finding {
            at,
            evidence: Evidence::ConcurrentWriteConflict { included, one: pair.0, other: pair.1, node: meeting.node },
        });
    }
    findings
}

/// Whether one of two writes had seen the other.
fn happened_in_order(history: &History<'_>, (one, other): (OpId, OpId)) -> bool {
    let stamp = |op: OpId| history.ops.get(op.index()).and_then(|op| history.stamp_of(op));
    let (Some(one), Some(other)) = (stamp(one), stamp(other)) else { return false };
    one.compare(&other).is_some()
}

/// The write in favour of which an update was lost: one that was built on what its client had read, or that had seen the winner.
#[must_use]
pub fn lost_to(history: &History<'_>, survival: &Survival, op: &Op) -> Option<OpId> {
    let Fate::Discarded(by) = survival.fates.of(op.id) else { return None };
    let (winner, _) = (by.write()?, history.acknowledged(op)?);
    let had_seen = history.ops.get(winner.index()).is_some_and(|winner| history.happened_before(winner, op));
    (had_seen || !op.context.is_empty()).then_some(winner)
}

/// The acknowledged writes that were dropped in favour of others: no replica has them, nothing there was built on them, and no client was told.
pub fn overwritten<'a>(history: &'a History<'a>, fates: &Fates) -> impl Iterator<Item = &'a Op> {
    let dropped = |fate| matches!(fate, Fate::Discarded(By::Write(_) | By::Unknown));
    history.ops.iter().filter(move |op| history.acknowledged(op).is_some() && dropped(fates.of(op.id)))
}

/// Finds lost updates.
#[must_use]
pub fn lost_updates(included: MultiLeaderIncluded, history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let lost = history.ops.iter().filter_map(|op| {
        let by = lost_to(history, survival, op)?;
        let (_, acknowledged) = history.acknowledged(op)?;
        let winner = history.ops.get(by.index()).and_then(|winner| winner.end).map(|end| end.at);
        let met = survival
            .conflicts
            .meetings
            .iter()
            .find(|m| (m.arrived, m.there) == (op.id, by) || (m.there, m.arrived) == (op.id, by));
        let at = met.map_or(winner.unwrap_or(acknowledged), |met| met.at).max(acknowledged);
        Some(Finding { at, evidence: Evidence::LostUpdate { included, lost: op.id, by } })
    });
    lost.collect()
}

/// Finds updates that came back to a replica that had applied them: each write once.
#[must_use]
pub fn loops(included: MultiLeaderIncluded, survival: &Survival) -> Vec<Finding> {
    let mut known = Vec::new();
    let mut findings = Vec::new();
    for (at, node, write) in &survival.conflicts.again {
        if !known.contains(write) {
            known.push(*write);
            findings.push(Finding { at: *at, evidence: Evidence::ReplicationLoop { included, write: *write, node: *node } });
        }
    }
    findings
}

/// Finds deletions that a replica has applied, and that something older has come back from: a key, or an element of a set.
#[must_use]
pub fn resurrected(included: MultiLeaderIncluded, history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut known: Vec<OpId> = Vec::new();
    let mut findings = Vec::new();
    for left in &survival.conflicts.left {
        for delete in left.applied.iter().filter_map(|op| history.ops.get(op.index())) {
            // A deletion that lost against an older write, by a clock that is behind, is reported as lost.
            let lost = matches!(survival.fates.of(delete.id), Fate::Discarded(By::Write(_)));
            let back = if lost || known.contains(&delete.id) || history.acknowledged(delete).is_none() {
                None
            } else {
                back_again(history, left, delete)
            };
            if let Some(shown) = back {
                known.push(delete.id);
                let evidence = Evidence::ResurrectedDelete { included, delete: delete.id, shown, node: left.node };
                findings.push(Finding { at: survival.end, evidence });
            }
        }
    }
    findings
}

/// The write that brought back what another one had taken away.
fn back_again(history: &History<'_>, left: &Left, delete: &Op) -> Option<OpId> {
    let stamp = history.stamp_of(delete)?;
    let before =
        |op: OpId| history.ops.get(op.index()).and_then(|op| history.stamp_of(op)).is_some_and(|other| stamp.covers(&other));
    match (delete.kind, left.value) {
        (Kind::Write(Value::Nothing), value) if value != Value::Nothing => {
            left.shown.iter().copied().find(|op| *op != delete.id && before(*op))
        }
        (Kind::Write(Value::Set(kept)), Value::Set(shown)) => {
            let writes = || left.applied.iter().filter_map(|op| history.ops.get(op.index())).filter(|op| op.id != delete.id);
            let removed = writes().filter(|op| before(op.id)).fold(0, |all, op| all | set(op)) & !kept;
            let bits = (0..64).map(|number| 1_u64 << number).filter(|bit| removed & shown & bit != 0);
            let all: Vec<&Op> = writes().chain([delete]).collect();
            let back = |bit: u64| adders(history, &all, bit).into_iter().all(before);
            let bit = bits.into_iter().find(|bit| back(*bit))?;
            writes().find(|op| !before(op.id) && set(op) & bit != 0).map(|op| op.id)
        }
        _ => None,
    }
}

/// The elements of a set that a write left there.
fn set(op: &Op) -> u64 {
    if let Kind::Write(Value::Set(set)) = op.kind { set } else { 0 }
}

/// Of the writes of a set, those that put an element in: for whom it was not there, because nobody had put it in, or somebody had taken out what was put
/// in. Of a write without an answer nobody knows what it came after: it may have put the element in, or taken it out.
fn adders(history: &History<'_>, writes: &[&Op], bit: u64) -> Vec<OpId> {
    let mut known: Vec<(Stamp, &Op)> = Vec::new();
    for op in writes {
        if let Some(stamp) = history.stamp_of(op) {
            let place = known.partition_point(|(other, _)| other.arbitrate(&stamp).is_lt());
            known.insert(place, (stamp, op));
        }
    }
    let unknown = || writes.iter().filter(|op| history.stamp_of(op).is_none());
    let (mut adders, may_be_out) = (Vec::<&(Stamp, &Op)>::new(), unknown().any(|op| set(op) & bit == 0));
    for one in known.iter().filter(|(_, op)| set(op) & bit != 0) {
        let (stamp, _) = one;
        let out = |added: &Stamp| known.iter().any(|(by, op)| set(op) & bit == 0 && stamp.covers(by) && by.covers(added));
        if may_be_out || !adders.iter().any(|(added, _)| stamp.covers(added) && !out(added)) {
            adders.push(one);
        }
    }
    let told = adders.into_iter().map(|(_, op)| op.id);
    told.chain(unknown().filter(|op| set(op) & bit != 0).map(|op| op.id)).collect()
}

/// Finds replicas that differ although they have applied the same updates.
#[must_use]
pub fn diverged(survival: &Survival) -> Vec<Finding> {
    let found = survival.conflicts.diverged.iter().map(|unlike| Finding {
        at: survival.end,
        evidence: Evidence::Divergence {
            write: unlike.write,
            at: crate::lsn::Position::ZERO,
            leader: unlike.leader,
            follower: unlike.follower,
        },
    });
    found.collect()
}
