//! The network between the nodes, and the time that passes on it.
//!
//! Nodes are named, and a link may be changed before its nodes exist. Time is virtual: it moves only while somebody awaits, and
//! only when every task has had its say, so that five seconds of lag cost microseconds and a run can be repeated exactly.
//! The vocabulary (partition, heal, crash) is that of Jepsen and turmoil.

use std::sync::Arc;
use std::time::Duration;

use super::findings::{Judgement, LostWrite};
use super::links::simulated;
use super::operation::Operation;
use super::request::Request;
use super::shared::Shared;
use crate::scenario::Anomaly;
use crate::trace::Digest;

/// The network between the nodes of one program, with the operator's levers and the checkers' findings.
#[derive(Debug)]
pub struct Network {
    pub(super) shared: Arc<Shared>,
}

impl Network {
    /// A network at time zero: links take one millisecond and lose nothing.
    #[must_use]
    pub fn new() -> Network {
        Network::with_seed(0)
    }

    /// A network whose random choices (lost messages, which follower a read goes to) follow this seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Network {
        Network { shared: Arc::new(Shared::new(seed)) }
    }

    /// Makes messages from one node to another take so much longer than the usual millisecond, from now on; zero ends it.
    ///
    /// The other direction has a link of its own. Messages keep their order: what is sent after the end of a lag still comes
    /// after what was sent before.
    pub fn inject_lag(&self, from: &str, to: &str, lag: Duration) {
        self.shared.with(|cluster| cluster.inject_lag(from, to, lag));
    }

    /// Makes messages from one node to another get lost with this probability, from 0 to 1. The sender will send again.
    pub fn drop_messages(&self, from: &str, to: &str, probability: f64) {
        self.shared.with(|cluster| cluster.drop_messages(from, to, probability));
    }

    /// Cuts every link between a node of one side and a node of the other, in both directions. What is under way is lost.
    pub fn partition(&self, a: &[&str], b: &[&str]) {
        self.shared.with(|cluster| cluster.partition(a, b));
    }

    /// Ends every cut. What was lost stays lost; the leaders send again by themselves, within two seconds.
    pub fn heal(&self) {
        self.shared.with(super::cluster::Cluster::heal);
    }

    /// Cuts a node's power. Its disk keeps what it had; its `run` ends; reads at it return `None`.
    pub fn crash(&self, node: &str) {
        self.shared.with(|cluster| cluster.crash(node));
    }

    /// Brings a crashed node back. A follower that was running when it crashed runs on.
    pub fn restart(&self, node: &str) {
        self.shared.with(|cluster| cluster.restart(node));
    }

    /// Makes a node the leader of its group in a new epoch: its log is the truth from now on, whatever others have.
    ///
    /// Returns whether it leads now: a node that is down, or in no leader's group, cannot be promoted. To write to it, make a
    /// [`Leader`](super::Leader) of its name.
    pub fn promote(&self, node: &str) -> bool {
        self.shared.with(|cluster| cluster.promote(node))
    }

    /// How much virtual time has passed since the network was made, to the microsecond.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_micros(self.shared.with(|cluster| cluster.simulation.now.0))
    }

    /// Lets so much virtual time pass, rounded up to a microsecond.
    pub fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send + Sync + 'static + use<> {
        let sleep = Operation::new(&self.shared, Request::Sleep(simulated(time)));
        async move {
            sleep.await;
        }
    }

    /// What is wrong with what happened so far, as the checkers find it in the recorded history, in the order of time.
    ///
    /// A read that breaks a narrow guarantee breaks wider ones with it; only the narrowest is named.
    #[must_use]
    pub fn findings(&self) -> Vec<Judgement> {
        self.shared.with(|cluster| cluster.findings(None))
    }

    /// Everything that breaks this one guarantee, whatever narrower ones it breaks besides.
    #[must_use]
    pub fn findings_of(&self, anomaly: Anomaly) -> Vec<Judgement> {
        self.shared.with(|cluster| cluster.findings(Some(anomaly)))
    }

    /// The writes that were acknowledged and are not in the log of the newest leader: in the order in which they were begun.
    #[must_use]
    pub fn lost_acknowledged_writes(&self) -> Vec<LostWrite> {
        self.shared.with(|cluster| cluster.lost_writes())
    }

    /// A number that stands for everything that has happened: equal digests, equal runs.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.shared.with(|cluster| cluster.trace.digest)
    }
}

impl Default for Network {
    fn default() -> Network {
        Network::new()
    }
}
