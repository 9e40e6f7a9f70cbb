//! A set in which the last addition or removal of an element counts.
//!
//! LWW-element-Set of Shapiro et al., INRIA RR-7506.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use super::pairs;
use crate::versions::Dot;

/// What an element is whose last addition and last removal have the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bias {
    /// Present.
    #[default]
    Add,
    /// Absent.
    Remove,
}

/// A set with times: an element is present if its last addition is later than its last removal.
///
/// Concurrent additions and removals are decided by their times, and equal times by the bias, a setting that is to be the same at all
/// replicas; if it is not, removal prevails, so that replicas agree all the same. It cannot tell what came after what from clocks that
/// disagree: the removal of a slow clock is lost.
///
/// ```
/// use replicated_telemetry_store::crdt::{Bias, LwwElementSet};
///
/// let mut set = LwwElementSet::with_bias(Bias::Remove);
/// set.add("lamp", 7);
/// set.remove(&"lamp", 7)?;
/// assert!(!set.contains(&"lamp"));
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "E: Serialize", deserialize = "E: Deserialize<'de> + Ord"))]
pub struct LwwElementSet<E> {
    bias: Bias,
    #[serde(with = "pairs")]
    elements: BTreeMap<E, Times>,
}

/// When an element was last added and last removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Times {
    added: Option<u64>,
    removed: Option<u64>,
}

impl Times {
    const fn of(op: &SetUpdateAt) -> Times {
        match op {
            SetUpdateAt::Add(time) => Times { added: Some(*time), removed: None },
            SetUpdateAt::Remove(time) => Times { added: None, removed: Some(*time) },
        }
    }

    fn merge(&mut self, other: Times) {
        self.added = self.added.max(other.added);
        self.removed = self.removed.max(other.removed);
    }

    fn present(self, bias: Bias) -> bool {
        match bias {
            Bias::Add => self.added.is_some() && self.added >= self.removed,
            Bias::Remove => self.added > self.removed,
        }
    }
}

/// What happens to an element, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetUpdateAt {
    /// It is added at a time.
    Add(u64),
    /// It is removed at a time.
    Remove(u64),
}

impl<E> Default for LwwElementSet<E> {
    fn default() -> LwwElementSet<E> {
        LwwElementSet { bias: Bias::default(), elements: BTreeMap::new() }
    }
}

impl<E: Ord + Clone> LwwElementSet<E> {
    /// The empty set, biased to additions.
    #[must_use]
    pub fn new() -> LwwElementSet<E> {
        LwwElementSet::default()
    }

    /// The empty set with a bias.
    #[must_use]
    pub const fn with_bias(bias: Bias) -> LwwElementSet<E> {
        LwwElementSet { bias, elements: BTreeMap::new() }
    }

    /// What decides equal times.
    #[must_use]
    pub const fn bias(&self) -> Bias {
        self.bias
    }

    /// Adds an element at a time of the replica's clock. Returns whether it is present now: it is not if it was removed later.
    pub fn add(&mut self, element: E, time: u64) -> bool {
        self.note(element, Times::of(&SetUpdateAt::Add(time)))
    }

    /// Removes an element at a time of the replica's clock. Returns whether it is absent now: it is not if it was added later.
    ///
    /// # Errors
    /// [`UpdateError::NotAnElement`] if it is not present here.
    pub fn remove(&mut self, element: &E, time: u64) -> Result<bool, UpdateError> {
        if !self.contains(element) {
            return Err(UpdateError::NotAnElement);
        }
        Ok(!self.note(element.clone(), Times::of(&SetUpdateAt::Remove(time))))
    }

    /// Every element that is remembered, with the times of its last addition and of its last removal.
    pub fn times(&self) -> impl Iterator<Item = (&E, Option<u64>, Option<u64>)> {
        self.elements.iter().map(|(element, times)| (element, times.added, times.removed))
    }

    /// Whether an element is present.
    #[must_use]
    pub fn contains(&self, element: &E) -> bool {
        self.elements.get(element).is_some_and(|times| times.present(self.bias))
    }

    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.elements.iter().filter(|(_, times)| times.present(self.bias)).map(|(element, _)| element)
    }

    fn note(&mut self, element: E, times: Times) -> bool {
        let known = self.elements.entry(element).or_default();
        known.merge(times);
        known.present(self.bias)
    }
}

impl<E: Ord + Clone> Crdt for LwwElementSet<E> {
    type Value = BTreeSet<E>;

    fn value(&self) -> BTreeSet<E> {
        self.iter().cloned().collect()
    }
}

impl<E: Ord + Clone> StateBased for LwwElementSet<E> {
    fn merge(&mut self, other: &LwwElementSet<E>) {
        self.bias = self.bias.max(other.bias);
        for (element, times) in &other.elements {
            if let Some(known) = self.elements.get_mut(element) {
                known.merge(*times);
            } else {
                self.elements.insert(element.clone(), *times);
            }
        }
    }
}

impl<I, E: Ord + Clone> OpBased<I> for LwwElementSet<E> {
    type Update = (E, SetUpdateAt);
    type Op = (E, SetUpdateAt);

    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, _: &Dot<I>, update: (E, SetUpdateAt)) -> Result<(E, SetUpdateAt), UpdateError> {
        match update.1 {
            SetUpdateAt::Remove(_) if !self.contains(&update.0) => Err(UpdateError::NotAnElement),
            SetUpdateAt::Add(_) | SetUpdateAt::Remove(_) => Ok(update),
        }
    }

    fn effect(&mut self, (element, op): &(E, SetUpdateAt)) -> Result<(), UpdateError> {
        self.note(element.clone(), Times::of(op));
        Ok(())
    }
}
