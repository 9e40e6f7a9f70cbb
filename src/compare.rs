//! Same seed, two modes: two runs side by side, where they part, and what the difference is worth.
//!
//! The network decides a message's fate from the link, the message and the seed alone. Two runs that differ in the read mode only
//! therefore carry the same entries at the same times, as long as the writes reach their leaders at the same times. There are two ways in
//! which a read can move a write: a client that does one thing at a time begins the write later when the read before it takes longer,
//! and on a link that keeps the order a write waits behind a read that goes to the same replica. The comparison says when that happens.

use crate::explain::Explainer;
use crate::family::{Fact, Label, Traffic, leaderless, multi_leader, single_leader};
use crate::history::{Op, Sibling};
use crate::log::OpId;
use crate::lsn::Position;
use crate::network::NodeId;
use crate::operation::Outcome;
use crate::run::Run;
use crate::scenario::{Scenario, ScenarioError};
use crate::time::{SimDuration, SimTime};
use crate::trace::{Sent, What};

/// Two runs, compared.
#[derive(Debug)]
pub struct Comparison {
    /// The runs.
    pub runs: [Run; 2],
    /// Where they part; `None` if they are the same run.
    pub parting: Option<Parting>,
    /// What the clients got in each.
    pub sides: [Side; 2],
    /// The operations that ended differently, in the order of their numbers.
    pub strip: Vec<Differing>,
    /// Whether entries travelled alike.
    pub arrivals: Arrivals,
}

/// The first step in which two runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// When.
    pub at: SimTime,
    /// The step in each run, when it happens, and what happens in it; `None` for a run that is over by then.
    pub steps: [Option<(usize, SimTime, String)>; 2],
}

/// What the clients got in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Reads that break a guarantee.
    pub stale_reads: usize,
    /// Findings of every kind.
    pub findings: usize,
    /// How often a replica kept a read back until it was fresh enough.
    pub waits: usize,
    /// How often a replica answered that it was behind.
    pub refusals: usize,
    /// Operations that did not end well: refused, without an answer, or not over at the end.
    pub unavailable: usize,
    /// Latencies of the reads that were answered.
    pub reads: Option<Latencies>,
    /// Latencies of the writes that were acknowledged.
    pub writes: Option<Latencies>,
}

/// Latencies, by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latencies {
    /// How many operations.
    pub count: usize,
    /// Half of them took at most this.
    pub p50: SimDuration,
    /// 99 of 100 took at most this.
    pub p99: SimDuration,
    /// The longest.
    pub max: SimDuration,
}

/// An operation that ended differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// Which.
    pub op: OpId,
    /// How it ended in each run.
    pub ends: [Ended; 2],
}

/// How an operation ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// When; `None` if it did not.
    pub at: Option<SimTime>,
    /// The replica that answered.
    pub replica: Option<NodeId>,
    /// What its client was told.
    pub told: Told,
    /// Whether it breaks a guarantee.
    pub stale: bool,
}

/// What the client of an operation was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing, or that it did not succeed.
    #[default]
    Nothing,
    /// The place in the log of what was written or read; zero for a read that found no value.
    Version(Position),
    /// That a write was taken, by a store whose versions are no places in one log.
    Taken,
    /// What a read of such a store found, in the order of the answer.
    Versions(Vec<Sibling>),
}

impl Told {
    fn of(run: &Run, op: &Op) -> Told {
        match op.end.map(|end| end.outcome) {
            Some(Outcome::Written { at }) => Told::Version(at),
            Some(Outcome::Value { found, .. }) => Told::Version(found.map_or(Position::ZERO, |version| version.at)),
            Some(Outcome::Stamped { .. }) => Told::Taken,
            Some(Outcome::Siblings { found, .. }) => Told::Versions(run.trace.versions.get(found).to_vec()),
            Some(Outcome::Rejected(_) | Outcome::Indeterminate(_)) | None => Told::Nothing,
        }
    }
}

/// Whether entries travelled alike in both runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// How many messages with entries travelled alike, from the start.
    pub alike: usize,
    /// When the first one was sent that did not; `None` if all did.
    pub differ_at: Option<SimTime>,
    /// When the first write request was sent that left or was due at another time in the other run; `None` if there is none.
    pub write_moved_at: Option<SimTime>,
}

/// Runs two scenarios and compares the runs.
///
/// # Errors
/// If one of them cannot be run.
pub fn runs(a: &Scenario, b: &Scenario) -> Result<Comparison, ScenarioError> {
    Ok(of(Run::of(a)?, Run::of(b)?))
}

/// Compares two runs.
#[must_use]
pub fn of(a: Run, b: Run) -> Comparison {
    let (parting, strip, arrivals) = (parting(&a, &b), strip(&a, &b), arrivals(&a, &b));
    let sides = [side(&a), side(&b)];
    Comparison { runs: [a, b], parting, sides, strip, arrivals }
}

fn parting(a: &Run, b: &Run) -> Option<Parting> {
    let (left, right) = (&a.trace.records, &b.trace.records);
    let same = left.iter().zip(right).take_while(|(x, y)| x == y).count();
    if same == left.len() && same == right.len() {
        return None;
    }
    let step = |run: &Run| {
        let at = run.trace.records.get(same)?.at;
        let step = run.trace.steps.partition_point(|start| *start as usize <= same).checked_sub(1)?;
        Some((step, at, Explainer::new(run).describe_step(step)))
    };
    let steps = [step(a), step(b)];
    let at = steps.iter().flatten().map(|(_, at, _)| *at).min()?;
    Some(Parting { at, steps })
}

fn side(run: &Run) -> Side {
    let stale = stale(run);
    let mut side = Side { stale_reads: stale.iter().filter(|s| **s).count(), findings: run.findings.len(), ..Side::default() };
    for record in &run.trace.records {
        match record.what() {
            What::Noted(_, fact) if keeps_back(fact).is_some() => side.waits += 1,
            What::Sent(sent) if says_behind(sent.label) => side.refusals += 1,
            _ => {}
        }
    }
    let well = |op: &&Op| op.ended_well();
    side.unavailable = run.trace.ops.iter().filter(|op| !well(op)).count();
    side.reads = latencies(run.trace.ops.iter().filter(well).filter(|op| !op.is_write()));
    side.writes = latencies(run.trace.ops.iter().filter(well).filter(|op| op.is_write()));
    side
}

/// The request that a replica keeps back until it has applied enough, if that is what it noted.
#[must_use]
pub fn keeps_back(fact: Fact) -> Option<OpId> {
    match fact {
        Fact::SingleLeader(single_leader::Fact::Parked(op)) | Fact::MultiLeader(_, multi_leader::Fact::Parked(op)) => Some(op),
        // A ring asks more replicas, and keeps nothing back.
        Fact::SingleLeader(_) | Fact::MultiLeader(..) | Fact::Leaderless(..) => None,
    }
}

/// Whether a message is the answer of a replica that has not applied enough.
#[must_use]
pub fn says_behind(label: Label) -> bool {
    match label {
        Label::SingleLeader(label) => matches!(label, single_leader::Label::Behind(_)),
        Label::MultiLeader(_, label) => matches!(label, multi_leader::Label::Behind(_)),
        Label::Leaderless(..) => false,
    }
}

/// Whether a message brings a write to the replica that is to take it.
fn asks_to_write(label: Label) -> bool {
    match label {
        Label::SingleLeader(label) => matches!(label, single_leader::Label::Write(_)),
        Label::MultiLeader(_, label) => matches!(label, multi_leader::Label::Write(_)),
        Label::Leaderless(_, label) => matches!(label, leaderless::Label::Put(_)),
    }
}

/// By number, the reads that break a guarantee.
fn stale(run: &Run) -> Vec<bool> {
    let mut stale = vec![false; run.trace.ops.len()];
    for finding in &run.findings {
        let op = finding.op().index();
        stale[op] = !run.trace.ops[op].is_write();
    }
    stale
}

fn latencies<'a>(ops: impl Iterator<Item = &'a Op>) -> Option<Latencies> {
    let mut all: Vec<SimDuration> = ops.filter_map(Op::latency).collect();
    all.sort_unstable();
    let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Some(Latencies { count: all.len(), p50: rank(50)?, p99: rank(99)?, max: *all.last()? })
}

fn strip(a: &Run, b: &Run) -> Vec<Differing> {
    let (in_a, in_b) = (stale(a), stale(b));
    let ended = |run: &Run, stale: &[bool], n: usize| {
        let Some(op) = run.trace.ops.get(n) else { return Ended::default() };
        Ended {
            at: op.end.map(|end| end.at),
            replica: op.end.and_then(|end| end.replica),
            told: Told::of(run, op),
            stale: stale[n],
        }
    };
    let count = a.trace.ops.len().max(b.trace.ops.len());
    let all = (0..count).map(|n| (n, [ended(a, &in_a, n), ended(b, &in_b, n)]));
    let differing = all.filter(|(_, [x, y])| x != y);
    differing.map(|(n, ends)| Differing { op: OpId(u32::try_from(n).unwrap_or(u32::MAX)), ends }).collect()
}

/// A message: when it was sent, from where to where, what it is, and when it is due.
type Way = (SimTime, NodeId, NodeId, Label, Option<SimTime>);

fn ways(run: &Run, fits: impl Fn(Label) -> bool) -> impl Iterator<Item = Way> {
    run.trace.records.iter().filter_map(move |record| match record.what() {
        What::Sent(Sent { src, dst, label, due, .. }) if fits(label) => Some((record.at, src, dst, label, due)),
        _ => None,
    })
}

/// How many messages of two lists are alike from the start, and when the first one was sent that is not.
fn alike(mut left: impl Iterator<Item = Way>, mut right: impl Iterator<Item = Way>) -> (usize, Option<SimTime>) {
    let mut alike = 0;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return (alike, None),
            (x, y) if x == y => alike += 1,
            (x, y) => return (alike, x.iter().chain(&y).map(|way| way.0).min()),
        }
    }
}

fn arrivals(a: &Run, b: &Run) -> Arrivals {
    let entries = |label: Label| label.traffic() == Traffic::Replication;
    let (count, differ_at) = alike(ways(a, entries), ways(b, entries));
    Arrivals { alike: count, differ_at, write_moved_at: alike(ways(a, asks_to_write), ways(b, asks_to_write)).1 }
}
