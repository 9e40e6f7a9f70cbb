//! The stage at one moment: every replica with its log, every client with its token, every wire with its state.
//!
//! The log matrix is what teaches: rows are replicas, columns are log sequence numbers. A cell says how far the entry has got at
//! that replica by its outline and filling (dashed: received, outlined: flushed, filled: applied), not by its colour.

use super::layout::Layout;
use crate::check::Finding;
use crate::log::{Entry, KeyId, Value};
use crate::lsn::{Lsn, Position};
use crate::network::NodeId;
use crate::protocol::single_leader::{AckRule, Replica, Role};
use crate::protocol::{Fact, GroupId, Kind};
use crate::run::Run;
use crate::scenario::Anomaly;
use crate::simulation::{Simulation, Status};
use crate::statement::Format;
use crate::time::{SimDuration, SimTime};
use crate::trace::What;

/// The stage at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The groups of replicas.
    pub groups: Vec<Group>,
    /// The clients.
    pub clients: Vec<ClientBox>,
    /// The directions in which nothing passes.
    pub cuts: Vec<(NodeId, NodeId)>,
}

/// One group: its lanes share their columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which one.
    pub id: GroupId,
    /// What it is called; empty if there is only one.
    pub name: String,
    /// The number in the first column.
    pub first: u64,
    /// How many entries lie to the left of the window.
    pub hidden: u64,
    /// Its replicas.
    pub lanes: Vec<Lane>,
    /// What sessions ask for: the ▲ under the log.
    pub tokens: Vec<Mark>,
}

/// One replica.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Which one.
    pub id: NodeId,
    /// What it is called.
    pub name: String,
    /// "leader", or "follower" with how it counts.
    pub role: String,
    /// Whether it believes that it leads.
    pub leads: bool,
    /// Whether it leads in an epoch that is over.
    pub deposed: bool,
    /// Its epoch.
    pub epoch: u32,
    /// Whether it runs.
    pub status: Status,
    /// How many entries it is behind the leader.
    pub lag_entries: u64,
    /// For how long the leader has had the first entry that this replica does not show.
    pub lag_time: SimDuration,
    /// What all its rows come to, where replicas could come to differ.
    pub sum: Option<u32>,
    /// What there is to say about it right now; empty if nothing.
    pub note: String,
    /// The cells of the window.
    pub cells: Vec<Cell>,
    /// How much of a snapshot it has copied, in thousandths, while it copies one.
    pub copied: Option<u64>,
    /// How many entries it had to discard so far, and the last range.
    pub discarded: Option<(u64, u64)>,
    /// The wire from the leader.
    pub wire: Wire,
}

/// How far an entry has got at a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Not there.
    Missing,
    /// It arrived before the entries in front of it, and waits for them.
    Ahead,
    /// In memory.
    Received,
    /// On disk.
    Flushed,
    /// Visible to reads.
    Applied,
    /// Visible to reads as part of a snapshot; the log does not reach back so far.
    Snapshot,
}

/// One cell of the log matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The number of the column.
    pub lsn: u64,
    /// How far the entry has got.
    pub state: Stored,
    /// The epoch that wrote it; 0 if it is missing.
    pub epoch: u32,
    /// Whether it is the first entry of its epoch in this log.
    pub opens_epoch: bool,
    /// Whether the group's newest leader has another entry, or none, in this place.
    pub divergent: bool,
    /// What it says; empty where cells are too small to be asked.
    pub text: String,
}

/// The state of the links between the group's leader and a replica.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// Nothing passes from the leader.
    pub cut_down: bool,
    /// Nothing passes to the leader.
    pub cut_up: bool,
    /// The network keeps what comes from the leader.
    pub held: bool,
    /// How long a message from the leader takes.
    pub latency: SimDuration,
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
}

/// The stage of a run at a moment; `state` is the run's state at that moment.
#[must_use]
pub fn stage(run: &Run, state: &Simulation, now: SimTime, layout: &Layout) -> Stage {
    let plan = &run.plan;
    let groups = (0..plan.groups.len()).map(|index| group(run, state, now, layout, index)).collect();
    let clients =
        (plan.replicas..plan.nodes.len()).map(|i| client(run, state, now, NodeId(u16::try_from(i).unwrap_or(0)))).collect();
    let nodes = || (0..u16::try_from(plan.nodes.len()).unwrap_or(0)).map(NodeId);
    let cuts = nodes()
        .flat_map(|src| nodes().map(move |dst| (src, dst)))
        .filter(|(src, dst)| state.network.is_cut(*src, *dst))
        .collect();
    Stage { groups, clients, cuts }
}

fn group(run: &Run, state: &Simulation, now: SimTime, layout: &Layout, index: usize) -> Group {
    let plan = &run.plan;
    let id = GroupId(u16::try_from(index).unwrap_or(0));
    let members: Vec<&Replica> = plan.groups[index].members.iter().filter_map(|m| state.replica(*m)).collect();
    let head = members.iter().map(|r| r.log.last().0).max().unwrap_or(0);
    let columns = layout.columns as u64;
    let first = (head + 2).saturating_sub(columns).max(1);
    let leader = state.leader_of(id).map(|(_, r)| r);
    let lanes = members.iter().map(|r| lane(run, state, now, r, leader, (first..first + columns, !layout.compact()))).collect();
    let clients = (plan.replicas..plan.nodes.len()).filter_map(|i| {
        let client = NodeId(u16::try_from(i).ok()?);
        let token = state.client(client)?.token(u32::from(client.0), id);
        let name = plan.name(client).to_owned();
        (token > Position::ZERO).then_some(Mark { client, name, lsn: token.lsn.0, epoch: token.epoch.0 })
    });
    let name = if plan.groups.len() > 1 { plan.groups[index].name.clone() } else { String::new() };
    Group { id, name, first, hidden: first - 1, lanes, tokens: clients.collect() }
}

fn lane(
    run: &Run,
    state: &Simulation,
    now: SimTime,
    r: &Replica,
    leader: Option<&Replica>,
    (window, words): (std::ops::Range<u64>, bool),
) -> Lane {
    let plan = &run.plan;
    let id = r.config.id;
    let newest = leader.map_or(r.epoch, |l| l.epoch);
    let leader_id = leader.map_or(id, |l| l.config.id);
    let missing = r.applied.next();
    let lag_entries = leader.map_or(0, |l| l.log.last().0.saturating_sub(r.applied.0));
    let kept = leader.and_then(|l| l.log.get(missing)).and_then(|e| first_seen(run, e, now));
    // The leader's log may have forgotten it; the record of the run has not.
    let waits_since = kept.or_else(|| if lag_entries > 0 { appended(run, leader_id, missing, now) } else { None });
    let lag_time = if lag_entries == 0 { SimDuration::ZERO } else { waits_since.map_or(SimDuration::ZERO, |t| now.since(t)) };
    let cells = window.map(|lsn| cell(run, r, leader, lsn, words)).collect();
    let mut clients = (plan.replicas..plan.nodes.len()).filter_map(|i| state.client(NodeId(u16::try_from(i).ok()?)));
    let out = clients.any(|client| client.leaves_out(id));
    Lane {
        id,
        name: plan.name(id).to_owned(),
        role: role(r, leader),
        leads: r.leads(),
        deposed: r.leads() && r.epoch < newest,
        epoch: r.epoch.0,
        status: state.status(id),
        lag_entries,
        lag_time,
        sum: r.config.storage.checksums.then_some(r.data.checksum),
        note: note(state, r, leader, now, out),
        copied: r.copied(now).map(|(.., share)| share),
        cells,
        discarded: discarded(run, id, now),
        wire: Wire {
            cut_down: leader_id != id && state.network.is_cut(leader_id, id),
            cut_up: leader_id != id && state.network.is_cut(id, leader_id),
            held: leader_id != id && state.network.is_held(leader_id, id),
            latency: if leader_id == id { SimDuration::ZERO } else { state.network.settings(leader_id, id).latency.typical() },
        },
    }
}

/// When the leader put this entry into its log: when its operation's request arrived there. Found in the record of the run.
fn first_seen(run: &Run, entry: &Entry, now: SimTime) -> Option<SimTime> {
    let invoked = run.trace.ops.get(entry.op.index())?.invoked;
    let noted = run.trace.between(invoked, SimTime(now.0 + 1)).iter().find_map(|record| match record.what() {
        What::Noted(_, Fact::Appended(lsn)) if lsn == entry.lsn => Some(record.at),
        _ => None,
    });
    noted.or(Some(invoked))
}

/// When a leader put the entry of this number into its log, for the last time before now.
fn appended(run: &Run, leader: NodeId, lsn: Lsn, now: SimTime) -> Option<SimTime> {
    let records = &run.trace.records[..run.trace.records.partition_point(|record| record.at <= now)];
    let noted = |what: What| matches!(what, What::Noted(node, Fact::Appended(number)) if (node, number) == (leader, lsn));
    records.iter().rev().find(|record| noted(record.what())).map(|record| record.at)
}

fn role(r: &Replica, leader: Option<&Replica>) -> String {
    if r.leads() {
        let old = leader.is_some_and(|l| l.epoch > r.epoch);
        return if old { "leader of the past".to_owned() } else { "leader".to_owned() };
    }
    let joining = match leader.map(|l| &l.role) {
        Some(Role::Leader(leadership)) => leadership.peers.iter().any(|peer| peer.id == r.config.id && !peer.eligible),
        _ => false,
    };
    if joining || r.config.storage.absent.contains(&r.config.id) && r.boot == 0 {
        return "joining follower".to_owned();
    }
    if r.config.storage.keeps.is_some() {
        return "keeps some keys".to_owned();
    }
    let Some(AckRule::Sync(rule)) = leader.map(|l| &l.config.ack) else { return "async follower".to_owned() };
    let lost: &[NodeId] = match leader.map(|l| &l.role) {
        Some(Role::Leader(leadership)) => &leadership.lost,
        _ => &[],
    };
    let counts = rule.waited_for(lost).contains(&r.config.id);
    match (counts, lost.contains(&r.config.id)) {
        (true, _) => "sync follower".to_owned(),
        (false, true) => "sync, replaced".to_owned(),
        (false, false) => "async follower".to_owned(),
    }
}

fn note(state: &Simulation, r: &Replica, leader: Option<&Replica>, now: SimTime, out: bool) -> String {
    let bytes = r.config.storage.format == Format::WriteAheadLog;
    match (state.status(r.config.id), &r.role) {
        (Status::Down, _) if r.config.storage.absent.contains(&r.config.id) && r.boot == 0 => "has yet to join".to_owned(),
        (Status::Down, _) => "crashed".to_owned(),
        (Status::Paused, _) => "paused".to_owned(),
        (Status::Up, Role::Leader(l)) if l.fallen_back => "fell back to async".to_owned(),
        (Status::Up, Role::Leader(l)) if l.waiting() > 0 => format!("{} unacknowledged", l.waiting()),
        (Status::Up, Role::Follower(_)) if r.election.suspects => "suspects the leader".to_owned(),
        (Status::Up, Role::Follower(_)) if r.copied(now).is_some() => {
            let (part, parts, _) = r.copied(now).unwrap_or_default();
            format!("copies {part} of {parts}")
        }
        (Status::Up, Role::Follower(_)) if r.data.lacks.is_some() => "lacks a column".to_owned(),
        (Status::Up, Role::Follower(_)) if bytes && leader.is_some_and(|l| l.storage_version != r.storage_version) => {
            format!("version {}: refuses", r.storage_version)
        }
        (Status::Up, Role::Follower(f)) if !f.ahead.is_empty() => format!("{} wait for a gap", f.ahead.len()),
        (Status::Up, _) if out => "left out".to_owned(),
        (Status::Up, _) => String::new(),
    }
}

fn cell(run: &Run, r: &Replica, leader: Option<&Replica>, number: u64, words: bool) -> Cell {
    let lsn = Lsn(number);
    let ahead = match &r.role {
        Role::Follower(following) => following.waiting(lsn),
        Role::Leader(_) => None,
    };
    let Some(entry) = r.log.get(lsn).or(ahead) else {
        let state = if lsn <= r.log.base().lsn { Stored::Snapshot } else { Stored::Missing };
        return Cell { lsn: number, state, epoch: 0, opens_epoch: false, divergent: false, text: String::new() };
    };
    let state = match () {
        () if lsn > r.log.last() => Stored::Ahead,
        () if lsn <= r.applied => Stored::Applied,
        () if lsn <= r.flushed => Stored::Flushed,
        () => Stored::Received,
    };
    let before = r.log.get(lsn.prev()).map(|e| e.epoch);
    let theirs = leader.and_then(|l| l.log.get(lsn));
    let divergent = leader.is_some_and(|l| l.epoch >= r.epoch && theirs.is_none_or(|e| e.position() != entry.position()));
    Cell {
        lsn: number,
        state,
        epoch: entry.epoch.0,
        opens_epoch: entry.epoch.0 > 1 && before != Some(entry.epoch),
        divergent,
        text: if words { format!("{} = {}", run.plan.key_name(entry.key), run.plan.show(entry.value)) } else { String::new() },
    }
}

/// The last range of entries that a replica had to give up by now.
fn discarded(run: &Run, id: NodeId, now: SimTime) -> Option<(u64, u64)> {
    let end = run.truncations.partition_point(|(at, ..)| *at <= now);
    run.truncations[..end].iter().rev().find(|(_, node, ..)| *node == id).map(|(_, _, from, to)| (from.0 + 1, to.0))
}

fn client(run: &Run, state: &Simulation, now: SimTime, id: NodeId) -> ClientBox {
    let ops = run.ops_of(id);
    let begun = ops.partition_point(|op| run.trace.ops[op.index()].invoked <= now);
    let last = begun.checked_sub(1).map(|i| &run.trace.ops[ops[i].index()]);
    let busy = state.client(id).is_some_and(|c| c.busy() > 0);
    let line = last.map_or("nothing yet".to_owned(), |op| {
        let ended = op.end.filter(|end| end.at <= now);
        op_line(run, op.key, op.kind, ended.map(|e| e.outcome))
    });
    let anomaly = last.and_then(|op| run.findings_at(now).iter().find(|f| f.op() == op.id)).map(Finding::anomaly);
    let replicas = (0..u16::try_from(run.plan.replicas).unwrap_or(0)).map(NodeId);
    let cut = |r: &NodeId| state.network.is_cut(id, *r) || state.network.is_cut(*r, id);
    ClientBox { id, name: run.plan.name(id).to_owned(), line, busy, anomaly, cut_from: replicas.filter(cut).collect() }
}

/// An operation in a few words.
#[must_use]
pub fn op_line(run: &Run, key: KeyId, kind: Kind, outcome: Option<crate::protocol::Outcome>) -> String {
    use crate::protocol::Outcome;
    let key = run.plan.key_name(key);
    // What stands for rows is named whole: `seen/*`, `passes/new`.
    let rows = matches!(kind, Kind::Write(Value::Statement(_)));
    let name = key.rsplit('/').next().filter(|_| !rows).unwrap_or(key);
    match (kind, outcome) {
        (Kind::Write(value), None) => format!("writes {name} = {} …", run.plan.show(value)),
        (Kind::Write(value), Some(Outcome::Written { .. })) => format!("wrote {name} = {}", run.plan.show(value)),
        (Kind::Write(_), Some(Outcome::Rejected(_))) => format!("write of {name} rejected"),
        (Kind::Write(_), Some(_)) => format!("write of {name}: unknown outcome"),
        (Kind::Read(_), None) => format!("reads {name} …"),
        (Kind::Read(_), Some(Outcome::Value { found: Some(v), .. })) => format!("read {name} = {}", run.plan.show(v.value)),
        (Kind::Read(_), Some(Outcome::Value { found: None, .. })) => format!("read {name} = none"),
        (Kind::Read(_), Some(_)) => format!("read of {name} failed"),
    }
}

/// The first digits of a check sum: enough to see that two differ.
#[must_use]
pub fn short_sum(sum: u32) -> String {
    format!("{:04x}", sum >> 16)
}

/// A lane in words, for those who do not see it.
#[must_use]
pub fn describe(lane: &Lane) -> String {
    let mut words = format!("{}, {}, epoch {}", lane.name, lane.role, lane.epoch);
    let mut say = |what: String| {
        words.push_str(", ");
        words.push_str(&what);
    };
    if let Some(sum) = lane.sum {
        say(format!("check sum of its rows {}", short_sum(sum)));
    }
    let applied =
        lane.cells.iter().filter(|c| matches!(c.state, Stored::Applied | Stored::Snapshot)).map(|c| c.lsn).max().unwrap_or(0);
    say(format!("applied up to entry {applied}"));
    match (lane.cells.iter().filter(|c| c.divergent).count(), lane.lag_entries) {
        (0, 0) => say("up to date".to_owned()),
        (0, n) => say(format!("{n} behind the leader for {}", lane.lag_time.millis_words())),
        (n, _) => say(format!("{n} entries that are not in the newest log")),
    }
    for (state, name) in [(Stored::Flushed, "flushed but not applied"), (Stored::Received, "received but not flushed")] {
        match lane.cells.iter().filter(|c| c.state == state).count() {
            0 => {}
            n => say(format!("{n} {name}")),
        }
    }
    for (is, what) in [
        (lane.wire.cut_down, "cut off from the leader"),
        (lane.wire.cut_up, "cut off towards the leader"),
        (lane.wire.held, "messages held"),
        (!lane.note.is_empty(), lane.note.as_str()),
    ] {
        if is {
            say(what.to_owned());
        }
    }
    words
}

/// A cell in words.
#[must_use]
pub fn describe_cell(cell: &Cell) -> String {
    let state = match cell.state {
        Stored::Missing => return format!("entry {} is not here", cell.lsn),
        Stored::Ahead => "arrived early",
        Stored::Received => "received",
        Stored::Flushed => "flushed",
        Stored::Applied => "applied",
        Stored::Snapshot => return format!("entry {} is in the snapshot, and not in the log", cell.lsn),
    };
    format!("entry {}, epoch {}: {} ({state})", cell.lsn, cell.epoch, cell.text)
}
