//! A graph to which only such edges are added that change no order.
//!
//! Add-only Monotonic DAG, specification 17 of Shapiro et al., INRIA RR-7506. That a graph has no cycle is a property of the whole, which
//! no replica can look after alone. Here every edge runs along a path that is already there, so that no two replicas can close a cycle.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::form::{Crdt, Delivery, OpBased, StateBased};
use super::pairs;
use crate::versions::{Dot, VersionVector};

/// A place in an order: one of the two ends, which are always there, or a vertex that was added.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Vertex<I> {
    /// Before all others.
    First,
    /// Added by an update.
    Added(Dot<I>),
    /// After all others.
    Last,
}

/// A directed graph without cycles, from one sentinel to the other.
///
/// Concurrent updates all count: what one replica adds between two vertices has no order to what another adds there. It cannot
/// order what has no order: an edge needs a path that is there.
///
/// ```
/// use replicated_telemetry_store::crdt::{MonotonicDag, UpdateError, Vertex};
///
/// let mut dag = MonotonicDag::new();
/// let a = dag.add_between(&'A', &Vertex::First, "a", &Vertex::Last)?;
/// let b = dag.add_between(&'A', &a, "b", &Vertex::Last)?;
/// let c = dag.add_between(&'A', &b, "c", &Vertex::Last)?;
/// dag.add_edge(&a, &c)?;
/// assert!(dag.path(&a, &c));
/// assert_eq!(dag.add_edge(&c, &a), Err(UpdateError::NoPath));
/// # Ok::<(), UpdateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Plain<I, T>")]
#[serde(bound(
    serialize = "I: Serialize + Clone, T: Serialize",
    deserialize = "I: Deserialize<'de> + Ord + Clone, T: Deserialize<'de> + Clone + PartialEq"
))]
pub struct MonotonicDag<I, T> {
    #[serde(with = "pairs")]
    labels: BTreeMap<Dot<I>, T>,
    /// The edges that were added, by where they begin.
    #[serde(with = "pairs")]
    edges: BTreeMap<Vertex<I>, BTreeSet<Vertex<I>>>,
    /// The largest numbers that were given to vertices, from which new ones come.
    last: VersionVector<I>,
}

/// As it is read.
#[derive(Deserialize)]
#[serde(bound(deserialize = "I: Deserialize<'de> + Ord + Clone, T: Deserialize<'de>"))]
struct Plain<I, T> {
    #[serde(with = "pairs")]
    labels: BTreeMap<Dot<I>, T>,
    #[serde(with = "pairs")]
    edges: BTreeMap<Vertex<I>, BTreeSet<Vertex<I>>>,
    last: VersionVector<I>,
}

impl<I: Ord + Clone, T: Clone + PartialEq> TryFrom<Plain<I, T>> for MonotonicDag<I, T> {
    type Error = &'static str;

    fn try_from(plain: Plain<I, T>) -> Result<MonotonicDag<I, T>, &'static str> {
        let dag = MonotonicDag { labels: plain.labels, edges: plain.edges, last: plain.last };
        if dag.labels.keys().any(|dot| dot.count == 0 || !dag.last.includes(dot)) {
            return Err("a vertex of the graph has a number that was not given");
        }
        let ends = dag.edges.iter().flat_map(|(from, to)| to.iter().chain([from]));
        if ends.into_iter().any(|vertex| !dag.contains(vertex)) || dag.edges.values().any(BTreeSet::is_empty) {
            return Err("an edge of the graph begins or ends at no vertex");
        }
        if dag.edges.contains_key(&Vertex::Last) || dag.edges.values().any(|to| to.contains(&Vertex::First)) {
            return Err("an edge of the graph begins after the last vertex or ends before the first");
        }
        if dag.in_order().len() < dag.labels.len() { Err("the graph has a cycle") } else { Ok(dag) }
    }
}

/// What a user asks of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DagUpdate<I, T> {
    /// A new vertex with a label between two that are there.
    AddBetween(Vertex<I>, T, Vertex<I>),
    /// An edge along a path.
    AddEdge(Vertex<I>, Vertex<I>),
}

/// An operation on an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DagOp<I, T> {
    /// A vertex with its name and label, and the two that it stands between.
    AddBetween(Vertex<I>, Dot<I>, T, Vertex<I>),
    /// An edge.
    AddEdge(Vertex<I>, Vertex<I>),
}

impl<I, T> Default for MonotonicDag<I, T> {
    fn default() -> MonotonicDag<I, T> {
        MonotonicDag { labels: BTreeMap::new(), edges: BTreeMap::new(), last: VersionVector::default() }
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> MonotonicDag<I, T> {
    /// The graph of the two sentinels and the edge between them.
    #[must_use]
    pub fn new() -> MonotonicDag<I, T> {
        MonotonicDag::default()
    }

    /// Adds a vertex with a label between two others, and returns its name.
    ///
    /// # Errors
    /// [`UpdateError::NoSuchVertex`] if one of the two is not present here, [`UpdateError::NoPath`] if there is none between them,
    /// [`UpdateError::Exhausted`] if the replica has no number left.
    pub fn add_between(&mut self, id: &I, before: &Vertex<I>, label: T, after: &Vertex<I>) -> Result<Vertex<I>, UpdateError> {
        let op = self.make(id, DagUpdate::AddBetween(before.clone(), label, after.clone()))?;
        self.carry_out(&op);
        Ok(Vertex::Added(Dot { id: id.clone(), count: self.last.get(id) }))
    }

    /// Adds an edge along a path that is there.
    ///
    /// # Errors
    /// [`UpdateError::NoSuchVertex`] if one of its ends is not present here, [`UpdateError::NoPath`] if there is no path between them.
    pub fn add_edge(&mut self, from: &Vertex<I>, to: &Vertex<I>) -> Result<(), UpdateError> {
        self.check(from, to)?;
        self.edges.entry(from.clone()).or_default().insert(to.clone());
        Ok(())
    }

    /// Whether a vertex is present; the sentinels always are.
    #[must_use]
    pub fn contains(&self, vertex: &Vertex<I>) -> bool {
        match vertex {
            Vertex::First | Vertex::Last => true,
            Vertex::Added(dot) => self.labels.contains_key(dot),
        }
    }

    /// The label of a vertex.
    #[must_use]
    pub fn label(&self, dot: &Dot<I>) -> Option<&T> {
        self.labels.get(dot)
    }

    /// The added vertices with their labels, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&Dot<I>, &T)> {
        self.labels.iter()
    }

    /// Whether a way of one edge or more leads from one vertex to another.
    #[must_use]
    pub fn path(&self, from: &Vertex<I>, to: &Vertex<I>) -> bool {
        if *from == Vertex::First || *to == Vertex::Last {
            return from != to && self.contains(from) && self.contains(to);
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(vertex) = open.pop() {
            for next in self.edges.get(vertex).into_iter().flatten() {
                if next == to {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    /// All added vertices in an order that all edges agree with; where several may be next, the smallest name is.
    #[must_use]
    pub fn in_order(&self) -> Vec<Dot<I>> {
        let mut waits: BTreeMap<&Vertex<I>, usize> = BTreeMap::new();
        for (_, to) in self.edges.iter().filter(|(from, _)| **from != Vertex::First) {
            to.iter().for_each(|vertex| *waits.entry(vertex).or_default() += 1);
        }
        let vertices: Vec<Vertex<I>> = self.labels.keys().cloned().map(Vertex::Added).collect();
        let mut ready: BTreeSet<&Vertex<I>> = vertices.iter().filter(|vertex| !waits.contains_key(vertex)).collect();
        let mut order = Vec::with_capacity(vertices.len());
        while let Some(vertex) = ready.pop_first() {
            match vertex {
                Vertex::First => continue,
                Vertex::Added(dot) => order.push(dot.clone()),
                Vertex::Last => {}
            }
            for next in self.edges.get(vertex).into_iter().flatten() {
                let Some(open) = waits.get_mut(next) else { continue };
                *open -= 1;
                if *open == 0 {
                    ready.insert(next);
                }
            }
        }
        order
    }

    fn check(&self, from: &Vertex<I>, to: &Vertex<I>) -> Result<(), UpdateError> {
        if !self.contains(from) || !self.contains(to) {
            return Err(UpdateError::NoSuchVertex);
        }
        if self.path(from, to) { Ok(()) } else { Err(UpdateError::NoPath) }
    }

    pub(super) fn make(&self, id: &I, update: DagUpdate<I, T>) -> Result<DagOp<I, T>, UpdateError> {
        match update {
            DagUpdate::AddBetween(before, label, after) => {
                self.check(&before, &after)?;
                let count = self.last.get(id).checked_add(1).ok_or(UpdateError::Exhausted)?;
                Ok(DagOp::AddBetween(before, Dot { id: id.clone(), count }, label, after))
            }
            DagUpdate::AddEdge(from, to) => {
                self.check(&from, &to)?;
                Ok(DagOp::AddEdge(from, to))
            }
        }
    }

    pub(super) fn carry_out(&mut self, op: &DagOp<I, T>) {
        match op {
            DagOp::AddBetween(before, dot, label, after) => {
                self.last.raise(&dot.id, dot.count);
                self.labels.entry(dot.clone()).or_insert_with(|| label.clone());
                let vertex = Vertex::Added(dot.clone());
                self.edges.entry(before.clone()).or_default().insert(vertex.clone());
                self.edges.entry(vertex).or_default().insert(after.clone());
            }
            DagOp::AddEdge(from, to) => {
                self.edges.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> Crdt for MonotonicDag<I, T> {
    /// The labels of vertices, and the edges that were added.
    type Value = (BTreeMap<Dot<I>, T>, BTreeSet<(Vertex<I>, Vertex<I>)>);

    fn value(&self) -> Self::Value {
        let edges = self.edges.iter().flat_map(|(from, all)| all.iter().map(|to| (from.clone(), to.clone())));
        (self.labels.clone(), edges.collect())
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> StateBased for MonotonicDag<I, T> {
    fn merge(&mut self, other: &MonotonicDag<I, T>) {
        for (dot, label) in &other.labels {
            self.labels.entry(dot.clone()).or_insert_with(|| label.clone());
        }
        for (from, to) in &other.edges {
            self.edges.entry(from.clone()).or_default().extend(to.iter().cloned());
        }
        self.last.merge(&other.last);
    }
}

impl<I: Ord + Clone, T: Clone + PartialEq> OpBased<I> for MonotonicDag<I, T> {
    type Update = DagUpdate<I, T>;
    type Op = DagOp<I, T>;

    /// What only grows needs no order. Until an operation's cause has come, an edge may end at a vertex that is not there.
    const DELIVERY: Delivery = Delivery::AnyOnce;

    fn prepare(&self, dot: &Dot<I>, update: DagUpdate<I, T>) -> Result<DagOp<I, T>, UpdateError> {
        self.make(&dot.id, update)
    }

    fn effect(&mut self, op: &DagOp<I, T>) -> Result<(), UpdateError> {
        self.carry_out(op);
        Ok(())
    }
}
