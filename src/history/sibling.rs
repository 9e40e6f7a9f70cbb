//! Siblings: the versions of one key that an operation wrote, returned, or sent along as its context.
//!
//! A store with one leader returns one version. A store that keeps concurrent versions returns all of them (DeCandia et al. 2007,
//! Dynamo; Riak calls them siblings), and the client's next write carries what it was shown as context: a write whose context covers
//! the siblings merges them. Coverage is the one question that is asked of what was returned.

pub use crate::operation::Sibling;
use crate::version::{Stamp, covered};

/// What an answered read returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned<'a> {
    /// The key had no version.
    Nothing,
    /// The one version of a store with one leader. It stands here itself: nothing is allocated.
    One(Sibling),
    /// The versions of a store that keeps concurrent ones; perhaps one, perhaps none.
    Several(&'a [Sibling]),
}

impl Returned<'_> {
    /// The versions, in the order of the answer.
    #[must_use]
    pub fn siblings(&self) -> &[Sibling] {
        match self {
            Returned::Nothing => &[],
            Returned::One(sibling) => std::slice::from_ref(sibling),
            Returned::Several(siblings) => siblings,
        }
    }

    /// Whether some version of the answer covers a required one.
    #[must_use]
    pub fn covers(&self, required: &Stamp) -> bool {
        covered(required, self.siblings().iter().map(|sibling| &sibling.stamp))
    }
}
