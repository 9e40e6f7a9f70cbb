//! A node of a ring: it stores versions, coordinates requests, keeps hints for others, and compares what it holds with what they hold.
//!
//! What it has taken in is on its disk before it says so, and so are its hints, its numbers and what it knows of the ring: a crash costs it its
//! timers and the requests that it coordinates, whose clients will not know what became of them.

use std::sync::Arc;

use super::coordinator::{Coordinator, Purpose};
use super::membership::Membership;
use super::message::{Message, Versions};
use super::ring::Ring;
use super::settings::{RegionId, Settings};
use super::store::{Change, Hints, Store};
use super::version::Version;
use super::writing::Numbering;
use super::{Candidate, Fact, Leaderless, Order, Timer};
use crate::family::{Effects, GroupId, Now};
use crate::log::{KeyId, OpId, OpSet};
use crate::network::NodeId;
use crate::rng::mix;
use crate::sabotage::Sabotage;
use crate::time::{LocalClock, SimDuration, SimTime};

/// What a node is told about itself.
#[derive(Clone, Debug)]
pub struct ReplicaConfig {
    /// Its number.
    pub id: NodeId,
    /// Its group.
    pub group: GroupId,
    /// What all nodes agree on.
    pub settings: Arc<Settings>,
    /// Who belongs to the ring at the start; none, for a node that joins later.
    pub members: Vec<NodeId>,
    /// How many nodes the cluster can have: further ids of a node lie beyond.
    pub nodes: u32,
    /// What stands for the name of each node of the cluster, and decides on its tokens.
    pub names: Arc<Vec<u64>>,
    /// The region of each node of the cluster.
    pub regions: Arc<Vec<RegionId>>,
    /// The position of each key on the ring.
    pub positions: Arc<Vec<u64>>,
    /// The clock that it looks at.
    pub clock: LocalClock,
    /// Built-in defects.
    pub sabotage: Vec<Sabotage>,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Replica {
    /// What it was told about itself.
    pub config: ReplicaConfig,
    /// What it holds.
    pub store: Store,
    /// What it keeps for others.
    pub hints: Hints,
    /// Whom it knows.
    pub membership: Membership,
    /// The ring as it knows it.
    pub ring: Ring,
    pub(super) numbering: Numbering,
    /// The requests that it coordinates.
    pub(super) running: Vec<Coordinator>,
    /// The writes whose requests have reached it: the network may bring one twice.
    pub(super) met: OpSet,
    /// How many comparisons it has begun.
    pub(super) rounds: u64,
    /// Whether a timer to hand off hints runs.
    pub(super) hands_off: bool,
    /// Whether a timer to collect tombstones runs.
    pub(super) collects: bool,
}

impl Replica {
    /// A node that holds nothing.
    #[must_use]
    pub fn new(config: ReplicaConfig) -> Replica {
        let membership = Membership::new(config.id, &config.members);
        let names = config.names.clone();
        let ring = membership.ring(config.settings.partitioning, |node| name_of(&names, node));
        Replica {
            numbering: Numbering::new(config.id, config.nodes),
            config,
            store: Store::default(),
            hints: Hints::default(),
            membership,
            ring,
            running: Vec::new(),
            met: OpSet::default(),
            rounds: 0,
            hands_off: false,
            collects: false,
        }
    }

    /// The requests that it coordinates, in the order in which they were last told something.
    #[must_use]
    pub fn requests(&self) -> &[Coordinator] {
        &self.running
    }

    /// The position of a key on the ring.
    #[must_use]
    pub fn position(&self, key: KeyId) -> u64 {
        self.config.positions.get(key.0 as usize).copied().unwrap_or_else(|| mix(u64::from(key.0)))
    }

    /// The nodes of the ring as one meets them from a key on, with what this node believes of them.
    #[must_use]
    pub fn candidates(&self, key: KeyId) -> Vec<Candidate> {
        let nodes = self.ring.walk(self.position(key)).into_iter();
        let candidate = |node: NodeId| Candidate {
            node,
            region: self.config.regions.get(node.index()).copied().unwrap_or(0),
            up: node == self.config.id || self.membership.believes_up(node),
        };
        nodes.map(candidate).collect()
    }

    /// The replicas of a key, as this node knows the ring.
    #[must_use]
    pub fn homes(&self, key: KeyId) -> Vec<NodeId> {
        homes_in(&self.ring, self.position(key), &self.config.settings, &self.config.regions)
    }

    pub(super) fn has(&self, sabotage: Sabotage) -> bool {
        self.config.sabotage.contains(&sabotage)
    }

    /// The timers that run from the beginning. Each node begins at another moment, so that they do not all talk at once.
    pub(crate) fn first_timers(&self) -> impl Iterator<Item = (Timer, SimDuration)> + use<> {
        let settings = &self.config.settings;
        let offset = |every: SimDuration| {
            let all = self.config.names.len().max(1) as u64;
            SimDuration(every.0 * (u64::from(self.config.id.0) + 1) / all)
        };
        let gossip = settings.gossip.as_ref().map(|gossip| (Timer::Gossip, offset(gossip.every)));
        let compare = settings.anti_entropy.map(|every| (Timer::Compare, every + offset(every)));
        gossip.into_iter().chain(compare)
    }

    /// Handles a message.
    ///
    /// # Panics
    /// If it is meant for a client.
    pub fn receive(&mut self, now: Now, src: NodeId, message: &Message, out: &mut impl Effects<Leaderless>) {
        match message {
            Message::Put { .. } | Message::Get { .. } => self.on_request(now, src, message, out),
            Message::Store { attempt, key, owner, purpose, versions } => {
                let (attempt, owner, purpose) = (*attempt, *owner, *purpose);
                self.store_for(*key, owner, versions, out);
                if purpose != Purpose::Repair {
                    out.send(src, Message::Stored { attempt, owner, purpose });
                }
            }
            Message::Stored { attempt, owner, purpose } => {
                self.coordinate(*attempt, out, |one| one.stored(src, *owner, *purpose));
            }
            Message::Fetch { attempt, key } => {
                let versions = Arc::new(self.store.versions(*key).to_vec());
                out.send(src, Message::Found { attempt: *attempt, versions });
            }
            Message::Found { attempt, versions } => self.coordinate(*attempt, out, |one| one.found(src, versions)),
            Message::HandOff { number, tries, key, versions } => {
                self.take_in(*key, versions, out);
                out.send(src, Message::HandedOff { number: *number, tries: *tries });
            }
            Message::HandedOff { number, .. } => self.on_handed_off(*number, out),
            Message::Compare { round, turn, ring, before, hashes } => {
                self.on_compare(src, (*round, *turn, *ring, *before), hashes, out);
            }
            Message::Exchange { round, answers, leaves, keys } => {
                self.on_exchange(src, (*round, *answers), leaves, keys, out);
            }
            Message::Gossip { round, answers, members } => self.on_gossip(now, src, (*round, *answers), members, out),
            Message::Reply { .. } => panic!("node {:?} got an answer for a client from {src:?}", self.config.id),
        }
    }

    /// Handles a timer.
    pub fn wake(&mut self, now: Now, timer: Timer, out: &mut impl Effects<Leaderless>) {
        match timer {
            Timer::StandIn(op, number) => self.coordinate_of((op, number), out, Coordinator::replace_silent),
            Timer::AskMore(op, number) => self.coordinate_of((op, number), out, Coordinator::ask_one_more),
            Timer::GiveUp(op, number) => self.coordinate_of((op, number), out, Coordinator::give_up),
            Timer::HandOff => self.hand_off(out),
            Timer::Compare => self.compare(out),
            Timer::Gossip => self.gossip(now, out),
            Timer::Collect => self.collect(now, out),
        }
    }

    /// Comes up: for the first time, or after a crash.
    pub fn start(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        if !self.membership.has(self.config.id) && self.config.members.is_empty() {
            self.join(now, out);
        }
        for (timer, after) in self.first_timers() {
            out.set_timer(timer, after);
        }
        (self.hands_off, self.collects) = (false, false);
        self.hand_off_later(out);
        self.collect_later(out);
    }

    /// Power fails. What it holds is on its disk; the requests that it coordinates are lost.
    pub fn crash(&mut self) {
        self.running.clear();
    }

    /// Does what its operator says.
    pub fn obey(&mut self, now: Now, order: Order, out: &mut impl Effects<Leaderless>) {
        match order {
            Order::Leave => self.leave(now, out),
        }
    }

    /// Stores versions, as its own or as a hint.
    pub(super) fn store_for(
        &mut self,
        key: KeyId,
        owner: Option<NodeId>,
        versions: &[Arc<Version>],
        out: &mut impl Effects<Leaderless>,
    ) {
        match owner {
            None => self.take_in(key, versions, out),
            Some(owner) => self.keep_hint(owner, key, versions, out),
        }
    }

    /// Takes versions in as its own, and says what came of it.
    pub(super) fn take_in(&mut self, key: KeyId, versions: &[Arc<Version>], out: &mut impl Effects<Leaderless>) {
        let before = self.store.versions(key).to_vec();
        let Change { added, replaced, obsolete } = self.store.take(self.config.settings.versioning, key, versions);
        added.iter().for_each(|version| out.note(Fact::Stored(version.op)));
        let unseen = |old: &Version, by: &Version| !by.stamp.includes(old.stamp.dot());
        for (old, by) in replaced.iter().chain(&obsolete).filter(|(old, by)| unseen(old, by)) {
            out.note(Fact::Dropped(old.op, by.op));
        }
        let held = self.store.versions(key);
        for version in added.iter().filter(|version| held.iter().any(|other| other.is(version))) {
            let concurrent = |other: &&Arc<Version>| {
                !other.is(version) && unseen(other, version) && unseen(version, other) && before.iter().any(|old| old.is(other))
            };
            held.iter().filter(concurrent).for_each(|other| out.note(Fact::Conflict(version.op, other.op)));
        }
        if added.iter().any(|version| version.is_tombstone()) {
            if self.has(Sabotage::NoTombstones) {
                self.store.forget(key);
            }
            self.collect_later(out);
        }
    }

    /// Keeps versions for another node until that has them.
    pub(super) fn keep_hint(&mut self, owner: NodeId, key: KeyId, versions: &[Arc<Version>], out: &mut impl Effects<Leaderless>) {
        let known = |version: &Arc<Version>, hints: &Hints| {
            hints.of(key).filter(|hint| hint.owner == owner).any(|hint| hint.versions.iter().any(|other| other.is(version)))
        };
        let new: Vec<OpId> = versions.iter().filter(|version| !known(version, &self.hints)).map(|version| version.op).collect();
        self.hints.keep(self.config.settings.versioning, owner, key, versions);
        new.into_iter().for_each(|op| out.note(Fact::Hinted(op, owner)));
        self.hand_off_later(out);
    }

    pub(super) fn hand_off_later(&mut self, out: &mut impl Effects<Leaderless>) {
        if let (Some(every), false, false) = (self.config.settings.handoff, self.hands_off, self.hints.all().is_empty()) {
            self.hands_off = true;
            out.set_timer(Timer::HandOff, every);
        }
    }

    /// Sends the hints to those owners that are believed to be up.
    fn hand_off(&mut self, out: &mut impl Effects<Leaderless>) {
        self.hands_off = false;
        for place in 0..self.hints.all().len() {
            if !self.membership.believes_up(self.hints.all()[place].owner) {
                continue;
            }
            let Some(hint) = self.hints.send(place) else { continue };
            let versions: Versions = Arc::new(hint.versions.clone());
            out.send(hint.owner, Message::HandOff { number: hint.number, tries: hint.tries, key: hint.key, versions });
        }
        self.hand_off_later(out);
    }

    fn on_handed_off(&mut self, number: u64, out: &mut impl Effects<Leaderless>) {
        let Some(hint) = self.hints.done(number) else { return };
        hint.versions.iter().for_each(|version| out.note(Fact::HandedOff(version.op, hint.owner)));
    }

    pub(super) fn collect_later(&mut self, out: &mut impl Effects<Leaderless>) {
        let holds_any = || self.store.keys().any(|(_, held)| held.iter().any(|version| version.is_tombstone()));
        if let (Some(grace), false) = (self.config.settings.grace, self.collects)
            && holds_any()
        {
            self.collects = true;
            out.set_timer(Timer::Collect, grace + SimDuration(1));
        }
    }

    fn collect(&mut self, now: Now, out: &mut impl Effects<Leaderless>) {
        self.collects = false;
        let grace = self.config.settings.grace.unwrap_or(SimDuration::ZERO);
        let before = SimTime(self.config.clock.at(now).0.saturating_sub(grace.0));
        self.store.collect(before).into_iter().for_each(|op| out.note(Fact::Collected(op)));
        self.collect_later(out);
    }
}

/// The replicas of a key at a position.
pub(super) fn homes_in(ring: &Ring, position: u64, settings: &Settings, regions: &[RegionId]) -> Vec<NodeId> {
    let mut left = settings.replicas.clone();
    let mut homes = ring.walk(position);
    homes.retain(|node| {
        let region = regions.get(node.index()).copied().unwrap_or(0);
        let room = left.get_mut(usize::from(region)).filter(|room| **room > 0);
        room.map(|room| *room -= 1).is_some()
    });
    homes
}

/// What stands for the name of a node.
pub(super) fn name_of(names: &[u64], node: NodeId) -> u64 {
    names.get(node.index()).copied().unwrap_or_else(|| mix(u64::from(node.0)))
}
