//! A graph with removal of vertices and edges for ever.
//!
//! 2P2P-Graph, specification 16 of Shapiro et al., INRIA RR-7506: a 2P-Set of vertices and one of edges.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use super::grow_set::TwoPhaseSet;
use crate::versions::Dot;

/// A directed graph. Edges need both ends, and a vertex with edges is not removed.
///
/// Of an edge and a concurrent removal of one of its ends the removal counts: the edge is hidden with its end. It cannot add a removed vertex or
/// edge again, and keeps no property of the graph as a whole: concurrent edges may close a cycle.
///
/// ```
/// use replicated_telemetry_store::crdt::{StateBased, TwoPhaseGraph, UpdateError};
///
/// let mut a = TwoPhaseGraph::new();
/// a.add_vertex('u');
/// a.add_vertex('v');
/// let mut b = a.clone();
/// a.add_edge('u', 'v')?;
/// assert_eq!(a.remove_vertex(&'u'), Err(UpdateError::VertexHasEdges));
/// b.remove_vertex(&'u')?; // concurrently
/// a.merge(&b);
/// assert!(!a.contains_edge(&'u', &'v'));
/// # Ok::<(), UpdateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de> + Ord"))]
pub struct TwoPhaseGraph<V: Ord> {
    vertices: TwoPhaseSet<V>,
    edges: TwoPhaseSet<(V, V)>,
}

/// What a user asks of a graph, and what travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GraphUpdate<V> {
    /// A vertex is to be there.
    AddVertex(V),
    /// A vertex is to be gone for ever.
    RemoveVertex(V),
    /// An edge from one vertex to another is to be there.
    AddEdge(V, V),
    /// An edge is to be gone for ever.
    RemoveEdge(V, V),
}

impl<V: Ord> Default for TwoPhaseGraph<V> {
    fn default() -> TwoPhaseGraph<V> {
        TwoPhaseGraph { vertices: TwoPhaseSet::default(), edges: TwoPhaseSet::default() }
    }
}

impl<V: Ord + Clone> TwoPhaseGraph<V> {
    /// The empty graph.
    #[must_use]
    pub fn new() -> TwoPhaseGraph<V> {
        TwoPhaseGraph::default()
    }

    /// Adds a vertex. Returns whether it is present now: it is not if it was ever removed.
    pub fn add_vertex(&mut self, vertex: V) -> bool {
        self.vertices.add(vertex)
    }

    /// Removes a vertex for ever.
    ///
    /// # Errors
    /// [`UpdateError::NoSuchVertex`] if it is not present here, [`UpdateError::VertexHasEdges`] if an edge that is present begins or ends there.
    pub fn remove_vertex(&mut self, vertex: &V) -> Result<(), UpdateError> {
        self.check(&GraphUpdate::RemoveVertex(vertex.clone()))?;
        self.vertices.remove(vertex)
    }

    /// Adds an edge. Returns whether it is present now: it is not if it was ever removed.
    ///
    /// # Errors
    /// [`UpdateError::NoSuchVertex`] if one of its ends is not present here.
    pub fn add_edge(&mut self, from: V, to: V) -> Result<bool, UpdateError> {
        self.check(&GraphUpdate::AddEdge(from.clone(), to.clone()))?;
        Ok(self.edges.add((from, to)))
    }

    /// Removes an edge for ever.
    ///
    /// # Errors
    /// [`UpdateError::NoSuchEdge`] if it is not present here.
    pub fn remove_edge(&mut self, from: &V, to: &V) -> Result<(), UpdateError> {
        self.check(&GraphUpdate::RemoveEdge(from.clone(), to.clone()))?;
        self.edges.remove(&(from.clone(), to.clone()))
    }

    /// Whether a vertex is present.
    #[must_use]
    pub fn contains(&self, vertex: &V) -> bool {
        self.vertices.contains(vertex)
    }

    /// Whether an edge and both its ends are present.
    #[must_use]
    pub fn contains_edge(&self, from: &V, to: &V) -> bool {
        self.contains(from) && self.contains(to) && self.edges.contains(&(from.clone(), to.clone()))
    }

    /// The vertices, with those that were removed.
    #[must_use]
    pub const fn vertices(&self) -> &TwoPhaseSet<V> {
        &self.vertices
    }

    /// The edges, with those that were removed; hidden ones too.
    #[must_use]
    pub const fn edges(&self) -> &TwoPhaseSet<(V, V)> {
        &self.edges
    }

    /// The preconditions of the specification. Edges that are hidden do not hold a vertex: nobody could remove them.
    fn check(&self, update: &GraphUpdate<V>) -> Result<(), UpdateError> {
        match update {
            GraphUpdate::AddVertex(_) => Ok(()),
            GraphUpdate::RemoveVertex(vertex) if !self.contains(vertex) => Err(UpdateError::NoSuchVertex),
            GraphUpdate::RemoveVertex(vertex) => {
                let at_vertex =
                    |(from, to): &(V, V)| (from == vertex && self.contains(to)) || (to == vertex && self.contains(from));
                if self.edges.iter().any(at_vertex) { Err(UpdateError::VertexHasEdges) } else { Ok(()) }
            }
            GraphUpdate::AddEdge(from, to) => {
                if self.contains(from) && self.contains(to) {
                    Ok(())
                } else {
                    Err(UpdateError::NoSuchVertex)
                }
            }
            GraphUpdate::RemoveEdge(from, to) => {
                if self.contains_edge(from, to) {
                    Ok(())
                } else {
                    Err(UpdateError::NoSuchEdge)
                }
            }
        }
    }
}

impl<V: Ord + Clone> Crdt for TwoPhaseGraph<V> {
    /// Vertices and edges.
    type Value = (BTreeSet<V>, BTreeSet<(V, V)>);

    fn value(&self) -> Self::Value {
        let edges = self.edges.iter().filter(|(from, to)| self.contains(from) && self.contains(to));
        (self.vertices.value(), edges.cloned().collect())
    }
}

impl<V: Ord + Clone> StateBased for TwoPhaseGraph<V> {
    fn merge(&mut self, other: &TwoPhaseGraph<V>) {
        self.vertices.merge(&other.vertices);
        self.edges.merge(&other.edges);
    }

    fn includes(&self, other: &TwoPhaseGraph<V>) -> bool {
        self.vertices.includes(&other.vertices) && self.edges.includes(&other.edges)
    }
}

impl<I, V: Ord + Clone> OpBased<I> for TwoPhaseGraph<V> {
    type Update = GraphUpdate<V>;
    type Op = GraphUpdate<V>;

    /// The specification asks for causal delivery, so that no replica sees an edge before its ends. Replicas agree in the end without,
    /// because what was removed is remembered and an edge without ends is hidden.
    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, _: &Dot<I>, update: GraphUpdate<V>) -> Result<GraphUpdate<V>, UpdateError> {
        self.check(&update)?;
        Ok(update)
    }

    fn effect(&mut self, op: &GraphUpdate<V>) -> Result<(), UpdateError> {
        use super::grow_set::SetUpdate::{Add, Remove};
        match op.clone() {
            GraphUpdate::AddVertex(vertex) => OpBased::<I>::effect(&mut self.vertices, &Add(vertex)),
            GraphUpdate::RemoveVertex(vertex) => OpBased::<I>::effect(&mut self.vertices, &Remove(vertex)),
            GraphUpdate::AddEdge(from, to) => OpBased::<I>::effect(&mut self.edges, &Add((from, to))),
            GraphUpdate::RemoveEdge(from, to) => OpBased::<I>::effect(&mut self.edges, &Remove((from, to))),
        }
    }
}
