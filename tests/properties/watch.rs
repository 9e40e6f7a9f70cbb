//! Steps a simulation and holds it to what must be true after every event.

use std::collections::BTreeMap;

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::family::single_leader::Fact;
use replicated_telemetry_store::family::single_leader::Positions;
use replicated_telemetry_store::family::single_leader::{AckRule, Replica, Role, Selection};
use replicated_telemetry_store::log::{Entry, KeyId, OpId, Value};
use replicated_telemetry_store::lsn::{Epoch, Lsn, Position};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::operation::{Outcome, Version};
use replicated_telemetry_store::scenario::Plan;
use replicated_telemetry_store::simulation::{Simulation, Status};
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::{Trace, What};

macro_rules! ensure {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}

/// More than this is a storm: a run has some hundred operations.
const EVENTS_MAX: u64 = 200_000;

/// What a replica was at the last look.
#[derive(Clone, Default)]
struct Mirror {
    log: Vec<Position>,
    seen: Option<(Epoch, Positions, u32)>,
    state: BTreeMap<KeyId, Version>,
    replayed: u64,
}

/// An entry as the leader of its epoch wrote it.
#[derive(Clone, Debug, PartialEq)]
struct Written {
    op: OpId,
    key: KeyId,
    value: Value,
    /// The epoch of the entry before it.
    before: Epoch,
    /// Whether the leader has flushed it; until then a crash may take it, and its number be given to another.
    durable: bool,
}

/// Watches one run.
pub(crate) struct Watch {
    pub(crate) sim: Simulation,
    pub(crate) trace: Trace,
    mirrors: Vec<Mirror>,
    /// Every entry that any leader ever wrote.
    written: BTreeMap<(GroupId, Position), Written>,
    /// The furthest each replica ever was in each epoch.
    furthest: BTreeMap<(NodeId, Epoch), Positions>,
    /// The last entry that each epoch's leader acknowledged.
    acked: BTreeMap<(GroupId, Epoch), Lsn>,
    /// The epoch of each replica, by what it noted.
    epochs: BTreeMap<NodeId, Epoch>,
}

impl Watch {
    pub(crate) fn new(plan: &Plan) -> Watch {
        let sim = Simulation::new(plan);
        let mirrors = vec![Mirror::default(); sim.len()];
        let (written, furthest, acked, epochs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Watch { sim, trace: Trace::default(), mirrors, written, furthest, acked, epochs }
    }

    /// Lets everything happen that is due before `until`, and checks after each event.
    pub(crate) fn run(&mut self, until: SimTime) -> Result<(), String> {
        while self.sim.next_at().is_some_and(|at| at < until) {
            let before = self.trace.records.len();
            self.sim.step(&mut self.trace);
            ensure!(
                self.sim.events() < EVENTS_MAX,
                "{EVENTS_MAX} events and no end at {} us, the last: {:?}",
                self.sim.now.0,
                &self.trace.records[before - 12..]
            );
            self.look(before).map_err(|why| format!("at {} us: {why}", self.sim.now.0))?;
        }
        Ok(())
    }

    /// Checks what the records from `before` on have changed.
    pub(crate) fn look(&mut self, before: usize) -> Result<(), String> {
        self.measure(before);
        for index in 0..self.mirrors.len() {
            let id = NodeId(u16::try_from(index).expect("few nodes"));
            let Some(replica) = self.sim.replica(id) else { break };
            let mirror = &mut self.mirrors[index];
            let now = (replica.epoch, replica.positions(), replica.boot);
            let last = replica.log.last_position();
            if mirror.seen == Some(now) && mirror.log.last().copied().unwrap_or(Position::ZERO) == last {
                continue;
            }
            follow(mirror, replica, &mut self.written).map_err(|why| format!("{id:?}: {why}"))?;
            if self.sim.status(id) != Status::Down {
                let replayed = mirror.state.iter().map(|(k, v)| (*k, *v));
                ensure!(replica.versions().eq(replayed), "{id:?} shows something else than its log up to {:?}", replica.applied);
            }
        }
        self.acknowledgements(before)
    }

    /// How far each replica got in each epoch, by what it noted: a frozen one that goes on may do a lot in one step.
    fn measure(&mut self, before: usize) {
        for record in &self.trace.records[before..] {
            if let What::Restarted(id) = record.what() {
                // Recovery applies whatever is on the disk, and makes no words about it.
                let replica = self.sim.replica(id).expect("only replicas restart");
                let best = self.furthest.entry((id, replica.epoch)).or_default();
                best.applied = best.applied.max(replica.applied);
            }
            let What::Noted(id, family::Fact::SingleLeader(fact)) = record.what() else { continue };
            let epoch = self.epochs.entry(id).or_insert(Epoch(1));
            let best = self.furthest.entry((id, *epoch)).or_default();
            match fact {
                Fact::Received(to) => best.received = best.received.max(to),
                Fact::Flushed(to) => best.flushed = best.flushed.max(to),
                Fact::Applied(to) => best.applied = best.applied.max(to),
                Fact::Acknowledged(to) => {
                    let group = self.sim.replica(id).expect("only replicas acknowledge").config.group;
                    let acked = self.acked.entry((group, *epoch)).or_default();
                    *acked = (*acked).max(to);
                }
                Fact::Follows(newer) | Fact::Promoted(newer, _) => {
                    *epoch = newer;
                    let replica = self.sim.replica(id).expect("only replicas follow");
                    self.furthest.insert((id, newer), replica.positions());
                }
                _ => {}
            }
        }
    }

    fn acknowledgements(&mut self, before: usize) -> Result<(), String> {
        let records = &self.trace.records[before..];
        let suspended = records.iter().any(|r| {
            matches!(
                r.what(),
                What::Noted(
                    _,
                    family::Fact::SingleLeader(
                        Fact::FellBackToAsync | Fact::Promoted(..) | Fact::Follows(_) | Fact::PromotedToSync(_)
                    )
                )
            )
        });
        for record in records {
            match record.what() {
                What::Noted(leader, family::Fact::SingleLeader(Fact::Acknowledged(lsn))) => {
                    let replica = self.sim.replica(leader).expect("leaders are replicas");
                    ensure!(suspended || self.rule_holds(replica, lsn), "{leader:?} acknowledged {lsn} before its rule held");
                }
                What::Completed(op) => {
                    let op = &self.trace.ops[op.index()];
                    if let Some((at, _)) = op.acknowledged() {
                        let acked = self.acked.get(&(op.group, at.epoch)).copied().unwrap_or_default();
                        ensure!(at.lsn <= acked, "{:?} is acknowledged at {at}, its leader got to {acked} only", op.id);
                        let entry = self.written.get(&(op.group, at));
                        ensure!(entry.is_none_or(|e| e.op == op.id), "{:?} is acknowledged at {at}, where {entry:?} is", op.id);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the acknowledgement rule of a leader is satisfied, by what its followers really have had.
    fn rule_holds(&self, leader: &Replica, lsn: Lsn) -> bool {
        let (AckRule::Sync(rule), Role::Leader(leadership)) = (&leader.config.ack, &leader.role) else { return true };
        let has = |id: &NodeId| rule.level.of(self.furthest.get(&(*id, leader.epoch)).copied().unwrap_or_default()) >= lsn;
        leadership.fallen_back
            || match rule.selection {
                Selection::Any => rule.followers.iter().filter(|id| has(id)).count() >= rule.k,
                Selection::First => rule.waited_for(&leadership.lost).iter().all(has),
            }
    }

    /// What has to be true at the end, when everything has been well for long: all operations are over, what was refused did not
    /// happen, and the replicas of each group are alike.
    pub(crate) fn at_rest(&self, plan: &Plan) -> Result<(), String> {
        let limit = plan.scenario.op_timeout;
        for op in &self.trace.ops {
            let Some(end) = op.end else { return Err(format!("{:?}, asked for at {:?}, never ended", op.id, op.invoked)) };
            ensure!(end.at.since(op.invoked) <= limit, "{:?} took longer than it may: {end:?}", op.id);
            if let (true, Outcome::Rejected(reason)) = (op.is_write(), end.outcome) {
                let entry = self.written.iter().find(|(_, entry)| entry.op == op.id);
                ensure!(entry.is_none(), "{:?} was rejected ({reason:?}), but is in a log: {entry:?}", op.id);
            }
        }
        for group in 0..plan.groups.len() {
            let group = GroupId(u16::try_from(group).expect("few groups"));
            let Some((leader, newest)) = self.sim.leader_of(group) else { return Err(format!("{group:?} has no leader")) };
            for (id, replica) in self.sim.replicas().filter(|(_, r)| r.config.group == group) {
                let alike = replica.epoch == newest.epoch
                    && replica.log.last_position() == newest.log.last_position()
                    && replica.positions() == newest.positions()
                    && replica.applied == replica.log.last()
                    && replica.versions().eq(newest.versions())
                    && (id == leader || (!replica.leads() && replica.leader == leader));
                let (here, there) = (replica.positions(), newest.positions());
                let epochs = (replica.epoch, newest.epoch);
                ensure!(alike, "{id:?} has not become like its leader {leader:?}: {here:?}, not {there:?}, epochs {epochs:?}");
            }
        }
        Ok(())
    }
}

/// Brings the mirror of a replica up to date, and checks the way it went.
fn follow(mirror: &mut Mirror, replica: &Replica, written: &mut BTreeMap<(GroupId, Position), Written>) -> Result<(), String> {
    let at = replica.positions();
    ensure!(at.applied <= at.flushed && at.flushed <= at.received, "not applied <= flushed <= received: {at:?}");
    let before = mirror.log.len();
    while mirror.log.last().is_some_and(|last| replica.log.position(last.lsn) != *last) {
        mirror.log.pop();
    }
    let (old_epoch, old, old_boot) = mirror.seen.unwrap_or((Epoch(1), Positions::default(), 0));
    ensure!(replica.epoch >= old_epoch, "went back from epoch {old_epoch} to {}", replica.epoch);
    let truncated = mirror.log.len() < before;
    let (crashed, changed) = (replica.boot > old_boot, replica.epoch > old_epoch);
    ensure!(!truncated || crashed || changed, "lost entries after {} without a crash or a new leader", mirror.log.len());
    let lost = old.received.0.max(before as u64) - mirror.log.len() as u64;
    ensure!(changed || !crashed || mirror.log.len() as u64 >= old.flushed.0, "a crash took {lost} entries, flushed ones too");
    ensure!(truncated || crashed || at.flushed >= old.flushed, "flushed went back from {} to {}", old.flushed, at.flushed);
    ensure!(truncated || crashed || at.applied >= old.applied, "applied went back from {} to {}", old.applied, at.applied);
    for lsn in mirror.log.len() as u64 + 1..=at.received.0 {
        let entry = replica.log.get(Lsn(lsn)).ok_or_else(|| format!("entry {lsn} is missing"))?;
        ensure!(entry.lsn == Lsn(lsn), "entry {} stands in place {lsn}", entry.lsn);
        known(replica, entry, mirror.log.last().map_or(Epoch(0), |p| p.epoch), written)?;
        mirror.log.push(entry.position());
    }
    for lsn in old.flushed.0.min(mirror.log.len() as u64) + 1..=at.flushed.0 {
        if let Some(entry) = written.get_mut(&(replica.config.group, replica.log.position(Lsn(lsn)))) {
            entry.durable = true;
        }
    }
    if mirror.replayed > at.applied.0 || mirror.log.len() < before {
        mirror.state.clear();
        mirror.replayed = 0;
    }
    for lsn in mirror.replayed + 1..=at.applied.0 {
        let entry = replica.log.get(Lsn(lsn)).ok_or_else(|| format!("entry {lsn} is applied and not there"))?;
        mirror.state.insert(entry.key, Version { at: entry.position(), value: entry.value, op: entry.op });
    }
    mirror.replayed = at.applied.0;
    mirror.seen = Some((replica.epoch, at, replica.boot));
    Ok(())
}

/// One (epoch, lsn) is one entry with one history, written by the leader of that epoch.
fn known(
    replica: &Replica,
    entry: &Entry,
    before: Epoch,
    written: &mut BTreeMap<(GroupId, Position), Written>,
) -> Result<(), String> {
    ensure!(before <= entry.epoch, "entry {} comes after one of epoch {before}", entry.position());
    let durable = !replica.leads() || entry.lsn <= replica.flushed;
    let here = Written { op: entry.op, key: entry.key, value: entry.value, before, durable };
    let slot = written.entry((replica.config.group, entry.position())).or_insert_with(|| here.clone());
    if !slot.durable {
        *slot = here.clone();
    }
    let same = Written { durable: slot.durable, ..here.clone() } == *slot;
    ensure!(same, "entry {} is {here:?} here and {slot:?} elsewhere", entry.position());
    Ok(())
}
