//! The search: is there a finding of a chosen kind under the present configuration, for another seed or another schedule?
//!
//! A schedule moves the times of what is scripted, sends reads to other followers, and draws other delays; the rules (read mode,
//! acknowledgement, fencing, failover) stay. The answer is the smallest example, or exactly what was searched. It is never "safe":
//! what was not run is not known.

use crate::network::Latency;
use crate::plural::plural;
use crate::rng::{Ratio, Rng};
use crate::run::Run;
use crate::scenario::{Anomaly, Event, Scenario};
use crate::shrink::Shrinker;
use crate::time::SimDuration;

/// How much is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many seeds, beginning with the scenario's own.
    pub seeds: u64,
    /// How many schedules for each seed; the first is the scenario as it stands.
    pub schedules: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { seeds: 100, schedules: 20 }
    }
}

/// What has been searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// How many seeds were begun.
    pub seeds: u64,
    /// How many scenarios were run.
    pub runs: u64,
    /// How many events these runs had.
    pub events: u64,
    /// How many of them stopped before their end because their trace was full.
    pub cut_short: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The scenario that has the finding, with its seed and its schedule.
    pub scenario: Scenario,
    /// Which schedule of that seed it is; 0 for the scenario as it stands.
    pub schedule: u64,
    /// The smallest example of it.
    pub smallest: Scenario,
}

/// How a search stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It goes on.
    Searching(Searched),
    /// Something was found, and is being made smaller; so many runs have gone into that.
    Shrinking(Searched, u64),
    /// Something was found.
    Found(Searched, Box<Found>),
    /// Everything within the bounds was run, and nothing was found.
    NotFound(Searched),
}

/// A search, step by step. To give up is to drop it.
#[derive(Clone, Debug)]
pub struct Search {
    scenario: Scenario,
    kind: Anomaly,
    bounds: Bounds,
    searched: Searched,
    schedule: u64,
    caught: Option<(Scenario, u64, Shrinker)>,
}

impl Search {
    /// A search for a finding of this kind.
    #[must_use]
    pub fn new(scenario: &Scenario, kind: Anomaly, bounds: Bounds) -> Search {
        let scenario = Scenario { lesson: None, ..scenario.clone() };
        Search { scenario, kind, bounds, searched: Searched::default(), schedule: 0, caught: None }
    }

    /// Makes at most so many runs, and says how it stands.
    pub fn step(&mut self, runs: u64) -> Standing {
        for _ in 0..runs {
            if let Some((scenario, schedule, shrinker)) = &mut self.caught {
                let progress = shrinker.step(1);
                if progress.done {
                    let smallest = shrinker.smallest().unwrap_or(scenario).clone();
                    let found = Found { scenario: scenario.clone(), schedule: *schedule, smallest };
                    return Standing::Found(self.searched, Box::new(found));
                }
            } else if !self.advance() {
                return Standing::NotFound(self.searched);
            }
        }
        match &self.caught {
            Some((.., shrinker)) => Standing::Shrinking(self.searched, shrinker.progress().tried),
            None => Standing::Searching(self.searched),
        }
    }

    /// Goes on until it is over.
    #[must_use]
    pub fn finish(mut self) -> Standing {
        loop {
            match self.step(256) {
                Standing::Searching(_) | Standing::Shrinking(..) => {}
                over => return over,
            }
        }
    }

    /// Runs the next scenario; false if there is none.
    fn advance(&mut self) -> bool {
        if self.schedule == 0 {
            if self.searched.seeds >= self.bounds.seeds || self.bounds.schedules == 0 {
                return false;
            }
            self.searched.seeds += 1;
        }
        let seed = self.scenario.seed.wrapping_add(self.searched.seeds - 1);
        let schedule = self.schedule;
        let candidate = scheduled(&self.scenario, seed, schedule);
        self.schedule = (schedule + 1) % self.bounds.schedules;
        self.searched.runs += 1;
        if let Ok(run) = Run::of(&candidate) {
            self.searched.events += run.end.events();
            self.searched.cut_short += u64::from(run.stopped_early().is_some());
            if run.findings.iter().any(|finding| finding.anomaly() == self.kind) {
                let shrinker = Shrinker::new(&candidate, self.kind);
                self.caught = Some((candidate, schedule, shrinker));
            }
        }
        true
    }
}

/// The scenario with a seed, in one of the schedules of that seed. Schedule 0 changes nothing but the seed.
#[must_use]
pub fn scheduled(scenario: &Scenario, seed: u64, schedule: u64) -> Scenario {
    let mut moved = Scenario { seed, ..scenario.clone() };
    if schedule == 0 {
        return moved;
    }
    let mut rng = Rng::keyed(seed, &[0x005C_4ED0, schedule]);
    let until = moved.until;
    for scheduled in &mut moved.script {
        shift(&mut scheduled.at, until, &mut rng);
        if let Event::Read { key, at, .. } = &mut scheduled.event
            && rng.happens(Ratio::percent(50))
        {
            *at = replica(scenario, key, &mut rng);
        }
    }
    for workload in &mut moved.workload {
        shift(&mut workload.from, until, &mut rng);
    }
    for link in &mut moved.links {
        if let Some(Latency::Constant(latency)) = &mut link.latency
            && rng.happens(Ratio::percent(33))
        {
            *latency = SimDuration(rng.between(latency.0 / 2, latency.0.saturating_mul(2)));
        }
    }
    moved
}

/// Moves every second time to somewhere between its half and one and a half of it.
fn shift(at: &mut SimDuration, until: SimDuration, rng: &mut Rng) {
    if rng.happens(Ratio::percent(50)) {
        *at = SimDuration(rng.between(at.0 / 2, at.0 + at.0 / 2).min(until.0));
    }
}

/// A replica of the shard of a key that may answer a read, or none in particular: a follower; where there are several leaders, any.
fn replica(scenario: &Scenario, key: &str, rng: &mut Rng) -> Option<String> {
    let claims = |shard: &&crate::scenario::Shard| shard.keys.iter().any(|prefix| key.starts_with(prefix.as_str()));
    let shard = scenario.shards.iter().find(claims).or(scenario.shards.first())?;
    let any: Vec<&str> = match shard.peers.as_slice() {
        [] => shard.followers.iter().map(String::as_str).collect(),
        [..] => shard.replicas().collect(),
    };
    let which = usize::try_from(rng.below(any.len() as u64 + 1)).unwrap_or(usize::MAX);
    any.get(which).map(|name| (*name).to_owned())
}

impl std::fmt::Display for Searched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Searched { seeds, runs, events, cut_short } = *self;
        write!(f, "{}, {}, {}", plural(seeds, "seed"), plural(runs, "run"), plural(events, "event"))?;
        if cut_short > 0 {
            write!(f, "; {} stopped early because the trace was full", plural(cut_short, "run"))?;
        }
        Ok(())
    }
}
