//! Looking at a cluster at one moment, from outside: what no node knows.

use super::{Due, Envelope, Process, Simulation, Status, node_id};
use crate::client::Client;
use crate::log::OpId;
use crate::lsn::Position;
use crate::network::NodeId;
use crate::protocol::GroupId;
use crate::protocol::single_leader::Replica;
use crate::sorted;
use crate::time::SimTime;

impl Simulation {
    /// How many events have happened.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// What runs on a node.
    #[must_use]
    pub fn process(&self, id: NodeId) -> &Process {
        &self.hosts[id.index()].process
    }

    /// What runs on a node, for setting it up.
    pub fn process_mut(&mut self, id: NodeId) -> &mut Process {
        &mut self.hosts[id.index()].process
    }

    /// Whether a node runs.
    #[must_use]
    pub fn status(&self, id: NodeId) -> Status {
        self.hosts[id.index()].status
    }

    /// The replica with this number.
    #[must_use]
    pub fn replica(&self, id: NodeId) -> Option<&Replica> {
        match self.hosts.get(id.index()).map(|h| &h.process) {
            Some(Process::Replica(replica)) => Some(replica),
            _ => None,
        }
    }

    /// The replicas with their numbers.
    pub fn replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        self.hosts.iter().enumerate().filter_map(|(i, host)| match &host.process {
            Process::Replica(replica) => Some((node_id(i), &**replica)),
            Process::Client(_) => None,
        })
    }

    /// The client with this number.
    #[must_use]
    pub fn client(&self, id: NodeId) -> Option<&Client> {
        match self.hosts.get(id.index()).map(|h| &h.process) {
            Some(Process::Client(client)) => Some(client),
            _ => None,
        }
    }

    /// The messages that are under way, with the time at which they are due, in the order of sending.
    #[must_use]
    pub fn in_flight(&self) -> Vec<(SimTime, &Envelope)> {
        let all = self
            .queue
            .iter()
            .filter_map(|(due, event)| match event {
                Due::Deliver(envelope) => Some((due, envelope)),
                Due::Timer(..) | Due::Feed(_) => None,
            })
            .collect();
        sorted::by_key(all, |(due, envelope)| (u64::from(envelope.id.0), due.0))
    }

    /// The messages that the network keeps back.
    #[must_use]
    pub fn held(&self) -> &[Envelope] {
        &self.held
    }

    /// Whether an envelope has been cut off while it is under way: it will not arrive.
    #[must_use]
    pub fn is_doomed(&self, envelope: &Envelope) -> bool {
        self.network.is_cut(envelope.src, envelope.dst) || self.network.cuts(envelope.src, envelope.dst) != envelope.cuts
    }

    /// The replica that leads a group in the newest generation, whether it runs or not.
    #[must_use]
    pub fn leader_of(&self, group: GroupId) -> Option<(NodeId, &Replica)> {
        self.replicas().filter(|(_, r)| r.config.group == group && r.leads()).max_by_key(|(_, r)| r.epoch)
    }

    /// Whether the entry at this place of a group's newest log was written by this operation.
    #[must_use]
    pub fn survives(&self, group: GroupId, at: Position, op: OpId) -> bool {
        // Of an entry that is not kept any more, only the generation is known.
        let holds = |replica: &Replica| match replica.log.get(at.lsn) {
            Some(entry) => entry.op == op,
            None => at.lsn <= replica.log.base().lsn && replica.wrote(at),
        };
        match self.leader_of(group) {
            Some((_, leader)) => holds(leader),
            // Nobody leads at the moment: as long as one replica has it, it may yet be there.
            None => self.replicas().any(|(_, r)| r.config.group == group && holds(r)),
        }
    }
}
