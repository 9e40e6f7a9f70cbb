//! The three forms of a replicated type, as traits: by states, by operations, by deltas.
//!
//! Shapiro et al., "Conflict-free replicated data types" (SSS 2011): in the state-based form (CvRDT) replicas send whole states, which are
//! joined; in the operation-based form (CmRDT) they send operations, which take effect at every replica. Almeida, Shoker and Baquero,
//! "Delta state replicated data types" (JPDC 2018): what is sent may be a small state that holds just what an update changed. A delta is
//! of the same type as the state and is merged in the same way, so that it needs no trait of its own.

use super::error::UpdateError;
use crate::versions::Dot;

/// A replicated data type: replicas that have had the same updates are equal.
pub trait Crdt: Clone + Default + PartialEq {
    /// What a reader sees.
    type Value;

    /// What a reader sees here and now.
    fn value(&self) -> Self::Value;
}

/// The state-based form: states are a join-semilattice, updates are inflationary, and `merge` is the least upper bound.
pub trait StateBased: Crdt {
    /// Makes this state the least upper bound of both: commutative, associative, idempotent.
    fn merge(&mut self, other: &Self);

    /// Whether this state has all that the other has (`other ≤ self`, "compare" in RR-7506).
    fn includes(&self, other: &Self) -> bool {
        let mut joined = self.clone();
        joined.merge(other);
        joined == *self
    }
}

/// What an operation-based type asks of those who carry its operations. Whatever it is, each operation is to come once to each replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// In any order, each exactly once: all operations commute.
    AnyOnce,
    /// Each exactly once, and after those that its sender had seen: only concurrent operations commute.
    /// [`CausalBroadcast`](super::CausalBroadcast) does it.
    CausalOnce,
}

/// The operation-based form, for replicas with names of a type.
pub trait OpBased<I>: Crdt {
    /// What a user asks for.
    type Update;
    /// What travels.
    type Op: Clone;

    /// What has to be true of the channel. With less the replicas may differ for ever.
    const DELIVERY: Delivery;

    /// Makes the operation of an update ("atSource" in RR-7506), without an effect. `dot` names the update: no other has it.
    ///
    /// # Errors
    /// [`UpdateError`] if the precondition of the update fails here.
    fn prepare(&self, dot: &Dot<I>, update: Self::Update) -> Result<Self::Op, UpdateError>;

    /// The effect of an operation ("downstream"), at each replica, its source included.
    ///
    /// # Errors
    /// [`UpdateError::CauseMissing`] if the channel did not deliver as [`DELIVERY`](OpBased::DELIVERY) asks and the type can tell.
    fn effect(&mut self, op: &Self::Op) -> Result<(), UpdateError>;
}
