//! What can be wrong with an update: the preconditions of the specifications, as types.
//!
//! Shapiro et al. (INRIA RR-7506) give each update a precondition that is looked at where it is made. Here one that fails is an error and
//! changes nothing. Every error is about the state of the replica that was asked: another replica may answer otherwise.

use std::error::Error;
use std::fmt;

use crate::versions::Exhausted;

/// Why an update was refused. The state is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateError {
    /// Removal of an element, key or character that this replica does not see.
    NotAnElement,
    /// An edge or a path that would begin or end at a vertex that this replica does not see.
    NoSuchVertex,
    /// Removal of an edge that this replica does not see.
    NoSuchEdge,
    /// Removal of a vertex at which a visible edge begins or ends.
    VertexHasEdges,
    /// An edge in a monotonic graph between vertices without a path: it might close a cycle with what another replica adds.
    NoPath,
    /// Removal of the first or last vertex of an order, which are no elements.
    Sentinel,
    /// An index beyond the end of a sequence.
    OutOfBounds {
        /// The index that was asked for.
        index: usize,
        /// How many visible elements there are.
        length: usize,
    },
    /// An operation that builds on one that has not been delivered: its delivery was not causal.
    CauseMissing,
    /// A replica wants to take away more than it has rights for.
    NoRights {
        /// How much it wants to take.
        wanted: u64,
        /// How many rights it holds.
        held: u64,
    },
    /// A replica or a counter has no number left.
    Exhausted,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UpdateError::NotAnElement => f.write_str("what is to be removed is not an element here"),
            UpdateError::NoSuchVertex => f.write_str("a vertex that was named is not in the graph here"),
            UpdateError::NoSuchEdge => f.write_str("the edge that is to be removed is not in the graph here"),
            UpdateError::VertexHasEdges => f.write_str("the vertex that is to be removed still has edges here"),
            UpdateError::NoPath => f.write_str("there is no path between the two vertices, so an edge might close a cycle"),
            UpdateError::Sentinel => f.write_str("the first and the last vertex of an order cannot be removed"),
            UpdateError::OutOfBounds { index, length } => write!(f, "index {index} is beyond the end: the length is {length}"),
            UpdateError::CauseMissing => f.write_str("an operation came before the one that it builds on"),
            UpdateError::NoRights { wanted, held } => {
                write!(f, "the replica holds {held} of the {wanted} rights that this needs")
            }
            UpdateError::Exhausted => f.write_str("the replica has no number left for another update"),
        }
    }
}

impl Error for UpdateError {}

impl From<Exhausted> for UpdateError {
    fn from(_: Exhausted) -> UpdateError {
        UpdateError::Exhausted
    }
}
