//! What an update of replicated data carries: an operation, or a delta. A whole state is not carried, it is taken when it is sent.

use serde::Serialize;

use super::{Payload, ReplicaName};
use crate::crdt::{Assignment, DotOp, GraphUpdate, MapOp, SequenceOp, SequenceUpdate, SetUpdate, SetUpdateAt};

/// What an update carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Carried {
    /// A small state with what changed.
    Delta(Payload),
    /// What every replica is to do.
    Operation(Operation),
}

/// The operations of all types.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Operation {
    /// Of a counter: how much.
    Count(i64),
    /// Of a register by time.
    Assign(Assignment<ReplicaName, u8>),
    /// Of a register that keeps all.
    AssignBeside(DotOp<ReplicaName, u8>),
    /// Of a set that only grows: the element.
    Element(u8),
    /// Of a two-phase set.
    Set(SetUpdate<u8>),
    /// Of a set by time.
    SetAt(u8, SetUpdateAt),
    /// Of a set with counters: whose counter.
    Counted(ReplicaName, SetUpdate<u8>),
    /// Of an observed-remove set.
    Observed(MapOp<u8, DotOp<ReplicaName, ()>, ReplicaName>),
    /// Of a graph.
    Graph(GraphUpdate<u8>),
    /// Of a replicated growable array.
    Sequence(SequenceOp<ReplicaName, char>),
    /// Of a map of counters.
    Counters(MapOp<u8, DotOp<ReplicaName, i64>, ReplicaName>),
    /// Of a map of sets.
    Sets(MapOp<u8, MapOp<u8, DotOp<ReplicaName, ()>, ReplicaName>, ReplicaName>),
    /// Of a text by indices: they mean what they meant at its source.
    Indexed(SequenceUpdate<char>),
}

impl Carried {
    /// How many bytes it takes on the wire, as postcard writes it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Carried::Delta(delta) => delta.bytes(),
            Carried::Operation(operation) => postcard::to_allocvec(operation).map_or(0, |bytes| bytes.len()),
        }
    }
}
