//! Ids that were used twice: a node that was restored from an older state goes on under its old id, and gives out numbers again.
//!
//! All structures of this module rest on dots being given out once. Riak lost writes where they were not, after restores and corruption, and gave
//! a key a new id whenever its counter could not be trusted (basho/riak_kv, issue 679 and pull request 1094). The second update of a
//! number counts as seen wherever the first one is known: it is dropped in the next exchange, and nobody is told. Two things give it away, and
//! both can be asked here.
//!
//! - Somebody knows more updates of the node than the node itself. It should ask before it takes its first write in, and take a new id if so.
//! - Two replicas hold different values under one dot. Then it is too late for one of them.

use std::fmt;

use super::{Dot, DottedSet, VersionVector};

/// A node was told of updates under its own id that it does not know: its state is older than what it had given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReusedId {
    /// How many updates of its own the node knows.
    pub own: u64,
    /// How many others know of.
    pub heard: u64,
}

impl fmt::Display for ReusedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the id was used before: others know {} of its updates, and the node itself {}; it needs a new id",
            self.heard, self.own
        )
    }
}

impl std::error::Error for ReusedId {}

/// Whether a node with this id may go on under it, after what it has heard from another one (its context, or that of a client).
///
/// # Errors
/// [`ReusedId`] if others know more of its updates than it does. A node that has already given out as many numbers again is not found by
/// this, but by [`DottedSet::contradictions`].
pub fn check_own_id<I: Ord>(id: &I, own: &VersionVector<I>, heard: &VersionVector<I>) -> Result<(), ReusedId> {
    let (own, heard) = (own.get(id), heard.get(id));
    if heard > own { Err(ReusedId { own, heard }) } else { Ok(()) }
}

impl<V: PartialEq, I: Ord + Clone> DottedSet<V, I> {
    /// The dots under which the two sets have different values: ids that were used twice. [`sync`](DottedSet::sync) would keep one of the two.
    #[must_use]
    pub fn contradictions(&self, other: &DottedSet<V, I>) -> Vec<Dot<I>> {
        let mut theirs = other.dotted().collect::<Vec<_>>();
        theirs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let differs = |(dot, value): (Dot<I>, &V)| {
            let place = theirs.binary_search_by(|(other, _)| other.cmp(&dot)).ok()?;
            (theirs[place].1 != value).then_some(dot)
        };
        self.dotted().filter_map(differs).collect()
    }
}
