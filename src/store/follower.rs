//! The handle of a replica that copies a leader's log.
//!
//! It takes part while its `run` is alive: from the first poll until the node crashes or the future is dropped. What it has on
//! its disk outlasts both; when it runs again it asks its leader for the rest.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::local;
use super::network::Network;
use super::shared::Shared;
use crate::lsn::Lsn;

/// A replica that copies a leader's log. It belongs to the leader that adds it by name, before or after this handle is made.
#[derive(Debug)]
pub struct Follower {
    pub(super) node_id: String,
    network: Arc<Network>,
}

impl Follower {
    /// Makes a handle for the follower of this name. It does nothing until [`Follower::run`] is polled.
    #[must_use]
    pub fn new(node_id: String, network: Arc<Network>) -> Follower {
        network.shared.with(|cluster| cluster.add_handle(&node_id));
        Follower { node_id, network }
    }

    /// The node's name.
    #[must_use]
    pub fn node_id(&self) -> &str {
        &self.node_id
    }

    /// Keeps the follower going: it receives entries and applies them in order.
    ///
    /// Ends when the node crashes ([`Network::crash`]); dropping it stops the node in good order. A crashed node that is
    /// restarted goes on from where it was without being run again.
    pub fn run(&self) -> impl Future<Output = ()> + Send + Sync + 'static + use<> {
        let run = self.network.shared.with(|cluster| cluster.waiting.number());
        Run { shared: self.network.shared.clone(), node_id: self.node_id.clone(), run, begun: false }
    }

    /// The value of a key at this node: a local read, which takes no time and shows what the follower has applied, however old.
    /// `None` if it has no value for the key, or has crashed.
    pub fn read(&self, key: &str) -> impl Future<Output = Option<Vec<u8>>> + Send + Sync + 'static + use<> {
        local::read(&self.network.shared, &self.node_id, key)
    }

    /// The number of the last entry that the follower has applied.
    #[must_use]
    pub fn current_lsn(&self) -> Lsn {
        self.network.shared.with(|cluster| cluster.position_of(&self.node_id).lsn)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.network.shared.with(|cluster| cluster.drop_handle(&self.node_id));
    }
}

/// Keeps a follower going while it lives. It waits for nothing but a crash, and so never moves time on.
struct Run {
    shared: Arc<Shared>,
    node_id: String,
    run: u64,
    begun: bool,
}

impl Future for Run {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (begun, run) = (self.begun, self.run);
        self.begun = true;
        self.shared.with(|cluster| {
            if !begun {
                cluster.begin_run(&self.node_id, run, context.waker().clone());
            }
            cluster.poll_run(&self.node_id, run, context.waker())
        })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.begun {
            self.shared.with(|cluster| cluster.end_run(&self.node_id, self.run));
        }
    }
}
