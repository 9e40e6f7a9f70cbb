//! The versions of a key, and the rules by which a replica keeps or replaces them.
//!
//! A version bears what its store goes by (a vector of servers or of clients, a dot, a clock) and beside it, whatever the rule, a dotted
//! version: what its writer had really seen, which checkers compare with what the store made of it. The rules are those of Dynamo (section
//! 4.4, vectors), of Preguiça et al. 2010 (dots), of Cassandra (the larger clock stays), and none at all (Kleppmann and Riccomini, figure 6-14).

use std::sync::Arc;

use crate::log::{OpId, Value};
use crate::operation::Sibling;
use crate::version::{Clock, DottedVersion, Stamp, VersionVector};
use crate::versions::{Causality, VersionVector as Counts};

/// How a store tells which version comes after which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versioning {
    /// A dot for each write, beside the vector of what its client had seen.
    #[default]
    Dotted,
    /// A vector that counts the writes that each server took in.
    ServerVectors,
    /// A vector that counts the writes of each client, with so many entries at the most: the one that was raised longest ago goes.
    ClientVectors {
        /// The most entries.
        limit: u16,
    },
    /// The clock of the coordinator: the larger reading stays.
    LastWriteWins,
    /// Nothing: what arrives last stays.
    Arrival,
}

impl Versioning {
    /// Whether a version's number is given out by the server that takes it, so that this has to be one that holds the key.
    #[must_use]
    pub fn counts_at_replicas(self) -> bool {
        match self {
            Versioning::Dotted | Versioning::ServerVectors => true,
            Versioning::ClientVectors { .. } | Versioning::LastWriteWins | Versioning::Arrival => false,
        }
    }

    /// Whether several versions of a key may stand side by side.
    #[must_use]
    pub fn keeps_siblings(self) -> bool {
        match self {
            Versioning::Dotted | Versioning::ServerVectors | Versioning::ClientVectors { .. } => true,
            Versioning::LastWriteWins | Versioning::Arrival => false,
        }
    }

    /// Whether two replicas that differ can tell which of their versions to keep.
    #[must_use]
    pub fn tells_newer(self) -> bool {
        self != Versioning::Arrival
    }

    /// Whether the first version makes the second one obsolete, or is the same.
    #[must_use]
    pub fn covers(self, one: &Version, other: &Version) -> bool {
        if one.is(other) {
            return true;
        }
        match self {
            Versioning::Dotted => one.stamp.includes(other.stamp.dot()),
            Versioning::ServerVectors | Versioning::ClientVectors { .. } => {
                matches!(one.vector.compare(&other.vector), Causality::After | Causality::Equal)
            }
            Versioning::LastWriteWins => one.clock.compare(&other.clock).is_gt(),
            Versioning::Arrival => false,
        }
    }

    /// Takes a version in beside those that are there, if none of them makes it obsolete.
    pub fn take(self, held: &mut Vec<Arc<Version>>, version: &Arc<Version>) -> Taken {
        if held.iter().any(|other| other.is(version)) {
            return Taken::Known;
        }
        if let Some(by) = held.iter().find(|other| self.covers(other, version)) {
            return Taken::Obsolete(by.clone());
        }
        let replaces = |other: &Arc<Version>| self == Versioning::Arrival || self.covers(version, other);
        let (gone, kept) = std::mem::take(held).into_iter().partition(replaces);
        *held = kept;
        held.push(version.clone());
        // One order everywhere, whatever the order of arrival: replicas that hold the same say the same.
        held.sort_by_key(|version| (version.stamp.dot().actor, version.stamp.dot().count));
        Taken::In(gone)
    }

    /// The versions that are left of all these. Where nothing tells which is newer, those that come first.
    #[must_use]
    pub fn merged<'a>(self, all: impl IntoIterator<Item = &'a [Arc<Version>]>) -> Vec<Arc<Version>> {
        let mut merged = Vec::new();
        for version in all.into_iter().flatten() {
            if self.tells_newer() || merged.is_empty() {
                self.take(&mut merged, version);
            }
        }
        merged
    }
}

/// What became of a version that arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It is there, in place of these.
    In(Vec<Arc<Version>>),
    /// It was there.
    Known,
    /// It is not, because this one makes it obsolete.
    Obsolete(Arc<Version>),
}

/// One version of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The operation that wrote it.
    pub op: OpId,
    /// The value; nothing, if it is the tombstone of a deletion.
    pub value: Value,
    /// The update, and what its writer had seen: what really happened.
    pub stamp: DottedVersion,
    /// What the store goes by where it goes by vectors.
    pub vector: Counts<u32>,
    /// When the entries of `vector` were raised, in microseconds of the coordinator's clock: what truncation goes by.
    pub raised: Vec<(u32, u64)>,
    /// What the store goes by where it goes by clocks; from its time a tombstone's age is counted.
    pub clock: Clock,
}

impl Version {
    /// Whether it is the same version.
    #[must_use]
    pub fn is(&self, other: &Version) -> bool {
        self.stamp.dot() == other.stamp.dot()
    }

    /// Whether it is the tombstone of a deletion.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        self.value == Value::Nothing
    }

    /// The version as clients and checkers are told of it.
    #[must_use]
    pub fn shown(&self, versioning: Versioning) -> Sibling {
        let stamp = match versioning {
            Versioning::LastWriteWins => Stamp::Clock(self.clock),
            Versioning::Dotted | Versioning::ServerVectors | Versioning::ClientVectors { .. } | Versioning::Arrival => {
                Stamp::dotted(self.stamp.clone())
            }
        };
        Sibling { stamp, value: self.value, op: self.op }
    }
}

/// What a client has seen of a key, and sends along when it writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// All updates that it has been shown, or that came before those.
    pub seen: VersionVector,
    /// The same as the store's vectors have it.
    pub vector: Counts<u32>,
    /// When the entries of `vector` were raised.
    pub raised: Vec<(u32, u64)>,
}

impl Context {
    /// Adds what a version says.
    pub fn see(&mut self, version: &Version) {
        self.seen = self.seen.merge(&version.stamp.seen());
        self.vector.merge(&version.vector);
        for (id, at) in &version.raised {
            raise(&mut self.raised, *id, *at);
        }
    }
}

/// Notes when an entry was raised, if that is later than what is noted.
pub(super) fn raise(raised: &mut Vec<(u32, u64)>, id: u32, at: u64) {
    match raised.binary_search_by_key(&id, |(other, _)| *other) {
        Ok(place) => raised[place].1 = raised[place].1.max(at),
        Err(place) => raised.insert(place, (id, at)),
    }
}

#[cfg(test)]
mod tests;
