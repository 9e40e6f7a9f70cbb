//! An operator who makes trouble, but promotes by the rules; so no acknowledged write may be lost.
//!
//! The rules, for writes that wait for flushed followers as long as it takes:
//! * *first k*: promote one of the followers that the leader waits for. It has every acknowledged write, and the old leader gets
//!   no further acknowledgement without it, so nobody needs to be sure that the old leader is dead.
//! * *any k of n*: make sure that the old leader is down, consult n-k+1 of the n, and promote the one whose last entry has the
//!   largest (epoch, lsn). The old leader comes back only after all others follow the new one.
//! * No second promotion before the group is whole: everybody follows, and has flushed what earlier epochs left.
//!
//! What the operator does is added to the scenario's script, so that a failure can be looked at like any other run.

use replicated_telemetry_store::family::GroupId;
use replicated_telemetry_store::family::single_leader::{AckRule, Selection, SyncRule};
use replicated_telemetry_store::lsn::{Epoch, Lsn};
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{Event, Plan, Scenario, Target};
use replicated_telemetry_store::simulation::{Simulation, Status};
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::trace::Trace;

use crate::dice::Dice;
use crate::properties::generate::{self, Profile, TROUBLE, UNTIL};
use crate::properties::harness::Failure;

struct Operator {
    scenario: Scenario,
    sim: Simulation,
    trace: Trace,
    dice: Dice,
    /// By group: the newest epoch that was given out, and the old leader that has to stay down.
    given: Vec<(Epoch, Option<NodeId>)>,
}

/// Lets the operator work on the scenario of a seed, and looks for acknowledged writes that are gone in the end.
pub(crate) fn loses_nothing(seed: u64, sabotage: &[Sabotage]) -> Result<(), Failure> {
    let profile = Profile { durable: true, no_faults: true, ..Profile::default() };
    let mut scenario = generate::scenario(seed, profile);
    scenario.sabotage = sabotage.to_vec();
    let plan = Plan::new(&scenario).expect("generated scenarios can be run");
    let given = vec![(Epoch(1), None); plan.groups.len()];
    let (sim, trace) = (Simulation::new(&plan), Trace::default());
    let mut operator = Operator { scenario, sim, trace, dice: generate::dice(!seed), given };
    let mut at = 0;
    while at < TROUBLE {
        at += operator.dice.between(5_000, 150_000);
        operator.sim.run_until(SimTime(at), &mut operator.trace);
        operator.sim.now = SimTime(at);
        operator.intervene();
    }
    operator.sim.run_until(SimTime(UNTIL), &mut operator.trace);
    let Operator { scenario, sim, trace, .. } = operator;
    for op in &trace.ops {
        if let Some((position, at)) = op.acknowledged()
            && !sim.survives(op.group, position, op.id)
        {
            let why = format!("{:?}, acknowledged at {position} and {} us, is lost", op.id, at.0);
            return Err(Failure { scenario: Box::new(scenario), why });
        }
    }
    Ok(())
}

impl Operator {
    fn intervene(&mut self) {
        let group = self.dice.below(self.given.len());
        if self.dice.one_in(3) && self.fail_over(group) {
            return;
        }
        // Any fault will do, except bringing back a leader that must stay down.
        let event = generate::fault(&mut self.dice, &self.scenario, Profile { stable: true, ..Profile::default() });
        let forbidden = match &event {
            Event::Restart(Target { node }) => self.given.iter().any(|(_, down)| down.is_some_and(|id| self.name(id) == *node)),
            _ => false,
        };
        if !forbidden {
            self.act(event);
        }
        self.readmit();
    }

    /// Old leaders may come back once everybody else follows the new one.
    fn readmit(&mut self) {
        for group in 0..self.given.len() {
            let (epoch, Some(old)) = self.given[group] else { continue };
            let follows = |id: &NodeId| *id == old || self.sim.replica(*id).is_some_and(|r| r.epoch == epoch);
            if self.members(group).iter().all(follows) {
                self.given[group].1 = None;
            }
        }
    }

    fn fail_over(&mut self, group: usize) -> bool {
        let id = GroupId(u16::try_from(group).expect("few groups"));
        let Some((leader, replica)) = self.sim.leader_of(id) else { return false };
        let AckRule::Sync(rule) = replica.config.ack.clone() else { return false };
        if !self.is_whole(group, leader) {
            return false;
        }
        match rule.selection {
            Selection::First => {
                let chosen = *self.dice.pick(&rule.waited_for(&[]));
                if self.dice.one_in(2) {
                    self.act(Event::Crash(Target { node: self.name(leader) }));
                }
                self.cut_power(&[chosen]);
                self.promote(group, chosen)
            }
            Selection::Any => self.consult(group, leader, &rule),
        }
    }

    fn consult(&mut self, group: usize, leader: NodeId, rule: &SyncRule) -> bool {
        let mut up: Vec<NodeId> = rule.followers.iter().copied().filter(|id| self.sim.status(*id) == Status::Up).collect();
        self.dice.shuffle(&mut up);
        let needed = rule.followers.len() - rule.k + 1;
        if up.len() < needed {
            return false;
        }
        up.truncate(needed);
        self.act(Event::Crash(Target { node: self.name(leader) }));
        self.given[group].1 = Some(leader);
        self.cut_power(&up);
        let last = |id: &NodeId| self.sim.replica(*id).map(|r| r.log.last_position());
        let chosen = up.into_iter().max_by_key(last).expect("at least one is consulted");
        self.promote(group, chosen)
    }

    /// Sometimes the power fails everywhere: what is on no disk is gone.
    fn cut_power(&mut self, replicas: &[NodeId]) {
        if self.dice.one_in(2) {
            for id in replicas {
                self.act(Event::Crash(Target { node: self.name(*id) }));
                self.act(Event::Restart(Target { node: self.name(*id) }));
            }
        }
    }

    fn promote(&mut self, group: usize, chosen: NodeId) -> bool {
        if self.sim.status(chosen) == Status::Down {
            return false;
        }
        self.given[group].0.0 += 1;
        self.act(Event::Promote(Target { node: self.name(chosen) }));
        true
    }

    /// Everybody follows, and has flushed what the epochs before this one left.
    fn is_whole(&self, group: usize, leader: NodeId) -> bool {
        let (epoch, down) = self.given[group];
        let start = self.sim.replica(leader).and_then(|r| r.history.last()).map_or(Lsn(1), |s| s.start);
        down.is_none()
            && self
                .members(group)
                .iter()
                .all(|id| self.sim.replica(*id).is_some_and(|r| r.epoch == epoch && r.flushed >= start.prev()))
    }

    fn members(&self, group: usize) -> Vec<NodeId> {
        let all = self.sim.replicas().filter(|(_, r)| r.config.group.index() == group);
        all.map(|(id, _)| id).collect()
    }

    fn name(&self, id: NodeId) -> String {
        generate::replicas(&self.scenario)[id.index()].clone()
    }

    fn act(&mut self, event: Event) {
        generate::push(&mut self.scenario, self.sim.now.0, event);
        let plan = Plan::new(&self.scenario).expect("the operator only does what a script may");
        let last = self.scenario.script.len() - 1;
        let (_, _, action) = plan.script.iter().find(|(_, index, _)| *index == last).expect("it has just been added");
        self.sim.act(action, 0, &mut self.trace);
    }
}
