//! What can run on a node, and how a plan's nodes are set up.

use std::sync::Arc;

use super::{Simulation, Status, node_id};
use crate::client::{Client, ClientConfig, GroupView};
use crate::lsn::Epoch;
use crate::network::NodeId;
use crate::protocol::GroupId;
use crate::protocol::single_leader::{Replica, ReplicaConfig, Storage};
use crate::router::{ReadSettings, TokenHome};
use crate::scenario::{ClientSpec, FencingSpec, Plan};

/// What runs on a node. A closed enum: a new protocol is a new variant, and the compiler lists what has to know it.
#[derive(Clone, Debug)]
pub enum Process {
    /// A replica of a single-leader group.
    Replica(Box<Replica>),
    /// A client.
    Client(Box<Client>),
}

impl Simulation {
    /// Switches off a node that has done nothing yet: it takes no part until it is restarted.
    pub fn switch_off(&mut self, node: NodeId) {
        self.hosts[node.index()].status = Status::Down;
    }

    /// The session to which the operations of a client belong.
    pub(super) fn session_of(&self, client: NodeId) -> u32 {
        self.client(client).map_or(u32::from(client.0), |c| c.config.session)
    }

    /// Lets the other devices of a user find a session as this one has left it.
    pub(super) fn share(&mut self, from: NodeId, number: u32) {
        let Some(client) = self.client(from) else { return };
        let (others, session) = (client.config.shares.clone(), client.sessions.get(number).cloned());
        for other in others {
            if let (Process::Client(other), Some(session)) = (self.process_mut(other), &session) {
                other.adopt(number, session);
            }
        }
    }
}

/// The processes of a plan at time zero, in the order of the nodes' numbers.
pub(super) fn processes(plan: &Plan) -> Vec<Process> {
    let clients: Vec<NodeId> = (plan.replicas..plan.nodes.len()).map(node_id).collect();
    let scenario = &plan.scenario;
    let statements = Arc::new(plan.statements.clone());
    let mut all = Vec::new();
    for (index, group) in plan.groups.iter().enumerate() {
        let shard = &scenario.shards[index];
        for id in &group.members {
            let config = ReplicaConfig {
                id: *id,
                group: GroupId(u16::try_from(index).unwrap_or(0)),
                members: group.members.clone(),
                clients: clients.clone(),
                ack: group.ack.clone(),
                visibility: shard.visibility.into(),
                flush: shard.flush,
                apply: shard.apply,
                failover: shard.failover.as_ref().map(Into::into),
                leader_reads: shard.leader_reads.into(),
                clock: plan.clocks.get(id.index()).copied().unwrap_or(0),
                fencing: shard.fencing == FencingSpec::On,
                storage: Storage {
                    format: shard.format.into(),
                    retention: shard.retention,
                    copy: shard.copy,
                    keeps: plan.keeps[id.index()].clone(),
                    absent: plan.absent.clone(),
                    checksums: plan.wants_checksums(index),
                    seed: scenario.seed,
                    statements: statements.clone(),
                },
                status: plan.bounded.then(|| scenario.read.bound.pause()),
                sabotage: scenario.sabotage.clone(),
            };
            all.push(Process::Replica(Box::new(Replica::new(config, group.leader))));
        }
    }
    let views: Vec<GroupView> = plan
        .groups
        .iter()
        .map(|g| GroupView {
            members: g.members.clone(),
            partial: g.members.iter().copied().filter(|id| plan.keeps[id.index()].is_some()).collect(),
            leader: g.leader,
            epoch: Epoch(1),
        })
        .collect();
    let read = ReadSettings::from(scenario.read);
    // The first device of a user gives the session its number.
    let first = |spec: &ClientSpec, id: NodeId| {
        let of_user = |(other, _): &(&ClientSpec, &NodeId)| spec.user.is_some() && other.user == spec.user;
        scenario.clients.iter().zip(&clients).find(of_user).map_or(id, |(_, id)| *id)
    };
    let sessions: Vec<NodeId> = scenario.clients.iter().zip(&clients).map(|(spec, id)| first(spec, *id)).collect();
    let shared = scenario.read.tokens == TokenHome::User;
    for ((spec, id), session) in scenario.clients.iter().zip(&clients).zip(&sessions) {
        let devices = clients.iter().zip(&sessions).filter(|(other, s)| shared && *s == session && *other != id);
        let config = ClientConfig {
            id: *id,
            read,
            op_timeout: scenario.op_timeout,
            sequential: !spec.concurrent,
            session: u32::from(session.0),
            shares: devices.map(|(other, _)| *other).collect(),
            sabotage: scenario.sabotage.clone(),
        };
        all.push(Process::Client(Box::new(Client::new(config, views.clone(), plan.key_groups.clone()))));
    }
    all
}
