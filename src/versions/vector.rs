//! Version vectors: how many updates of each id a version includes.
//!
//! Parker et al., "Detection of mutual inconsistency in distributed systems", IEEE TSE 1983: one version dominates another if no counter
//! of it is smaller; if neither dominates, the two are in conflict. DeCandia et al., "Dynamo", SOSP 2007, section 4.4, has them as lists
//! of (node, counter) pairs, and calls them vector clocks.
//!
//! The counters stand in a sorted vector, because a vector has few of them: [`get`](VersionVector::get) is a bisection,
//! [`merge`](VersionVector::merge) and [`compare`](VersionVector::compare) walk once through both, and an id is moved only when a new one comes
//! before it.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Causality, Dot, Exhausted, READ_MAX, next};

/// A counter for each id; one that is not there is zero.
///
/// Vectors are partially ordered: there is no `Ord`, and `<` is false for concurrent ones in both directions. The serialised form is a list
/// of pairs, so that ids may be of any type.
///
/// The versions D1 to D5 of an object in Dynamo (section 4.4, figure 3), through the servers x, y and z:
///
/// ```
/// use replicated_telemetry_store::versions::{Causality, VersionVector};
///
/// let (x, y, z) = ("x".to_string(), "y".to_string(), "z".to_string());
/// let mut d1 = VersionVector::new();
/// d1.increment(&x);
/// let mut d2 = d1.clone();
/// d2.increment(&x);
/// let (mut d3, mut d4) = (d2.clone(), d2.clone());
/// d3.increment(&y);
/// d4.increment(&z);
/// assert_eq!((d1.compare(&d3), d3.compare(&d4)), (Causality::Before, Causality::Concurrent));
///
/// let mut d5 = d3.clone(); // somebody reads both ...
/// d5.merge(&d4);
/// d5.increment(&x); // ... and x writes what became of them
/// assert_eq!((d5.get(&x), d5.to_string().as_str()), (3, "{x:3, y:1, z:1}"));
/// assert!(d5 > d3 && d5 > d4);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct VersionVector<I = String> {
    /// In the order of ids, each once, none zero: equal vectors have equal entries.
    entries: Vec<(I, u64)>,
}

impl<I> VersionVector<I> {
    /// The vector of a version that includes no update.
    #[must_use]
    pub fn new() -> VersionVector<I> {
        VersionVector { entries: Vec::new() }
    }

    /// The counters that are not zero, in the order of ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&I, u64)> + Clone {
        self.entries.iter().map(|(id, count)| (id, *count))
    }

    /// How many ids have a counter that is not zero.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it includes no update.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Leaves the counters out of which this is false. Only truncation may do so: what is left out is forgotten.
    pub(super) fn retain(&mut self, keep: impl FnMut(&(I, u64)) -> bool) {
        self.entries.retain(keep);
    }
}

impl<I: Ord> VersionVector<I> {
    /// The counter of an id: how many of its updates are included.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, id: &Q) -> u64
    where
        I: Borrow<Q>,
    {
        self.place(id).map_or(0, |place| self.entries[place].1)
    }

    /// Whether an update is included.
    #[must_use]
    pub fn includes(&self, dot: &Dot<I>) -> bool {
        dot.count > 0 && dot.count <= self.get(&dot.id)
    }

    /// How this version stands to another one: which of the two includes the updates of the other.
    #[must_use]
    pub fn compare(&self, other: &VersionVector<I>) -> Causality {
        let (mut first_has_all, mut second_has_all) = (true, true);
        let (mut first, mut second) = (self.entries.as_slice(), other.entries.as_slice());
        while let ([(a, n), rest_a @ ..], [(b, m), rest_b @ ..]) = (first, second) {
            match a.cmp(b) {
                Ordering::Less => (second_has_all, first) = (false, rest_a),
                Ordering::Greater => (first_has_all, second) = (false, rest_b),
                Ordering::Equal => {
                    first_has_all &= n >= m;
                    second_has_all &= m >= n;
                    (first, second) = (rest_a, rest_b);
                }
            }
        }
        Causality::of_inclusion(first_has_all && second.is_empty(), second_has_all && first.is_empty())
    }

    /// Whether every update of the other one is included.
    #[must_use]
    pub fn covers(&self, other: &VersionVector<I>) -> bool {
        matches!(self.compare(other), Causality::After | Causality::Equal)
    }

    fn place<Q: Ord + ?Sized>(&self, id: &Q) -> Result<usize, usize>
    where
        I: Borrow<Q>,
    {
        self.entries.binary_search_by(|(known, _)| known.borrow().cmp(id))
    }
}

impl<I: Ord + Clone> VersionVector<I> {
    /// Counts one more update of an id, and gives its number, the first being 1.
    ///
    /// # Panics
    /// If the counter is at 2^64 - 1: a number that wrapped would name an old update. Counters that were deserialised are far from it
    /// ([`READ_MAX`]); [`try_increment`](VersionVector::try_increment) is for others.
    pub fn increment(&mut self, id: &I) -> u64 {
        self.try_increment(id).unwrap_or_else(|exhausted| panic!("no update can be counted: {exhausted}"))
    }

    /// Counts one more update of an id, and gives its number.
    ///
    /// # Errors
    /// [`Exhausted`] if the counter is at 2^64 - 1; nothing is changed then.
    pub fn try_increment(&mut self, id: &I) -> Result<u64, Exhausted> {
        let count = next(self.get(id))?;
        self.raise(id, count);
        Ok(count)
    }

    /// Makes sure that so many updates of an id are included.
    pub fn raise(&mut self, id: &I, count: u64) {
        match self.place(id) {
            Ok(place) => self.entries[place].1 = self.entries[place].1.max(count),
            Err(place) if count > 0 => self.entries.insert(place, (id.clone(), count)),
            Err(_) => {}
        }
    }

    /// Takes in all updates of the other one, and no more: for each id the larger counter, the least upper bound of the two.
    pub fn merge(&mut self, other: &VersionVector<I>) {
        if other.entries.iter().all(|(id, _)| self.place(id).is_ok()) {
            other.iter().for_each(|(id, count)| self.raise(id, count));
            return;
        }
        let mut merged = Vec::with_capacity(self.len() + other.len());
        let (mut mine, mut theirs) = (std::mem::take(&mut self.entries).into_iter().peekable(), other.entries.iter().peekable());
        while let (Some((a, n)), Some((b, m))) = (mine.peek(), theirs.peek()) {
            match a.cmp(b) {
                Ordering::Less => merged.extend(mine.next()),
                Ordering::Greater => merged.extend(theirs.next().cloned()),
                Ordering::Equal => {
                    merged.push((a.clone(), *n.max(m)));
                    mine.next();
                    theirs.next();
                }
            }
        }
        merged.extend(mine);
        merged.extend(theirs.cloned());
        self.entries = merged;
    }
}

impl<I> Default for VersionVector<I> {
    fn default() -> VersionVector<I> {
        VersionVector::new()
    }
}

/// Of several counters of one id the largest counts; zeros are left out.
impl<I: Ord + Clone> FromIterator<(I, u64)> for VersionVector<I> {
    fn from_iter<T: IntoIterator<Item = (I, u64)>>(entries: T) -> VersionVector<I> {
        let mut entries: Vec<(I, u64)> = entries.into_iter().filter(|(_, count)| *count > 0).collect();
        // The largest counter of an id comes first, and is the one that stays.
        entries.sort_by(|(a, n), (b, m)| a.cmp(b).then(m.cmp(n)));
        entries.dedup_by(|(later, _), (first, _)| later == first);
        VersionVector { entries }
    }
}

impl<I: Ord> PartialOrd for VersionVector<I> {
    fn partial_cmp(&self, other: &VersionVector<I>) -> Option<Ordering> {
        self.compare(other).ordering()
    }
}

impl<I: fmt::Display> fmt::Display for VersionVector<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (place, (id, count)) in self.iter().enumerate() {
            write!(f, "{}{id}:{count}", if place > 0 { ", " } else { "" })?;
        }
        f.write_str("}")
    }
}

/// Pairs in any order. Refused are an id that is there twice, a counter of zero, and one above [`READ_MAX`].
impl<'de, I: Deserialize<'de> + Ord> Deserialize<'de> for VersionVector<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<VersionVector<I>, D::Error> {
        let entries = Vec::<(I, u64)>::deserialize(deserializer)?;
        for (place, (_, count)) in entries.iter().enumerate() {
            check_count(*count).map_err(|wrong| D::Error::custom(format!("pair {} of a version vector: {wrong}", place + 1)))?;
        }
        let entries = sorted(entries, |(id, _)| id)
            .map_err(|(a, b)| D::Error::custom(format!("pairs {a} and {b} of a version vector have the same id")))?;
        Ok(VersionVector { entries })
    }
}

/// Why a counter is none that an update has.
pub(super) fn check_count(count: u64) -> Result<(), String> {
    match count {
        0 => Err("its counter is 0, and an id without updates is left out".to_owned()),
        1..=READ_MAX => Ok(()),
        _ => Err(format!("its counter {count} is above {READ_MAX}")),
    }
}

/// The items in the order of their ids; or the places of two that have the same id, counted from 1.
pub(super) fn sorted<T, I: Ord>(items: Vec<T>, id: impl Fn(&T) -> &I) -> Result<Vec<T>, (usize, usize)> {
    let mut placed: Vec<(usize, T)> = items.into_iter().enumerate().collect();
    placed.sort_by(|(_, a), (_, b)| id(a).cmp(id(b)));
    match placed.windows(2).find(|pair| id(&pair[0].1) == id(&pair[1].1)) {
        Some(pair) => Err((pair[0].0 + 1, pair[1].0 + 1)),
        None => Ok(placed.into_iter().map(|(_, item)| item).collect()),
    }
}
