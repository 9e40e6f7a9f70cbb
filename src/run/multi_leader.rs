//! What a run with several leaders leaves for checkers: what became of each write, where versions met, and who differs in the end.

use crate::check::{Conflicts, Left, Meeting, Survival, Unlike};
use crate::family;
use crate::family::multi_leader::{Fact, Policy, Replica, actor_of};
use crate::history::{By, Fate, Fates, History, Sibling};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::run::Run;
use crate::simulation::Status;
use crate::trace::What;

impl Run {
    /// What is left of the writes at the end, where groups have several leaders.
    pub(super) fn survival_of_leaders(&self, history: &History<'_>) -> Survival {
        let keys = || (0..u32::try_from(self.plan.keys.len()).unwrap_or(0)).map(KeyId);
        let mut left: Vec<(KeyId, Vec<Sibling>)> = keys().map(|key| (key, Vec::new())).collect();
        for (_, replica) in self.end.multi_leader_replicas() {
            for (key, all) in &mut left {
                for version in replica.store.shown(*key, replica.policy(*key)) {
                    if !all.iter().any(|known| (known.op, &known.stamp) == (version.op, &version.stamp)) {
                        all.push(version);
                    }
                }
            }
        }
        let conflicts = Conflicts {
            meetings: self.meetings(),
            again: self.again(),
            left: self.left(),
            diverged: self.pairs(|one, other| one.applied == other.applied),
        };
        let settled = !self.trace.full && self.end.is_settled() && self.all_up();
        let unlike = if settled { self.pairs(|_, _| true) } else { Vec::new() };
        let fates = self.name_winners(history.fates(&left));
        Survival { fates, unlike, conflicts, end: self.end.now, ..Survival::default() }
    }

    /// Who dropped a version says in favour of which other one.
    fn name_winners(&self, mut fates: Fates) -> Fates {
        for (_, _, fact) in self.noted() {
            let Fact::Dropped(loser, winner) = fact else { continue };
            if let Some(fate @ Fate::Discarded(By::Unknown)) = fates.0.get_mut(loser.index()) {
                *fate = Fate::Discarded(By::Write(winner));
            }
        }
        fates
    }

    fn all_up(&self) -> bool {
        self.end.multi_leader_replicas().all(|(id, _)| self.end.status(id) == Status::Up)
    }

    /// What several leaders noted.
    fn noted(&self) -> impl Iterator<Item = (crate::time::SimTime, NodeId, Fact)> {
        self.trace.records.iter().filter_map(|record| match record.what() {
            What::Noted(node, family::Fact::MultiLeader(fact)) => Some((record.at, node, fact)),
            _ => None,
        })
    }

    fn meetings(&self) -> Vec<Meeting> {
        let resolved = |op: OpId| {
            let key = self.trace.ops.get(op.index()).map(|op| self.rows_of(op.id).next().unwrap_or(op.key));
            key.and_then(|key| self.plan.policy(key)).is_some_and(Policy::merges)
        };
        let met = self.noted().filter_map(|(at, node, fact)| match fact {
            Fact::Conflict(arrived, there) | Fact::Dropped(arrived, there) if !resolved(arrived) => {
                Some(Meeting { at, node, arrived, there })
            }
            _ => None,
        });
        met.collect()
    }

    fn again(&self) -> Vec<(crate::time::SimTime, NodeId, OpId)> {
        let again = self.noted().filter_map(|(at, node, fact)| match fact {
            Fact::Again(op) => Some((at, node, op)),
            _ => None,
        });
        again.collect()
    }

    fn left(&self) -> Vec<Left> {
        let mut all = Vec::new();
        for (node, replica) in self.end.multi_leader_replicas() {
            for key in (0..u32::try_from(self.plan.keys.len()).unwrap_or(0)).map(KeyId) {
                let shown = replica.store.shown(key, replica.policy(key));
                let applied: Vec<OpId> =
                    replica.log.iter().filter(|entry| entry.update.key == key).map(|entry| entry.update.op).collect();
                if shown.is_empty() && applied.is_empty() {
                    continue;
                }
                let value = shown.iter().map(|version| version.value).find(|value| *value != Value::Nothing);
                let shown = shown.iter().map(|version| version.op).collect();
                all.push(Left { node, key, value: value.unwrap_or(Value::Nothing), shown, applied });
            }
        }
        all
    }

    /// The pairs of replicas of a group that show different values, if they may be compared: each replica once, with the first that
    /// it differs from.
    fn pairs(&self, comparable: impl Fn(&Replica, &Replica) -> bool) -> Vec<Unlike> {
        let replicas: Vec<(NodeId, &Replica)> = self.end.multi_leader_replicas().collect();
        let mut unlike = Vec::new();
        for (place, (follower, replica)) in replicas.iter().enumerate() {
            let others = replicas[..place].iter().filter(|(_, other)| other.config.group == replica.config.group);
            let found = others.filter(|(_, other)| comparable(other, replica)).find_map(|(leader, other)| {
                let (key, write) = difference(other, replica, self.plan.keys.len())?;
                Some(Unlike { leader: *leader, follower: *follower, key, write })
            });
            unlike.extend(found);
        }
        unlike
    }

    /// The actors' names: who counts in a stamp is a node.
    pub(super) fn actors(&self) -> Vec<String> {
        debug_assert_eq!(actor_of(NodeId(0)).0, 0, "actors are numbered as nodes are");
        self.plan.nodes.clone()
    }
}

/// The first key of which two replicas show different values, and who wrote one of them.
fn difference(one: &Replica, other: &Replica, keys: usize) -> Option<(KeyId, OpId)> {
    let shown = |replica: &Replica, key: KeyId| {
        let versions = replica.store.shown(key, replica.policy(key)).into_iter();
        let live = versions.filter(|version| version.value != Value::Nothing);
        let mut values: Vec<(Value, OpId)> = live.map(|version| (version.value, version.op)).collect();
        values.sort_unstable();
        values
    };
    (0..u32::try_from(keys).unwrap_or(0)).map(KeyId).find_map(|key| {
        let (mine, theirs) = (shown(one, key), shown(other, key));
        let write = || mine.first().or(theirs.first()).map(|(_, op)| *op);
        (mine != theirs).then(write).flatten().map(|op| (key, op))
    })
}
