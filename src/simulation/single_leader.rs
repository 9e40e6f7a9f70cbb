//! Groups with one leader in a cluster: how replicas are set up, what they ask for, what an operator does to them, and what stands in the log of
//! the newest leader.
//!
//! All that the simulation knows of this family stands here and in the closed enum [`Process`]; the rest of it is blind to families.

use std::sync::Arc;

use super::outbox::{Outbox, Said};
use super::{Process, Simulation, Status, node_id};
use crate::family::single_leader::{
    Fact, Intervention, Label, Message, Order, Replica, ReplicaConfig, SingleLeader, Storage, Timer,
};
use crate::family::{self, Effects, GroupId, Input};
use crate::log::OpId;
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::operation::{Completed, Deadline, Sibling, Started};
use crate::scenario::{FencingSpec, Plan};
use crate::time::SimDuration;
use crate::trace::{Trace, What};
use crate::version::Range;

impl Effects<SingleLeader> for Outbox<'_> {
    /// Who sends knows what kind of message it is: what follows from the kind is worked out there, and the rest is done in one place.
    #[cfg_attr(feature = "speed", inline(always))]
    fn send(&mut self, dst: NodeId, msg: Message) {
        let said = Said { label: Label::of(&msg).words(), identity: msg.identity_words(), beside: msg.travels_beside() };
        self.post(dst, said, family::Message::SingleLeader(msg));
    }

    #[inline]
    fn set_timer(&mut self, timer: Timer, after: SimDuration) {
        self.wake(family::Timer::SingleLeader(timer), after);
    }

    #[inline]
    fn set_deadline(&mut self, deadline: Deadline, after: SimDuration) {
        self.wake(family::Timer::Client(deadline), after);
    }

    fn started(&mut self, started: &Started) {
        self.trace.start(self.now, started);
    }

    fn completed(&mut self, completed: &Completed) {
        self.trace.complete(self.now, completed);
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn note(&mut self, fact: Fact) {
        self.trace.push(self.now, What::Noted(self.node, family::Fact::SingleLeader(fact)));
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
    pub fn add_replica(&mut self, config: ReplicaConfig, leader: NodeId) -> NodeId {
        self.add_host(Process::SingleLeader(Box::new(Replica::new(config, leader))))
    }

    /// The replica with this number.
    #[must_use]
    pub fn replica(&self, id: NodeId) -> Option<&Replica> {
        match self.hosts.get(id.index()).map(|h| &h.process) {
            Some(Process::SingleLeader(replica)) => Some(replica),
            _ => None,
        }
    }

    /// The replicas with their numbers.
    pub fn replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        self.hosts.iter().enumerate().filter_map(|(i, host)| match &host.process {
            Process::SingleLeader(replica) => Some((node_id(i), &**replica)),
            Process::Client(_)
            | Process::MultiLeader(..)
            | Process::MultiLeaderClient(..)
            | Process::Leaderless(..)
            | Process::LeaderlessClient(..) => None,
        })
    }

    /// The replica that leads a group in the newest generation, whether it runs or not.
    #[must_use]
    pub fn leader_of(&self, group: GroupId) -> Option<(NodeId, &Replica)> {
        self.replicas().filter(|(_, r)| r.config.group == group && r.leads()).max_by_key(|(_, r)| r.epoch)
    }

    /// Whether the entry at this place of a group's newest log was written by this operation.
    #[must_use]
    pub fn survives(&self, group: GroupId, at: Position, op: OpId) -> bool {
        match self.leader_of(group) {
            Some((_, leader)) => leader.holds(at, op),
            // Nobody leads at the moment: as long as one replica has it, it may yet be there.
            None => self.replicas().any(|(_, r)| r.config.group == group && r.holds(at, op)),
        }
    }

    /// What an operator does to a replica.
    pub(super) fn intervene(&mut self, node: NodeId, intervention: Intervention, trace: &mut Trace) {
        match intervention {
            Intervention::Promote => self.promote(node, trace),
            Intervention::Alter => self.feed(node, order(Order::Alter), trace),
            Intervention::Upgrade => self.upgrade(node, trace),
        }
    }

    /// A clean stop, and a start with the next storage version; what is down gets it for its next start.
    fn upgrade(&mut self, node: NodeId, trace: &mut Trace) {
        let up = self.status(node) != Status::Down;
        let Process::SingleLeader(replica) = &mut self.hosts[node.index()].process else { return };
        replica.upgrade();
        let version = u32::from(replica.storage_version);
        trace.push(self.now, What::Noted(node, family::Fact::SingleLeader(Fact::Upgraded(version))));
        if up {
            self.crash(node, trace);
            self.restart(node, trace);
        }
    }

    /// The operator's act: the new generation is larger than any that was handed out before. What is down cannot be promoted.
    fn promote(&mut self, node: NodeId, trace: &mut Trace) {
        let Some(group) = self.replica(node).map(|r| r.config.group) else { return };
        if self.status(node) == Status::Down || self.replica(node).is_some_and(Replica::is_partial) {
            return;
        }
        if self.epochs.len() <= group.index() {
            self.epochs.resize(group.index() + 1, Epoch(1));
        }
        let members = self.replicas().filter(|(_, r)| r.config.group == group);
        let newest = members.map(|(_, r)| r.newest()).max().unwrap_or_default().max(self.epochs[group.index()]);
        let epoch = self.replica(node).map_or(Epoch(newest.0 + 1), |replica| replica.next_ballot(newest));
        self.epochs[group.index()] = epoch;
        self.feed(node, order(Order::Promote { epoch }), trace);
    }
}

fn order(order: Order) -> Input {
    Input::Order(family::Order::SingleLeader(order))
}

/// The replicas of a plan at time zero, in the order of the nodes' numbers.
pub(super) fn replicas(plan: &Plan, clients: &[NodeId]) -> Vec<Process> {
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
                clients: clients.to_vec(),
                ack: group.ack.clone(),
                visibility: shard.visibility.into(),
                flush: shard.flush,
                apply: shard.apply,
                failover: shard.failover.as_ref().map(Into::into),
                leader_reads: shard.leader_reads.into(),
                clock: plan.clocks[id.index()],
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
            all.push(Process::SingleLeader(Box::new(Replica::new(config, group.leader))));
        }
    }
    all
}
