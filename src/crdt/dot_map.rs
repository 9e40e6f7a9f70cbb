//! Stores of dots by keys.
//!
//! `DotMap` of Almeida, Shoker and Baquero (JPDC 2018). A set is a map from elements to dots; a map of registers, sets, counters
//! or maps is a map from keys to their stores. All of them share one causal context.

use std::collections::BTreeMap;
use std::iter::Peekable;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::context::CausalContext;
use super::dots::DotStore;
use super::error::UpdateError;
use super::pairs;
use crate::versions::Dot;

/// A store for each key, none of them empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotMap<K, S> {
    entries: BTreeMap<K, S>,
}

/// What a user asks of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapUpdate<K, U> {
    /// An update of what stands at a key, which comes to be if nothing does.
    Update(K, U),
    /// Removal of a key with all that was seen there.
    Remove(K),
}

/// An operation on a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapOp<K, O, I> {
    /// An operation on what stands at a key.
    Update(K, O),
    /// These dots are gone from a key.
    Remove(K, Vec<Dot<I>>),
}

impl<K, S> Default for DotMap<K, S> {
    fn default() -> DotMap<K, S> {
        DotMap { entries: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, S: DotStore> DotMap<K, S> {
    /// What stands at a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&S> {
        self.entries.get(key)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and what stands there, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &S)> {
        self.entries.iter()
    }

    pub(crate) fn insert(&mut self, key: K, store: S) -> Option<S> {
        self.entries.insert(key, store)
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<S> {
        self.entries.remove(key)
    }

    /// The join with a delta: its keys are looked up, and what it removes elsewhere is looked for among all dots.
    fn join_few(
        &mut self,
        mine: &CausalContext<S::Id>,
        other: &DotMap<K, S>,
        theirs: &CausalContext<S::Id>,
        mut gone: Vec<Dot<S::Id>>,
    ) {
        gone.retain(|dot| mine.contains(dot));
        other.each_dot(&mut |kept| gone.retain(|dot| dot != kept));
        for (key, store) in &other.entries {
            let here = self.entries.entry(key.clone()).or_default();
            here.each_dot(&mut |joined| gone.retain(|dot| dot != joined));
            here.join(mine, store, theirs);
            if here.is_empty() {
                self.entries.remove(key);
            }
        }
        if !gone.is_empty() {
            self.discard(&gone);
        }
    }
}

/// Takes the next entry if its key is not above this one: `Some(None)` if that key is below, and was skipped.
fn up_to<'a, K: Ord, S>(entries: &mut Peekable<impl Iterator<Item = (&'a K, &'a S)>>, key: &K) -> Option<(&'a K, &'a S)> {
    entries.next_if(|(next, _)| *next <= key)
}

impl<K: Ord + Clone, S: DotStore> DotStore for DotMap<K, S> {
    type Id = S::Id;
    /// A set of keys, or a map to what stands there.
    type Value = S::ByKey<K>;
    type ByKey<L: Ord + Clone> = BTreeMap<L, Self::Value>;
    type Update = MapUpdate<K, S::Update>;
    type Op = MapOp<K, S::Op, S::Id>;

    fn value(&self) -> S::ByKey<K> {
        S::by_key(self.entries.iter())
    }

    fn by_key<'a, L: Ord + Clone + 'a>(stores: impl Iterator<Item = (&'a L, &'a Self)>) -> BTreeMap<L, Self::Value>
    where
        Self: 'a,
    {
        stores.map(|(key, store)| (key.clone(), store.value())).collect()
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn each_dot(&self, show: &mut dyn FnMut(&Dot<S::Id>)) {
        self.entries.values().for_each(|store| store.each_dot(show));
    }

    /// One pass over both maps in the order of keys, unless the other is a delta.
    fn join(&mut self, mine: &CausalContext<S::Id>, other: &DotMap<K, S>, theirs: &CausalContext<S::Id>) {
        if let Some(dots) = theirs.few().filter(|dots| dots.len() < self.entries.len()) {
            return self.join_few(mine, other, theirs, dots);
        }
        let nothing = S::default();
        let mut new = Vec::new();
        let mut offer = |key: &K, store: &S| {
            let mut joined = S::default();
            joined.join(mine, store, theirs);
            if !joined.is_empty() {
                new.push((key.clone(), joined));
            }
        };
        let mut others = other.entries.iter().peekable();
        self.entries.retain(|key, store| {
            let mut at_key = &nothing;
            while let Some((next, theirs_there)) = up_to(&mut others, key) {
                if next == key {
                    at_key = theirs_there;
                } else {
                    offer(next, theirs_there);
                }
            }
            store.join(mine, at_key, theirs);
            !store.is_empty()
        });
        others.for_each(|(key, store)| offer(key, store));
        // Many at once are cheaper as one pass that builds the map anew.
        if new.len() > self.entries.len() / 8 {
            self.entries.append(&mut new.into_iter().collect());
        } else {
            self.entries.extend(new);
        }
    }

    fn discard(&mut self, dots: &[Dot<S::Id>]) {
        self.entries.retain(|_, store| {
            store.discard(dots);
            !store.is_empty()
        });
    }

    fn prepare(&self, dot: &Dot<S::Id>, update: MapUpdate<K, S::Update>) -> Result<Self::Op, UpdateError> {
        match update {
            MapUpdate::Update(key, update) => {
                let op = match self.entries.get(&key) {
                    Some(store) => store.prepare(dot, update)?,
                    None => S::default().prepare(dot, update)?,
                };
                Ok(MapOp::Update(key, op))
            }
            MapUpdate::Remove(key) => {
                let dots = self.entries.get(&key).ok_or(UpdateError::NotAnElement)?.dots();
                Ok(MapOp::Remove(key, dots))
            }
        }
    }

    fn effect(&mut self, op: &Self::Op) {
        let key = match op {
            MapOp::Update(key, op) => {
                self.entries.entry(key.clone()).or_default().effect(op);
                key
            }
            MapOp::Remove(key, dots) => {
                let Some(store) = self.entries.get_mut(key) else { return };
                store.discard(dots);
                key
            }
        };
        if self.entries.get(key).is_some_and(DotStore::is_empty) {
            self.entries.remove(key);
        }
    }

    fn delta(op: &Self::Op) -> (DotMap<K, S>, CausalContext<S::Id>) {
        match op {
            MapOp::Update(key, op) => {
                let (store, context) = S::delta(op);
                let entries = if store.is_empty() { BTreeMap::new() } else { BTreeMap::from([(key.clone(), store)]) };
                (DotMap { entries }, context)
            }
            MapOp::Remove(_, dots) => {
                let mut context = CausalContext::default();
                dots.iter().for_each(|dot| context.insert(dot.clone()));
                (DotMap::default(), context)
            }
        }
    }
}

impl<K: Serialize, S: Serialize> Serialize for DotMap<K, S> {
    fn serialize<T: Serializer>(&self, to: T) -> Result<T::Ok, T::Error> {
        pairs::serialize(&self.entries, to)
    }
}

impl<'de, K: Deserialize<'de> + Ord, S: Deserialize<'de> + DotStore> Deserialize<'de> for DotMap<K, S> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<DotMap<K, S>, D::Error> {
        let entries: BTreeMap<K, S> = pairs::deserialize(from)?;
        if entries.values().any(DotStore::is_empty) {
            return Err(D::Error::custom("a key of a map holds nothing: it is to be left out"));
        }
        Ok(DotMap { entries })
    }
}
