//! The plan's side of groups: their replicas, whom a write waits for, and how they survive their leader.

use super::place::{Place, Result, at_most, item, top, wrong};
use super::sizes::check_name;
use super::{GroupPlan, Plan};
use crate::family::single_leader::{AckLevel, AckRule, OnSyncLoss, Selection, SyncRule};
use crate::family::{Included, LeaderlessIncluded};
use crate::network::NodeId;
use crate::scenario::limits::NODES_MAX;
use crate::scenario::{AckSpec, FailoverSpec, LevelSpec, OnLossSpec, QuorumSpec, SelectionSpec, Shard, SyncSpec};
use crate::time::SimDuration;

impl Plan {
    /// Numbers the nodes: replicas first, then clients.
    pub(super) fn name_nodes(&mut self) -> Result<()> {
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
            let here = &item("shards", i);
            if let Some(ring) = &shard.ring {
                Plan::name_ring(ring, &here.at("ring"), &mut |name, path| add(name, path, &mut self.nodes))?;
                continue;
            }
            let missing = if self.family.is_leaderless() { "ring" } else { "leader" };
            if shard.leader.is_empty() || self.family.is_leaderless() {
                return wrong(here, format!("missing field `{missing}`"));
            }
            add(&shard.leader, &here.at("leader"), &mut self.nodes)?;
            for (j, follower) in shard.followers.iter().enumerate() {
                add(follower, &here.nth("followers", j), &mut self.nodes)?;
            }
            for (j, peer) in shard.peers.iter().enumerate() {
                let here = &here.nth("peers", j);
                add(&peer.leader, &here.at("leader"), &mut self.nodes)?;
                for (k, follower) in peer.followers.iter().enumerate() {
                    add(follower, &here.nth("followers", k), &mut self.nodes)?;
                }
            }
        }
        self.replicas = self.nodes.len();
        for (i, client) in scenario.clients.iter().enumerate() {
            add(&client.name, &item("clients", i).at("name"), &mut self.nodes)?;
            client.user.as_ref().map_or(Ok(()), |user| check_name(user, &item("clients", i).at("user")))?;
        }
        at_most(self.nodes.len(), NODES_MAX, &top("shards"), "nodes")
    }

    /// Puts replicas together.
    pub(super) fn form_groups(&mut self) -> Result<()> {
        for (i, shard) in self.scenario.shards.clone().iter().enumerate() {
            let path = &item("shards", i);
            check_name(&shard.name, &path.at("name"))?;
            if let Included::Leaderless(included) = self.family {
                self.form_ring(included, shard, path)?;
                continue;
            }
            let leader = self.replica(&shard.leader, path)?;
            if let Some(failover) = &shard.failover {
                check_failover(failover, shard.followers.len(), &path.at("failover"))?;
            }
            let several = match self.family {
                Included::SingleLeader | Included::Leaderless(_) => None,
                Included::MultiLeader(included) => Some(self.leaders_plan(included, shard, path)?),
            };
            let mut members = Vec::new();
            for (leader, followers) in shard.leaders() {
                members.push(self.replica(leader, path)?);
                for follower in followers {
                    members.push(self.replica(follower, path)?);
                }
            }
            let ack = match &shard.ack {
                AckSpec::Async => AckRule::Async,
                AckSpec::Sync(spec) => AckRule::Sync(self.sync_rule(spec, &members, &path.at("ack").at("sync"))?),
            };
            self.groups.push(GroupPlan { name: shard.name.clone(), members, leader, ack, several, ring: None });
        }
        Ok(())
    }

    /// Puts the nodes of a ring together.
    fn form_ring(&mut self, included: LeaderlessIncluded, shard: &Shard, path: &Place<'_>) -> Result<()> {
        let ring = self.ring_plan(included, shard, path)?;
        let members: Vec<NodeId> = ring.nodes.iter().map(|(node, _)| *node).collect();
        let leader = members[0];
        let (name, ack) = (shard.name.clone(), AckRule::Async);
        self.groups.push(GroupPlan { name, members, leader, ack, several: None, ring: Some(ring) });
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
