//! One group with several leaders, as its replicas and the network are at a moment: where the numbers of the stage come from.

use super::{Follower, Leader, Link, shown, skew};
use crate::family::GroupId;
use crate::family::multi_leader::{Replica, Update, actor_of, node_of};
use crate::log::KeyId;
use crate::network::NodeId;
use crate::run::Run;
use crate::scenario::{ConflictRule, LeadersPlan};
use crate::simulation::Simulation;
use crate::time::SimTime;
use crate::version::{Dot, VersionVector};

/// What is looked at, and through which names.
pub(super) struct Seen<'a> {
    pub(super) run: &'a Run,
    pub(super) state: &'a Simulation,
    pub(super) ids: &'a [NodeId],
    pub(super) signs: &'a [String],
    pub(super) key: Option<KeyId>,
}

impl Seen<'_> {
    fn replica(&self, id: NodeId) -> Option<&Replica> {
        self.state.multi_leader_replica(id)
    }

    /// The replicas of the group.
    pub(super) fn replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        self.state.multi_leader_replicas().filter(|(_, replica)| self.ids.contains(&replica.config.leader))
    }

    /// "V3".
    pub(super) fn dot(&self, dot: Dot) -> String {
        let place = self.ids.iter().position(|id| *id == node_of(dot.actor));
        format!("{}{}", place.map_or("?", |place| self.signs[place].as_str()), dot.count)
    }

    /// The counters of a vector, in the order of the leaders.
    pub(super) fn counts(&self, vector: &VersionVector) -> Vec<u64> {
        self.ids.iter().map(|id| vector.get(actor_of(*id))).collect()
    }

    pub(super) fn leader(&self, now: SimTime, (id, group): (NodeId, GroupId), followers: &[NodeId]) -> Option<Leader> {
        let replica = self.replica(id)?;
        let place = self.ids.iter().position(|other| *other == id)?;
        let taken = self.ids.iter().map(|id| self.replica(*id).map_or(0, |other| other.taken));
        let vector: Vec<(u64, u64)> = self.counts(replica.applied.whole()).into_iter().zip(taken).collect();
        let whole: u64 = vector.iter().map(|(has, _)| has).sum();
        let followers = followers.iter().filter_map(|follower| self.follower(*follower, (id, replica)));
        Some(Leader {
            id,
            name: self.run.plan.name(id).to_owned(),
            sign: self.signs[place].clone(),
            status: self.state.status(id),
            entries: replica.log.len() as u64,
            vector,
            beyond: replica.applied.count() - whole,
            skew: skew(replica.config.clock, now),
            homes: self.homes(replica, group),
            waits: replica.buffer.iter().map(|entry| self.waits(replica, &entry.update)).collect(),
            parked: replica.waiting(),
            shows: self.shows(replica),
            followers: followers.collect(),
        })
    }

    fn follower(&self, id: NodeId, (leader, above): (NodeId, &Replica)) -> Option<Follower> {
        let replica = self.replica(id)?;
        let missing = above.log.iter().filter(|entry| !replica.applied.has(entry.update.dot())).count();
        Some(Follower {
            id,
            name: self.run.plan.name(id).to_owned(),
            status: self.state.status(id),
            applied: replica.applied.count(),
            behind: missing as u64,
            shows: self.shows(replica),
            cut: self.state.network.is_cut(leader, id),
        })
    }

    /// The ranges of keys of which a leader takes itself to be the home.
    fn homes(&self, replica: &Replica, group: GroupId) -> Vec<String> {
        let shard = self.run.plan.scenario.shards.get(group.index());
        let avoided =
            shard.into_iter().flat_map(|shard| &shard.conflicts).filter(|spec| matches!(spec.rule, ConflictRule::Avoid(_)));
        let mine = avoided.zip(&replica.homes).filter(|(_, home)| home.leader == replica.config.id);
        mine.map(|(spec, _)| if spec.keys.is_empty() { "all other keys".to_owned() } else { spec.keys.join(", ") }).collect()
    }

    /// An update that waits, and the first that it waits for.
    fn waits(&self, replica: &Replica, update: &Update) -> (String, String) {
        let (dot, whole) = (update.dot(), replica.applied.whole());
        let before = Dot { count: whole.get(dot.actor) + 1, ..dot };
        let missing = update.seen.entries().find(|(actor, count)| whole.get(*actor) < *count);
        let missing = missing.map(|(actor, _)| Dot { actor, count: whole.get(actor) + 1 });
        (self.dot(dot), self.dot(missing.unwrap_or(before)))
    }

    /// What a replica shows a reader of the key that is looked at.
    fn shows(&self, replica: &Replica) -> String {
        self.key.map_or_else(String::new, |key| shown(self.run, replica, key))
    }

    pub(super) fn links(&self, several: &LeadersPlan, from: NodeId) -> Vec<Link> {
        let Some(replica) = self.replica(from) else { return Vec::new() };
        let place = self.ids.iter().position(|id| *id == from);
        let planned = place.and_then(|place| several.neighbours.get(place)).map_or(&[][..], Vec::as_slice);
        let others = replica.peers.iter().map(|peer| peer.id).filter(|id| self.ids.contains(id));
        let network = &self.state.network;
        let link = |to: NodeId| Link {
            from,
            to,
            added: !planned.contains(&to),
            cut: network.is_cut(from, to),
            held: network.is_held(from, to),
            latency: network.settings(from, to).latency.typical(),
        };
        others.map(link).collect()
    }
}
