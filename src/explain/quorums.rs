//! The sentences of findings that only quorums bring about, and what the record of a ring tells of any finding: who held the version that a
//! read missed when its answers were counted, by which rule a write was dropped, and why replicas stay different.

use super::concurrent::Teller;
use super::words::{Words, length};
use super::{Explainer, concurrent};
use crate::check::{Evidence, Finding, Unlike};
use crate::family::Fact as AnyFact;
use crate::family::leaderless::{Fact, Versioning};
use crate::history::{By, Returned};
use crate::log::OpId;
use crate::network::NodeId;
use crate::run::Run;
use crate::time::SimTime;
use crate::trace::What;
use crate::version::Stamp;

impl Teller<'_> {
    /// Writes the sentences of a finding of this kind; none of another kind.
    pub(super) fn of_quorums(&mut self, finding: &Finding) -> Option<()> {
        match finding.evidence {
            Evidence::FailedWriteVisible { write, read, .. } => {
                let (write, read) = (self.op(write)?, self.op(read)?);
                self.named(write);
                self.words
                    .text(" had failed at ")
                    .time(write.end?.at)
                    .text(": its client was told that too few replicas took it. Then ");
                self.read(read)?;
            }
            Evidence::HintLost { write, .. } => {
                let write = self.op(write)?;
                self.write(write)?;
            }
            Evidence::FalseSiblings { old, new, read, .. } => {
                let (old, new, read) = (self.op(old)?, self.op(new)?, self.op(read)?);
                self.read(read)?;
                self.words.text(" Of these, ");
                self.named(new);
                self.words.text(" had seen ");
                self.named(old);
                self.words.text(".");
            }
            _ => return None,
        }
        Some(())
    }
}

/// Adds what the run tells of a finding on a ring.
pub(super) fn say<R: std::ops::Deref<Target = Run>>(words: &mut Words<'_>, explainer: &Explainer<R>, finding: &Finding) {
    let run: &Run = &explainer.run;
    match finding.evidence {
        Evidence::ReadYourWrites { write, read }
        | Evidence::StaleQuorumRead { write, read }
        | Evidence::Causal { cause: write, read, .. }
        | Evidence::ConsistentPrefix { cause: write, read, .. }
        | Evidence::BoundedStaleness { missed: write, read } => lacked(words, run, read, write),
        Evidence::MonotonicReads { earlier, later } | Evidence::Linearizability { newer: earlier, read: later } => {
            if let Some(lost) = gone(run, earlier, later) {
                lacked(words, run, later, lost);
            }
        }
        Evidence::FailedWriteVisible { write, read, .. } => {
            words.text(" That is because a write that fails is not taken back: by then it was stored at ");
            let at = run.trace.ops.get(read.index()).and_then(|op| op.end).map_or(run.end.now, |end| end.at);
            words.nodes(&holders(run, write, at)).text(".");
        }
        Evidence::HintLost { holder, owner, .. } => {
            words.text(" It is lost because only ").node(holder).text(" kept it, as a hint for ").node(owner);
            words.text(", and ").node(holder).text(" was down at the end of the run.");
        }
        Evidence::FalseSiblings { new, .. } => {
            let versioning = versioning(run, new);
            words.text(match versioning {
                Versioning::ClientVectors { .. } => {
                    " They stand side by side because the vector of the newer one has forgotten the client of the older one."
                }
                Versioning::ServerVectors | Versioning::Dotted | Versioning::LastWriteWins | Versioning::Arrival => {
                    " They stand side by side because their vectors do not tell which came first."
                }
            });
        }
        Evidence::LostUpdate { lost, by, .. }
        | Evidence::LostAcknowledgedWrite { write: lost, by: By::Write(by) }
        | Evidence::DirtyThenLost { write: lost, by: By::Write(by), .. } => dropped(words, run, lost, by),
        Evidence::LostAcknowledgedWrite { write, .. } | Evidence::DirtyThenLost { write, .. } => vanished(words, run, write),
        Evidence::NonConvergence(unlike) => differ(words, run, unlike),
        Evidence::ResurrectedDelete { delete, node, .. } => resurrected(words, run, delete, node),
        Evidence::ConcurrentWriteConflict { .. } => {
            words.text(" That is possible because any node takes writes, and nothing puts two of them in order.");
        }
        Evidence::MonotonicWrites { .. } | Evidence::WritesFollowReads { .. } => {
            words.text(" That is possible because the two writes went to replicas on ways of their own.");
        }
        Evidence::AbortedRead { .. } | Evidence::ThinAirRead { .. } => {
            words.text(" That is possible only because of a defect.");
        }
        Evidence::SplitBrain { .. }
        | Evidence::Divergence { .. }
        | Evidence::ReusedId { .. }
        | Evidence::DuplicateId { .. }
        | Evidence::ReplicationLoop { .. }
        | Evidence::FalseValue { .. }
        | Evidence::DuplicateApplied { .. }
        | Evidence::LawBroken { .. }
        | Evidence::ConstraintBroken { .. } => {}
    }
}

/// The write of the version that an earlier operation had shown and that nothing in a later read covers.
fn gone(run: &Run, earlier: OpId, later: OpId) -> Option<OpId> {
    let history = run.history();
    let of = |op: OpId| {
        run.trace.ops.get(op.index()).and_then(|op| history.returned(op)).as_ref().map(|r| Returned::siblings(r).to_vec())
    };
    let (shown, then) = (of(earlier)?, of(later)?);
    shown.iter().find(|version| !then.iter().any(|other| other.stamp.covers(&version.stamp))).map(|version| version.op)
}

/// How the versions of an operation's key are told apart.
fn versioning(run: &Run, op: OpId) -> Versioning {
    let key = run.trace.ops.get(op.index()).map(|op| op.key);
    key.and_then(|key| run.plan.ring_of(key)).map(|ring| ring.settings.versioning).unwrap_or_default()
}

/// What nodes noted up to a moment.
fn noted(run: &Run, until: SimTime) -> impl Iterator<Item = (NodeId, Fact)> + '_ {
    run.trace.records.iter().take_while(move |record| record.at <= until).filter_map(|record| match record.what() {
        What::Noted(node, AnyFact::Leaderless(_, fact)) => Some((node, fact)),
        _ => None,
    })
}

/// The nodes that had stored the version of a write by a moment.
fn holders(run: &Run, write: OpId, until: SimTime) -> Vec<NodeId> {
    let stored = noted(run, until).filter(|(_, fact)| *fact == Fact::Stored(write)).map(|(node, _)| node);
    crate::sorted::set(stored)
}

/// " None of the answers that counted had it, because by then it was stored at a only."
fn lacked(words: &mut Words<'_>, run: &Run, read: OpId, write: OpId) {
    let Some(end) = run.trace.ops.get(read.index()).and_then(|op| op.end) else { return };
    let at = holders(run, write, end.at);
    let hinted = |(node, fact): (NodeId, Fact)| match fact {
        Fact::Hinted(op, owner) if op == write => Some((node, owner)),
        _ => None,
    };
    let hint = noted(run, end.at).find_map(hinted);
    words.text(" None of the answers that counted had it because ");
    if at.is_empty() {
        words.text("by then no replica had stored it");
    } else {
        words.text("by then only ").nodes(&at).text(" had stored it, and others answered first");
    }
    if let Some((holder, owner)) = hint {
        words.text("; ").node(holder).text(" kept it as a hint for ").node(owner).text(", and a hint is not readable");
    }
    words.text(".");
}

/// Why a write was dropped in favour of another one.
fn dropped(words: &mut Words<'_>, run: &Run, lost: OpId, by: OpId) {
    match versioning(run, lost) {
        Versioning::LastWriteWins => {
            words.text(" It lost because the larger reading of the coordinators' clocks wins");
            let reading = |op: OpId| {
                let op = run.trace.ops.get(op.index())?;
                match run.history().stamp_of(op)? {
                    Stamp::Clock(clock) => Some(length(crate::time::SimDuration(clock.time))),
                    Stamp::Position(_) | Stamp::Vector(_) | Stamp::Dotted(_) => None,
                }
            };
            if let (Some(mine), Some(theirs)) = (reading(lost), reading(by)) {
                words.text(format!(": its own was {mine}, that of the other {theirs}"));
            }
            words.text(".");
        }
        Versioning::ServerVectors => {
            words.text(
                " It was dropped because both writes went through one server, whose counter cannot tell whether the second",
            );
            words.text(" had seen the first.");
        }
        Versioning::Arrival => {
            words.text(" It was dropped because nothing tells which of the two is newer, so that the last to arrive stays.");
        }
        Versioning::Dotted | Versioning::ClientVectors { .. } => {
            words.text(" It was dropped because the version of the other one covers it.");
        }
    }
}

/// Why nothing is left of a write that nobody replaced.
fn vanished(words: &mut Words<'_>, run: &Run, write: OpId) {
    let stored = holders(run, write, run.end.now);
    if stored.is_empty() {
        words.text(" That is because no replica had stored it: it was acknowledged by nodes that stood in.");
    } else {
        words.text(" That is because of what came to ").nodes(&stored).text(" later.");
    }
}

/// Why two replicas stay different.
fn differ(words: &mut Words<'_>, run: &Run, unlike: Unlike) {
    if versioning(run, unlike.write) == Versioning::Arrival {
        words.text(" That is because nothing tells which version is newer: each keeps what came to it last, and repair has nothing to go by.");
        return;
    }
    let holds = |node: NodeId| {
        run.end
            .leaderless_replica(node)
            .is_some_and(|replica| replica.store.versions(unlike.key).iter().any(|version| version.op == unlike.write))
    };
    let lacking = if holds(unlike.leader) { unlike.follower } else { unlike.leader };
    words.text(" That is because ");
    if let Some(op) = run.trace.ops.get(unlike.write.index()) {
        concurrent::name(words, &run.plan, op);
    }
    words.text(" did not come to ").node(lacking).text(", and no read, hint or comparison is left to bring it.");
}

/// Why something deleted is there again.
fn resurrected(words: &mut Words<'_>, run: &Run, delete: OpId, node: NodeId) {
    let collected = noted(run, run.end.now).any(|(at, fact)| at == node && fact == Fact::Collected(delete));
    words.text(" At ").node(node).text(if collected {
        " the tombstone had been collected before every replica of the key had it."
    } else {
        " deletions leave no tombstones."
    });
}
