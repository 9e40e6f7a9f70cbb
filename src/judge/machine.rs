//! What operations do to the object: a register, a text, a list, or several of them at once.
//!
//! A state is a number. For registers it is the value's own; texts and lists, and the states of several keys together, are numbered
//! as they are met. A register of unknown content is a state too: the first read tells what it held.

use super::table::Table;
use super::workloads::transitions::{Transition, Transitions};
use crate::observed::{Call, Initial, Key, Model, Observed, Operation, Outcome, Returned, Value};

/// The number of a state or of a value.
pub(super) type State = u32;
/// The state of a key that holds nothing, and what a read of it returns.
pub(super) const ABSENT: State = u32::MAX;
/// The state of a register of which nothing is known.
pub(super) const ANYTHING: State = u32::MAX - 1;

/// What one operation does to one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Returns this state.
    Read(State),
    /// Makes the state this one.
    Write(State),
    /// Changes the first state into the second.
    Swap(State, State),
    /// Sees that the state is not this one.
    Differs(State),
    /// Puts this value behind.
    Append(Value),
    /// Several steps at once: the acts of this operation.
    Several(u32),
    /// What is done to a bank, a counter or a queue: the transition of this number.
    Transition(u32),
}

/// How appended values come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    List,
}

/// Knows all states that were met.
#[derive(Clone, Debug)]
pub(super) struct Machine<'a> {
    history: &'a Observed,
    form: Form,
    /// Texts and lists, as bytes and elements.
    sequences: Table,
    /// Appending, once done: the sequence and the value, and in `appended` what came of it.
    appending: Table,
    appended: Vec<State>,
    /// The states of several keys at once.
    joint: Table,
    /// The acts of operations with several steps, as `(place of the key, act)`.
    several: Vec<Vec<(usize, Act)>>,
    /// The transitions of banks, counters and queues; their states are words of `joint`.
    transitions: Transitions,
}

impl<'a> Machine<'a> {
    pub(super) fn new(history: &'a Observed) -> Machine<'a> {
        let form = if history.model == Model::AppendText { Form::Text } else { Form::List };
        let (sequences, appending, joint) = (Table::default(), Table::default(), Table::default());
        Machine {
            history,
            form,
            sequences,
            appending,
            appended: Vec::new(),
            joint,
            several: Vec::new(),
            transitions: Transitions::default(),
        }
    }

    /// Whether keys hold numbered sequences; otherwise values.
    pub(super) fn sequences(&self) -> bool {
        matches!(self.history.model, Model::AppendText | Model::AppendList)
    }

    /// Whether one sequence begins with another.
    pub(super) fn begins(&self, with: State, whole: State) -> bool {
        self.sequences.words(whole).starts_with(self.sequences.words(with))
    }

    /// The state in which a key begins.
    pub(super) fn initial(&mut self, key: Key) -> State {
        match self.history.initial_of(key) {
            Initial::Absent => self.state_of(&Returned::Absent).unwrap_or(ABSENT),
            Initial::Value(value) => self.state_of(&Returned::Value(value)).unwrap_or(ABSENT),
            Initial::Unknown => ANYTHING,
        }
    }

    /// The state that a read has seen, if the record says it. An absent text is an empty one, and an absent list too.
    pub(super) fn state_of(&mut self, returned: &Returned) -> Option<State> {
        match returned {
            // Several siblings are no state of one register: see `siblings`.
            Returned::Unknown | Returned::Siblings(_) => None,
            Returned::Absent if self.sequences() => Some(self.sequences.insert(&[]).0),
            Returned::Absent => Some(ABSENT),
            Returned::Value(value) if self.sequences() => Some(self.sequence_of(*value)),
            Returned::Value(value) => Some(*value),
            Returned::List(list) if list.is_empty() && !self.sequences() => Some(ABSENT),
            Returned::List(list) => Some(self.sequences.insert(list).0),
        }
    }

    fn sequence_of(&mut self, value: Value) -> State {
        let words = self.words_of(value);
        self.sequences.insert(&words).0
    }

    /// A value as words of a sequence: a text as its bytes.
    fn words_of(&self, value: Value) -> Vec<u32> {
        match self.form {
            Form::List => vec![value],
            Form::Text => self.history.values[value as usize].bytes().map(u32::from).collect(),
        }
    }

    /// What a step does; nothing if it says nothing (a read of unknown result, an operation that did not happen).
    pub(super) fn act(&mut self, outcome: Outcome, call: &Call, failed_saw: bool) -> Option<Act> {
        match (outcome, call) {
            (Outcome::Ok, Call::Read(returned)) => self.state_of(returned).map(Act::Read),
            (Outcome::Fail, Call::CompareAndSet(from, _)) if failed_saw => {
                self.state_of(&Returned::Value(*from)).map(Act::Differs)
            }
            (Outcome::Fail, _) | (Outcome::Info, Call::Read(_)) => None,
            (_, Call::Write(value)) => self.state_of(&Returned::Value(*value)).map(Act::Write),
            (_, Call::Delete) => self.state_of(&Returned::Absent).map(Act::Write),
            (_, Call::Append(value)) => Some(Act::Append(*value)),
            (
                _,
                Call::Transfer { .. }
                | Call::Balances(_)
                | Call::Add(_)
                | Call::Elements(_)
                | Call::Increment(_)
                | Call::Count { .. }
                | Call::Enqueue(_)
                | Call::Dequeue(_)
                | Call::Drain(_)
                | Call::Generate(_),
            ) => None,
            (_, Call::CompareAndSet(from, to)) => {
                let from = self.state_of(&Returned::Value(*from))?;
                self.state_of(&Returned::Value(*to)).map(|to| Act::Swap(from, to))
            }
        }
    }

    /// What an operation of several steps does to these keys, as one act.
    pub(super) fn several(&mut self, operation: &Operation, keys: &[u32]) -> Option<Act> {
        let history = self.history;
        let mut acts = Vec::new();
        for step in history.steps_of(operation) {
            let place = keys.binary_search(&step.key).expect("the component has all keys of its operations");
            acts.extend(self.act(operation.outcome, &step.call, false).map(|act| (place, act)));
        }
        let number = u32::try_from(self.several.len()).expect("operations are numbered by 32 bits");
        let said = !acts.is_empty();
        self.several.push(acts);
        said.then_some(Act::Several(number))
    }

    /// The joint state of these keys, all in their first state.
    pub(super) fn initial_of(&mut self, keys: &[Key]) -> State {
        let each: Vec<State> = keys.iter().map(|key| self.initial(*key)).collect();
        self.joint.insert(&each).0
    }

    /// A transition of a bank, a counter or a queue as an act. Equal transitions are equal acts.
    pub(super) fn transition(&mut self, transition: Transition) -> Act {
        Act::Transition(self.transitions.number(transition))
    }

    /// The state of a bank, a counter or a queue that these words stand for.
    pub(super) fn state_of_words(&mut self, words: &[u32]) -> State {
        self.joint.insert(words).0
    }

    /// The state after an act, if the act is possible.
    pub(super) fn apply(&mut self, state: State, act: Act) -> Option<State> {
        match act {
            Act::Read(seen) => (state == seen || state == ANYTHING).then_some(seen),
            Act::Write(next) => Some(next),
            Act::Swap(from, to) => (state == from || state == ANYTHING).then_some(to),
            Act::Differs(from) => (state != from).then_some(state),
            Act::Append(value) => Some(self.append(state, value)),
            Act::Transition(number) => {
                let next = self.transitions.get(number).apply(self.joint.words(state))?;
                Some(self.joint.insert(&next).0)
            }
            Act::Several(number) => {
                let mut joint = self.joint.words(state).to_vec();
                let acts = std::mem::take(&mut self.several[number as usize]);
                let done = acts.iter().all(|(place, act)| match self.apply(joint[*place], *act) {
                    Some(next) => {
                        joint[*place] = next;
                        true
                    }
                    None => false,
                });
                self.several[number as usize] = acts;
                done.then(|| self.joint.insert(&joint).0)
            }
        }
    }

    /// Whether an act leaves every state as it is.
    pub(super) fn only_looks(&self, act: Act) -> bool {
        match act {
            Act::Read(_) | Act::Differs(_) => true,
            Act::Write(_) | Act::Swap(..) | Act::Append(_) => false,
            Act::Transition(number) => self.transitions.get(number).only_looks(),
            Act::Several(number) => self.several[number as usize].iter().all(|(_, act)| self.only_looks(*act)),
        }
    }

    fn append(&mut self, state: State, value: Value) -> State {
        let (number, new) = self.appending.insert(&[state, value]);
        if new {
            // In a transaction over registers an absent list is no sequence yet.
            let mut words = if state == ABSENT { Vec::new() } else { self.sequences.words(state).to_vec() };
            words.extend(self.words_of(value));
            let next = self.sequences.insert(&words).0;
            self.appended.push(next);
        }
        self.appended[number as usize]
    }

    /// About how many bytes the states occupy.
    pub(super) fn bytes(&self) -> u64 {
        self.sequences.bytes() + self.appending.bytes() + self.joint.bytes()
    }
}
