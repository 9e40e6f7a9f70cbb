//! Reads that no execution explains by itself: of what failed, of what nobody wrote; and updates that lose one another.
//!
//! The first two are G1a and "garbage" of Adya and Elle, and violations of every guarantee that says what reads return. A lost
//! update needs operations that read and write at once: two that happened, read the same value of a key and both replaced it
//! (Elle's `lost-update`); in one order of writes, one of them cannot have read its predecessor.

use super::facts::{Facts, NONE, Source, written};
use super::report::{Evidence, Verdict};
use super::words::{key_name, operation};
use crate::observed::{Model, Outcome};

/// A read of the value of a failed write.
pub(super) fn aborted(facts: &Facts<'_>) -> Option<Evidence> {
    let (step, write) = facts.sources.iter().enumerate().find_map(|(i, source)| match source {
        Source::Aborted(write) => Some((i, *write)),
        _ => None,
    })?;
    let (read, write) = (facts.op_of[step], facts.op_of[write as usize]);
    let (a, b) = (operation(facts.history, read), operation(facts.history, write));
    Some(Evidence {
        operations: vec![read, write],
        key: Some(facts.history.steps[step].key),
        text: format!("{a}, although {b}."),
        anomaly: None,
    })
}

/// A read of a value that nobody wrote.
pub(super) fn thin_air(facts: &Facts<'_>) -> Option<Evidence> {
    let step = facts.sources.iter().position(|source| *source == Source::ThinAir)?;
    let read = facts.op_of[step];
    let key = facts.history.steps[step].key;
    let name = key_name(facts.history, key);
    let text = format!("{}, but nobody wrote that to {name}, nor was it there at the beginning.", operation(facts.history, read));
    Some(Evidence { operations: vec![read], key: Some(key), text, anomaly: None })
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
    let mut updates = false;
    // Who replaced each value: of a write by its step, of the beginning by its key.
    let mut of_write = vec![NONE; facts.history.steps.len()];
    let mut of_initial = vec![NONE; facts.history.keys.len()];
    for (number, op) in (0_u32..).zip(&facts.history.operations).filter(|(_, op)| op.outcome == Outcome::Ok) {
        let steps = op.first..op.first + op.count;
        for step in steps.clone() {
            let key = facts.key(step);
            let writes = |s: &u32| facts.key(*s) == key && written(&facts.history.steps[*s as usize]).is_some();
            if !steps.clone().skip_while(|s| *s < step).any(|s| writes(&s)) {
                continue;
            }
            let place = match facts.sources[step as usize] {
                Source::Write(write) if facts.op_of[write as usize] != number => &mut of_write[write as usize],
                Source::Initial => &mut of_initial[key as usize],
                _ => continue,
            };
            updates = true;
            if *place != NONE && *place != number {
                let (a, b) = (operation(facts.history, *place), operation(facts.history, number));
                let name = key_name(facts.history, key);
                let text = format!("Both replaced the same value of {name}, so one has lost the other's update: {a}; {b}.");
                return Verdict::Violated(Evidence { operations: vec![*place, number], key: Some(key), text, anomaly: None });
            }
            *place = number;
        }
    }
    if !updates {
        return Verdict::NotApplicable("no operation both reads a key and writes it".to_owned());
    }
    ambiguous(facts).unwrap_or(Verdict::Holds)
}
