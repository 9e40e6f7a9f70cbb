//! Ways in which a server can keep the siblings of a key: the structures of the library, what stores did before them, and mutants.
//!
//! All are run through the same traces. Only the first two may agree with causal histories.

use replicated_telemetry_store::versions::{Causality, Dot, DottedSet, DottedVersionVector, VersionVector};

/// A key on one server.
pub(crate) trait Store<V, I>: Clone + Default + PartialEq {
    /// What a read returns: the siblings, and the context that a later write sends along.
    fn read(&self) -> (Vec<V>, VersionVector<I>);
    /// A write through the server with this id.
    fn write(&mut self, context: &VersionVector<I>, value: V, id: &I);
    /// Takes in what another server has.
    fn sync(&mut self, other: &Self);
    /// Makes one value of all, where the way has such an operation.
    fn reconcile(&mut self, _merge: impl FnOnce(Vec<V>) -> V) -> bool {
        false
    }
}

impl<V: Clone + PartialEq, I: Ord + Clone> Store<V, I> for DottedSet<V, I> {
    fn read(&self) -> (Vec<V>, VersionVector<I>) {
        (self.values().cloned().collect(), self.context())
    }

    fn write(&mut self, context: &VersionVector<I>, value: V, id: &I) {
        self.update(context, value, id);
    }

    fn sync(&mut self, other: &Self) {
        DottedSet::sync(self, other);
    }

    fn reconcile(&mut self, merge: impl FnOnce(Vec<V>) -> V) -> bool {
        DottedSet::reconcile(self, merge);
        true
    }
}

/// A list of dotted versions with nothing wrong.
pub(crate) const RIGHT: u8 = 0;
/// Versions that another one has seen stay after an exchange.
pub(crate) const SYNC_KEEPS_COVERED: u8 = 1;
/// The next number is taken from the context alone.
pub(crate) const UPDATE_REUSES_DOTS: u8 = 2;
/// A comparison does not look at the largest id.
pub(crate) const COMPARE_IGNORES_ONE: u8 = 3;
/// What is written replaces all that is there.
pub(crate) const UPDATE_DROPS_SIBLINGS: u8 = 4;

/// Versions with a clock each, and what is wrong with them.
#[derive(Clone, PartialEq)]
pub(crate) struct Versions<V, I, const MUTANT: u8> {
    pub(crate) list: Vec<(DottedVersionVector<I>, V)>,
}

impl<V, I, const MUTANT: u8> Default for Versions<V, I, MUTANT> {
    fn default() -> Self {
        Versions { list: Vec::new() }
    }
}

impl<V, I: Ord + Clone, const MUTANT: u8> Versions<V, I, MUTANT> {
    fn compare(a: &DottedVersionVector<I>, b: &DottedVersionVector<I>) -> Causality {
        if MUTANT == COMPARE_IGNORES_ONE { ignoring_one(&a.context(), &b.context()) } else { a.compare(b) }
    }
}

/// How vectors without their largest id stand to each other.
pub(crate) fn ignoring_one<I: Ord + Clone>(a: &VersionVector<I>, b: &VersionVector<I>) -> Causality {
    let largest = a.iter().chain(b.iter()).map(|(id, _)| id).max();
    let without = |vector: &VersionVector<I>| -> VersionVector<I> {
        vector.iter().filter(|(id, _)| Some(*id) != largest).map(|(id, count)| (id.clone(), count)).collect()
    };
    without(a).compare(&without(b))
}

impl<V: Clone + PartialEq, I: Ord + Clone, const MUTANT: u8> Store<V, I> for Versions<V, I, MUTANT> {
    fn read(&self) -> (Vec<V>, VersionVector<I>) {
        let mut context = VersionVector::new();
        self.list.iter().for_each(|(version, _)| context.merge(&version.context()));
        (self.list.iter().map(|(_, value)| value.clone()).collect(), context)
    }

    fn write(&mut self, context: &VersionVector<I>, value: V, id: &I) {
        let stored: Vec<DottedVersionVector<I>> = self.list.iter().map(|(version, _)| version.clone()).collect();
        let stored = if MUTANT == UPDATE_REUSES_DOTS { &[] } else { stored.as_slice() };
        let new = DottedVersionVector::update(context, stored, id).expect("few writes");
        let drops = MUTANT == UPDATE_DROPS_SIBLINGS;
        self.list.retain(|(old, _)| !drops && Self::compare(old, &new) != Causality::Before);
        self.list.push((new, value));
        self.list.sort_by(|(a, _), (b, _)| a.dot().cmp(b.dot()));
    }

    fn sync(&mut self, other: &Self) {
        let mut all: Vec<(DottedVersionVector<I>, V)> = self.list.iter().chain(&other.list).cloned().collect();
        if MUTANT == RIGHT {
            let clocks =
                |list: &[(DottedVersionVector<I>, V)]| list.iter().map(|(version, _)| version.clone()).collect::<Vec<_>>();
            let kept = DottedVersionVector::sync(&clocks(&self.list), &clocks(&other.list));
            let value = |kept: &DottedVersionVector<I>| all.iter().find(|(version, _)| version.dot() == kept.dot());
            self.list = kept.iter().filter_map(value).cloned().collect();
            return;
        }
        all.sort_by(|(a, _), (b, _)| a.dot().cmp(b.dot()));
        all.dedup_by(|(a, _), (b, _)| a.dot() == b.dot());
        let newest = |a: &DottedVersionVector<I>| all.iter().all(|(b, _)| Self::compare(a, b) != Causality::Before);
        self.list = all.iter().filter(|(a, _)| MUTANT == SYNC_KEEPS_COVERED || newest(a)).cloned().collect();
    }
}

/// A vector with a counter for each server beside every value: what is smaller is dropped.
#[derive(Clone, PartialEq)]
pub(crate) struct PerValue<V, I> {
    pub(crate) list: Vec<(VersionVector<I>, V)>,
}

impl<V, I> Default for PerValue<V, I> {
    fn default() -> Self {
        PerValue { list: Vec::new() }
    }
}

impl<V: Clone + PartialEq, I: Ord + Clone> PerValue<V, I> {
    /// The vector that a write gets: the context, with the next number of the server.
    pub(crate) fn next(&self, context: &VersionVector<I>, id: &I) -> VersionVector<I> {
        let stored = self.list.iter().map(|(vector, _)| vector.get(id)).max().unwrap_or(0);
        let mut next = context.clone();
        next.raise(id, stored);
        next.increment(id);
        next
    }

    fn settle(&mut self) {
        let vectors: Vec<VersionVector<I>> = self.list.iter().map(|(vector, _)| vector.clone()).collect();
        self.list.retain(|(vector, _)| vectors.iter().all(|other| vector.compare(other) != Causality::Before));
        self.list.sort_by(|(a, _), (b, _)| a.iter().cmp(b.iter()));
        self.list.dedup_by(|(a, _), (b, _)| a == b);
    }
}

impl<V: Clone + PartialEq, I: Ord + Clone> Store<V, I> for PerValue<V, I> {
    fn read(&self) -> (Vec<V>, VersionVector<I>) {
        let mut context = VersionVector::new();
        self.list.iter().for_each(|(vector, _)| context.merge(vector));
        (self.list.iter().map(|(_, value)| value.clone()).collect(), context)
    }

    fn write(&mut self, context: &VersionVector<I>, value: V, id: &I) {
        let next = self.next(context, id);
        self.list.push((next, value));
        self.settle();
    }

    fn sync(&mut self, other: &Self) {
        self.list.extend(other.list.iter().cloned());
        self.settle();
    }
}

/// One vector with a counter for each server beside all values together: a write replaces all that are there, or none.
#[derive(Clone, PartialEq)]
pub(crate) struct Merged<V, I> {
    pub(crate) vector: VersionVector<I>,
    pub(crate) values: Vec<V>,
}

impl<V, I> Default for Merged<V, I> {
    fn default() -> Self {
        Merged { vector: VersionVector::new(), values: Vec::new() }
    }
}

impl<V: Clone + PartialEq, I: Ord + Clone> Store<V, I> for Merged<V, I> {
    fn read(&self) -> (Vec<V>, VersionVector<I>) {
        (self.values.clone(), self.vector.clone())
    }

    fn write(&mut self, context: &VersionVector<I>, value: V, id: &I) {
        if context.covers(&self.vector) {
            self.values.clear();
        }
        self.vector.merge(context);
        self.vector.increment(id);
        self.values.push(value);
    }

    fn sync(&mut self, other: &Self) {
        match self.vector.compare(&other.vector) {
            Causality::Before => *self = other.clone(),
            Causality::After | Causality::Equal => {}
            Causality::Concurrent => {
                let new = other.values.iter().filter(|value| !self.values.contains(value)).cloned().collect::<Vec<_>>();
                self.values.extend(new);
                self.vector.merge(&other.vector);
            }
        }
    }
}

/// A dot, for tests.
pub(crate) fn dot<I>(id: I, count: u64) -> Dot<I> {
    Dot { id, count }
}
