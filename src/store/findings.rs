//! What the checkers find in the history of a network, with names instead of numbers.
//!
//! The checkers are those of [`crate::check`]. A write belongs to the application, and to each session for which it was recorded
//! with `record_session_write`; since an operation of a history has one session, the history is judged once for the
//! application and once more with the recorded writes in the sessions that claimed them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::cluster::Cluster;
use super::leaderless::NODES;
use crate::check::{Finding, Survival, check_all, check_one, discarded_by};
use crate::family::GroupId;
use crate::history::{End, Event, Fate, Fates, History, Op};
use crate::log::OpId;
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::NodeId;
use crate::operation::{Kind, Outcome};
use crate::run::{Aftermath, RingAftermath, actors, arbitration, takeovers};
use crate::scenario::Anomaly;
use crate::trace::What;
use crate::version::Scope;

/// Which sessions have claimed which writes, and when.
#[derive(Debug, Default)]
pub(super) struct Records(Vec<Claim>);

#[derive(Clone, Copy, Debug)]
struct Claim {
    op: OpId,
    session: u32,
    /// How many records the trace had: before that, the session knew nothing of the write.
    at: usize,
}

impl Records {
    /// A session claims a write.
    pub(super) fn attribute(&mut self, op: OpId, session: u32, at: usize) {
        if !self.0.iter().any(|claim| (claim.op, claim.session) == (op, session)) {
            self.0.push(Claim { op, session, at });
        }
    }

    /// The claims in layers, each of which holds every write once at most; the first layer has none.
    fn layers(&self) -> Vec<BTreeMap<OpId, Claim>> {
        let mut layers = vec![BTreeMap::new()];
        for claim in &self.0 {
            match layers.iter_mut().skip(1).find(|layer| !layer.contains_key(&claim.op)) {
                Some(layer) => {
                    layer.insert(claim.op, *claim);
                }
                None => layers.push(BTreeMap::from([(claim.op, *claim)])),
            }
        }
        layers
    }
}

/// A guarantee that was broken, with the operations that prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The finding, in the numbers of the core.
    pub finding: Finding,
    /// The operations that prove it, in the order of the argument; the last is the one in which it shows.
    pub evidence: Vec<Operation>,
}

/// One operation of a history, as a reader wants to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Whether it wrote; else it read.
    pub is_write: bool,
    /// The key.
    pub key: String,
    /// What it wrote, or what it found.
    pub value: Option<Vec<u8>>,
    /// The place in the log of what it wrote or found; zero for none.
    pub lsn: Lsn,
    /// The session; empty for the application itself.
    pub session: String,
    /// The node that answered.
    pub node: Option<String>,
    /// When it began.
    pub from: Duration,
    /// When it ended, if it did.
    pub to: Option<Duration>,
}

/// A write that was acknowledged and is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostWrite {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
    /// The number that its writer was given.
    pub lsn: Lsn,
    /// The leader's generation that gave it.
    pub epoch: Epoch,
}

impl Judgement {
    /// Which guarantee was broken.
    #[must_use]
    pub fn anomaly(&self) -> Anomaly {
        self.finding.anomaly()
    }

    /// Its name, as in scenario files: `"read-your-writes"`, `"monotonic-reads"`, `"consistent-prefix"` or
    /// `"lost-acknowledged-write"`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.anomaly().name()
    }

    /// The keys involved, each once, in the order of the argument.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for operation in &self.evidence {
            if !keys.contains(&operation.key.as_str()) {
                keys.push(&operation.key);
            }
        }
        keys
    }

    /// When it was there to be seen.
    #[must_use]
    pub fn at(&self) -> Duration {
        Duration::from_micros(self.finding.at.0)
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}ms:", self.kind(), self.finding.at)?;
        for (index, operation) in self.evidence.iter().enumerate() {
            write!(f, "{} {operation}", if index > 0 { ";" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}' {}", if self.is_write { "wrote" } else { "read" }, self.key, if self.is_write { "=" } else { "as" })?;
        match &self.value {
            Some(value) => write!(f, " \"{}\" ({})", value.escape_ascii(), self.lsn)?,
            None => f.write_str(" nothing")?,
        }
        match &self.node {
            Some(node) => write!(f, " at {node}"),
            None => Ok(()),
        }
    }
}

/// How the replicas of a group work together.
enum GroupKind {
    OneLeader,
    SeveralLeaders,
    Ring,
}

/// Names of as many nodes as a network can have.
fn padded(mut names: Vec<String>) -> Vec<String> {
    names.resize(NODES as usize, String::new());
    names
}

impl Cluster {
    /// Judges what has happened: for all guarantees, the narrowest first, or for one of them.
    pub(super) fn findings(&self, only: Option<Anomaly>) -> Vec<Judgement> {
        let mut by_op: BTreeMap<OpId, Finding> = BTreeMap::new();
        for layer in self.records.layers() {
            let (ops, events) = self.history_with(&layer);
            let history = History {
                ops: &ops,
                events,
                groups: self.groups.len(),
                mode: crate::router::ReadMode::AnyFollower,
                ..History::default()
            };
            let history = self.with_versions(history);
            let survival = self.survival_of(&history);
            let found = match only {
                Some(anomaly) => check_one(&history, &survival, anomaly),
                None => check_all(&history, &survival),
            };
            for finding in found {
                let narrower = |known: &Finding| known.anomaly() <= finding.anomaly();
                if !by_op.get(&finding.op()).is_some_and(narrower) {
                    by_op.insert(finding.op(), finding);
                }
            }
        }
        let mut findings: Vec<Finding> = by_op.into_values().collect();
        findings.sort_by_key(|finding| (finding.at, finding.op()));
        findings.into_iter().map(|finding| self.name(finding)).collect()
    }

    /// The history as it is if these claims hold: a claimed write begins and ends, for its session, when it is claimed.
    fn history_with(&self, claims: &BTreeMap<OpId, Claim>) -> (Vec<Op>, Vec<Event>) {
        let mut ops = self.trace.ops.clone();
        let mut claimed: BTreeMap<usize, Vec<OpId>> = BTreeMap::new();
        for claim in claims.values() {
            ops[claim.op.index()].session = (claim.session, 0);
            claimed.entry(claim.at).or_default().push(claim.op);
        }
        let mut events = Vec::new();
        for index in 0..=self.trace.records.len() {
            for op in claimed.get(&index).into_iter().flatten() {
                events.extend([Event::Invoke(*op), Event::Complete(*op)]);
            }
            match self.trace.records.get(index).map(|record| record.what()) {
                Some(What::Started(op)) if !claims.contains_key(&op) => events.push(Event::Invoke(op)),
                Some(What::Completed(op)) if !claims.contains_key(&op) => events.push(Event::Complete(op)),
                _ => {}
            }
        }
        (ops, events)
    }

    /// The history with what only several leaders make: versions that may be concurrent.
    fn with_versions<'a>(&self, history: History<'a>) -> History<'a> {
        let leaders = self.simulation.multi_leader_replicas().next().is_some();
        let mut rings = self.simulation.leaderless_replicas().map(|(_, replica)| &replica.config.settings).peekable();
        if !leaders && rings.peek().is_none() {
            return history;
        }
        let named = |id: NodeId| self.names.get(&id).cloned().unwrap_or_default();
        let names: Vec<String> = (0..self.next_id().0).map(NodeId).map(named).collect();
        let actors = if rings.peek().is_some() { actors(&padded(names), &self.trace) } else { names };
        let arbitration = leaders.then(|| arbitration(&self.simulation));
        let versions = self.trace.versions.clone();
        // The promise of quorums that overlap is made by a network of nothing else.
        let overlap = !leaders && rings.all(|settings| settings.overlaps(settings.reads, settings.writes));
        History { versions, scope: Scope::Key, concurrent: true, overlap, arbitration, actors, ..history }
    }

    /// What is left of all writes: of those to one leader its newest log tells, of those to several their versions.
    fn survival_of(&self, history: &History<'_>) -> Survival {
        let one = self.survival();
        if !history.concurrent {
            return one;
        }
        let keys = self.trace.ops.iter().map(|op| op.key.0 as usize + 1).max().unwrap_or(0);
        let several = Aftermath { end: &self.simulation, trace: &self.trace, keys, rows: &[] }.survival(history);
        let rings = RingAftermath { end: &self.simulation, trace: &self.trace }.survival(history);
        let kinds: Vec<GroupKind> = (0..).take(self.groups.len()).map(|group| self.kind_of(GroupId(group))).collect();
        let fate = |op: &Op| match kinds[op.group.index()] {
            GroupKind::OneLeader => one.fates.of(op.id),
            GroupKind::SeveralLeaders => several.fates.of(op.id),
            GroupKind::Ring => rings.fates.of(op.id),
        };
        let fates = Fates(self.trace.ops.iter().map(fate).collect());
        let unlike = [several.unlike, rings.unlike].concat();
        let mut conflicts = several.conflicts;
        conflicts.meetings.extend(rings.conflicts.meetings);
        conflicts.left.extend(rings.conflicts.left);
        Survival { fates, takeovers: one.takeovers, unlike, conflicts, hints: rings.hints, ..several }
    }

    fn kind_of(&self, group: GroupId) -> GroupKind {
        let in_ring = self.simulation.leaderless_replicas().any(|(_, replica)| replica.config.group == group);
        let leads = self.simulation.multi_leader_replicas().any(|(_, replica)| replica.config.group == group);
        match (in_ring, leads) {
            (true, _) => GroupKind::Ring,
            (_, true) => GroupKind::SeveralLeaders,
            _ => GroupKind::OneLeader,
        }
    }

    fn survival(&self) -> Survival {
        let takeovers = takeovers(&self.trace, |id| self.simulation.replica(id).map(|r| r.config.group));
        // A program asks what was lost, not what was replaced.
        let fate = |op: &Op| match op.acknowledged() {
            Some((at, _)) if !self.simulation.survives(op.group, at, op.id) => {
                Fate::Discarded(discarded_by(&takeovers, op.group, at))
            }
            _ => Fate::Kept,
        };
        let fates = Fates(self.trace.ops.iter().map(fate).collect());
        Survival { fates, takeovers, end: self.simulation.now, ..Survival::default() }
    }

    /// The acknowledged writes that are gone.
    pub(super) fn lost_writes(&self) -> Vec<LostWrite> {
        let lost = |op: &&Op| op.acknowledged().is_some_and(|(at, _)| !self.simulation.survives(op.group, at, op.id));
        let named = self.trace.ops.iter().filter(lost).map(|op| {
            let (value, at) = self.content(op);
            let (key, value) = (self.key_name(op.key).to_owned(), value.unwrap_or_default());
            LostWrite { key, value, lsn: at.lsn, epoch: at.epoch }
        });
        named.collect()
    }

    fn name(&self, finding: Finding) -> Judgement {
        let evidence = finding.ops().iter().map(|op| self.operation(*op)).collect();
        Judgement { finding, evidence }
    }

    fn operation(&self, id: OpId) -> Operation {
        let op = &self.trace.ops[id.index()];
        let (value, at) = self.content(op);
        let node = op.end.and_then(|end| self.names.get(&end.replica?).cloned());
        Operation {
            is_write: op.is_write(),
            key: self.key_name(op.key).to_owned(),
            value,
            lsn: at.lsn,
            session: self.sessions.name(op.session.0).to_owned(),
            node,
            from: Duration::from_micros(op.invoked.0),
            to: op.end.map(|end| Duration::from_micros(end.at.0)),
        }
    }

    /// What an operation wrote or found, and where that stands in the log.
    fn content(&self, op: &Op) -> (Option<Vec<u8>>, Position) {
        match (op.kind, op.end) {
            (Kind::Write(value), Some(End { outcome: Outcome::Written { at }, .. })) => (Some(self.bytes(value)), at),
            (Kind::Write(value), _) => (Some(self.bytes(value)), Position::ZERO),
            (Kind::Read(_), Some(End { outcome: Outcome::Value { found: Some(version), .. }, .. })) => {
                (Some(self.bytes(version.value)), version.at)
            }
            (Kind::Read(_), _) => (None, Position::ZERO),
        }
    }
}
