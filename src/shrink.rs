//! The smallest example: a scenario cut down to what a finding of the same kind needs.
//!
//! First whatever lies after the finding is cut off, streams of operations are thinned and written out one by one, and the script is
//! reduced in chunks, as delta debugging does (Zeller and Hildebrandt 2002, ddmin with complements only). Then single parts are
//! tried until none can be left out: the result is 1-minimal. In the end numbers are rounded. Rules stay as they are (read mode,
//! acknowledgement, fencing, failover): the example shows what the configuration does, not what another would do.

mod removals;
mod simpler;
mod unroll;

use crate::run::Run;
use crate::scenario::{Anomaly, Scenario};
use crate::time::SimDuration;

pub use removals::{Removal, removals};

/// How far a [`Shrinker`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many scenarios have been run.
    pub tried: u64,
    /// How many parts the smallest one so far has.
    pub size: usize,
    /// Whether nothing is left to be tried.
    pub done: bool,
}

/// Cuts a scenario down, step by step. To give up is to drop it; the smallest scenario so far can be had at any time.
#[derive(Clone, Debug)]
pub struct Shrinker {
    kind: Anomaly,
    current: Scenario,
    tried: u64,
    phase: Phase,
    /// Whether streams that are left have been looked at again when all else was small.
    again: bool,
}

/// What is tried next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Whether there is such a finding at all.
    Start,
    /// The end of the run, between two times, of which the later is known to do; and whether the earlier is still to be tried.
    Until(u64, u64, bool),
    /// Fewer operations of the streams: which way.
    Thin(usize),
    /// The streams as single operations: in which form.
    Unroll(usize),
    /// Chunks of the script: how long, and up to where.
    Chunks(usize, usize),
    /// Single parts: which, and how many in a row were needed.
    Singles(usize, usize),
    /// Simpler numbers: which, how many in a row did not do, and whether one did.
    Values(usize, usize, bool),
    /// Nothing is left to be tried.
    Done,
    /// The scenario has no such finding.
    Absent,
}

impl Shrinker {
    /// A shrinker for a scenario that has a finding of this kind.
    #[must_use]
    pub fn new(scenario: &Scenario, kind: Anomaly) -> Shrinker {
        let current = Scenario { lesson: None, title: format!("Smallest example: {}", kind.name()), ..scenario.clone() };
        Shrinker { kind, current, tried: 0, phase: Phase::Start, again: false }
    }

    /// The smallest scenario so far; `None` once it is known that there is no such finding.
    #[must_use]
    pub fn smallest(&self) -> Option<&Scenario> {
        (self.tried > 0 && self.phase != Phase::Absent).then_some(&self.current)
    }

    /// Makes at most so many runs, and says how far it is.
    pub fn step(&mut self, runs: u64) -> Progress {
        let enough = self.tried.saturating_add(runs);
        while self.tried < enough && !self.is_done() {
            self.advance();
        }
        self.progress()
    }

    /// Goes on until nothing is left to be tried; `None` if there is no such finding.
    #[must_use]
    pub fn finish(mut self) -> Option<Scenario> {
        while !self.is_done() {
            self.advance();
        }
        (self.phase == Phase::Done).then_some(self.current)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { tried: self.tried, size: size(&self.current), done: self.is_done() }
    }

    fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done | Phase::Absent)
    }

    /// Runs a candidate, and takes it if it has such a finding.
    fn accept(&mut self, candidate: Scenario) -> bool {
        self.tried += 1;
        let shows = shows(&candidate, self.kind);
        if shows {
            self.current = candidate;
        }
        shows
    }

    fn advance(&mut self) {
        self.phase = match self.phase {
            Phase::Start => self.start(),
            Phase::Until(from, to, fresh) => self.until(from, to, fresh),
            Phase::Thin(way) => self.thin(way),
            Phase::Unroll(form) => self.unroll(form),
            Phase::Chunks(size, end) => self.chunks(size, end),
            Phase::Singles(next, needed) => self.singles(next, needed),
            Phase::Values(next, refused, some) => self.values(next, refused, some),
            over @ (Phase::Done | Phase::Absent) => over,
        };
    }

    fn start(&mut self) -> Phase {
        self.tried += 1;
        let Ok(run) = Run::of(&self.current) else { return Phase::Absent };
        match run.findings.iter().find(|finding| finding.anomaly() == self.kind) {
            Some(finding) => Phase::Until(finding.at.0.max(1), self.current.until.0, true),
            None => Phase::Absent,
        }
    }

    /// The earliest end that does, by halving what is left.
    fn until(&mut self, from: u64, to: u64, fresh: bool) -> Phase {
        if from >= to {
            return Phase::Thin(0);
        }
        // Mostly it is the finding itself that the run can end with.
        let middle = if fresh { from } else { from.midpoint(to) };
        if self.accept(Scenario { until: SimDuration(middle), ..self.current.clone() }) {
            Phase::Until(from, middle, false)
        } else {
            Phase::Until(middle + 1, to, false)
        }
    }

    fn thin(&mut self, way: usize) -> Phase {
        match unroll::thinner(&self.current, way) {
            Some(Some(candidate)) => Phase::Thin(if self.accept(candidate) { 0 } else { way + 1 }),
            Some(None) => Phase::Thin(way + 1),
            None => Phase::Unroll(0),
        }
    }

    fn unroll(&mut self, form: usize) -> Phase {
        let refused = unroll::unrolled(&self.current, form).is_some_and(|candidate| !self.accept(candidate));
        let length = self.current.script.len();
        if refused { Phase::Unroll(form + 1) } else { Phase::Chunks(length.div_ceil(2), length) }
    }

    fn chunks(&mut self, size: usize, end: usize) -> Phase {
        if size <= 1 {
            return Phase::Singles(0, 0);
        }
        if end == 0 {
            return Phase::Chunks(size / 2, self.current.script.len());
        }
        let start = end.saturating_sub(size);
        let mut candidate = self.current.clone();
        drop(candidate.script.drain(start..end));
        self.accept(candidate);
        Phase::Chunks(size, start)
    }

    fn singles(&mut self, next: usize, needed: usize) -> Phase {
        let all = removals(&self.current);
        if needed >= all.len() {
            return Phase::Values(0, 0, false);
        }
        let next = next % all.len();
        if self.accept(all[next].applied_to(&self.current)) {
            Phase::Singles(next, 0)
        } else {
            Phase::Singles(next + 1, needed + 1)
        }
    }

    fn values(&mut self, next: usize, refused: usize, some: bool) -> Phase {
        let all = simpler::all(&self.current);
        if refused >= all.len() {
            // Without random delays, streams can mostly be written out that could not be before.
            let again = !some && !self.again && !self.current.workload.is_empty();
            self.again |= again;
            return match some {
                true => Phase::Singles(0, 0),
                false if again => Phase::Start,
                false => Phase::Done,
            };
        }
        let next = next % all.len();
        if self.accept(all[next].applied_to(&self.current)) {
            Phase::Values(next, 0, true)
        } else {
            Phase::Values(next + 1, refused + 1, some)
        }
    }
}

/// Whether a scenario can be run and has a finding of this kind.
#[must_use]
pub fn shows(scenario: &Scenario, kind: Anomaly) -> bool {
    Run::of(scenario).is_ok_and(|run| run.findings.iter().any(|finding| finding.anomaly() == kind))
}

/// How many parts a scenario has: nodes, links, streams and events.
#[must_use]
pub fn size(scenario: &Scenario) -> usize {
    let nodes: usize = scenario.shards.iter().map(|shard| shard.replicas().count()).sum();
    nodes + scenario.clients.len() + scenario.links.len() + scenario.workload.len() + scenario.script.len()
}
