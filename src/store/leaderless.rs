//! The handle of a cluster without leaders: any node coordinates a request, and a quorum of the key's replicas answers it.
//!
//! Of the N replicas of a key, W have to take a write before it is acknowledged, and R have to answer a read before it is shown anything
//! (DeCandia et al. 2007, section 4.5). A session remembers what it has seen of each key, which is the context of its next write: that
//! replaces what the session has seen, and stays beside what it has not (section 4.4).
//!
//! ```
//! use std::sync::Arc;
//! use replicated_telemetry_store::{Leaderless, Network, Quorum};
//!
//! let network = Arc::new(Network::new());
//! let carts = Leaderless::new(&["a", "b", "c"], Quorum { n: 3, r: 2, w: 2 }, network.clone());
//! futures::executor::block_on(async {
//!     network.crash("c");
//!     carts.put("a", "ann", "cart".into(), b"milk".to_vec()).await.expect("two of three are enough");
//!     carts.put("b", "ben", "cart".into(), b"eggs".to_vec()).await.expect("two of three are enough");
//!     assert_eq!(carts.get("a", "ann", "cart".into()).await.len(), 2, "ben had not seen ann's cart");
//!     carts.put("a", "ann", "cart".into(), b"milk and eggs".to_vec()).await.expect("ann has seen both");
//!     assert_eq!(carts.get("b", "ben", "cart".into()).await, [b"milk and eggs".to_vec()]);
//! });
//! ```

use std::sync::Arc;

use super::cluster::{Cluster, client_config};
use super::error::WriteError;
use super::multi_leader::{siblings, written};
use super::network::Network;
use super::node::Group;
use super::operation::Operation;
use super::request::Request;
use crate::client::{GroupView, LeaderlessClient, Places, RingView};
use crate::family::leaderless::{Membership, ReplicaConfig, Settings};
use crate::family::{GroupId, LeaderlessIncluded};
use crate::lsn::Epoch;
use crate::network::NodeId;
use crate::scenario::position_of;
use crate::time::LocalClock;
use crate::version::Stamp;

/// How many nodes a network can have; further ids of a node that has to take a new one lie beyond.
pub(super) const NODES: u32 = 1 << 16;

/// How many replicas a key has, and how many of them have to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// How many replicas a key has.
    pub n: usize,
    /// How many have to answer a read.
    pub r: usize,
    /// How many have to take a write.
    pub w: usize,
}

/// A ring of nodes that all take reads and writes. Cheap to share in an `Arc`; its nodes live in the network and survive the handle.
#[derive(Debug)]
pub struct Leaderless {
    group: GroupId,
    client: NodeId,
    network: Arc<Network>,
}

impl Leaderless {
    /// Makes a ring of nodes with these names; they run at once. Versions are told apart by dots, reads repair replicas that they find behind, in
    /// the background, and quorums are strict.
    ///
    /// # Panics
    /// If a name is a node already; if there are fewer nodes than replicas of a key, or if no answer is needed, or more than there are
    /// replicas; or if the crate is built without the feature `leaderless`.
    #[must_use]
    pub fn new(nodes: &[&str], quorum: Quorum, network: Arc<Network>) -> Leaderless {
        let Quorum { n, r, w } = quorum;
        assert!((1..=nodes.len()).contains(&n), "a ring of {} nodes has room for 1 to {0} replicas, not {n}", nodes.len());
        assert!((1..=n).contains(&r) && (1..=n).contains(&w), "of {n} replicas, 1 to {n} can be asked for, not {r} or {w}");
        let (group, client) = network.shared.with(|cluster| cluster.add_ring(nodes, quorum));
        Leaderless { group, client, network }
    }

    /// Sets a key through a coordinator, for a session; gives the version that the write got. It replaces what the session has seen of the key.
    ///
    /// # Errors
    /// [`WriteError::Rejected`] if the node is none of this ring. [`WriteError::Indeterminate`] if too few replicas took the write: those
    /// that did keep it, and it may be seen (DeCandia et al. 2007 do not roll it back).
    pub fn put(
        &self,
        coordinator: &str,
        session: &str,
        key: String,
        value: Vec<u8>,
    ) -> impl Future<Output = Result<Stamp, WriteError>> + Send + Sync + 'static + use<> {
        let write = self.request(coordinator, session, key, Some(value));
        async move { written(write.await) }
    }

    /// The values of a key that no other one makes obsolete, as a quorum of its replicas knows them; none if it has no value, or if too few
    /// answer. The session has seen them.
    pub fn get(
        &self,
        coordinator: &str,
        session: &str,
        key: String,
    ) -> impl Future<Output = Vec<Vec<u8>>> + Send + Sync + 'static + use<> {
        let read = self.request(coordinator, session, key, None);
        async move { siblings(read.await) }
    }

    fn request(&self, coordinator: &str, session: &str, key: String, value: Option<Vec<u8>>) -> Operation {
        let (leader, session) = (coordinator.to_owned(), session.to_owned());
        let request = Request::AtLeader { group: self.group, client: self.client, leader, session, key, value };
        Operation::new(&self.network.shared, request)
    }
}

impl Cluster {
    /// Makes a ring, and the client that carries out what is asked of it.
    fn add_ring(&mut self, names: &[&str], quorum: Quorum) -> (GroupId, NodeId) {
        let included = LeaderlessIncluded::proof().expect("a program with rings is built with the feature `leaderless`");
        let group = GroupId(u16::try_from(self.groups.len()).expect("a network has room for 65535 groups"));
        let first = self.next_id().0;
        let nodes: Vec<NodeId> = (first..).take(names.len()).map(NodeId).collect();
        let client = NodeId(first + u16::try_from(names.len()).expect("a network has room for 65535 nodes"));
        let settings = Arc::new(Settings::strict(quorum.n, quorum.r, quorum.w));
        let positions = self.tokens_of(names);
        self.groups.push(Group::of(nodes.clone()));
        let writer = self.writer;
        self.client_mut(writer).groups.push(GroupView {
            members: Vec::new(),
            partial: Vec::new(),
            leader: nodes[0],
            epoch: Epoch(1),
        });
        for (name, id) in names.iter().zip(&nodes) {
            assert!(self.place_of(name).is_none(), "'{name}' is a node already");
            let config = ReplicaConfig {
                id: *id,
                group,
                settings: settings.clone(),
                members: nodes.clone(),
                nodes: NODES,
                names: positions.clone(),
                regions: Arc::default(),
                positions: Arc::default(),
                clock: LocalClock::TRUE,
                sabotage: Vec::new(),
            };
            self.simulation.add_leaderless_replica(included, config);
            self.names.insert(*id, (*name).to_owned());
            let node = self.node(name);
            (node.place, node.leads) = (Some((*id, group)), true);
            self.connect(*id);
        }
        let ring = |members: &[NodeId]| {
            let membership = Membership::new(client, members);
            membership.ring(settings.partitioning, |node| positions.get(node.index()).copied().unwrap_or_default())
        };
        let view = |members: &[NodeId]| RingView { settings: settings.clone(), ring: ring(members), home: None, region: 0 };
        let mut views: Vec<RingView> = (0..group.index()).map(|_| view(&[])).collect();
        views.push(view(&nodes));
        let made = LeaderlessClient::new(client_config(client), views, Arc::default(), Places::default(), NODES);
        let made = self.simulation.add_leaderless_client(included, made);
        assert_eq!(made, client, "nodes are numbered in the order in which they are made");
        self.pace.changed();
        (group, client)
    }

    /// What stands for the names of the nodes that come next, and decides on their tokens; by number, of nodes that are there nothing.
    fn tokens_of(&self, names: &[&str]) -> Arc<Vec<u64>> {
        let mut all = vec![0; self.next_id().index()];
        all.extend(names.iter().map(|name| position_of(name)));
        Arc::new(all)
    }
}
