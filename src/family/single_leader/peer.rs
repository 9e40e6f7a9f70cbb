//! What a leader knows of one follower: how far it is, when to send again, and whether it may count.
//!
//! As in etcd's raft library a follower is *streamed* to while all goes well, and *probed* (one batch, then wait) after a time-out.
//! Time-outs follow RFC 6298 in integers.

use std::sync::Arc;

use super::ack::AckLevel;
use super::snapshot::Snapshot;
use super::{Entries, Message, Positions, SingleLeader, Timer};
use crate::family::round_trip::{RoundTrip, patience};
use crate::family::{Effects, Now};
use crate::lsn::{Epoch, Lsn};
use crate::network::NodeId;
use crate::time::{SimDuration, SimTime};

/// What a leader knows of one follower.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Which one.
    pub id: NodeId,
    /// The newest positions it has told.
    pub known: Positions,
    /// The next entry to send.
    pub next: Lsn,
    /// Which of its positions the leader has to know.
    pub(super) level: AckLevel,
    pub(super) subscribed: bool,
    pub(super) boot: u32,
    pub(super) streaming: bool,
    pub(super) resent: u32,
    /// When the timer for its silence runs out.
    pub(super) resend_due: Option<SimTime>,
    pub(super) progress_at: SimTime,
    pub(super) backoff: u32,
    pub(super) timing: Option<(Lsn, SimTime)>,
    pub(super) round_trip: Option<RoundTrip>,
    /// The snapshot that it copies.
    pub copying: Option<Arc<Snapshot>>,
    /// Whether it may count as synchronous: not before it has caught up with a snapshot's log.
    pub eligible: bool,
}

impl Peer {
    pub(super) fn new(id: NodeId, subscribed: bool, level: AckLevel) -> Peer {
        Peer {
            id,
            level,
            known: Positions::default(),
            next: Lsn(1),
            subscribed,
            boot: 0,
            streaming: subscribed,
            resent: 0,
            resend_due: None,
            progress_at: SimTime::ZERO,
            backoff: 0,
            timing: None,
            round_trip: None,
            copying: None,
            eligible: true,
        }
    }

    /// The same follower, while it copies a snapshot: nothing is streamed to it until it subscribes.
    pub(super) fn copies(&mut self, boot: u32) -> Peer {
        Peer { copying: self.copying.take(), boot, ..Peer::new(self.id, false, self.level) }
    }

    /// Whether it has not received all that was sent, as far as it has told.
    pub(super) fn outstanding(&self) -> bool {
        self.next.prev() > self.known.received
    }

    /// Whether it has yet to tell that what was sent has got as far as the rule asks for.
    pub(super) fn silent(&self) -> bool {
        self.next.prev() > self.level.of(self.known)
    }

    pub(super) fn patience(&self) -> SimDuration {
        patience(self.round_trip, self.backoff)
    }

    pub(super) fn arm(&mut self, due: SimTime, now: SimTime, out: &mut impl Effects<SingleLeader>) {
        self.resend_due = Some(due);
        out.set_timer(Timer::Resend(self.id), due.since(now));
    }

    pub(super) fn measure(&mut self, now: SimTime) {
        let Some((lsn, sent)) = self.timing else { return };
        if self.level.of(self.known) < lsn {
            return;
        }
        self.timing = None;
        self.round_trip = Some(RoundTrip::with(self.round_trip, now.since(sent)));
    }
}

pub(super) fn send_entries(
    peer: &mut Peer,
    now: Now,
    (epoch, version): (Epoch, u16),
    (entries, to): (Entries, Lsn),
    out: &mut impl Effects<SingleLeader>,
) {
    if !peer.silent() {
        peer.progress_at = now;
    }
    peer.next = to.next();
    if peer.timing.is_none() && peer.streaming {
        peer.timing = Some((to, now));
    }
    out.send(peer.id, Message::Append { epoch, entries, resent: peer.resent, boot: peer.boot, version });
    if peer.resend_due.is_none() {
        peer.arm(now + peer.patience(), now, out);
    }
}
