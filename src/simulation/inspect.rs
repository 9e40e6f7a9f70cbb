//! Looking at a cluster at one moment, from outside: what no node knows.

use super::{Due, Envelope, Process, Simulation, Status};
use crate::client::Client;
use crate::network::NodeId;
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
}
