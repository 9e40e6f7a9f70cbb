//! The plan's side of groups with several leaders: who passes updates on to whom, what is done about conflicts, and what sets are made of.

use super::Plan;
use super::place::{Place, Result, wrong};
use crate::family::MultiLeaderIncluded;
use crate::family::multi_leader::{Delivery, Policy};
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::Sibling;
use crate::scenario::{ConflictRule, Datum, NumbersSpec, Shard, TopologySpec};

/// How many different elements the sets of a scenario may have.
const ELEMENTS_MAX: usize = 64;
/// How many texts may stand one behind the other in a value.
const JOINED_MAX: usize = 8;

/// What a group with several leaders has.
#[derive(Clone, Debug)]
pub struct LeadersPlan {
    /// Only a program that includes them has such a plan.
    pub included: MultiLeaderIncluded,
    /// The leaders, each with its followers.
    pub leaders: Vec<(NodeId, Vec<NodeId>)>,
    /// To which leaders each leader passes updates on, in the order of the leaders.
    pub neighbours: Vec<Vec<NodeId>>,
    /// Whether leaders pass on what other leaders took: not where each tells all others itself.
    pub relays: bool,
    /// When updates that have arrived are applied.
    pub delivery: Delivery,
    /// What is done about conflicts over keys that begin so.
    rules: Vec<(Vec<String>, Policy)>,
    /// The first home of each range of keys whose conflicts are avoided.
    pub homes: Vec<NodeId>,
    /// The distance between the numbers that one leader gives to new rows.
    pub step: u64,
}

impl LeadersPlan {
    /// What is done about conflicts over a key.
    pub(super) fn policy(&self, key: &str) -> Policy {
        let fits = |keys: &[String]| keys.is_empty() || keys.iter().any(|prefix| key.starts_with(prefix.as_str()));
        let rule = self.rules.iter().find(|(keys, _)| fits(keys));
        rule.map_or(Policy::LastWriteWins(crate::family::multi_leader::ClockKind::Physical), |(_, policy)| *policy)
    }

    /// The leader that a replica is or follows.
    #[must_use]
    pub fn leader_of(&self, replica: NodeId) -> Option<NodeId> {
        let has = |(leader, followers): &&(NodeId, Vec<NodeId>)| *leader == replica || followers.contains(&replica);
        self.leaders.iter().find(has).map(|(leader, _)| *leader)
    }

    /// Its leaders.
    pub fn each_leader(&self) -> impl Iterator<Item = NodeId> {
        self.leaders.iter().map(|(leader, _)| *leader)
    }
}

impl Plan {
    /// Looks up what a shard says of its leaders.
    pub(super) fn leaders_plan(&self, included: MultiLeaderIncluded, shard: &Shard, path: &Place<'_>) -> Result<LeadersPlan> {
        let mut leaders = Vec::new();
        for (leader, followers) in shard.leaders() {
            let mut ids = Vec::new();
            for follower in followers {
                ids.push(self.replica(follower, path)?);
            }
            leaders.push((self.replica(leader, path)?, ids));
        }
        let ids: Vec<NodeId> = leaders.iter().map(|(leader, _)| *leader).collect();
        let neighbours = self.neighbours(&shard.topology, &ids, &path.at("topology"))?;
        let (mut rules, mut homes) = (Vec::new(), Vec::new());
        for (i, spec) in shard.conflicts.iter().enumerate() {
            let policy = match &spec.rule {
                ConflictRule::Avoid(home) => {
                    let conflicts = path.nth("conflicts", i);
                    homes.push(self.leader_among(home, &ids, &conflicts.at("rule").at("avoid"))?);
                    Policy::Avoid { range: u16::try_from(homes.len() - 1).unwrap_or(u16::MAX) }
                }
                ConflictRule::LastWriteWins(clock) => Policy::LastWriteWins((*clock).into()),
                ConflictRule::Siblings => Policy::Siblings,
                ConflictRule::Union => Policy::Union,
                ConflictRule::Cart => Policy::Cart,
                ConflictRule::Maximum => Policy::Maximum,
                ConflictRule::Sum => Policy::Sum,
                ConflictRule::Rebase if shard.topology != TopologySpec::Star => {
                    let conflicts = path.nth("conflicts", i);
                    return wrong(&conflicts.at("rule"), "writes are put in order at the centre of a star: choose that topology");
                }
                ConflictRule::Rebase => Policy::Rebase { server: ids[0] },
                ConflictRule::Concatenate => Policy::Concatenate,
                ConflictRule::Crdt(spec) => Plan::replicated(spec, &path.nth("conflicts", i).at("rule").at("crdt"))?,
            };
            rules.push((spec.keys.clone(), policy));
        }
        let step = match shard.numbers {
            NumbersSpec::Next => 1,
            NumbersSpec::Interleaved => leaders.len() as u64,
        };
        let relays = shard.topology != TopologySpec::AllToAll;
        Ok(LeadersPlan { included, leaders, neighbours, relays, delivery: shard.delivery.into(), rules, homes, step })
    }

    fn leader_among(&self, name: &str, leaders: &[NodeId], path: &Place<'_>) -> Result<NodeId> {
        let id = self.replica(name, path)?;
        if leaders.contains(&id) { Ok(id) } else { wrong(path, format!("'{name}' is no leader of this shard")) }
    }

    fn neighbours(&self, topology: &TopologySpec, leaders: &[NodeId], path: &Place<'_>) -> Result<Vec<Vec<NodeId>>> {
        let others = |own: &NodeId| leaders.iter().copied().filter(|id| id != own).collect::<Vec<_>>();
        Ok(match topology {
            TopologySpec::AllToAll => leaders.iter().map(others).collect(),
            TopologySpec::Ring => {
                let next = leaders.iter().cycle().skip(1);
                leaders.iter().zip(next).map(|(own, next)| if own == next { Vec::new() } else { vec![*next] }).collect()
            }
            TopologySpec::Star => {
                let outer = |own: &NodeId| if *own == leaders[0] { others(own) } else { vec![leaders[0]] };
                leaders.iter().map(outer).collect()
            }
            TopologySpec::Graph(pairs) => {
                let mut all = vec![Vec::new(); leaders.len()];
                for (i, (a, b)) in pairs.iter().enumerate() {
                    let here = &path.nth("graph", i);
                    let (a, b) = (self.leader_among(a, leaders, here)?, self.leader_among(b, leaders, here)?);
                    if a == b {
                        return wrong(here, format!("'{}' has no link to itself", self.name(a)));
                    }
                    for (own, other) in [(a, b), (b, a)] {
                        let place = leaders.iter().position(|id| *id == own).unwrap_or(0);
                        if !all[place].contains(&other) {
                            all[place].push(other);
                        }
                    }
                }
                all
            }
        })
    }

    /// What is done about conflicts over a key; of a group with one leader there are none.
    #[must_use]
    pub fn policy(&self, key: KeyId) -> Option<Policy> {
        MultiLeaderIncluded::proof()?;
        self.policies.get(key.0 as usize).copied()
    }

    /// The values that a read of a key has found: one for each version, and where a rule merges them the one that it makes.
    #[must_use]
    pub fn values_read(&self, key: KeyId, found: &[Sibling]) -> Vec<Value> {
        let most = if self.policy(key).is_some_and(Policy::merges) { 1 } else { usize::MAX };
        found.iter().map(|version| version.value).take(most).collect()
    }

    /// The value that a client gives a key, which depends on how the key's conflicts are handled.
    pub(super) fn value_of(&mut self, key: KeyId, datum: &Datum, path: &Place<'_>) -> Result<Value> {
        match (self.policy(key), datum) {
            (Some(Policy::Union | Policy::Cart), Datum::Set(texts)) => {
                let mut set = 0;
                for text in texts {
                    set |= 1 << self.element(text, path)?;
                }
                Ok(Value::Set(set))
            }
            (Some(Policy::Union | Policy::Cart), Datum::Int(_) | Datum::Text(_)) => {
                wrong(path, format!("'{}' is a set: its value is a list of texts", self.key_name(key)))
            }
            (Some(Policy::Maximum), Datum::Text(_) | Datum::Set(_)) => {
                wrong(path, format!("'{}' is a number, of which the largest stays", self.key_name(key)))
            }
            (Some(Policy::Sum), _) => {
                wrong(path, format!("'{}' is a sum: clients add to it, and do not write it", self.key_name(key)))
            }
            (Some(Policy::Concatenate), Datum::Text(text)) => Ok(Value::Joined(1 + u64::from(self.element(text, path)?))),
            (Some(Policy::Concatenate), Datum::Set(texts)) if (1..=JOINED_MAX).contains(&texts.len()) => {
                let mut parts = [0_u8; JOINED_MAX];
                for (part, text) in parts.iter_mut().zip(texts) {
                    *part = 1 + self.element(text, path)?;
                }
                Ok(Value::Joined(u64::from_le_bytes(parts)))
            }
            (Some(Policy::Concatenate), Datum::Int(_) | Datum::Set(_)) => {
                wrong(path, format!("'{}' is a text, or a list of one to {JOINED_MAX} texts", self.key_name(key)))
            }
            (Some(Policy::Replicated(_)), _) => {
                wrong(path, format!("'{}' is replicated data: clients call its methods, and do not write it", self.key_name(key)))
            }
            (
                Some(
                    Policy::Avoid { .. } | Policy::LastWriteWins(_) | Policy::Siblings | Policy::Maximum | Policy::Rebase { .. },
                )
                | None,
                Datum::Int(_) | Datum::Text(_) | Datum::Set(_),
            ) => self.value(datum, path),
        }
    }

    /// The number of an element of sets.
    pub(super) fn element(&mut self, text: &str, path: &Place<'_>) -> Result<u8> {
        super::sizes::check_name(text, path)?;
        let number = self.elements.iter().position(|known| known == text).unwrap_or_else(|| {
            self.elements.push(text.to_owned());
            self.elements.len() - 1
        });
        if number >= ELEMENTS_MAX {
            return wrong(path, format!("more than {ELEMENTS_MAX} different elements"));
        }
        Ok(u8::try_from(number).unwrap_or(u8::MAX))
    }

    /// The elements of a set as a person reads them.
    pub(super) fn show_set(&self, set: u64) -> String {
        let names = self.elements.iter().enumerate().filter(|(number, _)| set & 1 << number != 0).map(|(_, name)| name.as_str());
        format!("{{{}}}", names.collect::<Vec<_>>().join(", "))
    }

    /// Elements one behind the other.
    pub(super) fn show_joined(&self, parts: u64) -> String {
        let bytes = parts.to_le_bytes();
        let names = bytes.iter().take_while(|byte| **byte != 0).map(|byte| self.elements.get(usize::from(*byte) - 1));
        names.map(|name| name.map_or("?", String::as_str)).collect::<Vec<_>>().join("/")
    }
}
