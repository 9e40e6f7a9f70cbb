//! Updates that arrive: whether they are news, when they are applied, and to whom they go on.
//!
//! Causal delivery keeps an update back until everything is applied that its leader had applied before it (the causal broadcast of Birman,
//! Schiper and Stephenson 1991, with the version vector of the store as time stamp). As it comes, an effect may be shown before its cause.

use super::message::{Message, Sent};
use super::policy::Policy;
use super::replica::{Delivery, Logged, Replica};
use super::store::Disagreement;
use super::update::Update;
use super::{Fact, MultiLeader};
use crate::family::{Effects, Now};
use crate::network::NodeId;
use crate::sabotage::Sabotage;

impl Replica {
    pub(super) fn on_updates(
        &mut self,
        now: Now,
        src: NodeId,
        (after, upto): (u64, u64),
        updates: &[Sent],
        resent: u32,
        out: &mut impl Effects<MultiLeader>,
    ) {
        let place = self.heard.iter().position(|(from, _)| *from == src).unwrap_or_else(|| {
            self.heard.push((src, 0));
            self.heard.len() - 1
        });
        let heard = &mut self.heard[place].1;
        let news = after <= *heard && upto > *heard;
        if news {
            *heard = upto;
        }
        out.send(src, Message::Ack { upto: *heard, resent });
        if news {
            for sent in updates {
                self.arrive(now, src, sent, out);
            }
            self.deliver(now, out);
        } else {
            updates.iter().for_each(|sent| self.take_in_again(sent, out));
        }
    }

    /// An update has arrived from a neighbour.
    fn arrive(&mut self, now: Now, src: NodeId, sent: &Sent, out: &mut impl Effects<MultiLeader>) {
        let Sent { update, passed, state } = sent;
        let (dot, passed, state) = (update.dot(), *passed, state.clone());
        let waits = self.buffer.iter().any(|entry| entry.update.dot() == dot);
        if self.applied.has(dot) || waits {
            if self.has(Sabotage::IgnoreTags) && !waits {
                out.note(Fact::Again(update.op));
                self.take(now, Logged { update: update.clone(), passed, state }, Some(src), out);
            } else {
                self.take_in_again(sent, out);
            }
            return;
        }
        let entry = Logged { update: update.clone(), passed, state };
        if self.config.delivery == Delivery::Causal && !self.is_ready(update) {
            out.note(Fact::Buffered(update.op));
            self.buffer.push(entry);
        } else {
            self.take(now, entry, Some(src), out);
        }
    }

    /// Whether everything is there that an update depends on.
    fn is_ready(&self, update: &Update) -> bool {
        let dot = update.dot();
        let covers = || match update.replaces {
            None => self.applied.covers(&update.seen),
            Some(replaced) => self.applied.with(replaced).covers(&update.seen),
        };
        self.has(Sabotage::IgnoreDependencies) || (self.applied.whole().get(dot.actor) + 1 >= dot.count && covers())
    }

    /// Applies what has waited long enough.
    fn deliver(&mut self, now: Now, out: &mut impl Effects<MultiLeader>) {
        while let Some(place) = self.buffer.iter().position(|entry| self.is_ready(&entry.update)) {
            let entry = self.buffer.remove(place);
            self.take(now, entry, None, out);
        }
    }

    /// Applies an update, puts it into the log, and passes it on.
    pub(super) fn take(&mut self, now: Now, entry: Logged, from: Option<NodeId>, out: &mut impl Effects<MultiLeader>) {
        let Logged { update, passed, state } = entry;
        let (own, entries) = (update.leader() == self.config.id, self.log.len() as u64 + 1);
        let again = self.applied.has(update.dot());
        self.applied.add(update.dot());
        if let Some(replaced) = update.replaces {
            self.applied.add(replaced);
        }
        let number = u32::try_from(entries).unwrap_or(u32::MAX);
        if own && !again {
            out.note(Fact::Took(update.op, number));
        } else {
            self.clocks.hear(&update.clocks, now);
            out.note(Fact::Applied(update.op, number));
        }
        if !own || again {
            self.take_in(&update, state.as_ref(), again, out);
        }
        let applying = self.store.apply(&update, self.policy(update.key), !self.has(Sabotage::NoTombstones));
        if applying.row_missing {
            out.note(Fact::RowMissing(update.op));
        }
        for met in &applying.met {
            out.note(match *met {
                Disagreement::Concurrent(other) => Fact::Conflict(update.op, other),
                Disagreement::Lost(winner) => Fact::Dropped(update.op, winner),
                Disagreement::Won(loser) => Fact::Dropped(loser, update.op),
            });
        }
        let passed = from.map_or(passed, |src| passed.and(src)).and(self.config.id);
        self.log.push(Logged { update: update.clone(), passed, state: None });
        for place in 0..self.peers.len() {
            if self.peers[place].is_streamed_to() {
                self.tell(now, place, out);
            }
        }
        if !own && self.leads() {
            match self.policy(update.key) {
                Policy::Concatenate => self.join(now, &update, out),
                policy if policy.takes_anew(self.config.id) => self.take_anew(now, &update, out),
                _ => {}
            }
        }
        self.unpark_ready(now, out);
    }
}
