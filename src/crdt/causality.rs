//! What the types of this module need of causality: dots and version vectors over any replica identifier.

use serde::{Deserialize, Serialize};

/// One update: the `count`-th of a replica, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot<I> {
    /// Who made the update.
    pub id: I,
    /// Which of its updates.
    pub count: u64,
}

/// A counter is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// How many updates of each replica are included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(I, u64)>", into = "Vec<(I, u64)>")]
#[serde(bound(serialize = "I: Serialize + Clone", deserialize = "I: Deserialize<'de> + Ord"))]
pub struct VersionVector<I> {
    /// In the order of replicas, each once, none zero.
    entries: Vec<(I, u64)>,
}

impl<I> Default for VersionVector<I> {
    fn default() -> VersionVector<I> {
        VersionVector { entries: Vec::new() }
    }
}

impl<I: Ord + Clone> VersionVector<I> {
    /// No update at all.
    #[must_use]
    pub fn new() -> VersionVector<I> {
        VersionVector::default()
    }

    /// How many updates of a replica are included.
    #[must_use]
    pub fn get(&self, id: &I) -> u64 {
        self.entries.binary_search_by(|(known, _)| known.cmp(id)).map_or(0, |place| self.entries[place].1)
    }

    /// Whether an update is included.
    #[must_use]
    pub fn includes(&self, dot: &Dot<I>) -> bool {
        dot.count <= self.get(&dot.id)
    }

    /// Whether it includes whatever the other includes.
    #[must_use]
    pub fn covers(&self, other: &VersionVector<I>) -> bool {
        other.iter().all(|(id, count)| self.get(id) >= count)
    }

    /// One more update of a replica, and its number.
    pub fn try_increment(&mut self, id: &I) -> Result<u64, Exhausted> {
        let next = self.get(id).checked_add(1).ok_or(Exhausted)?;
        self.raise(id, next);
        Ok(next)
    }

    /// Makes sure that so many updates of a replica are included.
    pub fn raise(&mut self, id: &I, counter: u64) {
        match self.entries.binary_search_by(|(known, _)| known.cmp(id)) {
            Ok(place) => self.entries[place].1 = self.entries[place].1.max(counter),
            Err(place) if counter > 0 => self.entries.insert(place, (id.clone(), counter)),
            Err(_) => {}
        }
    }

    /// Takes the larger counter of each replica.
    pub fn merge(&mut self, other: &VersionVector<I>) {
        if self.entries.len() == other.entries.len() && self.entries.iter().zip(&other.entries).all(|(a, b)| a.0 == b.0) {
            for (mine, theirs) in self.entries.iter_mut().zip(&other.entries) {
                mine.1 = mine.1.max(theirs.1);
            }
            return;
        }
        for (id, counter) in &other.entries {
            self.raise(id, *counter);
        }
    }

    /// The counters that are not zero, in the order of replicas.
    pub fn iter(&self) -> impl Iterator<Item = (&I, u64)> {
        self.entries.iter().map(|(id, counter)| (id, *counter))
    }
}

impl<I: Ord> TryFrom<Vec<(I, u64)>> for VersionVector<I> {
    type Error = &'static str;

    fn try_from(entries: Vec<(I, u64)>) -> Result<VersionVector<I>, &'static str> {
        let sorted = entries.windows(2).all(|pair| pair[0].0 < pair[1].0) && entries.iter().all(|(_, counter)| *counter > 0);
        if sorted {
            Ok(VersionVector { entries })
        } else {
            Err("a version vector names each replica once, in order, with a counter above zero")
        }
    }
}

impl<I> From<VersionVector<I>> for Vec<(I, u64)> {
    fn from(vector: VersionVector<I>) -> Vec<(I, u64)> {
        vector.entries
    }
}
