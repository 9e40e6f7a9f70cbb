//! Causal contexts: which updates a state or a delta knows of, whether or not anything of them is left.
//!
//! Almeida, Shoker and Baquero, "Delta state replicated data types" (JPDC 2018): a version vector for what is known without
//! gaps, and a cloud of single dots beyond it. The cloud of a state that has had whole states only is empty, so that its context is the
//! version vector of Bieniusa et al. (arXiv 1210.3368); deltas that come early leave dots there until the gap is closed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::versions::{Dot, Exhausted, VersionVector};

/// So many dots are looked for one by one.
const FEW: u64 = 16;

/// A set of dots: of each replica the first so many, and some beyond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Plain<I>", bound(serialize = "I: Serialize + Clone", deserialize = "I: Deserialize<'de> + Ord + Clone"))]
pub struct CausalContext<I> {
    known: VersionVector<I>,
    /// Dots beyond `known`, none of which could be moved there.
    cloud: BTreeSet<Dot<I>>,
}

/// As it is read: not yet compact.
#[derive(Deserialize)]
#[serde(bound(deserialize = "I: Deserialize<'de> + Ord + Clone"))]
struct Plain<I> {
    known: VersionVector<I>,
    cloud: BTreeSet<Dot<I>>,
}

impl<I: Ord + Clone> TryFrom<Plain<I>> for CausalContext<I> {
    type Error = &'static str;

    fn try_from(plain: Plain<I>) -> Result<CausalContext<I>, &'static str> {
        if plain.cloud.iter().any(|dot| dot.count == 0) {
            return Err("the cloud of a causal context has a dot with the number 0");
        }
        let mut context = CausalContext { known: plain.known, cloud: plain.cloud };
        context.compact();
        Ok(context)
    }
}

impl<I> Default for CausalContext<I> {
    fn default() -> CausalContext<I> {
        CausalContext { known: VersionVector::default(), cloud: BTreeSet::new() }
    }
}

impl<I: Ord + Clone> CausalContext<I> {
    /// Whether an update is known.
    #[must_use]
    pub fn contains(&self, dot: &Dot<I>) -> bool {
        self.known.includes(dot) || (!self.cloud.is_empty() && self.cloud.contains(dot))
    }

    /// The dot that the next update of a replica would have.
    ///
    /// # Errors
    /// [`Exhausted`] if the replica has no number left.
    pub fn peek(&self, id: &I) -> Result<Dot<I>, Exhausted> {
        let count = self.known.get(id).checked_add(1).ok_or(Exhausted)?;
        Ok(Dot { id: id.clone(), count })
    }

    /// A new dot of a replica, which is known from here on.
    ///
    /// # Errors
    /// [`Exhausted`] if the replica has no number left.
    pub fn next(&mut self, id: &I) -> Result<Dot<I>, Exhausted> {
        // The next number is not in the cloud, or it would have been moved to the vector.
        let count = self.known.try_increment(id)?;
        self.compact();
        Ok(Dot { id: id.clone(), count })
    }

    /// Makes an update known.
    pub fn insert(&mut self, dot: Dot<I>) {
        if !self.contains(&dot) {
            self.cloud.insert(dot);
            self.compact();
        }
    }

    /// Makes all known that the other knows.
    pub fn merge(&mut self, other: &CausalContext<I>) {
        self.known.merge(&other.known);
        if !other.cloud.is_empty() || !self.cloud.is_empty() {
            self.cloud.extend(other.cloud.iter().cloned());
            self.compact();
        }
    }

    /// All dots, if they are few, as those of a delta are.
    pub(crate) fn few(&self) -> Option<Vec<Dot<I>>> {
        let known = self.known.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(count));
        if known > FEW || self.cloud.len() as u64 > FEW {
            return None;
        }
        let known = self.known.iter().flat_map(|(id, count)| (1..=count).map(|count| Dot { id: id.clone(), count }));
        Some(known.chain(self.cloud.iter().cloned()).collect())
    }

    /// Moves dots of the cloud into the vector where no gap is left. Dots are in the order of replicas and numbers, so one pass does it.
    fn compact(&mut self) {
        if self.cloud.is_empty() {
            return;
        }
        let known = &mut self.known;
        self.cloud.retain(|dot| {
            let included = known.get(&dot.id);
            if Some(dot.count) == included.checked_add(1) {
                known.raise(&dot.id, dot.count);
            }
            dot.count > included && Some(dot.count) != included.checked_add(1)
        });
    }
}
