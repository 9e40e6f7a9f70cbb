//! The sentences of each kind of finding. Whatever they say stands in the trace.

use super::Explainer;
use super::answered::Answered;
use super::concurrent;
use super::prevention;
use super::quorums;
use super::reasons::say;
use super::remedy;
use super::ring_remedy;
use super::unseen;
use super::why::{At, Why};
use super::words::{Words, entries, quoted};
use super::{Explanation, index::Index};
use crate::check::{Evidence, Finding};
use crate::family::{GroupId, MultiLeaderIncluded};
use crate::history::Op;
use crate::log::OpId;
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::Run;

/// Writes the sentences of a finding; a finding that is not one of this run has none.
pub(super) fn explain<R: std::ops::Deref<Target = Run>>(explainer: &Explainer<R>, finding: &Finding) -> Explanation {
    // Of one leader nothing is concurrent.
    if MultiLeaderIncluded::proof().is_some() && concurrent::is_meant(&explainer.run.plan, &explainer.run.trace.ops, finding) {
        let history = explainer.run.history();
        let Some(mut words) = concurrent::words(&history, &explainer.run.plan, finding) else { return Explanation::default() };
        if explainer.run.plan.groups.iter().any(|group| group.ring.is_some()) {
            quorums::say(&mut words, explainer, finding);
            ring_remedy::say(&mut words, explainer, finding);
            return words.done();
        }
        unseen::say(&mut words, explainer, finding);
        prevention::say(&mut words, explainer, finding);
        return words.done();
    }
    let mut teller = Teller { run: &explainer.run, index: &explainer.index, words: Words::new(&explainer.run.plan) };
    let told = match finding.evidence {
        Evidence::ReadYourWrites { write, read } => teller.read_your_writes(write, read),
        Evidence::MonotonicReads { earlier, later } => teller.monotonic_reads(earlier, later),
        Evidence::ConsistentPrefix { effect, seen_by, cause, read } => teller.consistent_prefix(effect, seen_by, cause, read),
        Evidence::LostAcknowledgedWrite { write, by } => teller.lost_write(write, by),
        Evidence::SplitBrain { newer, older } => teller.split_brain(newer, older),
        Evidence::Linearizability { newer, read } => teller.stale_at_the_leader(newer, read),
        Evidence::DirtyThenLost { read, write, by } => teller.dirty_read(read, write, by),
        Evidence::Divergence { write, at, leader, follower } => teller.divergence(write, at, leader, follower),
        Evidence::ReusedId { earlier, later, row } => teller.reused(earlier, later, row),
        Evidence::MonotonicWrites { earlier, later, hole } => teller.monotonic_writes(earlier, later, hole),
        Evidence::WritesFollowReads { read, write, hole } => teller.writes_follow_reads(read, write, hole),
        Evidence::Causal { effect, seen_by, cause, read } => teller.consistent_prefix(effect, seen_by, cause, read),
        Evidence::BoundedStaleness { missed, read } => teller.bounded(missed, read),
        Evidence::AbortedRead { write, read } => teller.aborted(write, read),
        Evidence::ThinAirRead { read, claimed } => teller.thin_air(read, claimed),
        Evidence::NonConvergence(unlike) => teller.never_alike(unlike),
        // One leader brings none of these about.
        Evidence::DuplicateId { .. }
        | Evidence::ConcurrentWriteConflict { .. }
        | Evidence::LostUpdate { .. }
        | Evidence::ResurrectedDelete { .. }
        | Evidence::ReplicationLoop { .. }
        | Evidence::ConstraintBroken { .. }
        | Evidence::StaleQuorumRead { .. }
        | Evidence::FailedWriteVisible { .. }
        | Evidence::HintLost { .. }
        | Evidence::FalseSiblings { .. }
        | Evidence::FalseValue { .. }
        | Evidence::DuplicateApplied { .. }
        | Evidence::LawBroken { .. } => None,
    };
    if told.is_some() {
        remedy::say(&mut teller.words, explainer, finding);
    }
    teller.words.done()
}

pub(super) struct Teller<'a> {
    pub(super) run: &'a Run,
    pub(super) index: &'a Index,
    pub(super) words: Words<'a>,
}

impl<'a> Teller<'a> {
    pub(super) fn op(&self, id: OpId) -> Option<&'a Op> {
        self.run.trace.ops.get(id.index())
    }

    /// Whether a number of this group can mean two entries.
    pub(super) fn epochs(&self, group: GroupId) -> bool {
        self.run.takeovers.iter().any(|t| t.group == group)
    }

    /// " of telemetry", if there are several logs.
    fn of_shard(&self, group: GroupId) -> String {
        let groups = &self.run.plan.groups;
        if groups.len() > 1 { format!(" of {}", groups[group.index()].name) } else { String::new() }
    }

    /// "which had applied LSN 4"; with the shard's name if there are several logs.
    fn applied(&mut self, read: &Answered<'_>) {
        let of = self.of_shard(read.op.group);
        if read.applied == Position::ZERO {
            self.words.text(format!(", which had applied nothing{of}"));
        } else {
            let with_epoch = self.epochs(read.op.group);
            self.words.text(", which had applied ").entry(read.op.group, read.applied, with_epoch).text(of);
        }
    }

    /// "Svalbard read MSS-23/state = none at frankfurt, which had applied LSN 4"; with the writer, if that matters.
    pub(super) fn read(&mut self, read: &Answered<'_>, written: Option<&Op>) {
        self.words.node(read.op.client).text(" ").op(read.op.id, "read").text(" ").reading(read.op.key, read.found);
        if let Some(write) = written {
            self.words.text(", ").op(write.id, "written").text(" by ").node(write.client).text(",");
        }
        self.words.text(" at ").node(read.replica);
        self.applied(read);
    }

    /// "frankfurt was 2 entries behind because …"
    pub(super) fn reason(&mut self, read: &Answered<'_>, want: Position) {
        let place = self.index.answer(read.op.id).unwrap_or(0);
        let at = At { run: self.run, index: self.index, group: read.op.group, node: read.replica, place };
        let why = at.why(want, read.applied.lsn);
        self.words.text(" ").node(read.replica);
        match why {
            Why::Discarded(_) => {
                self.words.text(" did not have it: ");
            }
            _ => {
                let behind = want.lsn.0.saturating_sub(read.applied.lsn.0);
                // Counted up to the entry that was missed; what the stage counts goes on to the leader's head.
                if behind == 0 {
                    self.words.text(" did not have it");
                } else {
                    let with_epoch = self.epochs(read.op.group);
                    self.words.text(format!(" was {} behind ", entries(behind))).entry(read.op.group, want, with_epoch);
                }
                if why != Why::Unknown {
                    self.words.text(" because ");
                }
            }
        }
        say(&mut self.words, &at, want, &why);
        self.words.text(".");
    }

    fn read_your_writes(&mut self, write: OpId, read: OpId) -> Option<()> {
        let (write, read) = (self.op(write)?, Answered::of(self.run, read)?);
        let (want, acknowledged) = write.acknowledged()?;
        self.read(&read, None);
        let value = self.value(write);
        if write.client == read.op.client {
            self.words.text(". ").node(write.client).text("'s ").op(write.id, "own write").text(format!(" of {value} was "));
        } else {
            self.words.text(". Its user had ").op(write.id, "written").text(format!(" {value} at ")).node(write.client);
            self.words.text(", another device of the same session, as ");
        }
        let with_epoch = self.epochs(write.group);
        self.words.entry(write.group, want, with_epoch).text(", acknowledged at ").time(acknowledged).text(".");
        self.reason(&read, want);
        Some(())
    }

    fn monotonic_reads(&mut self, earlier: OpId, later: OpId) -> Option<()> {
        let (earlier, later) = (Answered::of(self.run, earlier)?, Answered::of(self.run, later)?);
        let want = earlier.found?.at;
        self.read(&earlier, None);
        let with_epoch = self.epochs(later.op.group);
        if want != earlier.applied {
            self.words.text("; the value was written as ").entry(later.op.group, want, with_epoch);
        }
        if later.op.client == earlier.op.client {
            self.words.text(". Then it ");
        } else {
            self.words.text(". Then ").node(later.op.client).text(", a device of the same user, ");
        }
        self.words.op(later.op.id, "read").text(" ").reading(later.op.key, later.found).text(" at ");
        self.words.node(later.replica);
        self.applied(&later);
        self.words.text(".");
        self.reason(&later, want);
        Some(())
    }

    fn consistent_prefix(&mut self, effect: OpId, seen_by: OpId, cause: OpId, read: OpId) -> Option<()> {
        let (effect, seen_by, cause) = (self.op(effect)?, self.op(seen_by)?, self.op(cause)?);
        let read = Answered::of(self.run, read)?;
        let want = cause.acknowledged().map(|(at, _)| at).or_else(|| self.index.place(cause.id))?;
        self.seen(effect, seen_by)?;
        self.words.text(" Then it ").op(read.op.id, "read").text(" ").reading(read.op.key, read.found).text(" at ");
        self.words.node(read.replica);
        self.applied(&read);
        let value = self.value(cause);
        let with_epoch = self.epochs(cause.group);
        self.words.text(". ").key(effect.key).text(" had been written after ").key(cause.key);
        self.words.text(format!(" = {value}, which was ")).entry(cause.group, want, with_epoch);
        let of = self.of_shard(cause.group);
        self.words.text(of);
        if let Some((_, acknowledged)) = cause.acknowledged() {
            self.words.text(", acknowledged at ").time(acknowledged);
        }
        self.words.text(".");
        self.reason(&read, want);
        let other = seen_by.end.and_then(|end| end.replica).filter(|replica| *replica != read.replica);
        if effect.group != cause.group {
            self.words.text(" Each follower shows a prefix of its own log; the two logs are applied independently.");
        } else if let (Some(other), false) = (other, seen_by.is_write()) {
            self.words.text(" Each of the two replicas shows a prefix of the log; ").node(read.op.client);
            self.words.text(" moved from ").node(other).text(" to ").node(read.replica).text(", which was further back.");
        }
        Some(())
    }

    /// How the session came to know of the effect: by its own write or by a read.
    fn seen(&mut self, effect: &Op, seen_by: &Op) -> Option<()> {
        if seen_by.is_write() {
            let (at, acknowledged) = seen_by.acknowledged()?;
            let with_epoch = self.epochs(seen_by.group);
            self.words.node(seen_by.client).text(" ").op(seen_by.id, "wrote").text(" ").key(seen_by.key);
            let value = self.value(seen_by);
            self.words.text(format!(" = {value}, ")).entry(seen_by.group, at, with_epoch);
            self.words.text(", acknowledged at ").time(acknowledged).text(".");
            return Some(());
        }
        let read = Answered::of(self.run, seen_by.id)?;
        self.read(&read, Some(effect));
        self.words.text(".");
        Some(())
    }

    pub(super) fn value(&self, write: &Op) -> String {
        match write.kind {
            Kind::Write(value) => quoted(&self.run.plan, value),
            Kind::Read(_) => "a value".to_owned(),
        }
    }

    /// Two operations, one after the other, that no single copy of the data can explain.
    fn stale_at_the_leader(&mut self, newer: OpId, read: OpId) -> Option<()> {
        let (newer, read) = (self.op(newer)?, Answered::of(self.run, read)?);
        let want = newer.acknowledged().map(|(at, _)| at).or_else(|| newer.version_read())?;
        self.words.node(newer.client).text("'s ").op(newer.id, if newer.is_write() { "write" } else { "read" }).text(" of ");
        self.words.key(newer.key).text(if newer.is_write() { " was " } else { " had shown " }).entry(newer.group, want, true);
        self.words.text(" and ended at ").time(newer.end?.at).text(". After that ");
        self.read(&read, None);
        self.words.text(".");
        let leads = remedy::leader_at(self.run, read.op.group, read.op.invoked);
        if leads == Some(read.replica) {
            self.reason(&read, want);
        } else {
            self.words.text(" ").node(read.replica).text(" answered as the leader because it did not know of epoch ");
            self.words.text(format!("{}: it had been deposed, and asked nobody.", want.epoch));
        }
        Some(())
    }

    pub(super) fn leader(&self, group: GroupId, epoch: Epoch) -> NodeId {
        let later = self.run.takeovers.iter().find(|t| t.group == group && t.epoch == epoch).map(|t| t.leader);
        later.unwrap_or(self.run.plan.groups[group.index()].leader)
    }
}
