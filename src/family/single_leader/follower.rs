//! The follower's side: take entries in order, whatever the order in which they arrive, say how far it is, and find the place
//! from which to go on after a crash or a change of leader.
//!
//! A follower applies entry n+2 never before n+1: what arrives early waits in `ahead`. A message that is lost is sent again by
//! the leader, so a gap always closes.

use std::sync::Arc;

use super::Fact;
use super::replica::{Replica, Role};
use super::snapshot::Copying;
use super::{Entries, Message, Positions, SingleLeader, Timer};
use crate::family::{Effects, Now};
use crate::log::Entry;
use crate::lsn::{Epoch, EpochStart, Lsn, shared_prefix};
use crate::network::NodeId;
use crate::sabotage::Sabotage;
use crate::time::SimDuration;

/// How often a follower asks again to be served.
const SUBSCRIBE_AGAIN: SimDuration = SimDuration::millis(500);

/// How many entries may wait for a gap to close; more are dropped and will be sent again.
const AHEAD_MAX: usize = 1 << 16;

/// What a follower knows beyond its log.
#[derive(Clone, Debug, Default)]
pub struct Following {
    /// Entries that arrived before the ones in front of them, in the order of the log.
    pub ahead: Vec<Entry>,
    /// Whether the leader has answered the subscription.
    pub(super) confirmed: bool,
    pub(super) asked: u32,
    /// Whether it will ask again: one timer is enough, however often a leader introduces itself.
    asks: bool,
    /// The snapshot that it copies.
    pub copy: Option<Copying>,
}

impl Following {
    pub(super) fn confirmed() -> Following {
        Following { confirmed: true, ..Following::default() }
    }

    pub(super) fn unconfirmed() -> Following {
        Following::default()
    }

    /// The entry of this number, if it waits for the ones in front of it.
    #[must_use]
    pub fn waiting(&self, lsn: Lsn) -> Option<&Entry> {
        self.ahead.binary_search_by_key(&lsn, |entry| entry.lsn).ok().map(|place| &self.ahead[place])
    }

    fn keep(&mut self, entry: Entry) {
        match self.ahead.binary_search_by_key(&entry.lsn, |other| other.lsn) {
            Ok(place) => self.ahead[place] = entry,
            Err(place) => self.ahead.insert(place, entry),
        }
    }
}

impl Replica {
    pub(super) fn on_append(
        &mut self,
        now: Now,
        src: NodeId,
        epoch: Epoch,
        entries: &Entries,
        (resent, boot): (u32, u32),
        out: &mut impl Effects<SingleLeader>,
    ) {
        if epoch < self.newest() && self.config.fencing {
            return self.refuse(src, epoch, out);
        }
        if epoch > self.epoch {
            return self.ask(src, out);
        }
        if src == self.leader {
            self.heard_leader(now, out);
        }
        let before = self.log.last();
        let gaps = self.sabotaged(Sabotage::AcceptGaps);
        let Role::Follower(following) = &mut self.role else {
            if !self.config.fencing {
                return;
            }
            panic!("leader {:?} of epoch {epoch} got entries of its own epoch", self.config.id)
        };
        following.confirmed |= boot == self.boot;
        for entry in entries.as_slice() {
            let next = self.log.last().next();
            if entry.lsn == next || (gaps && entry.lsn > next) {
                self.log.append(Entry { lsn: next, ..entry.clone() });
            } else if entry.lsn > next && following.ahead.len() < AHEAD_MAX {
                following.keep(entry.clone());
            }
        }
        if following.ahead.first().is_some_and(|entry| entry.lsn <= self.log.last().next()) {
            for entry in std::mem::take(&mut following.ahead) {
                if entry.lsn == self.log.last().next() {
                    self.log.append(entry);
                } else if entry.lsn > self.log.last() {
                    following.ahead.push(entry);
                }
            }
        }
        if self.log.last() > before {
            out.note(Fact::Received(self.log.last()));
            self.start_flush(now, out);
            self.start_apply(now, out);
        }
        if epoch == self.epoch {
            return self.acknowledge(resent, out);
        }
        // Without fencing, an old leader is told what it wants to hear.
        let progress = self.claimed();
        out.send(src, Message::Ack { epoch, progress, boot: self.boot, resent });
    }

    /// Tells the leader how far this follower is.
    pub(super) fn acknowledge(&self, resent: u32, out: &mut impl Effects<SingleLeader>) {
        if self.leads() || self.leader == self.config.id {
            return;
        }
        let progress = self.claimed();
        out.send(self.leader, Message::Ack { epoch: self.epoch, progress, boot: self.boot, resent });
    }

    fn claimed(&self) -> Positions {
        let mut progress = self.positions();
        if self.sabotaged(Sabotage::AckBeforeFlush) {
            progress.flushed = progress.received;
        }
        progress
    }

    /// Asks the leader for what comes after the last entry, and keeps asking until it answers.
    #[cold]
    pub(super) fn subscribe(&mut self, out: &mut impl Effects<SingleLeader>) {
        self.ask(self.leader, out);
        self.ask_later(out);
    }

    #[cold]
    pub(super) fn ask_later(&mut self, out: &mut impl Effects<SingleLeader>) {
        if let Role::Follower(following) = &mut self.role
            && !std::mem::replace(&mut following.asks, true)
        {
            out.set_timer(Timer::Resend(self.leader), SUBSCRIBE_AGAIN);
        }
    }

    #[cold]
    pub(super) fn ask(&mut self, leader: NodeId, out: &mut impl Effects<SingleLeader>) {
        if self.fresh || matches!(&self.role, Role::Follower(f) if f.copy.is_some()) {
            return self.fetch(leader, out);
        }
        let progress = self.claimed();
        if let Role::Follower(following) = &mut self.role {
            following.asked += 1;
            let resent = following.asked;
            out.send(leader, Message::Subscribe { epoch: self.epoch, progress, boot: self.boot, resent });
        }
    }

    #[cold]
    pub(super) fn ask_again(&mut self, leader: NodeId, out: &mut impl Effects<SingleLeader>) {
        let Role::Follower(following) = &mut self.role else { return };
        if leader == self.leader {
            following.asks = false;
            // A late message of the log may confirm a follower in the middle of its copy, which must go on all the same.
            if !following.confirmed || following.copy.is_some() {
                self.subscribe(out);
            }
        }
    }

    /// A leader of a newer generation introduces itself: give up what did not survive, and follow.
    #[cold]
    pub(super) fn on_announce(
        &mut self,
        now: Now,
        src: NodeId,
        epoch: Epoch,
        history: Arc<Vec<EpochStart>>,
        resent: u32,
        out: &mut impl Effects<SingleLeader>,
    ) {
        if epoch < self.newest() {
            return self.refuse(src, epoch, out);
        }
        if self.leads() && epoch == self.epoch {
            return;
        }
        if epoch > self.epoch {
            let shared = shared_prefix(&self.history, self.log.last(), &history);
            self.step_down(out);
            self.epoch = epoch;
            self.leader = src;
            if !self.sabotaged(Sabotage::KeepTail) {
                self.truncate(now, shared, out);
            }
            self.history = history;
            self.role = Role::Follower(Following::unconfirmed());
            out.note(Fact::Follows(epoch));
            self.start_flush(now, out);
            // A leader shows what is acknowledged; as a follower it shows all that it has flushed.
            self.start_apply(now, out);
            self.answer_parked(out);
            self.watch(now, out);
        }
        if self.fresh {
            // What it asked for first may be lost, and the leader begins only when it is asked.
            self.fetch(src, out);
            return self.ask_later(out);
        }
        let progress = self.claimed();
        out.send(src, Message::Subscribe { epoch, progress, boot: self.boot, resent });
    }

    /// Fencing at the resource: a message of an old generation has no effect, and its sender is told.
    #[cold]
    pub(super) fn refuse(&self, src: NodeId, claimed: Epoch, out: &mut impl Effects<SingleLeader>) {
        if !self.config.fencing {
            return;
        }
        out.note(Fact::RefusedEpoch(claimed));
        out.send(src, Message::Fenced { claimed, epoch: self.newest(), leader: self.leader });
    }

    /// Somebody knows a newer leader. Only that leader can say what survived, so ask it.
    #[cold]
    pub(super) fn on_fenced(&mut self, now: Now, epoch: Epoch, leader: NodeId, out: &mut impl Effects<SingleLeader>) {
        if epoch > self.epoch && leader == self.config.id && self.leads() {
            return self.give_way(now, epoch, out);
        }
        let asking = leader == self.leader && matches!(&self.role, Role::Follower(f) if !f.confirmed);
        if epoch <= self.epoch || leader == self.config.id || asking {
            return;
        }
        self.step_down(out);
        self.leader = leader;
        self.role = Role::Follower(Following::unconfirmed());
        self.watch(now, out);
        self.subscribe(out);
    }
}
