//! Names and nodes: who is in which group, who runs, and who has crashed.
//!
//! A name may be used before there is anything behind it: a link may be slowed down, or a follower added, before the handle is
//! made. A replica comes into being when a leader names it, because only then is there a log for it to copy; it takes part while
//! its handle's `run` is alive.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use super::cluster::Cluster;
use crate::client::GroupView;
use crate::family::GroupId;
use crate::family::single_leader::{
    AckLevel, AckRule, LeaderReads, OnSyncLoss, Replica, ReplicaConfig, Selection, Storage, SyncRule, Visibility,
};
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::NodeId;
use crate::simulation::Process;
use crate::time::{LocalClock, SimDuration};

/// What is known of a name.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Its number and its group, once it is in one.
    pub(super) place: Option<(NodeId, GroupId)>,
    /// Whether it has a leader's handle: such a node runs without being told to.
    pub(super) leads: bool,
    /// How many follower's handles it has.
    pub(super) handles: u32,
    /// The `run` futures that keep it going.
    pub(super) runs: BTreeMap<u64, Waker>,
    /// Whether a `run` of it has ever been polled.
    pub(super) has_run: bool,
    /// Whether the program has been given time to start it, and has not.
    pub(super) not_starting: bool,
    /// Whether it has crashed and not been restarted.
    pub(super) crashed: bool,
    /// Whether it comes back by itself when it is restarted, because it ran when it crashed.
    pub(super) comes_back: bool,
}

/// One leader's group.
#[derive(Debug)]
pub(super) struct Group {
    members: Vec<NodeId>,
    /// The followers that a write waits for.
    sync: Vec<NodeId>,
}

impl Group {
    /// A group of these nodes, of which no write waits for another.
    pub(super) fn of(members: Vec<NodeId>) -> Group {
        Group { members, sync: Vec::new() }
    }
}

impl Node {
    /// Whether it has power and a reason to run.
    pub(super) fn should_run(&self) -> bool {
        !self.crashed && (self.leads || self.comes_back || !self.runs.is_empty())
    }
}

impl Cluster {
    /// Where a name stands.
    pub(super) fn place_of(&self, name: &str) -> Option<(NodeId, GroupId)> {
        self.nodes.get(name)?.place
    }

    /// The number behind a name.
    pub(super) fn id_of(&self, name: &str) -> Option<NodeId> {
        self.place_of(name).map(|(id, _)| id)
    }

    /// What is known of a name; nothing yet, if it is new.
    pub(super) fn node(&mut self, name: &str) -> &mut Node {
        self.nodes.entry(name.to_owned()).or_default()
    }

    /// The replica with this number, for setting it up.
    pub(super) fn replica_mut(&mut self, id: NodeId) -> Option<&mut Replica> {
        match self.simulation.process_mut(id) {
            Process::SingleLeader(replica) => Some(replica),
            Process::Client(_)
            | Process::MultiLeader(..)
            | Process::MultiLeaderClient(..)
            | Process::Leaderless(..)
            | Process::LeaderlessClient(..) => None,
        }
    }

    /// A leader's handle is made: a group of its own, unless the node is in one already.
    pub(super) fn add_leader(&mut self, name: &str) {
        self.node(name).leads = true;
        if self.place_of(name).is_none() {
            let group = GroupId(u16::try_from(self.groups.len()).expect("a network has room for 65535 leaders"));
            let id = self.next_id();
            self.groups.push(Group { members: vec![id], sync: Vec::new() });
            let writer = self.writer;
            self.client_mut(writer).groups.push(GroupView {
                members: vec![id],
                partial: Vec::new(),
                leader: id,
                epoch: Epoch(1),
            });
            self.add_replica(name, group, id);
        }
        self.settle_power(name);
    }

    /// A follower's handle is made.
    pub(super) fn add_handle(&mut self, name: &str) {
        self.node(name).handles += 1;
        self.pace.changed();
    }

    /// A follower's handle is dropped.
    pub(super) fn drop_handle(&mut self, name: &str) {
        self.node(name).handles -= 1;
    }

    fn add_replica(&mut self, name: &str, group: GroupId, leader: NodeId) -> NodeId {
        let id = self.next_id();
        let config = ReplicaConfig {
            id,
            group,
            members: vec![id],
            clients: Vec::new(),
            ack: AckRule::Async,
            visibility: Visibility::Acknowledged,
            flush: SimDuration::ZERO,
            apply: SimDuration::ZERO,
            leader_reads: LeaderReads::Local,
            clock: LocalClock::TRUE,
            failover: None,
            fencing: true,
            storage: Storage::default(),
            status: None,
            sabotage: Vec::new(),
        };
        self.simulation.add_replica(config, leader);
        self.simulation.switch_off(id);
        self.names.insert(id, name.to_owned());
        self.node(name).place = Some((id, group));
        self.connect(id);
        id
    }

    /// A leader names a follower, or changes its mind about how it counts.
    ///
    /// # Panics
    /// If the node is in another leader's group: one replica copies one log.
    pub(super) fn add_follower(&mut self, leader: &str, name: &str, sync: bool) {
        let Some((leader, group)) = self.place_of(leader) else { return };
        let id = match self.place_of(name) {
            Some((id, _)) if id == leader => return,
            Some((id, its)) => {
                assert_eq!(its, group, "'{name}' follows another leader; a node copies one log");
                id
            }
            None => {
                let current = self.simulation.leader_of(group).map_or(leader, |(id, _)| id);
                self.add_replica(name, group, current)
            }
        };
        let fresh = self.is_fresh(group);
        let members = &mut self.groups[group.index()];
        members.sync.retain(|other| *other != id);
        members.sync.extend(sync.then_some(id));
        if !members.members.contains(&id) {
            members.members.push(id);
        }
        self.configure_group(group, fresh);
        self.show_members(group);
        self.measure_round_trips();
        self.pace.changed();
    }

    /// Whether a group has not done anything yet, so that replication counts as set up before the program began.
    pub(super) fn is_fresh(&self, group: GroupId) -> bool {
        let mut members = self.groups[group.index()].members.iter().filter_map(|id| self.simulation.replica(*id));
        members.all(|r| r.boot == 0 && r.epoch == Epoch(1) && r.log.last() == Lsn::ZERO)
    }

    /// Tells every replica of a group who is in it, and for whom its leader waits.
    fn configure_group(&mut self, group: GroupId, fresh: bool) {
        let Group { members, sync } = &self.groups[group.index()];
        let (members, sync) = (members.clone(), sync.clone());
        let clients = self.readers(group);
        for id in &members {
            let Some(replica) = self.replica_mut(*id) else { continue };
            // Whoever is promoted does not wait for itself.
            let others: Vec<NodeId> = sync.iter().copied().filter(|other| other != id).collect();
            Arc::make_mut(&mut replica.config).ack = all_of(others);
            Arc::make_mut(&mut replica.config).clients.clone_from(&clients);
            members.iter().for_each(|other| replica.add_member(*other));
            if fresh && replica.leads() {
                Arc::make_mut(&mut replica.config).members.clone_from(&members);
                *replica = Replica::new((*replica.config).clone(), *id);
            }
        }
    }

    fn readers(&self, group: GroupId) -> Vec<NodeId> {
        self.routers.iter().filter(|router| router.group == group).map(|router| router.client).collect()
    }

    /// Tells the replicas of a group who its readers are: those to whom a new leader introduces itself.
    pub(super) fn tell_readers(&mut self, group: GroupId) {
        let clients = self.readers(group);
        for id in self.groups[group.index()].members.clone() {
            if let Some(replica) = self.replica_mut(id) {
                Arc::make_mut(&mut replica.config).clients.clone_from(&clients);
            }
        }
    }

    /// The value of a key as this node holds it; nothing while it is crashed.
    pub(super) fn local_value(&self, name: &str, key: &str) -> Option<Vec<u8>> {
        let (id, group) = self.place_of(name).filter(|_| !self.has_crashed(name))?;
        let version = self.simulation.replica(id)?.version(self.known_key(group, key)?)?;
        Some(self.bytes(version.value))
    }

    /// How far a node is: the end of a leader's log, or what a follower has applied.
    pub(super) fn position_of(&self, name: &str) -> Position {
        let replica = self.id_of(name).and_then(|id| self.simulation.replica(id));
        replica.map_or(Position::ZERO, |r| r.log.position(if r.leads() { r.log.last() } else { r.applied }))
    }
}

/// Wait for all of these, until they have it on their disks.
fn all_of(followers: Vec<NodeId>) -> AckRule {
    if followers.is_empty() {
        return AckRule::Async;
    }
    let k = followers.len();
    AckRule::Sync(SyncRule { followers, k, selection: Selection::First, level: AckLevel::Flushed, on_loss: OnSyncLoss::Block })
}
