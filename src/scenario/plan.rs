//! The plan: a scenario with every name looked up and every number checked, ready to be run.
//!
//! Nodes are numbered replicas first, shard by shard, then clients. Keys and texts are numbered in the order of the script, so
//! that an event added at the end of the script leaves all other numbers as they were.

mod calls;
mod family;
mod feeds;
mod groups;
mod leaders;
mod place;
mod rings;
mod rows;
mod script;
mod sizes;
mod writes;

pub use feeds::Feed;
pub use leaders::LeadersPlan;
pub use rings::RingPlan;
pub(crate) use rings::position_of;
pub use script::Action;

use super::limits::{KEYS_MAX, VALUE_MAX};
use super::{Datum, Scenario, ScenarioError, Shard};
use crate::family::multi_leader::{Method, Policy};
use crate::family::single_leader::AckRule;
use crate::family::{GroupId, Included, MultiLeaderIncluded};
use crate::log::{KeyId, Value};
use crate::network::{LinkSettings, NodeId};
use crate::sorted;
use crate::statement::{Change, Statement};
use crate::time::{LocalClock, SimTime};
use family::{check_defects, check_family, included};
use place::{Place, Result, at_most, item, wrong};
use sizes::{check_name, check_sizes};

/// A scenario, ready to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The family of its groups.
    pub family: Included,
    /// The scenario it came from.
    pub scenario: Scenario,
    /// The names of all nodes: replicas first, then clients.
    pub nodes: Vec<String>,
    /// How many of them are replicas.
    pub replicas: usize,
    /// The groups.
    pub groups: Vec<GroupPlan>,
    /// The names of the keys.
    pub keys: Vec<String>,
    /// The group of each key.
    pub key_groups: Vec<GroupId>,
    /// What is done about conflicts over each key, where groups have several leaders.
    pub policies: Vec<Policy>,
    /// What sets are made of.
    pub elements: Vec<String>,
    /// The texts that are written.
    pub texts: Vec<String>,
    /// The settings of links, in order: from, to, settings of the whole matrix.
    pub links: Vec<LinkSettings>,
    /// The script, in order of time; the number is the event's place in the scenario.
    pub script: Vec<(SimTime, usize, Action)>,
    /// The steady streams of operations.
    pub feeds: Vec<Feed>,
    /// For each node, the clock that it looks at.
    pub clocks: Vec<LocalClock>,
    /// The statements that values refer to.
    pub statements: Vec<Statement>,
    /// The methods of replicated data that values refer to.
    pub methods: Vec<Method>,
    /// For each replica, the keys that it keeps, if not all.
    pub keeps: Vec<Option<Vec<KeyId>>>,
    /// The replicas that join later.
    pub absent: Vec<NodeId>,
    /// Whether some read has a bound on staleness, so that leaders have to say how far they are.
    pub bounded: bool,
}

/// One group of replicas.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    /// What it is called.
    pub name: String,
    /// Its replicas.
    pub members: Vec<NodeId>,
    /// The one that leads at the start.
    pub leader: NodeId,
    /// When a write is acknowledged.
    pub ack: AckRule,
    /// What it has if it has several leaders.
    pub several: Option<LeadersPlan>,
    /// What it has if it is a ring; then nobody leads, and the first of its nodes stands where a leader is asked for.
    pub ring: Option<RingPlan>,
}

impl Plan {
    /// Checks a scenario and looks up its names.
    ///
    /// # Errors
    /// The first mistake, with the path to the value.
    pub fn new(scenario: &Scenario) -> Result<Plan> {
        check_sizes(scenario)?;
        check_family(scenario)?;
        check_defects(scenario)?;
        let mut plan = Plan {
            family: included(scenario.family)?,
            scenario: scenario.clone(),
            nodes: Vec::new(),
            replicas: 0,
            groups: Vec::new(),
            keys: Vec::new(),
            key_groups: Vec::new(),
            policies: Vec::new(),
            elements: Vec::new(),
            texts: Vec::new(),
            links: Vec::new(),
            script: Vec::new(),
            feeds: Vec::new(),
            clocks: Vec::new(),
            statements: Vec::new(),
            methods: Vec::new(),
            keeps: Vec::new(),
            absent: Vec::new(),
            bounded: scenario.reads_are_bounded(),
        };
        plan.name_nodes()?;
        plan.form_groups()?;
        plan.links = vec![LinkSettings::default(); plan.nodes.len() * plan.nodes.len()];
        for (i, spec) in scenario.links.iter().enumerate() {
            for (src, dst) in plan.pairs_of(spec, &item("links", i))? {
                let index = src.index() * plan.nodes.len() + dst.index();
                spec.change(&mut plan.links[index]);
            }
        }
        plan.clocks = vec![LocalClock::TRUE; plan.nodes.len()];
        for (i, spec) in scenario.clocks.iter().enumerate() {
            let place = &item("clocks", i);
            let id = plan.node(&spec.node, &place.at("node"))?;
            plan.clocks[id.index()] = match spec.clock() {
                Ok(clock) => clock,
                Err((field, message)) => return wrong(&place.at(field), message),
            };
        }
        for (i, workload) in scenario.workload.iter().enumerate() {
            let feed = plan.feed(workload, &item("workload", i))?;
            plan.feeds.push(feed);
        }
        for (i, scheduled) in scenario.script.iter().enumerate() {
            let action = plan.action(&scheduled.event, &item("script", i).at("do"))?;
            plan.script.push((SimTime(scheduled.at.0), i, action));
        }
        plan.script = sorted::by_key(plan.script, |(at, i, _)| (at.0, *i as u64));
        plan.number_moves();
        plan.check_members()?;
        plan.find_rows()?;
        plan.check_partial()?;
        Ok(plan)
    }

    /// The node of this name.
    #[must_use]
    pub fn node_id(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|n| n == name).and_then(|i| u16::try_from(i).ok()).map(NodeId)
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, id: NodeId) -> &str {
        self.nodes.get(id.index()).map_or("?", String::as_str)
    }

    /// How many replicas the largest group has.
    #[must_use]
    pub fn largest_group(&self) -> usize {
        self.groups.iter().map(|group| group.members.len()).max().unwrap_or(0)
    }

    /// Whether the node is a client.
    #[must_use]
    pub fn is_client(&self, id: NodeId) -> bool {
        id.index() >= self.replicas
    }

    /// The group that a replica belongs to.
    #[must_use]
    pub fn group_of(&self, replica: NodeId) -> Option<GroupId> {
        self.groups.iter().position(|g| g.members.contains(&replica)).and_then(|i| u16::try_from(i).ok()).map(GroupId)
    }

    /// A value as a person reads it.
    #[must_use]
    pub fn show(&self, value: Value) -> String {
        match value {
            Value::Int(n) => n.to_string(),
            Value::Text(t) => self.texts.get(t as usize).cloned().unwrap_or_default(),
            Value::Column => "a new column".to_owned(),
            Value::Nothing => "nothing".to_owned(),
            Value::Delta(more) => format!("{more:+}"),
            Value::Set(_) | Value::Joined(_) | Value::Method(_) | Value::Characters(_) | Value::Amounts(_) => {
                MultiLeaderIncluded::proof().map_or(String::new(), |_| self.show_merged(value))
            }
            Value::Statement(_) => match self.change(value) {
                Some(Change::Insert(value) | Change::Set(value)) => self.show(value),
                Some(Change::Add(more)) => format!("itself + {more}"),
                Some(Change::Now) => "now()".to_owned(),
                Some(Change::Random) => "random()".to_owned(),
                None => String::new(),
            },
        }
    }

    /// A value of those that are merged.
    fn show_merged(&self, value: Value) -> String {
        match value {
            Value::Set(set) => self.show_set(set),
            Value::Joined(parts) => self.show_joined(parts),
            Value::Method(number) => self.show_method(number),
            Value::Characters(bytes) => calls::show_characters(&bytes),
            Value::Amounts(amounts) => self.show_amounts(&amounts),
            _ => String::new(),
        }
    }

    /// What a statement does.
    #[must_use]
    pub fn change(&self, value: Value) -> Option<Change> {
        let Value::Statement(number) = value else { return None };
        self.statements.get(number as usize).map(|statement| statement.change)
    }

    /// The name of a key.
    #[must_use]
    pub fn key_name(&self, key: KeyId) -> &str {
        self.keys.get(key.0 as usize).map_or("?", String::as_str)
    }

    fn node(&self, name: &str, path: &Place<'_>) -> Result<NodeId> {
        self.node_id(name).ok_or_else(|| ScenarioError::at(path.path(), format!("no node is called '{name}'")))
    }

    fn replica(&self, name: &str, path: &Place<'_>) -> Result<NodeId> {
        let id = self.node(name, path)?;
        if self.is_client(id) { wrong(path, format!("'{name}' is a client, not a replica")) } else { Ok(id) }
    }

    fn client(&self, name: &str, path: &Place<'_>) -> Result<NodeId> {
        let id = self.node(name, path)?;
        if self.is_client(id) { Ok(id) } else { wrong(path, format!("'{name}' is a replica, not a client")) }
    }

    fn key(&mut self, name: &str, path: &Place<'_>) -> Result<KeyId> {
        check_name(name, path)?;
        let index = if let Some(index) = self.keys.iter().position(|k| k == name) {
            index
        } else {
            at_most(self.keys.len() + 1, KEYS_MAX, path, "different keys")?;
            let claims = |shard: &Shard| shard.keys.iter().any(|prefix| name.starts_with(prefix.as_str()));
            let group = self.scenario.shards.iter().position(claims).unwrap_or(0);
            self.keys.push(name.to_owned());
            self.key_groups.push(GroupId(u16::try_from(group).unwrap_or(0)));
            if let Some(several) = &self.groups[group].several {
                self.policies.push(several.policy(name));
            }
            self.keys.len() - 1
        };
        Ok(KeyId(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    fn value(&mut self, datum: &Datum, path: &Place<'_>) -> Result<Value> {
        match datum {
            Datum::Int(n) => Ok(Value::Int(*n)),
            Datum::Text(text) => {
                at_most(text.len(), VALUE_MAX, path, "bytes")?;
                let index = self.texts.iter().position(|t| t == text).unwrap_or_else(|| {
                    self.texts.push(text.clone());
                    self.texts.len() - 1
                });
                Ok(Value::Text(u32::try_from(index).unwrap_or(u32::MAX)))
            }
            Datum::Set(_) => wrong(path, "a list of texts has a meaning only where a rule merges sets"),
        }
    }
}
