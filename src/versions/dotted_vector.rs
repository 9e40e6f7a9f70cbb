//! Dotted version vectors: one update, and what its writer had seen.
//!
//! Preguiça, Baquero, Almeida, Fonte and Gonçalves, "Dotted version vectors: logical clocks for optimistic replication", 2010 (arXiv
//! 1011.5808), the section of the same name: a clock is a dot and a version vector, which stand for a set of updates, the causal history. The
//! dot need not follow on the vector, so that two clients who write through one server are told apart.
//!
//! Because a dot is given out once, one look decides: a version happened before another if the other one's vector has its dot. That is one
//! look-up, however long the vectors are. It holds for versions whose dots and contexts come from a store; the tests compare it with
//! sets of events.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::vector::check_count;
use super::{Causality, Exhausted, VersionVector, next};

/// One update: the id that took it in, and its number there, from 1 on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "PlainDot<I>")]
pub struct Dot<I = String> {
    /// Who took it in.
    pub id: I,
    /// Which of the updates of this id.
    pub count: u64,
}

impl<I: fmt::Display> fmt::Display for Dot<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.count)
    }
}

/// A version of a key: its dot, and the causal past that its writer sent along as context.
///
/// ```
/// use replicated_telemetry_store::versions::{Causality, DottedVersionVector, VersionVector};
///
/// let nothing = VersionVector::new();
/// let first = DottedVersionVector::update(&nothing, &[], &"a")?;
/// let blind = DottedVersionVector::update(&nothing, &[first.clone()], &"a")?;
/// assert_eq!((first.dot().count, blind.dot().count), (1, 2));
/// assert_eq!(first.compare(&blind), Causality::Concurrent); // the second writer had seen nothing
/// # Ok::<(), replicated_telemetry_store::versions::Exhausted>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "PlainVersion<I>", bound(deserialize = "I: Deserialize<'de> + Ord"))]
pub struct DottedVersionVector<I = String> {
    dot: Dot<I>,
    past: VersionVector<I>,
}

impl<I: Ord> DottedVersionVector<I> {
    /// The version of an update; `None` if the past has the dot already: no write comes after itself, and there is no update 0.
    #[must_use]
    pub fn new(dot: Dot<I>, past: VersionVector<I>) -> Option<DottedVersionVector<I>> {
        (past.get(&dot.id) < dot.count).then_some(DottedVersionVector { dot, past })
    }

    /// The update itself.
    #[must_use]
    pub fn dot(&self) -> &Dot<I> {
        &self.dot
    }

    /// What its writer had seen.
    #[must_use]
    pub fn past(&self) -> &VersionVector<I> {
        &self.past
    }

    /// Whether an update is in its causal history.
    #[must_use]
    pub fn includes(&self, dot: &Dot<I>) -> bool {
        self.dot == *dot || self.past.includes(dot)
    }

    /// How this version stands to another one of the same key, by one look-up of each dot.
    #[must_use]
    pub fn compare(&self, other: &DottedVersionVector<I>) -> Causality {
        if self.dot == other.dot {
            return Causality::Equal;
        }
        match (self.past.includes(&other.dot), other.past.includes(&self.dot)) {
            (true, false) => Causality::After,
            (false, true) => Causality::Before,
            // No store makes two versions that have seen each other; of a pair from elsewhere neither is put first.
            (false, false) | (true, true) => Causality::Concurrent,
        }
    }
}

impl<I: Ord + Clone> DottedVersionVector<I> {
    /// The context of a read that returned this version only: the past, with the dot and what is below it taken in.
    #[must_use]
    pub fn context(&self) -> VersionVector<I> {
        let mut context = self.past.clone();
        context.raise(&self.dot.id, self.dot.count);
        context
    }

    /// The version of a write that a server with this id takes in: its dot is the next one of the id after all that the context and the
    /// stored versions have (`update` of the paper). The stored versions must be all siblings that the server holds.
    ///
    /// # Errors
    /// [`Exhausted`] if the id has no number left.
    pub fn update(
        context: &VersionVector<I>,
        stored: &[DottedVersionVector<I>],
        id: &I,
    ) -> Result<DottedVersionVector<I>, Exhausted> {
        let known = stored.iter().map(|version| {
            let own = if version.dot.id == *id { version.dot.count } else { 0 };
            own.max(version.past.get(id))
        });
        let count = next(known.fold(context.get(id), u64::max))?;
        Ok(DottedVersionVector { dot: Dot { id: id.clone(), count }, past: context.clone() })
    }

    /// The versions of both that no version of the other happened before: the siblings that a replica holds after an exchange (`sync` of the
    /// paper), in the order of dots.
    #[must_use]
    pub fn sync(first: &[DottedVersionVector<I>], second: &[DottedVersionVector<I>]) -> Vec<DottedVersionVector<I>> {
        let all = || first.iter().chain(second);
        let newest = |version: &&DottedVersionVector<I>| all().all(|other| version.compare(other) != Causality::Before);
        let mut siblings: Vec<DottedVersionVector<I>> = all().filter(newest).cloned().collect();
        siblings.sort_by(|a, b| a.dot.cmp(&b.dot));
        siblings.dedup_by(|a, b| a.dot == b.dot);
        siblings
    }
}

impl<I: Ord> PartialOrd for DottedVersionVector<I> {
    /// As [`compare`](DottedVersionVector::compare) has it, for versions of a store: there, equal dots are equal versions.
    fn partial_cmp(&self, other: &DottedVersionVector<I>) -> Option<Ordering> {
        if self.dot == other.dot && self.past != other.past { None } else { self.compare(other).ordering() }
    }
}

impl<I: fmt::Display> fmt::Display for DottedVersionVector<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {}", self.dot, self.past)
    }
}

#[derive(Deserialize)]
#[serde(rename = "Dot")]
struct PlainDot<I> {
    id: I,
    count: u64,
}

impl<I> TryFrom<PlainDot<I>> for Dot<I> {
    type Error = String;

    fn try_from(PlainDot { id, count }: PlainDot<I>) -> Result<Dot<I>, String> {
        check_count(count).map_err(|wrong| format!("a dot names no update: {wrong}"))?;
        Ok(Dot { id, count })
    }
}

#[derive(Deserialize)]
#[serde(rename = "DottedVersionVector", bound(deserialize = "I: Deserialize<'de> + Ord"))]
struct PlainVersion<I> {
    dot: Dot<I>,
    past: VersionVector<I>,
}

impl<I: Ord> TryFrom<PlainVersion<I>> for DottedVersionVector<I> {
    type Error = String;

    fn try_from(PlainVersion { dot, past }: PlainVersion<I>) -> Result<DottedVersionVector<I>, String> {
        let (count, seen) = (dot.count, past.get(&dot.id));
        DottedVersionVector::new(dot, past)
            .ok_or_else(|| format!("the past has {seen} updates of the id of the dot {count}, which is among them"))
    }
}
