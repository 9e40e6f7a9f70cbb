//! What a replica knows of a neighbour to which it passes updates on: how far it has told it, and when to tell it again.
//!
//! Updates are streamed in the order of the sender's log, and an answer says how far the receiver has come without a gap. After a time-out
//! (RFC 6298) everything behind that is sent again, in one message.

use super::{Message, MultiLeader, Timer};
use crate::family::round_trip::{RoundTrip, patience};
use crate::family::{Effects, Now};
use crate::network::NodeId;
use crate::time::{SimDuration, SimTime};

/// What a replica knows of a neighbour.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Which one.
    pub id: NodeId,
    /// Whether it is also told of what other leaders took: not where every leader tells all others itself.
    pub relayed: bool,
    /// The place in what is told it, which is the own log, up to which the neighbour has been told, as far as it has said.
    pub acked: u64,
    /// The place up to which messages to it tell.
    pub told: u64,
    /// The place up to which the log has been looked through for it: behind `told` lie only updates that it has passed on itself.
    pub(super) looked: u64,
    /// The place behind which the log is told from its beginning: since then also what was not for the neighbour before.
    pub(super) base: u64,
    resent: u32,
    resend_due: Option<SimTime>,
    backoff: u32,
    timing: Option<(u64, SimTime)>,
    round_trip: Option<RoundTrip>,
}

impl Peer {
    pub(super) fn new(id: NodeId, relayed: bool) -> Peer {
        Peer {
            id,
            relayed,
            acked: 0,
            told: 0,
            looked: 0,
            base: 0,
            resent: 0,
            resend_due: None,
            backoff: 0,
            timing: None,
            round_trip: None,
        }
    }

    fn patience(&self) -> SimDuration {
        patience(self.round_trip, self.backoff)
    }

    /// Sends updates that follow what the neighbour has been told before.
    pub(super) fn tell(&mut self, now: Now, updates: Vec<super::Sent>, upto: u64, out: &mut impl Effects<MultiLeader>) {
        let after = std::mem::replace(&mut self.told, upto);
        self.looked = upto;
        // An answer gives back the count of resendings, so that it is known which message it answers.
        if self.timing.is_none() {
            self.timing = Some((upto, now));
        }
        out.send(self.id, Message::Updates { after, upto, updates, resent: self.resent });
        if self.resend_due.is_none() {
            self.arm(now, out);
        }
    }

    fn arm(&mut self, now: Now, out: &mut impl Effects<MultiLeader>) {
        let patience = self.patience();
        self.resend_due = Some(now + patience);
        out.set_timer(Timer::Resend(self.id), patience);
    }

    /// The neighbour says how far it has been told. Whether that is news.
    pub(super) fn on_ack(&mut self, now: Now, upto: u64, resent: u32, out: &mut impl Effects<MultiLeader>) -> bool {
        if let Some((place, sent)) = self.timing.filter(|(place, _)| upto >= *place && resent == self.resent) {
            self.round_trip = Some(RoundTrip::with(self.round_trip, now.since(sent)));
            debug_assert!(place <= self.told, "told up to {}, timed {place}", self.told);
            self.timing = None;
        }
        if upto <= self.acked {
            return false;
        }
        (self.acked, self.backoff) = (upto, 0);
        self.resend_due = None;
        if self.told > self.acked {
            self.arm(now, out);
        }
        true
    }

    /// It is told of everything from now on. What was not for it before is told once more with the rest, from the beginning of the log, and in
    /// new places: behind those that it has heard of, for it listens to nothing else.
    pub(super) fn relay_all(&mut self, entries: u64) {
        if !std::mem::replace(&mut self.relayed, true) {
            self.base += entries;
            self.looked = self.base;
        }
    }

    /// There is nothing to tell it. If it has answered to all that it was told, it is not silent: of what it was asked about once more, only what it has
    /// itself may be left.
    pub(super) fn rest(&mut self) {
        if self.told <= self.acked {
            self.backoff = 0;
        }
    }

    /// Whether it is told of updates as they come. Who is silent is asked with one message at a time.
    pub(super) fn is_streamed_to(&self) -> bool {
        self.backoff == 0
    }

    /// Whether what was sent has to be sent again now.
    pub(super) fn is_overdue(&mut self, now: Now) -> bool {
        if self.resend_due.is_none_or(|due| now < due) {
            return false;
        }
        self.resend_due = None;
        self.told > self.acked
    }

    /// Goes back to what the neighbour has said it has been told.
    pub(super) fn go_back(&mut self) {
        (self.told, self.looked, self.timing) = (self.acked, self.acked, None);
        (self.resent, self.backoff) = (self.resent + 1, self.backoff + 1);
    }

    /// After a crash, which the log and the places in it survive: whatever timer there was is gone.
    pub(super) fn restart(&mut self) {
        (self.resend_due, self.timing, self.backoff) = (None, None, 0);
    }
}
