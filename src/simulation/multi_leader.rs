//! Groups with several leaders in a cluster: how replicas and clients are set up, and what they ask for.
//!
//! All that the simulation knows of this family stands here and in the closed enum [`Process`]; the rest of it is blind to families.

use std::sync::Arc;

use super::outbox::{Outbox, Said};
use super::{Process, Simulation, node_id};
use crate::client::{ClientConfig, LeadersView, MultiLeaderClient};
use crate::family::multi_leader::{Fact, Home, Label, Message, MultiLeader, Policy, Replica, ReplicaConfig, Timer};
use crate::family::{self, Effects, GroupId, MultiLeaderIncluded};
use crate::network::NodeId;
use crate::operation::{Completed, Deadline, Sibling, Started};
use crate::scenario::{ClientSpec, GroupPlan, LeadersPlan, Plan};
use crate::time::SimDuration;
use crate::trace::What;
use crate::version::Range;

impl Effects<MultiLeader> for Outbox<'_> {
    fn send(&mut self, dst: NodeId, msg: Message) {
        let said = Said { label: Label::of(&msg).words(), identity: msg.identity_words(), beside: false };
        self.post(dst, said, family::Message::MultiLeader(MultiLeaderIncluded::certain(), msg));
    }

    fn set_timer(&mut self, timer: Timer, after: SimDuration) {
        self.wake(family::Timer::MultiLeader(MultiLeaderIncluded::certain(), timer), after);
    }

    fn set_deadline(&mut self, deadline: Deadline, after: SimDuration) {
        self.wake(family::Timer::Client(deadline), after);
    }

    fn started(&mut self, started: &Started) {
        self.trace.start(self.now, started);
    }

    fn completed(&mut self, completed: &Completed) {
        self.trace.complete(self.now, completed);
    }

    fn note(&mut self, fact: Fact) {
        self.trace.push(self.now, What::Noted(self.node, family::Fact::MultiLeader(MultiLeaderIncluded::certain(), fact)));
    }

    fn keep(&mut self, versions: &[Sibling]) -> Range {
        self.trace.keep_versions(versions)
    }

    fn share(&mut self, session: u32) {
        self.shares.push(session);
    }
}

impl Simulation {
    /// Adds a replica, which runs at once, and returns its number.
    pub fn add_multi_leader_replica(&mut self, included: MultiLeaderIncluded, config: ReplicaConfig) -> NodeId {
        self.add_host(Process::MultiLeader(included, Box::new(Replica::new(config))))
    }

    /// Adds a client and returns its number.
    pub fn add_multi_leader_client(
        &mut self,
        included: MultiLeaderIncluded,
        config: ClientConfig,
        groups: Vec<LeadersView>,
    ) -> NodeId {
        let client = MultiLeaderClient::new(config, groups, self.key_groups.clone(), Arc::default());
        self.add_host(Process::MultiLeaderClient(included, Box::new(client)))
    }

    /// The replica with this number, of a group with several leaders.
    #[must_use]
    pub fn multi_leader_replica(&self, id: NodeId) -> Option<&Replica> {
        match self.hosts.get(id.index()).map(|host| &host.process) {
            Some(Process::MultiLeader(_, replica)) => Some(replica),
            Some(
                Process::SingleLeader(_)
                | Process::Client(_)
                | Process::MultiLeaderClient(..)
                | Process::Leaderless(..)
                | Process::LeaderlessClient(..),
            )
            | None => None,
        }
    }

    /// The replicas of groups with several leaders, with their numbers.
    pub fn multi_leader_replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        (0..self.hosts.len()).map(node_id).filter_map(|id| Some((id, self.multi_leader_replica(id)?)))
    }

    /// The client with this number, of groups with several leaders.
    #[must_use]
    pub fn multi_leader_client(&self, id: NodeId) -> Option<&MultiLeaderClient> {
        match self.hosts.get(id.index()).map(|host| &host.process) {
            Some(Process::MultiLeaderClient(_, client)) => Some(client),
            Some(
                Process::SingleLeader(_)
                | Process::Client(_)
                | Process::MultiLeader(..)
                | Process::Leaderless(..)
                | Process::LeaderlessClient(..),
            )
            | None => None,
        }
    }
}

/// The replicas of a plan at time zero, in the order of the nodes' numbers.
pub(super) fn replicas(plan: &Plan, included: MultiLeaderIncluded, clients: &[NodeId]) -> Vec<Process> {
    let policies = Arc::new(plan.policies.clone());
    let statements = Arc::new(plan.statements.clone());
    let methods = Arc::new(plan.methods.clone());
    let groups = (0_u16..).map(GroupId).zip(&plan.groups).filter_map(|(id, group)| Some((id, group, group.several.as_ref()?)));
    let mut all = Vec::new();
    for (id, group, several) in groups {
        for member in &group.members {
            all.push(Process::MultiLeader(
                included,
                Box::new(Replica::new(ReplicaConfig {
                    id: *member,
                    group: id,
                    leader: several.leader_of(*member).unwrap_or(group.leader),
                    leaders: several.each_leader().collect(),
                    clients: clients.to_vec(),
                    neighbours: neighbours(several, *member),
                    delivery: several.delivery,
                    policies: policies.clone(),
                    policy: Policy::Siblings,
                    homes: several.homes.clone(),
                    step: several.step,
                    statements: statements.clone(),
                    methods: methods.clone(),
                    clock: plan.clocks[member.index()],
                    sabotage: plan.scenario.sabotage.clone(),
                })),
            ));
        }
    }
    all
}

/// To whom a replica passes updates on: a leader to its followers and as the topology says, a follower to nobody.
fn neighbours(several: &LeadersPlan, replica: NodeId) -> Vec<(NodeId, bool)> {
    let leaders = several.leaders.iter().zip(&several.neighbours);
    let Some(((_, followers), others)) = leaders.into_iter().find(|((leader, _), _)| *leader == replica) else {
        return Vec::new();
    };
    let others = others.iter().map(|other| (*other, several.relays));
    others.chain(followers.iter().map(|follower| (*follower, true))).collect()
}

/// A client of groups with several leaders.
pub(super) fn client(plan: &Plan, included: MultiLeaderIncluded, spec: &ClientSpec, config: ClientConfig) -> Process {
    let home = spec.home.as_deref().and_then(|name| plan.node_id(name));
    let view = |group: &GroupPlan| {
        let several = group.several.as_ref()?;
        let leaders: Vec<NodeId> = several.each_leader().collect();
        let followers = several.leaders.iter().flat_map(|(_, followers)| followers.iter().copied()).collect();
        let home = home.filter(|home| leaders.contains(home)).unwrap_or(group.leader);
        let homes = several.homes.iter().map(|leader| Home { leader: *leader, number: 0 }).collect();
        Some(LeadersView { leaders, followers, home, homes })
    };
    let views = plan.groups.iter().filter_map(view).collect();
    let (groups, policies) = (Arc::new(plan.key_groups.clone()), Arc::new(plan.policies.clone()));
    Process::MultiLeaderClient(included, Box::new(MultiLeaderClient::new(config, views, groups, policies)))
}
