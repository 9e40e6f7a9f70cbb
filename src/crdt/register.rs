//! Registers: of concurrent assignments either the last in time counts, or all are kept.
//!
//! LWW-Register and MV-Register, specifications 8 and 10 of Shapiro et al., INRIA RR-7506.

use serde::{Deserialize, Serialize};

use super::causal::{Causal, OpForm};
use super::dot_fun::DotFun;
use super::dots::DotStore;
use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use crate::versions::Dot;

/// A register in which the assignment with the largest time wins.
///
/// Of concurrent assignments one is kept; equal times are decided by the replica, and for one replica by the value, so that the order is
/// total whatever clocks do. It cannot tell a later assignment from one of a clock that is ahead: the assignment of a slow clock is lost.
///
/// ```
/// use replicated_telemetry_store::crdt::{Crdt, LwwRegister};
///
/// let mut register = LwwRegister::new();
/// register.assign(&'A', 12, "noon");
/// register.assign(&'B', 11, "eleven");
/// assert_eq!(register.value(), Some("noon"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LwwRegister<I, T> {
    last: Option<Assignment<I, T>>,
}

/// An assignment with what decides among concurrent ones, in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Assignment<I, T> {
    /// When, by the clock of the replica, in whatever unit all replicas use.
    pub time: u64,
    /// At which replica.
    pub id: I,
    /// What was assigned.
    pub value: T,
}

impl<I, T> Default for LwwRegister<I, T> {
    fn default() -> LwwRegister<I, T> {
        LwwRegister { last: None }
    }
}

impl<I: Ord + Clone, T: Ord + Clone> LwwRegister<I, T> {
    /// A register to which nothing was assigned.
    #[must_use]
    pub fn new() -> LwwRegister<I, T> {
        LwwRegister::default()
    }

    /// Assigns a value at a time of the replica's clock. Returns whether it is the value from now on: it is not if a larger time is known.
    pub fn assign(&mut self, id: &I, time: u64, value: T) -> bool {
        self.keep(Assignment { time, id: id.clone(), value })
    }

    /// The assignment that counts.
    #[must_use]
    pub const fn last(&self) -> Option<&Assignment<I, T>> {
        self.last.as_ref()
    }

    fn keep(&mut self, assignment: Assignment<I, T>) -> bool {
        let newer = self.last.as_ref().is_none_or(|last| assignment > *last);
        if newer {
            self.last = Some(assignment);
        }
        newer
    }
}

impl<I: Ord + Clone, T: Ord + Clone> Crdt for LwwRegister<I, T> {
    type Value = Option<T>;

    fn value(&self) -> Option<T> {
        self.last.as_ref().map(|last| last.value.clone())
    }
}

impl<I: Ord + Clone, T: Ord + Clone> StateBased for LwwRegister<I, T> {
    fn merge(&mut self, other: &LwwRegister<I, T>) {
        if other.last > self.last {
            self.last.clone_from(&other.last);
        }
    }
}

impl<I: Ord + Clone, T: Ord + Clone> OpBased<I> for LwwRegister<I, T> {
    /// Time and value.
    type Update = (u64, T);
    type Op = Assignment<I, T>;

    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, dot: &Dot<I>, (time, value): (u64, T)) -> Result<Assignment<I, T>, UpdateError> {
        Ok(Assignment { time, id: dot.id.clone(), value })
    }

    fn effect(&mut self, op: &Assignment<I, T>) -> Result<(), UpdateError> {
        self.keep(op.clone());
        Ok(())
    }
}

/// A register that keeps all concurrent assignments, until one has seen them.
///
/// The specification has a version vector for each value; a dot for each, with one causal context, says the same with less. It cannot choose:
/// whoever reads several values has to, and assign the choice.
///
/// ```
/// use replicated_telemetry_store::crdt::{Crdt, MvRegister, StateBased};
///
/// let (mut a, mut b) = (MvRegister::new(), MvRegister::new());
/// a.assign(&'A', "a")?;
/// b.assign(&'B', "b")?;
/// a.merge(&b);
/// assert_eq!(a.value(), ["a", "b"]);
/// a.assign(&'A', "c")?;
/// assert_eq!(a.value(), ["c"]);
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
pub type MvRegister<I, T> = Causal<DotFun<I, T>>;

/// The operation-based [`MvRegister`].
pub type OpMvRegister<I, T> = OpForm<DotFun<I, T>>;

impl<I: Ord + Clone, T: Clone + PartialEq> Causal<DotFun<I, T>> {
    /// Assigns a value in place of all that this replica sees.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if the replica has no number left.
    pub fn assign(&mut self, id: &I, value: T) -> Result<(), UpdateError> {
        let dot = self.context.next(id)?;
        let op = self.store.prepare(&dot, value)?;
        self.store.effect(&op);
        Ok(())
    }
}
