//! The player: which run is looked at, and at which moment. Pure: it knows nothing of the browser.
//!
//! Two rules keep it honest. A click is data: acting on the cluster adds an event to the scenario's script and the run is
//! computed anew, so every state on the screen can be shared. And nothing is lost: acting in the past forks the run, the old
//! future stays reachable as a branch, and every change can be undone. How time passes on the screen is the [`Clock`]'s.

mod clock;

pub use clock::{Clock, SPEEDS};

use std::rc::Rc;

use crate::run::Run;
use crate::scenario::{Event, Scenario, ScenarioError, Scheduled};
use crate::simulation::Simulation;
use crate::time::{SimDuration, SimTime};

/// How much simulated time there is at least after an action, so that its consequences can be seen.
const TAIL: SimDuration = SimDuration::millis(1_000);
/// How many changes can be undone.
const UNDO_MAX: usize = 100;
/// How many branches are kept; the oldest goes first.
const BRANCHES_MAX: usize = 12;
/// With more findings than this, stopping at each of them is a nuisance.
const HALTS_MAX: usize = 10;

/// One course of events.
#[derive(Clone, Debug)]
pub struct Branch {
    /// How it came to be, in a few words.
    pub label: String,
    /// The run.
    pub run: Rc<Run>,
    /// Up to where it has been looked at: acting before that forks.
    seen: SimTime,
}

/// What a user can do with the player.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Go to a moment.
    Seek(SimTime),
    /// Something happens to the cluster, now.
    Act(Event, String),
    /// The run is that of this scenario now: a setting has changed.
    Change(Box<Scenario>),
    /// Look at another branch.
    Branch(usize),
    /// Another scenario becomes a branch of its own, with this name.
    Fork(Box<Scenario>, String),
    /// Take the last change back.
    Undo,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Player {
    branches: Vec<Branch>,
    current: usize,
    now: SimTime,
    state: Simulation,
    undo: Vec<Scenario>,
}

impl Player {
    /// A player at the place where the scenario's lesson begins.
    ///
    /// # Errors
    /// If the scenario cannot be run.
    pub fn new(scenario: &Scenario) -> Result<Player, ScenarioError> {
        let run = Rc::new(Run::of(scenario)?);
        let now = SimTime(scenario.lesson.as_ref().map_or(0, |l| l.start.0)).min(run.until());
        let state = run.state_at(now);
        let branches = vec![Branch { label: "as written".to_owned(), run, seen: now }];
        Ok(Player { branches, current: 0, now, state, undo: Vec::new() })
    }

    /// The run that is looked at.
    #[must_use]
    pub fn run(&self) -> &Rc<Run> {
        &self.branches[self.current].run
    }

    /// Its scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.run().plan.scenario
    }

    /// The cluster at the present moment.
    #[must_use]
    pub fn state(&self) -> &Simulation {
        &self.state
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// A clock that stands at the present moment, as fast as suits the run, and that stops at findings unless there are many.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock::new(self.now, self.run().until(), self.run().findings.len() <= HALTS_MAX)
    }

    /// All branches, and which of them is looked at.
    #[must_use]
    pub fn branches(&self) -> (&[Branch], usize) {
        (&self.branches, self.current)
    }

    /// Whether there is something to take back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// The next moment at which something happens.
    #[must_use]
    pub fn next_moment(&self) -> Option<SimTime> {
        let trace = &self.run().trace;
        trace.records.get(trace.records.partition_point(|r| r.at <= self.now)).map(|r| r.at)
    }

    /// The last moment before this one at which something happened; the start if there is none.
    #[must_use]
    pub fn previous_moment(&self) -> SimTime {
        let trace = &self.run().trace;
        let before = trace.records.partition_point(|r| r.at < self.now);
        before.checked_sub(1).and_then(|i| trace.records.get(i)).map_or(SimTime::ZERO, |r| r.at)
    }

    /// The moment of the next finding.
    #[must_use]
    pub fn next_finding(&self) -> Option<SimTime> {
        self.run().findings.iter().map(|f| f.at).find(|at| *at > self.now)
    }

    /// The moment of the finding before.
    #[must_use]
    pub fn previous_finding(&self) -> Option<SimTime> {
        self.run().findings.iter().rev().map(|f| f.at).find(|at| *at < self.now)
    }

    /// Carries out a message. Returns whether one wants to watch what comes of it.
    ///
    /// # Errors
    /// If an action or a setting makes a scenario that cannot be run; then nothing has changed.
    pub fn update(&mut self, msg: Msg) -> Result<bool, ScenarioError> {
        match msg {
            Msg::Seek(at) => self.seek(at),
            Msg::Act(event, label) => return self.act(event, label).map(|()| true),
            Msg::Change(scenario) => return self.change(&scenario),
            Msg::Branch(index) => self.switch(index),
            Msg::Fork(scenario, label) => {
                let run = Rc::new(Run::of(&scenario)?);
                self.remember();
                self.branch(Branch { label, run, seen: SimTime::ZERO });
                self.restore();
            }
            Msg::Undo => {
                if let Some(scenario) = self.undo.pop() {
                    self.branches[self.current].run = Rc::new(Run::of(&scenario)?);
                    self.restore();
                }
            }
        }
        Ok(false)
    }

    fn seek(&mut self, at: SimTime) {
        let run = self.run().clone();
        self.now = at.min(run.until());
        run.seek(&mut self.state, self.now);
        let branch = &mut self.branches[self.current];
        branch.seen = branch.seen.max(self.now);
    }

    fn act(&mut self, event: Event, label: String) -> Result<(), ScenarioError> {
        let mut scenario = self.scenario().clone();
        // Just after everything that is on the screen has happened.
        let at = SimDuration(self.now.0 + 1);
        scenario.script.push(Scheduled { at, event });
        scenario.until = scenario.until.max(at + TAIL);
        let forks = self.now < self.branches[self.current].seen;
        let run = Rc::new(Run::of(&scenario)?);
        self.remember();
        let seen = self.now;
        if forks {
            let label = format!("{label} at {}", self.now.words());
            self.branch(Branch { label, run, seen });
        } else {
            let branch = &mut self.branches[self.current];
            (branch.run, branch.seen) = (run, seen);
        }
        self.restore();
        Ok(())
    }

    fn change(&mut self, scenario: &Scenario) -> Result<bool, ScenarioError> {
        if scenario == self.scenario() {
            return Ok(false);
        }
        // Whoever changes how the story is read wants to see how it goes on now.
        let watch = scenario.read != self.scenario().read && self.now > SimTime::ZERO && self.now < self.run().until();
        let run = Rc::new(Run::of(scenario)?);
        self.remember();
        self.branches[self.current].run = run;
        self.restore();
        Ok(watch)
    }

    fn remember(&mut self) {
        self.undo.push(self.scenario().clone());
        if self.undo.len() > UNDO_MAX {
            self.undo.remove(0);
        }
    }

    /// Adds a branch, and looks at it.
    fn branch(&mut self, branch: Branch) {
        self.branches.push(branch);
        if self.branches.len() > BRANCHES_MAX {
            self.branches.remove(0);
        }
        self.current = self.branches.len() - 1;
    }

    fn switch(&mut self, index: usize) {
        if index < self.branches.len() {
            self.current = index;
            self.restore();
        }
    }

    /// The run has changed: the state is taken from the new one.
    fn restore(&mut self) {
        let run = self.run().clone();
        self.now = self.now.min(run.until());
        self.state = run.state_at(self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
    use crate::router::ReadMode;
    use crate::scenario::{Anomaly, Target};

    fn first_look() -> Player {
        let preset = Preset::named("first-look").expect("the first preset");
        Player::new(&preset.scenario()).expect("it can be run")
    }

    fn read_at_frankfurt() -> Msg {
        let (client, key) = ("Svalbard".to_owned(), "MSS-23/state".to_owned());
        Msg::Act(Event::Read { client, key, at: Some("frankfurt".to_owned()), mode: None }, "read".to_owned())
    }

    #[test]
    fn the_first_screen_leads_to_a_stale_read_in_one_action_and_the_read_mode_removes_it() {
        let mut player = first_look();
        assert!(player.run().findings.is_empty(), "nothing is wrong before the user acts");
        player.update(read_at_frankfurt()).expect("a read is possible");
        let kinds: Vec<Anomaly> = player.run().findings.iter().map(crate::check::Finding::anomaly).collect();
        assert_eq!(kinds, [Anomaly::ReadYourWrites]);
        let mut scenario = player.scenario().clone();
        scenario.read.mode = ReadMode::SessionConsistent;
        player.update(Msg::Change(Box::new(scenario))).expect("a mode is possible");
        assert!(player.run().findings.is_empty());
        player.update(Msg::Undo).expect("undo");
        assert_eq!(player.run().findings.len(), 1);
    }

    #[test]
    fn acting_in_the_past_forks_and_keeps_the_old_future() {
        let mut player = first_look();
        player.update(read_at_frankfurt()).expect("a read is possible");
        player.update(Msg::Seek(SimTime(900_000))).expect("seek");
        player.update(Msg::Seek(SimTime(300_000))).expect("seek");
        let crash = Event::Crash(Target { node: "virginia".to_owned() });
        player.update(Msg::Act(crash, "crash virginia".to_owned())).expect("a crash is possible");
        assert_eq!(player.branches().0.len(), 2);
        assert_eq!(player.branches().0[1].label, "crash virginia at 300 ms");
        assert!(player.branches().0[0].run.plan.scenario.script.len() < player.scenario().script.len());
        player.update(Msg::Branch(0)).expect("switch");
        assert_eq!(player.now(), SimTime(300_000));
    }

    #[test]
    fn stepping_forward_and_back_visits_the_same_moments() {
        let mut player = first_look();
        player.update(Msg::Seek(SimTime::ZERO)).expect("seek");
        let mut there = vec![player.now()];
        while let Some(next) = player.next_moment().filter(|_| there.len() < 50) {
            player.update(Msg::Seek(next)).expect("step");
            there.push(player.now());
        }
        let mut back = vec![player.now()];
        while player.now() > SimTime::ZERO {
            player.update(Msg::Seek(player.previous_moment())).expect("step");
            back.push(player.now());
        }
        back.reverse();
        assert_eq!(there, back);
        assert!(there.len() > 5, "{there:?}");
    }

    #[test]
    fn a_change_that_cannot_be_run_changes_nothing() {
        let mut player = first_look();
        let before = player.scenario().clone();
        let error = player
            .update(Msg::Act(Event::Crash(Target { node: "atlantis".to_owned() }), String::new()))
            .expect_err("no such node");
        assert!(error.to_string().contains("no node is called 'atlantis'"), "{error}");
        assert_eq!(player.scenario(), &before);
    }
}
