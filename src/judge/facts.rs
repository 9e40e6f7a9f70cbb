//! What a record says beyond its lines: whose write each read returned, and which operations of a session follow each other.
//!
//! Where every value that is read was written once, a read names its write, and much can be decided without a search
//! ("differentiated" histories, Bouajjani et al. 2017). Where a read could have two sources it is called ambiguous, and what
//! needs the source is not judged. Where the record tells real time, what began after a read had ended cannot be its source: nobody
//! returns what was not asked for yet. If only such writes have the value, the read is *early*, and breaks what says that reads have
//! a source at all; the guarantees of sessions still compare it with that write. For lists the last element stands for the whole.

use super::lists::{self, List, Order};
use super::machine::ABSENT;
use super::table::Table;
pub(super) use super::writers::NONE;
use super::writers::{Writers, WritersOf};
use crate::observed::{Call, Initial, Key, Model, Observed, Outcome, Returned, Step};

/// The place in its list of an append that no read shows.
pub(super) const UNSHOWN: u32 = u32::MAX;

/// Where the value of a read came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The step is no read, or its result is not known.
    Nothing,
    /// What the key held at the beginning.
    Initial,
    /// This step wrote it, in an operation that happened or may have.
    Write(u32),
    /// This step would have written it, but its operation failed.
    Aborted(u32),
    /// Nobody wrote it.
    ThinAir,
    /// More than one may have written it.
    Ambiguous,
}

/// A history with its sources and chains.
pub(super) struct Facts<'a> {
    pub(super) history: &'a Observed,
    /// The operation of each step.
    pub(super) op_of: Vec<u32>,
    /// The source of each step that reads.
    pub(super) sources: Vec<Source>,
    /// A step whose source began only after it had ended.
    pub(super) early: Option<u32>,
    /// For each key a step whose source is ambiguous.
    pub(super) ambiguous: Vec<Option<u32>>,
    /// The chain of each operation. The operations of a chain follow each other; what ended without an answer is a chain of its own.
    pub(super) chain: Vec<u32>,
    /// The operation before each in its session, for the first of a chain too.
    pub(super) before: Vec<u32>,
    /// How many chains there are.
    pub(super) chains: usize,
    /// A session whose operations overlap.
    pub(super) overlapping: Option<u32>,
    /// Whether each key is a list.
    lists: Vec<bool>,
    /// For each key that is a list, what its reads tell.
    pub(super) told: Vec<Option<List>>,
    /// The place of each append in its list, from 0 on; [`UNSHOWN`] for other steps too.
    places: Vec<u32>,
    /// Who wrote what.
    writers: WritersOf,
}

/// The value that a step writes, as a number.
pub(super) fn written(step: &Step) -> Option<u32> {
    match step.call {
        Call::Write(value) | Call::CompareAndSet(_, value) | Call::Append(value) => Some(value),
        Call::Delete => Some(ABSENT),
        Call::Read(_) => None,
        // Workloads of their own have no writes, see `workloads`.
        Call::Transfer { .. }
        | Call::Balances(_)
        | Call::Add(_)
        | Call::Elements(_)
        | Call::Increment(_)
        | Call::Count { .. }
        | Call::Enqueue(_)
        | Call::Dequeue(_)
        | Call::Drain(_)
        | Call::Generate(_) => None,
    }
}

/// The value that a step of an operation that happened has read, as a number; of a list its last element.
pub(super) fn read(step: &Step) -> Option<u32> {
    match &step.call {
        Call::Read(Returned::Value(value)) | Call::CompareAndSet(value, _) => Some(*value),
        Call::Read(Returned::Absent) => Some(ABSENT),
        Call::Read(Returned::List(list)) => Some(list.last().copied().unwrap_or(ABSENT)),
        // Of several siblings none is the one that was read: see `siblings`.
        Call::Read(Returned::Unknown | Returned::Siblings(_)) | Call::Write(_) | Call::Append(_) | Call::Delete => None,
        Call::Transfer { .. }
        | Call::Balances(_)
        | Call::Add(_)
        | Call::Elements(_)
        | Call::Increment(_)
        | Call::Count { .. }
        | Call::Enqueue(_)
        | Call::Dequeue(_)
        | Call::Drain(_)
        | Call::Generate(_) => None,
    }
}

/// The source of a read whose version the record tells, if one write has that version.
fn by_version(writers: &WritersOf, step: &Step) -> Option<Source> {
    let writers = writers.of_version(step.key, step.version?)?;
    (writers.one != NONE && writers.second == NONE).then_some(Source::Write(writers.one))
}

impl<'a> Facts<'a> {
    pub(super) fn new(history: &'a Observed) -> Facts<'a> {
        let mut op_of = vec![0; history.steps.len()];
        for (i, op) in (0_u32..).zip(&history.operations) {
            op_of[op.first as usize..(op.first + op.count) as usize].fill(i);
        }
        let mut facts = Facts {
            history,
            op_of,
            sources: vec![Source::Nothing; history.steps.len()],
            early: None,
            ambiguous: vec![None; history.keys.len()],
            chain: Vec::new(),
            before: Vec::new(),
            chains: 0,
            overlapping: None,
            lists: vec![false; history.keys.len()],
            told: Vec::new(),
            places: Vec::new(),
            writers: WritersOf::default(),
        };
        if history.model != Model::AppendText {
            facts.find_sources();
        }
        facts.told.resize_with(history.keys.len(), || None);
        if facts.has_lists() {
            for (key, steps) in (0_u32..).zip(facts.steps_by_key()).filter(|(key, _)| facts.lists[*key as usize]) {
                facts.told[key as usize] = Some(lists::read(&facts, key, &steps));
            }
            facts.places = vec![UNSHOWN; history.steps.len()];
            for order in facts.told.iter().flatten().filter_map(|told| told.order.as_ref().ok()) {
                for (place, append) in (0_u32..).zip(&order.appends) {
                    facts.places[*append as usize] = place;
                }
            }
        }
        facts.find_chains();
        facts
    }

    /// Whether the operation of a step happened: it was acknowledged, or somebody saw what it wrote.
    pub(super) fn happened(&self, step: u32) -> bool {
        self.chain[self.op_of[step as usize] as usize] != NONE
    }

    /// When the operation of a step began.
    pub(super) fn began(&self, step: u32) -> u64 {
        self.history.operations[self.op_of[step as usize] as usize].invoked
    }

    /// When the operation of a step ended, or the end of time.
    pub(super) fn ended(&self, step: u32) -> u64 {
        self.history.operations[self.op_of[step as usize] as usize].completed.unwrap_or(u64::MAX)
    }

    /// The place of an append in its list, if a read shows it.
    pub(super) fn place_of(&self, append: u32) -> u32 {
        self.places[append as usize]
    }

    /// The order of the appends to a key, if it is a list whose reads show one.
    pub(super) fn order_of(&self, key: Key) -> Option<&Order> {
        self.told[key as usize].as_ref()?.order.as_ref().ok()
    }

    /// The outcome of the operation of a step.
    pub(super) fn outcome(&self, step: u32) -> Outcome {
        self.history.operations[self.op_of[step as usize] as usize].outcome
    }

    /// The key of a step.
    pub(super) fn key(&self, step: u32) -> Key {
        self.history.steps[step as usize].key
    }

    fn find_sources(&mut self) {
        let mut writers = WritersOf::new(self.history);
        for (i, step) in (0_u32..).zip(&self.history.steps) {
            let Some(value) = written(step) else { continue };
            self.lists[step.key as usize] |= matches!(step.call, Call::Append(_));
            let failed = self.outcome(i) == Outcome::Fail;
            let again = writers.at_value(step.key, value).note(i, failed, |step| self.began(step));
            if let Some(version) = step.version {
                writers.at_version(step.key, version).note(i, failed, |step| self.began(step));
            }
            if again && self.lists[step.key as usize] {
                self.ambiguous[step.key as usize].get_or_insert(i);
            }
        }
        self.writers = writers;
        let mut guessed = vec![None; self.history.keys.len()];
        for i in 0..self.sources.len() {
            let step = &self.history.steps[i];
            let number = i as u32;
            let Some(value) = read(step).filter(|_| self.outcome(number) == Outcome::Ok) else { continue };
            let all = self.writers.of_value(step.key, value);
            let mut source = self.source((step.key, value), all.map(|w| self.begun(w, number)), &mut guessed[step.key as usize]);
            if source == Source::ThinAir && all.is_some_and(|w| w.one != NONE) {
                source = self.source((step.key, value), all, &mut guessed[step.key as usize]);
                if let Source::Write(_) = source {
                    self.early.get_or_insert(number);
                }
            }
            if source == Source::Ambiguous {
                source = by_version(&self.writers, step).unwrap_or(source);
            }
            if source == Source::Ambiguous {
                self.ambiguous[step.key as usize].get_or_insert(number);
            }
            self.sources[i] = source;
        }
    }

    /// Of some writers those that had begun when a read ended, where that is known.
    fn begun(&self, writers: Writers, read: u32) -> Writers {
        let ended = if self.history.real_time { self.ended(read) } else { u64::MAX };
        let begun = |step: u32| if step != NONE && self.began(step) <= ended { step } else { NONE };
        Writers { one: begun(writers.one), second: begun(writers.second), failed: begun(writers.failed) }
    }

    /// The source of a value. What a key of unknown beginning held at first is the first value that nobody wrote.
    fn source(&self, (key, value): (Key, u32), writers: Option<Writers>, guessed: &mut Option<u32>) -> Source {
        let lists_begin_empty = value == ABSENT && self.history.model == Model::AppendList;
        let initial = match self.history.initial_of(key) {
            Initial::Absent => value == ABSENT,
            Initial::Value(first) => value == first || lists_begin_empty,
            Initial::Unknown => writers.is_none_or(|w| w.one == NONE) && *guessed.get_or_insert(value) == value,
        };
        match writers {
            Some(w) if w.second != NONE || (initial && w.one != NONE) => Source::Ambiguous,
            Some(w) if w.one != NONE => Source::Write(w.one),
            _ if initial => Source::Initial,
            Some(w) if w.failed != NONE => Source::Aborted(w.failed),
            _ => Source::ThinAir,
        }
    }

    /// Whether anybody saw what an operation without an answer wrote. If nobody did, it can be taken to have never happened.
    fn find_unseen(&self) -> Vec<bool> {
        let history = self.history;
        let mut unseen: Vec<bool> = history.operations.iter().map(|op| op.outcome == Outcome::Info).collect();
        if history.model == Model::AppendText || !unseen.contains(&true) {
            return vec![false; unseen.len()];
        }
        let mut read_values = Table::default();
        for (number, step) in (0_u32..).zip(&history.steps).filter(|(_, step)| !self.is_list(step.key)) {
            if let Some(value) = read(step).filter(|_| self.outcome(number) == Outcome::Ok) {
                read_values.insert(&[step.key, value]);
            }
        }
        for (number, step) in (0_u32..).zip(&history.steps) {
            let Some(value) = written(step) else { continue };
            let seen = match self.is_list(step.key) {
                true => self.place_of(number) != UNSHOWN || self.order_of(step.key).is_none(),
                false => step.version.is_some() || read_values.find(&[step.key, value]).is_some(),
            };
            unseen[self.op_of[number as usize] as usize] &= !seen;
        }
        unseen
    }

    /// Puts the operations of each session into chains: one, if they do not overlap.
    fn find_chains(&mut self) {
        let unseen = self.find_unseen();
        let operations = &self.history.operations;
        (self.chain, self.before) = (vec![NONE; operations.len()], vec![NONE; operations.len()]);
        let sessions = operations.iter().map(|op| op.session + 1).max().unwrap_or(0);
        // By session: the chains with their last operations.
        let mut ends: Vec<Vec<(u32, u32)>> = vec![Vec::new(); sessions as usize];
        for (i, op) in (0_u32..).zip(operations) {
            let ends = &mut ends[op.session as usize];
            let follows = |last: u32| {
                let ended = operations[last as usize].completed;
                !self.history.real_time || ended.is_some_and(|ended| ended <= op.invoked)
            };
            let free = ends.iter_mut().find(|(_, last)| follows(*last));
            match (op.outcome, free) {
                (Outcome::Fail, _) => {}
                (Outcome::Info, _) if unseen[i as usize] => {}
                (Outcome::Ok, Some((chain, last))) => {
                    (self.chain[i as usize], self.before[i as usize]) = (*chain, *last);
                    *last = i;
                }
                (Outcome::Info, free) => {
                    self.before[i as usize] = free.map_or(NONE, |(_, last)| *last);
                    self.chain[i as usize] = self.chains as u32;
                    self.chains += 1;
                }
                (Outcome::Ok, None) => {
                    self.chain[i as usize] = self.chains as u32;
                    if !ends.is_empty() {
                        self.overlapping = Some(op.session);
                    }
                    ends.push((self.chains as u32, i));
                    self.chains += 1;
                }
            }
        }
    }
}

impl Facts<'_> {
    /// Whether a key is a list: something is appended to it.
    pub(super) fn is_list(&self, key: Key) -> bool {
        self.lists[key as usize]
    }

    /// Whether any key is a list.
    pub(super) fn has_lists(&self) -> bool {
        self.lists.contains(&true)
    }

    /// The step that wrote a value of a key, if one did that may have happened.
    pub(super) fn writer_of(&self, key: Key, value: u32) -> u32 {
        self.writers.of_value(key, value).map_or(NONE, |writers| writers.one)
    }

    /// The steps on each key, in the order of the history.
    pub(super) fn steps_by_key(&self) -> Vec<Vec<u32>> {
        let mut by_key = vec![Vec::new(); self.history.keys.len()];
        for (i, step) in (0_u32..).zip(&self.history.steps) {
            by_key[step.key as usize].push(i);
        }
        by_key
    }
}
