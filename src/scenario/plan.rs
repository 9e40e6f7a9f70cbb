//! The plan: a scenario with every name looked up and every number checked, ready to be run.
//!
//! Nodes are numbered replicas first, shard by shard, then clients. Keys and texts are numbered in the order of the script, so
//! that an event added at the end of the script leaves all other numbers as they were.

use super::limits::{KEYS_MAX, LIST_MAX, NAME_MAX, NODES_MAX, PROSE_MAX, RATE_MAX, SCRIPT_MAX, SHARDS_MAX, UNTIL_MAX, VALUE_MAX};
use super::place::{Place, Result, at_most, item, top, wrong};
use super::{
    AckSpec, Datum, Direction, Event, FailoverSpec, LevelSpec, LinkSpec, OnLossSpec, QuorumSpec, Scenario, ScenarioError,
    SelectionSpec, SyncSpec, Target, VERSION, Workload, WorkloadKind,
};
use crate::family::GroupId;
use crate::family::single_leader::Intervention;
use crate::family::single_leader::{AckLevel, AckRule, OnSyncLoss, Selection, SyncRule};
use crate::log::{KeyId, Value};
use crate::network::{LinkSettings, NodeId};
use crate::operation::Kind;
use crate::sorted;
use crate::statement::{Change, Statement};
use crate::time::{SimDuration, SimTime};

/// A scenario, ready to be run.
#[derive(Clone, Debug)]
pub struct Plan {
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
    /// The texts that are written.
    pub texts: Vec<String>,
    /// The settings of links, in order: from, to, settings of the whole matrix.
    pub links: Vec<LinkSettings>,
    /// The script, in order of time; the number is the event's place in the scenario.
    pub script: Vec<(SimTime, usize, Action)>,
    /// The steady streams of operations.
    pub feeds: Vec<Feed>,
    /// For each replica, by how many thousandths its clock is fast.
    pub clocks: Vec<i32>,
    /// The statements that values refer to.
    pub statements: Vec<Statement>,
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
}

/// An event of the script with its names looked up.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A client does an operation.
    Invoke {
        /// Who.
        client: NodeId,
        /// Which key.
        key: KeyId,
        /// What.
        kind: Kind,
        /// Where a read goes first.
        prefer: Option<NodeId>,
    },
    /// Links change.
    Links(Vec<(NodeId, NodeId)>, Box<LinkSpec>),
    /// Links are cut.
    Cut(Vec<(NodeId, NodeId)>),
    /// Links are healed.
    Heal(Vec<(NodeId, NodeId)>),
    /// Links are held.
    Hold(Vec<(NodeId, NodeId)>),
    /// Links are released.
    Release(Vec<(NodeId, NodeId)>),
    /// A replica crashes.
    Crash(NodeId),
    /// A replica restarts.
    Restart(NodeId),
    /// A replica freezes.
    Pause(NodeId),
    /// A replica goes on.
    Resume(NodeId),
    /// An operator does something to a replica of a group with one leader.
    SingleLeader(NodeId, Intervention),
    /// A replica joins.
    Join(NodeId),
}

/// A steady stream of operations with its names looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Who.
    pub client: NodeId,
    /// Write or read.
    pub kind: WorkloadKind,
    /// The mean pause between two operations.
    pub pause: SimDuration,
    /// Whether pauses are random.
    pub random: bool,
    /// The keys, in turn.
    pub keys: Vec<KeyId>,
    /// When it starts.
    pub from: SimTime,
    /// When it stops.
    pub to: SimTime,
}

impl Plan {
    /// Checks a scenario and looks up its names.
    ///
    /// # Errors
    /// The first mistake, with the path to the value.
    pub fn new(scenario: &Scenario) -> Result<Plan> {
        check_sizes(scenario)?;
        let mut plan = Plan {
            scenario: scenario.clone(),
            nodes: Vec::new(),
            replicas: 0,
            groups: Vec::new(),
            keys: Vec::new(),
            key_groups: Vec::new(),
            texts: Vec::new(),
            links: Vec::new(),
            script: Vec::new(),
            feeds: Vec::new(),
            clocks: Vec::new(),
            statements: Vec::new(),
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
        plan.clocks = vec![0; plan.replicas];
        for (i, clock) in scenario.clocks.iter().enumerate() {
            let place = &item("clocks", i);
            let id = plan.replica(&clock.node, &place.at("node"))?;
            match i32::try_from(clock.ms_per_second) {
                Ok(rate @ 500..=2_000) => plan.clocks[id.index()] = rate - 1_000,
                _ => return wrong(&place.at("ms_per_second"), "a clock shows from 500 to 2000 ms for each second"),
            }
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
        plan.find_rows()?;
        plan.check_partial()?;
        Ok(plan)
    }

    fn name_nodes(&mut self) -> Result<()> {
        let scenario = self.scenario.clone();
        let add = |name: &str, path: &Place<'_>, nodes: &mut Vec<String>| {
            check_name(name, path)?;
            if nodes.iter().any(|node| node == name) {
                return wrong(path, format!("two nodes are called '{name}'"));
            }
            nodes.push(name.to_owned());
            Ok(())
        };
        for (i, shard) in scenario.shards.iter().enumerate() {
            add(&shard.leader, &item("shards", i).at("leader"), &mut self.nodes)?;
            for (j, follower) in shard.followers.iter().enumerate() {
                add(follower, &item("shards", i).nth("followers", j), &mut self.nodes)?;
            }
        }
        self.replicas = self.nodes.len();
        for (i, client) in scenario.clients.iter().enumerate() {
            add(&client.name, &item("clients", i).at("name"), &mut self.nodes)?;
            client.user.as_ref().map_or(Ok(()), |user| check_name(user, &item("clients", i).at("user")))?;
        }
        at_most(self.nodes.len(), NODES_MAX, &top("shards"), "nodes")
    }

    fn form_groups(&mut self) -> Result<()> {
        for (i, shard) in self.scenario.shards.clone().iter().enumerate() {
            let path = &item("shards", i);
            check_name(&shard.name, &path.at("name"))?;
            let leader = self.replica(&shard.leader, path)?;
            if let Some(failover) = &shard.failover {
                check_failover(failover, shard.followers.len(), &path.at("failover"))?;
            }
            let mut members = vec![leader];
            for follower in &shard.followers {
                members.push(self.replica(follower, path)?);
            }
            let ack = match &shard.ack {
                AckSpec::Async => AckRule::Async,
                AckSpec::Sync(spec) => AckRule::Sync(self.sync_rule(spec, &members, &path.at("ack").at("sync"))?),
            };
            self.groups.push(GroupPlan { name: shard.name.clone(), members, leader, ack });
        }
        Ok(())
    }

    fn sync_rule(&self, spec: &SyncSpec, members: &[NodeId], path: &Place<'_>) -> Result<SyncRule> {
        let mut followers = Vec::new();
        for (i, name) in spec.followers.iter().enumerate() {
            let here = &path.nth("followers", i);
            let id = self.replica(name, here)?;
            if !members[1..].contains(&id) {
                return wrong(here, format!("'{name}' is no follower of this shard"));
            }
            if followers.contains(&id) {
                return wrong(here, format!("'{name}' stands twice in the list"));
            }
            followers.push(id);
        }
        if spec.k == 0 || spec.k > followers.len() {
            return wrong(
                &path.at("k"),
                format!("k is {}, but must be from 1 to the {} followers listed", spec.k, followers.len()),
            );
        }
        Ok(SyncRule {
            followers,
            k: spec.k,
            selection: match spec.selection {
                SelectionSpec::First => Selection::First,
                SelectionSpec::Any => Selection::Any,
            },
            level: match spec.level {
                LevelSpec::Received => AckLevel::Received,
                LevelSpec::Flushed => AckLevel::Flushed,
                LevelSpec::Applied => AckLevel::Applied,
            },
            on_loss: match spec.on_loss {
                OnLossSpec::Block => OnSyncLoss::Block,
                OnLossSpec::FallBackToAsync(after) => OnSyncLoss::FallBackToAsync(after),
                OnLossSpec::PromoteNext(after) => OnSyncLoss::PromoteNext(after),
            },
        })
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
            Value::Statement(_) => match self.change(value) {
                Some(Change::Insert(value) | Change::Set(value)) => self.show(value),
                Some(Change::Add(more)) => format!("itself + {more}"),
                Some(Change::Now) => "now()".to_owned(),
                Some(Change::Random) => "random()".to_owned(),
                None => String::new(),
            },
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

    pub(super) fn replica(&self, name: &str, path: &Place<'_>) -> Result<NodeId> {
        let id = self.node(name, path)?;
        if self.is_client(id) { wrong(path, format!("'{name}' is a client, not a replica")) } else { Ok(id) }
    }

    pub(super) fn client(&self, name: &str, path: &Place<'_>) -> Result<NodeId> {
        let id = self.node(name, path)?;
        if self.is_client(id) { Ok(id) } else { wrong(path, format!("'{name}' is a replica, not a client")) }
    }

    pub(super) fn key(&mut self, name: &str, path: &Place<'_>) -> Result<KeyId> {
        check_name(name, path)?;
        let index = if let Some(index) = self.keys.iter().position(|k| k == name) {
            index
        } else {
            at_most(self.keys.len() + 1, KEYS_MAX, path, "different keys")?;
            let claims = |shard: &super::Shard| shard.keys.iter().any(|prefix| name.starts_with(prefix.as_str()));
            let group = self.scenario.shards.iter().position(claims).unwrap_or(0);
            self.keys.push(name.to_owned());
            self.key_groups.push(GroupId(u16::try_from(group).unwrap_or(0)));
            self.keys.len() - 1
        };
        Ok(KeyId(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    pub(super) fn value(&mut self, datum: &Datum, path: &Place<'_>) -> Result<Value> {
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
        }
    }

    fn set(&self, name: &str, path: &Place<'_>) -> Result<Vec<NodeId>> {
        if name == "*" {
            Ok((0..u16::try_from(self.nodes.len()).unwrap_or(u16::MAX)).map(NodeId).collect())
        } else {
            self.node(name, path).map(|id| vec![id])
        }
    }

    fn pairs(&self, from: (&'static str, &str), to: (&'static str, &str), path: &Place<'_>) -> Result<Vec<(NodeId, NodeId)>> {
        let sources = self.set(from.1, &path.at(from.0))?;
        let targets = self.set(to.1, &path.at(to.0))?;
        if sources.len() == 1 && sources == targets {
            return wrong(&path.at(to.0), format!("'{}' has no link to itself", to.1));
        }
        let all = sources.iter().flat_map(|src| targets.iter().map(|dst| (*src, *dst)));
        Ok(all.filter(|(src, dst)| src != dst).collect())
    }

    fn direction(&self, links: &Direction, path: &Place<'_>) -> Result<Vec<(NodeId, NodeId)>> {
        self.pairs(("from", &links.from), ("to", &links.to), path)
    }

    fn pairs_of(&self, spec: &LinkSpec, path: &Place<'_>) -> Result<Vec<(NodeId, NodeId)>> {
        if let Some(Err(message)) = spec.latency.as_ref().map(crate::network::Latency::validate) {
            return wrong(&path.at("latency"), message);
        }
        self.pairs(("from", &spec.from), ("to", &spec.to), path)
    }

    fn feed(&mut self, workload: &Workload, path: &Place<'_>) -> Result<Feed> {
        let client = self.client(&workload.client, &path.at("client"))?;
        if workload.per_second == 0 || workload.per_second > RATE_MAX {
            let message = format!("{} operations per second, not from 1 to {RATE_MAX}", workload.per_second);
            return wrong(&path.at("per_second"), message);
        }
        if workload.keys.is_empty() {
            return wrong(&path.at("keys"), "a workload needs at least one key");
        }
        at_most(workload.keys.len(), LIST_MAX, &path.at("keys"), "keys")?;
        let mut keys = Vec::new();
        for (i, key) in workload.keys.iter().enumerate() {
            keys.push(self.row(key, &path.nth("keys", i))?);
        }
        Ok(Feed {
            client,
            kind: workload.kind,
            pause: SimDuration(1_000_000 / u64::from(workload.per_second)),
            random: workload.random,
            keys,
            from: SimTime(workload.from.0),
            to: SimTime(workload.to.unwrap_or(self.scenario.until).0),
        })
    }

    fn action(&mut self, event: &Event, path: &Place<'_>) -> Result<Action> {
        let replica = |plan: &Plan, target: &Target, what: &'static str| plan.replica(&target.node, &path.at(what).at("node"));
        Ok(match event {
            Event::Write { client, key, value } => Action::Invoke {
                client: self.client(client, &path.at("write").at("client"))?,
                key: self.row(key, &path.at("write").at("key"))?,
                kind: Kind::Write(self.value(value, &path.at("write").at("value"))?),
                prefer: None,
            },
            Event::Read { client, key, at, mode } => Action::Invoke {
                client: self.client(client, &path.at("read").at("client"))?,
                key: self.row(key, &path.at("read").at("key"))?,
                kind: Kind::Read(*mode),
                prefer: match at {
                    Some(at) => Some(self.replica(at, &path.at("read").at("at"))?),
                    None => None,
                },
            },
            Event::Update { client, rows, set } => self.update(client, rows, set, &path.at("update"))?,
            Event::Insert { client, table, value } => self.insert(client, table, value, &path.at("insert"))?,
            Event::Link(spec) => Action::Links(self.pairs_of(spec, &path.at("link"))?, Box::new(spec.clone())),
            Event::Partition { a, b } => {
                let mut pairs = Vec::new();
                for (i, left) in a.iter().enumerate() {
                    let left = self.node(left, &path.at("partition").nth("a", i))?;
                    for (j, right) in b.iter().enumerate() {
                        let partition = path.at("partition");
                        let here = &partition.nth("b", j);
                        let right = self.node(right, here)?;
                        if left == right {
                            return wrong(here, format!("'{}' stands on both sides", b[j]));
                        }
                        pairs.extend([(left, right), (right, left)]);
                    }
                }
                Action::Cut(pairs)
            }
            Event::Cut(links) => Action::Cut(self.direction(links, &path.at("cut"))?),
            Event::Heal { a, b } => {
                let one_way = self.pairs(("a", a), ("b", b), &path.at("heal"))?;
                Action::Heal(one_way.iter().flat_map(|(x, y)| [(*x, *y), (*y, *x)]).collect())
            }
            Event::Hold(links) => Action::Hold(self.direction(links, &path.at("hold"))?),
            Event::Release(links) => Action::Release(self.direction(links, &path.at("release"))?),
            Event::Crash(target) => Action::Crash(replica(self, target, "crash")?),
            Event::Restart(target) => Action::Restart(replica(self, target, "restart")?),
            Event::Pause(target) => Action::Pause(replica(self, target, "pause")?),
            Event::Resume(target) => Action::Resume(replica(self, target, "resume")?),
            Event::Promote(target) => Action::SingleLeader(replica(self, target, "promote")?, Intervention::Promote),
            Event::Alter(target) => Action::SingleLeader(replica(self, target, "alter")?, Intervention::Alter),
            Event::Upgrade(target) => Action::SingleLeader(replica(self, target, "upgrade")?, Intervention::Upgrade),
            Event::Join(target) => {
                let id = replica(self, target, "join")?;
                if self.groups.iter().any(|group| group.leader == id) {
                    return wrong(&path.at("join"), format!("'{}' leads from the start, and cannot join later", target.node));
                }
                self.absent.push(id);
                Action::Join(id)
            }
        })
    }
}

impl LinkSpec {
    /// Changes what it names and leaves the rest.
    pub fn change(&self, settings: &mut LinkSettings) {
        if let Some(latency) = &self.latency {
            settings.latency = latency.clone();
        }
        settings.loss = self.loss.unwrap_or(settings.loss);
        settings.duplication = self.duplication.unwrap_or(settings.duplication);
        settings.reorder = self.reorder.unwrap_or(settings.reorder);
    }
}

fn check_name(name: &str, path: &Place<'_>) -> Result<()> {
    if name.is_empty() || name == "*" {
        return wrong(path, format!("'{name}' cannot be a name"));
    }
    if name.chars().any(char::is_control) {
        return wrong(path, "a name cannot hold control characters");
    }
    at_most(name.len(), NAME_MAX, path, "bytes")
}

fn check_failover(failover: &FailoverSpec, followers: usize, path: &Place<'_>) -> Result<()> {
    if failover.heartbeat < SimDuration::millis(1) {
        return wrong(&path.at("heartbeat"), format!("a heartbeat takes 1ms or more, not {}", failover.heartbeat));
    }
    if failover.timeout <= failover.heartbeat {
        return wrong(&path.at("timeout"), format!("the time-out must be longer than the heartbeat of {}", failover.heartbeat));
    }
    match failover.quorum {
        QuorumSpec::Followers(count) if count == 0 || count > followers => {
            wrong(&path.at("quorum"), format!("{count} of {followers} followers cannot be reached"))
        }
        _ => Ok(()),
    }
}

fn check_sizes(scenario: &Scenario) -> Result<()> {
    if scenario.version != VERSION {
        return wrong(&top("version"), format!("this program reads version {VERSION}, not {}", scenario.version));
    }
    if scenario.until > UNTIL_MAX || scenario.until == SimDuration::ZERO {
        return wrong(&top("until"), format!("a run lasts from 1us to {UNTIL_MAX}, not {}", scenario.until));
    }
    if scenario.shards.is_empty() {
        return wrong(&top("shards"), "a scenario needs at least one shard");
    }
    if scenario.op_timeout == SimDuration::ZERO {
        return wrong(&top("op_timeout"), "an operation needs some time");
    }
    if scenario.read.attempt_timeout == SimDuration::ZERO {
        return wrong(&top("read.attempt_timeout"), "an attempt needs some time");
    }
    at_most(scenario.title.len(), PROSE_MAX, &top("title"), "bytes")?;
    if let Some(lesson) = &scenario.lesson {
        at_most(lesson.story.len(), PROSE_MAX, &top("lesson.story"), "bytes")?;
        at_most(lesson.hint.len(), PROSE_MAX, &top("lesson.hint"), "bytes")?;
    }
    at_most(scenario.shards.len(), SHARDS_MAX, &top("shards"), "shards")?;
    at_most(scenario.clients.len(), NODES_MAX, &top("clients"), "clients")?;
    at_most(scenario.links.len(), LIST_MAX, &top("links"), "links")?;
    at_most(scenario.workload.len(), LIST_MAX, &top("workload"), "workloads")?;
    at_most(scenario.script.len(), SCRIPT_MAX, &top("script"), "events")?;
    for (i, shard) in scenario.shards.iter().enumerate() {
        at_most(shard.followers.len(), NODES_MAX, &item("shards", i).at("followers"), "followers")?;
        at_most(shard.keys.len(), LIST_MAX, &item("shards", i).at("keys"), "prefixes")?;
    }
    Ok(())
}
