//! Where reads go: the handle that sends each read to a replica, by the mode that the read asks for.
//!
//! The router knows who the replicas are, and not how far they have got; a session-consistent read carries its session's token,
//! and a follower that is behind says so (MongoDB's causal sessions work like this). Session guarantees after Terry et al.,
//! "Session guarantees for weakly consistent replicated data" (PDIS 1994); DDIA 2e, ch. 6, "Problems with replication lag".

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::cluster::Cluster;
use super::follower::Follower;
use super::leader::Leader;
use super::network::Network;
use super::operation::Operation;
use super::request::{Done, Request};
use super::simulated::Simulated;
use crate::client::GroupView;
use crate::family::GroupId;
use crate::lsn::{Epoch, Lsn};
use crate::network::NodeId;
use crate::routing::{self, Backend, Patience};

/// Which replica may answer a read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadMode {
    /// The leader: sees every acknowledged write, as long as it does lead.
    Leader,
    /// Any follower, however far behind. No guarantee at all across two reads.
    AnyFollower,
    /// A follower that has applied all that the session has written and seen; the leader, if there is none.
    SessionConsistent {
        /// The name of the session. It is made by its first use, and shared by all routers of a network.
        session_id: String,
    },
}

/// Sends reads to the replicas of one leader's group: by default of the simulated store, and of any [`Backend`].
///
/// The methods that name keys are those of the simulated store; there a read takes its way through the simulated network. What every
/// backend has is behind [`ReadRouter::routing`].
pub struct ReadRouter<B = Simulated> {
    routing: routing::Router<B>,
}

impl<B: Backend> ReadRouter<B> {
    /// A router over a backend.
    pub fn over(backend: B, patience: Patience) -> ReadRouter<B> {
        ReadRouter { routing: routing::Router::new(backend, patience) }
    }

    /// The router as it is over every backend: reads under all policies, writes, and positions, with sessions that the caller holds.
    pub fn routing(&self) -> &routing::Router<B> {
        &self.routing
    }
}

impl ReadRouter {
    /// A router that reads from this leader and these followers, over links of their own.
    ///
    /// A follower that no leader has added yet takes part from when it is added. After a promotion the router follows the new
    /// leader, as soon as it has heard of it.
    #[must_use]
    pub fn new(leader: Arc<Leader>, followers: Vec<Arc<Follower>>) -> ReadRouter {
        let network = leader.network.clone();
        let names = followers.iter().map(|f| f.node_id.clone()).collect();
        let number = network.shared.with(|cluster| cluster.add_router(&leader.node_id, names));
        ReadRouter::over(Simulated::new(network, number, leader, followers), Patience::default())
    }

    fn network(&self) -> &Arc<Network> {
        self.routing.backend().network()
    }

    fn number(&self) -> usize {
        self.routing.backend().number()
    }

    /// Reads a key: `None` if it has no value at the replica that answered, or if none answered within 30 seconds.
    ///
    /// A session-consistent read goes from follower to follower until one is fresh enough, and then to the leader. A session
    /// whose writes a failover has discarded gets `None` once, and begins anew. Of concurrent values it is the one that the store's arbitration
    /// puts last.
    pub fn read(&self, key: &str, mode: ReadMode) -> impl Future<Output = Option<Vec<u8>>> + Send + Sync + 'static + use<> {
        let request = Request::Read { router: self.number(), mode, key: key.to_owned() };
        let read = Operation::new(&self.network().shared, request);
        async move {
            match read.await {
                Done::Value(found) => found,
                Done::Siblings(mut values) => values.pop(),
                Done::Written(_) | Done::Stamped(_) | Done::Slept => None,
            }
        }
    }

    /// Says that a session has made the write which got this number from the router's leader: the session's token moves there,
    /// and the checkers count the write as the session's own.
    pub fn record_session_write(&self, session_id: &str, lsn: Lsn) {
        self.network().shared.with(|cluster| {
            let group = cluster.routers[self.number()].group;
            cluster.record_session_write(group, session_id, lsn);
        });
    }

    /// Lets the program choose the follower that a read goes to first, in place of a random choice: it is given the followers'
    /// names and returns the index of one. A session-consistent read that finds it behind goes on to the others.
    ///
    /// An index beyond the end leaves the choice to chance.
    pub fn on_select_follower(&self, choose: impl Fn(&[String]) -> usize + Send + Sync + 'static) {
        self.network().shared.with(|cluster| cluster.routers[self.number()].hook = Some(Hook(Arc::new(choose))));
    }

    /// Says in whose name this router makes the reads that name no session, for the checkers. At first it is the application
    /// itself, to which all writes belong; an *observer* is somebody else.
    pub fn read_as(&self, session_id: &str) {
        self.network().shared.with(|cluster| {
            let session = cluster.sessions.number(session_id);
            cluster.routers[self.number()].session = session;
        });
    }

    /// The node that answered the last read of a session, or with `None` the last read of all; nothing if none did.
    #[must_use]
    pub fn last_served_by<'a>(&self, session_id: impl Into<Option<&'a str>>) -> Option<String> {
        let session = session_id.into();
        self.network().shared.with(|cluster| {
            let router = &cluster.routers[self.number()];
            let node = match session {
                None => router.last,
                Some(name) => cluster.sessions.known_number(name).and_then(|number| *router.by_session.get(&number)?),
            };
            node.map(|id| cluster.names[&id].clone())
        })
    }
}

impl<B> fmt::Debug for ReadRouter<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadRouter").finish_non_exhaustive()
    }
}

/// How a program chooses a follower.
#[derive(Clone)]
pub(super) struct Hook(Arc<Choose>);

type Choose = dyn Fn(&[String]) -> usize + Send + Sync;

impl Hook {
    /// Asks for the choice. Never while the cluster is locked: the program may well look at the network.
    pub(super) fn choose(&self, candidates: &[String]) -> usize {
        (self.0)(candidates)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// What the cluster knows of a router.
#[derive(Debug)]
pub(super) struct Router {
    /// The client that carries out its reads.
    pub(super) client: NodeId,
    /// The group it reads from.
    pub(super) group: GroupId,
    leader: NodeId,
    followers: Vec<String>,
    /// How it chooses a follower.
    pub(super) hook: Option<Hook>,
    /// The session of the reads that name none.
    pub(super) session: u32,
    last: Option<NodeId>,
    by_session: BTreeMap<u32, Option<NodeId>>,
}

impl Router {
    /// A read has ended; `node` has answered it.
    pub(super) fn served(&mut self, session: u32, node: Option<NodeId>) {
        self.last = node;
        self.by_session.insert(session, node);
    }
}

impl Cluster {
    fn add_router(&mut self, leader: &str, followers: Vec<String>) -> usize {
        let (leader, group) = self.place_of(leader).expect("a leader's handle has a node");
        let client = self.add_reader();
        let by_session = BTreeMap::new();
        self.routers.push(Router { client, group, leader, followers, hook: None, session: 0, last: None, by_session });
        let current = self.simulation.leader_of(group).map_or((leader, Epoch(1)), |(id, replica)| (id, replica.epoch));
        let view = |_| GroupView { members: Vec::new(), partial: Vec::new(), leader: current.0, epoch: current.1 };
        self.client_mut(client).groups = (0..=group.0).map(view).collect();
        self.show_members(group);
        self.routers.len() - 1
    }

    /// Tells the readers of a group which replicas they may read from, and the replicas who their readers are.
    pub(super) fn show_members(&mut self, group: GroupId) {
        for number in 0..self.routers.len() {
            let router = &self.routers[number];
            if router.group != group {
                continue;
            }
            let followers = router.followers.iter().filter_map(|name| self.place_of(name));
            let followers = followers.filter(|(id, its)| *its == group && *id != router.leader).map(|(id, _)| id);
            let members: Vec<NodeId> = std::iter::once(router.leader).chain(followers).collect();
            let client = router.client;
            self.client_mut(client).groups[group.index()].members = members;
        }
        self.tell_readers(group);
    }

    /// The followers that a router's reads may go to, as far as it knows, in the order in which it was given them.
    pub(super) fn candidates(&self, router: &Router) -> Vec<NodeId> {
        let client = self.simulation.client(router.client);
        client.map(|client| client.groups[router.group.index()].followers()).unwrap_or_default()
    }
}
