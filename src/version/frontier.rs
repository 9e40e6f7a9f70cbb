//! A frontier: the maximal ones of the versions that somebody knows.
//!
//! Where versions are ordered it is the newest one. In general it is an antichain, no member of which covers another (the latest
//! versions of Fidge 1988; what Bayou keeps as one vector per session, Terry et al. 1994). Who covers all members covers everything that
//! was ever put in, because covering is transitive: that is why a checker may forget the rest.

use std::cmp::Ordering;

use super::Stamp;

/// Versions of which none covers another, each with how it came to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier<T> {
    first: Option<(Stamp, T)>,
    /// The others, while there are several: without concurrent versions nothing is allocated.
    rest: Vec<(Stamp, T)>,
}

impl<T> Default for Frontier<T> {
    fn default() -> Self {
        Frontier { first: None, rest: Vec::new() }
    }
}

impl<T> Frontier<T> {
    /// Puts a version in, unless one that is in covers it; those that it covers leave. Whether it was put in.
    pub fn raise(&mut self, stamp: &Stamp, by: T) -> bool {
        let Some(first) = &mut self.first else {
            self.first = Some((stamp.clone(), by));
            return true;
        };
        match stamp.compare(&first.0) {
            Some(Ordering::Less | Ordering::Equal) => false,
            Some(Ordering::Greater) if self.rest.is_empty() => {
                *first = (stamp.clone(), by);
                true
            }
            Some(Ordering::Greater) | None => self.raise_among_several(stamp, by),
        }
    }

    #[cold]
    fn raise_among_several(&mut self, stamp: &Stamp, by: T) -> bool {
        if self.rest.iter().any(|(known, _)| known.covers(stamp)) {
            return false;
        }
        self.rest.retain(|(known, _)| !stamp.covers(known));
        if self.first.as_ref().is_some_and(|(first, _)| stamp.covers(first)) {
            // The oldest of the others leads from now on: the order of members is that in which they came.
            self.first = (!self.rest.is_empty()).then(|| self.rest.remove(0));
        }
        match &self.first {
            None => self.first = Some((stamp.clone(), by)),
            Some(_) => self.rest.push((stamp.clone(), by)),
        }
        true
    }

    /// The members, in the order in which they came.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(Stamp, T)> {
        self.first.iter().chain(&self.rest)
    }

    /// The version, if there is one only.
    #[must_use]
    #[inline]
    pub fn only(&self) -> Option<&Stamp> {
        self.first.as_ref().filter(|_| self.rest.is_empty()).map(|(stamp, _)| stamp)
    }

    /// Whether nothing was put in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Whether some member covers this version.
    #[must_use]
    pub fn covers(&self, stamp: &Stamp) -> bool {
        self.iter().any(|(known, _)| known.covers(stamp))
    }

    /// The first member that none of the returned versions covers: what was required, and is missing.
    #[must_use]
    pub fn missed(&self, covers: impl Fn(&Stamp) -> bool) -> Option<&(Stamp, T)> {
        self.iter().find(|(required, _)| !covers(required))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Epoch, Lsn, Position};
    use crate::rng::Rng;
    use crate::version::{Actor, VersionVector, covered};

    fn vector(rng: &mut Rng) -> Stamp {
        Stamp::vector(VersionVector::of((0..3).map(|actor| (Actor(actor), rng.below(4)))))
    }

    /// The frontier of a random sequence is its maximal elements, by definition.
    #[test]
    fn a_frontier_holds_the_maximal_ones() {
        let mut widest = 0;
        for seed in 0..3_000 {
            let mut rng = Rng::keyed(seed, &[0xF407]);
            let all: Vec<Stamp> = (0..rng.below(10)).map(|_| vector(&mut rng)).collect();
            let mut frontier = Frontier::default();
            for (place, stamp) in all.iter().enumerate() {
                let known = covered(stamp, &all[..place]);
                assert_eq!(frontier.raise(stamp, place), !known, "seed {seed}");
            }
            let first = |stamp: &Stamp| all.iter().position(|other| other == stamp);
            let maximal = |stamp: &Stamp| all.iter().all(|other| other == stamp || !other.covers(stamp));
            let mut expected: Vec<usize> = all.iter().filter(|stamp| maximal(stamp)).filter_map(first).collect();
            expected.dedup();
            expected.sort_unstable();
            expected.dedup();
            let members: Vec<usize> = frontier.iter().map(|(_, place)| *place).collect();
            assert_eq!(members, expected, "seed {seed}: {all:?}");
            widest = widest.max(members.len());
            // What covers the frontier covers all.
            let returned = [vector(&mut rng), vector(&mut rng)];
            let missed = frontier.missed(|required| covered(required, &returned)).is_some();
            assert_eq!(missed, all.iter().any(|stamp| !covered(stamp, &returned)), "seed {seed}");
        }
        assert!(widest >= 3, "no frontier had three members");
    }

    #[test]
    fn of_positions_it_is_the_newest_and_allocates_nothing() {
        let at = |epoch, lsn| Stamp::Position(Position { epoch: Epoch(epoch), lsn: Lsn(lsn) });
        let mut frontier = Frontier::default();
        assert!(frontier.is_empty() && !frontier.covers(&at(0, 0)));
        let raised = [at(1, 4), at(1, 9), at(1, 5), at(2, 1)].map(|stamp| frontier.raise(&stamp, ()));
        assert_eq!(raised, [true, true, false, true]);
        assert_eq!((frontier.iter().count(), frontier.rest.capacity(), frontier.only()), (1, 0, Some(&at(2, 1))));
        assert!(frontier.covers(&at(1, 9)) && !frontier.covers(&at(2, 2)));
    }
}
