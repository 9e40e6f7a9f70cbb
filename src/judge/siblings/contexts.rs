//! The stamps of writes where the record tells values only: what each write may have replaced.
//!
//! A store that keeps concurrent values replaces what the context of a write covers, and a client sends as context what it was shown (DeCandia
//! et al. 2007, section 4.4). So the context of a write is a part of what its session had written or been shown of the key before; if the record
//! tells the context it is just that. Two values that one read returned are concurrent, so neither is in the context of the other.
//!
//! More coverage breaks no guarantee: each asks that required writes are covered. So if any contexts explain the history, the largest do, and
//! they are tried: each write gets a dot of its own and the causal history of its largest context. What they break, all break. If they
//! break nothing and no two values of one read cover each other, they are the explanation. If two do, by way of a third, some smaller contexts
//! might explain the history and might not: then nothing is said to hold.

use std::collections::{BTreeMap, BTreeSet};

use super::super::report::{Options, Verdict};
use super::super::words::{key_name, operation};
use super::order::{Event, events};
use crate::observed::{Call, Initial, Key, Observed, Outcome, Returned, Value};
use crate::version::{Actor, Dot, DottedVersion, Stamp, VersionVector};

/// Who wrote a value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// This step, which may have happened.
    Step(u32),
    /// This step, which failed.
    Failed(u32),
    /// Nobody: the key held it at first.
    First,
    /// Nobody at all.
    Nobody,
}

/// The stamps of the writes of a history, and who wrote which value.
#[derive(Clone, Debug, Default)]
pub(super) struct Contexts {
    /// By step.
    pub(super) stamps: Vec<Option<Stamp>>,
    /// By key and value: the first two writes that may have happened, and the first that failed.
    writers: BTreeMap<(Key, Value), (Vec<u32>, Option<u32>)>,
    /// Why nothing can be said to hold.
    pub(super) doubt: Option<String>,
    /// Whether the stamps follow from values.
    pub(super) derived: bool,
}

impl Contexts {
    /// The stamps that a record tells.
    pub(super) fn told(history: &Observed) -> Contexts {
        let stamp = |step: u32| history.versions.versions(step).first().and_then(|sibling| sibling.stamp.clone());
        let stamps = (0..history.steps.len() as u32).map(stamp).collect();
        Contexts { stamps, writers: writers(history), doubt: None, derived: false }
    }

    /// The stamps that follow from values.
    ///
    /// # Errors
    /// The verdict, if values do not tell who wrote them, or if this takes more memory than is allowed.
    pub(super) fn of(history: &Observed, options: &Options) -> Result<Contexts, Verdict> {
        let stamps = vec![None; history.steps.len()];
        let mut contexts = Contexts { stamps, writers: writers(history), doubt: None, derived: true };
        contexts.refuse(history)?;
        let beside = contexts.beside(history, options)?;
        contexts.stamp(history, &beside, options)?;
        Ok(contexts)
    }

    /// Who wrote a value of a key.
    pub(super) fn writer(&self, history: &Observed, key: Key, value: Value) -> Writer {
        match self.writers.get(&(key, value)) {
            Some((written, _)) if !written.is_empty() => Writer::Step(written[0]),
            _ if history.initial_of(key) == Initial::Value(value) => Writer::First,
            Some((_, Some(failed))) => Writer::Failed(*failed),
            _ if history.initial_of(key) == Initial::Unknown => Writer::First,
            _ => Writer::Nobody,
        }
    }

    /// Declines what values do not tell.
    fn refuse(&self, history: &Observed) -> Result<(), Verdict> {
        let declined = |why: String| Err(Verdict::NotApplicable(why));
        if history.operations.iter().any(|op| op.count != 1) {
            return declined("an operation has several steps, and siblings are those of one key".to_owned());
        }
        if !history.real_time {
            return declined("the record does not tell which operations ended before others began, so that nobody knows what a write may have replaced".to_owned());
        }
        for (number, op) in (0_u32..).zip(&history.operations).filter(|(_, op)| op.outcome == Outcome::Ok) {
            let step = &history.steps[op.first as usize];
            let name = key_name(history, step.key);
            if let Call::Delete | Call::CompareAndSet(..) | Call::Append(_) = step.call {
                let what = operation(history, number);
                return declined(format!("{what}, which leaves no value in {name} by which it would be known"));
            }
            let again = |value: &&Value| {
                let first = history.initial_of(step.key) == Initial::Value(**value);
                self.writers.get(&(step.key, **value)).is_some_and(|(written, _)| written.len() + usize::from(first) > 1)
            };
            if returned(&step.call).iter().find(again).is_some() {
                let read = operation(history, number);
                return declined(format!("values of {name} are not unique: {read}, and more than one write can be its source"));
            }
        }
        Ok(())
    }

    /// For each write, those whose values one read returned beside its own.
    fn beside(&self, history: &Observed, options: &Options) -> Result<BTreeMap<u32, BTreeSet<u32>>, Verdict> {
        let mut beside: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        let mut steps = 0_u64;
        for op in history.operations.iter().filter(|op| op.outcome == Outcome::Ok) {
            let read = &history.steps[op.first as usize];
            let written: Vec<u32> = self.written_of(history, read.key, returned(&read.call));
            steps += (written.len() as u64).saturating_mul(written.len() as u64);
            if steps > options.steps {
                return Err(Verdict::Unknown(format!("{} was spent", options.budget())));
            }
            for one in &written {
                let others = written.iter().copied().filter(|other| other != one);
                if written.len() > 1 {
                    beside.entry(*one).or_default().extend(others);
                }
            }
        }
        Ok(beside)
    }

    /// The writes of values of a key that may have happened.
    fn written_of(&self, history: &Observed, key: Key, values: &[Value]) -> Vec<u32> {
        let step = |value: &Value| match self.writer(history, key, *value) {
            Writer::Step(step) => Some(step),
            Writer::Failed(_) | Writer::First | Writer::Nobody => None,
        };
        values.iter().filter_map(step).collect()
    }

    /// Gives each write its stamp, in the order of the record.
    fn stamp(&mut self, history: &Observed, beside: &BTreeMap<u32, BTreeSet<u32>>, options: &Options) -> Result<(), Verdict> {
        let mut known: BTreeMap<(u32, Key), BTreeSet<u32>> = BTreeMap::new();
        let mut guessed = vec![false; history.steps.len()];
        let mut size = 0_u64;
        for event in events(history) {
            let (Event::Begins(op) | Event::Ends(op)) = event;
            let operation = &history.operations[op as usize];
            let (step, key) = (operation.first, history.steps[operation.first as usize].key);
            match (event, &history.steps[step as usize].call) {
                (Event::Begins(_), Call::Write(_)) => {
                    let context = match history.versions.context(step) {
                        Some(told) => {
                            let values: Vec<Value> = told.iter().filter_map(|sibling| sibling.value).collect();
                            self.written_of(history, key, &values)
                        }
                        None => {
                            let concurrent = |seen: &u32| beside.get(&step).is_some_and(|others| others.contains(seen));
                            let seen = known.get(&(operation.session, key)).into_iter().flatten();
                            let seen: Vec<u32> = seen.copied().filter(|seen| !concurrent(seen)).collect();
                            guessed[step as usize] = !seen.is_empty();
                            seen
                        }
                    };
                    guessed[step as usize] |= context.iter().any(|seen| guessed[*seen as usize]);
                    let past = self.past(step, &context);
                    size += 16 * past.entries().count() as u64;
                    if size > options.memory {
                        return Err(Verdict::Unknown(format!("{} was spent", options.budget())));
                    }
                    let dot = Dot { actor: Actor(step), count: 1 };
                    self.stamps[step as usize] = DottedVersion::new(dot, past).map(Stamp::dotted);
                }
                (Event::Ends(_), Call::Write(_)) if operation.outcome == Outcome::Ok => {
                    known.entry((operation.session, key)).or_default().insert(step);
                }
                (Event::Ends(_), Call::Read(_)) if operation.outcome == Outcome::Ok => {
                    let written = self.written_of(history, key, returned(&history.steps[step as usize].call));
                    self.doubt(history, op, &written, &guessed);
                    known.entry((operation.session, key)).or_default().extend(written);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// All that a context stands for: its writes, and theirs. A write that has not begun is in no context.
    fn past(&self, step: u32, context: &[u32]) -> VersionVector {
        let stamps = context.iter().filter(|seen| **seen != step).filter_map(|seen| self.stamps[*seen as usize].as_ref());
        let mut all = BTreeSet::new();
        for stamp in stamps {
            if let Stamp::Dotted(version) = stamp {
                all.insert(version.dot().actor);
                all.extend(version.past().entries().map(|(actor, _)| actor));
            }
        }
        VersionVector::of(all.into_iter().map(|actor| (actor, 1)))
    }

    /// Notes two values of one read of which the largest contexts make one cover the other.
    fn doubt(&mut self, history: &Observed, read: u32, written: &[u32], guessed: &[bool]) {
        if self.doubt.is_some() {
            return;
        }
        let stamp = |step: u32| self.stamps[step as usize].as_ref();
        let covers = |one: u32, other: u32| {
            let both = stamp(one).zip(stamp(other));
            one != other && guessed[one as usize] && both.is_some_and(|(one, other)| one.covers(other))
        };
        if written.iter().any(|one| written.iter().any(|other| covers(*one, *other))) {
            let read = operation(history, read);
            self.doubt = Some(format!(
                "{read}, values of which one may have replaced the other by way of a third; what each write had replaced is not told"
            ));
        }
    }
}

/// The values that a read returned.
pub(super) fn returned(call: &Call) -> &[Value] {
    match call {
        Call::Read(Returned::Siblings(values)) => values,
        Call::Read(Returned::Value(value)) => std::slice::from_ref(value),
        _ => &[],
    }
}

fn writers(history: &Observed) -> BTreeMap<(Key, Value), (Vec<u32>, Option<u32>)> {
    let mut writers: BTreeMap<(Key, Value), (Vec<u32>, Option<u32>)> = BTreeMap::new();
    for op in &history.operations {
        for number in op.first..op.first + op.count {
            let step = &history.steps[number as usize];
            let Call::Write(value) = step.call else { continue };
            let (written, failed) = writers.entry((step.key, value)).or_default();
            match op.outcome {
                Outcome::Fail => *failed = failed.or(Some(number)),
                Outcome::Ok | Outcome::Info if written.len() < 2 => written.push(number),
                Outcome::Ok | Outcome::Info => {}
            }
        }
    }
    writers
}
