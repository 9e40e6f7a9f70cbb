//! Dotted version vectors: one update, and what its writer had seen.
//!
//! Preguiça, Baquero, Almeida, Fonte and Gonçalves, "Dotted version vectors: logical clocks for optimistic replication", 2010, and
//! "Brief announcement: efficient causality tracking in distributed storage systems with dotted version vectors", PODC 2012. A version
//! vector with a counter for each *server* cannot tell apart two clients that write through one server without having seen each
//! other's write: the second number includes the first. The dot names the one update by itself, outside the vector of the past.
//!
//! A dotted version stands for a set of updates, its causal history: the dot, and all that the vector of the past includes. Versions
//! compare as these sets do.

use std::cmp::Ordering;
use std::fmt;

use super::{Actor, VersionVector};

/// One update: the actor that took it in, and its number there, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dot {
    /// Who.
    pub actor: Actor,
    /// Which of the actor's updates.
    pub count: u64,
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.actor, self.count)
    }
}

/// A version of a key: its dot, and the causal past that its writer sent along as context.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DottedVersion {
    dot: Dot,
    past: VersionVector,
}

impl DottedVersion {
    /// The version of an update; `None` if the past has the dot already: no write comes after itself, and there is no update 0.
    #[must_use]
    pub fn new(dot: Dot, past: VersionVector) -> Option<DottedVersion> {
        (past.get(dot.actor) < dot.count).then_some(DottedVersion { dot, past })
    }

    /// The update itself.
    #[must_use]
    pub fn dot(&self) -> Dot {
        self.dot
    }

    /// What its writer had seen.
    #[must_use]
    pub fn past(&self) -> &VersionVector {
        &self.past
    }

    /// Whether an update is in its causal history.
    #[must_use]
    pub fn includes(&self, dot: Dot) -> bool {
        dot == self.dot || (dot.count > 0 && dot.count <= self.past.get(dot.actor))
    }

    /// The version vector of everything up to this version: the past, with the dot taken in. A store sends it, merged over the
    /// siblings, as the context of a read.
    #[must_use]
    pub fn seen(&self) -> VersionVector {
        let mut seen = self.past.clone();
        seen.raise(self.dot.actor, self.dot.count);
        seen
    }

    /// Which causal history includes the other; `None`: each version has an update that the other lacks.
    ///
    /// Two versions with different dots and equal histories would each come after the other. No store makes such a pair; a record that
    /// has one gets `Equal`, as the sets say.
    #[must_use]
    pub fn compare(&self, other: &DottedVersion) -> Option<Ordering> {
        match (self.includes_all(other), other.includes_all(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Greater),
            (false, true) => Some(Ordering::Less),
            (false, false) => None,
        }
    }

    /// Whether the causal history of another version is a part of this one's.
    fn includes_all(&self, other: &DottedVersion) -> bool {
        // A past with one more number than ours ends in our dot, or else in an update that we lack.
        let reaches = |actor: Actor| {
            let past = self.past.get(actor);
            past + u64::from(self.dot.actor == actor && self.dot.count == past + 1)
        };
        self.includes(other.dot) && other.past.entries().all(|(actor, count)| count <= reaches(actor))
    }

    /// A total order that extends [`DottedVersion::compare`]: by the number of updates in the history, then by what is in it.
    pub(super) fn arbitrate(&self, other: &DottedVersion) -> Ordering {
        let updates = |version: &DottedVersion| version.past.entries().map(|(_, n)| u128::from(n)).sum::<u128>();
        let order = updates(self).cmp(&updates(other));
        order.then_with(|| self.dot.cmp(&other.dot)).then_with(|| self.past.arbitrate(&other.past))
    }
}

impl fmt::Display for DottedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.dot, self.past)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Actor = Actor(0);
    const B: Actor = Actor(1);

    fn version(dot: (Actor, u64), past: &[(Actor, u64)]) -> DottedVersion {
        let dot = Dot { actor: dot.0, count: dot.1 };
        DottedVersion::new(dot, VersionVector::of(past.iter().copied())).expect("the dot is not in the past")
    }

    /// The trace with which the authors' implementation begins: two clients write through one server, and one of them has read.
    #[test]
    fn clients_that_write_through_one_server_are_told_apart() {
        let first = version((A, 1), &[]);
        let blind = version((A, 2), &[]);
        assert_eq!(first.compare(&blind), None, "the second writer had seen nothing");
        let informed = version((A, 3), &[(A, 1)]);
        assert_eq!(informed.compare(&first), Some(Ordering::Greater), "its writer had read the first");
        assert_eq!(informed.compare(&blind), None);
        // A vector with a counter for each server says of all three that one came after the other.
        assert_eq!(first.seen().compare(&blind.seen()), Some(Ordering::Less));
        assert_eq!(blind.seen().compare(&informed.seen()), Some(Ordering::Less));
        let merge = version((A, 4), &[(A, 3)]);
        assert!([&first, &blind, &informed].iter().all(|sibling| merge.compare(sibling) == Some(Ordering::Greater)));
    }

    /// Kleppmann and Riccomini, chapter 6: a shopping cart that two clients fill, on one replica with one number for each update.
    #[test]
    fn the_shopping_cart_has_two_siblings_after_each_step() {
        let puts = [(1, 0), (2, 0), (3, 1), (4, 2), (5, 3)].map(|(n, seen)| version((A, n), &[(A, seen)]));
        let mut stored: Vec<&DottedVersion> = Vec::new();
        let mut states = Vec::new();
        for put in &puts {
            stored.retain(|old| put.compare(old) != Some(Ordering::Greater));
            stored.push(put);
            states.push(stored.iter().map(|version| version.dot().count).collect::<Vec<_>>());
        }
        assert_eq!(states, [vec![1], vec![1, 2], vec![2, 3], vec![3, 4], vec![4, 5]]);
    }

    #[test]
    fn a_write_through_another_server_supersedes_what_it_saw() {
        let first = version((A, 1), &[]);
        let second = version((A, 2), &[(A, 1)]);
        let elsewhere = version((B, 1), &[(A, 1)]);
        assert_eq!((elsewhere.compare(&first), elsewhere.compare(&second)), (Some(Ordering::Greater), None));
        let merged = version((B, 2), &[(A, 2), (B, 1)]);
        assert_eq!((merged.compare(&second), merged.compare(&elsewhere)), (Some(Ordering::Greater), Some(Ordering::Greater)));
    }

    #[test]
    fn no_write_comes_after_itself() {
        let dot = |count| Dot { actor: A, count };
        assert_eq!(DottedVersion::new(dot(0), VersionVector::default()), None);
        assert_eq!(DottedVersion::new(dot(2), VersionVector::of([(A, 2)])), None);
        let version = DottedVersion::new(dot(3), VersionVector::of([(A, 1)])).expect("update 2 was not seen");
        assert!(version.includes(dot(1)) && !version.includes(dot(2)) && version.includes(dot(3)) && !version.includes(dot(0)));
        assert_eq!(version.to_string(), "0:3{0:1}");
    }
}
