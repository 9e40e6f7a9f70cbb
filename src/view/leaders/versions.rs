//! The versions of one key side by side: which updates each includes, who holds it, and why neither of two comes first.
//!
//! A version is an update and what its writer had seen. One comes after another if it includes the other's update; if neither includes the
//! other's, the two are concurrent, whatever their clocks say (Parker et al. 1983; Preguiça et al. 2010).

use std::sync::Arc;

use super::seen::Seen;
use super::{rule_words, value_words};
use crate::family::multi_leader::{Change, ClockKind, Policy, Update};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::version::{Dot, DottedVersion};

/// The most versions that are shown.
const COLUMNS_MAX: usize = 3;

/// The versions of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Versions {
    /// Which key.
    pub key: KeyId,
    /// What it is called.
    pub name: String,
    /// What is done about its conflicts.
    pub rule: &'static str,
    /// The versions: those that a replica holds, then those that were dropped or resolved.
    pub columns: Vec<Column>,
    /// How many more there are.
    pub more: usize,
    /// The two of which neither comes first, by their places.
    pub apart: Option<(usize, usize)>,
    /// Why neither comes first, or what the versions are.
    pub why: String,
}

/// One version.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The operation that wrote it.
    pub op: OpId,
    /// Its value.
    pub value: String,
    /// The sign and number of its update.
    pub sign: String,
    /// The place of its leader, and the number of the update there.
    pub dot: (usize, u64),
    /// How many updates of each leader its writer had seen.
    pub past: Vec<u64>,
    /// The replicas that hold it.
    pub held_by: Vec<NodeId>,
    /// What became of it: who holds it, or what took its place.
    pub state: String,
}

impl Column {
    /// How many updates of a leader it includes; its own may stand behind a gap.
    #[must_use]
    pub fn component(&self, leader: usize) -> String {
        let past = self.past.get(leader).copied().unwrap_or(0);
        match self.dot {
            (place, count) if place == leader && past + 1 < count && past > 0 => format!("{past}, {count}"),
            (place, count) if place == leader => count.to_string(),
            _ => past.to_string(),
        }
    }

    /// Whether it includes the update of another version.
    #[must_use]
    pub fn includes(&self, other: &Column) -> bool {
        self.dot == other.dot || self.past.get(other.dot.0).is_some_and(|past| *past >= other.dot.1)
    }

    /// Whether it includes an update of this leader that another version lacks.
    #[must_use]
    pub fn is_ahead(&self, other: &Column, leader: usize) -> bool {
        let past = |column: &Column| column.past.get(leader).copied().unwrap_or(0);
        let dot = |column: &Column| (column.dot.0 == leader).then_some(column.dot.1);
        let own = dot(self).is_some_and(|count| count > past(other) && dot(other) != Some(count));
        // Of what lies behind the other's past, its own update is no lead.
        let more = past(self).saturating_sub(past(other));
        own || more > u64::from(dot(other).is_some_and(|count| count > past(other) && count <= past(self)))
    }
}

/// One update of the key, as some replica has it in its log.
struct Candidate {
    update: Arc<Update>,
    held_by: Vec<NodeId>,
}

/// The versions of a key as the replicas hold them.
pub(super) fn versions(seen: &Seen<'_>, key: KeyId) -> Versions {
    let policy = seen.run.plan.policy(key).unwrap_or(Policy::Siblings);
    let all = candidates(seen, key);
    let held: Vec<Arc<DottedVersion>> =
        all.iter().filter(|one| !one.held_by.is_empty()).map(|one| one.update.stamp.clone()).collect();
    // Of what nobody holds any more, what is worth a look: what was concurrent with something that is held, or with another version that
    // was replaced together with it.
    let stamps: Vec<Arc<DottedVersion>> = all.iter().map(|one| one.update.stamp.clone()).collect();
    let dropped = |stamp: &DottedVersion| held.iter().any(|other| other.compare(stamp).is_none());
    let resolved = |stamp: &DottedVersion| stamps.iter().any(|other| other.compare(stamp).is_none());
    let rank = |one: &Candidate| match () {
        () if !one.held_by.is_empty() => 0,
        () if dropped(&one.update.stamp) => 1,
        () if resolved(&one.update.stamp) => 2,
        () => 3,
    };
    let of_rank = |wanted: u8| all.iter().filter(move |one| rank(one) == wanted);
    let order = [of_rank(0).collect(), of_rank(1).rev().collect(), of_rank(2).rev().collect::<Vec<_>>()];
    let order: Vec<Dot> = order.into_iter().flatten().map(|one| one.update.dot()).collect();
    let more = order.len().saturating_sub(COLUMNS_MAX);
    let columns: Vec<Column> = order
        .iter()
        .take(COLUMNS_MAX)
        .filter_map(|dot| all.iter().position(|one| one.update.dot() == *dot))
        .map(|place| column(seen, (&all, place), policy))
        .collect();
    let pairs = || (0..columns.len()).flat_map(|one| (one + 1..columns.len()).map(move |other| (one, other)));
    let apart = pairs().find(|(one, other)| {
        let (one, other) = (&columns[*one], &columns[*other]);
        !one.includes(other) && !other.includes(one)
    });
    let why = match apart {
        Some((one, other)) => concurrent((&columns[one], &columns[other]), policy),
        None => ordered(&columns, policy),
    };
    let name = seen.run.plan.key_name(key).to_owned();
    Versions { key, name, rule: rule_words(policy), columns, more, apart, why }
}

/// All updates of the key that some replica has applied, in the order of their dots.
fn candidates(seen: &Seen<'_>, key: KeyId) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = Vec::new();
    for (_, replica) in seen.replicas() {
        for entry in replica.log.iter().filter(|entry| entry.update.key == key) {
            if let Err(place) = all.binary_search_by_key(&entry.update.dot(), |one| one.update.dot()) {
                all.insert(place, Candidate { update: entry.update.clone(), held_by: Vec::new() });
            }
        }
    }
    for (id, replica) in seen.replicas() {
        for version in replica.store.versions(key) {
            if let Ok(place) = all.binary_search_by_key(&version.stamp.dot(), |one| one.update.dot()) {
                all[place].held_by.push(id);
            }
        }
    }
    all
}

fn column(seen: &Seen<'_>, (all, place): (&[Candidate], usize), policy: Policy) -> Column {
    let Candidate { update, held_by } = &all[place];
    let (dot, plan) = (update.dot(), &seen.run.plan);
    let leader = seen.ids.iter().position(|id| *id == update.leader()).unwrap_or(0);
    let value = match update.change {
        Change::Set(value) => value_words(seen.run, value),
        Change::Delete => value_words(seen.run, Value::Nothing),
        Change::Add(more) => format!("{more:+}"),
        Change::Call(number) => plan.show_method(number),
    };
    let held = |other: &&Candidate| !other.held_by.is_empty();
    let later = all.iter().filter(|other| other.update.dot() != dot && other.update.stamp.includes(dot));
    let by = later.min_by_key(|other| (!held(other), other.update.dot())).map(|other| seen.dot(other.update.dot()));
    let winner = all.iter().filter(held).find(|other| other.update.stamp.compare(&update.stamp).is_none());
    let winner = winner.map(|other| seen.dot(other.update.dot()));
    let names: Vec<&str> = held_by.iter().map(|id| plan.name(*id)).collect();
    let everywhere = held_by.len() == seen.replicas().count();
    let state = match (names.as_slice(), by, winner) {
        ([], Some(by), _) => format!("replaced by {by}"),
        ([], None, Some(winner)) if policy.drops_by().is_some() => format!("dropped for {winner}"),
        ([], None, _) => "not held".to_owned(),
        _ if everywhere => "held everywhere".to_owned(),
        ([one], ..) => format!("at {one}"),
        ([one, two], ..) => format!("at {one}, {two}"),
        (many, ..) => format!("at {} replicas", many.len()),
    };
    let past = seen.counts(update.stamp.past());
    Column { op: update.op, value, sign: seen.dot(dot), dot: (leader, dot.count), past, held_by: held_by.clone(), state }
}

/// Why neither of two versions comes first, and what is done about it.
fn concurrent((one, other): (&Column, &Column), policy: Policy) -> String {
    let (a, b) = (&one.sign, &other.sign);
    let writers = match (policy.goes_by_context(), one.dot.0 == other.dot.0) {
        (true, _) => "neither client had read the other's write",
        (false, false) => "neither leader had the other's write",
        (false, true) => "the later one follows the version that had won, and not the one that was dropped",
    };
    let then = match policy {
        Policy::Avoid { .. } => "Two leaders took writes after all, so the later by hybrid clocks stays.",
        Policy::LastWriteWins(ClockKind::Physical) => "The machines' clocks choose which one stays.",
        Policy::LastWriteWins(ClockKind::Lamport) => "Lamport clocks choose which one stays.",
        Policy::LastWriteWins(ClockKind::Hybrid) => "Hybrid clocks choose which one stays.",
        Policy::Siblings => "Both stay until a client that has read both writes.",
        Policy::Replicated(_) => "The data type says what both come to.",
        Policy::Union | Policy::Cart | Policy::Maximum | Policy::Sum => "Readers are shown what the rule makes of both.",
        Policy::Rebase { .. } => "The centre of the star puts both in the order in which they reach it.",
        Policy::Concatenate => "Each leader writes both one behind the other, its own first.",
    };
    format!("{a} and {b} are concurrent: {a} does not include {b}, and {b} does not include {a}; {writers}. {then}")
}

/// What versions of which each comes before or after the others say.
fn ordered(columns: &[Column], policy: Policy) -> String {
    match columns {
        [] => "No replica has a version of it.".to_owned(),
        [one] if one.past.iter().all(|count| *count == 0) => {
            format!("{} is the first version: it comes after nothing.", one.sign)
        }
        [one] => format!("{} comes after all that it includes: nothing is concurrent with it.", one.sign),
        [one, other, ..] => {
            let (first, second) = if other.includes(one) { (one, other) } else { (other, one) };
            let merged = if policy.merges() { " The rule merges what is concurrent." } else { "" };
            format!("{} comes after {}: it includes it.{merged}", second.sign, first.sign)
        }
    }
}
