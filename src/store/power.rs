//! Who runs: the beginning and the end of a follower's `run`, and the operator's acts on a node.
//!
//! A crash, a restart and a promotion take effect where the program calls for them. The beginning and the end of a `run` take effect
//! at the end of the instant, for all nodes in the order of their names, because which future an executor polls or drops first
//! must not show.

use std::task::{Poll, Waker};

use super::cluster::Cluster;
use super::node::Node;
use crate::family::single_leader::Intervention;
use crate::family::single_leader::Replica;
use crate::scenario::Action;
use crate::simulation::Status;

impl Cluster {
    /// Brings a node up or down, as its name says it should be.
    pub(super) fn settle_power(&mut self, name: &str) {
        self.pace.changed();
        let Some(node) = self.nodes.get(name) else { return };
        let (should_run, Some((id, group))) = (node.should_run(), node.place) else { return };
        match (should_run, self.simulation.status(id) == Status::Up) {
            (true, false) => {
                let fresh = self.is_fresh(group);
                if let Some(replica) = self.replica_mut(id)
                    && !fresh
                    && replica.boot == 0
                {
                    // It comes late: it has to ask its leader for the log, as after a crash.
                    replica.crash();
                }
                self.simulation.act(&Action::Restart(id), 0, &mut self.trace);
                self.measure_round_trips();
            }
            (false, true) => self.simulation.act(&Action::Crash(id), 0, &mut self.trace),
            _ => {}
        }
    }

    /// Brings all nodes up or down, in the order of their names: which `run` was polled or dropped first plays no part in it.
    pub(super) fn settle_runs(&mut self) {
        let changes = |(_, node): &(&String, &Node)| {
            node.place.is_some_and(|(id, _)| node.should_run() != (self.simulation.status(id) == Status::Up))
        };
        let names: Vec<String> = self.nodes.iter().filter(changes).map(|(name, _)| name.clone()).collect();
        names.iter().for_each(|name| self.settle_power(name));
    }

    /// A `run` is polled for the first time.
    pub(super) fn begin_run(&mut self, name: &str, run: u64, waker: Waker) {
        let node = self.node(name);
        node.runs.insert(run, waker);
        node.has_run = true;
        node.comes_back = false;
        self.pace.changed();
    }

    /// A `run` is polled: it is over once the node has crashed.
    pub(super) fn poll_run(&mut self, name: &str, run: u64, waker: &Waker) -> Poll<()> {
        let known = self.nodes.get_mut(name).and_then(|node| node.runs.get_mut(&run));
        let over = known.is_none();
        if let Some(known) = known.filter(|known| !known.will_wake(waker)) {
            self.waiting.outbox.discard.push(std::mem::replace(known, waker.clone()));
        }
        self.pace.polled(over);
        if over { Poll::Ready(()) } else { Poll::Pending }
    }

    /// A `run` that has begun is dropped.
    pub(super) fn end_run(&mut self, name: &str, run: u64) {
        if let Some(waker) = self.node(name).runs.remove(&run) {
            self.waiting.outbox.discard.push(waker);
            self.pace.changed();
        }
    }

    /// Power fails; every `run` of the node is over.
    pub(super) fn crash(&mut self, name: &str) {
        self.settle_power(name);
        let up = self.id_of(name).is_some_and(|id| self.simulation.status(id) == Status::Up);
        let node = self.node(name);
        node.crashed = true;
        node.comes_back |= up;
        let runs = std::mem::take(&mut node.runs);
        self.waiting.outbox.wake.extend(runs.into_values());
        self.settle_power(name);
    }

    /// Power is back.
    pub(super) fn restart(&mut self, name: &str) {
        self.node(name).crashed = false;
        self.settle_power(name);
    }

    /// The operator makes a node the leader of its group. Returns whether it leads now.
    pub(super) fn promote(&mut self, name: &str) -> bool {
        let Some((id, _)) = self.place_of(name) else { return false };
        self.settle_power(name);
        if self.simulation.status(id) != Status::Up {
            return false;
        }
        self.simulation.act(&Action::SingleLeader(id, Intervention::Promote), 0, &mut self.trace);
        self.measure_round_trips();
        self.pace.changed();
        self.simulation.replica(id).is_some_and(Replica::leads)
    }

    /// Whether a node has crashed and not been restarted.
    pub(super) fn has_crashed(&self, name: &str) -> bool {
        self.nodes.get(name).is_some_and(|node| node.crashed)
    }

    /// Whether the program has made and added a follower whose `run` may be polled any moment now.
    pub(super) fn someone_is_starting(&self) -> bool {
        self.nodes.values().any(|n| n.place.is_some() && n.handles > 0 && !(n.has_run || n.leads || n.not_starting || n.crashed))
    }

    /// No follower that has not started by now is waited for any longer.
    pub(super) fn nobody_is_starting(&mut self) {
        for node in self.nodes.values_mut().filter(|node| node.handles > 0 && node.place.is_some()) {
            node.not_starting = true;
        }
    }
}
