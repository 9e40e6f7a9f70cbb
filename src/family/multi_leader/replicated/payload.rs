//! What a key of replicated data holds: one of the types, in the form in which it travels.
//!
//! A closed enum over the types of [`crate::crdt`]: it hands on, and decides nothing.

use serde::Serialize;

use super::{Carried, DataType, Method, Number, Operation, ReplicaName, Replicated, Sends};
use crate::crdt::{
    BoundedCounter, Crdt, DotCounter, DotMap, DotSet, GCounter, GSet, LwwElementSet, LwwRegister, MvRegister, OpBased, OpCounter,
    OpMvRegister, OpOrMap, OpOrSet, OrMap, OrSet, OrSetOptimised, PnCounter, PnSet, Rga, SequenceUpdate, StateBased,
    TwoPhaseGraph, TwoPhaseSet, UpdateError,
};
use crate::log::Value;

/// What stands at a field of a map of sets.
pub(super) type SetAtField = DotMap<u8, DotSet<ReplicaName>>;

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Payload {
    /// A counter that only grows.
    GCounter(GCounter<ReplicaName>),
    /// A counter that goes up and down.
    PnCounter(PnCounter<ReplicaName>),
    /// A counter by operations.
    OpCounter(OpCounter),
    /// A counter with rights.
    BoundedCounter(BoundedCounter<ReplicaName>),
    /// A register by time.
    LwwRegister(LwwRegister<ReplicaName, u8>),
    /// A register that keeps all.
    MvRegister(MvRegister<ReplicaName, u8>),
    /// A register that keeps all, by operations.
    OpMvRegister(OpMvRegister<ReplicaName, u8>),
    /// A set that only grows.
    GSet(GSet<u8>),
    /// A two-phase set.
    TwoPhaseSet(TwoPhaseSet<u8>),
    /// A set by time.
    LwwElementSet(LwwElementSet<u8>),
    /// A set with counters.
    PnSet(PnSet<ReplicaName, u8>),
    /// An observed-remove set with tombstones.
    OrSet(OrSet<ReplicaName, u8>),
    /// An observed-remove set without.
    OrSetOptimised(OrSetOptimised<ReplicaName, u8>),
    /// An observed-remove set by operations.
    OpOrSet(OpOrSet<ReplicaName, u8>),
    /// A graph, with the element that stands for each edge.
    Graph(TwoPhaseGraph<u8>, #[serde(skip)] Vec<(u8, u8, u8)>),
    /// A replicated growable array.
    Rga(Rga<ReplicaName, char>),
    /// A map of counters.
    Counters(OrMap<u8, DotCounter<ReplicaName>>),
    /// A map of counters, by operations.
    OpCounters(OpOrMap<u8, DotCounter<ReplicaName>>),
    /// A map of sets.
    Sets(OrMap<u8, SetAtField>),
    /// A map of sets, by operations.
    OpSets(OpOrMap<u8, SetAtField>),
    /// A text that replays indices.
    PlainText(String),
    /// One number.
    Number(Number),
}

impl Payload {
    /// What a key holds to which nothing was done.
    #[must_use]
    pub fn new(replicated: Replicated) -> Payload {
        let operations = replicated.sends == Sends::Operations;
        match replicated.data_type {
            DataType::GCounter | DataType::PnCounter if operations => Payload::OpCounter(OpCounter::default()),
            DataType::GCounter => Payload::GCounter(GCounter::new()),
            DataType::PnCounter => Payload::PnCounter(PnCounter::new()),
            DataType::BoundedCounter => Payload::BoundedCounter(BoundedCounter::new()),
            DataType::LwwRegister => Payload::LwwRegister(LwwRegister::new()),
            DataType::MvRegister if operations => Payload::OpMvRegister(OpMvRegister::default()),
            DataType::MvRegister => Payload::MvRegister(MvRegister::new()),
            DataType::GSet => Payload::GSet(GSet::new()),
            DataType::TwoPhaseSet => Payload::TwoPhaseSet(TwoPhaseSet::new()),
            DataType::LwwElementSet => Payload::LwwElementSet(LwwElementSet::with_bias(replicated.bias)),
            DataType::PnSet => Payload::PnSet(PnSet::new()),
            DataType::OrSet | DataType::OrSetOptimised if operations => Payload::OpOrSet(OpOrSet::default()),
            DataType::OrSet => Payload::OrSet(OrSet::new()),
            DataType::OrSetOptimised => Payload::OrSetOptimised(OrSetOptimised::new()),
            DataType::TwoPhaseGraph => Payload::Graph(TwoPhaseGraph::new(), Vec::new()),
            DataType::Rga => Payload::Rga(Rga::new()),
            DataType::OrMapOfCounters if operations => Payload::OpCounters(OpOrMap::default()),
            DataType::OrMapOfCounters => Payload::Counters(OrMap::new()),
            DataType::OrMapOfSets if operations => Payload::OpSets(OpOrMap::default()),
            DataType::OrMapOfSets => Payload::Sets(OrMap::new()),
            DataType::PlainText => Payload::PlainText(String::new()),
            DataType::Number => Payload::Number(Number::new(replicated.merge)),
        }
    }

    /// Takes in what another replica's update carries.
    ///
    /// # Errors
    /// [`UpdateError`] if an operation has no effect here, because what it builds on has not come.
    pub fn receive(&mut self, carried: &Carried) -> Result<(), UpdateError> {
        match carried {
            Carried::Delta(delta) => {
                self.merge(delta);
                Ok(())
            }
            Carried::Operation(operation) => self.effect(operation),
        }
    }

    /// Takes in another replica's state.
    ///
    /// # Panics
    /// If it is of another type: keys have the same type at all replicas of a group.
    pub fn merge(&mut self, other: &Payload) {
        match (self, other) {
            (Payload::GCounter(mine), Payload::GCounter(theirs)) => mine.merge(theirs),
            (Payload::PnCounter(mine), Payload::PnCounter(theirs)) => mine.merge(theirs),
            (Payload::BoundedCounter(mine), Payload::BoundedCounter(theirs)) => mine.merge(theirs),
            (Payload::LwwRegister(mine), Payload::LwwRegister(theirs)) => mine.merge(theirs),
            (Payload::MvRegister(mine), Payload::MvRegister(theirs)) => mine.merge(theirs),
            (Payload::GSet(mine), Payload::GSet(theirs)) => mine.merge(theirs),
            (Payload::TwoPhaseSet(mine), Payload::TwoPhaseSet(theirs)) => mine.merge(theirs),
            (Payload::LwwElementSet(mine), Payload::LwwElementSet(theirs)) => mine.merge(theirs),
            (Payload::PnSet(mine), Payload::PnSet(theirs)) => mine.merge(theirs),
            (Payload::OrSet(mine), Payload::OrSet(theirs)) => mine.merge(theirs),
            (Payload::OrSetOptimised(mine), Payload::OrSetOptimised(theirs)) => mine.merge(theirs),
            (Payload::Graph(mine, edges), Payload::Graph(theirs, others)) => {
                mine.merge(theirs);
                others.iter().for_each(|edge| name_edge(edges, *edge));
            }
            (Payload::Rga(mine), Payload::Rga(theirs)) => mine.merge(theirs),
            (Payload::Counters(mine), Payload::Counters(theirs)) => mine.merge(theirs),
            (Payload::Sets(mine), Payload::Sets(theirs)) => mine.merge(theirs),
            (Payload::Number(mine), Payload::Number(theirs)) => mine.merge(*theirs),
            (mine, theirs) => panic!("a state {theirs:?} came for a key that holds {mine:?}"),
        }
    }

    /// Carries out an operation of another replica.
    fn effect(&mut self, operation: &Operation) -> Result<(), UpdateError> {
        match (self, operation) {
            (Payload::OpCounter(counter), Operation::Count(n)) => OpBased::<ReplicaName>::effect(counter, n),
            (Payload::LwwRegister(register), Operation::Assign(op)) => register.effect(op),
            (Payload::OpMvRegister(register), Operation::AssignBeside(op)) => register.effect(op),
            (Payload::GSet(set), Operation::Element(element)) => OpBased::<ReplicaName>::effect(set, element),
            (Payload::TwoPhaseSet(set), Operation::Set(op)) => OpBased::<ReplicaName>::effect(set, op),
            (Payload::LwwElementSet(set), Operation::SetAt(element, op)) => OpBased::<ReplicaName>::effect(set, &(*element, *op)),
            (Payload::PnSet(set), Operation::Counted(who, op)) => set.effect(&(*who, op.clone())),
            (Payload::OpOrSet(set), Operation::Observed(op)) => set.effect(op),
            (Payload::Graph(graph, _), Operation::Graph(op)) => OpBased::<ReplicaName>::effect(graph, op),
            (Payload::Rga(text), Operation::Sequence(op)) => text.effect(op),
            (Payload::OpCounters(map), Operation::Counters(op)) => map.effect(op),
            (Payload::OpSets(map), Operation::Sets(op)) => map.effect(op),
            (Payload::PlainText(text), Operation::Indexed(update)) => {
                replay(text, update);
                Ok(())
            }
            (mine, op) => panic!("an operation {op:?} came for a key that holds {mine:?}"),
        }
    }

    /// What a reader is shown.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Payload::GCounter(counter) => whole(i128::try_from(counter.value()).unwrap_or(i128::MAX)),
            Payload::PnCounter(counter) => whole(counter.value()),
            Payload::OpCounter(counter) => Value::Int(counter.value()),
            Payload::BoundedCounter(counter) => whole(counter.value()),
            Payload::LwwRegister(register) => assigned(register.value()),
            Payload::MvRegister(register) => assigned(register.value()),
            Payload::OpMvRegister(register) => assigned(register.value()),
            Payload::GSet(set) => elements(set.iter()),
            Payload::TwoPhaseSet(set) => elements(set.iter()),
            Payload::LwwElementSet(set) => elements(set.iter()),
            Payload::PnSet(set) => elements(&set.value()),
            Payload::OrSet(set) => elements(set.iter()),
            Payload::OrSetOptimised(set) => elements(&set.value()),
            Payload::OpOrSet(set) => elements(&set.value()),
            Payload::Graph(graph, names) => {
                let (vertices, edges) = graph.value();
                let shown = names.iter().filter(|(from, to, _)| edges.contains(&(*from, *to))).map(|(_, _, edge)| edge);
                elements(vertices.iter().chain(shown))
            }
            Payload::Rga(text) => Value::characters(&text.text()),
            Payload::Counters(map) => Value::amounts(map.value().into_iter()),
            Payload::OpCounters(map) => Value::amounts(map.value().into_iter()),
            Payload::Sets(map) => elements(map.value().values().flatten()),
            Payload::OpSets(map) => elements(map.value().values().flatten()),
            Payload::PlainText(text) => Value::characters(text),
            Payload::Number(number) => Value::Int(number.value()),
        }
    }

    /// The whole text, of a text.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Payload::Rga(text) => Some(text.text()),
            Payload::PlainText(text) => Some(text.clone()),
            Payload::GCounter(_)
            | Payload::PnCounter(_)
            | Payload::OpCounter(_)
            | Payload::BoundedCounter(_)
            | Payload::LwwRegister(_)
            | Payload::MvRegister(_)
            | Payload::OpMvRegister(_)
            | Payload::GSet(_)
            | Payload::TwoPhaseSet(_)
            | Payload::LwwElementSet(_)
            | Payload::PnSet(_)
            | Payload::OrSet(_)
            | Payload::OrSetOptimised(_)
            | Payload::OpOrSet(_)
            | Payload::Graph(..)
            | Payload::Counters(_)
            | Payload::OpCounters(_)
            | Payload::Sets(_)
            | Payload::OpSets(_)
            | Payload::Number(_) => None,
        }
    }

    /// How many bytes the whole state takes on the wire, as postcard writes it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        postcard::to_allocvec(self).map_or(0, |bytes| bytes.len())
    }

    /// Forgets which elements were removed, before all replicas know: a defect.
    pub fn forget_tombstones(&mut self) {
        match self {
            Payload::TwoPhaseSet(set) => set.forget_tombstones(),
            Payload::OrSet(set) => set.forget_tombstones(),
            // The others have no tombstones, or cannot do without them.
            Payload::GCounter(_)
            | Payload::PnCounter(_)
            | Payload::OpCounter(_)
            | Payload::BoundedCounter(_)
            | Payload::LwwRegister(_)
            | Payload::MvRegister(_)
            | Payload::OpMvRegister(_)
            | Payload::GSet(_)
            | Payload::LwwElementSet(_)
            | Payload::PnSet(_)
            | Payload::OrSetOptimised(_)
            | Payload::OpOrSet(_)
            | Payload::Graph(..)
            | Payload::Rga(_)
            | Payload::Counters(_)
            | Payload::OpCounters(_)
            | Payload::Sets(_)
            | Payload::OpSets(_)
            | Payload::PlainText(_)
            | Payload::Number(_) => {}
        }
    }

    /// Notes the element that stands for an edge that a method adds, where a value is shown.
    pub fn name_edge(&mut self, method: &Method) {
        if let (Payload::Graph(_, edges), Method::AddEdge(arrow)) = (self, method) {
            name_edge(edges, (arrow.from, arrow.to, arrow.edge));
        }
    }
}

fn name_edge(edges: &mut Vec<(u8, u8, u8)>, edge: (u8, u8, u8)) {
    if let Err(place) = edges.binary_search(&edge) {
        edges.insert(place, edge);
    }
}

/// Replays an update of a text by its indices, as far as the text goes.
pub(super) fn replay(text: &mut String, update: &SequenceUpdate<char>) {
    let place = |text: &str, index: usize| text.char_indices().nth(index).map_or(text.len(), |(place, _)| place);
    match update {
        SequenceUpdate::Insert(index, characters) => {
            let at = place(text, *index);
            text.insert_str(at, &characters.iter().collect::<String>());
        }
        SequenceUpdate::Remove(index, count) => {
            let range = place(text, *index)..place(text, index.saturating_add(*count));
            text.replace_range(range, "");
        }
    }
}

/// A number as a value: at the end of its range, if it is beyond it.
fn whole(n: i128) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX }))
}

/// What was assigned: nothing, one value, or several as a set.
fn assigned(values: impl IntoIterator<Item = u8>) -> Value {
    let mut values: Vec<u8> = values.into_iter().collect();
    values.sort_unstable();
    values.dedup();
    match values.as_slice() {
        [] => Value::Nothing,
        [one] => Value::Joined(u64::from(*one) + 1),
        several => elements(several),
    }
}

fn elements<'a>(numbers: impl IntoIterator<Item = &'a u8>) -> Value {
    Value::Set(numbers.into_iter().fold(0, |set, number| set | 1 << (number & 63)))
}
