//! The sentences of each kind of finding. Whatever they say stands in the trace.

use super::Explainer;
use super::concurrent;
use super::remedy;
use super::why::{At, Why, say};
use super::words::{Words, entries, quoted};
use super::{Explanation, index::Index};
use crate::check::{Evidence, Finding, Takeover, Unlike};
use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::Fact;
use crate::family::single_leader::{AckLevel, AckRule, Selection};
use crate::history::{By, Op};
use crate::log::OpId;
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::operation::{Kind, Outcome, Version};
use crate::run::Run;
use crate::sabotage::Sabotage;
use crate::scenario::FencingSpec;
use crate::time::SimTime;
use crate::trace::What;

/// A read that was answered: by whom, with what, and how far that replica was.
pub(super) struct Answered<'a> {
    pub(super) op: &'a Op,
    pub(super) replica: NodeId,
    pub(super) found: Option<Version>,
    applied: Position,
}

impl<'a> Answered<'a> {
    pub(super) fn of(run: &'a Run, id: OpId) -> Option<Answered<'a>> {
        let op = run.trace.ops.get(id.index())?;
        let end = op.end?;
        let Outcome::Value { found, applied } = end.outcome else { return None };
        Some(Answered { op, replica: end.replica?, found, applied })
    }
}

/// Writes the sentences of a finding; a finding that is not one of this run has none.
pub(super) fn explain<R: std::ops::Deref<Target = Run>>(explainer: &Explainer<R>, finding: &Finding) -> Explanation {
    if concurrent::is_meant(&explainer.run.trace.ops, finding) {
        return concurrent::explain(&explainer.run.history(), &explainer.run.plan, finding);
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
    };
    if told.is_some() {
        remedy::say(&mut teller.words, explainer, finding);
    }
    teller.words.done()
}

pub(super) struct Teller<'a> {
    pub(super) run: &'a Run,
    index: &'a Index,
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

    fn lost_write(&mut self, write: OpId, by: By) -> Option<()> {
        let write = self.op(write)?;
        let (at, acknowledged) = write.acknowledged()?;
        let old = self.leader(write.group, at.epoch);
        self.words.node(write.client).text("'s ").op(write.id, "write").text(" of ").key(write.key);
        let value = self.value(write);
        self.words.text(format!(" = {value} was ")).entry(write.group, at, true);
        self.words.text(", acknowledged at ").time(acknowledged).text(" ");
        self.rule(write.group, old, acknowledged);
        self.words.text(".");
        let takeover = by.takeover().and_then(|i| self.run.takeovers.get(i)).copied();
        let until = takeover.map_or(self.run.end.now, |t| t.at);
        let between = |at: SimTime| self.run.trace.records.partition_point(|r| r.at < at);
        if let Some(crash) = self.index.crash(old, between(acknowledged), between(until)) {
            self.words.text(" ").node(old).text(" crashed at ").time(self.run.trace.records[crash].at).text(".");
        }
        match takeover {
            Some(takeover) => self.takeover(write, at, takeover),
            None => {
                self.words.text(" At the end of the run the leader's log does not have it.");
            }
        }
        self.remains(write, at);
        Some(())
    }

    /// Two leaders at once: who acknowledged what, in which epoch, and why nobody stopped the older one.
    fn split_brain(&mut self, newer: OpId, older: OpId) -> Option<()> {
        let (newer, older) = (self.op(newer)?, self.op(older)?);
        let ((new, first), (old, second)) = (newer.acknowledged()?, older.acknowledged()?);
        let (leader, deposed) = (self.leader(newer.group, new.epoch), self.leader(older.group, old.epoch));
        self.words.node(leader).text(" leads since epoch ").text(format!("{}: it acknowledged ", new.epoch));
        self.words.node(newer.client).text("'s ").op(newer.id, "write").text(" as ").entry(newer.group, new, true);
        self.words.text(" at ").time(first).text(". Then ").node(older.client).text(" ").op(older.id, "wrote").text(" ");
        let value = self.value(older);
        self.words.key(older.key).text(format!(" = {value} at ")).node(deposed).text(", which acknowledged it as ");
        self.words.entry(older.group, old, true).text(" at ").time(second).text(", in the older epoch. ");
        self.words.node(deposed).text(" does not know that it was deposed");
        let fenced = self.run.plan.scenario.shards.get(older.group.index()).is_some_and(|s| s.fencing == FencingSpec::On);
        if fenced {
            self.words.text(": it acknowledges without asking anybody who does.");
        } else {
            self.words.text(", and the replicas that do know still take its entries, because fencing is off.");
        }
        Some(())
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

    fn dirty_read(&mut self, read: OpId, write: OpId, by: By) -> Option<()> {
        let (read, write) = (Answered::of(self.run, read)?, self.op(write)?);
        let at = read.found?.at;
        self.read(&read, Some(write));
        self.words.text(". The read ended at ").time(read.op.end?.at).text(", and what it returned was ");
        self.words.entry(write.group, at, true);
        match write.acknowledged() {
            Some((_, time)) => self.words.text(", acknowledged at ").time(time).text("."),
            None => self.words.text(", which was never acknowledged."),
        };
        match by.takeover().and_then(|i| self.run.takeovers.get(i)).copied() {
            Some(takeover) => self.takeover(write, at, takeover),
            None => {
                self.words.text(" At the end of the run the leader's log does not have it, because it was never safe.");
            }
        }
        Some(())
    }

    pub(super) fn leader(&self, group: GroupId, epoch: Epoch) -> NodeId {
        let later = self.run.takeovers.iter().find(|t| t.group == group && t.epoch == epoch).map(|t| t.leader);
        later.unwrap_or(self.run.plan.groups[group.index()].leader)
    }

    /// "as soon as virginia had flushed it" and its likes.
    fn rule(&mut self, group: GroupId, leader: NodeId, acknowledged: SimTime) {
        // The leader's own rule: whoever is promoted puts its predecessor in its own place among the followers.
        let rule = self.run.end.replica(leader).map_or(&self.run.plan.groups[group.index()].ack, |r| &r.config.ack);
        let AckRule::Sync(rule) = rule else {
            self.words.text("as soon as ").node(leader).text(" had flushed it");
            return;
        };
        if self.run.plan.scenario.sabotage.contains(&Sabotage::AckEarly) {
            self.words.text("without waiting for any follower, which is the built-in defect");
            return;
        }
        let place = self.run.trace.records.partition_point(|r| r.at <= acknowledged);
        if let Some(since) = self.index.fallen_back(leader, place) {
            let since = self.run.trace.records[since].at;
            self.words.text("without any follower: ").node(leader).text(" had given up waiting for them at ").time(since);
            return;
        }
        let level = match rule.level {
            AckLevel::Received => "received",
            AckLevel::Flushed => "flushed",
            AckLevel::Applied => "applied",
        };
        let choice = match rule.selection {
            _ if rule.k == rule.followers.len() => String::new(),
            Selection::First => format!("the first {} of ", rule.k),
            Selection::Any => format!("any {} of ", rule.k),
        };
        self.words.text(format!("under the rule that {choice}")).nodes(&rule.followers);
        self.words.text(format!(" must have {level} it"));
    }

    fn takeover(&mut self, write: &Op, at: Position, takeover: Takeover) {
        let Takeover { leader, epoch, start, .. } = takeover;
        let promoted = |what: What| matches!(what, What::Noted(n, family::Fact::SingleLeader(Fact::Promoted(e, _))) if (n, e) == (leader, epoch));
        let from = self.run.trace.records.partition_point(|r| r.at < takeover.at);
        let place = self.run.trace.records[from..].iter().position(|r| promoted(r.what())).map_or(from, |i| from + i);
        let words = &mut self.words;
        words.text(" ").node(leader).text(" was promoted at ").time(takeover.at).text(" with a log that ended at ");
        words.entry(write.group, Position { lsn: start.prev(), ..at }, false).text(format!(", so epoch {epoch} began at "));
        words.entry(write.group, Position { epoch, lsn: start }, false).text(" without it");
        let question = At { run: self.run, index: self.index, group: write.group, node: leader, place };
        let why = question.why(at, start.prev());
        if matches!(why, Why::Unknown | Why::Discarded(_) | Why::NotAcknowledged | Why::NotApplied(_)) {
            words.text(".");
            return;
        }
        words.text(": ");
        say(words, &question, at, &why);
        words.text(".");
    }

    /// Who still has the entry when the run ends.
    fn remains(&mut self, write: &Op, at: Position) {
        let replicas = self.run.end.replicas().filter(|(_, r)| r.config.group == write.group);
        let holds = replicas.filter(|(_, r)| r.log.get(at.lsn).is_some_and(|e| e.op == write.id));
        let nodes: Vec<NodeId> = holds.map(|(id, _)| id).collect();
        if nodes.is_empty() {
            self.words.text(" At the end of the run no replica has it.");
        } else {
            let still = if nodes.len() == 1 { "still has" } else { "still have" };
            self.words.text(" At the end of the run only ").nodes(&nodes);
            self.words.text(format!(" {still} it, in a log that no longer counts."));
        }
    }
}

/// A finding in a few words.
pub(super) fn headline(run: &Run, finding: &Finding) -> String {
    let client = run.trace.ops.get(finding.op().index()).map_or("?", |op| run.plan.name(op.client));
    match finding.evidence {
        Evidence::ReadYourWrites { write, .. }
            if run.trace.ops[write.index()].client != run.trace.ops[finding.op().index()].client =>
        {
            format!("{client} did not see what its user had written")
        }
        Evidence::ReadYourWrites { .. } => format!("{client} did not see its own write"),
        Evidence::MonotonicReads { .. } => format!("{client} saw an older value than before"),
        Evidence::ConsistentPrefix { .. } => format!("{client} saw an effect without its cause"),
        Evidence::LostAcknowledgedWrite { .. } => format!("{client}'s acknowledged write is lost"),
        Evidence::SplitBrain { .. } => format!("{client}'s write was acknowledged by a leader of the past"),
        Evidence::Linearizability { .. } => format!("{client} asked the leader and read an old value"),
        Evidence::DirtyThenLost { .. } => format!("what {client} read is gone"),
        Evidence::Divergence { leader, follower, .. } => {
            format!("{} and {} hold different data", run.plan.name(leader), run.plan.name(follower))
        }
        Evidence::ReusedId { .. } => format!("{client}'s new row got a number that was taken"),
        Evidence::MonotonicWrites { hole: None, .. } => format!("{client}'s write came before an earlier one"),
        Evidence::MonotonicWrites { .. } => format!("{client} was shown a later write without the earlier one"),
        Evidence::WritesFollowReads { hole: None, .. } => format!("{client}'s write came before what it had read"),
        Evidence::WritesFollowReads { .. } => format!("{client} was shown an answer without its question"),
        Evidence::Causal { .. } => format!("{client} missed what had caused what it knew"),
        Evidence::BoundedStaleness { .. } => format!("{client} read something older than its bound allows"),
        Evidence::AbortedRead { .. } => format!("{client} read a write that was refused"),
        Evidence::ThinAirRead { .. } => format!("{client} read what nobody had written"),
        Evidence::NonConvergence(Unlike { leader, follower, .. }) => {
            format!("{} and {} will never be alike", run.plan.name(leader), run.plan.name(follower))
        }
    }
}

/// The answered read of an operation in a run, for saying what it returned there.
pub(super) fn answered(run: &Run, id: OpId) -> Option<(NodeId, Option<Version>)> {
    Answered::of(run, id).map(|read| (read.replica, read.found))
}
