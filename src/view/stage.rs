//! The stage at one moment: every replica with its log, every client with its token, every wire with its state.
//!
//! The log matrix is what teaches: rows are replicas, columns are log sequence numbers. A cell says how far the entry has got at
//! that replica by its outline and filling (dashed: received, outlined: flushed, filled: applied), not by its colour.

use super::lane::{Lane, OfGroup, has_yet_to_join, key_in_question, lane};
use super::layout::Layout;
use super::leaders::{Leaders, leaders};
use super::nodes::{RingNodes, rings};
use super::window::Window;
use super::words::op_line;
use crate::check::Finding;
use crate::family::GroupId;
use crate::family::single_leader::Replica;
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::network::NodeId;
use crate::run::Run;
use crate::scenario::Anomaly;
use crate::simulation::Simulation;
use crate::time::SimTime;

/// The stage at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The groups of replicas.
    pub groups: Vec<Group>,
    /// The clients.
    pub clients: Vec<ClientBox>,
    /// The directions in which nothing passes.
    pub cuts: Vec<(NodeId, NodeId)>,
    /// The groups with several leaders; none of the groups above has replicas then.
    pub leaders: Vec<Leaders>,
    /// The rings; none of the groups above has replicas then.
    pub rings: Vec<RingNodes>,
}

/// One group: its lanes share their columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which one.
    pub id: GroupId,
    /// What it is called; empty if there is only one.
    pub name: String,
    /// The part of its log that is shown.
    pub window: Window,
    /// Its replicas.
    pub lanes: Vec<Lane>,
    /// What sessions ask for: the ▲ under the log.
    pub tokens: Vec<Mark>,
}

/// A session's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whose.
    pub client: NodeId,
    /// The owner's name.
    pub name: String,
    /// The number it stands at.
    pub lsn: u64,
    /// The epoch it belongs to.
    pub epoch: u32,
}

/// One client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientBox {
    /// Which one.
    pub id: NodeId,
    /// What it is called.
    pub name: String,
    /// What it is doing or has last done.
    pub line: String,
    /// Whether an operation is open.
    pub busy: bool,
    /// What its last operation broke, if anything, as far as that is known by now.
    pub anomaly: Option<Anomaly>,
    /// Replicas that it cannot reach.
    pub cut_from: Vec<NodeId>,
    /// The leader to which it turns, where there are several.
    pub home: Option<NodeId>,
}

/// An entry of a group's log, by its number.
pub type Named = (GroupId, u64);

/// The entries that operations are about: what they wrote, and what they read.
#[must_use]
pub fn entries_of(run: &Run, ops: &[OpId]) -> Vec<Named> {
    let ops = ops.iter().filter_map(|op| run.trace.ops.get(op.index()));
    let about = ops.filter_map(|op| {
        let read = || op.returned().flatten().map(|version| version.at);
        let at = op.acknowledged().map(|(at, _)| at).or_else(read)?;
        (at.lsn.0 > 0).then_some((op.group, at.lsn.0))
    });
    about.collect()
}

/// The stage of a run at a moment; `state` is the run's state at that moment. The entries that are named are in view.
#[must_use]
pub fn stage(run: &Run, state: &Simulation, now: SimTime, layout: &Layout, named: &[Named]) -> Stage {
    let plan = &run.plan;
    let groups = (0..plan.groups.len()).map(|index| group(run, state, now, layout, index, named)).collect();
    let clients =
        (plan.replicas..plan.nodes.len()).map(|i| client(run, state, now, NodeId(u16::try_from(i).unwrap_or(0)))).collect();
    let nodes = || (0..u16::try_from(plan.nodes.len()).unwrap_or(0)).map(NodeId);
    let cuts = nodes()
        .flat_map(|src| nodes().map(move |dst| (src, dst)))
        .filter(|(src, dst)| state.network.is_cut(*src, *dst))
        .collect();
    Stage { groups, clients, cuts, leaders: leaders(run, state, now, None), rings: rings(run, state, now, None) }
}

impl Stage {
    /// Looks at this key of the groups with several leaders and of rings, instead of the one that was written last.
    pub fn look_at(&mut self, run: &Run, state: &Simulation, now: SimTime, key: KeyId) {
        self.leaders = leaders(run, state, now, Some(key));
        self.rings = rings(run, state, now, Some(key));
    }
}

fn group(run: &Run, state: &Simulation, now: SimTime, layout: &Layout, index: usize, named: &[Named]) -> Group {
    let plan = &run.plan;
    let id = GroupId(u16::try_from(index).unwrap_or(0));
    let members: Vec<&Replica> = plan.groups[index].members.iter().filter_map(|m| state.replica(*m)).collect();
    let named = || named.iter().filter(|(group, _)| *group == id).map(|(_, lsn)| *lsn);
    let head = members.iter().map(|r| r.log.last().0).chain(named()).max().unwrap_or(0);
    // Who has yet to join has nothing to show.
    let joined = members.iter().filter(|r| !has_yet_to_join(state, r));
    let tail = joined.map(|r| r.applied.0).chain(named()).min().unwrap_or(head);
    let window = Window::over(&layout.columns, (tail, head));
    let leader = state.leader_of(id).map(|(_, r)| r);
    let of_group = OfGroup { leader, window: &window, key: key_in_question(run, id, now) };
    let lanes = members.iter().map(|r| lane(run, state, now, r, &of_group)).collect();
    let clients = (plan.replicas..plan.nodes.len()).filter_map(|i| {
        let client = NodeId(u16::try_from(i).ok()?);
        let token = state.client(client)?.token(u32::from(client.0), id);
        let name = plan.name(client).to_owned();
        (token > Position::ZERO).then_some(Mark { client, name, lsn: token.lsn.0, epoch: token.epoch.0 })
    });
    let name = if plan.groups.len() > 1 { plan.groups[index].name.clone() } else { String::new() };
    Group { id, name, window, lanes, tokens: clients.collect() }
}

fn client(run: &Run, state: &Simulation, now: SimTime, id: NodeId) -> ClientBox {
    let ops = run.ops_of(id);
    let begun = ops.partition_point(|op| run.trace.ops[op.index()].invoked <= now);
    let last = begun.checked_sub(1).map(|i| &run.trace.ops[ops[i].index()]);
    let of_several = state.multi_leader_client(id);
    let of_ring = state.leaderless_client(id);
    let busy = state.client(id).is_some_and(|c| c.busy() > 0)
        || of_several.is_some_and(|c| c.busy() > 0)
        || of_ring.is_some_and(|c| c.busy() > 0);
    let home = of_several.and_then(|client| client.groups.first()).map(|view| view.home);
    let home = home.or_else(|| of_ring.and_then(|client| client.groups.first()?.home));
    let line = last.map_or("nothing yet".to_owned(), |op| {
        let ended = op.end.filter(|end| end.at <= now);
        op_line(run, op.key, op.kind, ended.map(|e| e.outcome))
    });
    let anomaly = last.and_then(|op| run.findings_at(now).iter().find(|f| f.op() == op.id)).map(Finding::anomaly);
    let replicas = (0..u16::try_from(run.plan.replicas).unwrap_or(0)).map(NodeId);
    let cut = |r: &NodeId| state.network.is_cut(id, *r) || state.network.is_cut(*r, id);
    ClientBox { id, name: run.plan.name(id).to_owned(), line, busy, anomaly, cut_from: replicas.filter(cut).collect(), home }
}
