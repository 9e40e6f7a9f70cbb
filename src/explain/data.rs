//! The sentences of findings that are about the data themselves: replicas that differ, and numbers that were used twice.

use super::findings::Teller;
use crate::family;
use crate::family::single_leader::Fact;
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::operation::{Kind, Version};
use crate::run::Run;
use crate::statement::Change;
use crate::time::SimTime;
use crate::trace::What;

/// When a replica noted what its rows come to at a position.
fn noted(run: &Run, node: NodeId, position: Position) -> Option<SimTime> {
    let mut records = run.trace.records.iter();
    records.find(|r| matches!(r.what(), What::Noted(n, family::Fact::SingleLeader(Fact::Checksum(at, _))) if (n, at) == (node, position))).map(|r| r.at)
}

/// The first row that two replicas hold differently, each at its own time, of those that neither has changed behind a position.
fn difference(
    run: &Run,
    at: Position,
    one: (NodeId, SimTime),
    other: (NodeId, SimTime),
) -> Option<(KeyId, Option<Version>, Option<Version>)> {
    let (here, there) = (run.state_at(one.1), run.state_at(other.1));
    let (here, there) = (here.replica(one.0)?, there.replica(other.0)?);
    let value = |version: Option<Version>| version.map(|version| version.value);
    let keys = (0..u32::try_from(run.plan.keys.len()).ok()?).map(KeyId);
    let known = |version: Option<Version>| version.is_none_or(|version| version.at <= at);
    let mut pairs = keys.map(|key| (key, here.version(key), there.version(key))).filter(|(_, a, b)| known(*a) && known(*b));
    pairs.find(|(_, a, b)| value(*a) != value(*b))
}

impl Teller<'_> {
    /// Who holds what, and why working it out twice gave two results.
    pub(super) fn divergence(&mut self, write: OpId, at: Position, leader: NodeId, follower: NodeId) -> Option<()> {
        let (first, second) = (noted(self.run, leader, at)?, noted(self.run, follower, at)?);
        let group = self.run.plan.group_of(follower)?;
        let with_epoch = self.epochs(group);
        self.words.node(leader).text(" and ").node(follower).text(" have both applied everything up to ");
        self.words.entry(group, at, with_epoch).text(", at ").time(first).text(" and ").time(second);
        self.words.text(", and hold different data");
        if let Some((key, here, there)) = difference(self.run, at, (leader, first), (follower, second)) {
            self.words.text(": ").reading(key, here).text(" at ").node(leader).text(" and ");
            let there = there.map_or("none".to_owned(), |version| super::words::quoted(&self.run.plan, version.value));
            self.words.text(there).text(" at ").node(follower);
        }
        self.words.text(". ");
        let restored = self.run.trace.records.iter().rev().find_map(|record| match record.what() {
            What::Noted(node, family::Fact::SingleLeader(Fact::Restored(lsn))) if node == follower && record.at <= second => {
                Some((record.at, lsn))
            }
            _ => None,
        });
        match (self.change(write), restored) {
            (_, Some((when, lsn))) => {
                self.words.text("That is because ").node(follower).text(" went on from a snapshot, put in place at ").time(when);
                self.words.text(", as if it held everything up to ").numbered(group, Position { lsn, ..at });
                self.words.text(", and it held something else.");
            }
            (Some(Change::Now), _) => {
                self.words.text("That is because the log carries the statement, and each replica asked its own clock for now().");
            }
            (Some(Change::Random), _) => {
                self.words.text("That is because the log carries the statement, and each replica drew its own random numbers.");
            }
            (Some(Change::Add(_)), _) => {
                self.words.text("That is because the statement starts from the rows that are there, and these differed already.");
            }
            _ => {
                self.words.text("They stay different, because the log has nothing more to say about it.");
            }
        }
        Some(())
    }

    fn change(&self, op: OpId) -> Option<Change> {
        match self.op(op)?.kind {
            Kind::Write(value) => self.run.plan.change(value),
            Kind::Read(_) => None,
        }
    }

    /// Two rows, one number, and what another store keeps under it.
    pub(super) fn reused(&mut self, earlier: OpId, later: OpId, row: KeyId) -> Option<()> {
        let (earlier, later) = (self.op(earlier)?, self.op(later)?);
        let ((old, first), (new, second)) = (earlier.acknowledged()?, later.acknowledged()?);
        let (one, other) = (self.value(earlier), self.value(later));
        self.words.node(earlier.client).text("'s ").op(earlier.id, "new row").text(" ").text(one);
        self.words.text(" got the number of ").key(row).text(", as ").entry(earlier.group, old, true);
        self.words.text(", acknowledged at ").time(first).text(". ").node(later.client).text("'s ");
        self.words.op(later.id, "new row").text(" ").text(other).text(" got the same number, as ");
        self.words.entry(later.group, new, true).text(", acknowledged at ").time(second).text(". ");
        if let Some(takeover) = self.run.takeovers.iter().find(|t| t.group == later.group && t.epoch == new.epoch).copied() {
            self.words.text("The number was free because ").node(takeover.leader);
            self.words.text(" had been promoted without the first row.");
        }
        let name = self.run.plan.key_name(row);
        let number = name.rsplit_once('/').map_or(name, |(_, number)| number);
        let same = |op: &&crate::history::Op| {
            let key = self.run.plan.key_name(op.key);
            op.is_write() && op.group != later.group && key.rsplit_once('/').is_some_and(|(_, other)| other == number)
        };
        if let Some(other) = self.run.trace.ops.iter().find(|op| same(op) && op.acknowledged().is_some()) {
            self.words.text(" ").key(other.key).text(" was written for the first row, and now stands beside the second.");
        }
        Some(())
    }
}
