//! Carries out what a node asks for, at the moment it asks: messages go to the network and into the queue, facts into the trace.
//!
//! Nothing is collected first. A node sees none of it before its next input, so that the order of records is that of asking.

use super::{Due, Envelope};
use crate::family::{Message, Timer};
use crate::network::{Fate, Network, NodeId};
use crate::time::{EventQueue, SimDuration, SimTime};
use crate::trace::{MsgId, Trace, What};

/// What one node asks for while it handles one input.
pub(super) struct Outbox<'a> {
    pub(super) now: SimTime,
    /// Who asks.
    pub(super) node: NodeId,
    /// How often it has been restarted.
    pub(super) life: u32,
    pub(super) network: &'a mut Network,
    pub(super) queue: &'a mut EventQueue<Due>,
    pub(super) held: &'a mut Vec<Envelope>,
    /// How many messages have been sent.
    pub(super) messages: &'a mut u32,
    /// The sessions that are to be found by the other devices of their users: done when the node is ready.
    pub(super) shares: &'a mut Vec<u32>,
    pub(super) trace: &'a mut Trace,
}

/// What a message says, as far as the network and the trace want to know.
pub(super) struct Said {
    pub(super) label: (u64, u64),
    pub(super) identity: u64,
    pub(super) beside: bool,
}

impl Outbox<'_> {
    #[inline]
    pub(super) fn wake(&mut self, timer: Timer, after: SimDuration) {
        self.queue.schedule(self.now + after, Due::Timer(self.node, self.life, timer));
    }

    pub(super) fn post(&mut self, dst: NodeId, said: Said, msg: Message) {
        let (now, src, id) = (self.now, self.node, MsgId(*self.messages));
        *self.messages += 1;
        let undisturbed = if said.beside { None } else { self.network.undisturbed(now, src, dst, said.identity) };
        let fate = undisturbed.map_or_else(|| self.fate(dst, &said), Fate::Deliver);
        let due = match fate {
            Fate::Deliver(due) | Fate::DeliverTwice(due, _) => Some(due),
            Fate::Drop(_) | Fate::Hold => None,
        };
        self.trace.sent(now, id, (src, dst), said.label, due);
        let cuts = self.network.cuts(src, dst);
        let envelope = || Envelope { id, src, dst, sent_at: now, msg, cuts };
        match fate {
            Fate::Deliver(due) => self.queue.schedule_with(due, || Due::Deliver(envelope())),
            fate => self.post_disturbed(fate, envelope()),
        }
    }

    /// What becomes of a message on a link with a fault, or that loses messages now and then, or that travels beside the others.
    #[cold]
    fn fate(&mut self, dst: NodeId, said: &Said) -> Fate {
        match said.beside {
            false => self.network.fate(self.now, self.node, dst, said.identity),
            true => self.network.fate_beside(self.now, self.node, dst, said.identity),
        }
    }

    /// A message that is lost or kept back, or that arrives twice.
    #[cold]
    fn post_disturbed(&mut self, fate: Fate, envelope: Envelope) {
        match fate {
            Fate::Deliver(due) => self.queue.schedule(due, Due::Deliver(envelope)),
            Fate::DeliverTwice(due, again) => {
                self.queue.schedule(due, Due::Deliver(envelope.clone()));
                self.queue.schedule(again, Due::Deliver(envelope));
            }
            Fate::Drop(loss) => self.trace.push(self.now, What::Lost(envelope.id, loss)),
            Fate::Hold => {
                self.trace.push(self.now, What::Held(envelope.id));
                self.held.push(envelope);
            }
        }
    }
}
