//! Stores of values by their dots: a register with all its concurrent values, and a counter.
//!
//! `DotFun` of Almeida, Shoker and Baquero (JPDC 2018), on causal types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::context::CausalContext;
use super::dots::{DotOp, DotStore};
use super::error::UpdateError;
use crate::versions::Dot;

/// A value for each dot: what a multi-value register holds. An assignment replaces the values that its source saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(Dot<I>, T)>", into = "Vec<(Dot<I>, T)>")]
#[serde(bound(
    serialize = "I: Serialize + Clone, T: Serialize + Clone",
    deserialize = "I: Deserialize<'de> + Ord, T: Deserialize<'de>"
))]
pub struct DotFun<I, T> {
    /// In the order of dots.
    entries: Vec<(Dot<I>, T)>,
}

impl<I, T> Default for DotFun<I, T> {
    fn default() -> DotFun<I, T> {
        DotFun { entries: Vec::new() }
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> DotFun<I, T> {
    /// The values, in the order of their dots.
    pub fn iter(&self) -> impl Iterator<Item = (&Dot<I>, &T)> {
        self.entries.iter().map(|(dot, value)| (dot, value))
    }

    fn has(&self, dot: &Dot<I>) -> bool {
        self.entries.binary_search_by(|(known, _)| known.cmp(dot)).is_ok()
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> DotStore for DotFun<I, T> {
    type Id = I;
    /// The concurrent values, in the order of their dots.
    type Value = Vec<T>;
    type ByKey<K: Ord + Clone> = BTreeMap<K, Vec<T>>;
    type Update = T;
    type Op = DotOp<I, T>;

    fn value(&self) -> Vec<T> {
        self.entries.iter().map(|(_, value)| value.clone()).collect()
    }

    fn by_key<'a, K: Ord + Clone + 'a>(stores: impl Iterator<Item = (&'a K, &'a Self)>) -> BTreeMap<K, Self::Value>
    where
        Self: 'a,
    {
        stores.map(|(key, store)| (key.clone(), store.value())).collect()
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn each_dot(&self, show: &mut dyn FnMut(&Dot<I>)) {
        self.entries.iter().for_each(|(dot, _)| show(dot));
    }

    fn join(&mut self, mine: &CausalContext<I>, other: &DotFun<I, T>, theirs: &CausalContext<I>) {
        let new = other.entries.iter().filter(|(dot, _)| !self.has(dot) && !mine.contains(dot)).cloned().collect::<Vec<_>>();
        self.entries.retain(|(dot, _)| other.has(dot) || !theirs.contains(dot));
        self.entries.extend(new);
        self.entries.sort_by(|a, b| a.0.cmp(&b.0));
    }

    fn discard(&mut self, dots: &[Dot<I>]) {
        self.entries.retain(|(dot, _)| !dots.contains(dot));
    }

    fn prepare(&self, dot: &Dot<I>, value: T) -> Result<DotOp<I, T>, UpdateError> {
        Ok(DotOp { dot: dot.clone(), value, replaced: self.dots() })
    }

    fn effect(&mut self, op: &DotOp<I, T>) {
        self.discard(&op.replaced);
        if let Err(place) = self.entries.binary_search_by(|(known, _)| known.cmp(&op.dot)) {
            self.entries.insert(place, (op.dot.clone(), op.value.clone()));
        }
    }

    fn delta(op: &DotOp<I, T>) -> (DotFun<I, T>, CausalContext<I>) {
        (DotFun { entries: vec![(op.dot.clone(), op.value.clone())] }, op.context())
    }
}

impl<I: Ord, T> TryFrom<Vec<(Dot<I>, T)>> for DotFun<I, T> {
    type Error = &'static str;

    fn try_from(entries: Vec<(Dot<I>, T)>) -> Result<DotFun<I, T>, &'static str> {
        let sorted = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if sorted {
            Ok(DotFun { entries })
        } else {
            Err("the values of a register are to be in the order of their dots, each once")
        }
    }
}

impl<I, T> From<DotFun<I, T>> for Vec<(Dot<I>, T)> {
    fn from(store: DotFun<I, T>) -> Vec<(Dot<I>, T)> {
        store.entries
    }
}

/// A counter as a store: for each replica one dot with what it has counted since the counter was seen removed.
///
/// Removal of its key takes away what was seen. A replica that counts on concurrently brings all of its own part back, because one dot stands
/// for it: Baquero, Almeida and Lerche, "The problem with embedded CRDT counters and a solution" (PaPoC 2016).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound(serialize = "I: Serialize + Clone", deserialize = "I: Deserialize<'de> + Ord"))]
pub struct DotCounter<I>(DotFun<I, i64>);

impl<I> Default for DotCounter<I> {
    fn default() -> DotCounter<I> {
        DotCounter(DotFun::default())
    }
}

impl<I: Ord + Clone> DotStore for DotCounter<I> {
    type Id = I;
    type Value = i128;
    type ByKey<K: Ord + Clone> = BTreeMap<K, i128>;
    /// How much to count, down if negative.
    type Update = i64;
    type Op = DotOp<I, i64>;

    fn value(&self) -> i128 {
        self.0.iter().map(|(_, count)| i128::from(*count)).sum()
    }

    fn by_key<'a, K: Ord + Clone + 'a>(stores: impl Iterator<Item = (&'a K, &'a Self)>) -> BTreeMap<K, Self::Value>
    where
        Self: 'a,
    {
        stores.map(|(key, store)| (key.clone(), store.value())).collect()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn each_dot(&self, show: &mut dyn FnMut(&Dot<I>)) {
        self.0.each_dot(show);
    }

    fn join(&mut self, mine: &CausalContext<I>, other: &DotCounter<I>, theirs: &CausalContext<I>) {
        self.0.join(mine, &other.0, theirs);
    }

    fn discard(&mut self, dots: &[Dot<I>]) {
        self.0.discard(dots);
    }

    /// An operation with the new sum of the replica in place of its old one.
    fn prepare(&self, dot: &Dot<I>, n: i64) -> Result<DotOp<I, i64>, UpdateError> {
        let own: Vec<(&Dot<I>, &i64)> = self.0.iter().filter(|(old, _)| old.id == dot.id).collect();
        let value = own.iter().try_fold(n, |sum, (_, count)| sum.checked_add(**count)).ok_or(UpdateError::Exhausted)?;
        Ok(DotOp { dot: dot.clone(), value, replaced: own.into_iter().map(|(old, _)| old.clone()).collect() })
    }

    fn effect(&mut self, op: &DotOp<I, i64>) {
        self.0.effect(op);
    }

    fn delta(op: &DotOp<I, i64>) -> (DotCounter<I>, CausalContext<I>) {
        let (store, context) = DotFun::delta(op);
        (DotCounter(store), context)
    }
}
