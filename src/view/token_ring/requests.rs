//! The requests of a ring that are under way: whom each coordinator has asked, who has answered, and who cannot.

use crate::family::GroupId;
use crate::family::leaderless::{Coordinator, Inquiry, Progress};
use crate::log::{KeyId, OpId};
use crate::network::NodeId;
use crate::run::Run;
use crate::simulation::{Simulation, Status};

/// How a question to a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has answered.
    Answered,
    /// An answer may still come.
    Waiting,
    /// It was silent for so long that another node stands in for it.
    TimedOut,
    /// It is down, or cut off from the coordinator.
    Unreachable,
}

/// A node that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inquired {
    /// Which node.
    pub node: NodeId,
    /// For whom it stands in, if it does.
    pub owner: Option<NodeId>,
    /// How the question stands.
    pub standing: Standing,
}

/// A request that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The operation.
    pub op: OpId,
    /// Its key.
    pub key: KeyId,
    /// Whether it is a write.
    pub write: bool,
    /// Who coordinates it: a node, or the client itself.
    pub coordinator: NodeId,
    /// Whose it is.
    pub client: NodeId,
    /// How many answers that are needed are there.
    pub got: usize,
    /// How many are needed.
    pub needed: usize,
    /// Whether versions are being stored: by a write, or by a read that writes back first.
    pub stores: bool,
    /// Whether the client has been answered.
    pub answered: bool,
    /// Who was asked.
    pub inquired: Vec<Inquired>,
}

/// The requests of a group that are under way, the newest operation first.
pub(super) fn requests(run: &Run, state: &Simulation, group: GroupId) -> Vec<Request> {
    let nodes = (0..u16::try_from(state.len()).unwrap_or(u16::MAX)).map(NodeId);
    let of = |host: NodeId| -> &[Coordinator] {
        let hosted = state.leaderless_replica(host).map(crate::family::leaderless::Replica::requests);
        hosted.or_else(|| state.leaderless_client(host).map(crate::client::LeaderlessClient::requests)).unwrap_or_default()
    };
    let running = nodes.flat_map(|host| of(host).iter().map(move |one| (host, one)));
    let mine = running.filter(|(_, one)| run.plan.key_groups.get(one.key.0 as usize) == Some(&group));
    let mut all: Vec<Request> = mine.map(|(host, one)| request(run, state, host, one)).collect();
    all.sort_by_key(|request| std::cmp::Reverse(request.op));
    all
}

fn request(run: &Run, state: &Simulation, coordinator: NodeId, one: &Coordinator) -> Request {
    let Progress { got, needed, stores, answered, inquiries } = one.progress();
    let cut = |node: NodeId| state.network.is_cut(coordinator, node) || state.network.is_cut(node, coordinator);
    let standing = |inquiry: &Inquiry| match inquiry {
        Inquiry { answered: true, .. } => Standing::Answered,
        Inquiry { replaced: true, .. } => Standing::TimedOut,
        Inquiry { node, .. } if state.status(*node) == Status::Down || cut(*node) => Standing::Unreachable,
        Inquiry { .. } => Standing::Waiting,
    };
    let inquired = |inquiry: &Inquiry| Inquired { node: inquiry.node, owner: inquiry.owner, standing: standing(inquiry) };
    Request {
        op: one.attempt.op,
        key: one.key,
        write: run.trace.ops.get(one.attempt.op.index()).is_some_and(crate::history::Op::is_write),
        coordinator,
        client: one.client,
        got,
        needed,
        stores,
        answered,
        inquired: inquiries.iter().map(inquired).collect(),
    }
}
