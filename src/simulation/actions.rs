//! What happens to a cluster from outside: power fails, links are cut, an operator promotes a replica.

use super::{Due, Envelope, Simulation, Status};
use crate::family::{Input, Order};
use crate::network::{Fate, Loss, NodeId};
use crate::operation::Request;
use crate::scenario::Action;
use crate::trace::{Trace, What};

impl Simulation {
    /// Makes an intervention at the present moment.
    pub fn act(&mut self, action: &Action, identity: u64, trace: &mut Trace) {
        match action {
            Action::Invoke { client, key, kind, prefer, demand } => {
                let request = Request { key: *key, kind: *kind, prefer: *prefer, demand: *demand };
                self.invoke(*client, self.session_of(*client), request, identity, trace);
            }
            Action::Links(pairs, spec) => {
                for (src, dst) in pairs {
                    let mut settings = self.network.settings(*src, *dst).clone();
                    spec.change(&mut settings);
                    self.network.configure(*src, *dst, settings);
                }
            }
            Action::Cut(pairs) => pairs.iter().for_each(|(src, dst)| self.network.cut(*src, *dst)),
            Action::Heal(pairs) => pairs.iter().for_each(|(src, dst)| self.network.heal(*src, *dst)),
            Action::Hold(pairs) => pairs.iter().for_each(|(src, dst)| self.network.hold(*src, *dst)),
            Action::Release(pairs) => pairs.iter().for_each(|(src, dst)| self.release(*src, *dst, trace)),
            Action::Crash(node) => self.crash(*node, trace),
            Action::Restart(node) => self.restart(*node, trace),
            Action::Pause(node) => self.pause(*node),
            Action::Resume(node) => self.resume(*node, trace),
            Action::SingleLeader(node, intervention) => self.intervene(*node, *intervention, trace),
            Action::MultiLeader(included, node, order) => {
                self.feed(*node, Input::Order(Order::MultiLeader(*included, *order)), trace)
            }
            Action::Leaderless(included, node, order) => {
                self.feed(*node, Input::Order(Order::Leaderless(*included, *order)), trace)
            }
            Action::Join(node) => self.restart(*node, trace),
        }
    }

    fn release(&mut self, src: NodeId, dst: NodeId, trace: &mut Trace) {
        self.network.release(src, dst);
        let (go, stay) = std::mem::take(&mut self.held).into_iter().partition(|e: &Envelope| (e.src, e.dst) == (src, dst));
        self.held = stay;
        for mut envelope in go {
            if envelope.cuts != self.network.cuts(src, dst) {
                trace.push(self.now, What::Lost(envelope.id, Loss::Cut));
                continue;
            }
            let identity = envelope.msg.identity();
            let fate = match envelope.msg.travels_beside() {
                false => self.network.fate(self.now, src, dst, identity),
                true => self.network.fate_beside(self.now, src, dst, identity),
            };
            match fate {
                Fate::Deliver(due) | Fate::DeliverTwice(due, _) => {
                    trace.push(self.now, What::Released(envelope.id, due));
                    envelope.cuts = self.network.cuts(src, dst);
                    envelope.sent_at = self.now;
                    self.queue.schedule(due, Due::Deliver(envelope));
                }
                Fate::Drop(loss) => trace.push(self.now, What::Lost(envelope.id, loss)),
                Fate::Hold => self.held.push(envelope),
            }
        }
    }

    pub(super) fn crash(&mut self, node: NodeId, trace: &mut Trace) {
        let host = &mut self.hosts[node.index()];
        if host.status == Status::Down {
            return;
        }
        let Some((kept, last)) = host.process.crash() else { return };
        host.status = Status::Down;
        host.life += 1;
        host.inbox.clear();
        trace.push(self.now, What::Crashed(node, kept, last));
    }

    pub(super) fn restart(&mut self, node: NodeId, trace: &mut Trace) {
        if self.hosts[node.index()].status != Status::Down {
            return;
        }
        self.hosts[node.index()].status = Status::Up;
        trace.push(self.now, What::Restarted(node));
        self.feed(node, Input::Start, trace);
    }

    fn pause(&mut self, node: NodeId) {
        let host = &mut self.hosts[node.index()];
        if host.status == Status::Up {
            host.status = Status::Paused;
        }
    }

    fn resume(&mut self, node: NodeId, trace: &mut Trace) {
        let host = &mut self.hosts[node.index()];
        if host.status != Status::Paused {
            return;
        }
        host.status = Status::Up;
        for input in std::mem::take(&mut host.inbox) {
            self.feed(node, input, trace);
        }
    }
}
