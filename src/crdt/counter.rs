//! Counters: each replica counts for itself, and the sum is the value.
//!
//! G-Counter and PN-Counter, specifications 6 and 7 of Shapiro et al., INRIA RR-7506. The merge of a dense counter (the same replicas in
//! both states) is one pass over two arrays of integers, because identifiers and counts stand apart.

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use crate::versions::Dot;

/// A counter that only grows.
///
/// Concurrent increments all count. It cannot go down, and no bound on the total can be kept: each replica sees a part of it only.
///
/// ```
/// use replicated_telemetry_store::crdt::{Crdt, GCounter, StateBased};
///
/// let (mut a, mut b) = (GCounter::new(), GCounter::new());
/// a.increment(&'A', 2)?;
/// b.increment(&'B', 3)?;
/// a.merge(&b);
/// a.merge(&b);
/// assert_eq!(a.value(), 5);
/// # Ok::<(), replicated_telemetry_store::crdt::UpdateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(I, u64)>", into = "Vec<(I, u64)>")]
#[serde(bound(serialize = "I: Serialize + Clone", deserialize = "I: Deserialize<'de> + Ord"))]
pub struct GCounter<I> {
    /// In ascending order, each once.
    ids: Vec<I>,
    /// What each has counted, none zero.
    counts: Vec<u64>,
}

impl<I> Default for GCounter<I> {
    fn default() -> GCounter<I> {
        GCounter { ids: Vec::new(), counts: Vec::new() }
    }
}

impl<I: Ord + Clone> GCounter<I> {
    /// A counter at zero.
    #[must_use]
    pub fn new() -> GCounter<I> {
        GCounter::default()
    }

    /// What one replica has counted.
    #[must_use]
    pub fn get(&self, id: &I) -> u64 {
        self.ids.binary_search(id).map_or(0, |place| self.counts[place])
    }

    /// Counts `n` more at a replica.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if what the replica has counted would exceed 64 bits.
    pub fn increment(&mut self, id: &I, n: u64) -> Result<(), UpdateError> {
        let count = self.get(id).checked_add(n).ok_or(UpdateError::Exhausted)?;
        self.raise(id, count);
        Ok(())
    }

    /// As [`increment`](GCounter::increment), and returns the delta: the entry of this replica.
    ///
    /// # Errors
    /// As `increment`.
    pub fn increment_delta(&mut self, id: &I, n: u64) -> Result<GCounter<I>, UpdateError> {
        self.increment(id, n)?;
        let mut delta = GCounter::new();
        delta.raise(id, self.get(id));
        Ok(delta)
    }

    /// Who has counted, and how much.
    pub fn iter(&self) -> impl Iterator<Item = (&I, u64)> {
        self.ids.iter().zip(self.counts.iter().copied())
    }

    fn raise(&mut self, id: &I, count: u64) {
        match self.ids.binary_search(id) {
            Ok(place) => self.counts[place] = self.counts[place].max(count),
            Err(place) if count > 0 => {
                self.ids.insert(place, id.clone());
                self.counts.insert(place, count);
            }
            Err(_) => {}
        }
    }

    /// Both lists in one pass, for counters in which different replicas have counted.
    fn merged(&self, other: &GCounter<I>) -> GCounter<I> {
        let most = self.ids.len() + other.ids.len();
        let mut joined = GCounter { ids: Vec::with_capacity(most), counts: Vec::with_capacity(most) };
        let (mut mine, mut theirs) = (0, 0);
        while mine < self.ids.len() || theirs < other.ids.len() {
            let order = match (self.ids.get(mine), other.ids.get(theirs)) {
                (Some(a), Some(b)) => a.cmp(b),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, _) => std::cmp::Ordering::Greater,
            };
            let count =
                if order.is_le() { self.counts[mine] } else { 0 }.max(if order.is_ge() { other.counts[theirs] } else { 0 });
            joined.ids.push(if order.is_le() { self.ids[mine].clone() } else { other.ids[theirs].clone() });
            joined.counts.push(count);
            mine += usize::from(order.is_le());
            theirs += usize::from(order.is_ge());
        }
        joined
    }
}

impl<I: Ord + Clone> Crdt for GCounter<I> {
    /// The sum, which is exact: 2^64 replicas would be needed to exceed it.
    type Value = u128;

    fn value(&self) -> u128 {
        self.counts.iter().map(|count| u128::from(*count)).sum()
    }
}

impl<I: Ord + Clone> StateBased for GCounter<I> {
    fn merge(&mut self, other: &GCounter<I>) {
        if self.ids == other.ids {
            for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
                *mine = (*mine).max(*theirs);
            }
        } else {
            *self = self.merged(other);
        }
    }

    fn includes(&self, other: &GCounter<I>) -> bool {
        other.ids.iter().zip(&other.counts).all(|(id, count)| self.get(id) >= *count)
    }
}

impl<I: Ord> TryFrom<Vec<(I, u64)>> for GCounter<I> {
    type Error = &'static str;

    fn try_from(entries: Vec<(I, u64)>) -> Result<GCounter<I>, &'static str> {
        let sorted = entries.windows(2).all(|pair| pair[0].0 < pair[1].0) && entries.iter().all(|(_, count)| *count > 0);
        let (ids, counts) = entries.into_iter().unzip();
        if sorted {
            Ok(GCounter { ids, counts })
        } else {
            Err("a counter names each replica once, in order, with a count above zero")
        }
    }
}

impl<I> From<GCounter<I>> for Vec<(I, u64)> {
    fn from(counter: GCounter<I>) -> Vec<(I, u64)> {
        counter.ids.into_iter().zip(counter.counts).collect()
    }
}

/// A counter that goes up and down: two [`GCounter`]s and their difference.
///
/// Concurrent updates all count. It cannot stay above a bound: two replicas that each see one item left both sell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "I: Serialize + Clone", deserialize = "I: Deserialize<'de> + Ord"))]
pub struct PnCounter<I> {
    increments: GCounter<I>,
    decrements: GCounter<I>,
}

impl<I> Default for PnCounter<I> {
    fn default() -> PnCounter<I> {
        PnCounter { increments: GCounter::default(), decrements: GCounter::default() }
    }
}

impl<I: Ord + Clone> PnCounter<I> {
    /// A counter at zero.
    #[must_use]
    pub fn new() -> PnCounter<I> {
        PnCounter::default()
    }

    /// Counts `n` up at a replica.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if the increments of the replica would exceed 64 bits.
    pub fn increment(&mut self, id: &I, n: u64) -> Result<(), UpdateError> {
        self.increments.increment(id, n)
    }

    /// Counts `n` down at a replica.
    ///
    /// # Errors
    /// [`UpdateError::Exhausted`] if the decrements of the replica would exceed 64 bits.
    pub fn decrement(&mut self, id: &I, n: u64) -> Result<(), UpdateError> {
        self.decrements.increment(id, n)
    }

    /// As [`increment`](PnCounter::increment), and returns the delta.
    ///
    /// # Errors
    /// As `increment`.
    pub fn increment_delta(&mut self, id: &I, n: u64) -> Result<PnCounter<I>, UpdateError> {
        Ok(PnCounter { increments: self.increments.increment_delta(id, n)?, decrements: GCounter::new() })
    }

    /// As [`decrement`](PnCounter::decrement), and returns the delta.
    ///
    /// # Errors
    /// As `decrement`.
    pub fn decrement_delta(&mut self, id: &I, n: u64) -> Result<PnCounter<I>, UpdateError> {
        Ok(PnCounter { increments: GCounter::new(), decrements: self.decrements.increment_delta(id, n)? })
    }

    /// What was counted up.
    #[must_use]
    pub const fn increments(&self) -> &GCounter<I> {
        &self.increments
    }

    /// What was counted down.
    #[must_use]
    pub const fn decrements(&self) -> &GCounter<I> {
        &self.decrements
    }
}

impl<I: Ord + Clone> Crdt for PnCounter<I> {
    type Value = i128;

    fn value(&self) -> i128 {
        self.increments.value().cast_signed().wrapping_sub(self.decrements.value().cast_signed())
    }
}

impl<I: Ord + Clone> StateBased for PnCounter<I> {
    fn merge(&mut self, other: &PnCounter<I>) {
        self.increments.merge(&other.increments);
        self.decrements.merge(&other.decrements);
    }

    fn includes(&self, other: &PnCounter<I>) -> bool {
        self.increments.includes(&other.increments) && self.decrements.includes(&other.decrements)
    }
}

/// The counter of operations, specification 5: an integer. Every duplicate counts again, so each operation has to come exactly once.
///
/// Concurrent updates all count. It cannot be repaired after a duplicate, because nothing tells which replica counted what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpCounter {
    total: i64,
}

impl Crdt for OpCounter {
    /// The total modulo 2^64: operations have to commute, so that none may be refused near the end of the range.
    type Value = i64;

    fn value(&self) -> i64 {
        self.total
    }
}

impl<I> OpBased<I> for OpCounter {
    /// How much to count, down if negative.
    type Update = i64;
    type Op = i64;

    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, _: &Dot<I>, update: i64) -> Result<i64, UpdateError> {
        Ok(update)
    }

    fn effect(&mut self, op: &i64) -> Result<(), UpdateError> {
        self.total = self.total.wrapping_add(*op);
        Ok(())
    }
}
