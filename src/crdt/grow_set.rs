//! Sets that only grow, and two made of them.
//!
//! G-Set, 2P-Set and U-Set, specifications 11 to 13 of Shapiro et al., INRIA RR-7506.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use crate::versions::Dot;

/// A set to which elements are added.
///
/// Concurrent additions all count. It cannot lose an element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "E: Deserialize<'de> + Ord"))]
pub struct GSet<E: Ord> {
    elements: BTreeSet<E>,
}

impl<E: Ord> Default for GSet<E> {
    fn default() -> GSet<E> {
        GSet { elements: BTreeSet::new() }
    }
}

impl<E: Ord + Clone> GSet<E> {
    /// The empty set.
    #[must_use]
    pub fn new() -> GSet<E> {
        GSet::default()
    }

    /// Adds an element. Returns whether it is new here.
    pub fn add(&mut self, element: E) -> bool {
        self.elements.insert(element)
    }

    /// Whether an element was added.
    #[must_use]
    pub fn contains(&self, element: &E) -> bool {
        self.elements.contains(element)
    }

    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.elements.iter()
    }
}

impl<E: Ord + Clone> Crdt for GSet<E> {
    type Value = BTreeSet<E>;

    fn value(&self) -> BTreeSet<E> {
        self.elements.clone()
    }
}

impl<E: Ord + Clone> StateBased for GSet<E> {
    fn merge(&mut self, other: &GSet<E>) {
        let new: Vec<E> = other.elements.difference(&self.elements).cloned().collect();
        self.elements.extend(new);
    }

    fn includes(&self, other: &GSet<E>) -> bool {
        self.elements.is_superset(&other.elements)
    }
}

impl<I, E: Ord + Clone> OpBased<I> for GSet<E> {
    type Update = E;
    type Op = E;

    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, _: &Dot<I>, element: E) -> Result<E, UpdateError> {
        Ok(element)
    }

    fn effect(&mut self, op: &E) -> Result<(), UpdateError> {
        self.elements.insert(op.clone());
        Ok(())
    }
}

/// What a user asks of a set, and what travels if no more has to be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetUpdate<E> {
    /// The element is to be present.
    Add(E),
    /// The element is to be absent.
    Remove(E),
}

/// A set with removal for ever: two sets that grow, what was added and what was removed.
///
/// Concurrently added and removed, an element is absent. It cannot add an element again that was removed anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "E: Deserialize<'de> + Ord"))]
pub struct TwoPhaseSet<E: Ord> {
    added: GSet<E>,
    removed: GSet<E>,
}

impl<E: Ord> Default for TwoPhaseSet<E> {
    fn default() -> TwoPhaseSet<E> {
        TwoPhaseSet { added: GSet::default(), removed: GSet::default() }
    }
}

impl<E: Ord + Clone> TwoPhaseSet<E> {
    /// The empty set.
    #[must_use]
    pub fn new() -> TwoPhaseSet<E> {
        TwoPhaseSet::default()
    }

    /// Adds an element. Returns whether it is present now: it is not if it was ever removed.
    pub fn add(&mut self, element: E) -> bool {
        let present = !self.removed.contains(&element);
        self.added.add(element);
        present
    }

    /// Removes an element for ever.
    ///
    /// # Errors
    /// [`UpdateError::NotAnElement`] if it is not present here.
    pub fn remove(&mut self, element: &E) -> Result<(), UpdateError> {
        if !self.contains(element) {
            return Err(UpdateError::NotAnElement);
        }
        self.removed.add(element.clone());
        Ok(())
    }

    /// Whether an element was added and never removed.
    #[must_use]
    pub fn contains(&self, element: &E) -> bool {
        self.added.contains(element) && !self.removed.contains(element)
    }

    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.added.iter().filter(|element| !self.removed.contains(element))
    }

    /// The elements that were removed, in order: the tombstones.
    pub fn removed(&self) -> impl Iterator<Item = &E> {
        self.removed.iter()
    }

    /// Forgets the tombstones, and what they removed. Right only if no replica can bring one of these elements again, which the type
    /// itself cannot know: who forgets too early sees removed elements come back.
    pub fn forget_tombstones(&mut self) {
        let removed = std::mem::take(&mut self.removed);
        self.added.elements.retain(|element| !removed.contains(element));
    }

    /// How many removed elements are kept: they are tombstones, and stay.
    #[must_use]
    pub fn tombstones(&self) -> usize {
        self.removed.elements.len()
    }
}

impl<E: Ord + Clone> Crdt for TwoPhaseSet<E> {
    type Value = BTreeSet<E>;

    fn value(&self) -> BTreeSet<E> {
        self.iter().cloned().collect()
    }
}

impl<E: Ord + Clone> StateBased for TwoPhaseSet<E> {
    fn merge(&mut self, other: &TwoPhaseSet<E>) {
        self.added.merge(&other.added);
        self.removed.merge(&other.removed);
    }

    /// Both parts have to be included. Transcriptions of specification 12 have "or", which is no partial order: each of two states
    /// could then include the other without being equal.
    fn includes(&self, other: &TwoPhaseSet<E>) -> bool {
        self.added.includes(&other.added) && self.removed.includes(&other.removed)
    }
}

impl<I, E: Ord + Clone> OpBased<I> for TwoPhaseSet<E> {
    type Update = SetUpdate<E>;
    type Op = SetUpdate<E>;

    /// Removed elements are kept, so that an addition that comes late changes nothing.
    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, _: &Dot<I>, update: SetUpdate<E>) -> Result<SetUpdate<E>, UpdateError> {
        match &update {
            SetUpdate::Remove(element) if !self.contains(element) => Err(UpdateError::NotAnElement),
            SetUpdate::Add(_) | SetUpdate::Remove(_) => Ok(update),
        }
    }

    fn effect(&mut self, op: &SetUpdate<E>) -> Result<(), UpdateError> {
        match op {
            SetUpdate::Add(element) => self.added.add(element.clone()),
            SetUpdate::Remove(element) => self.removed.add(element.clone()),
        };
        Ok(())
    }
}

/// A 2P-Set of operations that keeps nothing of removed elements, for elements that are added once (U-Set, specification 13).
///
/// Only one replica adds an element, once, so that nothing is concurrent with its addition. It cannot hold elements that two replicas
/// add; and if a removal comes before the addition, the element is there for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "E: Deserialize<'de> + Ord"))]
pub struct USet<E: Ord> {
    elements: BTreeSet<E>,
}

impl<E: Ord> Default for USet<E> {
    fn default() -> USet<E> {
        USet { elements: BTreeSet::new() }
    }
}

impl<E: Ord + Clone> Crdt for USet<E> {
    type Value = BTreeSet<E>;

    fn value(&self) -> BTreeSet<E> {
        self.elements.clone()
    }
}

impl<I, E: Ord + Clone> OpBased<I> for USet<E> {
    type Update = SetUpdate<E>;
    type Op = SetUpdate<E>;

    const DELIVERY: Delivery = Delivery::CausalOnce;

    fn prepare(&self, _: &Dot<I>, update: SetUpdate<E>) -> Result<SetUpdate<E>, UpdateError> {
        match &update {
            SetUpdate::Remove(element) if !self.elements.contains(element) => Err(UpdateError::NotAnElement),
            SetUpdate::Add(_) | SetUpdate::Remove(_) => Ok(update),
        }
    }

    fn effect(&mut self, op: &SetUpdate<E>) -> Result<(), UpdateError> {
        match op {
            SetUpdate::Add(element) => self.elements.insert(element.clone()),
            SetUpdate::Remove(element) => self.elements.remove(element),
        };
        Ok(())
    }
}
