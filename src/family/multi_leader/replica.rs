//! A replica of a multi-leader group: applies updates, keeps them in its log, and passes them on to its neighbours.
//!
//! A leader takes writes as well; a follower does not, and has its leader as its only neighbour. What a replica has taken is on its disk
//! before it says so: a crash costs it its timers and the requests that wait. An update carries the nodes that it has passed, and is not
//! passed on to those (semantics of MySQL's server ids and of CouchDB's revision trees; Kleppmann and Riccomini, "Multi-leader replication
//! topologies").

use std::sync::Arc;

use super::applied::Applied;
use super::clocks::Clocks;
use super::message::{Message, Passed, Sent};
use super::payloads::{SentState, Volumes};
use super::peer::Peer;
use super::policy::Policy;
use super::replicated::Method;
use super::requests::Parked;
use super::segments::Segments;
use super::store::Store;
use super::update::{Update, actor_of};
use super::{Fact, MultiLeader, Order, Timer};
use crate::family::{Effects, GroupId, Now};
use crate::log::{KeyId, OpId, OpSet};
use crate::network::NodeId;
use crate::sabotage::Sabotage;
use crate::sorted::Map;
use crate::statement::Statement;
use crate::time::{LocalClock, SimDuration};

/// After how long a leader says again that it is the home of a range, to who has not answered.
pub(super) const HOME_AGAIN: SimDuration = SimDuration::millis(500);

/// When an update that has arrived is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// At once.
    #[default]
    AsItComes,
    /// When everything is there that its leader had applied before it.
    Causal,
}

/// What a replica is told about itself.
#[derive(Clone, Debug)]
pub struct ReplicaConfig {
    /// Its number.
    pub id: NodeId,
    /// Its group.
    pub group: GroupId,
    /// The leader that it is, or follows.
    pub leader: NodeId,
    /// All leaders of its group.
    pub leaders: Vec<NodeId>,
    /// The clients, which are told of homes that move.
    pub clients: Vec<NodeId>,
    /// To whom it passes updates on, and whether also those that other leaders took.
    pub neighbours: Vec<(NodeId, bool)>,
    /// When it applies what arrives.
    pub delivery: Delivery,
    /// What is done about conflicts, by key.
    pub policies: Arc<Vec<Policy>>,
    /// What is done about conflicts over keys of which `policies` says nothing.
    pub policy: Policy,
    /// The first homes of ranges of keys.
    pub homes: Vec<NodeId>,
    /// The distance between the numbers that one leader gives to new rows: 1 if all give all.
    pub step: u64,
    /// The statements that values refer to.
    pub statements: Arc<Vec<Statement>>,
    /// The methods of replicated data that values refer to.
    pub methods: Arc<Vec<Method>>,
    /// The clock that it looks at.
    pub clock: LocalClock,
    /// Built-in defects.
    pub sabotage: Vec<Sabotage>,
}

/// An entry of a replica's log: an update in the order in which the replica applied it.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The update.
    pub update: Arc<Update>,
    /// The nodes that it has passed, this one included.
    pub passed: Passed,
    /// The state that came with it, as long as it waits.
    pub state: Option<SentState>,
}

/// Who is the home of a range of keys, as far as a node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// The leader.
    pub leader: NodeId,
    /// How often the range had been moved.
    pub number: u32,
}

/// What a leader has to tell about being a home, until everybody has answered.
#[derive(Clone, Debug)]
pub(super) struct Announcing {
    pub(super) range: u16,
    pub(super) number: u32,
    pub(super) missing: Vec<NodeId>,
    pub(super) said: u32,
}

/// One replica.
#[derive(Clone, Debug)]
pub struct Replica {
    /// What it was told about itself.
    pub config: ReplicaConfig,
    /// What it holds.
    pub store: Store,
    /// The updates that it has applied.
    pub applied: Applied,
    /// Its log. Replicas apply in different orders, so that their logs differ.
    pub log: Segments<Logged>,
    /// What has arrived and waits for what it depends on.
    pub buffer: Vec<Logged>,
    /// To whom it passes updates on.
    pub peers: Vec<Peer>,
    /// How far it has been told by each of those that pass updates on to it.
    pub heard: Vec<(NodeId, u64)>,
    /// The homes of ranges of keys.
    pub homes: Vec<Home>,
    /// How many writes it has taken.
    pub taken: u64,
    /// The time of its clock at its last call of a method.
    pub(super) last_time: u64,
    /// What it has sent of replicated data, by key.
    pub(super) volumes: Volumes,
    /// The writes whose first attempts have reached it: the network may bring a request twice.
    pub(super) met: OpSet,
    /// The later attempts at writes that have reached it, in order; few, because nearly always the first is the only one.
    pub(super) met_again: Vec<(OpId, u8)>,
    /// How often it has joined versions of a key by itself.
    pub(super) joined: Map<KeyId, u32>,
    pub(super) clocks: Clocks,
    pub(super) parked: Vec<Parked>,
    pub(super) announcing: Vec<Announcing>,
}

impl Replica {
    /// A replica that holds nothing.
    #[must_use]
    pub fn new(config: ReplicaConfig) -> Replica {
        let homes = config.homes.iter().map(|leader| Home { leader: *leader, number: 0 }).collect();
        let clocks = Clocks::new(actor_of(config.id), config.clock);
        let peers = config.neighbours.iter().map(|(id, relayed)| Peer::new(*id, *relayed)).collect();
        Replica {
            config,
            store: Store::default(),
            applied: Applied::default(),
            log: Segments::default(),
            buffer: Vec::new(),
            peers,
            heard: Vec::new(),
            homes,
            taken: 0,
            last_time: 0,
            volumes: Volumes::default(),
            met: OpSet::default(),
            met_again: Vec::new(),
            joined: Map::default(),
            clocks,
            parked: Vec::new(),
            announcing: Vec::new(),
        }
    }

    /// Whether it takes writes.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.config.leader == self.config.id
    }

    /// What is done about conflicts over a key.
    #[must_use]
    pub fn policy(&self, key: KeyId) -> Policy {
        self.config.policies.get(key.0 as usize).copied().unwrap_or(self.config.policy)
    }

    pub(super) fn has(&self, sabotage: Sabotage) -> bool {
        self.config.sabotage.contains(&sabotage)
    }

    /// Handles a message.
    ///
    /// # Panics
    /// If it is meant for a client.
    pub fn receive(&mut self, now: Now, src: NodeId, message: &Message, out: &mut impl Effects<MultiLeader>) {
        match message {
            Message::Write { .. } | Message::Read { .. } => self.on_request(now, src, message.clone(), out),
            Message::Updates { after, upto, updates, resent } => {
                self.on_updates(now, src, (*after, *upto), updates, *resent, out)
            }
            Message::Ack { upto, resent } => {
                let Some(place) = self.peers.iter().position(|peer| peer.id == src) else { return };
                if self.peers[place].on_ack(now, *upto, *resent, out) {
                    self.tell(now, place, out);
                }
            }
            Message::Home { range, number, resent } => {
                self.learn_home(*range, Home { leader: src, number: *number }, out);
                out.send(src, Message::Noted { range: *range, number: *number, resent: *resent });
            }
            Message::Noted { range, number, .. } => self.on_noted(src, *range, *number),
            Message::Reply { .. } => panic!("replica {:?} got an answer for a client from {src:?}", self.config.id),
        }
    }

    /// Handles a timer.
    pub fn wake(&mut self, now: Now, timer: Timer, out: &mut impl Effects<MultiLeader>) {
        match timer {
            Timer::Resend(id) if id == self.config.id => self.announce_again(out),
            Timer::Resend(id) => {
                let never = self.has(Sabotage::NeverResend);
                let Some(place) = self.peers.iter().position(|peer| peer.id == id) else { return };
                if self.peers[place].is_overdue(now) && !never {
                    self.peers[place].go_back();
                    self.tell(now, place, out);
                }
            }
            Timer::Park(op) => self.unpark(op, out),
        }
    }

    /// Comes up: for the first time, or after a crash.
    pub fn start(&mut self, now: Now, out: &mut impl Effects<MultiLeader>) {
        for place in 0..self.peers.len() {
            self.peers[place].restart();
            if self.peers[place].told > self.peers[place].acked {
                self.peers[place].go_back();
            }
            self.tell(now, place, out);
        }
        if !self.announcing.is_empty() {
            self.announce_again(out);
        }
    }

    /// Power fails. What it has taken and what waits in the buffer is on its disk; requests that wait are lost.
    pub fn crash(&mut self) {
        self.parked.clear();
    }

    /// Does what its operator says.
    pub fn obey(&mut self, now: Now, order: Order, out: &mut impl Effects<MultiLeader>) {
        match order {
            Order::Connect(other) => {
                if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == other) {
                    peer.relay_all(self.log.len() as u64);
                    out.note(Fact::Connected(other));
                    let place = self.peers.iter().position(|peer| peer.id == other).unwrap_or(0);
                    return self.tell(now, place, out);
                }
                self.peers.push(Peer::new(other, true));
                out.note(Fact::Connected(other));
                self.tell(now, self.peers.len() - 1, out);
            }
            Order::BeHome { range, number } => self.be_home(range, number, out),
        }
    }

    /// Tells a neighbour what it has not been told.
    pub(super) fn tell(&mut self, now: Now, place: usize, out: &mut impl Effects<MultiLeader>) {
        let (tagged, own) = (!self.has(Sabotage::IgnoreTags), self.config.id);
        let peer = &self.peers[place];
        let from = usize::try_from(peer.looked.saturating_sub(peer.base)).unwrap_or(usize::MAX);
        let policies = &self.config.policies;
        // What is taken anew goes on as that, and not as it came.
        let anew = |entry: &Logged| policies.get(entry.update.key.0 as usize).is_some_and(|policy| policy.takes_anew(own));
        let meant = |entry: &&Logged| {
            let mine = entry.update.leader() == own;
            (mine || (peer.relayed && !anew(entry))) && !(tagged && entry.passed.has(peer.id))
        };
        let news = self.log.from(from).filter(meant);
        let updates: Vec<Sent> = news.map(|entry| self.sent(entry)).collect();
        self.count_sent(&updates);
        let peer = &mut self.peers[place];
        peer.looked = peer.base + self.log.len() as u64;
        if !updates.is_empty() {
            peer.tell(now, updates, peer.looked, out);
        } else {
            peer.rest();
        }
    }
}
