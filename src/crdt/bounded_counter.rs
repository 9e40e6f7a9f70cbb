//! A counter that never falls below zero: each replica spends only the rights that it holds.
//!
//! Bounded counter of Balegas et al., "Extending eventually consistent cloud databases for enforcing numeric invariants" (SRDS 2015), after
//! the escrow method of O'Neil (TODS 1986). An increment makes rights where it happens, a decrement spends some there, and a transfer moves
//! them. No merge can keep a bound on a total; here nobody has to, because the bound is split beforehand.

use serde::{Deserialize, Serialize};

use super::counter::GCounter;
use super::error::UpdateError;
use super::form::{Crdt, StateBased};

/// A counter whose total is never below zero, at any replica, whatever was merged.
///
/// Concurrent updates all count. It cannot spend rights that another replica holds: who has too few asks for a transfer first.
///
/// ```
/// use replicated_telemetry_store::crdt::{BoundedCounter, Crdt, StateBased};
///
/// let mut a = BoundedCounter::new();
/// a.increment(&'A', 3)?;
/// a.transfer(&'A', &'B', 1)?;
/// let mut b = a.clone();
/// b.decrement(&'B', 1)?;
/// assert!(b.decrement(&'B', 1).is_err(), "the other two are A's");
/// a.decrement(&'A', 2)?;
/// a.merge(&b);
/// assert_eq!(a.value(), 0);
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "I: Serialize + Clone", deserialize = "I: Deserialize<'de> + Ord"))]
pub struct BoundedCounter<I> {
    /// From whom to whom rights went; from a replica to itself those that its increments made.
    given: GCounter<(I, I)>,
    /// The rights that each replica has spent.
    spent: GCounter<I>,
}

impl<I> Default for BoundedCounter<I> {
    fn default() -> BoundedCounter<I> {
        BoundedCounter { given: GCounter::default(), spent: GCounter::default() }
    }
}

impl<I: Ord + Clone> BoundedCounter<I> {
    /// A counter at zero, of which nobody has rights.
    #[must_use]
    pub fn new() -> BoundedCounter<I> {
        BoundedCounter::default()
    }

    /// How much a replica may take away without asking anybody, as far as is known here. Of the replica itself that is exact.
    #[must_use]
    pub fn rights(&self, id: &I) -> u64 {
        let (mut got, mut gone) = (0_u128, u128::from(self.spent.get(id)));
        for ((from, to), n) in self.given.iter() {
            got += if to == id { u128::from(n) } else { 0 };
            gone += if from == id && to != id { u128::from(n) } else { 0 };
        }
        u64::try_from(got.saturating_sub(gone)).unwrap_or(u64::MAX)
    }

    /// What a replica has counted up.
    #[must_use]
    pub fn made(&self, id: &I) -> u64 {
        self.given.get(&(id.clone(), id.clone()))
    }

    /// What a replica has counted down.
    #[must_use]
    pub fn spent(&self, id: &I) -> u64 {
        self.spent.get(id)
    }

    /// Every replica that ever held rights, with those that it holds.
    pub fn holders(&self) -> impl Iterator<Item = (&I, u64)> {
        let mut ids: Vec<&I> = self.given.iter().map(|((_, to), _)| to).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(|id| (id, self.rights(id)))
    }

    /// Counts `n` up at a replica, which may take that away again. Returns the delta.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if what the replica has counted would exceed 64 bits.
    pub fn increment(&mut self, id: &I, n: u64) -> Result<BoundedCounter<I>, UpdateError> {
        let given = self.given.increment_delta(&(id.clone(), id.clone()), n)?;
        Ok(BoundedCounter { given, spent: GCounter::new() })
    }

    /// Counts `n` down at a replica, and spends as many of its rights. Returns the delta: all that the replica has spent, with the rights
    /// that it was given, so that nobody sees the one without the other.
    ///
    /// # Errors
    /// [`UpdateError::NoRights`] if it holds fewer.
    pub fn decrement(&mut self, id: &I, n: u64) -> Result<BoundedCounter<I>, UpdateError> {
        self.check(id, n)?;
        let spent = self.spent.increment_delta(id, n)?;
        Ok(BoundedCounter { given: self.given.clone(), spent })
    }

    /// Moves `n` rights from a replica, where this happens, to another one. Returns the delta.
    ///
    /// # Errors
    /// [`UpdateError::NoRights`] if it holds fewer, [`UpdateError::Exhausted`] if it has given more than 64 bits count.
    pub fn transfer(&mut self, id: &I, to: &I, n: u64) -> Result<BoundedCounter<I>, UpdateError> {
        self.check(id, n)?;
        if id != to {
            self.given.increment(&(id.clone(), to.clone()), n)?;
        }
        Ok(BoundedCounter { given: self.given.clone(), spent: GCounter::new() })
    }

    fn check(&self, id: &I, wanted: u64) -> Result<(), UpdateError> {
        let held = self.rights(id);
        if wanted <= held { Ok(()) } else { Err(UpdateError::NoRights { wanted, held }) }
    }
}

impl<I: Ord + Clone> Crdt for BoundedCounter<I> {
    /// The sum, which is not below zero.
    type Value = i128;

    fn value(&self) -> i128 {
        let made: u128 = self.given.iter().filter(|((from, to), _)| from == to).map(|(_, n)| u128::from(n)).sum();
        made.cast_signed().wrapping_sub(self.spent.value().cast_signed())
    }
}

impl<I: Ord + Clone> StateBased for BoundedCounter<I> {
    fn merge(&mut self, other: &BoundedCounter<I>) {
        self.given.merge(&other.given);
        self.spent.merge(&other.spent);
    }

    fn includes(&self, other: &BoundedCounter<I>) -> bool {
        self.given.includes(&other.given) && self.spent.includes(&other.spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_move_and_are_spent_once() {
        let mut a = BoundedCounter::new();
        a.increment(&'a', 5).expect("there is room");
        assert_eq!(a.transfer(&'b', &'a', 1), Err(UpdateError::NoRights { wanted: 1, held: 0 }));
        a.transfer(&'a', &'b', 2).expect("a holds five");
        assert_eq!((a.rights(&'a'), a.rights(&'b'), a.value()), (3, 2, 5));
        a.transfer(&'a', &'a', 3).expect("a gives itself what it holds");
        assert_eq!(a.rights(&'a'), 3);
        assert_eq!(a.decrement(&'a', 4), Err(UpdateError::NoRights { wanted: 4, held: 3 }));
        let mut b = a.clone();
        a.decrement(&'a', 3).expect("a holds three");
        let delta = b.decrement(&'b', 2).expect("b holds two");
        a.merge(&delta);
        a.merge(&delta);
        assert_eq!((a.value(), a.holders().collect::<Vec<_>>()), (0, vec![(&'a', 0), (&'b', 0)]));
    }
}
