//! Reads that no execution explains by itself: of what failed, of what nobody wrote; and updates that lose one another.
//!
//! The first two are G1a and "garbage" of Adya and Elle, and violations of every guarantee that says what reads return. A lost
//! update needs operations that read and write at once: two that happened, read the same value of a key and both replaced it
//! (Elle's `lost-update`); in one order of writes, one of them cannot have read its predecessor.

use super::anomaly::{Anomaly, Through};
use super::facts::{Facts, NONE, Source, read, written};
use super::report::{Evidence, Verdict};
use super::table::Table;
use super::words::{key_name, operation};
use crate::observed::{Model, Operation, Outcome};

/// A read of the value of a failed write.
pub(super) fn aborted(facts: &Facts<'_>) -> Option<Evidence> {
    let anomaly = Some((Anomaly::AbortedRead, Through::Dependencies));
    if let Some(evidence) = facts.told.iter().flatten().find_map(|told| told.aborted.clone()) {
        return Some(Evidence { anomaly, ..evidence });
    }
    let (step, write) = facts.sources.iter().enumerate().find_map(|(i, source)| match source {
        Source::Aborted(write) => Some((i, *write)),
        _ => None,
    })?;
    let (read, write) = (facts.op_of[step], facts.op_of[write as usize]);
    let (a, b) = (operation(facts.history, read), operation(facts.history, write));
    let key = Some(facts.history.steps[step].key);
    Some(Evidence { operations: vec![read, write], key, text: format!("{a}, although {b}."), anomaly })
}

/// A read of a value that nobody wrote.
pub(super) fn from_nowhere(facts: &Facts<'_>) -> Option<Evidence> {
    let garbage = facts.told.iter().flatten().find(|told| told.garbage).and_then(|told| told.thin_air.clone());
    if garbage.is_some() {
        return garbage;
    }
    let step = facts.sources.iter().position(|source| *source == Source::ThinAir)? as u32;
    let read = facts.op_of[step as usize];
    let (name, reader) = (key_name(facts.history, facts.key(step)), operation(facts.history, read));
    let text = format!("{reader}, but nobody wrote that to {name}, nor was it there at the beginning.");
    // A failed write of the value does not excuse a read that had ended before it began.
    Some(Evidence { operations: vec![read], key: Some(facts.key(step)), text, anomaly: None })
}

/// A read of a value that nobody wrote, or whose writes began only after the read had ended.
pub(super) fn thin_air(facts: &Facts<'_>) -> Option<Evidence> {
    from_nowhere(facts).or_else(|| facts.told.iter().flatten().find_map(|told| told.thin_air.clone())).or_else(|| {
        let Source::Write(write) = facts.sources[facts.early? as usize] else { return None };
        let (read, write) = (facts.op_of[facts.early? as usize], facts.op_of[write as usize]);
        let (reader, later) = (operation(facts.history, read), operation(facts.history, write));
        let text = format!("{reader}, which was not there at the beginning; only after that {later}.");
        Some(Evidence { operations: vec![read, write], key: Some(facts.key(facts.early?)), text, anomaly: None })
    })
}

/// Why sources are not known at all.
pub(super) fn texts(facts: &Facts<'_>) -> Option<Verdict> {
    let why = "a text does not tell which appends it is made of";
    (facts.history.model == Model::AppendText).then(|| Verdict::NotApplicable(why.to_owned()))
}

/// Why sources are not known for a key.
pub(super) fn ambiguous(facts: &Facts<'_>) -> Option<Verdict> {
    let step = facts.ambiguous.iter().flatten().next()?;
    let (name, read) = (key_name(facts.history, facts.key(*step)), facts.op_of[*step as usize]);
    let read = operation(facts.history, read);
    Some(Verdict::NotApplicable(format!("values of {name} are not unique: {read}, and more than one write can be its source")))
}

/// Judges whether failed writes were read.
pub(super) fn judge_aborted(facts: &Facts<'_>) -> Verdict {
    texts(facts).or_else(|| aborted(facts).map(Verdict::Violated)).unwrap_or(Verdict::Holds)
}

/// Judges whether anything was read that nobody wrote.
pub(super) fn judge_thin_air(facts: &Facts<'_>) -> Verdict {
    texts(facts).or_else(|| thin_air(facts).map(Verdict::Violated)).unwrap_or(Verdict::Holds)
}

/// Judges whether updates were lost.
pub(super) fn judge_lost_updates(facts: &Facts<'_>) -> Verdict {
    if let Some(verdict) = texts(facts) {
        return verdict;
    }
    if let Some(evidence) = lost_update(facts) {
        return Verdict::Violated(evidence);
    }
    let updates =
        |op: &Operation| op.outcome == Outcome::Ok && (op.first..op.first + op.count).any(|step| replaces(facts, op, step));
    if !facts.history.operations.iter().any(updates) {
        return Verdict::NotApplicable("no operation both reads a key and writes it".to_owned());
    }
    ambiguous(facts).unwrap_or(Verdict::Holds)
}

/// Two operations that read the same value of a key and both replaced it.
pub(super) fn lost_update(facts: &Facts<'_>) -> Option<Evidence> {
    // Who replaced each value: of a write by its step, of the beginning by its key, of what nobody wrote by the value itself.
    let mut of_write = vec![NONE; facts.history.steps.len()];
    let mut of_initial = vec![NONE; facts.history.keys.len()];
    let (mut strange, mut of_strange) = (Table::default(), Vec::new());
    for (number, op) in (0_u32..).zip(&facts.history.operations).filter(|(_, op)| op.outcome == Outcome::Ok) {
        for step in (op.first..op.first + op.count).filter(|step| replaces(facts, op, *step)) {
            let key = facts.key(step);
            let place = match facts.sources[step as usize] {
                Source::Write(write) if facts.op_of[write as usize] == number => continue,
                Source::Write(write) => &mut of_write[write as usize],
                Source::Initial => &mut of_initial[key as usize],
                Source::ThinAir | Source::Aborted(_) => {
                    let value = read(&facts.history.steps[step as usize]).unwrap_or(NONE);
                    let (place, new) = strange.insert(&[key, value]);
                    of_strange.extend(new.then_some(NONE));
                    &mut of_strange[place as usize]
                }
                Source::Nothing | Source::Ambiguous => continue,
            };
            if *place != NONE && *place != number {
                let (a, b) = (operation(facts.history, *place), operation(facts.history, number));
                let name = key_name(facts.history, key);
                let text = format!("Both replaced the same value of {name}, so one has lost the other's update: {a}; {b}.");
                let anomaly = Some((Anomaly::LostUpdate, Through::Dependencies));
                return Some(Evidence { operations: vec![*place, number], key: Some(key), text, anomaly });
            }
            *place = number;
        }
    }
    None
}

/// Whether a step reads a key that its operation writes, then or later, and had not written before.
fn replaces(facts: &Facts<'_>, op: &Operation, step: u32) -> bool {
    let key = facts.key(step);
    let writes = |s: u32| facts.key(s) == key && written(&facts.history.steps[s as usize]).is_some();
    facts.sources[step as usize] != Source::Nothing && (step..op.first + op.count).any(writes) && !(op.first..step).any(writes)
}
