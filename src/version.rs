//! Versions: the stamp that a store gives to what was written, and what two stamps say about each other.
//!
//! A store with one leader stamps with positions in a log, and any two of those are ordered. Stores with several leaders, or none, stamp
//! with version vectors, with dots, or with clocks, and two versions may be **concurrent**: neither holds the other. So a stamp is
//! compared with [`Stamp::compare`], which may say `None`, and has no `Ord`: with `max` and `<` concurrent versions would get a verdict
//! that nobody asked for. Happens-before is the partial order of Lamport 1978; the names of the two relations, happens-before and
//! arbitration, are those of Viotti and Vukolić 2016.
//!
//! A checker asks one question: is each required version *covered* by some version that was returned? Where all stamps are ordered
//! that is `>=`.

mod arena;
mod clock;
mod dotted;
mod frontier;
mod vector;
mod written;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

pub use arena::{Arena, Range};
pub use clock::Clock;
pub use dotted::{Dot, DottedVersion};
pub use frontier::Frontier;
pub use vector::VersionVector;
pub use written::{Written, actor_name};

use crate::lsn::Position;

/// Who counts in a stamp: a replica, or a client where clients count. The number is handed out by the store, or by the reader of a
/// record, and stands for the same one in all stamps of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Actor(pub u32);

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a store says of a version: which others it comes after.
///
/// A position and a clock stand in the stamp itself, so that a run with one leader allocates nothing for its versions; vectors are
/// shared between copies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stamp {
    /// A place in the log of a group with one leader.
    Position(Position),
    /// How many updates of each actor the version includes.
    Vector(Arc<VersionVector>),
    /// One update, and the version vector of what its writer had seen.
    Dotted(Arc<DottedVersion>),
    /// A Lamport clock or hybrid clock: the last writer wins.
    Clock(Clock),
}

impl Stamp {
    /// The stamp of a version vector.
    #[must_use]
    pub fn vector(vector: VersionVector) -> Stamp {
        Stamp::Vector(Arc::new(vector))
    }

    /// The stamp of a dotted version.
    #[must_use]
    pub fn dotted(version: DottedVersion) -> Stamp {
        Stamp::Dotted(Arc::new(version))
    }

    /// How two versions stand to each other; `None`: they are concurrent, or their stamps are of different kinds and say nothing of
    /// each other.
    ///
    /// Of vectors and dots this is happens-before. Of positions it is the order of the log. Clocks order everything: that is the
    /// arbitration of a store in which the last writer wins, and a smaller clock need not have happened before.
    #[must_use]
    #[inline]
    pub fn compare(&self, other: &Stamp) -> Option<Ordering> {
        match (self, other) {
            (Stamp::Position(a), Stamp::Position(b)) => Some(a.cmp(b)),
            (Stamp::Vector(a), Stamp::Vector(b)) => a.compare(b),
            (Stamp::Dotted(a), Stamp::Dotted(b)) => a.compare(b),
            (Stamp::Clock(a), Stamp::Clock(b)) => Some(a.compare(b)),
            (Stamp::Position(_) | Stamp::Vector(_) | Stamp::Dotted(_) | Stamp::Clock(_), _) => None,
        }
    }

    /// Whether who has this version misses nothing of the other: it is the same, or a later one.
    #[must_use]
    #[inline]
    pub fn covers(&self, other: &Stamp) -> bool {
        matches!(self.compare(other), Some(Ordering::Greater | Ordering::Equal))
    }

    /// The smallest stamp that covers both, where the kind has one: the join of the semilattice. Two dotted versions are two siblings
    /// and have none: what covers them is the write that merges them.
    #[must_use]
    pub fn merge(&self, other: &Stamp) -> Option<Stamp> {
        match (self, other) {
            (Stamp::Position(a), Stamp::Position(b)) => Some(Stamp::Position(*a.max(b))),
            (Stamp::Vector(a), Stamp::Vector(b)) => Some(Stamp::vector(a.merge(b))),
            (Stamp::Clock(a), Stamp::Clock(b)) => Some(Stamp::Clock(a.later(*b))),
            (Stamp::Position(_) | Stamp::Vector(_) | Stamp::Dotted(_) | Stamp::Clock(_), _) => None,
        }
    }

    /// A total order that extends [`Stamp::compare`]. It chooses one of several witnesses, the same everywhere, and decides no verdict.
    #[must_use]
    pub fn arbitrate(&self, other: &Stamp) -> Ordering {
        match (self, other) {
            (Stamp::Position(a), Stamp::Position(b)) => a.cmp(b),
            (Stamp::Vector(a), Stamp::Vector(b)) => a.arbitrate(b),
            (Stamp::Dotted(a), Stamp::Dotted(b)) => a.arbitrate(b),
            (Stamp::Clock(a), Stamp::Clock(b)) => a.compare(b),
            (Stamp::Position(_) | Stamp::Vector(_) | Stamp::Dotted(_) | Stamp::Clock(_), _) => self.kind().cmp(&other.kind()),
        }
    }

    /// The position, if it is one.
    #[must_use]
    #[inline]
    pub fn position(&self) -> Option<Position> {
        match self {
            Stamp::Position(position) => Some(*position),
            Stamp::Vector(_) | Stamp::Dotted(_) | Stamp::Clock(_) => None,
        }
    }

    /// Whether a smaller stamp of this kind happened before a larger one. That of a clock may be concurrent to it.
    #[must_use]
    pub fn tells_causality(&self) -> bool {
        match self {
            Stamp::Position(_) | Stamp::Vector(_) | Stamp::Dotted(_) => true,
            Stamp::Clock(_) => false,
        }
    }

    /// What it is made of, for a digest.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let (first, vector): ([u64; 3], Option<&VersionVector>) = match self {
            Stamp::Position(at) => ([u64::from(at.epoch.0), at.lsn.0, 0], None),
            Stamp::Vector(vector) => ([0; 3], Some(vector)),
            Stamp::Dotted(version) => ([u64::from(version.dot().actor.0), version.dot().count, 0], Some(version.past())),
            Stamp::Clock(clock) => ([clock.time, u64::from(clock.count), u64::from(clock.actor.0)], None),
        };
        let entries = vector.into_iter().flat_map(VersionVector::entries).flat_map(|(actor, count)| [u64::from(actor.0), count]);
        first.into_iter().chain(entries)
    }

    fn kind(&self) -> u8 {
        match self {
            Stamp::Position(_) => 0,
            Stamp::Vector(_) => 1,
            Stamp::Dotted(_) => 2,
            Stamp::Clock(_) => 3,
        }
    }
}

/// Which versions the stamps of a history order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scope {
    /// Those of all keys of a group, as positions in its log do, or version vectors of its replicas.
    #[default]
    Group,
    /// Those of one key, as the dots of Dynamo and Riak do: the stamps of two keys say nothing of each other.
    Key,
}

impl From<Position> for Stamp {
    fn from(position: Position) -> Stamp {
        Stamp::Position(position)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stamp::Position(position) => write!(f, "{position}"),
            Stamp::Vector(vector) => write!(f, "{vector}"),
            Stamp::Dotted(version) => write!(f, "{version}"),
            Stamp::Clock(clock) => write!(f, "{clock}"),
        }
    }
}

/// Whether some of these versions covers the required one.
#[must_use]
pub fn covered<'a>(required: &Stamp, returned: impl IntoIterator<Item = &'a Stamp>) -> bool {
    returned.into_iter().any(|version| version.covers(required))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Epoch, Lsn};

    #[test]
    fn a_stamp_is_three_words() {
        assert_eq!(size_of::<Stamp>(), 24, "a position stands in the stamp, a vector behind a pointer");
    }

    #[test]
    fn stamps_of_different_kinds_say_nothing_of_each_other() {
        let position = Stamp::Position(Position { epoch: Epoch(9), lsn: Lsn(9) });
        let clock = Stamp::Clock(Clock { time: 1, count: 0, actor: Actor(0) });
        let vector = Stamp::vector(VersionVector::of([(Actor(0), 1)]));
        for (a, b) in [(&position, &clock), (&clock, &vector), (&vector, &position)] {
            assert_eq!((a.compare(b), b.compare(a), a.merge(b)), (None, None, None));
            assert!(!a.covers(b) && !b.covers(a));
            assert_eq!(a.arbitrate(b), b.arbitrate(a).reverse(), "the choice is the same from both sides");
        }
    }

    #[test]
    fn a_required_version_is_covered_by_one_of_several() {
        let of = |entries: &[(u32, u64)]| Stamp::vector(VersionVector::of(entries.iter().map(|(a, n)| (Actor(*a), *n))));
        let siblings = [of(&[(0, 1)]), of(&[(1, 2)])];
        assert!(covered(&of(&[(1, 1)]), &siblings));
        assert!(!covered(&of(&[(0, 1), (1, 1)]), &siblings), "only a merge has both");
        assert!(!covered(&of(&[(0, 1)]), &[]), "nothing covers nothing");
    }
}
