//! The nodes of rings at one moment: what each holds, keeps for others and believes.

use crate::family::GroupId;
use crate::family::leaderless::{Replica, Scope};
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::plural::plural;
use crate::run::Run;
use crate::scenario::RingPlan;
use crate::simulation::{Simulation, Status};
use crate::time::SimTime;

/// A ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingNodes {
    /// Which group it is.
    pub id: GroupId,
    /// What it is called; empty if there is only one.
    pub name: String,
    /// What it asks for, in a few words.
    pub rule: String,
    /// Its nodes.
    pub nodes: Vec<RingNode>,
}

/// A node of a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingNode {
    /// Which one.
    pub id: NodeId,
    /// What it is called.
    pub name: String,
    /// Its region; empty if there is only one.
    pub region: String,
    /// Whether it runs.
    pub status: Status,
    /// Whether it belongs to the ring, as far as it knows.
    pub member: bool,
    /// What it holds of the key that is looked at: "key = value", or that it is no replica of it.
    pub shows: String,
    /// How many keys it holds, and what it keeps for others.
    pub holds: String,
    /// Whom it believes to be down.
    pub suspects: String,
}

impl RingNode {
    /// Its state in a few words.
    #[must_use]
    pub fn state_line(&self) -> String {
        match (self.status, self.member) {
            (Status::Down, _) => "down".to_owned(),
            (Status::Paused, _) => "paused".to_owned(),
            (Status::Up, false) => "no member".to_owned(),
            (Status::Up, true) => self.region.clone(),
        }
    }

    /// The node in words, for those who do not see it.
    #[must_use]
    pub fn describe(&self) -> String {
        let state = Some(self.state_line()).filter(|state| !state.is_empty());
        let rest = [&self.shows, &self.holds, &self.suspects].into_iter().filter(|text| !text.is_empty()).cloned();
        let all: Vec<String> = [format!("node {}", self.name)].into_iter().chain(state).chain(rest).collect();
        all.join(", ")
    }
}

/// The rings, and the key that is looked at: the one that is named, or the one that was written last.
pub(super) fn rings(run: &Run, state: &Simulation, now: SimTime, key: Option<KeyId>) -> Vec<RingNodes> {
    let groups = (0_u16..).map(GroupId).zip(&run.plan.groups);
    groups.filter_map(|(id, group)| Some(ring(run, state, now, (id, group.ring.as_ref()?), key))).collect()
}

fn ring(run: &Run, state: &Simulation, now: SimTime, (id, ring): (GroupId, &RingPlan), key: Option<KeyId>) -> RingNodes {
    let plan = &run.plan;
    let key = key_looked_at(run, now, id, key);
    let replica = |(node, region): &(NodeId, u16)| {
        let replica = state.leaderless_replica(*node)?;
        let region = ring.regions.get(usize::from(*region)).cloned().unwrap_or_default();
        Some(node_of(run, state, replica, region, key))
    };
    let name = if plan.groups.len() > 1 { plan.groups[id.index()].name.clone() } else { String::new() };
    RingNodes { id, name, rule: rule_of(ring), nodes: ring.nodes.iter().filter_map(replica).collect() }
}

/// The key of a ring that is looked at: the one that is named, if it is of this ring, or the one that was written last.
pub(super) fn key_looked_at(run: &Run, now: SimTime, id: GroupId, key: Option<KeyId>) -> Option<KeyId> {
    let begun = run.trace.ops.partition_point(|op| op.invoked <= now);
    let last = || run.trace.ops[..begun].iter().rev().find(|op| op.group == id && op.is_write()).map(|op| op.key);
    key.filter(|key| run.plan.key_groups.get(key.0 as usize) == Some(&id)).or_else(last)
}

/// What a ring asks for, in a few words.
pub(super) fn rule_of(ring: &RingPlan) -> String {
    let settings = &ring.settings;
    let sloppy = if settings.sloppy { ", sloppy" } else { "" };
    let scope = match settings.scope {
        Scope::All => "",
        Scope::Local => " in the own region",
        Scope::Each => " in each region",
    };
    format!("N {}, R {}, W {}{scope}{sloppy}", settings.all_replicas(), settings.reads, settings.writes)
}

pub(super) fn node_of(run: &Run, state: &Simulation, replica: &Replica, region: String, key: Option<KeyId>) -> RingNode {
    let (plan, id) = (&run.plan, replica.config.id);
    let shows = key.map_or(String::new(), |key| {
        let held = replica.store.versions(key);
        let value = |value: Value| if value == Value::Nothing { "deleted".to_owned() } else { plan.show(value) };
        let values: Vec<String> = held.iter().map(|version| value(version.value)).collect();
        let name = plan.key_name(key);
        let name = name.rsplit('/').next().unwrap_or(name);
        match (values.is_empty(), replica.homes(key).contains(&id)) {
            (false, _) => format!("{name} = {}", values.join(" ∥ ")),
            (true, true) => format!("{name} = none"),
            (true, false) => format!("no replica of {name}"),
        }
    });
    let mut kept: Vec<String> = Vec::new();
    for owner in crate::sorted::set(replica.hints.all().iter().map(|hint| hint.owner)) {
        let count = replica.hints.all().iter().filter(|hint| hint.owner == owner).count() as u64;
        kept.push(format!("{} for {}", plural(count, "hint"), plan.name(owner)));
    }
    let keys = plural(replica.store.keys().count() as u64, "key");
    let holds = [vec![keys], kept].concat().join(", ");
    let down: Vec<&str> =
        replica.membership.others().filter(|node| !replica.membership.believes_up(*node)).map(|n| plan.name(n)).collect();
    let suspects = if down.is_empty() { String::new() } else { format!("believes down: {}", down.join(", ")) };
    let (name, status, member) = (plan.name(id).to_owned(), state.status(id), replica.membership.has(id));
    RingNode { id, name, region, status, member, shows, holds, suspects }
}
