//! Rings in a cluster: how nodes and clients are set up, and what they ask for.
//!
//! All that the simulation knows of this family stands here and in the closed enum [`Process`]; the rest of it is blind to families.

use std::sync::Arc;

use super::outbox::{Outbox, Said};
use super::{Process, Simulation, node_id};
use crate::client::{ClientConfig, LeaderlessClient, Places, RingView};
use crate::family::leaderless::{Fact, Label, Leaderless, Membership, Message, RegionId, Replica, ReplicaConfig, Timer};
use crate::family::{self, Effects, GroupId, LeaderlessIncluded};
use crate::network::NodeId;
use crate::operation::{Completed, Deadline, Sibling, Started};
use crate::scenario::{ClientSpec, GroupPlan, Plan, position_of};
use crate::time::SimDuration;
use crate::trace::What;
use crate::version::Range;

impl Effects<Leaderless> for Outbox<'_> {
    fn send(&mut self, dst: NodeId, msg: Message) {
        let said = Said { label: Label::of(&msg).words(), identity: msg.identity_words(), beside: false };
        self.post(dst, said, family::Message::Leaderless(LeaderlessIncluded::certain(), msg));
    }

    fn set_timer(&mut self, timer: Timer, after: SimDuration) {
        self.wake(family::Timer::Leaderless(LeaderlessIncluded::certain(), timer), after);
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
        self.trace.push(self.now, What::Noted(self.node, family::Fact::Leaderless(LeaderlessIncluded::certain(), fact)));
    }

    fn keep(&mut self, versions: &[Sibling]) -> Range {
        self.trace.keep_versions(versions)
    }

    fn share(&mut self, session: u32) {
        self.shares.push(session);
    }
}

impl Simulation {
    /// Adds a node of a ring, which runs at once, and returns its number.
    pub fn add_leaderless_replica(&mut self, included: LeaderlessIncluded, config: ReplicaConfig) -> NodeId {
        self.add_host(Process::Leaderless(included, Box::new(Replica::new(config))))
    }

    /// Adds a client of rings, and returns its number.
    pub fn add_leaderless_client(&mut self, included: LeaderlessIncluded, mut client: LeaderlessClient) -> NodeId {
        client.key_groups = self.key_groups.clone();
        self.add_host(Process::LeaderlessClient(included, Box::new(client)))
    }

    /// The node with this number, if it is of a ring.
    #[must_use]
    pub fn leaderless_replica(&self, id: NodeId) -> Option<&Replica> {
        match self.hosts.get(id.index()).map(|host| &host.process) {
            Some(Process::Leaderless(_, replica)) => Some(replica),
            Some(
                Process::SingleLeader(_)
                | Process::Client(_)
                | Process::MultiLeader(..)
                | Process::MultiLeaderClient(..)
                | Process::LeaderlessClient(..),
            )
            | None => None,
        }
    }

    /// The client with this number, if it is of rings.
    #[must_use]
    pub fn leaderless_client(&self, id: NodeId) -> Option<&LeaderlessClient> {
        match self.hosts.get(id.index()).map(|host| &host.process) {
            Some(Process::LeaderlessClient(_, client)) => Some(client),
            Some(
                Process::SingleLeader(_)
                | Process::Client(_)
                | Process::MultiLeader(..)
                | Process::MultiLeaderClient(..)
                | Process::Leaderless(..),
            )
            | None => None,
        }
    }

    /// The nodes of rings, with their numbers.
    pub fn leaderless_replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        (0..self.hosts.len()).map(node_id).filter_map(|id| Some((id, self.leaderless_replica(id)?)))
    }
}

/// What stands for the name of each node, in the order of their numbers.
fn names(plan: &Plan) -> Arc<Vec<u64>> {
    Arc::new(plan.nodes.iter().map(|name| position_of(name)).collect())
}

/// The region of each node; clients and nodes of other groups have the first.
fn regions(plan: &Plan) -> Arc<Vec<RegionId>> {
    let region = |id: NodeId| plan.groups.iter().find_map(|group| group.ring.as_ref()?.region_of(id)).unwrap_or(0);
    Arc::new((0..plan.nodes.len()).map(|index| region(node_id(index))).collect())
}

/// The nodes of a ring that are there from the start.
fn members(plan: &Plan, group: &GroupPlan) -> Vec<NodeId> {
    let mut members: Vec<NodeId> = group.members.iter().copied().filter(|id| !plan.absent.contains(id)).collect();
    members.sort_unstable();
    members
}

/// The nodes of a plan at time zero, in the order of their numbers.
pub(super) fn replicas(plan: &Plan, included: LeaderlessIncluded) -> Vec<Process> {
    let (names, regions, positions) = (names(plan), regions(plan), Arc::new(plan.positions()));
    let mut all = Vec::new();
    for (id, group) in (0_u16..).map(GroupId).zip(&plan.groups) {
        let Some(ring) = &group.ring else { continue };
        for member in &group.members {
            let absent = plan.absent.contains(member);
            all.push(Process::Leaderless(
                included,
                Box::new(Replica::new(ReplicaConfig {
                    id: *member,
                    group: id,
                    settings: ring.settings.clone(),
                    members: if absent { Vec::new() } else { members(plan, group) },
                    nodes: u32::try_from(plan.nodes.len()).unwrap_or(u32::MAX),
                    names: names.clone(),
                    regions: regions.clone(),
                    positions: positions.clone(),
                    clock: plan.clocks[member.index()],
                    sabotage: plan.scenario.sabotage.clone(),
                })),
            ));
        }
    }
    all
}

/// A client of rings.
pub(super) fn client(plan: &Plan, included: LeaderlessIncluded, spec: &ClientSpec, config: ClientConfig) -> Process {
    let (names, home) = (names(plan), spec.home.as_deref().and_then(|name| plan.node_id(name)));
    let view = |group: &GroupPlan| {
        let ring = group.ring.as_ref()?;
        let membership = Membership::new(config.id, &members(plan, group));
        let home = home.filter(|home| ring.region_of(*home).is_some());
        Some(RingView {
            settings: ring.settings.clone(),
            ring: membership.ring(ring.settings.partitioning, |node| names[node.index()]),
            home,
            region: home.and_then(|home| ring.region_of(home)).unwrap_or(0),
        })
    };
    let views = plan.groups.iter().filter_map(view).collect();
    let places = Places { regions: regions(plan), positions: Arc::new(plan.positions()) };
    let nodes = u32::try_from(plan.nodes.len()).unwrap_or(u32::MAX);
    Process::LeaderlessClient(
        included,
        Box::new(LeaderlessClient::new(config, views, Arc::new(plan.key_groups.clone()), places, nodes)),
    )
}
