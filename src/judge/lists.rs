//! Lists whose elements are appended once: a read shows the order of the appends itself.
//!
//! Two reads of a list that nobody shortens must show the same beginning: one is a prefix of the other. Then an element's place in the
//! longest read is its version, and an append that happened and that no read shows comes after all that are shown. Every element has to
//! be one that was appended before the read that shows it had ended, by an operation that did not fail (Elle's `garbage` and G1a).

use super::facts::{Facts, NONE};
use super::report::Evidence;
use super::table::Table;
use super::words::{key_name, operation};
use crate::observed::{Call, Key, Outcome, Returned, Value};

/// The version of an append that happened and was never seen.
pub(super) const UNSEEN: u64 = u64::MAX;

/// The order of the appends to one key.
pub(super) struct Order {
    /// The appends that reads show, by their place in the list.
    pub(super) appends: Vec<u32>,
    /// A read that shows all of them, if there is one.
    pub(super) longest: u32,
}

/// What stands against an order.
pub(super) enum Obstacle {
    /// The reads contradict each other, or show what was not appended.
    Broken(Evidence),
    /// An element was appended twice.
    Twice,
}

/// What the reads of a list tell.
pub(super) struct List {
    /// The order of its appends.
    pub(super) order: Result<Order, Obstacle>,
    /// Whether two reads contradict each other.
    pub(super) contradictory: bool,
    /// An element that nobody had begun to append when it was read.
    pub(super) thin_air: Option<Evidence>,
    /// Whether there is one that nobody ever appended.
    pub(super) garbage: bool,
    /// An element whose append failed.
    pub(super) aborted: Option<Evidence>,
}

/// The elements that a step of an operation that happened returned.
pub(super) fn elements<'a>(facts: &Facts<'a>, step: u32) -> Option<&'a [Value]> {
    match &facts.history.steps[step as usize].call {
        Call::Read(Returned::List(list)) if facts.outcome(step) == Outcome::Ok => Some(list),
        Call::Read(Returned::Absent) if facts.outcome(step) == Outcome::Ok => Some(&[]),
        _ => None,
    }
}

fn proof(key: Key, operations: Vec<u32>, text: String) -> Evidence {
    Evidence { operations, key: Some(key), text, anomaly: None }
}

/// The appends of a key by element: of several that may have happened the one that began first.
struct Appends {
    table: Table,
    steps: Vec<u32>,
    twice: bool,
}

impl Appends {
    fn of(facts: &Facts<'_>, steps: &[u32]) -> Appends {
        let mut appends = Appends { table: Table::default(), steps: Vec::new(), twice: false };
        let began = |step: u32| (facts.outcome(step) == Outcome::Fail, facts.began(step));
        for step in steps {
            let Call::Append(value) = facts.history.steps[*step as usize].call else { continue };
            let (number, new) = appends.table.insert(&[value]);
            if new {
                appends.steps.push(*step);
                continue;
            }
            let other = &mut appends.steps[number as usize];
            appends.twice |= !began(*other).0 && !began(*step).0;
            if began(*step) < began(*other) {
                *other = *step;
            }
        }
        appends
    }

    fn find(&self, value: Value) -> u32 {
        self.table.find(&[value]).map_or(NONE, |number| self.steps[number as usize])
    }
}

/// What the reads among these steps of a key tell of its appends.
pub(super) fn read(facts: &Facts<'_>, key: Key, steps: &[u32]) -> List {
    let appends = Appends::of(facts, steps);
    let mut list = List { order: Err(Obstacle::Twice), contradictory: false, thin_air: None, garbage: false, aborted: None };
    let reads = || steps.iter().filter_map(|step| Some((*step, elements(facts, *step)?)));
    let (longest, whole) = reads().max_by_key(|(_, seen)| seen.len()).unwrap_or((NONE, &[]));
    // For each length that a read shows of the longest list, the read that ended first.
    let mut earliest = vec![(u64::MAX, longest); whole.len() + 1];
    let mut contradicts = None;
    for (step, seen) in reads() {
        if whole.starts_with(seen) {
            earliest[seen.len()] = earliest[seen.len()].min((facts.ended(step), step));
        } else {
            contradicts.get_or_insert(step);
            seen.iter().for_each(|value| list.look(facts, key, step, (*value, appends.find(*value))));
        }
    }
    let mut first = (u64::MAX, longest);
    for (at, value) in whole.iter().enumerate().rev() {
        first = first.min(earliest[at + 1]);
        list.look(facts, key, first.1, (*value, appends.find(*value)));
    }
    let flaw = list.garbage.then(|| list.thin_air.clone()).flatten().or_else(|| list.aborted.clone());
    list.contradictory = contradicts.is_some();
    let flaw = contradicts.map(|step| contradiction(facts, key, step, longest)).or(flaw);
    list.order = match flaw {
        _ if appends.twice => Err(Obstacle::Twice),
        Some(evidence) => Err(Obstacle::Broken(evidence)),
        None => in_order(facts, key, &appends, (longest, whole)),
    };
    list
}

/// Two reads of which neither shows the beginning of the other.
fn contradiction(facts: &Facts<'_>, key: Key, step: u32, longest: u32) -> Evidence {
    let op = |step: u32| facts.op_of[step as usize];
    let (one, other) = (operation(facts.history, op(step)), operation(facts.history, op(longest)));
    let name = key_name(facts.history, key);
    let text = format!("{one}, and {other}: neither is the beginning of the other, so the appends to {name} have no one order.");
    proof(key, vec![op(step), op(longest)], text)
}

/// The order that the longest read shows, unless it shows an element twice.
fn in_order(facts: &Facts<'_>, key: Key, appends: &Appends, (longest, whole): (u32, &[Value])) -> Result<Order, Obstacle> {
    let mut places = Table::default();
    let mut order = Vec::with_capacity(whole.len());
    for value in whole {
        let append = appends.find(*value);
        if !places.insert(&[*value]).1 {
            let (reader, shown) = (facts.op_of[longest as usize], &facts.history.values[*value as usize]);
            let text = format!("{}, which has {shown} twice, although it was appended once.", operation(facts.history, reader));
            return Err(Obstacle::Broken(proof(key, vec![facts.op_of[append as usize], reader], text)));
        }
        order.push(append);
    }
    Ok(Order { appends: order, longest })
}

impl List {
    /// Notes an element that a read must not have shown.
    fn look(&mut self, facts: &Facts<'_>, key: Key, read: u32, (value, append): (Value, u32)) {
        let early = append != NONE && facts.history.real_time && facts.ended(read) < facts.began(append);
        let failed = append != NONE && facts.outcome(append) == Outcome::Fail;
        if append != NONE && !early && !failed {
            return;
        }
        if (append == NONE || (early && failed)) && !std::mem::replace(&mut self.garbage, true) {
            // What nobody appended at all is said before what came too late.
            self.thin_air = None;
        }
        // A sentence costs more than the whole check of an element, and is said at most once.
        let place = if append == NONE || early { &mut self.thin_air } else { &mut self.aborted };
        if place.is_some() {
            return;
        }
        let reader = facts.op_of[read as usize];
        let (said, name) = (operation(facts.history, reader), key_name(facts.history, key));
        let shown = &facts.history.values[value as usize];
        let mut operations = vec![reader];
        let why = match append {
            NONE => format!("nobody appended {shown} to {name}"),
            _ => {
                let append = facts.op_of[append as usize];
                operations.push(append);
                let done = operation(facts.history, append);
                if early { format!("only after that {done}") } else { format!("the append of {shown} had failed: {done}") }
            }
        };
        *place = Some(proof(key, operations, format!("{said}, but {why}.")));
    }
}
