//! The player: which run is looked at, at which moment, and how fast. Pure: it knows nothing of the browser.
//!
//! Two rules keep it honest. A click is data: acting on the cluster adds an event to the scenario's script and the run is
//! computed anew, so every state on the screen can be shared. And nothing is lost: acting in the past forks the run, the old
//! future stays reachable as a branch, and every change can be undone.

use std::rc::Rc;

use crate::router::ReadMode;
use crate::run::Run;
use crate::scenario::{AckSpec, Event, LinkSpec, ReadSpec, Scenario, ScenarioError, Scheduled, Shard};
use crate::simulation::Simulation;
use crate::time::{SimDuration, SimTime};

/// The longest gap between two frames that is played; longer ones (a hidden tab) are dropped.
const GAP_MAX_MS: f64 = 250.0;
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
    /// Start or stop the clock.
    Toggle,
    /// Stop the clock.
    Pause,
    /// Wall time has passed, in milliseconds.
    Advance(f64),
    /// Go to a moment. The clock runs on from there if it runs.
    Seek(SimTime),
    /// Go to a moment to look at it: the clock stops.
    StopAt(SimTime),
    /// Go to the next moment at which something happens.
    StepForward,
    /// Go to the last moment before this one at which something happened.
    StepBack,
    /// Go to the next finding.
    NextFinding,
    /// Go to the finding before.
    PreviousFinding,
    /// Simulated microseconds for each second on the screen.
    Speed(u64),
    /// Whether playing stops at findings.
    Halt(bool),
    /// Something happens to the cluster, now.
    Act(Event, String),
    /// A setting of the whole run changes.
    Set(Setting),
    /// Look at another branch.
    Branch(usize),
    /// Another scenario becomes a branch of its own, with this name.
    Fork(Box<Scenario>, String),
    /// Take the last change back.
    Undo,
}

/// A setting of the whole run.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// How clients read.
    Mode(ReadMode),
    /// All that is set for reads.
    Read(ReadSpec),
    /// When writes are acknowledged, for one shard.
    Ack(usize, AckSpec),
    /// All that is set for one shard.
    Shard(usize, Box<Shard>),
    /// What some links do, for the whole run.
    Links(Vec<LinkSpec>),
    /// The seed.
    Seed(u64),
    /// The rate of one workload, in operations per second.
    Rate(usize, u32),
    /// The lesson's fix.
    Fix,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Player {
    branches: Vec<Branch>,
    current: usize,
    now: SimTime,
    /// Simulated microseconds that are not yet a whole one: without them slow speeds would run too fast.
    rest: f64,
    playing: bool,
    halts: bool,
    speed: u64,
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
        let halts = run.findings.len() <= HALTS_MAX;
        let branches = vec![Branch { label: "as written".to_owned(), run, seen: now }];
        let speed = fitting_speed(scenario);
        Ok(Player { branches, current: 0, now, rest: 0.0, playing: false, halts, speed, state, undo: Vec::new() })
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

    /// Whether the clock runs.
    #[must_use]
    pub fn playing(&self) -> bool {
        self.playing
    }

    /// Simulated microseconds for each second on the screen.
    #[must_use]
    pub fn speed(&self) -> u64 {
        self.speed
    }

    /// Whether playing stops at findings.
    #[must_use]
    pub fn halts(&self) -> bool {
        self.halts
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

    /// Carries out a message. Returns whether anything changed.
    ///
    /// # Errors
    /// If an action or a setting makes a scenario that cannot be run; then nothing has changed.
    pub fn update(&mut self, msg: Msg) -> Result<bool, ScenarioError> {
        match msg {
            Msg::Toggle => {
                if !self.playing && self.now >= self.run().until() {
                    self.seek(SimTime::ZERO);
                }
                self.playing = !self.playing;
            }
            Msg::Pause => self.playing = false,
            Msg::Advance(elapsed) => return Ok(self.advance(elapsed)),
            Msg::Seek(at) => self.seek(at),
            Msg::StopAt(at) => self.stop_at(Some(at)),
            Msg::StepForward => self.stop_at(self.next_moment()),
            Msg::StepBack => self.stop_at(self.previous_moment()),
            Msg::NextFinding => self.stop_at(self.run().findings.iter().map(|f| f.at).find(|at| *at > self.now)),
            Msg::PreviousFinding => self.stop_at(self.run().findings.iter().rev().map(|f| f.at).find(|at| *at < self.now)),
            Msg::Speed(speed) => self.speed = speed.clamp(1, 60_000_000),
            Msg::Halt(halts) => self.halts = halts,
            Msg::Act(event, label) => self.act(event, label)?,
            Msg::Set(setting) => self.set(setting)?,
            Msg::Branch(index) => self.switch(index),
            Msg::Fork(scenario, label) => {
                let run = Rc::new(Run::of(&scenario)?);
                self.remember();
                self.branch(Branch { label, run, seen: SimTime::ZERO });
                self.restore();
            }
            Msg::Undo => {
                if let Some(scenario) = self.undo.pop() {
                    self.replace(&scenario)?;
                }
            }
        }
        Ok(true)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small positive numbers"
    )]
    fn advance(&mut self, elapsed_ms: f64) -> bool {
        if !self.playing || !elapsed_ms.is_finite() {
            return false;
        }
        let us = elapsed_ms.clamp(0.0, GAP_MAX_MS) * self.speed as f64 / 1_000.0 + self.rest;
        self.rest = us.fract();
        let mut to = SimTime(self.now.0 + us as u64);
        let next = self.run().findings.iter().map(|f| f.at).find(|at| *at > self.now);
        if let (true, Some(at)) = (self.halts, next.filter(|at| *at <= to)) {
            (to, self.playing) = (at, false);
        }
        if to >= self.run().until() {
            self.playing = false;
        }
        self.seek(to);
        true
    }

    fn seek(&mut self, at: SimTime) {
        let run = self.run().clone();
        self.now = at.min(run.until());
        run.seek(&mut self.state, self.now);
        let branch = &mut self.branches[self.current];
        branch.seen = branch.seen.max(self.now);
    }

    fn stop_at(&mut self, at: Option<SimTime>) {
        self.playing = false;
        if let Some(at) = at {
            self.seek(at);
        }
    }

    fn next_moment(&self) -> Option<SimTime> {
        let trace = &self.run().trace;
        trace.records.get(trace.records.partition_point(|r| r.at <= self.now)).map(|r| r.at)
    }

    fn previous_moment(&self) -> Option<SimTime> {
        let trace = &self.run().trace;
        let before = trace.records.partition_point(|r| r.at < self.now);
        Some(before.checked_sub(1).and_then(|i| trace.records.get(i)).map_or(SimTime::ZERO, |r| r.at))
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
        self.playing = true;
        Ok(())
    }

    fn set(&mut self, setting: Setting) -> Result<(), ScenarioError> {
        let mut scenario = self.scenario().clone();
        match setting {
            Setting::Mode(mode) => scenario.read.mode = mode,
            Setting::Read(read) => scenario.read = read,
            Setting::Ack(shard, ack) => {
                if let Some(shard) = scenario.shards.get_mut(shard) {
                    shard.ack = ack;
                }
            }
            Setting::Shard(index, spec) => {
                if let Some(shard) = scenario.shards.get_mut(index) {
                    *shard = *spec;
                }
            }
            Setting::Links(specs) => specs.into_iter().for_each(|spec| set_link(&mut scenario.links, spec)),
            Setting::Seed(seed) => scenario.seed = seed,
            Setting::Rate(index, rate) => {
                if let Some(workload) = scenario.workload.get_mut(index) {
                    workload.per_second = rate;
                }
            }
            Setting::Fix => scenario = scenario.with_fix().unwrap_or(scenario),
        }
        if scenario == *self.scenario() {
            return Ok(());
        }
        // Whoever changes how the story is read wants to see how it goes on now.
        let watch = scenario.read != self.scenario().read && self.now > SimTime::ZERO && self.now < self.run().until();
        let run = Rc::new(Run::of(&scenario)?);
        self.remember();
        self.branches[self.current].run = run;
        self.restore();
        self.playing |= watch;
        Ok(())
    }

    fn remember(&mut self) {
        self.undo.push(self.scenario().clone());
        if self.undo.len() > UNDO_MAX {
            self.undo.remove(0);
        }
    }

    fn replace(&mut self, scenario: &Scenario) -> Result<(), ScenarioError> {
        let run = Rc::new(Run::of(scenario)?);
        self.branches[self.current].run = run;
        self.restore();
        Ok(())
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

/// Changes the entry that rules a link, or adds one at the end, where it overrides all others.
fn set_link(links: &mut Vec<LinkSpec>, spec: LinkSpec) {
    let same = |l: &LinkSpec| (&l.from, &l.to) == (&spec.from, &spec.to);
    match links.iter().rposition(same) {
        Some(index) if !links[index + 1..].iter().any(|l| l.from == "*" || l.to == "*") => {
            links[index] = merge(&links[index], spec)
        }
        _ => links.push(spec),
    }
}

fn merge(old: &LinkSpec, new: LinkSpec) -> LinkSpec {
    LinkSpec {
        latency: new.latency.or_else(|| old.latency.clone()),
        loss: new.loss.or(old.loss),
        duplication: new.duplication.or(old.duplication),
        reorder: new.reorder.or(old.reorder),
        ..new
    }
}

/// The speed at which a run takes the better part of a minute on the screen, as a round number: slow enough to follow a message.
fn fitting_speed(scenario: &Scenario) -> u64 {
    let target = (scenario.until.0 / 40).max(1);
    SPEEDS.iter().copied().rev().find(|speed| *speed <= target).unwrap_or(SPEEDS[0])
}

/// The speeds on offer: simulated microseconds for each second on the screen, three to a decade.
pub const SPEEDS: [u64; 19] = [
    10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
    5_000_000, 10_000_000,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::Preset;
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
        player.update(Msg::Set(Setting::Mode(ReadMode::SessionConsistent))).expect("a mode is possible");
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
    fn the_clock_keeps_fractions_and_drops_the_gap_of_a_hidden_tab() {
        let mut player = first_look();
        player.update(Msg::Seek(SimTime::ZERO)).expect("seek");
        player.update(Msg::Speed(10)).expect("speed");
        player.update(Msg::Toggle).expect("play");
        for _ in 0..60 {
            player.update(Msg::Advance(1_000.0 / 60.0)).expect("a frame");
        }
        assert!((9..=10).contains(&player.now().0), "one second at 10 us per second, not {:?}", player.now());
        player.update(Msg::Advance(1e9)).expect("a frame");
        assert!(player.now().0 <= 13, "a gap is not played: {:?}", player.now());
        player.update(Msg::Advance(f64::NAN)).expect("a frame");
    }

    /// Whoever opens a finding looks at its moment, which must not run away.
    #[test]
    fn going_to_a_finding_stops_the_clock_and_scrubbing_does_not() {
        let scenario = crate::presets::Preset::named("first-failover").expect("a preset").scenario();
        let mut player = Player::new(&scenario).expect("it can be run");
        let at = player.run().findings[0].at;
        player.update(Msg::Toggle).expect("play");
        player.update(Msg::Seek(SimTime(1_000_000))).expect("seek");
        assert_eq!((player.playing(), player.now()), (true, SimTime(1_000_000)));
        player.update(Msg::StopAt(at)).expect("stop");
        assert_eq!((player.playing(), player.now()), (false, at));
        assert_eq!(player.update(Msg::Advance(100.0)), Ok(false));
        assert_eq!(player.now(), at);
    }

    #[test]
    fn playing_stops_at_a_finding() {
        let mut player = first_look();
        player.update(read_at_frankfurt()).expect("a read is possible");
        assert!(player.playing(), "an action is followed by watching what comes of it");
        for _ in 0..10_000 {
            player.update(Msg::Advance(16.0)).expect("a frame");
        }
        assert_eq!((player.playing(), player.now()), (false, player.run().findings[0].at));
    }

    #[test]
    fn stepping_forward_and_back_visits_the_same_moments() {
        let mut player = first_look();
        player.update(Msg::Seek(SimTime::ZERO)).expect("seek");
        let mut there = vec![player.now()];
        while player.now() < player.run().until() && there.len() < 50 {
            player.update(Msg::StepForward).expect("step");
            if Some(&player.now()) == there.last() {
                break;
            }
            there.push(player.now());
        }
        let mut back = vec![player.now()];
        while player.now() > SimTime::ZERO {
            player.update(Msg::StepBack).expect("step");
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
