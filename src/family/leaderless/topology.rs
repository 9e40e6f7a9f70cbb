//! A node among the others: it gossips, forms its opinion of who is up, and hands off what belongs to others when the ring changes.
//!
//! A range that moves is offered to its new owner like a hint: kept until the owner has it (Dynamo, sections 4.8 and 4.9). Until then reads
//! may ask the new owner, which has nothing yet: quorums that overlap on one ring need not overlap across two.

use std::sync::Arc;

use super::membership::Member;
use super::message::Message;
use super::replica::{Replica, homes_in, name_of};
use super::{Fact, Leaderless, Timer};
use crate::family::{Effects, Now};
use crate::log::KeyId;
use crate::network::NodeId;

impl Replica {
    /// One more round of gossip.
    pub(super) fn gossip(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        let Some(gossip) = self.config.settings.gossip.clone() else { return };
        if let Some((other, round)) = self.membership.beat(&gossip.seeds) {
            let members = Arc::new(self.membership.members().to_vec());
            out.send(other, Message::Gossip { round, answers: false, members });
        }
        self.judge(now, out);
        out.set_timer(Timer::Gossip, gossip.every);
    }

    fn judge(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        let Some(gossip) = &self.config.settings.gossip else { return };
        let (lost, back) = self.membership.judge(now, gossip.detection, gossip.every);
        lost.into_iter().for_each(|node| out.note(Fact::Suspects(node)));
        back.into_iter().for_each(|node| out.note(Fact::Trusts(node)));
    }

    /// Another node says what it knows of the members.
    pub(super) fn on_gossip(
        &mut self,
        now: Now,
        src: NodeId,
        (round, answers): (u64, bool),
        members: &[Member],
        out: &mut impl Effects<Leaderless>,
    ) {
        let Some(every) = self.config.settings.gossip.as_ref().map(|gossip| gossip.every) else { return };
        let news = self.membership.learn(now, members, every);
        news.joined.iter().for_each(|node| out.note(Fact::Joined(*node)));
        news.left.iter().for_each(|node| out.note(Fact::Left(*node)));
        if !news.joined.is_empty() || !news.left.is_empty() {
            self.renew_ring(out);
        }
        self.judge(now, out);
        if !answers {
            let members = Arc::new(self.membership.members().to_vec());
            out.send(src, Message::Gossip { round, answers: true, members });
        }
    }

    /// The node joins the ring. It knows the seeds only, and hears of the others from them.
    pub(super) fn join(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        self.membership.join(now);
        out.note(Fact::Joined(self.config.id));
        self.renew_ring(out);
    }

    /// The node leaves the ring: all that it holds belongs to others now.
    pub(super) fn leave(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        if !self.membership.has(self.config.id) {
            return;
        }
        self.membership.leave(now);
        out.note(Fact::Left(self.config.id));
        self.renew_ring(out);
    }

    /// Works the ring out anew, and offers what it need not hold any more to those who hold it now.
    fn renew_ring(&mut self, out: &mut impl Effects<Leaderless>) {
        let names = self.config.names.clone();
        let ring = self.membership.ring(self.config.settings.partitioning, |node| name_of(&names, node));
        let before = std::mem::replace(&mut self.ring, ring);
        let keys: Vec<KeyId> = self.store.keys().map(|(key, _)| key).collect();
        for key in keys {
            let position = self.position(key);
            let homes = |ring| homes_in(ring, position, &self.config.settings, &self.config.regions);
            let (old, new) = (homes(&before), homes(&self.ring));
            if new.contains(&self.config.id) || new.is_empty() {
                continue;
            }
            let versions = self.store.versions(key).to_vec();
            let gains = new.iter().copied().filter(|node| !old.contains(node));
            let gains: Vec<NodeId> = gains.collect();
            // Where nobody is new, all those who hold it were told what this node was told, or have to be.
            let owners = if gains.is_empty() { new } else { gains };
            for owner in owners {
                versions.iter().for_each(|version| out.note(Fact::Moves(version.op, owner)));
                self.hints.keep(self.config.settings.versioning, owner, key, &versions);
            }
            self.store.forget(key);
        }
        self.hand_off_later(out);
    }
}
