//! What the replicas of a run hold at a moment, found by looking at one entry after the other.
//!
//! Slow and plain on purpose: nothing here uses the geometry or the arithmetic of `view`.

use std::collections::BTreeMap;

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::family::single_leader::Fact;
use replicated_telemetry_store::family::single_leader::{Replica, Role};
use replicated_telemetry_store::log::{Entry, KeyId, Value};
use replicated_telemetry_store::lsn::{Lsn, Position};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::simulation::Simulation;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::What;
use replicated_telemetry_store::view::Stored;

/// When entries were put into logs: by group, epoch and number, every time.
pub(crate) struct Written(BTreeMap<(GroupId, u32, u64), Vec<SimTime>>);

impl Written {
    /// Follows the leaders through a run.
    pub(crate) fn of(run: &Run) -> Written {
        let mut leads = BTreeMap::new();
        let mut written: BTreeMap<_, Vec<SimTime>> = BTreeMap::new();
        for record in &run.trace.records {
            match record.what() {
                What::Noted(node, family::Fact::SingleLeader(Fact::Promoted(epoch, _))) => drop(leads.insert(node, epoch.0)),
                What::Noted(node, family::Fact::SingleLeader(Fact::Appended(lsn))) => {
                    let group = run.plan.group_of(node).expect("a replica is in a group");
                    let epoch = leads.get(&node).copied().unwrap_or(1);
                    written.entry((group, epoch, lsn.0)).or_default().push(record.at);
                }
                _ => {}
            }
        }
        Written(written)
    }

    fn before(&self, group: GroupId, epoch: u32, lsn: u64, now: SimTime) -> Option<SimTime> {
        self.0.get(&(group, epoch, lsn))?.iter().rev().find(|at| **at <= now).copied()
    }
}

/// One replica, beside the newest leader of its group.
pub(crate) struct Held<'a> {
    pub(crate) replica: &'a Replica,
    leader: Option<&'a Replica>,
}

/// The leader of the newest epoch among those who lead.
pub(crate) fn newest_leader(state: &Simulation, group: GroupId) -> Option<&Replica> {
    let leaders = state.replicas().filter(|(_, r)| r.config.group == group && matches!(r.role, Role::Leader(_)));
    leaders.map(|(_, r)| r).max_by_key(|r| r.epoch)
}

impl<'a> Held<'a> {
    pub(crate) fn of(state: &'a Simulation, id: NodeId) -> Held<'a> {
        let replica = state.replica(id).expect("lanes are replicas");
        Held { replica, leader: newest_leader(state, replica.config.group) }
    }

    pub(crate) fn leader(&self) -> Option<&'a Replica> {
        self.leader
    }

    fn last(&self) -> u64 {
        self.replica.log.last().0
    }

    /// The entry of a number, in the log or waiting for its place in it.
    pub(crate) fn entry(&self, lsn: u64) -> Option<&Entry> {
        let waiting = match &self.replica.role {
            Role::Follower(following) => following.ahead.iter().find(|entry| entry.lsn.0 == lsn),
            Role::Leader(_) => None,
        };
        self.replica.log.get(Lsn(lsn)).or(waiting)
    }

    /// How far an entry has got, and whether the newest log lacks it.
    pub(crate) fn stored(&self, lsn: u64) -> (Stored, bool) {
        let r = self.replica;
        let stored = match () {
            () if lsn <= r.log.base().lsn.0 => Stored::Snapshot,
            () if lsn > self.last() && self.entry(lsn).is_some() => Stored::Ahead,
            () if lsn > self.last() => Stored::Missing,
            () if lsn <= r.applied.0 => Stored::Applied,
            () if lsn <= r.flushed.0 => Stored::Flushed,
            () => Stored::Received,
        };
        (stored, self.lacked(lsn))
    }

    /// Whether the newest log has another entry, or none, in a place where this replica has one.
    fn lacked(&self, lsn: u64) -> bool {
        let Some(leader) = self.leader.filter(|leader| leader.epoch >= self.replica.epoch) else { return false };
        let base = self.replica.log.base();
        // What a snapshot holds is known by its last position only.
        let Some(at) = self.entry(lsn).map(Entry::position).or((lsn == base.lsn.0 && lsn > 0).then_some(base)) else {
            return lsn < base.lsn.0 && lsn > leader.log.last().0;
        };
        match leader.log.get(Lsn(lsn)) {
            Some(theirs) => theirs.position() != at,
            None => lsn > leader.log.last().0 || !leader.wrote(at),
        }
    }

    /// The newest entry about a key that its reads show, found by walking through its log; nothing where the log does not tell.
    pub(crate) fn newest_of(&self, key: KeyId) -> Option<Option<(Position, Value)>> {
        let applied = || (1..=self.replica.applied.0).map(Lsn);
        let plain = |entry: &Entry| matches!(entry.value, Value::Text(_) | Value::Int(_));
        let tells = self.replica.log.base().lsn.0 == 0 && applied().all(|lsn| self.replica.log.get(lsn).is_some_and(plain));
        let newest = || applied().rev().filter_map(|lsn| self.replica.log.get(lsn)).find(|entry| entry.key == key);
        tells.then(|| newest().map(|entry| (entry.position(), entry.value)))
    }

    /// How many entries it has in a state.
    pub(crate) fn count(&self, stored: Stored) -> u64 {
        (1..=self.last()).filter(|lsn| self.stored(*lsn).0 == stored).count() as u64
    }

    /// How many entries in its log the newest log lacks.
    pub(crate) fn divergent(&self) -> u64 {
        (1..=self.last()).filter(|lsn| self.lacked(*lsn)).count() as u64
    }

    /// The entries of the newest log that its reads do not show.
    fn not_shown(&self, leader: &Replica) -> impl Iterator<Item = u64> {
        (1..=leader.log.last().0).filter(|lsn| *lsn > self.replica.applied.0 || self.lacked(*lsn))
    }

    /// How many entries of the newest log its reads do not show.
    pub(crate) fn behind(&self) -> Option<u64> {
        self.leader.map(|leader| self.not_shown(leader).count() as u64)
    }

    /// How long ago the first of them was written, in microseconds.
    pub(crate) fn lag(&self, written: &Written, now: SimTime) -> u64 {
        let first = self.leader.and_then(|leader| Some((leader, self.not_shown(leader).next()?)));
        let at = first.and_then(|(leader, lsn)| {
            let starts = leader.history.iter().rev().find(|start| start.start.0 <= lsn).map_or(1, |start| start.epoch.0);
            let epoch = leader.log.get(Lsn(lsn)).map_or(starts, |entry| entry.epoch.0);
            written.before(leader.config.group, epoch, lsn, now)
        });
        at.map_or(0, |at| now.0 - at.0)
    }

    /// Whether an entry of the log is the first of its epoch, which is not the first.
    pub(crate) fn opens(&self, lsn: u64) -> bool {
        let base = self.replica.log.base();
        let epoch =
            |lsn: u64| self.entry(lsn).map(|entry| entry.epoch.0).or((lsn == base.lsn.0 && lsn > 0).then_some(base.epoch.0));
        let before = if lsn == 1 { Some(0) } else { epoch(lsn - 1) };
        let here = self.entry(lsn).map(|entry| entry.epoch.0);
        here.is_some_and(|here| here > 1 && before.is_some_and(|before| before != here))
    }
}
