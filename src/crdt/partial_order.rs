//! An order of elements that can be removed and leave the order of the others.
//!
//! Add-Remove Partial Order, specification 18 of Shapiro et al., INRIA RR-7506: a monotonic graph, and the set of vertices that were removed
//! from sight but not from the order.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use super::monotonic::{DagOp, DagUpdate, MonotonicDag, Vertex};
use crate::versions::Dot;

/// Elements with a partial order, for instance the steps of a recipe or the lines of a text.
///
/// Concurrent insertions between the same two elements have no order to each other; a removed element still orders others, and an insertion
/// beside it that is concurrent with its removal keeps its place. It cannot shrink: removed elements stay as tombstones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Plain<I, T>")]
#[serde(bound(
    serialize = "I: Serialize + Clone, T: Serialize",
    deserialize = "I: Deserialize<'de> + Ord + Clone, T: Deserialize<'de> + Clone + PartialEq"
))]
pub struct AddRemovePartialOrder<I, T> {
    order: MonotonicDag<I, T>,
    removed: BTreeSet<Dot<I>>,
}

/// As it is read.
#[derive(Deserialize)]
#[serde(bound(deserialize = "I: Deserialize<'de> + Ord + Clone, T: Deserialize<'de> + Clone + PartialEq"))]
struct Plain<I, T> {
    order: MonotonicDag<I, T>,
    removed: BTreeSet<Dot<I>>,
}

impl<I: Ord + Clone, T: Clone + PartialEq> TryFrom<Plain<I, T>> for AddRemovePartialOrder<I, T> {
    type Error = &'static str;

    fn try_from(plain: Plain<I, T>) -> Result<AddRemovePartialOrder<I, T>, &'static str> {
        let Plain { order, removed } = plain;
        let known = removed.iter().all(|dot| order.label(dot).is_some());
        if known { Ok(AddRemovePartialOrder { order, removed }) } else { Err("a removed element was never in the order") }
    }
}

/// What a user asks of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderUpdate<I, T> {
    /// A new element between two that are there.
    AddBetween(Vertex<I>, T, Vertex<I>),
    /// An element is to be gone, and its order is to stay.
    Remove(Vertex<I>),
}

/// An operation on an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderOp<I, T> {
    /// An element was added.
    Add(DagOp<I, T>),
    /// An element was removed.
    Remove(Dot<I>),
}

impl<I, T> Default for AddRemovePartialOrder<I, T> {
    fn default() -> AddRemovePartialOrder<I, T> {
        AddRemovePartialOrder { order: MonotonicDag::default(), removed: BTreeSet::new() }
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> AddRemovePartialOrder<I, T> {
    /// The order of the two sentinels.
    #[must_use]
    pub fn new() -> AddRemovePartialOrder<I, T> {
        AddRemovePartialOrder::default()
    }

    /// Adds an element between two others, and returns its name.
    ///
    /// # Errors
    /// [`UpdateError::NoSuchVertex`] if one of the two is not present here, [`UpdateError::NoPath`] if the one does not come before the
    /// other, [`UpdateError::Exhausted`] if the replica has no number left.
    pub fn add_between(&mut self, id: &I, before: &Vertex<I>, label: T, after: &Vertex<I>) -> Result<Vertex<I>, UpdateError> {
        self.check_ends(before, after)?;
        self.order.add_between(id, before, label, after)
    }

    /// Removes an element. What came before it still comes before what came after it.
    ///
    /// # Errors
    /// [`UpdateError::Sentinel`] for the ends of the order, [`UpdateError::NotAnElement`] if the element is not present here.
    pub fn remove(&mut self, vertex: &Vertex<I>) -> Result<(), UpdateError> {
        let dot = self.removable(vertex)?;
        self.removed.insert(dot);
        Ok(())
    }

    /// Whether an element is present; the sentinels always are.
    #[must_use]
    pub fn contains(&self, vertex: &Vertex<I>) -> bool {
        match vertex {
            Vertex::First | Vertex::Last => true,
            Vertex::Added(dot) => self.order.label(dot).is_some() && !self.removed.contains(dot),
        }
    }

    /// The elements that are present, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&Dot<I>, &T)> {
        self.order.iter().filter(|(dot, _)| !self.removed.contains(dot))
    }

    /// Whether one place comes before another, present or removed.
    #[must_use]
    pub fn before(&self, first: &Vertex<I>, second: &Vertex<I>) -> bool {
        self.order.path(first, second)
    }

    /// How many removed elements are kept.
    #[must_use]
    pub fn tombstones(&self) -> usize {
        self.removed.len()
    }

    fn check_ends(&self, before: &Vertex<I>, after: &Vertex<I>) -> Result<(), UpdateError> {
        if self.contains(before) && self.contains(after) { Ok(()) } else { Err(UpdateError::NoSuchVertex) }
    }

    fn removable(&self, vertex: &Vertex<I>) -> Result<Dot<I>, UpdateError> {
        match vertex {
            Vertex::First | Vertex::Last => Err(UpdateError::Sentinel),
            Vertex::Added(dot) if self.contains(vertex) => Ok(dot.clone()),
            Vertex::Added(_) => Err(UpdateError::NotAnElement),
        }
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> Crdt for AddRemovePartialOrder<I, T> {
    /// The elements that are present, in an order that agrees with the partial one.
    type Value = Vec<T>;

    fn value(&self) -> Vec<T> {
        let present = self.order.in_order().into_iter().filter(|dot| !self.removed.contains(dot));
        present.filter_map(|dot| self.order.label(&dot).cloned()).collect()
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> StateBased for AddRemovePartialOrder<I, T> {
    fn merge(&mut self, other: &AddRemovePartialOrder<I, T>) {
        self.order.merge(&other.order);
        self.removed.extend(other.removed.iter().cloned());
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> OpBased<I> for AddRemovePartialOrder<I, T> {
    type Update = OrderUpdate<I, T>;
    type Op = OrderOp<I, T>;

    /// Additions only grow the graph, and a removal that comes early waits among the tombstones.
    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, dot: &Dot<I>, update: OrderUpdate<I, T>) -> Result<OrderOp<I, T>, UpdateError> {
        match update {
            OrderUpdate::AddBetween(before, label, after) => {
                self.check_ends(&before, &after)?;
                Ok(OrderOp::Add(self.order.make(&dot.id, DagUpdate::AddBetween(before, label, after))?))
            }
            OrderUpdate::Remove(vertex) => Ok(OrderOp::Remove(self.removable(&vertex)?)),
        }
    }

    fn effect(&mut self, op: &OrderOp<I, T>) -> Result<(), UpdateError> {
        match op {
            OrderOp::Add(op) => self.order.carry_out(op),
            OrderOp::Remove(dot) => {
                self.removed.insert(dot.clone());
            }
        }
        Ok(())
    }
}
