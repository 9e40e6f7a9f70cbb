//! What a run with several leaders leaves for checkers: what became of each write, where versions met, and who differs in the end.

use std::sync::Arc;

use crate::check::{Conflicts, Holding, Left, Made, Meeting, Replicas, Survival, Unlike};
use crate::family;
use crate::family::multi_leader::{Change, Fact, Policy, Replica, Replicated, Sends};
use crate::history::{By, Fate, Fates, History, Sibling, rows_of};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::lineage;
use crate::simulation::{Simulation, Status};
use crate::trace::{Trace, What};
use crate::version::DottedVersion;

/// The end of a run with several leaders, and what happened before.
pub(crate) struct Aftermath<'a> {
    /// The cluster at the end.
    pub(crate) end: &'a Simulation,
    /// What happened.
    pub(crate) trace: &'a Trace,
    /// How many keys there are.
    pub(crate) keys: usize,
    /// The rows that leaders changed for statements, in the order of operations.
    pub(crate) rows: &'a [(OpId, KeyId)],
}

impl Aftermath<'_> {
    fn keys(&self) -> impl Iterator<Item = KeyId> + use<> {
        (0..u32::try_from(self.keys).unwrap_or(0)).map(KeyId)
    }

    /// What is done about conflicts over a key, as its replicas have it.
    fn policy(&self, key: KeyId) -> Option<Policy> {
        let group = self.trace.ops.iter().find(|op| op.key == key).map(|op| op.group);
        let mut replicas = self.end.multi_leader_replicas();
        replicas
            .find(|(_, replica)| group.is_none_or(|group| replica.config.group == group))
            .map(|(_, replica)| replica.policy(key))
    }

    /// What is left of the writes at the end, where groups have several leaders.
    pub(crate) fn survival(&self, history: &History<'_>) -> Survival {
        let mut left: Vec<(KeyId, Vec<Sibling>)> = self.keys().map(|key| (key, Vec::new())).collect();
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
            diverged: self.pairs(same_updates),
            replicas: self.replicas(),
        };
        let settled = !self.trace.full && self.end.is_settled() && self.all_up();
        let unlike = if settled { self.pairs(|_, _, _| true) } else { Vec::new() };
        let fates = lineage::of(self.end).corrects(history.fates(&left), &left);
        let fates = self.keep_deletions(history, self.name_winners(fates));
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

    /// Where deletions leave nothing behind, a replica that has applied one and shows nothing has kept it, and what it deleted is no loss.
    fn keep_deletions(&self, history: &History<'_>, mut fates: Fates) -> Fates {
        for op in self.trace.ops.iter().filter(|op| op.kind == Kind::Write(Value::Nothing)) {
            let kept = || {
                self.end.multi_leader_replicas().any(|(_, replica)| {
                    let applied = replica.log.iter().any(|entry| entry.update.op == op.id);
                    applied && replica.store.value(op.key, replica.policy(op.key)).is_none()
                })
            };
            match fates.0.get_mut(op.id.index()) {
                Some(fate @ Fate::Discarded(_)) if kept() => *fate = Fate::Kept,
                Some(Fate::Discarded(_)) | None => continue,
                Some(Fate::Kept | Fate::Superseded) => {}
            }
            for write in self.trace.ops.iter().filter(|write| write.key == op.key && history.happened_before(write, op)) {
                if let Some(fate @ Fate::Discarded(_)) = fates.0.get_mut(write.id.index()) {
                    *fate = Fate::Superseded;
                }
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
            What::Noted(node, family::Fact::MultiLeader(_, fact)) => Some((record.at, node, fact)),
            _ => None,
        })
    }

    fn meetings(&self) -> Vec<Meeting> {
        let resolved = |op: OpId| {
            let key = self.trace.ops.get(op.index()).map(|op| rows_of(self.rows, op.id).next().unwrap_or(op.key));
            key.and_then(|key| self.policy(key)).is_some_and(Policy::merges)
        };
        let met = self.noted().filter_map(|(at, node, fact)| match fact {
            Fact::Conflict(arrived, there) if !resolved(arrived) => Some(Meeting { at, node, arrived, there }),
            // Of two writes that one leader took one after the other, the first may have been dropped in between: no conflict.
            Fact::Dropped(arrived, there) if self.taken_by(arrived) != self.taken_by(there) => {
                Some(Meeting { at, node, arrived, there })
            }
            _ => None,
        });
        met.collect()
    }

    /// The leader that took a write, if its client was told.
    fn taken_by(&self, op: OpId) -> Option<NodeId> {
        self.trace.ops.get(op.index())?.end?.replica
    }

    fn again(&self) -> Vec<(crate::time::SimTime, NodeId, OpId)> {
        let again = self.noted().filter_map(|(at, node, fact)| match fact {
            Fact::Again(op) => Some((at, node, op)),
            _ => None,
        });
        again.collect()
    }

    /// What was found out about replicated data.
    fn replicas(&self) -> Replicas {
        let mut found = Replicas::default();
        for (at, node, fact) in self.noted() {
            match fact {
                Fact::AppliedTwice(op) => found.twice.push((at, node, op)),
                Fact::LawBroken(op, law) => found.laws.push((at, node, op, law)),
                _ => {}
            }
        }
        for key in self.keys() {
            let Some(Policy::Replicated(Replicated { data_type, sends, .. })) = self.policy(key) else { continue };
            let all = self.updates(key, sends);
            for (node, replica) in self.end.multi_leader_replicas() {
                let Some(payload) = replica.store.payload(key) else { continue };
                let seen = replica.store.seen(key);
                let mut updates = all.clone();
                updates.retain(|made| match sends {
                    Sends::States => seen.get(made.stamp.dot().actor) >= made.stamp.dot().count,
                    Sends::Deltas | Sends::Operations => replica.applied.has(made.stamp.dot()),
                });
                let (shown, text) = (payload.value(), payload.text());
                found.holdings.push(Holding { node, key, data_type, shown, text, updates });
            }
        }
        found
    }

    /// All updates of a key of replicated data, in the order of their dots.
    fn updates(&self, key: KeyId, sends: Sends) -> Vec<Made> {
        let mut all: Vec<Made> = Vec::new();
        for (_, replica) in self.end.multi_leader_replicas() {
            for update in replica.log.iter().map(|entry| &*entry.update).filter(|update| update.key == key) {
                let Change::Call(number) = update.change else { continue };
                let Some(method) = replica.config.methods.get(number as usize) else { continue };
                let place = all.binary_search_by_key(&update.dot(), |made| made.stamp.dot());
                if let Err(place) = place {
                    let (stamp, method) = (update.stamp.clone(), method.clone());
                    let visible = match sends {
                        Sends::States => None,
                        Sends::Deltas | Sends::Operations => DottedVersion::new(update.dot(), (*update.seen).clone()),
                    };
                    let visible = visible.map_or_else(|| stamp.clone(), Arc::new);
                    all.insert(place, Made { op: update.op, stamp, visible, method });
                }
            }
        }
        all
    }

    fn left(&self) -> Vec<Left> {
        let mut all = Vec::new();
        for (node, replica) in self.end.multi_leader_replicas() {
            for key in self.keys() {
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
    fn pairs(&self, comparable: impl Fn(&Replica, &Replica, KeyId) -> bool) -> Vec<Unlike> {
        let replicas: Vec<(NodeId, &Replica)> = self.end.multi_leader_replicas().collect();
        let mut unlike = Vec::new();
        for (place, (follower, replica)) in replicas.iter().enumerate() {
            let others = replicas[..place].iter().filter(|(_, other)| other.config.group == replica.config.group);
            let found = others.into_iter().find_map(|(leader, other)| {
                let keys = self.keys().filter(|key| comparable(other, replica, *key));
                let (key, write) = difference(other, replica, keys)?;
                Some(Unlike { leader: *leader, follower: *follower, key, write })
            });
            unlike.extend(found);
        }
        unlike
    }
}

/// The first key of which two replicas show different values, and who wrote one of them.
fn difference(one: &Replica, other: &Replica, mut keys: impl Iterator<Item = KeyId>) -> Option<(KeyId, OpId)> {
    let shown = |replica: &Replica, key: KeyId| {
        let versions = replica.store.shown(key, replica.policy(key)).into_iter();
        let live = versions.filter(|version| version.value != Value::Nothing);
        let mut values: Vec<(Value, OpId)> = live.map(|version| (version.value, version.op)).collect();
        values.sort_unstable();
        values
    };
    keys.find_map(|key| {
        let (mine, theirs) = (shown(one, key), shown(other, key));
        let write = || mine.first().or(theirs.first()).map(|(_, op)| *op);
        let unlike = match (one.store.payload(key), other.store.payload(key)) {
            // Two updates of one element may be shown as one value: what replicas hold tells more.
            (Some(mine), Some(theirs)) => mine != theirs,
            (Some(_), None) | (None, Some(_)) | (None, None) => mine != theirs,
        };
        unlike.then(write).flatten().map(|op| (key, op))
    })
}

/// Whether two replicas have the same updates of a key. Where states travel, a state stands for more than the updates that it came with.
fn same_updates(one: &Replica, other: &Replica, key: KeyId) -> bool {
    match one.policy(key) {
        Policy::Replicated(Replicated { sends: Sends::States, .. }) => one.store.seen(key) == other.store.seen(key),
        _ => one.applied == other.applied,
    }
}
