//! What only the run tells of a finding about several leaders: why a replica lacked an update, by which readings a write lost, and what
//! makes two replicas differ.
//!
//! The sentences about versions ([`super::concurrent`]) need a history and nothing else; these need the record of the run behind it.

use super::index::Fate;
use super::passing::Missing;
use super::words::{Words, length};
use super::{Explainer, concurrent};
use crate::check::{Evidence, Finding, Unlike};
use crate::family::multi_leader::{ClockKind, Fact, Policy};
use crate::history::{By, Op, Returned};
use crate::log::{KeyId, OpId, Value};
use crate::network::{Loss, NodeId};
use crate::operation::Kind;
use crate::plural::plural;
use crate::run::Run;
use crate::trace::What;
use crate::version::Clock;

/// Adds what the run tells of a finding.
pub(super) fn say<R: std::ops::Deref<Target = Run>>(words: &mut Words<'_>, explainer: &Explainer<R>, finding: &Finding) {
    let run: &Run = &explainer.run;
    match finding.evidence {
        Evidence::ReadYourWrites { write, read } => lacked(words, explainer, read, write),
        Evidence::BoundedStaleness { missed, read } => lacked(words, explainer, read, missed),
        Evidence::Causal { cause, read, .. } | Evidence::ConsistentPrefix { cause, read, .. } => {
            lacked(words, explainer, read, cause)
        }
        Evidence::MonotonicReads { earlier, later } => {
            if let Some(lost) = gone(run, earlier, later) {
                lacked(words, explainer, later, lost);
            }
        }
        Evidence::LostUpdate { lost, by, .. } => readings(words, run, lost, by),
        Evidence::LostAcknowledgedWrite { write, by: By::Write(by) }
        | Evidence::DirtyThenLost { write, by: By::Write(by), .. } => {
            readings(words, run, write, by);
        }
        Evidence::ConcurrentWriteConflict { one, .. } => joined(words, run, one),
        Evidence::Divergence { write, leader, follower, .. } => {
            if let Some(key) = key_of(run, write) {
                differ(words, explainer, Unlike { leader, follower, key, write });
            }
        }
        Evidence::NonConvergence(unlike) => behind(words, run, unlike),
        Evidence::LostAcknowledgedWrite { .. }
        | Evidence::SplitBrain { .. }
        | Evidence::Linearizability { .. }
        | Evidence::DirtyThenLost { .. }
        | Evidence::ReusedId { .. }
        | Evidence::DuplicateId { .. }
        | Evidence::ResurrectedDelete { .. }
        | Evidence::ReplicationLoop { .. }
        | Evidence::ConstraintBroken { .. }
        | Evidence::StaleQuorumRead { .. }
        | Evidence::FailedWriteVisible { .. }
        | Evidence::HintLost { .. }
        | Evidence::FalseSiblings { .. }
        | Evidence::FalseValue { .. }
        | Evidence::DuplicateApplied { .. }
        | Evidence::LawBroken { .. }
        | Evidence::MonotonicWrites { .. }
        | Evidence::WritesFollowReads { .. }
        | Evidence::AbortedRead { .. }
        | Evidence::ThinAirRead { .. } => {}
    }
}

/// The write of the version that an earlier read had shown and that nothing in a later one covers.
fn gone(run: &Run, earlier: OpId, later: OpId) -> Option<OpId> {
    let history = run.history();
    let of = |op: OpId| {
        run.trace.ops.get(op.index()).and_then(|op| history.returned(op)).as_ref().map(|r| Returned::siblings(r).to_vec())
    };
    let (shown, then) = (of(earlier)?, of(later)?);
    shown.iter().find(|version| !then.iter().any(|other| other.stamp.covers(&version.stamp))).map(|version| version.op)
}

/// " singapore had not applied it because the link from virginia to singapore took 110 ms: …"
fn lacked<R: std::ops::Deref<Target = Run>>(words: &mut Words<'_>, explainer: &Explainer<R>, read: OpId, write: OpId) {
    let (run, index): (&Run, _) = (&explainer.run, &explainer.index);
    let (Some(op), Some(before)) = (run.trace.ops.get(read.index()), index.answer(read)) else { return };
    let Some(node) = op.end.and_then(|end| end.replica) else { return };
    let at = |place: usize| run.trace.records.get(place).map_or(op.invoked, |record| record.at);
    words.text(" ").node(node);
    if let Some(place) = index.passing().in_vain(node, write, before) {
        words.text(" had applied it at ").time(at(place)).text(" and changed nothing, because the row was not there.");
        return;
    }
    if let Some(place) = index.passing().applied(node, write, before) {
        let deleted = run.trace.ops.get(write.index()).is_some_and(|op| op.kind == Kind::Write(Value::Nothing));
        words.text(" had applied it at ").time(at(place)).text(if deleted {
            ", and has nothing left of it because deletions leave no tombstones here."
        } else {
            ", and shows another version because that has taken its place."
        });
        return;
    }
    let (there, missing) = index.passing().missing(run, index, node, write, before);
    words.text(" had not applied it because ");
    if there != node {
        words.text("it gets it by way of ").node(there).text(", which had not applied it either, because ");
    }
    on_its_way(words, there, missing);
}

fn on_its_way(words: &mut Words<'_>, node: NodeId, missing: Missing) {
    match missing {
        Missing::Sent(src, sent, Fate::UnderWay(due)) => {
            words.text("the ").link(src, node).text(format!(" took {}: the update was sent at ", length(due.since(sent))));
            words.time(sent).text(" and due at ").time(due).text(".");
        }
        Missing::Sent(src, sent, Fate::Held(since)) => {
            words
                .text("the update, sent at ")
                .time(sent)
                .text(", was held on the ")
                .link(src, node)
                .text(" since ")
                .time(since)
                .text(".");
        }
        Missing::Sent(src, sent, Fate::Lost(when, how)) => {
            words.text("the update, sent by ").node(src).text(" at ").time(sent).text(", was lost at ").time(when);
            match how {
                Loss::Chance => words.text(" by chance on the ").link(src, node).text("."),
                Loss::Cut => words.text(": the ").link(src, node).text(" was cut."),
                Loss::Down => words.text(": ").node(node).text(" was down."),
            };
        }
        Missing::Kept(since) => {
            words.text("it was kept back from ").time(since).text(" on, until what it depends on was there.");
        }
        Missing::Early(src) | Missing::Sent(src, _, Fate::Arrived(_)) => {
            words
                .text("an earlier message of ")
                .node(src)
                .text(" was not there yet, and messages of one leader are taken in order.");
        }
        Missing::Waits(src) => {
            words
                .node(src)
                .text(" had not passed it on: it sent one message at a time to ")
                .node(node)
                .text(", which did not answer.");
        }
        Missing::Nowhere => {
            words.text("nobody had passed it on.");
        }
    }
}

/// " It lost because the later reading wins: …"
fn readings(words: &mut Words<'_>, run: &Run, lost: OpId, by: OpId) {
    let Some(kind) = key_of(run, lost).and_then(|key| run.plan.policy(key)).and_then(Policy::drops_by) else { return };
    let (Some((loser, mine)), Some((winner, theirs))) = (reading(run, lost, kind), reading(run, by, kind)) else { return };
    let (clocks, told): (_, fn(Clock) -> String) = match kind {
        ClockKind::Physical => ("the clocks of the machines", millis),
        ClockKind::Lamport => ("Lamport clocks", |clock| clock.count.to_string()),
        ClockKind::Hybrid => ("hybrid logical clocks", millis),
    };
    words.text(format!(" It lost because the larger reading wins: {clocks} showed {} at ", told(mine))).node(loser);
    words.text(format!(" and {} at ", told(theirs))).node(winner);
    if (mine.time, mine.count) == (theirs.time, theirs.count) {
        words.text("; of equal readings that of the later node in the list wins");
    }
    words.text(".");
}

fn millis(clock: Clock) -> String {
    let time = length(crate::time::SimDuration(clock.time));
    if clock.count == 0 { time } else { format!("{time} and a count of {}", clock.count) }
}

/// What the clock of the leader showed when it took a write.
fn reading(run: &Run, op: OpId, kind: ClockKind) -> Option<(NodeId, Clock)> {
    let logged = |(_, replica): (NodeId, &crate::family::multi_leader::Replica)| {
        let update = replica.log.iter().map(|entry| &entry.update).find(|update| update.op == op)?;
        Some((update.leader(), update.clocks.of(kind)))
    };
    run.end.multi_leader_replicas().find_map(logged)
}

/// " Each leader joined what it held by itself: …"
fn joined(words: &mut Words<'_>, run: &Run, one: OpId) {
    let Some(key) = run.trace.ops.get(one.index()).map(|op| op.key) else { return };
    let made = run.trace.records.iter().filter(|record| match record.what() {
        What::Noted(_, crate::family::Fact::MultiLeader(_, Fact::Joined(op))) => {
            run.trace.ops.get(op.index()).is_some_and(|op| op.key == key)
        }
        _ => false,
    });
    let made = made.count() as u64;
    if made > 0 {
        words.text(format!(" The leaders joined what they held by themselves, which made {}: ", plural(made, "more version")));
        words.text("what one of them wrote had not seen what the other wrote.");
    }
}

/// What makes two replicas differ that have applied the same updates.
fn differ<R: std::ops::Deref<Target = Run>>(words: &mut Words<'_>, explainer: &Explainer<R>, unlike: Unlike) {
    let (run, index): (&Run, _) = (&explainer.run, &explainer.index);
    let end = run.trace.records.len();
    let writes = || run.trace.ops.iter().filter(|op| op.is_write() && op.key == unlike.key);
    let vain = [unlike.leader, unlike.follower].into_iter().find_map(|node| {
        writes().find_map(|op| Some((node, op, run.trace.records.get(index.passing().in_vain(node, op.id, end)?)?.at)))
    });
    if let Some((node, op, at)) = vain {
        words.text(" That is because ").node(node).text(" changed nothing by ");
        concurrent::name(words, &run.plan, op);
        words.text(", which came at ").time(at).text(": the row was not there yet.");
    } else if let Some((update, node)) = twice(run, unlike.key) {
        words.text(" That is because ");
        concurrent::name(words, &run.plan, update);
        words.text(" counted twice at ").node(node).text(".");
    } else {
        words.text(" That is because what they show depends on the order in which the updates came to them.");
    }
}

/// An update of a key that counted twice, and where.
fn twice(run: &Run, key: KeyId) -> Option<(&Op, NodeId)> {
    run.findings.iter().find_map(|finding| match finding.evidence {
        Evidence::DuplicateApplied { update, node, .. } => {
            run.trace.ops.get(update.index()).filter(|op| op.key == key).map(|op| (op, node))
        }
        _ => None,
    })
}

/// What one of two replicas lacks that will never be alike.
fn behind(words: &mut Words<'_>, run: &Run, unlike: Unlike) {
    let of = |node: NodeId| run.end.multi_leader_replica(node).map(|replica| &replica.applied);
    let (Some(one), Some(other)) = (of(unlike.leader), of(unlike.follower)) else { return };
    let lacking = if one.count() > other.count() { unlike.follower } else { unlike.leader };
    let count = one.count().abs_diff(other.count());
    if count == 0 {
        words.text(" That is because each lacks updates that the other has, and nobody passes them on.");
    } else {
        words.text(" That is because ").node(lacking).text(format!(" lacks {}, and nobody passes ", plural(count, "update")));
        words.text(if count == 1 { "it on." } else { "them on." });
    }
}

/// The key of an operation, or of the row that it made.
pub(super) fn key_of(run: &Run, op: OpId) -> Option<KeyId> {
    run.trace.ops.get(op.index()).map(|other| run.rows_of(op).next().unwrap_or(other.key))
}
