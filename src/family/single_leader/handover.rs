//! How a replica becomes leader, tells everybody, takes in those that follow, and gives way.
//!
//! A handover needs two messages. A new leader announces where each generation of its log starts; a replica finds in it what of its own log
//! survived, truncates, and subscribes from there (PostgreSQL finds the place in its timelines the same way). An announcement is
//! repeated until everybody has answered. Old messages are refused by generation at the receiver: that is the fence.

use std::sync::Arc;

use super::ack::AckRule;
use super::leader::Leadership;
use super::peer::Peer;
use super::replica::{Replica, Role};
use super::{Answer, Entries, Fact, Message, Positions, SingleLeader, Timer};
use crate::family::round_trip::RESEND_MAX;
use crate::family::{Effects, Now};
use crate::lsn::{Epoch, EpochStart, Position};
use crate::network::NodeId;
use crate::time::SimDuration;

/// The first pause between announcements; it doubles up to [`RESEND_MAX`].
const ANNOUNCE_AGAIN: SimDuration = SimDuration::millis(200);

impl Replica {
    /// The operator's decision: this replica leads from now on. Its log is the truth, whatever others have.
    #[cold]
    pub(super) fn on_promote(&mut self, now: Now, epoch: Epoch, out: &mut impl Effects<SingleLeader>) {
        if epoch <= self.epoch || self.is_partial() {
            return;
        }
        self.step_down(out);
        // A leader applies what it has: its rows are what the log says, whatever columns others name.
        self.data.lacks = None;
        // Half of a statement is none of it.
        self.truncate(now, self.log.whole(self.log.last()), out);
        // Whatever it has received is made durable first: the numbers after it are handed out anew.
        self.flushed = self.log.last();
        self.forget_timers();
        let mut history = self.history.to_vec();
        let last = self.log.last();
        history.retain(|start| start.start <= last);
        history.push(EpochStart { epoch, start: last.next() });
        self.history = Arc::new(history);
        self.epoch = epoch;
        // In the list of synchronous followers the group's first leader takes the place of the new one, so that the list has
        // as many members as before, whoever led in between.
        let config = Arc::make_mut(&mut self.config);
        if let AckRule::Sync(rule) = &mut config.ack {
            for id in rule.followers.iter_mut().filter(|id| **id == config.id) {
                *id = self.first_leader;
            }
        }
        self.leader = self.config.id;
        self.role = Role::Leader(Leadership::new(&self.config, false));
        out.note(Fact::Promoted(epoch, last.next()));
        self.watch(now, out);
        self.resume_leading(now, out);
    }

    /// Takes up leading with nothing but the log: after a promotion, or after a restart in the same generation.
    #[cold]
    pub(super) fn resume_leading(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let mut leadership = Leadership::new(&self.config, false);
        leadership.acked = self.flushed;
        leadership.seen = self.data.base.ops.clone();
        for entry in self.log.range(self.log.base().lsn.next(), self.log.last()) {
            leadership.seen.insert(entry.op);
        }
        self.role = Role::Leader(leadership);
        if self.applied < self.flushed {
            self.apply_now(now, self.flushed, out);
        }
        self.answer_parked(out);
        self.announce(now, out);
        self.settle(now, out);
    }

    #[cold]
    pub(super) fn on_announce_timer(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let due = matches!(&self.role, Role::Leader(l) if l.announce_due.is_some_and(|due| now >= due));
        if due {
            self.announce(now, out);
        }
    }

    /// Announces itself to whoever has not answered yet, and again later.
    fn announce(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Role::Leader(leadership) = &mut self.role else { return };
        let silent: Vec<NodeId> = leadership.peers.iter().filter(|p| !p.subscribed).map(|p| p.id).collect();
        let targets: Vec<NodeId> = silent.into_iter().chain(leadership.uninformed.iter().copied()).collect();
        leadership.announce_due = None;
        if targets.is_empty() {
            return;
        }
        let (epoch, history, resent) = (self.epoch, &self.history, leadership.announced);
        for dst in targets {
            out.send(dst, Message::Announce { epoch, history: history.clone(), resent });
        }
        let pause = SimDuration((ANNOUNCE_AGAIN.0 << resent.min(10)).min(RESEND_MAX.0));
        out.set_timer(Timer::Announce, pause);
        leadership.announce_due = Some(now + pause);
        leadership.announced += 1;
    }

    #[cold]
    pub(super) fn on_subscribe(
        &mut self,
        now: Now,
        src: NodeId,
        epoch: Epoch,
        progress: Positions,
        boot: u32,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let (mine, history) = (self.epoch, self.history.clone());
        let Role::Leader(leadership) = &mut self.role else {
            if epoch < mine && self.leader != src && self.config.fencing {
                out.send(src, Message::Fenced { claimed: epoch, epoch: mine, leader: self.leader });
            }
            return;
        };
        if epoch != mine {
            leadership.announced += 1;
            let resent = leadership.announced;
            return out.send(src, Message::Announce { epoch: mine, history, resent });
        }
        let Some(peer) = leadership.peer(src).filter(|p| boot >= p.boot) else { return };
        *peer = Peer {
            subscribed: true,
            streaming: true,
            boot,
            resent: peer.resent + 1,
            round_trip: peer.round_trip,
            resend_due: peer.resend_due,
            eligible: peer.eligible,
            ..Peer::new(src, true, peer.level)
        };
        peer.known = progress;
        peer.next = progress.received.next();
        peer.progress_at = now;
        let resent = peer.resent;
        if progress.received < self.log.base().lsn {
            peer.streaming = false;
            return self.send_part(src, Position::ZERO, (0, boot, resent), out);
        }
        let (entries, version) = (Entries::Many(Arc::default()), self.storage_version);
        out.send(src, Message::Append { epoch: mine, entries, resent, boot, version });
        self.ship(now, out);
        self.settle(now, out);
    }

    #[cold]
    pub(super) fn on_noted(&mut self, client: NodeId, epoch: Epoch) {
        if let (Role::Leader(leadership), true) = (&mut self.role, epoch == self.epoch) {
            leadership.uninformed.retain(|id| *id != client);
        }
    }

    /// Stops leading. What was not acknowledged may survive or not: its clients are told just that.
    #[cold]
    pub(super) fn step_down(&mut self, out: &mut impl Effects<SingleLeader>) {
        self.drop_confirming(out);
        let Role::Leader(leadership) = &mut self.role else { return };
        for waiting in std::mem::take(&mut leadership.waiting) {
            out.send(waiting.client, Message::Reply { attempt: waiting.attempt, answer: Answer::Deposed, deps: None });
        }
    }
}
