//! Version vectors: how many updates of each actor a version includes.
//!
//! Parker et al., "Detection of mutual inconsistency in distributed systems", IEEE TSE 1983: one version dominates another if no
//! counter of it is smaller; if neither dominates, the two are in conflict. It is not a vector clock, which has the same shape and
//! stamps every event of a process (Fidge 1988, Mattern 1989); here only updates count.

use std::cmp::Ordering;
use std::fmt;

use super::Actor;

/// A counter for each actor; one that is not there is zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct VersionVector {
    /// In the order of actors, each once, none zero: equal vectors have equal entries.
    entries: Vec<(Actor, u64)>,
}

impl VersionVector {
    /// The vector of these counters. Of several of one actor the largest counts; zeros are left out.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = (Actor, u64)>) -> VersionVector {
        let mut vector = VersionVector::default();
        for (actor, count) in entries {
            vector.raise(actor, count);
        }
        vector
    }

    /// The counter of an actor.
    #[must_use]
    pub fn get(&self, actor: Actor) -> u64 {
        self.place(actor).map_or(0, |place| self.entries[place].1)
    }

    /// Makes sure that so many updates of an actor are included.
    pub fn raise(&mut self, actor: Actor, count: u64) {
        match self.place(actor) {
            Ok(place) => self.entries[place].1 = self.entries[place].1.max(count),
            Err(place) if count > 0 => self.entries.insert(place, (actor, count)),
            Err(_) => {}
        }
    }

    /// This vector with one more update of an actor.
    ///
    /// # Panics
    /// If the actor has made 2^64 - 1 updates: a counter that wrapped would name an old update.
    #[must_use]
    pub fn incremented(&self, actor: Actor) -> VersionVector {
        let mut next = self.clone();
        let count = self.get(actor).checked_add(1);
        next.raise(actor, count.unwrap_or_else(|| panic!("actor {actor} has no number left for another update")));
        next
    }

    /// The counters that are not zero, in the order of actors.
    pub fn entries(&self) -> impl Iterator<Item = (Actor, u64)> + '_ {
        self.entries.iter().copied()
    }

    /// Whether it includes no update at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Which of two versions includes the updates of the other; `None`: each has some that the other lacks.
    #[must_use]
    pub fn compare(&self, other: &VersionVector) -> Option<Ordering> {
        let includes = |mine: &VersionVector, theirs: &VersionVector| theirs.entries().all(|(actor, n)| mine.get(actor) >= n);
        match (includes(self, other), includes(other, self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Greater),
            (false, true) => Some(Ordering::Less),
            (false, false) => None,
        }
    }

    /// The join: for each actor the larger counter. It includes what either of the two includes, and no more.
    #[must_use]
    pub fn merge(&self, other: &VersionVector) -> VersionVector {
        let mut merged = self.clone();
        for (actor, count) in other.entries() {
            merged.raise(actor, count);
        }
        merged
    }

    /// A total order that extends [`VersionVector::compare`]: by the number of updates, then by actors and counters.
    #[must_use]
    pub(super) fn arbitrate(&self, other: &VersionVector) -> Ordering {
        let updates = |vector: &VersionVector| vector.entries().map(|(_, count)| u128::from(count)).sum::<u128>();
        updates(self).cmp(&updates(other)).then_with(|| self.entries.cmp(&other.entries))
    }

    fn place(&self, actor: Actor) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&actor, |(other, _)| *other)
    }
}

impl fmt::Display for VersionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (place, (actor, count)) in self.entries().enumerate() {
            write!(f, "{}{actor}:{count}", if place > 0 { ", " } else { "" })?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(counters: [u64; 3]) -> VersionVector {
        VersionVector::of((0..).map(Actor).zip(counters))
    }

    /// A file with copies at three sites; a partition parts site 0 from the other two, both sides update, and the copies meet again.
    #[test]
    fn updates_on_both_sides_of_a_partition_are_a_conflict() {
        let before = vector([1, 0, 0]);
        let left = before.incremented(Actor(0));
        let right = before.incremented(Actor(2));
        assert_eq!((before.compare(&left), right.compare(&before)), (Some(Ordering::Less), Some(Ordering::Greater)));
        assert_eq!(left.compare(&right), None, "{left} and {right}");
        let settled = left.merge(&right).incremented(Actor(1));
        assert_eq!(settled, vector([2, 1, 1]));
        assert_eq!((settled.compare(&left), settled.compare(&right)), (Some(Ordering::Greater), Some(Ordering::Greater)));
    }

    #[test]
    fn a_counter_of_zero_is_one_that_is_not_there() {
        assert_eq!(vector([0, 2, 0]), VersionVector::of([(Actor(1), 1), (Actor(1), 2), (Actor(1), 0)]));
        assert_eq!(VersionVector::default().compare(&vector([0, 0, 0])), Some(Ordering::Equal));
        assert!(vector([0, 0, 0]).is_empty() && !vector([0, 1, 0]).is_empty());
        assert_eq!(vector([0, 2, 1]).to_string(), "{1:2, 2:1}");
    }

    #[test]
    #[should_panic(expected = "actor 3 has no number left")]
    fn a_counter_never_wraps() {
        let _ = VersionVector::of([(Actor(3), u64::MAX)]).incremented(Actor(3));
    }
}
