//! One replica of a group: its log, its three positions, the state its reads show, and its role.
//!
//! `applied <= flushed <= received` holds at every step. What is above `flushed` is lost in a crash; `applied` is rebuilt from
//! the log afterwards. The roles live in `leader` and `follower`; this file is what both have in common.
//!
//! What happens once in a while (a handover, an election, a snapshot) is marked cold throughout the family, so that it stands apart from
//! what every message goes through, which then fits into the processor's cache of instructions (`benches/kernel.rs`).

use std::sync::Arc;

use super::ack::AckRule;
use super::failover::{Election, FailoverRule};
use super::follower::Following;
use super::leader::Leadership;
use super::reads::{Confirming, LeaderReads};
use super::status::Status;
use super::storage::{Data, Storage};
use super::{Message, Order, Positions, SingleLeader, Timer};
use crate::family::{Effects, GroupId, Now};
use crate::log::{KeyId, Log};
use crate::lsn::{Barrier, Epoch, EpochStart, Lsn, Position};
use crate::network::NodeId;
use crate::operation::{Attempt, Version};
use crate::sabotage::Sabotage;
use crate::time::{LocalClock, SimDuration, SimTime};

/// What a replica is told about itself and its group.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaConfig {
    /// Its number.
    pub id: NodeId,
    /// Its group.
    pub group: GroupId,
    /// All replicas of the group, itself included.
    pub members: Vec<NodeId>,
    /// The clients, who are told about a new leader.
    pub clients: Vec<NodeId>,
    /// When a write is acknowledged.
    pub ack: AckRule,
    /// When the leader's own reads show a write.
    pub visibility: Visibility,
    /// How long the disk takes; everything that has arrived when it starts is covered by one flush.
    pub flush: SimDuration,
    /// How long a follower takes to apply one entry.
    pub apply: SimDuration,
    /// How the group finds out that its leader is gone; none for no detector at all.
    pub failover: Option<FailoverRule>,
    /// How a leader answers reads that ask for the leader.
    pub leader_reads: LeaderReads,
    /// The clock that it looks at.
    pub clock: LocalClock,
    /// Whether messages of an old generation are refused. Without that, an old leader goes on as if nothing had been.
    pub fencing: bool,
    /// How it keeps its data and its log.
    pub storage: Storage,
    /// How often a leader says how far it is, for reads with a bound; never, if there are none.
    pub status: Option<SimDuration>,
    /// Built-in defects.
    pub sabotage: Vec<Sabotage>,
}

/// When a leader's own reads show a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Once it is acknowledged (PostgreSQL; MySQL `AFTER_SYNC`).
    #[default]
    Acknowledged,
    /// As soon as the leader has flushed it (MySQL `AFTER_COMMIT`): others may read what a crash then takes back.
    Flushed,
}

/// What a replica is in its group.
#[derive(Clone, Debug)]
pub enum Role {
    /// It takes the writes.
    Leader(Leadership),
    /// It copies the leader's log.
    Follower(Following),
}

/// A read that is kept back until the replica has applied what its token asks for.
#[derive(Clone, Debug)]
pub(super) struct Parked {
    pub(super) client: NodeId,
    pub(super) attempt: Attempt,
    pub(super) key: KeyId,
    pub(super) token: Position,
}

/// One replica.
#[derive(Clone, Debug)]
pub struct Replica {
    /// What it was told about itself. Shared by its checkpoints.
    pub config: Arc<ReplicaConfig>,
    /// The newest generation it knows.
    pub epoch: Epoch,
    /// Who leads that generation, as far as it knows.
    pub leader: NodeId,
    /// What it is.
    pub role: Role,
    /// Its log; the last entry is the position `received`.
    pub log: Log,
    /// The last entry that survives a crash.
    pub flushed: Lsn,
    /// The last entry that its reads show.
    pub applied: Lsn,
    /// Where each generation of its log starts.
    pub history: Arc<Vec<EpochStart>>,
    /// What it knows of its leader's life.
    pub election: Election,
    /// What confirms that it leads.
    pub confirming: Confirming,
    /// How far behind it is, as far as it knows.
    pub status: Status,
    /// How often it has been restarted.
    pub boot: u32,
    /// Which version of the storage engine it runs.
    pub storage_version: u16,
    /// Whether it has nothing yet, and begins with a snapshot.
    pub fresh: bool,
    /// Its rows, and what belongs to them.
    pub data: Data,
    /// The group's first leader, for whom the list of synchronous followers was written.
    pub(super) first_leader: NodeId,
    pub(super) flushing: Option<(Lsn, SimTime)>,
    pub(super) applying: Option<SimTime>,
    pub(super) parked: Vec<Parked>,
}

impl Replica {
    /// A replica of a fresh group that is led by `leader` in epoch 1 and has replication already set up.
    #[must_use]
    pub fn new(config: ReplicaConfig, leader: NodeId) -> Replica {
        let fresh = config.storage.absent.contains(&config.id);
        let role = if fresh {
            Role::Follower(Following::unconfirmed())
        } else if config.id == leader {
            Role::Leader(Leadership::of_fresh_group(&config))
        } else {
            Role::Follower(Following::confirmed())
        };
        let mut replica = Replica {
            epoch: Epoch(1),
            leader,
            role,
            log: Log::default(),
            flushed: Lsn::ZERO,
            applied: Lsn::ZERO,
            history: Arc::new(vec![EpochStart { epoch: Epoch(1), start: Lsn(1) }]),
            election: Election::default(),
            confirming: Confirming::default(),
            status: Status::default(),
            // Who joins later has no life before the first restart.
            boot: u32::from(fresh),
            storage_version: 1,
            fresh,
            data: Data::empty(&config.storage),
            first_leader: leader,
            flushing: None,
            applying: None,
            parked: Vec::new(),
            config: Arc::new(config),
        };
        replica.election.due = replica.first_timer().map(|(_, after)| SimTime::ZERO + after);
        replica
    }

    /// Does what the operator wants.
    pub fn obey(&mut self, now: Now, order: Order, out: &mut impl Effects<SingleLeader>) {
        match order {
            Order::Promote { epoch } => self.on_promote(now, epoch, out),
            Order::Alter => self.on_alter(now, out),
        }
    }

    /// Handles a message.
    ///
    /// # Panics
    /// If it is meant for a client: the simulation never does that.
    pub fn receive(&mut self, now: Now, src: NodeId, msg: &Message, out: &mut impl Effects<SingleLeader>) {
        match *msg {
            Message::Write { attempt, epoch, token, strict, key, value, ref deps } => {
                self.on_write(now, src, attempt, (epoch, token, strict), (key, value, deps), out);
            }
            Message::Read { attempt, key, linear: true, .. } => self.on_leader_read(now, src, attempt, key, out),
            Message::HeartbeatAck { epoch, beat } => self.on_heartbeat_ack(src, epoch, beat, out),
            Message::Read { attempt, key, bound: Some(bound), .. } => {
                let standing = if self.is_within(now, bound) { Barrier::Passed } else { Barrier::Behind };
                self.answer_read(src, attempt, key, standing, out);
            }
            Message::Read { attempt, key, token, wait, .. } => self.on_read(src, attempt, key, token, wait, out),
            Message::Status { epoch, time, head, .. } => self.on_status(now, (src, epoch), (time, head)),
            Message::Append { epoch, version, .. }
                if (epoch == self.epoch || !self.config.fencing) && self.cannot_read(version, out) =>
            {
                if src == self.leader {
                    self.heard_leader(now, out);
                }
            }
            Message::Append { epoch, ref entries, resent, boot, .. } => {
                self.on_append(now, src, epoch, entries, (resent, boot), out);
            }
            Message::Fetch { epoch, at, part, boot, resent } => self.on_fetch(src, (epoch, at), (part, boot, resent), out),
            Message::Part { epoch, ref snapshot, tag, part, boot, .. } => {
                self.on_part(now, (src, epoch, boot), (snapshot.clone(), tag, part), out);
            }
            Message::Ack { epoch, progress, boot, .. } => self.on_ack(now, src, epoch, progress, boot, out),
            Message::Announce { epoch, ref history, resent } => {
                self.on_announce(now, src, epoch, history.clone(), resent, out);
            }
            Message::Subscribe { epoch, progress, boot, .. } => self.on_subscribe(now, src, epoch, progress, boot, out),
            Message::Heartbeat { epoch, beat } => self.on_heartbeat(now, src, (epoch, beat), out),
            Message::Poll { epoch } => self.on_poll(now, src, epoch, out),
            Message::Vote { epoch, granted, last } => self.on_vote(now, src, epoch, granted, last, out),
            Message::TakeOver { epoch } => self.on_take_over(now, epoch, out),
            Message::Noted { epoch, .. } => self.on_noted(src, epoch),
            Message::Fenced { epoch, leader, .. } => self.on_fenced(now, epoch, leader, out),
            Message::Reply { attempt, .. } => panic!("replica {:?} got the reply to {:?}", self.config.id, attempt.op),
        }
    }

    /// Wakes up.
    pub fn wake(&mut self, now: Now, timer: Timer, out: &mut impl Effects<SingleLeader>) {
        match timer {
            Timer::Flush => self.on_flush_done(now, out),
            Timer::Apply => self.on_apply_done(now, out),
            Timer::Resend(peer) => self.on_resend(now, peer, out),
            Timer::Announce => self.on_announce_timer(now, out),
            Timer::SyncLoss => self.on_sync_loss(now, out),
            Timer::Heartbeat => self.on_beat_timer(now, out),
            Timer::Suspect => self.on_suspect_timer(now, out),
            Timer::Election => self.on_election_timer(now, out),
            Timer::Copy => self.on_copy_timer(now, out),
            Timer::Status => self.on_status_timer(now, out),
            Timer::Park(op) => self.give_up_parked(op, out),
        }
    }

    /// How far it is.
    #[must_use]
    pub fn positions(&self) -> Positions {
        Positions { received: self.log.last(), flushed: self.flushed, applied: self.applied }
    }

    /// What a read of this key finds in the rows that it shows.
    #[must_use]
    pub fn value_of(&self, key: KeyId) -> Option<Version> {
        self.data.get(key)
    }

    /// Whether it keeps this key.
    #[must_use]
    pub fn keeps(&self, key: KeyId) -> bool {
        self.config.storage.keeps.as_ref().is_none_or(|keeps| keeps.contains(&key))
    }

    /// Whether it leads, by its own belief.
    #[must_use]
    pub fn leads(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    pub(super) fn sabotaged(&self, how: Sabotage) -> bool {
        self.config.sabotage.contains(&how)
    }

    /// Power fails: what is not flushed is gone. Returns the first and last number that were lost, if any.
    pub fn crash(&mut self) -> Option<(Lsn, Lsn)> {
        let last = self.log.last();
        let lost = self.log.truncate(self.flushed);
        let flushed = self.flushed;
        self.data.forget_results(|lsn| lsn <= flushed);
        self.boot += 1;
        self.forget_timers();
        self.parked.clear();
        self.applied = self.log.whole(self.applied.min(self.flushed));
        (lost > 0).then(|| (self.flushed.next(), last))
    }

    /// Comes up, for the first time or after a crash.
    pub fn start(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if self.boot == 0 {
            return;
        }
        self.rebuild(now, self.flushed);
        if self.leads() {
            self.resume_leading(now, out);
        } else {
            self.role = Role::Follower(Following::unconfirmed());
            self.subscribe(out);
        }
        self.watch(now, out);
    }
}
