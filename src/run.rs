//! A run: a scenario carried out from beginning to end, recorded, checked, and open for looking at any moment of it.
//!
//! Looking back costs a checkpoint (a clone of the simulation, which shares most of what it holds with the others) and the replay of what
//! follows it. The number of checkpoints is bounded: when there are too many, every other one is dropped and the distance between them
//! doubles.

mod leaderless;
mod lineage;
mod multi_leader;

pub(crate) use leaderless::{RingAftermath, actors};
pub(crate) use lineage::arbitration;
pub(crate) use multi_leader::Aftermath;

use std::sync::Arc;

use crate::by_number::ByNumber;
use crate::check::{Checksum, Finding, Survival, Takeover, Unlike, check_all, discarded_by};
use crate::family::multi_leader::Policy;
use crate::family::single_leader::{Fact, Replica};
use crate::family::{self, GroupId, Included, multi_leader as leaders};
use crate::history::{Event, Fate, Fates, History, Op, rows_of};
use crate::log::{KeyId, OpId};
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::NodeId;
use crate::scenario::{Feed, Plan, RingPlan, Scenario, ScenarioError, WorkloadKind};
use crate::simulation::{Simulation, Status};
use crate::sorted::by_key;
use crate::time::SimTime;
use crate::trace::{Trace, What};
use crate::version::Scope;

/// The distance between checkpoints, in events: what is replayed to get to any moment, at the most, takes a fraction of a millisecond.
const CHECKPOINT_EVERY: u64 = 2_048;
/// The most checkpoints that a run keeps; they share most of what they hold. A trace is full long before.
const CHECKPOINTS_MAX: usize = 4_096;

/// A scenario, carried out.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scenario with its names looked up.
    pub plan: Arc<Plan>,
    /// What happened.
    pub trace: Trace,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Who became leader, and when.
    pub takeovers: Vec<Takeover>,
    /// What replicas had to discard: when, who, and the range of numbers after the first up to the second.
    pub truncations: Vec<(SimTime, NodeId, Lsn, Lsn)>,
    /// The state at the end.
    pub end: Simulation,
    /// The names of those who count in versions, by number; none where versions are positions.
    pub actors: Vec<String>,
    ops_by_client: Vec<Vec<OpId>>,
    checkpoints: Vec<Simulation>,
}

impl Run {
    /// Carries out a scenario.
    ///
    /// # Errors
    /// If the scenario cannot be run; see [`Plan::new`].
    pub fn of(scenario: &Scenario) -> Result<Run, ScenarioError> {
        Ok(Run::of_plan(Plan::new(scenario)?))
    }

    /// Carries out a plan.
    #[must_use]
    pub fn of_plan(plan: Plan) -> Run {
        let until = SimTime(plan.scenario.until.0);
        let mut end = Simulation::new(&plan);
        let mut trace = Trace::of_groups(plan.largest_group());
        trace.make_room(expected_records(&plan));
        let mut checkpoints = vec![end.checkpoint()];
        let mut every = CHECKPOINT_EVERY;
        while !trace.full && end.next_at().is_some_and(|at| at <= until) {
            end.step(&mut trace);
            // A checkpoint stands at a moment after which nothing of the same time follows: seeking goes by time.
            let due = end.events() >= checkpoints.last().map_or(0, Simulation::events) + every;
            if due && end.next_at().is_none_or(|at| at > end.now) {
                checkpoints.push(end.checkpoint());
                if checkpoints.len() > CHECKPOINTS_MAX {
                    let mut index = 0;
                    checkpoints.retain(|_| {
                        index += 1;
                        index % 2 == 1
                    });
                    every *= 2;
                }
            }
        }
        let takeovers = takeovers(&trace, |id| plan.group_of(id));
        let truncations = truncations(&trace);
        let mut ops_by_client = vec![Vec::new(); plan.nodes.len()];
        for event in &trace.events {
            if let Event::Invoke(op) = event {
                ops_by_client[trace.ops[op.index()].client.index()].push(*op);
            }
        }
        let plan = Arc::new(plan);
        let actors = match plan.family {
            Included::SingleLeader => Vec::new(),
            Included::MultiLeader(_) => plan.nodes.clone(),
            Included::Leaderless(_) => leaderless::actors(&plan.nodes, &trace),
        };
        let findings = Vec::new();
        let mut run = Run { plan, trace, findings, takeovers, truncations, end, actors, ops_by_client, checkpoints };
        run.findings = check_all(&run.history(), &run.survival());
        run
    }

    /// What the clients saw.
    #[must_use]
    pub fn history(&self) -> History<'_> {
        let history = History {
            ops: &self.trace.ops,
            events: self.trace.events.clone(),
            groups: self.plan.groups.len(),
            mode: self.plan.scenario.read.mode,
            bound: self.plan.scenario.read.bound,
            guarantees: self.plan.scenario.read.guarantees,
            rows: self.rows(),
            inserts: self.plan.inserts(),
            versions: self.trace.versions.clone(),
            ..History::default()
        };
        match self.plan.family {
            Included::SingleLeader => history,
            Included::Leaderless(_) => History {
                scope: Scope::Key,
                concurrent: true,
                overlap: self.plan.groups.iter().filter_map(|group| group.ring.as_ref()).all(RingPlan::overlaps),
                actors: self.actors.clone(),
                ..history
            },
            Included::MultiLeader(_) => {
                let keys = (0_u32..).map(KeyId).zip(&self.plan.policies);
                let merged = keys.filter(|(_, policy)| policy.merges() || **policy == Policy::Concatenate).map(|(key, _)| key);
                History {
                    scope: Scope::Key,
                    concurrent: true,
                    merged: merged.collect(),
                    arbitration: Some(arbitration(&self.end)),
                    actors: self.actors.clone(),
                    ..history
                }
            }
        }
    }

    /// What is left of the writes at the end.
    #[must_use]
    pub fn survival(&self) -> Survival {
        if self.plan.family.is_multi_leader() {
            let (keys, rows) = (self.plan.keys.len(), self.rows());
            return Aftermath { end: &self.end, trace: &self.trace, keys, rows: &rows }.survival(&self.history());
        }
        if self.plan.family.is_leaderless() {
            return RingAftermath { end: &self.end, trace: &self.trace }.survival(&self.history());
        }
        let rows = self.rows();
        let leaders = (0_u16..).map(GroupId).take(self.plan.groups.len()).map(|group| self.end.leader_of(group));
        let leaders: Vec<Option<&Replica>> = leaders.map(|leader| leader.map(|(_, leader)| leader)).collect();
        let fates = Fates(self.trace.ops.iter().map(|op| self.fate(op, &rows, leaders[op.group.index()])).collect());
        let (takeovers, checksums) = (self.takeovers.clone(), self.checksums());
        Survival { fates, takeovers, checksums, unlike: self.unlike(), end: self.end.now, ..Survival::default() }
    }

    /// What became of the entry that an operation wrote or returned: whether the newest log has it, and what its leader shows now.
    fn fate(&self, op: &Op, rows: &[(OpId, KeyId)], leader: Option<&Replica>) -> Fate {
        let written = op.acknowledged().map(|(at, _)| (at, op.id));
        let entry = written.or_else(|| op.returned().flatten().map(|version| (version.at, version.op)));
        let Some((at, writer)) = entry else { return Fate::Kept };
        // Who leads is known already: it is looked for only where nobody does.
        let survives = leader.map_or_else(|| self.end.survives(op.group, at, writer), |leader| leader.holds(at, writer));
        if !survives {
            return Fate::Discarded(discarded_by(&self.takeovers, op.group, at));
        }
        let Some(leader) = leader else { return Fate::Kept };
        let newer = |key: KeyId| leader.version(key).is_some_and(|version| version.at > at);
        let mut changed = rows_of(rows, op.id).peekable();
        let superseded = if changed.peek().is_some() { changed.all(newer) } else { newer(op.key) };
        if superseded { Fate::Superseded } else { Fate::Kept }
    }

    /// The replicas that differ from their leader although nothing is left to happen but signs of life. One that applies nothing any more, or that keeps
    /// only some keys, is meant to.
    fn unlike(&self) -> Vec<Unlike> {
        let down = || self.end.replicas().any(|(id, _)| self.end.status(id) != Status::Up);
        if self.trace.full || !self.end.is_settled() || down() {
            return Vec::new();
        }
        let keys = || (0..u32::try_from(self.plan.keys.len()).unwrap_or(0)).map(KeyId);
        let differs = |(follower, replica): (NodeId, &Replica)| {
            let (leader, newest) = self.end.leader_of(replica.config.group)?;
            if follower == leader || replica.is_partial() || replica.data.lacks.is_some() {
                return None;
            }
            let value = |replica: &Replica, key| replica.version(key).map(|version| (version.value, version.op));
            let key = keys().find(|key| value(replica, *key) != value(newest, *key))?;
            let (_, write) = value(newest, key).or(value(replica, key))?;
            Some(Unlike { leader, follower, key, write })
        };
        self.end.replicas().filter_map(differs).collect()
    }

    /// The rows that leaders changed for statements.
    fn rows(&self) -> Vec<(OpId, KeyId)> {
        if self.plan.statements.is_empty() {
            return Vec::new();
        }
        let noted = self.trace.records.iter().filter_map(|record| match record.what() {
            What::Noted(_, family::Fact::SingleLeader(Fact::Wrote(op, key)))
            | What::Noted(_, family::Fact::MultiLeader(_, leaders::Fact::Wrote(op, key))) => Some((op, key)),
            _ => None,
        });
        by_key(noted.collect(), |(op, _)| (u64::from(op.0), 0))
    }

    /// The rows that an operation's statement changed.
    pub fn rows_of(&self, op: OpId) -> impl Iterator<Item = KeyId> {
        self.rows().into_iter().filter(move |(other, _)| *other == op).map(|(_, key)| key)
    }

    /// The checksums that replicas noted.
    fn checksums(&self) -> Vec<Checksum> {
        if !(0..self.plan.groups.len()).any(|group| self.plan.wants_checksums(group)) {
            return Vec::new();
        }
        let told = acknowledged(&self.trace.ops);
        let noted = self.trace.records.iter().filter_map(|record| match record.what() {
            What::Noted(node, family::Fact::SingleLeader(Fact::Checksum(position, sum))) => {
                let group = self.plan.group_of(node)?;
                let takeover = self.takeovers.iter().find(|t| t.group == group && t.epoch == position.epoch);
                let leader = takeover.map_or(self.plan.groups[group.index()].leader, |t| t.leader);
                let op = self.op_at(group, position, &told);
                Some(Checksum { at: record.at, group, node, leads: leader == node, position, sum, op })
            }
            _ => None,
        });
        noted.collect()
    }

    /// The operation of the entry at a position, as far as a replica still has it or a client was told of it.
    fn op_at(&self, group: GroupId, position: Position, told: &[(GroupId, Position, OpId)]) -> OpId {
        let mut replicas = self.end.replicas().filter(|(_, r)| r.config.group == group);
        let kept = replicas.find_map(|(_, r)| r.log.get(position.lsn).filter(|e| e.position() == position).map(|e| e.op));
        let place = told.partition_point(|(other, at, _)| (*other, *at) < (group, position));
        let told = told.get(place).filter(|(other, at, _)| (*other, *at) == (group, position));
        kept.or(told.map(|(.., op)| *op)).unwrap_or(OpId::NONE)
    }

    /// The state of the cluster at a moment: everything up to and including that time has happened.
    #[must_use]
    pub fn state_at(&self, at: SimTime) -> Simulation {
        let index = self.checkpoints.partition_point(|c| c.now <= at).saturating_sub(1);
        let mut state = self.checkpoints[index].clone();
        self.seek(&mut state, at);
        state
    }

    /// Brings a state of this run to a moment, going forward from where it is if that is possible.
    pub fn seek(&self, state: &mut Simulation, at: SimTime) {
        if self.stopped_early().is_some_and(|end| at >= end) {
            // What would have come after is not known, and there is no room for it.
            *state = self.end.clone();
            return;
        }
        let best = self.checkpoints.partition_point(|c| c.now <= at).saturating_sub(1);
        if state.now > at || state.events() < self.checkpoints[best].events() {
            *state = self.checkpoints[best].clone();
        }
        state.run_until(SimTime(at.0 + 1), &mut Trace::muted());
    }

    /// The operations that one client has started, in the order of their starts. What it was told and never came to is not among them.
    #[must_use]
    pub fn ops_of(&self, client: NodeId) -> &[OpId] {
        self.ops_by_client.get(client.index()).map_or(&[], Vec::as_slice)
    }

    /// The operations of a group that have begun by a moment, the newest first.
    pub fn begun(&self, group: GroupId, now: SimTime) -> impl Iterator<Item = &Op> {
        let begun = self.trace.ops.partition_point(|op| op.invoked <= now);
        self.trace.ops[..begun].iter().rev().filter(move |op| op.group == group)
    }

    /// The findings that are there to be seen at a moment.
    #[must_use]
    pub fn findings_at(&self, at: SimTime) -> &[Finding] {
        &self.findings[..self.findings.partition_point(|f| f.at <= at)]
    }

    /// The end of the run.
    #[must_use]
    pub fn until(&self) -> SimTime {
        SimTime(self.plan.scenario.until.0)
    }

    /// When the run stopped before its end because its trace was full, or its logs were; see [`Trace::what_is_full`].
    #[must_use]
    pub fn stopped_early(&self) -> Option<SimTime> {
        self.trace.full.then_some(self.end.now)
    }
}

/// About how many records the feeds of a plan will make, not too many: making room at once saves copying a growing trace again and again
/// (`benches/simulation.rs`: a twentieth of the time of a run).
fn expected_records(plan: &Plan) -> usize {
    let until = SimTime(plan.scenario.until.0);
    let operations = |feed: &Feed| feed.to.min(until).since(feed.from).0 / feed.pause.0.max(1);
    // A write is requested and answered (8 records), and each follower gets it, flushes it, applies it and says so (7).
    let each = |feed: &Feed| match feed.kind {
        WorkloadKind::Write => 1 + 7 * plan.largest_group() as u64,
        WorkloadKind::Read => 6,
    };
    let all = plan.feeds.iter().map(|feed| operations(feed).saturating_mul(each(feed))).fold(0, u64::saturating_add);
    usize::try_from(all).unwrap_or(usize::MAX)
}

/// The acknowledged operations with the positions of their entries, in the order of groups and positions; of several at one position, the
/// first operation comes first.
fn acknowledged(ops: &[Op]) -> Vec<(GroupId, Position, OpId)> {
    let told = ops.iter().filter_map(|op| op.acknowledged().map(|(at, _)| (op.group, at, op.id)));
    by_key(told.collect(), |(group, at, _)| (u64::from(group.0) << 32 | u64::from(at.epoch.0), at.lsn.0))
}

fn truncations(trace: &Trace) -> Vec<(SimTime, NodeId, Lsn, Lsn)> {
    let noted = trace.told_of_handovers().filter_map(|record| match record.what() {
        What::Noted(node, family::Fact::SingleLeader(Fact::Truncated(from, to))) => Some((record.at, node, from, to)),
        _ => None,
    });
    noted.collect()
}

/// Who became leader in the course of a trace; `group_of` knows the group of each replica.
pub fn takeovers(trace: &Trace, group_of: impl Fn(NodeId) -> Option<GroupId>) -> Vec<Takeover> {
    let mut followed = ByNumber::default();
    let noted = trace.told_of_handovers().filter_map(|record| match record.what() {
        What::Noted(leader, family::Fact::SingleLeader(Fact::Promoted(epoch, start))) => {
            let (group, after) = (group_of(leader)?, followed.place(leader.index()).replace(epoch).unwrap_or(Epoch(1)));
            Some(Takeover { at: record.at, group, leader, epoch, start: start.max(Lsn(1)), after })
        }
        What::Noted(follower, family::Fact::SingleLeader(Fact::Follows(epoch))) => {
            *followed.place(follower.index()) = Some(epoch);
            None
        }
        _ => None,
    });
    noted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
    use crate::time::SimDuration;

    /// The index finds what a search through all operations finds, for every position that any of them has, and nothing beside it.
    #[test]
    fn an_operation_is_found_by_its_position() {
        for preset in crate::presets::PRESETS {
            let run = Run::of(&preset.scenario()).expect("presets can be run");
            let told = acknowledged(&run.trace.ops);
            let positions = run.trace.ops.iter().filter_map(|op| op.acknowledged().map(|(at, _)| (op.group, at))).take(500);
            for (group, at) in positions {
                for at in [at, Position { lsn: at.lsn.next(), ..at }, Position { epoch: Epoch(at.epoch.0 + 7), ..at }] {
                    let mut replicas = run.end.replicas().filter(|(_, r)| r.config.group == group);
                    let kept = replicas.find_map(|(_, r)| r.log.get(at.lsn).filter(|e| e.position() == at).map(|e| e.op));
                    let here = |op: &&Op| op.group == group && op.acknowledged().is_some_and(|(other, _)| other == at);
                    let found = kept.or_else(|| run.trace.ops.iter().find(here).map(|op| op.id)).unwrap_or(OpId::NONE);
                    assert_eq!(run.op_at(group, at, &told), found, "{}: {at} of {group:?}", preset.id);
                }
            }
        }
    }

    /// Counted, not timed: what is replayed to get to a moment does not grow with the run.
    #[test]
    fn a_seek_replays_few_events_however_long_the_run_is() {
        for seconds in [1, 3] {
            let mut scenario = Preset::named("telemetry-pipeline").expect("it is a preset").scenario();
            scenario.until = SimDuration::secs(seconds);
            scenario.workload[0].to = None;
            let run = Run::of(&scenario).expect("the preset can be run");
            let stops = run.checkpoints.iter().chain([&run.end]).map(Simulation::events);
            let distances: Vec<u64> = stops.clone().zip(stops.skip(1)).map(|(one, next)| next - one).collect();
            assert!(run.end.events() > 60_000 * seconds, "{} events", run.end.events());
            // Besides the distance itself, what happens at one and the same moment.
            assert!(distances.iter().all(|events| *events < CHECKPOINT_EVERY + 64), "{distances:?}");
        }
    }
}
