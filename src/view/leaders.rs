//! The stage of a group with several leaders at one moment: what each leader has applied of each other one, what waits and for what, the
//! links as they are, and the key that is looked at.
//!
//! Every number comes from the replicas themselves. A leader's update is called by a sign and its number, "V3" for the third that virginia
//! took: the dot of Preguiça et al. 2010, which is what vectors count.

mod seen;
mod versions;
mod words;

pub use versions::{Column, Versions};
pub use words::{describe_follower, describe_leader, describe_link, vector_words};

use seen::Seen;

use super::ring::Lines;
use crate::family::GroupId;
use crate::family::multi_leader::{Policy, Replica};
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::Run;
use crate::scenario::LeadersPlan;
use crate::simulation::{Simulation, Status};
use crate::time::{LocalClock, SimDuration, SimTime};

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
    run.begun(group, now).find_map(|op| match op.kind {
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
        Policy::Rebase { .. } => "the centre of the star puts writes in the order of arrival",
        Policy::Replicated(_) => "its data type merges what concurrent updates did",
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
