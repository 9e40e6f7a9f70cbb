//! Carries out what a node asks for, at the moment it asks: messages go to the network and into the queue, facts into the trace.
//!
//! Nothing is collected first. A node sees none of it before its next input, so that the order of records is that of asking.

use super::{Due, Envelope};
use crate::family::{Message, Timer};
use crate::network::{Fate, Network, NodeId};
use crate::rng::mix_pair;
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
    /// The words of its identity, see [`mix_pair`].
    pub(super) identity: (u64, u64),
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
        let identity = mix_pair(said.identity);
        let undisturbed = if said.beside { None } else { self.network.undisturbed(now, src, dst, identity) };
        match undisturbed {
            Some((due, cuts)) => {
                self.trace.sent(now, id, (src, dst), said.label, Some(due));
                // With an empty place nothing has to be dropped, and the envelope is built where it waits.
                let place @ None = self.queue.place(due) else { panic!("message {} finds its place taken", id.0) };
                *place = Some(Due::Deliver(Envelope { id, src, dst, sent_at: now, msg, cuts }));
            }
            None => self.post_disturbed(id, dst, &said, msg),
        }
    }

    /// A message on a link with a fault, or that loses messages now and then, or that travels beside the others.
    #[cold]
    fn post_disturbed(&mut self, id: MsgId, dst: NodeId, said: &Said, msg: Message) {
        let (now, src, identity) = (self.now, self.node, mix_pair(said.identity));
        let fate = match said.beside {
            false => self.network.fate(now, src, dst, identity),
            true => self.network.fate_beside(now, src, dst, identity),
        };
        let due = match fate {
            Fate::Deliver(due) | Fate::DeliverTwice(due, _) => Some(due),
            Fate::Drop(_) | Fate::Hold => None,
        };
        self.trace.sent(now, id, (src, dst), said.label, due);
        let envelope = Envelope { id, src, dst, sent_at: now, msg, cuts: self.network.cuts(src, dst) };
        match fate {
            Fate::Deliver(due) => self.queue.schedule(due, Due::Deliver(envelope)),
            Fate::DeliverTwice(due, again) => {
                self.queue.schedule(due, Due::Deliver(envelope.clone()));
                self.queue.schedule(again, Due::Deliver(envelope));
            }
            Fate::Drop(loss) => self.trace.push(now, What::Lost(id, loss)),
            Fate::Hold => {
                self.trace.push(now, What::Held(id));
                self.held.push(envelope);
            }
        }
    }
}
