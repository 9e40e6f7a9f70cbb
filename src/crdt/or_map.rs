//! The maps, and the set without tombstones, which is a map from elements to dots.
//!
//! Bieniusa et al., "An optimized conflict-free replicated set" (arXiv 1210.3368): a version vector tells a removed element from one that
//! has not come yet, so that nothing has to be kept of removed elements. Almeida, Shoker and Baquero (JPDC 2018), have the maps.

use super::causal::{Causal, OpForm};
use super::dot_fun::DotFun;
use super::dot_map::{DotMap, MapUpdate};
use super::dots::{DotSet, DotStore};
use super::error::UpdateError;

/// A set with removal, add-wins, without tombstones.
///
/// Concurrently added and removed, an element is present, because only the additions that were seen are removed. What is removed leaves no
/// trace but a number in the version vector. It cannot keep two elements from being there together that each replica alone would refuse
/// (at most five players, one king). A merge is one pass over both sets; a delta that adds
/// costs a lookup, and one that removes a look at every dot of the receiver.
///
/// ```
/// use replicated_telemetry_store::crdt::{OrSetOptimised, StateBased};
///
/// let mut a: OrSetOptimised<char, &str> = OrSetOptimised::new();
/// a.add(&'A', "milk")?;
/// let mut b = a.clone();
/// b.remove(&"milk")?;
/// a.add(&'A', "milk")?; // concurrent with the removal, which has not seen it
/// a.merge(&b);
/// assert!(a.contains(&"milk"));
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
pub type OrSetOptimised<I, E> = Causal<DotMap<E, DotSet<I>>>;

/// A map from keys to other replicated types: registers ([`DotFun`]), flags and sets ([`DotSet`], `DotMap<E, DotSet<I>>`), counters
/// ([`DotCounter`](super::DotCounter)), maps.
///
/// Concurrent updates of one key are joined as what stands there joins them. A key that is removed while another replica updates it keeps just
/// what the removal had not seen. It cannot move what stands at one key to another: that is a removal and an update, which another
/// replica may see half of.
pub type OrMap<K, S> = Causal<DotMap<K, S>>;

/// A map from keys to multi-value registers: concurrent assignments to a key are all kept, until one has seen them.
///
/// It cannot choose between them: whoever reads several values has to.
pub type MvMap<I, K, T> = OrMap<K, DotFun<I, T>>;

/// The operation-based [`OrSetOptimised`] and [`OrSet`](super::OrSet): specification 15 of INRIA RR-7506.
pub type OpOrSet<I, E> = OpForm<DotMap<E, DotSet<I>>>;

/// The operation-based [`OrMap`].
pub type OpOrMap<K, S> = OpForm<DotMap<K, S>>;

impl<K: Ord + Clone, S: DotStore> Causal<DotMap<K, S>> {
    /// Whether an element or a key is present.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.store.get(key).is_some()
    }

    /// What stands at a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&S> {
        self.store.get(key)
    }

    /// How many elements or keys are present.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether none is present.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// Elements or keys with what stands there, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &S)> {
        self.store.iter()
    }

    /// Removes an element or a key, with all that this replica has seen there.
    ///
    /// # Errors
    /// [`UpdateError::NotAnElement`] if it is not present here.
    pub fn remove(&mut self, key: &K) -> Result<(), UpdateError> {
        self.store.remove(key).map(drop).ok_or(UpdateError::NotAnElement)
    }

    /// As [`remove`](Causal::remove), and returns the delta: which updates are gone.
    ///
    /// # Errors
    /// As `remove`.
    pub fn remove_delta(&mut self, key: &K) -> Result<Self, UpdateError> {
        let mut delta = Causal::new();
        let removed = self.store.remove(key).ok_or(UpdateError::NotAnElement)?;
        removed.each_dot(&mut |dot| delta.context.insert(dot.clone()));
        Ok(delta)
    }

    /// Updates what stands at a key.
    ///
    /// # Errors
    /// [`UpdateError`] if the precondition of the update fails here, or the replica has no number left.
    pub fn update(&mut self, id: &S::Id, key: K, update: S::Update) -> Result<(), UpdateError> {
        self.apply_op(id, MapUpdate::Update(key, update)).map(drop)
    }

    /// As [`update`](Causal::update), and returns the delta: what is new at this key.
    ///
    /// # Errors
    /// As `update`.
    pub fn update_delta(&mut self, id: &S::Id, key: K, update: S::Update) -> Result<Self, UpdateError> {
        self.apply_delta(id, MapUpdate::Update(key, update))
    }
}

impl<I: Ord + Clone, E: Ord + Clone> Causal<DotMap<E, DotSet<I>>> {
    /// Adds an element. The new dot takes the place of those that this replica has seen for it.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if the replica has no number left.
    pub fn add(&mut self, id: &I, element: E) -> Result<(), UpdateError> {
        let dot = self.context.next(id)?;
        self.store.insert(element, DotSet::one(dot));
        Ok(())
    }

    /// As [`add`](Causal::add), and returns the delta: the new dot, and those that it replaces.
    ///
    /// # Errors
    /// As `add`.
    pub fn add_delta(&mut self, id: &I, element: E) -> Result<Self, UpdateError> {
        let dot = self.context.next(id)?;
        let mut delta = Self::new();
        delta.context.insert(dot.clone());
        if let Some(replaced) = self.store.insert(element.clone(), DotSet::one(dot.clone())) {
            replaced.each_dot(&mut |old| delta.context.insert(old.clone()));
        }
        delta.store.insert(element, DotSet::one(dot));
        Ok(delta)
    }
}
