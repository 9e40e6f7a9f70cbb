//! How far behind a replica is, by what it knows itself.
//!
//! A leader says from time to time: everything that I had acknowledged by this time stands at or before this entry. A follower that has
//! applied that entry shows no older state than that time's, by the two clocks. This is CockroachDB's closed timestamp. Where leaders
//! have to prove that they lead ([`super::LeaderReads`]), the time is that of the last proof, else that of sending: a leader that was
//! deposed without hearing of it makes its followers believe that they are up to date.
//!
//! In entries a follower can only count what it has heard of, so that bound is as good as the last word of the leader is young.

use super::reads::LeaderReads;
use super::replica::{Replica, Role};
use super::{Message, SingleLeader, Timer};
use crate::family::{Effects, Now};
use crate::lsn::{Epoch, Lsn};
use crate::network::NodeId;
use crate::router::Bound;
use crate::sabotage::Sabotage;
use crate::time::{SimDuration, SimTime};

/// How many words of the leader are remembered that are not applied yet; further ones are forgotten, which makes it more careful.
const WORDS_MAX: usize = 64;
/// After so many pauses without a word, a follower does not know any more how many entries it lacks.
const SILENCE: u64 = 3;

/// What a follower knows of its leader, and a leader of its own words.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Times of the leader, and how far one has to be to have everything up to then; not applied yet, in order.
    words: Vec<(SimTime, Lsn)>,
    /// The last of these times up to which everything is applied.
    shown: Option<SimTime>,
    /// The furthest entry that it has heard of, and when it last heard, by its own clock.
    head: Option<(Lsn, SimTime)>,
    count: u32,
    due: Option<SimTime>,
}

impl Replica {
    /// The time as this node's clock shows it.
    fn clock(&self, now: Now) -> SimTime {
        self.config.clock.at(now)
    }

    /// Begins to say how far it is, if it leads: at the start, after a crash, and with every change of roles.
    pub(super) fn watch_status(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        self.status = Status { count: self.status.count, ..Status::default() };
        if self.config.status.is_some() && self.leads() {
            self.say_status(now, out);
        }
    }

    pub(super) fn on_status_timer(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if self.leads() && self.status.due.is_none_or(|due| now >= due) {
            self.say_status(now, out);
        }
    }

    fn say_status(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Some(pause) = self.config.status else { return };
        let sure = match self.config.leader_reads {
            LeaderReads::Local => Some(now),
            LeaderReads::ReadIndex | LeaderReads::Lease { .. } => {
                self.send_beat(now, out);
                self.confirming.confirmed_at()
            }
        };
        if let Some(sure) = sure {
            self.status.count += 1;
            let (epoch, count, time, head) = (self.epoch, self.status.count, self.clock(sure), self.log.last());
            for id in self.config.members.iter().filter(|id| **id != self.config.id) {
                out.send(*id, Message::Status { epoch, count, time, head });
            }
        }
        self.status.due = Some(now + pause);
        out.set_timer(Timer::Status, pause);
    }

    pub(super) fn on_status(&mut self, now: Now, (src, epoch): (NodeId, Epoch), (time, head): (SimTime, Lsn)) {
        if epoch != self.epoch || src != self.leader || self.leads() {
            return;
        }
        let heard = self.clock(now);
        let status = &mut self.status;
        let furthest = status.head.map_or(head, |(known, _)| known.max(head));
        status.head = Some((furthest, heard));
        // A word that was overtaken says nothing new.
        let newer = status.words.last().is_none_or(|(last, _)| time > *last);
        if newer && status.words.len() < WORDS_MAX {
            status.words.push((time, head));
        }
    }

    /// Whether it is within a bound, as far as it knows.
    pub(super) fn is_within(&mut self, now: Now, bound: Bound) -> bool {
        if self.sabotaged(Sabotage::IgnoreBound) {
            return true;
        }
        let clock = self.clock(now);
        let status = &mut self.status;
        while status.words.first().is_some_and(|(_, head)| *head <= self.applied) {
            let time = Some(status.words.remove(0).0);
            status.shown = status.shown.max(time);
        }
        match (&self.role, bound) {
            (Role::Leader(_), Bound::Time(most)) => match self.config.leader_reads {
                LeaderReads::Local => true,
                LeaderReads::ReadIndex | LeaderReads::Lease { .. } => {
                    self.confirming.confirmed_at().is_some_and(|at| now.since(at) <= most)
                }
            },
            (Role::Leader(_), Bound::Entries(_)) => true,
            (Role::Follower(_), Bound::Time(most)) => status.shown.is_some_and(|time| clock <= time + most),
            (Role::Follower(_), Bound::Entries(most)) => {
                let patience = SimDuration(self.config.status.unwrap_or_default().0.saturating_mul(SILENCE));
                let heard = status.head.filter(|(_, at)| clock <= *at + patience);
                heard.is_some_and(|(head, _)| head.0.saturating_sub(self.applied.0) <= most)
            }
        }
    }
}
