//! One replica on the stage: what it is, how far it is, and what there is to say about it.
//!
//! Every number comes from the replica and its leader themselves. The window that is drawn may hold none of the entries that are counted.

use super::cells::{Cell, cells, shared};
use super::window::Window;
use crate::family;
use crate::family::GroupId;
use crate::family::single_leader::Fact;
use crate::family::single_leader::{AckRule, Replica, Role};
use crate::log::{KeyId, Value};
use crate::lsn::{Epoch, Lsn};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::run::Run;
use crate::simulation::{Simulation, Status};
use crate::statement::Format;
use crate::time::{SimDuration, SimTime};
use crate::trace::What;

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
    /// The number of the last entry that its reads show; 0 if there is none.
    pub applied: u64,
    /// How many entries it has on disk that its reads do not show.
    pub flushed: u64,
    /// How many entries it has in memory only.
    pub received: u64,
    /// How many entries it has that are not in the newest log.
    pub divergent: u64,
    /// How many entries of the newest leader's log its reads do not show; none if nobody leads.
    pub behind: Option<u64>,
    /// How long ago the first of these was put into the log, by the leader that wrote it.
    pub lag_time: SimDuration,
    /// What all its rows come to, where replicas could come to differ.
    pub sum: Option<u32>,
    /// What there is to say about it right now; empty if nothing.
    pub note: String,
    /// What it shows a reader of the key that clients turned to last.
    pub shows: Option<Shows>,
    /// The cells of the window.
    pub cells: Vec<Cell>,
    /// How much of a snapshot it has copied, in thousandths, while it copies one.
    pub copied: Option<u64>,
    /// The first and the last number of the entries that it had to discard when it last did.
    pub discarded: Option<(u64, u64)>,
    /// The wire from the leader.
    pub wire: Wire,
}

/// What a replica shows a reader of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shows {
    /// The key.
    pub key: String,
    /// The value, or that there is none.
    pub value: String,
    /// Whether the newest leader shows another version.
    pub differs: bool,
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

impl Lane {
    /// Whether it is the leader of the newest epoch.
    #[must_use]
    pub fn is_newest_leader(&self) -> bool {
        self.leads && !self.deposed
    }
}

/// Whether a replica is not yet part of its group.
pub(super) fn has_yet_to_join(state: &Simulation, r: &Replica) -> bool {
    is_new(r) && state.status(r.config.id) == Status::Down
}

fn is_new(r: &Replica) -> bool {
    r.config.storage.absent.contains(&r.config.id) && r.boot == 0
}

/// What the lanes of a group have in common.
pub(super) struct OfGroup<'a> {
    /// The newest leader, if anybody leads.
    pub(super) leader: Option<&'a Replica>,
    /// The part of the log that is shown.
    pub(super) window: &'a Window,
    /// The key that clients turned to last.
    pub(super) key: Option<KeyId>,
}

/// The lane of a replica.
pub(super) fn lane(run: &Run, state: &Simulation, now: SimTime, r: &Replica, group: &OfGroup<'_>) -> Lane {
    let OfGroup { leader, window, key } = *group;
    let plan = &run.plan;
    let id = r.config.id;
    let newest = leader.map_or(r.epoch, |l| l.epoch);
    let leader_id = leader.map_or(id, |l| l.config.id);
    let shared = shared(r, leader);
    let shown = r.applied.min(shared);
    let behind = leader.map(|l| l.log.last().0.saturating_sub(shown.0));
    let first_missing = leader.filter(|l| l.log.last() > shown).and_then(|l| written(run, state, l, shown.next(), now));
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
        applied: r.applied.0,
        flushed: r.flushed.0 - r.applied.0,
        received: r.log.last().0 - r.flushed.0,
        divergent: r.log.last().0 - shared.0,
        behind,
        lag_time: first_missing.map_or(SimDuration::ZERO, |t| now.since(t)),
        sum: r.config.storage.checksums.then_some(r.data.checksum),
        note: note(state, r, leader, now, out),
        shows: key.filter(|key| r.keeps(*key)).map(|key| shows(run, r, leader, key)),
        copied: r.copied(now).map(|(.., share)| share),
        cells: cells(run, r, (leader, shared), window),
        discarded: discarded(run, id, now),
        wire: Wire {
            cut_down: leader_id != id && state.network.is_cut(leader_id, id),
            cut_up: leader_id != id && state.network.is_cut(id, leader_id),
            held: leader_id != id && state.network.is_held(leader_id, id),
            latency: if leader_id == id { SimDuration::ZERO } else { state.network.settings(leader_id, id).latency.typical() },
        },
    }
}

/// When an entry of this leader's log was put into the log, by the leader that wrote it. Found in the record of the run, which remembers
/// what logs have forgotten.
fn written(run: &Run, state: &Simulation, leader: &Replica, lsn: Lsn, now: SimTime) -> Option<SimTime> {
    let entry = leader.log.get(lsn);
    let known = leader.history.iter().rfind(|start| start.start <= lsn).map_or(Epoch(1), |start| start.epoch);
    let (group, epoch) = (leader.config.group, entry.map_or(known, |entry| entry.epoch));
    let takeover = run.takeovers.iter().find(|t| (t.group, t.epoch) == (group, epoch));
    let writer = takeover.map_or(run.plan.groups[group.index()].leader, |t| t.leader);
    let noted = |what: What| matches!(what, What::Noted(node, family::Fact::SingleLeader(Fact::Appended(number))) if (node, number) == (writer, lsn));
    let records = &run.trace.records[..run.trace.records.partition_point(|record| record.at <= now)];
    let asked = entry.and_then(|entry| run.trace.ops.get(entry.op.index())).map(|op| op.invoked);
    let once = state.replica(writer).is_some_and(|writer| writer.boot == 0);
    match asked.filter(|_| once) {
        // It uses each number once, and not long after the operation began.
        Some(invoked) => records[records.partition_point(|record| record.at < invoked)..].iter().find(|r| noted(r.what())),
        // After a crash it may have used the number anew.
        None => records.iter().rev().find(|r| noted(r.what())),
    }
    .map(|record| record.at)
}

/// The key that clients of a group turned to last; none before the first operation, and while it is about rows that have yet to be found.
pub(super) fn key_in_question(run: &Run, group: GroupId, now: SimTime) -> Option<KeyId> {
    let last = run.begun(group, now).next()?;
    (!matches!(last.kind, Kind::Write(Value::Statement(_) | Value::Column))).then_some(last.key)
}

fn shows(run: &Run, r: &Replica, leader: Option<&Replica>, key: KeyId) -> Shows {
    let version = r.value_of(key);
    Shows {
        key: run.plan.key_name(key).to_owned(),
        value: version.map_or("none".to_owned(), |version| run.plan.show(version.value)),
        differs: leader.is_some_and(|leader| leader.value_of(key).map(|v| v.at) != version.map(|v| v.at)),
    }
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
    if joining || is_new(r) {
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
        (Status::Down, _) if is_new(r) => "has yet to join".to_owned(),
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

/// The last range of entries that a replica had to give up by now.
fn discarded(run: &Run, id: NodeId, now: SimTime) -> Option<(u64, u64)> {
    let end = run.truncations.partition_point(|(at, ..)| *at <= now);
    run.truncations[..end].iter().rev().find(|(_, node, ..)| *node == id).map(|(_, _, from, to)| (from.0 + 1, to.0))
}
