//! The cluster behind a network's handles: the simulation, the names, and the tables that turn keys and values into numbers.
//!
//! The store adds no replication of its own. A `Leader` is a group of the simulation, a `Follower` a replica of it, a `ReadRouter`
//! a client, and `write` a request like any other; what this module adds is names that may be used before there is a node.

use std::collections::BTreeMap;

use super::findings::Records;
use super::links::Links;
use super::node::{Group, Node};
use super::pace::Pace;
use super::read_router::{Hook, Router};
use super::sessions::Sessions;
use super::waiting::{WaiterId, Waiting};
use crate::client::ClientConfig;
use crate::family::GroupId;
use crate::log::{KeyId, OpId};
use crate::network::NodeId;
use crate::router::{OnMiss, ReadMode, ReadSettings};
use crate::simulation::{Process, Simulation};
use crate::time::{LocalClock, SimDuration};
use crate::trace::Trace;

/// How long an operation may take. Longer than any lag that a program is likely to inject, so that a slow link is only slow.
pub(super) const OPERATION_TIMEOUT: SimDuration = SimDuration::secs(30);
/// How long a session-consistent read waits for one follower before it asks the next.
const ATTEMPT_TIMEOUT: SimDuration = SimDuration::secs(1);
/// How many local reads one instant has room for.
const LOCAL_READS_MAX: u32 = 1_000;

/// An operation that has begun and not ended.
#[derive(Debug)]
pub(super) struct Running {
    /// Who waits for it.
    pub(super) waiter: WaiterId,
    /// The client that carries it out.
    pub(super) client: NodeId,
    /// The router it came through, if it is a read.
    pub(super) router: Option<usize>,
    /// Its session.
    pub(super) session: u32,
}

/// What has to be done before time can move on.
pub(super) enum Next {
    /// Nothing: it has moved, or somebody else moves it.
    Moved,
    /// The program has to choose replicas for its reads.
    Choose(Vec<Choice>),
}

/// A choice that the program has to make.
pub(super) struct Choice {
    /// For which read.
    pub(super) waiter: WaiterId,
    /// How it is made.
    pub(super) hook: Hook,
    /// Among whom.
    pub(super) candidates: Vec<String>,
}

/// Everything behind the handles of one network.
#[derive(Debug)]
pub(super) struct Cluster {
    /// The replicas, the clients and the links between them.
    pub(super) simulation: Simulation,
    /// What has happened.
    pub(super) trace: Trace,
    /// By name: whatever was named as a node.
    pub(super) nodes: BTreeMap<String, Node>,
    /// The names, by number.
    pub(super) names: BTreeMap<NodeId, String>,
    /// One for each leader that was made.
    pub(super) groups: Vec<Group>,
    /// In the order in which they were made.
    pub(super) routers: Vec<Router>,
    /// What the links are told, by name.
    pub(super) links: Links,
    /// Who has seen what.
    pub(super) sessions: Sessions,
    /// What the checkers need to know beyond the trace.
    pub(super) records: Records,
    /// The client that carries out the writes: it stands beside whichever leader it writes to.
    pub(super) writer: NodeId,
    /// The futures that wait.
    pub(super) waiting: Waiting,
    /// Whether they all have had their turn.
    pub(super) pace: Pace,
    /// Whether the program is being asked to choose a follower.
    pub(super) asking: bool,
    /// The operations that have begun and not ended.
    pub(super) running: BTreeMap<OpId, Running>,
    /// How far the trace has been searched for ends of operations.
    pub(super) harvested: usize,
    /// How many operations have begun.
    pub(super) begun: u64,
    keys: BTreeMap<(GroupId, String), KeyId>,
    key_names: Vec<String>,
    values: Vec<Vec<u8>>,
    local_reads: u32,
}

impl Cluster {
    /// A cluster without nodes.
    pub(super) fn new(seed: u64) -> Cluster {
        let mut simulation = Simulation::empty(seed);
        let writer = simulation.add_client(client_config(NodeId(0)), Vec::new());
        Cluster {
            simulation,
            trace: Trace::default(),
            nodes: BTreeMap::new(),
            names: BTreeMap::new(),
            groups: Vec::new(),
            routers: Vec::new(),
            links: Links::default(),
            sessions: Sessions::default(),
            records: Records::default(),
            writer,
            waiting: Waiting::default(),
            pace: Pace::new(),
            asking: false,
            running: BTreeMap::new(),
            harvested: 0,
            begun: 0,
            keys: BTreeMap::new(),
            key_names: Vec::new(),
            values: Vec::new(),
            local_reads: 0,
        }
    }

    /// The number that the next node gets.
    pub(super) fn next_id(&self) -> NodeId {
        NodeId(u16::try_from(self.simulation.len()).expect("a network has room for 65535 nodes"))
    }

    /// The number of a key. The same text is another key in another group.
    pub(super) fn key(&mut self, group: GroupId, name: &str) -> KeyId {
        if let Some(key) = self.keys.get(&(group, name.to_owned())) {
            return *key;
        }
        let key = self.simulation.add_key(group);
        self.keys.insert((group, name.to_owned()), key);
        self.key_names.push(name.to_owned());
        key
    }

    /// The number of a key that somebody has used before.
    pub(super) fn known_key(&self, group: GroupId, name: &str) -> Option<KeyId> {
        self.keys.get(&(group, name.to_owned())).copied()
    }

    /// The text of a key.
    pub(super) fn key_name(&self, key: KeyId) -> &str {
        self.key_names.get(key.0 as usize).map_or("", String::as_str)
    }

    /// Keeps a value and returns its number.
    pub(super) fn keep(&mut self, value: Vec<u8>) -> u32 {
        self.values.push(value);
        u32::try_from(self.values.len() - 1).expect("a network has room for 2^32 values")
    }

    /// The bytes of a value.
    pub(super) fn bytes(&self, value: crate::log::Value) -> Vec<u8> {
        match value {
            crate::log::Value::Text(number) => self.values.get(number as usize).cloned().unwrap_or_default(),
            crate::log::Value::Int(number) => number.to_string().into_bytes(),
            // The course's interface writes one key at a time.
            _ => Vec::new(),
        }
    }

    /// Makes a client that reads through a router.
    pub(super) fn add_reader(&mut self) -> NodeId {
        let id = self.next_id();
        self.simulation.add_client(client_config(id), Vec::new())
    }

    /// The client with this number.
    ///
    /// # Panics
    /// If that node is none: the store knows which of its nodes are clients.
    pub(super) fn client_mut(&mut self, id: NodeId) -> &mut crate::client::Client {
        match self.simulation.process_mut(id) {
            Process::Client(client) => client,
            Process::SingleLeader(_)
            | Process::MultiLeader(..)
            | Process::MultiLeaderClient(..)
            | Process::Leaderless(..)
            | Process::LeaderlessClient(..) => {
                panic!("node {id:?} is no client of a group with one leader")
            }
        }
    }

    /// Counts a read that takes no time. A program that reads in a loop until something changes must not stop the clock, so
    /// every thousandth read of one instant has to wait; this says whether it is that one.
    pub(super) fn count_local_read(&mut self) -> bool {
        self.pace.polled(true);
        self.local_reads += 1;
        self.local_reads.is_multiple_of(LOCAL_READS_MAX)
    }

    /// Time has moved on.
    pub(super) fn new_instant(&mut self) {
        self.local_reads = 0;
    }
}

pub(super) fn client_config(id: NodeId) -> ClientConfig {
    ClientConfig {
        id,
        clock: LocalClock::TRUE,
        // Only writes take this mode, and no token is asked of them; every read of the store names its own.
        read: ReadSettings {
            mode: ReadMode::AnyFollower,
            on_miss: OnMiss::Leader,
            attempt_timeout: ATTEMPT_TIMEOUT,
            token: crate::router::TokenKind::Position,
            ..ReadSettings::default()
        },
        op_timeout: OPERATION_TIMEOUT,
        sequential: false,
        session: u32::from(id.0),
        shares: Vec::new(),
        sabotage: Vec::new(),
    }
}
