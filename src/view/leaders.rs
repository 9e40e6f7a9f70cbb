//! The stage of a group with several leaders at one moment: what each leader has applied of each other one, what waits and for what, the
//! links as they are, and the key that is looked at.
//!
//! Every number comes from the replicas themselves. A leader's update is called by a sign and its number, "V3" for the third that virginia
//! took: the dot of Preguiça et al. 2010, which is what vectors count.

mod versions;
mod words;

pub use versions::{Column, Versions};
pub use words::{describe_follower, describe_leader, describe_link, vector_words};

use super::ring::Lines;
use crate::family::GroupId;
use crate::family::multi_leader::{Policy, Replica, Update, actor_of, node_of};
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::Run;
use crate::scenario::{ConflictRule, LeadersPlan};
use crate::simulation::{Simulation, Status};
use crate::time::{LocalClock, SimDuration, SimTime};
use crate::version::{Dot, VersionVector};

/// A group with several leaders.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaders {
    /// Which one.
    pub id: GroupId,
    /// What it is called; empty if there is only one.
    pub name: String,
    /// Which lines its cards have.
    pub lines: Lines,
    /// Its leaders.
    pub leaders: Vec<Leader>,
    /// Who passes updates on to whom, leaders among each other.
    pub links: Vec<Link>,
    /// The key that is looked at; none before anything was written.
    pub versions: Option<Versions>,
}

/// A leader.
#[derive(Clone, Debug, PartialEq)]
pub struct Leader {
    /// Which one.
    pub id: NodeId,
    /// What it is called.
    pub name: String,
    /// The sign that its updates bear.
    pub sign: String,
    /// Whether it runs.
    pub status: Status,
    /// How many entries its log has.
    pub entries: u64,
    /// Of each leader, in their order, how many updates it has applied without a gap, and how many that leader has taken.
    pub vector: Vec<(u64, u64)>,
    /// How many updates it has applied beyond a gap.
    pub beyond: u64,
    /// How far its clock is ahead of true time, in microseconds; none if it is true.
    pub skew: Option<i64>,
    /// The keys that it takes to be the home of, by their beginnings.
    pub homes: Vec<String>,
    /// The updates that wait in its buffer, each with what it waits for.
    pub waits: Vec<(String, String)>,
    /// How many requests wait for what their tokens ask for.
    pub parked: usize,
    /// What it shows a reader of the key that is looked at.
    pub shows: String,
    /// Its followers.
    pub followers: Vec<Follower>,
}

/// A replica that takes no writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Follower {
    /// Which one.
    pub id: NodeId,
    /// What it is called.
    pub name: String,
    /// Whether it runs.
    pub status: Status,
    /// How many updates it has applied.
    pub applied: u64,
    /// How many entries of its leader's log it has not applied.
    pub behind: u64,
    /// What it shows a reader of the key that is looked at.
    pub shows: String,
    /// Whether nothing passes from its leader.
    pub cut: bool,
}

/// A direction in which a leader passes updates on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// From whom.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// Whether an operator has added it to the topology.
    pub added: bool,
    /// Whether nothing passes.
    pub cut: bool,
    /// Whether the network keeps what it carries.
    pub held: bool,
    /// How long a message takes.
    pub latency: SimDuration,
}

/// The groups with several leaders, and the key that is looked at: the one that is named, or the one that was written last.
pub(super) fn leaders(run: &Run, state: &Simulation, now: SimTime, key: Option<KeyId>) -> Vec<Leaders> {
    let groups = (0_u16..).map(GroupId).zip(&run.plan.groups);
    groups.filter_map(|(id, group)| Some(group_of(run, state, now, (id, group.several.as_ref()?), key))).collect()
}

fn group_of(run: &Run, state: &Simulation, now: SimTime, (id, several): (GroupId, &LeadersPlan), key: Option<KeyId>) -> Leaders {
    let plan = &run.plan;
    let key = key.filter(|key| plan.key_groups.get(key.0 as usize) == Some(&id)).or_else(|| last_written(run, id, now));
    let ids: Vec<NodeId> = several.each_leader().collect();
    let names: Vec<&str> = ids.iter().map(|id| plan.name(*id)).collect();
    let signs = signs(&names);
    let seen = Seen { run, state, ids: &ids, signs: &signs, key };
    let leaders = several.leaders.iter().filter_map(|(leader, followers)| seen.leader(now, (*leader, id), followers)).collect();
    let links = ids.iter().flat_map(|id| seen.links(several, *id)).collect();
    let name = if plan.groups.len() > 1 { plan.groups[id.index()].name.clone() } else { String::new() };
    let versions = key.map(|key| versions::versions(&seen, key));
    Leaders { id, name, lines: super::ring::lines(plan, several), leaders, links, versions }
}

/// The key of a group that was written last.
fn last_written(run: &Run, group: GroupId, now: SimTime) -> Option<KeyId> {
    let begun = run.trace.ops.partition_point(|op| op.invoked <= now);
    let mut writes = run.trace.ops[..begun].iter().rev().filter(|op| op.group == group);
    writes.find_map(|op| match op.kind {
        Kind::Read(_) => None,
        // A new row has the key that its leader gave it, as soon as it has one.
        Kind::Write(Value::Statement(_)) => run.rows_of(op.id).next().filter(|_| op.end.is_some_and(|end| end.at <= now)),
        Kind::Write(_) => Some(op.key),
    })
}

/// A short sign for each name: its first letter, or as many as tell it from the others; its place where three do not.
pub(super) fn signs(names: &[&str]) -> Vec<String> {
    let begin = |name: &str, letters: usize| {
        let mut all = name.chars();
        all.next().into_iter().flat_map(char::to_uppercase).chain(all.take(letters - 1)).collect::<String>()
    };
    let alone = |name: &str, letters: usize| {
        let same = names.iter().filter(|other| begin(other, letters) == begin(name, letters)).count() == 1;
        // What ends in a digit could not be told from the number behind it.
        same && !begin(name, letters).ends_with(|last: char| last.is_ascii_digit())
    };
    let sign = |(place, name): (usize, &&str)| {
        let letters = (1..=3).find(|letters| alone(name, *letters));
        letters.map_or_else(|| format!("{}{}.", begin(name, 1), place + 1), |letters| begin(name, letters))
    };
    names.iter().enumerate().map(sign).collect()
}

/// The signs of the leaders of a group.
pub(super) fn signs_of(run: &Run, several: &LeadersPlan) -> Vec<(NodeId, String)> {
    let ids: Vec<NodeId> = several.each_leader().collect();
    let names: Vec<&str> = ids.iter().map(|id| run.plan.name(*id)).collect();
    ids.into_iter().zip(signs(&names)).collect()
}

/// What is looked at, and through which names.
struct Seen<'a> {
    run: &'a Run,
    state: &'a Simulation,
    ids: &'a [NodeId],
    signs: &'a [String],
    key: Option<KeyId>,
}

impl Seen<'_> {
    fn replica(&self, id: NodeId) -> Option<&Replica> {
        self.state.multi_leader_replica(id)
    }

    /// The replicas of the group.
    fn replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        self.state.multi_leader_replicas().filter(|(_, replica)| self.ids.contains(&replica.config.leader))
    }

    /// "V3".
    fn dot(&self, dot: Dot) -> String {
        let place = self.ids.iter().position(|id| *id == node_of(dot.actor));
        format!("{}{}", place.map_or("?", |place| self.signs[place].as_str()), dot.count)
    }

    /// The counters of a vector, in the order of the leaders.
    fn counts(&self, vector: &VersionVector) -> Vec<u64> {
        self.ids.iter().map(|id| vector.get(actor_of(*id))).collect()
    }

    fn leader(&self, now: SimTime, (id, group): (NodeId, GroupId), followers: &[NodeId]) -> Option<Leader> {
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

    fn links(&self, several: &LeadersPlan, from: NodeId) -> Vec<Link> {
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

/// How far a clock is ahead of true time.
fn skew(clock: LocalClock, now: SimTime) -> Option<i64> {
    let run_away = i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX).saturating_mul(i64::from(clock.fast));
    (clock != LocalClock::TRUE).then(|| clock.offset.0.saturating_add(run_away))
}

/// What a replica shows a reader of a key: the values of all versions, or what a rule makes of them.
pub(super) fn shown(run: &Run, replica: &Replica, key: KeyId) -> String {
    let versions = replica.store.shown(key, replica.policy(key));
    let mut values: Vec<String> = versions.iter().map(|version| value_words(run, version.value)).collect();
    if replica.policy(key).merges() {
        values.truncate(1);
    }
    if values.is_empty() { "none".to_owned() } else { values.join(" ∥ ") }
}

/// A value, or that there is none any more.
fn value_words(run: &Run, value: Value) -> String {
    if value == Value::Nothing { "deleted".to_owned() } else { run.plan.show(value) }
}

/// What is done about concurrent writes, in a few words.
#[must_use]
pub fn rule_words(policy: Policy) -> &'static str {
    use crate::family::multi_leader::ClockKind;
    match policy {
        Policy::Avoid { .. } => "one leader at a time takes its writes",
        Policy::LastWriteWins(ClockKind::Physical) => "the last write by the machines' clocks wins",
        Policy::LastWriteWins(ClockKind::Lamport) => "the last write by Lamport clocks wins",
        Policy::LastWriteWins(ClockKind::Hybrid) => "the last write by hybrid clocks wins",
        Policy::Siblings => "all versions stay until a client resolves them",
        Policy::Union => "sets are united",
        Policy::Cart => "sets are united, but for what was taken out",
        Policy::Maximum => "the largest number stays",
        Policy::Sum => "every addition counts",
        Policy::Concatenate => "each leader writes one behind the other",
    }
}

#[cfg(test)]
mod tests {
    use super::signs;

    #[test]
    fn leaders_have_signs_of_their_own() {
        assert_eq!(signs(&["virginia", "frankfurt"]), ["V", "F"]);
        assert_eq!(signs(&["singapore", "sydney", "tokyo"]), ["Si", "Sy", "T"]);
        assert_eq!(signs(&["leader-1", "leader-2", "n1", "n2"]), ["L1.", "L2.", "N3.", "N4."]);
    }
}
