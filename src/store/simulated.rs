//! The simulated store as what a router routes to.
//!
//! A connection is a place at a node: what it reads is what the node has applied, and it takes no time, because no message travels.
//! Positions and histories are those of the replicas, and waiting moves simulated time. So the router of real systems is tried on clusters
//! whose lag and promotions a test decides, and without a server. The course API reads through messages instead
//! ([`ReadRouter::read`](super::ReadRouter::read)).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::WriteError;
use super::follower::Follower;
use super::leader::{Leader, write_at};
use super::network::Network;
use crate::lsn::{Epoch, EpochStart, Lsn, Position};
use crate::routing::{Backend, ClusterId, Notice, Role, Standing};

/// How long a wait sleeps until it looks again.
const LOOK: Duration = Duration::from_millis(1);

/// The simulated store, seen from one router.
#[derive(Debug)]
pub struct Simulated {
    network: Arc<Network>,
    number: usize,
    nodes: Vec<String>,
    _handles: (Arc<Leader>, Vec<Arc<Follower>>),
}

/// A node that has crashed, or takes no part in the group yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeDown {
    /// Its name.
    pub node: String,
}

impl fmt::Display for NodeDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has crashed or takes no part yet: restart it, or add it to its leader", self.node)
    }
}

impl std::error::Error for NodeDown {}

/// A place at one node of the simulated store.
#[derive(Debug)]
pub struct SimulatedNode {
    network: Arc<Network>,
    name: String,
    number: usize,
    known: Standing,
}

impl SimulatedNode {
    /// The node's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the node has for a key, however old. `None` if it has no value, or has crashed.
    #[must_use]
    pub fn read(&self, key: &str) -> Option<Vec<u8>> {
        self.network.shared.with(|cluster| cluster.local_value(&self.name, key))
    }

    /// Sets a key at this node, which has to lead.
    ///
    /// # Errors
    /// As of [`Leader::write`].
    pub fn write(&self, key: &str, value: &[u8]) -> impl Future<Output = Result<Lsn, WriteError>> + Send + 'static + use<> {
        write_at(&self.network, self.name.clone(), key.to_owned(), value.to_vec())
    }
}

impl Simulated {
    pub(super) fn new(network: Arc<Network>, number: usize, leader: Arc<Leader>, followers: Vec<Arc<Follower>>) -> Simulated {
        let nodes = std::iter::once(&leader.node_id).chain(followers.iter().map(|f| &f.node_id)).cloned().collect();
        Simulated { network, number, nodes, _handles: (leader, followers) }
    }

    pub(super) fn network(&self) -> &Arc<Network> {
        &self.network
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    fn standing(&self, name: &str) -> Result<Standing, NodeDown> {
        let found = self.network.shared.with(|cluster| {
            let id = cluster.id_of(name).filter(|_| !cluster.has_crashed(name))?;
            let replica = cluster.simulation.replica(id)?;
            let role = if replica.leads() { Role::Leader } else { Role::Follower };
            let lsn = if replica.leads() { replica.log.last() } else { replica.applied };
            Some((role, Position { epoch: replica.epoch, lsn }))
        });
        let (role, position) = found.ok_or_else(|| NodeDown { node: name.to_owned() })?;
        Ok(Standing { role, position, end: position.lsn, epoch_certain: true, applied_age: None })
    }
}

impl Backend for Simulated {
    type Connection = SimulatedNode;
    type Error = NodeDown;

    fn nodes(&self) -> &[String] {
        &self.nodes
    }

    async fn connect(&self, node: usize) -> Result<SimulatedNode, NodeDown> {
        let name = self.nodes.get(node).cloned().unwrap_or_default();
        let known = self.standing(&name)?;
        Ok(SimulatedNode { network: self.network.clone(), name, number: self.number, known })
    }

    fn give_back(&self, _: SimulatedNode) {}

    fn is_open(&self, connection: &SimulatedNode) -> bool {
        !self.network.shared.with(|cluster| cluster.has_crashed(&connection.name))
    }

    fn cluster(&self, connection: &SimulatedNode) -> ClusterId {
        let group = self.network.shared.with(|cluster| cluster.routers[connection.number].group);
        ClusterId(u64::from(group.0))
    }

    fn known(&self, connection: &SimulatedNode) -> Standing {
        connection.known
    }

    async fn position(&self, connection: &mut SimulatedNode) -> Result<Standing, NodeDown> {
        connection.known = self.standing(&connection.name)?;
        Ok(connection.known)
    }

    async fn wait_until(&self, connection: &mut SimulatedNode, minimum: Position, limit: Duration) -> Result<Standing, NodeDown> {
        let until = self.now().saturating_add(limit);
        loop {
            let standing = self.position(connection).await?;
            if standing.position.lsn >= minimum.lsn || self.now() >= until {
                return Ok(standing);
            }
            self.sleep(LOOK.min(until.saturating_sub(self.now()))).await;
        }
    }

    async fn history(&self, connection: &mut SimulatedNode, _: Epoch) -> Result<Vec<EpochStart>, NodeDown> {
        let found = self.network.shared.with(|cluster| {
            let id = cluster.id_of(&connection.name).filter(|_| !cluster.has_crashed(&connection.name))?;
            Some(cluster.simulation.replica(id)?.history.to_vec())
        });
        found.ok_or_else(|| NodeDown { node: connection.name.clone() })
    }

    fn is_lasting(&self, _: &NodeDown) -> bool {
        false
    }

    fn text_of(&self, position: Position) -> String {
        position.to_string()
    }

    fn now(&self) -> Duration {
        self.network.now()
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        self.network.sleep(time)
    }

    fn notice(&self, _: Notice) {}
}
