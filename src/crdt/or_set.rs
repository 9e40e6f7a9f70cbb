//! The set in which a removal takes away what it has seen, with tombstones.
//!
//! OR-Set, specification 15 of Shapiro et al., INRIA RR-7506, as states: what was removed has to be remembered, or the next merge would
//! bring it back. [`OrSetOptimised`](super::OrSetOptimised) does without.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, StateBased};
use super::pairs;
use crate::versions::{Dot, VersionVector};

/// A set with removal, add-wins, with a tombstone for each addition that was removed.
///
/// Concurrently added and removed, an element is present. It cannot forget: each addition that was removed is kept for ever.
///
/// ```
/// use replicated_telemetry_store::crdt::OrSet;
///
/// let mut set: OrSet<char, &str> = OrSet::new();
/// set.add(&'A', "milk")?;
/// set.remove(&"milk")?;
/// set.add(&'A', "milk")?;
/// assert!(set.contains(&"milk") && set.tombstones() == 1);
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Plain<I, E>")]
#[serde(bound(
    serialize = "I: Serialize + Clone, E: Serialize",
    deserialize = "I: Deserialize<'de> + Ord + Clone, E: Deserialize<'de> + Ord"
))]
pub struct OrSet<I, E> {
    /// Of each element the additions that are not removed; none is empty.
    #[serde(with = "pairs")]
    elements: BTreeMap<E, BTreeSet<Dot<I>>>,
    tombstones: BTreeSet<Dot<I>>,
    /// The largest numbers that were given to additions, from which new ones come.
    last: VersionVector<I>,
}

/// As it is read.
#[derive(Deserialize)]
#[serde(bound(deserialize = "I: Deserialize<'de> + Ord + Clone, E: Deserialize<'de> + Ord"))]
struct Plain<I, E> {
    #[serde(with = "pairs")]
    elements: BTreeMap<E, BTreeSet<Dot<I>>>,
    tombstones: BTreeSet<Dot<I>>,
    last: VersionVector<I>,
}

impl<I: Ord + Clone, E: Ord> TryFrom<Plain<I, E>> for OrSet<I, E> {
    type Error = &'static str;

    fn try_from(plain: Plain<I, E>) -> Result<OrSet<I, E>, &'static str> {
        let Plain { elements, tombstones, last } = plain;
        if elements.values().any(BTreeSet::is_empty) {
            return Err("an element of the set has no addition: it is to be left out");
        }
        if elements.values().flatten().any(|dot| tombstones.contains(dot)) {
            return Err("an addition of the set is also among the tombstones");
        }
        if elements.values().flatten().chain(&tombstones).any(|dot| dot.count == 0 || !last.includes(dot)) {
            return Err("an addition or a tombstone has a number that was not given");
        }
        Ok(OrSet { elements, tombstones, last })
    }
}

impl<I, E> Default for OrSet<I, E> {
    fn default() -> OrSet<I, E> {
        OrSet { elements: BTreeMap::new(), tombstones: BTreeSet::new(), last: VersionVector::default() }
    }
}

impl<I: Ord + Clone, E: Ord + Clone> OrSet<I, E> {
    /// The empty set.
    #[must_use]
    pub fn new() -> OrSet<I, E> {
        OrSet::default()
    }

    /// Adds an element, as an addition of its own beside those that are there.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if the replica has no number left.
    pub fn add(&mut self, id: &I, element: E) -> Result<(), UpdateError> {
        let dot = self.next(id)?;
        self.elements.entry(element).or_default().insert(dot);
        Ok(())
    }

    /// As [`add`](OrSet::add), and returns the delta: this addition.
    ///
    /// # Errors
    /// As `add`.
    pub fn add_delta(&mut self, id: &I, element: E) -> Result<OrSet<I, E>, UpdateError> {
        let dot = self.next(id)?;
        let mut delta = OrSet::new();
        delta.last.raise(id, dot.count);
        delta.elements.insert(element.clone(), BTreeSet::from([dot.clone()]));
        self.elements.entry(element).or_default().insert(dot);
        Ok(delta)
    }

    /// Removes the additions of an element that this replica has seen.
    ///
    /// # Errors
    /// [`UpdateError::NotAnElement`] if it is not present here.
    pub fn remove(&mut self, element: &E) -> Result<(), UpdateError> {
        let seen = self.elements.remove(element).ok_or(UpdateError::NotAnElement)?;
        self.tombstones.extend(seen);
        Ok(())
    }

    /// As [`remove`](OrSet::remove), and returns the delta: the tombstones.
    ///
    /// # Errors
    /// As `remove`.
    pub fn remove_delta(&mut self, element: &E) -> Result<OrSet<I, E>, UpdateError> {
        let seen = self.elements.remove(element).ok_or(UpdateError::NotAnElement)?;
        let mut delta = OrSet::new();
        seen.iter().for_each(|dot| delta.last.raise(&dot.id, dot.count));
        self.tombstones.extend(seen.iter().cloned());
        delta.tombstones = seen;
        Ok(delta)
    }

    /// Whether an element is present.
    #[must_use]
    pub fn contains(&self, element: &E) -> bool {
        self.elements.contains_key(element)
    }

    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.elements.keys()
    }

    /// The additions that are not removed, in the order of elements.
    pub fn additions(&self) -> impl Iterator<Item = (&E, &Dot<I>)> {
        self.elements.iter().flat_map(|(element, dots)| dots.iter().map(move |dot| (element, dot)))
    }

    /// The removed additions, in order: the tombstones.
    pub fn removed(&self) -> impl Iterator<Item = &Dot<I>> {
        self.tombstones.iter()
    }

    /// Forgets the tombstones. Right only if no replica can bring one of these additions again, which the type itself cannot know (causal
    /// stability, Baquero, Almeida and Shoker 2014): who forgets too early sees removed elements come back.
    pub fn forget_tombstones(&mut self) {
        self.tombstones.clear();
    }

    /// How many removed additions are remembered.
    #[must_use]
    pub fn tombstones(&self) -> usize {
        self.tombstones.len()
    }

    fn next(&mut self, id: &I) -> Result<Dot<I>, UpdateError> {
        Ok(Dot { id: id.clone(), count: self.last.try_increment(id)? })
    }
}

impl<I: Ord + Clone, E: Ord + Clone> Crdt for OrSet<I, E> {
    type Value = BTreeSet<E>;

    fn value(&self) -> BTreeSet<E> {
        self.elements.keys().cloned().collect()
    }
}

impl<I: Ord + Clone, E: Ord + Clone> StateBased for OrSet<I, E> {
    fn merge(&mut self, other: &OrSet<I, E>) {
        let new: BTreeSet<Dot<I>> = other.tombstones.difference(&self.tombstones).cloned().collect();
        if !new.is_empty() {
            self.elements.retain(|_, dots| {
                dots.retain(|dot| !new.contains(dot));
                !dots.is_empty()
            });
            self.tombstones.extend(new);
        }
        for (element, dots) in &other.elements {
            let living: Vec<Dot<I>> = dots.iter().filter(|dot| !self.tombstones.contains(dot)).cloned().collect();
            if !living.is_empty() {
                self.elements.entry(element.clone()).or_default().extend(living);
            }
        }
        self.last.merge(&other.last);
    }
}
