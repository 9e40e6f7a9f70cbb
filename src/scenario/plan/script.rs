//! The plan's side of the script: what each event does, to whom.

use super::place::{Place, Result, wrong};
use super::writes::Written;
use super::{LeadersPlan, Plan};
use crate::family::multi_leader::Order;
use crate::family::single_leader::Intervention;
use crate::family::{LeaderlessIncluded, MultiLeaderIncluded, leaderless};
use crate::log::KeyId;
use crate::network::{Latency, NodeId};
use crate::operation::{Demand, Kind};
use crate::scenario::{Direction, Event, LinkSpec, Target};

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
        /// Where it goes first.
        prefer: Option<NodeId>,
        /// What must be so where a write is carried out.
        demand: Demand,
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
    /// An operator does something to a leader of a group with several.
    MultiLeader(MultiLeaderIncluded, NodeId, Order),
    /// An operator does something to a node of a ring.
    Leaderless(LeaderlessIncluded, NodeId, leaderless::Order),
    /// A replica joins.
    Join(NodeId),
}

impl Plan {
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

    /// The links that an entry names.
    pub(super) fn pairs_of(&self, spec: &LinkSpec, path: &Place<'_>) -> Result<Vec<(NodeId, NodeId)>> {
        if let Some(Err(message)) = spec.latency.as_ref().map(Latency::validate) {
            return wrong(&path.at("latency"), message);
        }
        self.pairs(("from", &spec.from), ("to", &spec.to), path)
    }

    /// What the group of a replica has if it has several leaders.
    #[must_use]
    pub fn several_of(&self, replica: NodeId) -> Option<&LeadersPlan> {
        MultiLeaderIncluded::proof()?;
        self.groups.get(self.group_of(replica)?.index())?.several.as_ref()
    }

    /// A node leaves its ring.
    fn leave(&self, included: LeaderlessIncluded, target: &Target, here: &Place<'_>) -> Result<Action> {
        let id = self.replica(&target.node, &here.at("node"))?;
        Ok(Action::Leaderless(included, id, leaderless::Order::Leave))
    }

    /// What an event does that only those families have where several take writes.
    fn action_of_several(&mut self, included: MultiLeaderIncluded, event: &Event, path: &Place<'_>) -> Option<Result<Action>> {
        Some(match event {
            Event::Delete { client, key, at } => self.delete(&Written { client, key, at: at.as_deref() }, &path.at("delete")),
            Event::Add { client, key, amount, floor, at } => {
                self.add(&Written { client, key, at: at.as_deref() }, *amount, *floor, &path.at("add"))
            }
            Event::Call { client, key, method, floor, at } => {
                self.call(&Written { client, key, at: at.as_deref() }, method, *floor, &path.at("call"))
            }
            Event::Leave(target) => self.leave(LeaderlessIncluded::proof()?, target, &path.at("leave")),
            Event::Connect(way) => self.connect(included, way, &path.at("connect")),
            Event::MoveHome { key, to } => self.move_home(included, key, to, &path.at("move-home")),
            _ => return None,
        })
    }

    /// What an event does.
    pub(super) fn action(&mut self, event: &Event, path: &Place<'_>) -> Result<Action> {
        let replica = |plan: &Plan, target: &Target, what: &'static str| plan.replica(&target.node, &path.at(what).at("node"));
        Ok(match event {
            Event::Write { client, key, value, at, condition } => {
                self.write(&Written { client, key, at: at.as_deref() }, value, condition.as_ref(), &path.at("write"))?
            }
            Event::Delete { .. }
            | Event::Add { .. }
            | Event::Call { .. }
            | Event::Leave(_)
            | Event::Connect(_)
            | Event::MoveHome { .. } => {
                let included = MultiLeaderIncluded::proof();
                match included.and_then(|included| self.action_of_several(included, event, path)) {
                    Some(action) => action?,
                    None => return wrong(path, "this program leaves out the families that have such events"),
                }
            }
            Event::Read { client, key, at, mode } => Action::Invoke {
                client: self.client(client, &path.at("read").at("client"))?,
                key: self.row(key, &path.at("read").at("key"))?,
                kind: Kind::Read(*mode),
                prefer: match at {
                    Some(at) => Some(self.replica(at, &path.at("read").at("at"))?),
                    None => None,
                },
                demand: Demand::Nothing,
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
                if self.groups.iter().any(|group| group.leader == id && group.ring.is_none()) {
                    return wrong(&path.at("join"), format!("'{}' leads from the start, and cannot join later", target.node));
                }
                self.absent.push(id);
                Action::Join(id)
            }
        })
    }
}
