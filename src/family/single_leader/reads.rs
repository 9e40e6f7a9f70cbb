//! Reads at the leader that have to be linearizable: how it makes sure that it still leads.
//!
//! A leader that was deposed without hearing of it answers from the past. *Read index* (Ongaro 2014, section 6.4; etcd): remember
//! how far writes are acknowledged, have a majority confirm a heartbeat that was sent after the read arrived, then answer once
//! that much is applied. *Lease*: the last confirmed heartbeat, counted from its sending, is good for a while, less a margin for
//! clocks that run differently; it holds only as far as clocks do. Either way a new leader first needs what it has inherited to
//! be acknowledged under its own rule (etcd issue 7331).

use super::ack::AckRule;
use super::replica::{Replica, Role};
use super::{Answer, Message, SingleLeader};
use crate::family::{Effects, Now};
use crate::log::KeyId;
use crate::lsn::{Barrier, Epoch, Lsn};
use crate::network::NodeId;
use crate::operation::Attempt;
use crate::sabotage::Sabotage;
use crate::time::{SimDuration, SimTime};

/// How a leader answers reads that ask for the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LeaderReads {
    /// From what it has, without asking anybody.
    #[default]
    Local,
    /// Once a majority has confirmed that it leads.
    ReadIndex,
    /// While the lease from the last confirmed heartbeat runs; else as [`LeaderReads::ReadIndex`].
    Lease {
        /// How long a confirmed heartbeat is good for, counted from its sending. Followers keep their patience at least as long.
        length: SimDuration,
        /// By how much a lease ends sooner, for clocks that run differently.
        margin: SimDuration,
    },
}

/// What a leader knows of the confirmations of its heartbeats.
#[derive(Clone, Debug, Default)]
pub struct Confirming {
    /// The newest beat that each follower has confirmed.
    beats: Vec<(NodeId, u32)>,
    /// When the last beats were sent.
    sent: Vec<(u32, SimTime)>,
    /// The newest beat that a majority has confirmed, and when it was sent.
    confirmed: Option<(u32, SimTime)>,
    waiting: Vec<Waiting>,
}

impl Confirming {
    /// When the newest beat was sent that a majority has confirmed.
    pub(super) fn confirmed_at(&self) -> Option<SimTime> {
        self.confirmed.map(|(_, sent)| sent)
    }
}

/// A read that waits for a confirmation.
#[derive(Clone, Debug)]
struct Waiting {
    client: NodeId,
    attempt: Attempt,
    key: KeyId,
    /// The beat that has to be confirmed.
    beat: u32,
    /// How far writes were acknowledged when the read arrived.
    index: Lsn,
}

/// How many beats are remembered; confirmations of older ones say nothing new.
const BEATS_MAX: usize = 64;

impl Replica {
    /// A read that asked for the leader.
    pub(super) fn on_leader_read(
        &mut self,
        now: Now,
        client: NodeId,
        attempt: Attempt,
        key: KeyId,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let Role::Leader(leadership) = &self.role else {
            let answer = Answer::NotLeader { leader: self.leader, epoch: self.epoch };
            return out.send(client, Message::Reply { attempt, answer, deps: None });
        };
        let index = leadership.acked;
        let sure = match self.config.leader_reads {
            LeaderReads::Local => true,
            LeaderReads::ReadIndex => self.sabotaged(Sabotage::SkipConfirmation),
            LeaderReads::Lease { length, margin } => {
                let since = self.confirming.confirmed.map(|(_, sent)| self.config.clock.measured(now.since(sent)));
                since.is_some_and(|passed| passed + margin < length) && self.inherited_is_acknowledged()
            }
        };
        if sure {
            return self.answer_read(client, attempt, key, Barrier::Passed, out);
        }
        let beat = self.send_beat(now, out);
        self.confirming.waiting.push(Waiting { client, attempt, key, beat, index });
        // Alone, a leader is its own majority.
        self.confirm(out);
    }

    /// Tells every follower that it is alive; returns the number of the beat.
    pub(super) fn send_beat(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) -> u32 {
        let (epoch, beat) = (self.epoch, self.election.beat);
        self.election.beat += 1;
        for id in self.config.members.iter().filter(|id| **id != self.config.id) {
            out.send(*id, Message::Heartbeat { epoch, beat });
        }
        if self.config.leader_reads != LeaderReads::Local {
            self.confirming.sent.push((beat, now));
            if self.confirming.sent.len() > BEATS_MAX {
                self.confirming.sent.remove(0);
            }
        }
        beat
    }

    pub(super) fn on_heartbeat_ack(&mut self, src: NodeId, epoch: Epoch, beat: u32, out: &mut impl Effects<SingleLeader>) {
        if !self.leads() || epoch != self.epoch {
            return;
        }
        match self.confirming.beats.iter_mut().find(|(id, _)| *id == src) {
            Some((_, newest)) => *newest = beat.max(*newest),
            None => self.confirming.beats.push((src, beat)),
        }
        self.confirm(out);
    }

    /// Answers the reads for which a majority has confirmed that this node leads.
    pub(super) fn confirm(&mut self, out: &mut impl Effects<SingleLeader>) {
        if self.config.leader_reads == LeaderReads::Local {
            return;
        }
        // The leader itself is one of the majority.
        let others = self.config.members.len() / 2;
        let beats = || self.confirming.beats.iter().map(|(_, beat)| *beat);
        let by_enough = |beat: &u32| beats().filter(|other| other >= beat).count() >= others;
        let confirmed = if others == 0 { Some(u32::MAX) } else { beats().filter(by_enough).max() };
        let Some(confirmed) = confirmed else { return };
        if let Some(known) = self.confirming.sent.iter().rfind(|(beat, _)| *beat <= confirmed) {
            self.confirming.confirmed = Some(*known);
        }
        if self.confirming.waiting.is_empty() || !self.inherited_is_acknowledged() {
            return;
        }
        for read in std::mem::take(&mut self.confirming.waiting) {
            if read.beat <= confirmed && self.applied >= read.index {
                self.answer_read(read.client, read.attempt, read.key, Barrier::Passed, out);
            } else {
                self.confirming.waiting.push(read);
            }
        }
    }

    /// Whether what this leader found in its log when it was promoted is acknowledged under its own rule.
    fn inherited_is_acknowledged(&self) -> bool {
        let Role::Leader(leadership) = &self.role else { return false };
        let inherited = self.history.last().map_or(Lsn::ZERO, |start| start.start.prev());
        match &self.config.ack {
            AckRule::Async => self.flushed >= inherited,
            AckRule::Sync(rule) => rule.reached(|id| leadership.known(id), &leadership.lost) >= inherited,
        }
    }

    /// Gives up the reads that wait: this node no longer leads.
    #[cold]
    pub(super) fn drop_confirming(&mut self, out: &mut impl Effects<SingleLeader>) {
        for read in std::mem::take(&mut self.confirming).waiting {
            let answer = Answer::NotLeader { leader: self.leader, epoch: self.epoch };
            out.send(read.client, Message::Reply { attempt: read.attempt, answer, deps: None });
        }
    }
}
