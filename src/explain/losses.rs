//! The sentences of findings about what a takeover discarded, and about two leaders at once.

use super::answered::Answered;
use super::findings::Teller;
use super::reasons::say;
use super::why::{At, Why};
use crate::check::Takeover;
use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::{AckLevel, AckRule, Fact, Selection};
use crate::history::{By, Op};
use crate::log::OpId;
use crate::lsn::Position;
use crate::network::NodeId;
use crate::sabotage::Sabotage;
use crate::scenario::FencingSpec;
use crate::time::SimTime;
use crate::trace::What;

impl Teller<'_> {
    pub(super) fn lost_write(&mut self, write: OpId, by: By) -> Option<()> {
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
    pub(super) fn split_brain(&mut self, newer: OpId, older: OpId) -> Option<()> {
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

    pub(super) fn dirty_read(&mut self, read: OpId, write: OpId, by: By) -> Option<()> {
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
