//! Failover without an operator: a detector at every follower, and a coordinator that has the best candidate promoted.
//!
//! The leader sends heartbeats. A follower that hears nothing for the time-out *suspects*: it cannot tell a crash from a pause or
//! a partition, and may be wrong. Under an automatic policy it becomes coordinator. It polls the others under a new epoch,
//! collects their positions for a while, and has the best candidate among those it reached promoted: the largest
//! `(last epoch, last LSN)`, as in Raft (Ongaro and Ousterhout 2014, section 5.4.1). The number alone would prefer an old leader's
//! long tail.
//!
//! Epochs are ballots, as in Paxos: each belongs to one place in the list of members, so that two coordinators never use the same,
//! even where no majority is asked for. A member grants each coordinator's epoch at most once, keeps that promise through a crash,
//! grants nothing while it hears its leader, and from then on refuses all older epochs.

use super::Fact;
use super::follower::Following;
use super::reads::LeaderReads;
use super::replica::{Replica, Role};
use super::{Message, SingleLeader, Timer};
use crate::family::{Effects, Now};
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::sabotage::Sabotage;
use crate::time::{SimDuration, SimTime};

/// How a group finds out that its leader is gone, and what it does then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailoverRule {
    /// The pause between two heartbeats of the leader.
    pub heartbeat: SimDuration,
    /// A follower that has heard nothing for so long suspects the leader.
    pub timeout: SimDuration,
    /// Who is promoted.
    pub policy: FailoverPolicy,
    /// How many members the coordinator has to reach.
    pub quorum: Quorum,
}

/// Who is promoted when the leader is suspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverPolicy {
    /// Nobody: the operator decides.
    Manual,
    /// The candidate with the largest `(last epoch, last LSN)` among those reached.
    Best,
    /// Whoever suspects first. Deliberately naive: what others have and it lacks is lost.
    Any,
}

/// How many members a coordinator has to reach, itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// More than half of all members of the group, the old leader counted as one.
    Majority,
    /// Nobody but itself. Two sides of a partition then promote one leader each.
    Nobody,
    /// So many of the followers. With "any k of n" acknowledgement, n-k+1 of them have every acknowledged write among them.
    Followers(usize),
}

/// What a replica knows of the leader's life, and of an election that it holds.
#[derive(Clone, Debug, Default)]
pub struct Election {
    /// When it last heard its leader.
    pub heard: SimTime,
    /// The newest epoch it has promised to a coordinator. It survives a crash.
    pub promised: Epoch,
    /// Whether it suspects its leader.
    pub suspects: bool,
    /// When its patience with the leader ends; none while it does not wait.
    pub due: Option<SimTime>,
    round: Option<Round>,
    pub(super) beat: u32,
    beat_due: Option<SimTime>,
}

/// An election that this replica holds.
#[derive(Clone, Debug)]
struct Round {
    epoch: Epoch,
    reached: Vec<(NodeId, Position)>,
    due: SimTime,
}

impl FailoverRule {
    /// How long a coordinator collects answers: whoever is not silent for longer than a leader may be, is heard.
    fn window(self) -> SimDuration {
        self.timeout
    }
}

/// The smallest epoch above `newest` that belongs to this place among `members`. The first leader's epoch 1 belongs to place 0.
#[must_use]
pub fn ballot(newest: Epoch, place: usize, members: usize) -> Epoch {
    let (members, place) = (u32::try_from(members.max(1)).unwrap_or(1), u32::try_from(place).unwrap_or(0));
    let mut epoch = newest.0 + 1;
    while (epoch - 1) % members != place {
        epoch += 1;
    }
    Epoch(epoch)
}

impl Replica {
    /// The newest epoch that it knows or has promised: older ones are refused.
    #[must_use]
    pub fn newest(&self) -> Epoch {
        if self.sabotaged(Sabotage::ForgetPromise) { self.epoch } else { self.epoch.max(self.election.promised) }
    }

    /// Its place in the list of members.
    fn place(&self) -> usize {
        self.config.members.iter().position(|id| *id == self.config.id).unwrap_or(0)
    }

    /// The epoch under which it would lead next, above another one.
    #[must_use]
    pub fn next_ballot(&self, newest: Epoch) -> Epoch {
        match self.config.failover {
            Some(rule) if rule.policy != FailoverPolicy::Manual => ballot(newest, self.place(), self.config.members.len()),
            _ => Epoch(newest.0 + 1),
        }
    }

    /// Begins to send heartbeats, or to wait for them: at the start, after a crash, and with every change of roles.
    #[cold]
    pub(super) fn watch(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        self.watch_status(now, out);
        let Some(rule) = self.config.failover else { return };
        self.election.round = None;
        self.election.suspects = false;
        match self.role {
            Role::Leader(_) => {
                self.election.due = None;
                self.beat(now, out);
            }
            Role::Follower(_) => {
                self.election.heard = now;
                self.wait_for_leader(now, rule, out);
            }
        }
    }

    /// The timer that a replica of a fresh group starts with.
    #[must_use]
    pub fn first_timer(&self) -> Option<(Timer, SimDuration)> {
        let rule = self.config.failover?;
        let later = SimDuration(rule.heartbeat.0.saturating_mul(self.place() as u64));
        Some(if self.leads() { (Timer::Heartbeat, rule.heartbeat) } else { (Timer::Suspect, rule.timeout + later) })
    }

    /// All timers that a replica of a fresh group starts with.
    pub fn first_timers(&self) -> impl Iterator<Item = (Timer, SimDuration)> + use<> {
        let status = self.config.status.filter(|_| self.leads()).map(|pause| (Timer::Status, pause));
        self.first_timer().into_iter().chain(status)
    }

    /// Somebody has promised a newer epoch to a coordinator, and nobody leads it yet. A leader cannot know whether that election
    /// succeeded: it gives up, and whoever reaches enough members leads next, perhaps itself.
    #[cold]
    pub(super) fn give_way(&mut self, now: Now, epoch: Epoch, out: &mut impl Effects<SingleLeader>) {
        self.step_down(out);
        self.election.promised = self.election.promised.max(epoch);
        self.role = Role::Follower(Following::unconfirmed());
        self.watch(now, out);
    }

    /// Patience differs from place to place, so that two followers rarely become coordinators at once.
    fn wait_for_leader(&mut self, now: Now, rule: FailoverRule, out: &mut impl Effects<SingleLeader>) {
        let later = SimDuration(rule.heartbeat.0.saturating_mul(self.place() as u64));
        let due = now + rule.timeout + later;
        self.election.due = Some(due);
        out.set_timer(Timer::Suspect, due.since(now));
    }

    /// The leader is alive: its word arrived.
    pub(super) fn heard_leader(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Some(rule) = self.config.failover else { return };
        self.election.heard = now;
        if self.election.suspects || self.election.due.is_none() {
            self.election.suspects = false;
            self.election.round = None;
            self.wait_for_leader(now, rule, out);
        }
    }

    fn beat(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Some(rule) = self.config.failover else { return };
        self.send_beat(now, out);
        self.election.beat_due = Some(now + rule.heartbeat);
        out.set_timer(Timer::Heartbeat, rule.heartbeat);
    }

    pub(super) fn on_beat_timer(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if self.leads() && self.election.beat_due.is_none_or(|due| now >= due) {
            self.beat(now, out);
        }
    }

    pub(super) fn on_heartbeat(
        &mut self,
        now: Now,
        src: NodeId,
        (epoch, beat): (Epoch, u32),
        out: &mut impl Effects<SingleLeader>,
    ) {
        if epoch < self.newest() {
            return self.refuse(src, epoch, out);
        }
        if epoch > self.epoch {
            return self.ask(src, out);
        }
        if src == self.leader {
            self.heard_leader(now, out);
            if self.config.leader_reads != LeaderReads::Local {
                out.send(src, Message::HeartbeatAck { epoch, beat });
            }
        }
    }

    #[cold]
    pub(super) fn on_suspect_timer(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Some(rule) = self.config.failover else { return };
        if self.leads() || self.election.due.is_none_or(|due| now < due) {
            return;
        }
        let later = SimDuration(rule.heartbeat.0.saturating_mul(self.place() as u64));
        if now < self.election.heard + rule.timeout + later {
            let heard = self.election.heard;
            let due = heard + rule.timeout + later;
            self.election.due = Some(due);
            return out.set_timer(Timer::Suspect, due.since(now));
        }
        self.election.due = None;
        self.election.suspects = true;
        out.note(Fact::Suspects(self.leader));
        if rule.policy != FailoverPolicy::Manual && !self.is_partial() {
            self.poll(now, rule, out);
        }
    }

    /// Becomes coordinator of an election.
    fn poll(&mut self, now: Now, rule: FailoverRule, out: &mut impl Effects<SingleLeader>) {
        let epoch = self.next_ballot(self.newest());
        self.election.promised = epoch;
        self.make_durable(now, out);
        let mine = (self.config.id, self.log.last_position());
        let due = now + rule.window();
        self.election.round = Some(Round { epoch, reached: vec![mine], due });
        out.note(Fact::Polls(epoch));
        for id in self.config.members.iter().filter(|id| **id != self.config.id) {
            out.send(*id, Message::Poll { epoch });
        }
        if rule.policy == FailoverPolicy::Any && rule.quorum == Quorum::Nobody {
            return self.elect(now, rule, out);
        }
        out.set_timer(Timer::Election, rule.window());
    }

    #[cold]
    pub(super) fn on_poll(&mut self, now: Now, src: NodeId, epoch: Epoch, out: &mut impl Effects<SingleLeader>) {
        let Some(rule) = self.config.failover else { return };
        let hears = self.leads() || now < self.election.heard + rule.timeout;
        let granted = epoch > self.newest() && !hears && !self.is_partial();
        if granted {
            self.election.promised = epoch;
            self.election.round = None;
            self.make_durable(now, out);
            // Whoever asked gets the time to win.
            self.wait_for_leader(now, rule, out);
        }
        out.send(src, Message::Vote { epoch, granted, last: self.log.last_position() });
    }

    #[cold]
    pub(super) fn on_vote(
        &mut self,
        now: Now,
        src: NodeId,
        epoch: Epoch,
        granted: bool,
        last: Position,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let Some(rule) = self.config.failover else { return };
        let Some(round) = self.election.round.as_mut().filter(|round| round.epoch == epoch && now < round.due) else { return };
        if !granted || round.reached.iter().any(|(id, _)| *id == src) {
            return;
        }
        round.reached.push((src, last));
        // Everybody but the leader has answered: nothing more can come.
        if round.reached.len() + 1 == self.config.members.len() {
            self.elect(now, rule, out);
        }
    }

    #[cold]
    pub(super) fn on_election_timer(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Some(rule) = self.config.failover else { return };
        if self.election.round.as_ref().is_some_and(|round| now >= round.due) {
            self.elect(now, rule, out);
        }
    }

    /// Decides an election: the best candidate leads, or nobody does and it is tried again.
    fn elect(&mut self, now: Now, rule: FailoverRule, out: &mut impl Effects<SingleLeader>) {
        let Some(round) = self.election.round.take() else { return };
        let needed = match rule.quorum {
            Quorum::Majority => self.config.members.len() / 2 + 1,
            Quorum::Nobody => 1,
            Quorum::Followers(count) => count,
        };
        if round.reached.len() < needed {
            out.note(Fact::TooFewReached(round.epoch, u32::try_from(round.reached.len()).unwrap_or(u32::MAX)));
            // The next try waits as long as the first did.
            return self.wait_for_leader(now, rule, out);
        }
        let mut best = round.reached[0];
        for candidate in &round.reached[1..] {
            if rule.policy == FailoverPolicy::Best && candidate.1 > best.1 {
                best = *candidate;
            }
        }
        if best.0 == self.config.id {
            return self.on_promote(now, round.epoch, out);
        }
        out.send(best.0, Message::TakeOver { epoch: round.epoch });
        self.wait_for_leader(now, rule, out);
    }

    #[cold]
    pub(super) fn on_take_over(&mut self, now: Now, epoch: Epoch, out: &mut impl Effects<SingleLeader>) {
        if epoch > self.epoch && epoch >= self.election.promised && !self.leads() {
            self.on_promote(now, epoch, out);
        }
    }

    /// How much of its patience with the leader is left, in thousandths; none if it waits for nobody.
    #[must_use]
    pub fn patience(&self, now: Now) -> Option<u64> {
        let rule = self.config.failover?;
        if self.leads() {
            return None;
        }
        let later = SimDuration(rule.heartbeat.0.saturating_mul(self.place() as u64));
        let whole = (rule.timeout + later).0.max(1);
        Some((self.election.heard + rule.timeout + later).since(now).0.min(whole) * 1_000 / whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_places_ever_use_the_same_epoch() {
        for members in 1..8 {
            for newest in 0..40 {
                let epochs: Vec<Epoch> = (0..members).map(|place| ballot(Epoch(newest), place, members)).collect();
                for (place, epoch) in epochs.iter().enumerate() {
                    assert!(epoch.0 > newest && epoch.0 <= newest + u32::try_from(members).expect("small"), "{epochs:?}");
                    assert_eq!((epoch.0 as usize - 1) % members, place);
                }
            }
        }
    }
}
