//! What a run of rings leaves for checkers: what became of each write, where versions met, who differs in the end, and which hints are lost.

use crate::check::{Conflicts, Left, LostHint, Meeting, Survival, Unlike};
use crate::family;
use crate::family::leaderless::{Fact, Replica, Versioning};
use crate::history::{By, Fate, Fates, History, Sibling};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::simulation::{Simulation, Status};
use crate::time::SimTime;
use crate::trace::{Trace, What};

/// The end of a run of rings, and what happened before.
pub(crate) struct RingAftermath<'a> {
    /// The cluster at the end.
    pub(crate) end: &'a Simulation,
    /// What happened.
    pub(crate) trace: &'a Trace,
}

/// The names of those who count in versions: the nodes, and the further ids that nodes have taken, "a'2" for the second of `a`.
/// `nodes` has the names of as many nodes as there can be.
pub(crate) fn actors(nodes: &[String], trace: &Trace) -> Vec<String> {
    let seen = trace.versions.all().iter().filter_map(|version| match &version.stamp {
        crate::version::Stamp::Dotted(stamp) => Some(stamp.dot().actor.0),
        _ => None,
    });
    let most = seen.max().map_or(0, |actor| actor as usize / nodes.len().max(1));
    let name = |life: usize, name: &String| if life == 0 { name.clone() } else { format!("{name}'{}", life + 1) };
    (0..=most).flat_map(|life| nodes.iter().map(move |node| name(life, node))).collect()
}

impl RingAftermath<'_> {
    fn keys(&self) -> impl Iterator<Item = KeyId> + use<> {
        (0..u32::try_from(self.end.key_groups().len()).unwrap_or(0)).map(KeyId)
    }

    fn versioning(&self, key: KeyId) -> Versioning {
        let group = self.end.key_groups().get(key.0 as usize);
        let replica = self.end.leaderless_replicas().find(|(_, replica)| Some(&replica.config.group) == group);
        replica.map(|(_, replica)| replica.config.settings.versioning).unwrap_or_default()
    }

    /// What a node shows a coordinator that asks for a key.
    fn shown(&self, replica: &Replica, key: KeyId) -> Vec<Sibling> {
        let versioning = self.versioning(key);
        replica.store.versions(key).iter().map(|version| version.shown(versioning)).collect()
    }

    /// What is left of the writes at the end.
    pub(crate) fn survival(&self, history: &History<'_>) -> Survival {
        let left = self.versions_left();
        let conflicts = Conflicts { meetings: self.meetings(), left: self.left(), ..Conflicts::default() };
        let up = self.end.leaderless_replicas().all(|(id, _)| self.end.status(id) == Status::Up);
        let settled = !self.trace.full && self.end.is_settled() && up;
        let unlike = if settled { self.unlike() } else { Vec::new() };
        let fates = self.spare_what_was_seen(self.name_winners(history.fates(&left)));
        let fates = self.keep_deletions(history, fates);
        let hints = self.lost_hints(&fates);
        Survival { fates, unlike, conflicts, hints, end: self.end.now, ..Survival::default() }
    }

    /// The versions of each key that some node holds, or keeps for another one and may still hand off.
    fn versions_left(&self) -> Vec<(KeyId, Vec<Sibling>)> {
        let all = self.keys().map(|key| {
            let mut left: Vec<Sibling> = Vec::new();
            for (id, replica) in self.end.leaderless_replicas() {
                let hints = replica.hints.of(key).filter(|_| self.end.status(id) != Status::Down);
                let versioning = self.versioning(key);
                let hinted = hints.flat_map(|hint| &hint.versions).map(|version| version.shown(versioning));
                for version in self.shown(replica, key).into_iter().chain(hinted) {
                    if !left.iter().any(|known| known.op == version.op) {
                        left.push(version);
                    }
                }
            }
            (key, left)
        });
        all.collect()
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

    /// Where clocks decide, a write without an answer has no stamp that tells what it came after. But nodes say whenever they drop a version that the
    /// other one had not seen: one that went without a word was replaced by a write that had seen it.
    fn spare_what_was_seen(&self, mut fates: Fates) -> Fates {
        let (mut stored, mut dropped) = (Vec::new(), Vec::new());
        for (_, _, fact) in self.noted() {
            match fact {
                Fact::Stored(op) => stored.push(op),
                Fact::Dropped(op, _) => dropped.push(op),
                _ => {}
            }
        }
        for op in self.trace.ops.iter().filter(|op| op.is_write() && op.kind != Kind::Write(Value::Nothing)) {
            let by_clocks = self.versioning(op.key) == Versioning::LastWriteWins;
            match fates.0.get_mut(op.id.index()) {
                Some(fate @ Fate::Discarded(_)) if by_clocks && stored.contains(&op.id) && !dropped.contains(&op.id) => {
                    *fate = Fate::Superseded;
                }
                Some(Fate::Discarded(_) | Fate::Kept | Fate::Superseded) | None => {}
            }
        }
        fates
    }

    /// A node that has stored a deletion, has collected its tombstone and shows nothing has kept it, and what it deleted is no loss.
    fn keep_deletions(&self, history: &History<'_>, mut fates: Fates) -> Fates {
        for op in self.trace.ops.iter().filter(|op| op.kind == Kind::Write(Value::Nothing)) {
            let stored = |node: NodeId| self.noted().any(|(_, at, fact)| at == node && fact == Fact::Stored(op.id));
            let empty = |replica: &Replica| replica.store.versions(op.key).iter().all(|version| version.is_tombstone());
            let kept = || self.end.leaderless_replicas().any(|(id, replica)| empty(replica) && stored(id));
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

    /// What nodes of rings noted.
    fn noted(&self) -> impl Iterator<Item = (SimTime, NodeId, Fact)> {
        self.trace.records.iter().filter_map(|record| match record.what() {
            What::Noted(node, family::Fact::Leaderless(_, fact)) => Some((record.at, node, fact)),
            _ => None,
        })
    }

    fn meetings(&self) -> Vec<Meeting> {
        let met = self.noted().filter_map(|(at, node, fact)| match fact {
            Fact::Conflict(arrived, there) | Fact::Dropped(arrived, there) => Some(Meeting { at, node, arrived, there }),
            _ => None,
        });
        met.collect()
    }

    fn left(&self) -> Vec<Left> {
        let mut stored: Vec<(NodeId, OpId)> = Vec::new();
        for (_, node, fact) in self.noted() {
            if let Fact::Stored(op) = fact {
                stored.push((node, op));
            }
        }
        let mut all = Vec::new();
        for (node, replica) in self.end.leaderless_replicas() {
            for key in self.keys() {
                let shown = self.shown(replica, key);
                let of_key = |op: &OpId| self.trace.ops.get(op.index()).is_some_and(|op| op.key == key);
                let mine = stored.iter().filter(|(other, _)| *other == node).map(|(_, op)| *op);
                let applied: Vec<OpId> = mine.filter(of_key).collect();
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

    /// The replicas of a key that hold different values: each once for a key, with the first that it differs from.
    fn unlike(&self) -> Vec<Unlike> {
        let Some((_, any)) = self.end.leaderless_replicas().find(|(id, _)| self.end.status(*id) == Status::Up) else {
            return Vec::new();
        };
        let mut unlike: Vec<Unlike> = Vec::new();
        for key in self.keys() {
            let homes = any.homes(key);
            let values = |id: NodeId| {
                let shown = self.end.leaderless_replica(id).map(|replica| self.shown(replica, key)).unwrap_or_default();
                let live = shown.into_iter().filter(|version| version.value != Value::Nothing);
                let mut values: Vec<(Value, OpId)> = live.map(|version| (version.value, version.op)).collect();
                values.sort_unstable();
                values
            };
            let Some((first, others)) = homes.split_first() else { continue };
            let mine = values(*first);
            for other in others {
                if unlike.iter().any(|known| known.follower == *other) {
                    continue;
                }
                let theirs = values(*other);
                let write = mine.iter().chain(&theirs).next().map(|(_, op)| *op);
                if let Some(write) = write.filter(|_| theirs != mine) {
                    unlike.push(Unlike { leader: *first, follower: *other, key, write });
                }
            }
        }
        unlike
    }

    /// The hints that nobody can hand off any more, of writes of which nothing else is left.
    fn lost_hints(&self, fates: &Fates) -> Vec<LostHint> {
        let mut lost: Vec<LostHint> = Vec::new();
        for (holder, replica) in self.end.leaderless_replicas().filter(|(id, _)| self.end.status(*id) == Status::Down) {
            for hint in replica.hints.all() {
                for version in hint.versions.iter().filter(|version| fates.of(version.op).is_discarded()) {
                    lost.push(LostHint { write: version.op, holder, owner: hint.owner });
                }
            }
        }
        lost
    }
}
