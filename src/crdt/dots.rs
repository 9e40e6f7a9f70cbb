//! Stores of dots: what is left of updates, each named by its dot, and how two replicas join it.
//!
//! Almeida, Shoker and Baquero (JPDC 2018), on causal types: beside a causal context a store needs no tombstones, because a dot that is known
//! and has nothing in the store was removed. So the join keeps what both have, and what one has and the other has never known.
//! [`DotSet`], [`DotFun`](super::DotFun) and
//! [`DotCounter`](super::DotCounter) are the leaves; [`DotMap`](super::DotMap) holds stores by keys.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::context::CausalContext;
use super::error::UpdateError;
use crate::versions::Dot;

/// A store of dots: what `OrSetOptimised`, `MvRegister` and `OrMap` are made of, and what an `OrMap` can hold.
pub trait DotStore: Clone + Default + PartialEq {
    /// Who makes updates.
    type Id: Ord + Clone;
    /// What a reader sees.
    type Value;
    /// What a reader sees of many such stores by keys: a set of keys, if no more is to be seen of a store than that it is there.
    type ByKey<K: Ord + Clone>;
    /// What a user asks for.
    type Update;
    /// An update with its dot and the dots that it replaces.
    type Op: Clone;

    /// What a reader sees here and now.
    fn value(&self) -> Self::Value;

    /// What a reader sees of stores by keys.
    fn by_key<'a, K: Ord + Clone + 'a>(stores: impl Iterator<Item = (&'a K, &'a Self)>) -> Self::ByKey<K>
    where
        Self: 'a;

    /// Whether nothing is in the store.
    fn is_empty(&self) -> bool;

    /// Shows each dot of the store.
    fn each_dot(&self, show: &mut dyn FnMut(&Dot<Self::Id>));

    /// Joins what another replica has, given what each of the two knows.
    fn join(&mut self, mine: &CausalContext<Self::Id>, other: &Self, theirs: &CausalContext<Self::Id>);

    /// Removes what has one of these dots.
    fn discard(&mut self, dots: &[Dot<Self::Id>]);

    /// The operation of an update, which is named by a dot.
    ///
    /// # Errors
    /// [`UpdateError`] if the precondition of the update fails here.
    fn prepare(&self, dot: &Dot<Self::Id>, update: Self::Update) -> Result<Self::Op, UpdateError>;

    /// The effect of an operation, of which the dot is new to this store.
    fn effect(&mut self, op: &Self::Op);

    /// An operation as a delta: what it adds, and what a replica with the delta knows of.
    fn delta(op: &Self::Op) -> (Self, CausalContext<Self::Id>);

    /// All dots, in the order of the store.
    fn dots(&self) -> Vec<Dot<Self::Id>> {
        let mut dots = Vec::new();
        self.each_dot(&mut |dot| dots.push(dot.clone()));
        dots
    }
}

/// The operation of a leaf: a new dot with a value, in place of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DotOp<I, T> {
    /// The update.
    pub dot: Dot<I>,
    /// What it stores.
    pub value: T,
    /// What it replaces: the dots that its source had.
    pub replaced: Vec<Dot<I>>,
}

impl<I: Ord + Clone, T> DotOp<I, T> {
    pub(crate) fn context(&self) -> CausalContext<I> {
        let mut context = CausalContext::default();
        context.insert(self.dot.clone());
        self.replaced.iter().for_each(|dot| context.insert(dot.clone()));
        context
    }
}

/// A set of dots: a flag, or an element of a set, that is there as long as a dot is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Dot<I>>", into = "Vec<Dot<I>>")]
#[serde(bound(serialize = "I: Serialize + Clone", deserialize = "I: Deserialize<'de> + Ord"))]
pub struct DotSet<I>(Dots<I>);

/// Ascending dots. One is what an element mostly has, and it needs no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Dots<I> {
    None,
    One(Dot<I>),
    /// Two or more.
    Many(Vec<Dot<I>>),
}

impl<I> Default for DotSet<I> {
    fn default() -> DotSet<I> {
        DotSet(Dots::None)
    }
}

impl<I> DotSet<I> {
    pub(crate) const fn one(dot: Dot<I>) -> DotSet<I> {
        DotSet(Dots::One(dot))
    }

    /// The dots, in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[Dot<I>] {
        match &self.0 {
            Dots::None => &[],
            Dots::One(dot) => std::slice::from_ref(dot),
            Dots::Many(dots) => dots,
        }
    }

    fn of(mut dots: Vec<Dot<I>>) -> DotSet<I> {
        DotSet(match dots.len() {
            0 => Dots::None,
            1 => dots.pop().map_or(Dots::None, Dots::One),
            _ => Dots::Many(dots),
        })
    }
}

impl<I: Ord + Clone> DotStore for DotSet<I> {
    type Id = I;
    type Value = ();
    type ByKey<K: Ord + Clone> = BTreeSet<K>;
    type Update = ();
    type Op = DotOp<I, ()>;

    fn value(&self) {}

    fn by_key<'a, K: Ord + Clone + 'a>(stores: impl Iterator<Item = (&'a K, &'a Self)>) -> BTreeSet<K>
    where
        Self: 'a,
    {
        stores.map(|(key, _)| key.clone()).collect()
    }

    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    fn each_dot(&self, show: &mut dyn FnMut(&Dot<I>)) {
        self.as_slice().iter().for_each(show);
    }

    fn join(&mut self, mine: &CausalContext<I>, other: &DotSet<I>, theirs: &CausalContext<I>) {
        if self == other {
            return;
        }
        // Mostly one dot stands here, or comes.
        match (&self.0, &other.0) {
            (Dots::One(dot), Dots::None) => {
                if theirs.contains(dot) {
                    self.0 = Dots::None;
                }
                return;
            }
            (Dots::None, Dots::One(dot)) => {
                if !mine.contains(dot) {
                    self.0 = Dots::One(dot.clone());
                }
                return;
            }
            (Dots::None | Dots::One(_) | Dots::Many(_), _) => {}
        }
        let has = |set: &[Dot<I>], dot: &Dot<I>| set.binary_search(dot).is_ok();
        let (here, there) = (self.as_slice(), other.as_slice());
        let mut kept: Vec<Dot<I>> = here.iter().filter(|dot| has(there, dot) || !theirs.contains(dot)).cloned().collect();
        kept.extend(there.iter().filter(|dot| !has(here, dot) && !mine.contains(dot)).cloned());
        kept.sort();
        *self = DotSet::of(kept);
    }

    fn discard(&mut self, dots: &[Dot<I>]) {
        if !self.as_slice().iter().any(|dot| dots.contains(dot)) {
            return;
        }
        *self = DotSet::of(self.as_slice().iter().filter(|dot| !dots.contains(dot)).cloned().collect());
    }

    fn prepare(&self, dot: &Dot<I>, (): ()) -> Result<DotOp<I, ()>, UpdateError> {
        Ok(DotOp { dot: dot.clone(), value: (), replaced: self.as_slice().to_vec() })
    }

    fn effect(&mut self, op: &DotOp<I, ()>) {
        let mut kept: Vec<Dot<I>> = self.as_slice().iter().filter(|dot| !op.replaced.contains(dot)).cloned().collect();
        if let Err(place) = kept.binary_search(&op.dot) {
            kept.insert(place, op.dot.clone());
        }
        *self = DotSet::of(kept);
    }

    fn delta(op: &DotOp<I, ()>) -> (DotSet<I>, CausalContext<I>) {
        (DotSet::one(op.dot.clone()), op.context())
    }
}

impl<I: Ord> TryFrom<Vec<Dot<I>>> for DotSet<I> {
    type Error = &'static str;

    fn try_from(dots: Vec<Dot<I>>) -> Result<DotSet<I>, &'static str> {
        let sorted = dots.windows(2).all(|pair| pair[0] < pair[1]);
        if sorted { Ok(DotSet::of(dots)) } else { Err("the dots of a set are to be in order, each once") }
    }
}

impl<I> From<DotSet<I>> for Vec<Dot<I>> {
    fn from(set: DotSet<I>) -> Vec<Dot<I>> {
        match set.0 {
            Dots::None => Vec::new(),
            Dots::One(dot) => vec![dot],
            Dots::Many(dots) => dots,
        }
    }
}
