//! Where the last writer wins: which writes were built on, and which were dropped before anybody could build on them.
//!
//! A leader stamps a write as coming after all that it has applied of the key, also after what it has dropped: that is happens-before. What the
//! write replaces is less: the one version that the leader held. A write that was dropped is lost, whatever is written later; if stamps alone
//! were asked, the next write at a leader that had dropped it would hide the loss (Kleppmann and Riccomini, chapter 6, "Last write wins").

use crate::family::multi_leader::{Change, Policy, Replica};
use crate::history::{Arbitration, By, Fate, Fates, Sibling};
use crate::log::{KeyId, OpId};
use crate::simulation::Simulation;
use crate::sorted::Map;
use crate::version::Clock;

/// Of each write by which the last writer wins, the one whose version it replaced.
pub(super) struct Lineage(Map<OpId, Option<OpId>>);

/// What a leader holds of a key.
#[derive(Clone, Copy)]
struct Held {
    reading: Clock,
    op: OpId,
    there: bool,
}

/// What decides between versions in a run: the readings of clocks, from the logs of those that took the writes, and who decides without.
pub(crate) fn arbitration(end: &Simulation) -> Arbitration {
    let mut readings = Vec::new();
    for (id, replica) in end.multi_leader_replicas() {
        for update in replica.log.iter().map(|entry| &entry.update).filter(|update| update.leader() == id) {
            readings.extend(replica.policy(update.key).drops_by().map(|clock| (update.dot(), update.clocks.of(clock))));
        }
    }
    // Every replica of a plan knows the policy of every key.
    let policies = end.multi_leader_replicas().next().map(|(_, replica)| replica.config.policies.clone()).unwrap_or_default();
    let rebased = (0..).map(KeyId).zip(policies.iter()).filter(|(_, policy)| matches!(policy, Policy::Rebase { .. }));
    Arbitration::new(readings, rebased.map(|(key, _)| key).collect())
}

/// The lineage of the writes of a run, from the logs of those that took them, as they are in the end.
pub(super) fn of(end: &Simulation) -> Lineage {
    let mut all = Lineage(Map::default());
    end.multi_leader_replicas().filter(|(_, replica)| replica.leads()).for_each(|(_, leader)| all.add(leader));
    all
}

impl Lineage {
    /// Goes through the log of a leader, and adds what it took.
    fn add(&mut self, leader: &Replica) {
        let mut held: Map<KeyId, Option<Held>> = Map::default();
        for update in leader.log.iter().map(|entry| &*entry.update) {
            let Some(clock) = leader.policy(update.key).drops_by() else { continue };
            let held = held.or_insert_with(update.key, || None);
            if update.leader() == leader.config.id {
                self.0.or_insert_with(update.op, || held.map(|held| held.op));
            }
            let (reading, there) = (update.clocks.of(clock), held.is_some_and(|held| held.there));
            let wins = held.is_none_or(|held| held.reading.compare(&reading).is_le());
            if wins && (there || !update.needs_row) {
                *held = Some(Held { reading, op: update.op, there: update.change != Change::Delete });
            }
        }
    }

    /// Fates that stamps tell, where what was dropped counts as lost although something came later.
    pub(super) fn corrects(&self, mut fates: Fates, left: &[(KeyId, Vec<Sibling>)]) -> Fates {
        let mut built_on: Map<OpId, ()> = Map::default();
        for version in left.iter().flat_map(|(_, versions)| versions) {
            let mut next = Some(version.op);
            while let Some(op) = next.filter(|op| built_on.get(*op).is_none()) {
                built_on.or_insert_with(op, || ());
                next = self.0.get(op).copied().flatten();
            }
        }
        for (op, _) in self.0.iter().filter(|(op, _)| built_on.get(*op).is_none()) {
            if let Some(fate @ Fate::Superseded) = fates.0.get_mut(op.index()) {
                *fate = Fate::Discarded(By::Unknown);
            }
        }
        fates
    }
}
