//! A set with a counter for each element.
//!
//! PN-Set of Shapiro et al., INRIA RR-7506, with the correction by Molli that they describe beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::counter::PnCounter;
use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use super::grow_set::SetUpdate;
use super::pairs;
use crate::versions::Dot;

/// A set in which an element is present while its counter is above zero: additions count up, removals down.
///
/// Concurrent additions and removals all count, so that an element added by two replicas has to be removed twice. It cannot promise that an
/// element that was just added is present: two concurrent removals of one addition leave the counter at minus one.
///
/// ```
/// use replicated_telemetry_store::crdt::{PnSet, StateBased};
///
/// let mut a = PnSet::new();
/// a.add(&'A', "milk")?;
/// let mut b = a.clone();
/// a.remove(&'A', &"milk")?;
/// b.remove(&'B', &"milk")?;
/// a.merge(&b);
/// a.add(&'A', "milk")?;
/// assert!(!a.contains(&"milk"));
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[serde(bound(
    serialize = "I: Serialize + Clone, E: Serialize",
    deserialize = "I: Deserialize<'de> + Ord, E: Deserialize<'de> + Ord"
))]
pub struct PnSet<I, E> {
    #[serde(with = "pairs")]
    counters: BTreeMap<E, PnCounter<I>>,
}

impl<I, E> Default for PnSet<I, E> {
    fn default() -> PnSet<I, E> {
        PnSet { counters: BTreeMap::new() }
    }
}

impl<I: Ord + Clone, E: Ord + Clone> PnSet<I, E> {
    /// The empty set.
    #[must_use]
    pub fn new() -> PnSet<I, E> {
        PnSet::default()
    }

    /// Counts an element up by one.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if the replica's counter for it is at its end.
    pub fn add(&mut self, id: &I, element: E) -> Result<(), UpdateError> {
        self.counters.entry(element).or_default().increment(id, 1)
    }

    /// Counts an element up until it is present here (Molli's correction): from `c` below one by `1 - c`.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if the replica's counter for it is at its end.
    pub fn add_until_present(&mut self, id: &I, element: E) -> Result<(), UpdateError> {
        let missing = u64::try_from(1 - self.count(&element).min(1)).map_err(|_| UpdateError::Exhausted)?;
        self.counters.entry(element).or_default().increment(id, missing)
    }

    /// Counts an element down by one.
    ///
    /// # Errors
    /// [`UpdateError::NotAnElement`] if it is not present here, [`UpdateError::Exhausted`] if the replica's counter for it is at its end.
    pub fn remove(&mut self, id: &I, element: &E) -> Result<(), UpdateError> {
        match self.counters.get_mut(element) {
            Some(counter) if counter.value() > 0 => counter.decrement(id, 1),
            Some(_) | None => Err(UpdateError::NotAnElement),
        }
    }

    /// Every element that was ever counted, with its counter.
    pub fn counts(&self) -> impl Iterator<Item = (&E, i128)> {
        self.counters.iter().map(|(element, counter)| (element, counter.value()))
    }

    /// The counter of an element.
    #[must_use]
    pub fn count(&self, element: &E) -> i128 {
        self.counters.get(element).map_or(0, Crdt::value)
    }

    /// Whether the counter of an element is above zero.
    #[must_use]
    pub fn contains(&self, element: &E) -> bool {
        self.count(element) > 0
    }
}

impl<I: Ord + Clone, E: Ord + Clone> Crdt for PnSet<I, E> {
    type Value = BTreeSet<E>;

    fn value(&self) -> BTreeSet<E> {
        self.counters.iter().filter(|(_, counter)| counter.value() > 0).map(|(element, _)| element.clone()).collect()
    }
}

impl<I: Ord + Clone, E: Ord + Clone> StateBased for PnSet<I, E> {
    fn merge(&mut self, other: &PnSet<I, E>) {
        for (element, counter) in &other.counters {
            if let Some(known) = self.counters.get_mut(element) {
                known.merge(counter);
            } else {
                self.counters.insert(element.clone(), counter.clone());
            }
        }
    }
}

/// Operations count for the replica that made them, so that the states agree with those of the state-based form.
impl<I: Ord + Clone, E: Ord + Clone> OpBased<I> for PnSet<I, E> {
    type Update = SetUpdate<E>;
    type Op = (I, SetUpdate<E>);

    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, dot: &Dot<I>, update: SetUpdate<E>) -> Result<(I, SetUpdate<E>), UpdateError> {
        match &update {
            SetUpdate::Remove(element) if !self.contains(element) => Err(UpdateError::NotAnElement),
            SetUpdate::Add(_) | SetUpdate::Remove(_) => Ok((dot.id.clone(), update)),
        }
    }

    fn effect(&mut self, (id, op): &(I, SetUpdate<E>)) -> Result<(), UpdateError> {
        match op {
            SetUpdate::Add(element) => self.counters.entry(element.clone()).or_default().increment(id, 1),
            SetUpdate::Remove(element) => self.counters.entry(element.clone()).or_default().decrement(id, 1),
        }
    }
}
