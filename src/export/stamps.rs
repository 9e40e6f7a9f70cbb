//! Versions that may be concurrent, in the JSON lines.
//!
//! A position is `[1,4]`, as everywhere in the format. A version vector is `{"vector":{"a":2,"b":1}}`, a dotted version
//! `{"dot":["a",3],"past":{"b":1}}`, and a clock `{"clock":["a",20,0]}`: whose, its time, and its count. A sibling is an object with its
//! `value`, its `version`, and the number of the operation that wrote it.

use std::collections::BTreeSet;

use super::lines::position;
use super::{quoted, value};
use crate::history::{By, Fate, History, Op, Sibling};
use crate::log::{OpId, Value};
use crate::operation::Outcome;
use crate::scenario::Plan;
use crate::version::{Actor, Clock, Dot, Scope, Stamp, VersionVector};

/// Whether some version is no position.
pub(super) fn has_siblings(history: &History<'_>) -> bool {
    let stamped = |op: &Op| {
        let ended = op.end.map(|end| end.outcome);
        !op.context.is_empty() || matches!(ended, Some(Outcome::Stamped { .. } | Outcome::Siblings { .. }))
    };
    history.ops.iter().any(stamped)
}

/// What the first line says of stamps.
pub(super) fn header(history: &History<'_>, plan: &Plan, names: &[String]) -> String {
    let scope = match history.scope {
        Scope::Group => "group",
        Scope::Key => "key",
    };
    let list = |names: &mut dyn Iterator<Item = &str>| names.map(quoted).collect::<Vec<_>>().join(",");
    let actors = list(&mut names.iter().map(String::as_str));
    let several = if history.concurrent {
        let merged = list(&mut history.merged.iter().map(|key| plan.key_name(*key)));
        let decided = history.arbitration.as_ref().map_or_else(String::new, |arbitration| {
            let rebased = list(&mut arbitration.rebased.iter().map(|key| plan.key_name(*key)));
            let readings: Vec<String> = arbitration.readings().map(|(dot, clock)| reading(names, dot, clock)).collect();
            format!(",\"rebased\":[{rebased}],\"readings\":[{}]", readings.join(","))
        });
        format!(",\"leaders\":\"several\",\"merged\":[{merged}]{decided}")
    } else {
        String::new()
    };
    format!(",\"scope\":\"{scope}\",\"groups\":{},\"actors\":[{actors}]{several}", history.groups)
}

/// The names of those who count in stamps, by number, each another. Whoever has no name, or the same as another, is called by its number.
pub(super) fn names(history: &History<'_>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = history.actors.clone();
    for (number, name) in names.iter_mut().enumerate() {
        while !taken.insert(name.clone()) {
            *name = format!("{name}#{number}");
        }
    }
    names
}

/// Whose count it is: a name of the first line, or a number.
fn actor(names: &[String], actor: Actor) -> String {
    names.get(actor.0 as usize).map_or_else(|| format!("\"#{}\"", actor.0), |name| quoted(name))
}

fn vector(names: &[String], vector: &VersionVector) -> String {
    let entries: Vec<String> = vector.entries().map(|(of, count)| format!("{}:{count}", actor(names, of))).collect();
    format!("{{{}}}", entries.join(","))
}

/// A stamp.
pub(super) fn stamp(names: &[String], stamp: &Stamp) -> String {
    match stamp {
        Stamp::Position(at) => position(*at),
        Stamp::Vector(counts) => format!("{{\"vector\":{}}}", vector(names, counts)),
        Stamp::Dotted(version) => {
            let dot = version.dot();
            format!("{{\"dot\":[{},{}],\"past\":{}}}", actor(names, dot.actor), dot.count, vector(names, version.past()))
        }
        Stamp::Clock(clock) => format!("{{\"clock\":[{},{},{}]}}", actor(names, clock.actor), clock.time, clock.count),
    }
}

/// The number of the operation that wrote a version; null if no client did.
fn writer(op: OpId) -> String {
    if op == OpId::NONE { "null".to_owned() } else { op.0.to_string() }
}

/// What a read returned.
pub(super) fn siblings(names: &[String], plan: &Plan, found: &[Sibling]) -> String {
    let one = |sibling: &Sibling| {
        let shown = if sibling.value == Value::Nothing { "null".to_owned() } else { value(&plan.show(sibling.value)) };
        let (value, version) = (shown, stamp(names, &sibling.stamp));
        format!("{{\"value\":{value},\"version\":{version},\"written_by\":{}}}", writer(sibling.op))
    };
    let all: Vec<String> = found.iter().map(one).collect();
    format!("[{}]", all.join(","))
}

/// What a client sent along as what it had seen.
pub(super) fn context(names: &[String], seen: &[Sibling]) -> String {
    let one = |seen: &Sibling| format!("{{\"version\":{},\"written_by\":{}}}", stamp(names, &seen.stamp), writer(seen.op));
    let all: Vec<String> = seen.iter().map(one).collect();
    format!("[{}]", all.join(","))
}

/// What a replica had applied.
pub(super) fn applied(names: &[String], applied: &[Sibling]) -> String {
    let all: Vec<String> = applied.iter().map(|known| stamp(names, &known.stamp)).collect();
    format!("[{}]", all.join(","))
}

/// What the clock of a leader showed at one of its updates: whose, which of its updates, the time, and the count.
fn reading(names: &[String], dot: Dot, clock: Clock) -> String {
    format!("[{},{},{},{}]", actor(names, dot.actor), dot.count, clock.time, clock.count)
}

/// What became of a write.
pub(super) fn fate(fate: Fate, field: &mut impl FnMut(&str, &str)) {
    let name = match fate {
        Fate::Kept => "kept",
        Fate::Superseded => "superseded",
        Fate::Discarded(_) => "discarded",
    };
    field("fate", &quoted(name));
    match fate {
        Fate::Discarded(By::Write(winner)) => field("discarded_by", &writer(winner)),
        Fate::Discarded(By::Takeover(number)) => field("discarded_in_takeover", &number.to_string()),
        Fate::Discarded(By::Unknown) | Fate::Kept | Fate::Superseded => {}
    }
}
