//! A store of dots with its causal context, as states and deltas; and without, as operations.
//!
//! Almeida, Shoker and Baquero (JPDC 2018), on causal types. [`Causal`] is `MvRegister`, `OrSetOptimised`, `OrMap` and `MvMap`, by what it holds:
//! their laws are the laws of one merge. [`OpForm`] is the operation-based counterpart of each: causal delivery does what the context does
//! in a state, so that it needs none.

use serde::{Deserialize, Serialize};

use super::context::CausalContext;
use super::dots::DotStore;
use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use crate::versions::Dot;

/// What is left of updates, and which updates are known. A whole state and a delta are of this one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Plain<S>")]
#[serde(bound(
    serialize = "S: DotStore + Serialize, S::Id: Serialize",
    deserialize = "S: DotStore + Deserialize<'de>, S::Id: Deserialize<'de>"
))]
pub struct Causal<S: DotStore> {
    pub(crate) store: S,
    pub(crate) context: CausalContext<S::Id>,
}

/// As it is read: the context may lack dots of the store.
#[derive(Deserialize)]
#[serde(bound(deserialize = "S: DotStore + Deserialize<'de>, S::Id: Deserialize<'de>"))]
struct Plain<S: DotStore> {
    store: S,
    context: CausalContext<S::Id>,
}

impl<S: DotStore> TryFrom<Plain<S>> for Causal<S> {
    type Error = &'static str;

    fn try_from(plain: Plain<S>) -> Result<Causal<S>, &'static str> {
        let mut known = true;
        plain.store.each_dot(&mut |dot| known &= dot.count > 0 && plain.context.contains(dot));
        if known {
            Ok(Causal { store: plain.store, context: plain.context })
        } else {
            Err("the store has a dot that the causal context does not know")
        }
    }
}

impl<S: DotStore> Default for Causal<S> {
    fn default() -> Causal<S> {
        Causal { store: S::default(), context: CausalContext::default() }
    }
}

impl<S: DotStore> Causal<S> {
    /// Nothing.
    #[must_use]
    pub fn new() -> Causal<S> {
        Causal::default()
    }

    /// What is left of updates, with their dots.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Carries out an update and returns the delta: what is new, and which updates it replaces.
    ///
    /// # Errors
    /// [`UpdateError`] if the precondition of the update fails here, or the replica has no number left.
    pub fn apply_delta(&mut self, id: &S::Id, update: S::Update) -> Result<Causal<S>, UpdateError> {
        let dot = self.context.peek(id)?;
        let op = self.apply_op(id, update)?;
        let (store, mut context) = S::delta(&op);
        // A removal within a key stores nothing under its dot. Left out, it would be a gap at whoever merges deltas, for ever.
        context.insert(dot);
        Ok(Causal { store, context })
    }

    /// Carries out an update.
    pub(crate) fn apply_op(&mut self, id: &S::Id, update: S::Update) -> Result<S::Op, UpdateError> {
        let op = self.store.prepare(&self.context.peek(id)?, update)?;
        self.store.effect(&op);
        self.context.next(id)?;
        Ok(op)
    }
}

impl<S: DotStore> Crdt for Causal<S> {
    type Value = S::Value;

    fn value(&self) -> S::Value {
        self.store.value()
    }
}

impl<S: DotStore> StateBased for Causal<S> {
    /// One pass over both states; if the other is a delta, lookups for what it adds, and a look at every dot for what it removes.
    fn merge(&mut self, other: &Causal<S>) {
        self.store.join(&self.context, &other.store, &other.context);
        self.context.merge(&other.context);
    }
}

/// The operation-based form of a store of dots: an operation names the dots that its source saw and that it replaces. Each effect costs a
/// lookup, whatever the size of the store.
///
/// Delivered out of causal order, a removal comes before what it removes, which then stays for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpForm<S> {
    store: S,
}

impl<S> OpForm<S> {
    /// What is left of updates, with their dots.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }
}

impl<S: DotStore> Crdt for OpForm<S> {
    type Value = S::Value;

    fn value(&self) -> S::Value {
        self.store.value()
    }
}

impl<S: DotStore> OpBased<S::Id> for OpForm<S> {
    type Update = S::Update;
    type Op = S::Op;

    const DELIVERY: Delivery = Delivery::CausalOnce;

    fn prepare(&self, dot: &Dot<S::Id>, update: S::Update) -> Result<S::Op, UpdateError> {
        self.store.prepare(dot, update)
    }

    fn effect(&mut self, op: &S::Op) -> Result<(), UpdateError> {
        self.store.effect(op);
        Ok(())
    }
}
