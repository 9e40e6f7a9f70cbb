//! The handle of a replica that takes writes.
//!
//! A leader puts each write into its log, ships the log to its followers, and acknowledges once every *synchronous* follower has
//! the entry on its disk; an *asynchronous* one gets it when it gets it (DDIA 2e, ch. 6, "Synchronous versus asynchronous
//! replication").

use std::sync::Arc;

use super::error::WriteError;
use super::local;
use super::network::Network;
use super::operation::Operation;
use super::request::{Done, Request};
use crate::lsn::Lsn;

/// A replica that takes writes. Cheap to share in an `Arc`; the node lives in the network and survives its handles.
#[derive(Debug)]
pub struct Leader {
    pub(super) node_id: String,
    pub(super) network: Arc<Network>,
}

impl Leader {
    /// Makes a node that leads a group of its own; it runs at once.
    ///
    /// If a node of this name has been promoted, this is how to get a handle for writing to it.
    #[must_use]
    pub fn new(node_id: String, network: Arc<Network>) -> Leader {
        network.shared.with(|cluster| cluster.add_leader(&node_id));
        Leader { node_id, network }
    }

    /// The node's name.
    #[must_use]
    pub fn node_id(&self) -> &str {
        &self.node_id
    }

    /// From now on each write waits until this follower, too, has it on its disk.
    ///
    /// # Panics
    /// If the node follows another leader: one replica copies one log.
    pub fn add_sync_follower(&self, follower: &str) {
        self.network.shared.with(|cluster| cluster.add_follower(&self.node_id, follower, true));
    }

    /// From now on this follower is sent the log, and no write waits for it.
    ///
    /// # Panics
    /// If the node follows another leader: one replica copies one log.
    pub fn add_async_follower(&self, follower: &str) {
        self.network.shared.with(|cluster| cluster.add_follower(&self.node_id, follower, false));
    }

    /// Sets a key, and waits for the acknowledgement: the entry's number in the log; zero in a store whose versions are no numbers of a log.
    ///
    /// The application stands beside the leader: without synchronous followers a write takes a tenth of a millisecond, whatever
    /// the lag elsewhere.
    ///
    /// # Errors
    /// [`WriteError::Indeterminate`] after 30 seconds without an acknowledgement (a synchronous follower cannot be reached, or
    /// this node is down), or when the node is deposed meanwhile; [`WriteError::Rejected`] when it does not lead.
    pub fn write(
        &self,
        key: String,
        value: Vec<u8>,
    ) -> impl Future<Output = Result<Lsn, WriteError>> + Send + Sync + 'static + use<> {
        write_at(&self.network, self.node_id.clone(), key, value)
    }

    /// The value of a key at this node: a local read, which takes no time and sees every write that this leader has
    /// acknowledged. `None` if the key has no value, or the node has crashed.
    pub fn read(&self, key: &str) -> impl Future<Output = Option<Vec<u8>>> + Send + Sync + 'static + use<> {
        local::read(&self.network.shared, &self.node_id, key)
    }

    /// The number of the last entry in the node's log.
    #[must_use]
    pub fn current_lsn(&self) -> Lsn {
        self.network.shared.with(|cluster| cluster.position_of(&self.node_id).lsn)
    }
}

/// Sets a key at a node, which has to lead.
pub(super) fn write_at(
    network: &Network,
    node: String,
    key: String,
    value: Vec<u8>,
) -> impl Future<Output = Result<Lsn, WriteError>> + Send + Sync + 'static + use<> {
    let write = Operation::new(&network.shared, Request::Write { node, key, value });
    async move {
        match write.await {
            Done::Written(result) => result,
            Done::Stamped(_) => Ok(Lsn::default()),
            Done::Value(_) | Done::Siblings(_) | Done::Slept => Err(WriteError::timed_out()),
        }
    }
}
