//! The leader's side: put writes into the log, ship them, and answer each client once the acknowledgement rule holds.
//!
//! Entries are shipped only after the leader has flushed them: a leader that crashes and comes back in the same generation must
//! not hand out again a number that a follower already holds. Followers are treated as in etcd's raft library: *streaming*
//! while all goes well, *probing* (one batch, then wait) after a time-out. Time-outs follow RFC 6298 in integers.

use std::collections::VecDeque;
use std::sync::Arc;

use super::ack::AckRule;
use super::peer::{Peer, send_entries};
use super::replica::{Replica, ReplicaConfig, Role, Visibility};
use super::{Answer, Entries, Fact, Message, Positions, SingleLeader};
use crate::family::round_trip::RoundTrip;
use crate::family::{Effects, Now};
use crate::log::{Dependencies, Entry, KeyId, OpId, OpSet, Value};
use crate::lsn::{Barrier, Epoch, Lsn, Position, barrier};
use crate::network::NodeId;
use crate::operation::Attempt;
use crate::sabotage::Sabotage;
use crate::statement::Format;
use crate::time::{SimDuration, SimTime};

/// The most entries in one message when a follower catches up.
const BATCH: u64 = 512;

/// What a leader knows and waits for. All of it is lost in a crash.
#[derive(Clone, Debug)]
pub struct Leadership {
    /// The other replicas of the group.
    pub peers: Vec<Peer>,
    /// Everything up to here is acknowledged.
    pub acked: Lsn,
    /// Whether it has stopped waiting for its synchronous followers.
    pub fallen_back: bool,
    /// Synchronous followers that have been replaced by the next of the list.
    pub lost: Vec<NodeId>,
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) seen: OpSet,
    /// Clients that have not confirmed the announcement.
    pub(super) uninformed: Vec<NodeId>,
    pub(super) announced: u32,
    /// When the timer for the next announcement runs out; one that runs out before is a leftover.
    pub(super) announce_due: Option<SimTime>,
    /// When the timer for the oldest waiting write runs out.
    pub(super) sync_due: Option<SimTime>,
}

#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) lsn: Lsn,
    pub(super) attempt: Attempt,
    pub(super) client: NodeId,
    pub(super) since: SimTime,
    pub(super) token_lost: bool,
}

impl Leadership {
    pub(super) fn of_fresh_group(config: &ReplicaConfig) -> Leadership {
        let mut leadership = Leadership::new(config, true);
        leadership.uninformed.clear();
        leadership
    }

    pub(super) fn new(config: &ReplicaConfig, subscribed: bool) -> Leadership {
        Leadership {
            peers: config
                .members
                .iter()
                .filter(|id| **id != config.id)
                .map(|id| {
                    let there = subscribed && !config.storage.absent.contains(id);
                    Peer::new(*id, there, config.ack.level_for(*id))
                })
                .collect(),
            acked: Lsn::ZERO,
            fallen_back: false,
            lost: Vec::new(),
            waiting: VecDeque::new(),
            seen: OpSet::default(),
            uninformed: config.clients.clone(),
            announced: 0,
            announce_due: None,
            sync_due: None,
        }
    }

    pub(super) fn peer(&mut self, id: NodeId) -> Option<&mut Peer> {
        self.peers.iter_mut().find(|p| p.id == id)
    }

    pub(super) fn known(&self, id: NodeId) -> Positions {
        self.peers.iter().find(|p| p.id == id && p.subscribed && p.eligible).map(|p| p.known).unwrap_or_default()
    }

    /// How many writes wait for their acknowledgement.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Replica {
    /// Adds a replica to the group while it runs; the leader begins to serve it when it subscribes.
    pub fn add_member(&mut self, id: NodeId) {
        if self.config.members.contains(&id) {
            return;
        }
        Arc::make_mut(&mut self.config).members.push(id);
        if let Role::Leader(leadership) = &mut self.role {
            leadership.peers.push(Peer::new(id, false, self.config.ack.level_for(id)));
        }
    }

    /// Tells a leader how long a round trip to a follower takes, as the handshake of a connection would have measured it.
    ///
    /// Without it the first time-out is a guess, and on a link that is slower than the guess the leader sends again what is
    /// only under way (RFC 6298, section 2).
    pub fn expect_round_trip(&mut self, follower: NodeId, round_trip: SimDuration) {
        if let Role::Leader(leadership) = &mut self.role
            && let Some(peer) = leadership.peer(follower)
        {
            peer.round_trip = Some(RoundTrip::with(None, round_trip));
        }
    }

    pub(super) fn on_write(
        &mut self,
        now: Now,
        client: NodeId,
        attempt: Attempt,
        (addressed, token, strict): (Epoch, Option<Position>, bool),
        (key, value, deps): (KeyId, Value, &Dependencies),
        out: &mut impl Effects<SingleLeader>,
    ) {
        // A token without an epoch is a number only: it says nothing about what was discarded.
        let token = token.filter(|t| t.epoch != Epoch(0));
        let token = token.filter(|_| !self.sabotaged(Sabotage::WriteIgnoresToken));
        let standing = token.map_or(Barrier::Passed, |t| barrier(t, self.epoch, &self.history, t.lsn));
        let leads = matches!(self.role, Role::Leader(_)) && addressed == self.epoch;
        // A token from a newer generation proves that this leader has been deposed without hearing of it.
        let (Role::Leader(leadership), true, false) = (&mut self.role, leads, standing == Barrier::Behind) else {
            let answer = Answer::NotLeader { leader: self.leader, epoch: self.epoch };
            return out.send(client, Message::Reply { attempt, answer, deps: None });
        };
        if let (true, Barrier::Lost(survived)) = (strict, standing) {
            // The write may only follow what the session has written and read, and that is gone.
            return out.send(client, Message::Reply { attempt, answer: Answer::SessionLost { survived }, deps: None });
        }
        if !leadership.seen.insert(attempt.op) {
            return;
        }
        let token_lost = matches!(standing, Barrier::Lost(_));
        match value {
            Value::Statement(number) => self.execute(now, (attempt.op, key, number), deps, out),
            value => self.put((attempt.op, key, value), deps.clone(), 0, out),
        }
        let lsn = self.log.last();
        if let Role::Leader(leadership) = &mut self.role {
            leadership.waiting.push_back(Waiting { lsn, attempt, client, since: now, token_lost });
        }
        self.start_flush(now, out);
        self.arm_sync_timer(now, out);
    }

    /// Puts an entry into the log.
    fn put(
        &mut self,
        (op, key, value): (OpId, KeyId, Value),
        deps: Dependencies,
        rest: u16,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let (lsn, columns) = (self.log.last().next(), self.data.columns);
        self.log.append(Entry { epoch: self.epoch, lsn, op, key, value, deps, rest, columns });
        out.note(Fact::Appended(lsn));
    }

    /// Carries out a statement, and puts into the log what the format says: its text, or the rows that it changed.
    #[cold]
    fn execute(
        &mut self,
        now: Now,
        (op, key, number): (OpId, KeyId, u32),
        deps: &Dependencies,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let lsn = self.log.last().next();
        let rows = self.work_out(now, number, lsn);
        rows.iter().for_each(|(row, _)| out.note(Fact::Wrote(op, *row)));
        if self.config.storage.format == Format::Statement {
            self.keep_result(lsn, rows);
            return self.put((op, key, Value::Statement(number)), deps.clone(), 0, out);
        }
        if rows.is_empty() {
            return self.put((op, key, Value::Nothing), deps.clone(), 0, out);
        }
        for (place, (row, value)) in rows.iter().enumerate() {
            let rest = u16::try_from(rows.len() - 1 - place).unwrap_or(u16::MAX);
            self.put((op, *row, *value), deps.clone(), rest, out);
        }
    }

    /// Sends every streaming follower what it has not been sent.
    pub(super) fn ship(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Role::Leader(leadership) = &mut self.role else { return };
        let (base, version) = (self.log.base().lsn, self.storage_version);
        let mut behind = Vec::new();
        for peer in leadership.peers.iter_mut().filter(|p| p.subscribed && p.streaming) {
            if peer.next <= base {
                // What it needs next is not in the log any more.
                peer.streaming = false;
                peer.arm(now + peer.patience(), now, out);
                behind.push((peer.id, peer.boot, peer.resent));
                continue;
            }
            while peer.next <= self.flushed {
                let to = Lsn(self.flushed.0.min(peer.next.0 + BATCH - 1));
                let entries = if to == peer.next {
                    Entries::One(self.log.get(to).expect("a flushed entry is in the log").clone())
                } else {
                    Entries::Many(Arc::new(self.log.range(peer.next, to).cloned().collect()))
                };
                send_entries(peer, now, (self.epoch, version), (entries, to), out);
            }
        }
        for (id, boot, resent) in behind {
            self.send_part(id, Position::ZERO, (0, boot, resent), out);
        }
    }

    pub(super) fn on_ack(
        &mut self,
        now: Now,
        src: NodeId,
        epoch: Epoch,
        progress: Positions,
        boot: u32,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let same_epoch = epoch == self.epoch;
        let Role::Leader(leadership) = &mut self.role else { return };
        let Some(peer) = leadership.peer(src).filter(|p| p.subscribed && p.boot == boot && same_epoch) else { return };
        if progress.received > peer.known.received || peer.level.of(progress) > peer.level.of(peer.known) {
            peer.progress_at = now;
            peer.backoff = 0;
        }
        peer.known.received = peer.known.received.max(progress.received);
        peer.known.flushed = peer.known.flushed.max(progress.flushed);
        peer.known.applied = peer.known.applied.max(progress.applied);
        peer.measure(now);
        // It got by the log what the snapshot was for.
        if peer.copying.as_ref().is_some_and(|snapshot| snapshot.at.lsn <= peer.known.received) {
            peer.copying = None;
        }
        if !peer.eligible && peer.copying.is_none() && peer.known.received >= self.flushed {
            peer.eligible = true;
            out.note(Fact::CaughtUp(src));
        }
        if !peer.streaming && !peer.outstanding() {
            peer.streaming = true;
            self.ship(now, out);
        }
        self.settle(now, out);
    }

    /// Answers the clients whose writes satisfy the acknowledgement rule by now.
    pub(super) fn settle(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let early = self.sabotaged(Sabotage::AckEarly);
        let Role::Leader(leadership) = &mut self.role else { return };
        let mut reached = self.flushed;
        if let AckRule::Sync(rule) = &self.config.ack {
            if !leadership.lost.is_empty() {
                let caught_up = |id: &NodeId| rule.level.of(leadership.known(*id)) >= self.flushed;
                let back: Vec<NodeId> = leadership.lost.iter().copied().filter(caught_up).collect();
                leadership.lost.retain(|id| !back.contains(id));
            }
            let held = rule.reached(|id| leadership.known(id), &leadership.lost);
            if leadership.fallen_back && held >= self.flushed {
                leadership.fallen_back = false;
                out.note(Fact::BackToSync);
            }
            if !leadership.fallen_back && !early {
                reached = reached.min(held);
            }
        }
        if reached > leadership.acked {
            leadership.acked = reached;
            out.note(Fact::Acknowledged(reached));
            while leadership.waiting.front().is_some_and(|w| w.lsn <= reached) {
                let Some(done) = leadership.waiting.pop_front() else { break };
                let at = self.log.position(done.lsn);
                let answer = Answer::Written { at, token_lost: done.token_lost };
                out.send(done.client, Message::Reply { attempt: done.attempt, answer, deps: None });
            }
        }
        let visible = match self.config.visibility {
            Visibility::Acknowledged => leadership.acked,
            Visibility::Flushed => self.flushed,
        };
        let visible = self.log.whole(visible);
        if visible > self.applied {
            self.apply_now(now, visible, out);
        }
        self.confirm(out);
        self.arm_sync_timer(now, out);
    }

    #[cold]
    pub(super) fn on_resend(&mut self, now: Now, id: NodeId, out: &mut impl Effects<SingleLeader>) {
        let (epoch, version) = (self.epoch, self.storage_version);
        let never = self.sabotaged(Sabotage::NeverResend);
        let Role::Leader(leadership) = &mut self.role else { return self.ask_again(id, out) };
        let base = self.log.base().lsn;
        let Some(peer) = leadership.peer(id) else { return };
        if peer.resend_due.is_none_or(|due| now < due) {
            return;
        }
        peer.resend_due = None;
        let behind = peer.next <= base;
        if !peer.subscribed || !(peer.silent() || behind) || never {
            return;
        }
        let due = peer.progress_at + peer.patience();
        if now < due {
            return peer.arm(due, now, out);
        }
        peer.timing = None;
        peer.backoff += 1;
        peer.resent += 1;
        peer.progress_at = now;
        if !peer.outstanding() && !behind {
            // It has all the entries; what got lost is the news that they are on its disk, or applied.
            let to = peer.next.prev();
            return send_entries(peer, now, (epoch, version), (Entries::Many(Arc::default()), to), out);
        }
        peer.streaming = false;
        if peer.known.received < base {
            let due = now + peer.patience();
            peer.arm(due, now, out);
            let asked = (0, peer.boot, peer.resent);
            return self.send_part(id, Position::ZERO, asked, out);
        }
        let (from, to) = (peer.known.received.next(), Lsn((peer.known.received.0 + BATCH).min(self.flushed.0)));
        peer.next = from;
        let entries = Entries::Many(Arc::new(self.log.range(from, to).cloned().collect()));
        send_entries(peer, now, (epoch, version), (entries, to), out);
    }
}
