//! The handle of a cluster with several leaders: writes at any of them, siblings, and their resolution.
//!
//! Every leader acknowledges at once and tells the others later (Kleppmann and Riccomini, chapter 6, "Multi-leader replication"). A session
//! remembers what it has seen of each key, and its writes supersede just that: two sessions that write without having seen each other leave
//! two siblings, until somebody who has read both writes (DeCandia et al. 2007, section 4.4).
//!
//! ```
//! use std::sync::Arc;
//! use replicated_telemetry_store::{MultiLeader, Network, OnConflict};
//!
//! let network = Arc::new(Network::new());
//! let catalog = MultiLeader::new(&["frankfurt", "tokyo"], OnConflict::Siblings, network.clone());
//! futures::executor::block_on(async {
//!     network.partition(&["frankfurt"], &["tokyo"]);
//!     catalog.write("frankfurt", "ann", "cart".into(), b"milk".to_vec()).await.expect("a leader asks nobody");
//!     catalog.write("tokyo", "ben", "cart".into(), b"eggs".to_vec()).await.expect("a leader asks nobody");
//!     network.heal();
//!     network.sleep(std::time::Duration::from_secs(3)).await;
//!     assert_eq!(catalog.read_siblings("tokyo", "ann", "cart".into()).await.len(), 2);
//!     let both = |siblings: Vec<Vec<u8>>| siblings.join(&b" and "[..]);
//!     catalog.resolve("tokyo", "ann", "cart".into(), both).await.expect("tokyo runs");
//!     assert_eq!(catalog.read("tokyo", "ben", "cart".into()).await, Some(b"milk and eggs".to_vec()));
//! });
//! assert_eq!(network.findings()[0].kind(), "concurrent-write-conflict");
//! ```

use std::sync::Arc;

use super::cluster::{Cluster, Running, client_config};
use super::error::WriteError;
use super::network::Network;
use super::node::Group;
use super::operation::Operation;
use super::request::{Done, Request};
use super::waiting::WaiterId;
use crate::client::LeadersView;
use crate::family::multi_leader::{ClockKind, Delivery, Policy, ReplicaConfig};
use crate::family::{GroupId, MultiLeaderIncluded};
use crate::log::Value;
use crate::network::NodeId;
use crate::operation::{self, Kind};
use crate::router::ReadMode;
use crate::time::LocalClock;
use crate::version::Stamp;

/// What is done about two writes of one key of which neither had seen the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// Both stay, until a write has seen them.
    Siblings,
    /// The one with the larger reading of a clock stays, and the other is dropped without a word.
    LastWriteWins(ClockKind),
}

/// A cluster whose leaders all take writes. Cheap to share in an `Arc`; its nodes live in the network and survive the handle.
#[derive(Debug)]
pub struct MultiLeader {
    group: GroupId,
    client: NodeId,
    network: Arc<Network>,
}

impl MultiLeader {
    /// Makes a cluster of leaders with these names, each of which tells all others; they run at once.
    ///
    /// # Panics
    /// If no name is given, or one of them is a node already; or if the crate is built without the feature `multi-leader`.
    #[must_use]
    pub fn new(leaders: &[&str], conflicts: OnConflict, network: Arc<Network>) -> MultiLeader {
        assert!(!leaders.is_empty(), "a cluster has at least one leader");
        let (group, client) = network.shared.with(|cluster| cluster.add_leaders(leaders, conflicts));
        MultiLeader { group, client, network }
    }

    /// Sets a key at a leader, for a session; gives the version that the write got.
    ///
    /// # Errors
    /// [`WriteError::Indeterminate`] after 30 seconds without an answer; [`WriteError::Rejected`] if the node is no leader of this cluster.
    pub fn write(
        &self,
        leader: &str,
        session: &str,
        key: String,
        value: Vec<u8>,
    ) -> impl Future<Output = Result<Stamp, WriteError>> + Send + Sync + 'static + use<> {
        let write = self.request(leader, session, key, Some(value));
        async move { written(write.await) }
    }

    /// The values of a key at a leader, the one last that arbitration puts last; none if it has no value, or nobody answers in time.
    pub fn read_siblings(
        &self,
        leader: &str,
        session: &str,
        key: String,
    ) -> impl Future<Output = Vec<Vec<u8>>> + Send + Sync + 'static + use<> {
        let read = self.request(leader, session, key, None);
        async move { siblings(read.await) }
    }

    /// The value of a key at a leader; of several siblings the one that arbitration puts last.
    pub fn read(
        &self,
        leader: &str,
        session: &str,
        key: String,
    ) -> impl Future<Output = Option<Vec<u8>>> + Send + Sync + 'static + use<> {
        let read = self.read_siblings(leader, session, key);
        async move { read.await.pop() }
    }

    /// Reads the siblings of a key and writes what `merge` makes of them: the write supersedes all that was read.
    ///
    /// # Errors
    /// Those of [`MultiLeader::write`].
    pub fn resolve<F: FnOnce(Vec<Vec<u8>>) -> Vec<u8> + Send + Sync + 'static>(
        &self,
        leader: &str,
        session: &str,
        key: String,
        merge: F,
    ) -> impl Future<Output = Result<Stamp, WriteError>> + Send + Sync + 'static + use<F> {
        let read = self.request(leader, session, key.clone(), None);
        let (network, group, client) = (self.network.clone(), self.group, self.client);
        let (leader, session) = (leader.to_owned(), session.to_owned());
        async move {
            let value = merge(siblings(read.await));
            let request = Request::AtLeader { group, client, leader, session, key, value: Some(value) };
            written(Operation::new(&network.shared, request).await)
        }
    }

    fn request(&self, leader: &str, session: &str, key: String, value: Option<Vec<u8>>) -> Operation {
        let (leader, session) = (leader.to_owned(), session.to_owned());
        let request = Request::AtLeader { group: self.group, client: self.client, leader, session, key, value };
        Operation::new(&self.network.shared, request)
    }
}

pub(super) fn written(done: Done) -> Result<Stamp, WriteError> {
    match done {
        Done::Stamped(stamp) => Ok(stamp),
        Done::Written(Err(error)) => Err(error),
        Done::Written(Ok(_)) | Done::Value(_) | Done::Siblings(_) | Done::Slept => Err(WriteError::timed_out()),
    }
}

pub(super) fn siblings(done: Done) -> Vec<Vec<u8>> {
    match done {
        Done::Siblings(values) => values,
        Done::Value(_) | Done::Written(_) | Done::Stamped(_) | Done::Slept => Vec::new(),
    }
}

impl Cluster {
    /// Makes leaders, and the client that carries out what is asked of them.
    fn add_leaders(&mut self, names: &[&str], conflicts: OnConflict) -> (GroupId, NodeId) {
        let included =
            MultiLeaderIncluded::proof().expect("a program with several leaders is built with the feature `multi-leader`");
        let group = GroupId(u16::try_from(self.groups.len()).expect("a network has room for 65535 groups"));
        let first = self.next_id().0;
        let leaders: Vec<NodeId> = (first..).take(names.len()).map(NodeId).collect();
        let client = NodeId(first + u16::try_from(names.len()).expect("a network has room for 65535 nodes"));
        let policy = match conflicts {
            OnConflict::Siblings => Policy::Siblings,
            OnConflict::LastWriteWins(clock) => Policy::LastWriteWins(clock),
        };
        self.groups.push(Group::of(leaders.clone()));
        let writer = self.writer;
        self.client_mut(writer).groups.push(crate::client::GroupView {
            members: Vec::new(),
            partial: Vec::new(),
            leader: leaders[0],
            epoch: crate::lsn::Epoch(1),
        });
        for (name, id) in names.iter().zip(&leaders) {
            assert!(self.place_of(name).is_none(), "'{name}' is a node already");
            let neighbours = leaders.iter().filter(|other| *other != id).map(|other| (*other, false)).collect();
            self.simulation.add_multi_leader_replica(
                included,
                ReplicaConfig {
                    id: *id,
                    group,
                    leader: *id,
                    leaders: leaders.clone(),
                    clients: vec![client],
                    neighbours,
                    delivery: Delivery::Causal,
                    policies: Arc::default(),
                    policy,
                    homes: Vec::new(),
                    step: names.len() as u64,
                    statements: Arc::default(),
                    methods: Arc::default(),
                    clock: LocalClock::TRUE,
                    sabotage: Vec::new(),
                },
            );
            self.names.insert(*id, (*name).to_owned());
            let node = self.node(name);
            (node.place, node.leads) = (Some((*id, group)), true);
            self.connect(*id);
        }
        let nobody = || LeadersView { leaders: Vec::new(), followers: Vec::new(), home: leaders[0], homes: Vec::new() };
        let mut views: Vec<LeadersView> = (0..group.index()).map(|_| nobody()).collect();
        views.push(LeadersView { leaders: leaders.clone(), ..nobody() });
        let made = self.simulation.add_multi_leader_client(included, client_config(client), views);
        assert_eq!(made, client, "nodes are numbered in the order in which they are made");
        self.pace.changed();
        (group, client)
    }

    /// Something is asked of a leader.
    pub(super) fn begin_at_leader(&mut self, waiter: WaiterId, request: &Request) {
        let Request::AtLeader { group, client, leader, session, key, value } = request else { return };
        let place = self.place_of(leader).filter(|(_, its)| its == group);
        let Some((id, _)) = place else {
            return self.waiting.ready.push_back((waiter, request.refused()));
        };
        let (key, number) = (self.key(*group, key), self.sessions.number(session));
        let kind = match value {
            Some(value) => Kind::Write(Value::Text(self.keep(value.clone()))),
            // On a ring no read has a mode.
            None => Kind::Read(self.simulation.leaderless_replica(id).is_none().then_some(ReadMode::Leader)),
        };
        let request = operation::Request { prefer: Some(id), ..operation::Request::new(key, kind) };
        let op = self.simulation.invoke(*client, number, request, self.begun, &mut self.trace);
        self.running.insert(op, Running { waiter, client: *client, router: None, session: number });
    }
}
