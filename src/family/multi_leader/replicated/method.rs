//! What a client does to replicated data: the methods of all types, with names looked up.
//!
//! Elements, fields and edges are numbers of the run's table of elements, so that a method is small and equal everywhere.

use super::ReplicaName;

/// What a client does to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Counts up.
    Increment(u64),
    /// Counts down.
    Decrement(u64),
    /// Gives rights to another leader.
    Transfer {
        /// To whom.
        to: ReplicaName,
        /// How many.
        amount: u64,
    },
    /// Assigns a value.
    Assign(u8),
    /// Adds an element.
    Add(u8),
    /// Removes an element.
    Remove(u8),
    /// Types a text.
    Insert {
        /// Before which character, by index; at the end, if it is the length.
        index: u32,
        /// The characters.
        text: String,
    },
    /// Deletes characters.
    Delete {
        /// The first of them, by index.
        index: u32,
        /// How many.
        count: u32,
    },
    /// Adds a vertex.
    AddVertex(u8),
    /// Removes a vertex.
    RemoveVertex(u8),
    /// Adds an edge.
    AddEdge(Arrow),
    /// Removes an edge.
    RemoveEdge(Arrow),
    /// Counts at a field of a map.
    Count {
        /// The field.
        field: u8,
        /// How much; down, if negative.
        by: i64,
    },
    /// Adds an element to the set at a field of a map.
    Put {
        /// The field.
        field: u8,
        /// The field and the element, as one element.
        entry: u8,
    },
    /// Removes an element from the set at a field of a map.
    Take {
        /// The field.
        field: u8,
        /// The field and the element, as one element.
        entry: u8,
    },
    /// Removes a field of a map with all that is there.
    Drop(u8),
}

/// An edge of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Where it begins.
    pub from: u8,
    /// Where it ends.
    pub to: u8,
    /// The element that stands for it where a value is shown.
    pub edge: u8,
}

impl Method {
    /// How much it adds to a counter; nothing, if it is about no counter.
    #[must_use]
    pub fn adds(&self) -> i128 {
        match self {
            Method::Increment(n) => i128::from(*n),
            Method::Decrement(n) => -i128::from(*n),
            Method::Count { by, .. } => i128::from(*by),
            Method::Transfer { .. }
            | Method::Assign(_)
            | Method::Add(_)
            | Method::Remove(_)
            | Method::Insert { .. }
            | Method::Delete { .. }
            | Method::AddVertex(_)
            | Method::RemoveVertex(_)
            | Method::AddEdge(_)
            | Method::RemoveEdge(_)
            | Method::Put { .. }
            | Method::Take { .. }
            | Method::Drop(_) => 0,
        }
    }
}
