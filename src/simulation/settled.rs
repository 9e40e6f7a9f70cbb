//! When a run is over for its replicas: nothing is under way any more that could change what they hold.
//!
//! A cluster that watches its leader is never idle, so an empty queue is too much to ask for. Signs of life change nothing as long as
//! nobody misses one; a client that gives up waiting changes nothing either.

use super::{Due, Simulation};
use crate::network::NodeId;

impl Simulation {
    /// Whether nothing is left to happen that could change what replicas hold: at most signs of life are still exchanged, and nobody
    /// misses any.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let sign = |due: &Due| match due {
            Due::Timer(_, _, timer) => timer.is_sign_of_life(),
            Due::Deliver(envelope) => envelope.msg.is_sign_of_life(),
            Due::Feed(_) => false,
        };
        let over = self.cursor >= self.script.len() && self.held.is_empty() && self.queue.iter().all(|(_, due)| sign(due));
        let nodes = || (0..u16::try_from(self.hosts.len()).unwrap_or(0)).map(NodeId);
        let cut = || nodes().any(|src| nodes().any(|dst| self.network.is_cut(src, dst)));
        let alone = || self.replicas().any(|(_, replica)| replica.election.suspects);
        over && (self.queue.is_empty() || (!cut() && !alone()))
    }
}
