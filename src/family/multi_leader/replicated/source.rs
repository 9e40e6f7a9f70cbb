//! An update where it is made: the leader looks at its precondition, carries it out, and keeps what is to travel.
//!
//! "atSource" and "downstream at the source" of Shapiro et al., INRIA RR-7506, section 2.3.

use super::payload::{Payload, replay};
use super::{Carried, Method, Operation, ReplicaName};
use crate::crdt::{GraphUpdate, MapUpdate, OpBased, SequenceUpdate, SetUpdate, SetUpdateAt, UpdateError};
use crate::versions::Dot;

/// Who makes an update, and when.
#[derive(Clone, Debug)]
pub struct Source {
    /// The leader and its number for the update: no other has it.
    pub dot: Dot<ReplicaName>,
    /// The time of the leader's clock, in microseconds.
    pub time: u64,
}

impl Payload {
    /// Calls a method here. What every other replica is to take in is the operation, or a delta; where states travel it is dropped.
    ///
    /// # Errors
    /// [`UpdateError`] if the precondition of the method fails here: nothing is changed then.
    ///
    /// # Panics
    /// If the type does not have the method: the plan has looked.
    pub fn call(&mut self, source: &Source, method: &Method) -> Result<Carried, UpdateError> {
        let id = &source.dot.id;
        match (self, method) {
            (Payload::GCounter(counter), Method::Increment(n)) => {
                counter.increment_delta(id, *n).map(|delta| Carried::Delta(Payload::GCounter(delta)))
            }
            (Payload::PnCounter(counter), Method::Increment(n)) => {
                counter.increment_delta(id, *n).map(|delta| Carried::Delta(Payload::PnCounter(delta)))
            }
            (Payload::PnCounter(counter), Method::Decrement(n)) => {
                counter.decrement_delta(id, *n).map(|delta| Carried::Delta(Payload::PnCounter(delta)))
            }
            (Payload::BoundedCounter(counter), Method::Increment(n)) => {
                counter.increment(id, *n).map(|delta| Carried::Delta(Payload::BoundedCounter(delta)))
            }
            (Payload::BoundedCounter(counter), Method::Decrement(n)) => {
                counter.decrement(id, *n).map(|delta| Carried::Delta(Payload::BoundedCounter(delta)))
            }
            (Payload::BoundedCounter(counter), Method::Transfer { to, amount }) => {
                counter.transfer(id, to, *amount).map(|delta| Carried::Delta(Payload::BoundedCounter(delta)))
            }
            (Payload::OpCounter(counter), Method::Increment(_) | Method::Decrement(_)) => {
                carry(counter, source, amount(method)?, Operation::Count)
            }
            (Payload::Number(number), Method::Increment(_) | Method::Decrement(_)) => {
                let by = amount(method)?;
                number.add(by);
                Ok(Carried::Operation(Operation::Count(by)))
            }
            (payload, Method::Assign(value)) => payload.assign(source, *value),
            (payload, Method::Add(element)) => payload.change_set(source, SetUpdate::Add(*element)),
            (payload, Method::Remove(element)) => payload.change_set(source, SetUpdate::Remove(*element)),
            (payload, Method::Insert { index, text }) => {
                payload.edit(source, SequenceUpdate::Insert(*index as usize, text.chars().collect()))
            }
            (payload, Method::Delete { index, count }) => {
                payload.edit(source, SequenceUpdate::Remove(*index as usize, *count as usize))
            }
            (payload @ Payload::Graph(..), method) => payload.change_graph(source, method),
            (payload, method) => payload.change_map(source, method),
        }
    }

    fn assign(&mut self, source: &Source, value: u8) -> Result<Carried, UpdateError> {
        match self {
            Payload::LwwRegister(register) => carry(register, source, (source.time, value), Operation::Assign),
            Payload::MvRegister(register) => {
                register.apply_delta(&source.dot.id, value).map(|delta| Carried::Delta(Payload::MvRegister(delta)))
            }
            Payload::OpMvRegister(register) => carry(register, source, value, Operation::AssignBeside),
            other => panic!("nothing can be assigned to {other:?}"),
        }
    }

    fn change_set(&mut self, source: &Source, update: SetUpdate<u8>) -> Result<Carried, UpdateError> {
        let id = &source.dot.id;
        let (element, adds) = match &update {
            SetUpdate::Add(element) => (*element, true),
            SetUpdate::Remove(element) => (*element, false),
        };
        match self {
            Payload::GSet(set) => carry(set, source, element, Operation::Element),
            Payload::TwoPhaseSet(set) => carry(set, source, update, Operation::Set),
            Payload::LwwElementSet(set) => {
                let at = if adds { SetUpdateAt::Add(source.time) } else { SetUpdateAt::Remove(source.time) };
                carry(set, source, (element, at), |(element, op)| Operation::SetAt(element, op))
            }
            Payload::PnSet(set) => carry(set, source, update, |(id, op)| Operation::Counted(id, op)),
            Payload::OrSet(set) => {
                let delta = if adds { set.add_delta(id, element)? } else { set.remove_delta(&element)? };
                Ok(Carried::Delta(Payload::OrSet(delta)))
            }
            Payload::OrSetOptimised(set) => {
                let delta = if adds { set.add_delta(id, element)? } else { set.remove_delta(&element)? };
                Ok(Carried::Delta(Payload::OrSetOptimised(delta)))
            }
            Payload::OpOrSet(set) => {
                let update = if adds { MapUpdate::Update(element, ()) } else { MapUpdate::Remove(element) };
                carry(set, source, update, Operation::Observed)
            }
            other => panic!("{other:?} is no set"),
        }
    }

    fn edit(&mut self, source: &Source, update: SequenceUpdate<char>) -> Result<Carried, UpdateError> {
        match self {
            Payload::Rga(text) => carry(text, source, update, Operation::Sequence),
            Payload::PlainText(text) => {
                let length = text.chars().count();
                let (index, end) = match &update {
                    SequenceUpdate::Insert(index, _) => (*index, *index),
                    SequenceUpdate::Remove(index, count) => (*index, index.saturating_add(*count)),
                };
                if end > length {
                    return Err(UpdateError::OutOfBounds { index, length });
                }
                replay(text, &update);
                Ok(Carried::Operation(Operation::Indexed(update)))
            }
            other => panic!("{other:?} is no text"),
        }
    }

    fn change_graph(&mut self, source: &Source, method: &Method) -> Result<Carried, UpdateError> {
        let update = match method {
            Method::AddVertex(vertex) => GraphUpdate::AddVertex(*vertex),
            Method::RemoveVertex(vertex) => GraphUpdate::RemoveVertex(*vertex),
            Method::AddEdge(arrow) => GraphUpdate::AddEdge(arrow.from, arrow.to),
            Method::RemoveEdge(arrow) => GraphUpdate::RemoveEdge(arrow.from, arrow.to),
            other => panic!("a graph has no method {other:?}"),
        };
        let Payload::Graph(graph, _) = self else { panic!("{self:?} is no graph") };
        carry(graph, source, update, Operation::Graph)
    }

    fn change_map(&mut self, source: &Source, method: &Method) -> Result<Carried, UpdateError> {
        let id = &source.dot.id;
        match (self, method) {
            (Payload::Counters(map), Method::Count { field, by }) => {
                map.update_delta(id, *field, *by).map(|delta| Carried::Delta(Payload::Counters(delta)))
            }
            (Payload::Counters(map), Method::Drop(field)) => {
                map.remove_delta(field).map(|delta| Carried::Delta(Payload::Counters(delta)))
            }
            (Payload::OpCounters(map), Method::Count { field, by }) => {
                carry(map, source, MapUpdate::Update(*field, *by), Operation::Counters)
            }
            (Payload::OpCounters(map), Method::Drop(field)) => carry(map, source, MapUpdate::Remove(*field), Operation::Counters),
            (Payload::Sets(map), Method::Drop(field)) => {
                map.remove_delta(field).map(|delta| Carried::Delta(Payload::Sets(delta)))
            }
            (Payload::Sets(map), Method::Put { field, .. } | Method::Take { field, .. }) => {
                map.update_delta(id, *field, entry(method)).map(|delta| Carried::Delta(Payload::Sets(delta)))
            }
            (Payload::OpSets(map), Method::Drop(field)) => carry(map, source, MapUpdate::Remove(*field), Operation::Sets),
            (Payload::OpSets(map), Method::Put { field, .. } | Method::Take { field, .. }) => {
                carry(map, source, MapUpdate::Update(*field, entry(method)), Operation::Sets)
            }
            (other, method) => panic!("{other:?} has no method {method:?}"),
        }
    }
}

/// Makes the operation of an update and carries it out.
fn carry<T: OpBased<ReplicaName>>(
    state: &mut T,
    source: &Source,
    update: T::Update,
    name: impl Fn(T::Op) -> Operation,
) -> Result<Carried, UpdateError> {
    let op = state.prepare(&source.dot, update)?;
    state.effect(&op)?;
    Ok(Carried::Operation(name(op)))
}

/// How much a method of a counter by operations counts.
fn amount(method: &Method) -> Result<i64, UpdateError> {
    i64::try_from(method.adds()).map_err(|_| UpdateError::Exhausted)
}

/// What a method does to the set at a field.
fn entry(method: &Method) -> MapUpdate<u8, ()> {
    match method {
        Method::Take { entry, .. } => MapUpdate::Remove(*entry),
        Method::Put { entry, .. } => MapUpdate::Update(*entry, ()),
        other => panic!("{other:?} is about no entry of a map"),
    }
}
