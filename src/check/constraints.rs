//! Constraints across leaders: each of two leaders looked at what it had and was right, and the result is wrong.
//!
//! A write may ask that a key has no value, or a certain one, or that a sum does not fall below a floor (Kleppmann and Riccomini, chapter 6,
//! "Types of conflict": two bookings of one room). The leader that carries it out looks at the updates that it has. What is found are
//! acknowledged writes whose conditions do not hold in *any* order of the writes: one that keeps what came before what, and in which nothing
//! comes before a write that began only after that write had been acknowledged. So a room that was given back may be booked again, also by
//! a leader that has heard of neither; and a sum that was filled up later was too small all the same.

use super::{Evidence, Finding, Survival};
use crate::family::MultiLeaderIncluded;
use crate::history::{Event, History, Op};
use crate::log::Value;
use crate::operation::{Demand, Kind};
use crate::time::SimTime;
use crate::version::{Stamp, VersionVector};

/// The most conditional additions that are looked at together: those that were acknowledged last.
const TOGETHER_MAX: usize = 64;

/// An acknowledged write.
#[derive(Clone, Debug)]
struct Told<'a> {
    op: &'a Op,
    stamp: Stamp,
    at: SimTime,
}

impl Told<'_> {
    /// Whether neither of two writes of a key had seen the other.
    fn is_apart(&self, other: &Told<'_>) -> bool {
        self.op.key == other.op.key && self.stamp.compare(&other.stamp).is_none()
    }

    /// Whether a write may come before another one: it had not seen it, and began before the other was acknowledged.
    fn may_precede(&self, other: &Told<'_>) -> bool {
        self.op.id != other.op.id && !self.stamp.covers(&other.stamp) && self.op.invoked < other.at
    }

    /// Whether it is known what it adds to a sum: what a method does to replicated data is not.
    fn adds(&self) -> bool {
        matches!(self.op.kind, Kind::Write(Value::Delta(_)))
    }

    /// What it adds to a sum.
    fn amount(&self) -> i128 {
        if let Kind::Write(Value::Delta(more)) = self.op.kind { i128::from(more) } else { 0 }
    }
}

/// Finds acknowledged writes whose condition held where each was carried out, and does not hold of both.
#[must_use]
pub fn broken(included: MultiLeaderIncluded, history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut findings = Vec::new();
    let demands = |op: &Op| !matches!(op.demand, Demand::Nothing | Demand::Present);
    if !history.ops.iter().any(demands) {
        return findings;
    }
    let told = history.events.iter().filter_map(|event| {
        let Event::Complete(id) = event else { return None };
        let op = &history.ops[id.index()];
        let (stamp, at) = history.acknowledged(op)?;
        Some(Told { op, stamp, at })
    });
    let all: Vec<Told<'_>> = told.collect();
    for (place, second) in all.iter().enumerate() {
        let first = match second.op.demand {
            Demand::Absent | Demand::Equals(_) => taken_twice(&all, place),
            Demand::AtLeast(_) if second.adds() => overdrawn(&all, place),
            Demand::AtLeast(floor) => below(survival, &all, place, floor),
            Demand::Nothing | Demand::Present => None,
        };
        if let Some(first) = first {
            let evidence = Evidence::ConstraintBroken { included, first: first.op.id, second: second.op.id };
            findings.push(Finding { at: second.at, evidence });
        }
    }
    findings
}

/// The write that was told before another one and took what that one takes too: a key without a value, or with this one.
fn taken_twice<'a, 'b>(all: &'b [Told<'a>], place: usize) -> Option<&'b Told<'a>> {
    let second = &all[place];
    let before = all[..place].iter().filter(|first| first.op.demand == second.op.demand && first.is_apart(second));
    // Who leaves the key as it found it takes nothing.
    let takes = |write: &Told<'_>| !matches!((write.op.demand, write.op.kind), (Demand::Equals(is), Kind::Write(to)) if is == to);
    let mut before = before.filter(|first| takes(first) && takes(second));
    before.find(|first| !is_given_back(all, first, second) && !is_given_back(all, second, first))
}

/// Whether the key was made again what both ask for, after one of them and before the other.
fn is_given_back(all: &[Told<'_>], first: &Told<'_>, second: &Told<'_>) -> bool {
    let makes = match second.op.demand {
        Demand::Absent => Value::Nothing,
        Demand::Equals(value) => value,
        Demand::Nothing | Demand::Present | Demand::AtLeast(_) => return false,
    };
    let mut makers = all.iter().filter(|write| write.op.key == second.op.key && write.op.kind == Kind::Write(makes));
    makers.any(|write| write.op.id != first.op.id && write.stamp.covers(&first.stamp) && write.may_precede(second))
}

/// A conditional addition that was told before another one, if of all those that had not seen each other one finds too little, whatever
/// their order: even if everything that may come before it and adds something does.
fn overdrawn<'a, 'b>(all: &'b [Told<'a>], place: usize) -> Option<&'b Told<'a>> {
    let second = &all[place];
    let conditional = |first: &&Told<'_>| matches!(first.op.demand, Demand::AtLeast(_)) && first.is_apart(second);
    let mut together: Vec<&Told<'a>> = all[..place].iter().rev().filter(conditional).take(TOGETHER_MAX).collect();
    together.reverse();
    let first = *together.first()?;
    together.push(second);
    let seen = together.iter().fold(VersionVector::default(), |seen, write| match &write.stamp {
        Stamp::Dotted(version) => seen.merge(&version.seen()),
        Stamp::Position(_) | Stamp::Vector(_) | Stamp::Clock(_) => seen,
    });
    let of_key = || all.iter().filter(|write| write.op.key == second.op.key);
    let is_seen = |write: &Told<'_>| match &write.stamp {
        Stamp::Dotted(version) => seen.get(version.dot().actor) >= version.dot().count,
        Stamp::Position(_) | Stamp::Vector(_) | Stamp::Clock(_) => false,
    };
    let sum: i128 = of_key().filter(|write| is_seen(write)).map(Told::amount).sum();
    let finds_too_little = |last: &&Told<'_>| {
        let Demand::AtLeast(floor) = last.op.demand else { return false };
        let helps = |write: &&Told<'_>| write.amount() > 0 && !is_seen(write) && write.may_precede(last);
        sum + of_key().filter(helps).map(Told::amount).sum::<i128>() < i128::from(floor)
    };
    let is_last =
        |write: &&&Told<'_>| !together.iter().any(|other| other.op.id != write.op.id && other.stamp.covers(&write.stamp));
    together.iter().filter(is_last).all(finds_too_little).then_some(first)
}

/// A conditional call that had not seen another one, if replicated data came to too little in the end where both were applied.
fn below<'a, 'b>(survival: &Survival, all: &'b [Told<'a>], place: usize, floor: i64) -> Option<&'b Told<'a>> {
    let second = &all[place];
    let mut before = all[..place].iter();
    let first = before.find(|first| matches!(first.op.demand, Demand::AtLeast(_)) && first.is_apart(second))?;
    let too_little = survival.conflicts.left.iter().any(|left| {
        let sum = matches!(left.value, Value::Int(sum) if sum < floor);
        left.key == second.op.key && sum && left.applied.contains(&second.op.id)
    });
    too_little.then_some(first)
}
