//! A payload as data to draw: bars, tagged elements with tombstones, a chain, a graph.
//!
//! What stands here names replicas by number and elements by their number among the run's elements; whoever draws has the names.

use super::payload::{Payload, SetAtField};
use super::{Number, ReplicaName};
use crate::crdt::{Crdt, DotSet, ElementId};
use crate::versions::Dot;

/// The part of a counter that is one replica's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Whose.
    pub replica: ReplicaName,
    /// What it has counted up.
    pub up: u64,
    /// What it has counted down.
    pub down: u64,
    /// The rights that it holds, of a counter with rights.
    pub rights: Option<u64>,
}

/// The update that put something there: which replica, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// Whose update.
    pub replica: ReplicaName,
    /// Its number.
    pub count: u64,
}

/// An element of a set, with what keeps it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Which element.
    pub element: u8,
    /// The additions that are not removed.
    pub tags: Vec<Tag>,
    /// How often it was added more than removed, where that is counted.
    pub count: Option<i128>,
    /// The times of its last addition and of its last removal, where times decide.
    pub times: Option<(Option<u64>, Option<u64>)>,
    /// Whether a reader is shown it; a removed one that is remembered is a tombstone.
    pub present: bool,
}

/// An edge of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: u8,
    /// Where it ends.
    pub to: u8,
    /// Whether it was removed.
    pub removed: bool,
    /// Whether a reader is shown it: not without its ends.
    pub present: bool,
}

/// What is to be drawn of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// A counter: the part of each replica.
    Bars(Vec<Bar>),
    /// A number that does not tell who counted what.
    Total(i64),
    /// A register: what was assigned, by which update; more than one, if they are concurrent.
    Assigned(Vec<(u8, Option<Tag>)>),
    /// A set: its elements, and the additions that were removed where they are remembered apart.
    Elements(Vec<Tagged>, Vec<Tag>),
    /// A graph: vertices with whether they are present, and edges.
    Graph(Vec<(u8, bool)>, Vec<Edge>),
    /// A text: its characters in order with their timestamps (the number of a tag is the clock), removed ones without content.
    Chain(Vec<(Tag, Option<char>)>),
    /// A text without anything behind it.
    Characters(String),
    /// A map: its fields.
    Fields(Vec<(u8, Drawn)>),
}

impl Payload {
    /// What is to be drawn.
    #[must_use]
    pub fn drawn(&self) -> Drawn {
        match self {
            Payload::GCounter(counter) => {
                Drawn::Bars(counter.iter().map(|(id, up)| Bar { replica: *id, up, down: 0, rights: None }).collect())
            }
            Payload::PnCounter(counter) => {
                let (up, down) = (counter.increments(), counter.decrements());
                let ids = names(up.iter().chain(down.iter()).map(|(id, _)| *id));
                Drawn::Bars(ids.iter().map(|id| Bar { replica: *id, up: up.get(id), down: down.get(id), rights: None }).collect())
            }
            Payload::BoundedCounter(counter) => {
                let bar = |(id, rights): (&ReplicaName, u64)| {
                    let (up, down) = (counter.made(id), counter.spent(id));
                    Bar { replica: *id, up, down, rights: Some(rights) }
                };
                Drawn::Bars(counter.holders().map(bar).collect())
            }
            Payload::OpCounter(counter) => Drawn::Total(counter.value()),
            Payload::Number(number) => Drawn::Total(Number::value(*number)),
            Payload::LwwRegister(register) => {
                let last = register.last().map(|last| (last.value, Some(Tag { replica: last.id, count: last.time })));
                Drawn::Assigned(last.into_iter().collect())
            }
            Payload::MvRegister(register) => assigned(register.store().iter()),
            Payload::OpMvRegister(register) => assigned(register.store().iter()),
            Payload::GSet(set) => Drawn::Elements(set.iter().map(|element| plain(*element, true)).collect(), Vec::new()),
            Payload::TwoPhaseSet(set) => {
                let all = set.iter().map(|element| plain(*element, true));
                Drawn::Elements(all.chain(set.removed().map(|element| plain(*element, false))).collect(), Vec::new())
            }
            Payload::LwwElementSet(set) => {
                let tagged = |(element, added, removed): (&u8, Option<u64>, Option<u64>)| Tagged {
                    times: Some((added, removed)),
                    ..plain(*element, set.contains(element))
                };
                Drawn::Elements(set.times().map(tagged).collect(), Vec::new())
            }
            Payload::PnSet(set) => {
                let tagged = |(element, count): (&u8, i128)| Tagged { count: Some(count), ..plain(*element, count > 0) };
                Drawn::Elements(set.counts().map(tagged).collect(), Vec::new())
            }
            Payload::OrSet(set) => {
                let mut all: Vec<Tagged> = set.iter().map(|element| plain(*element, true)).collect();
                for (element, dot) in set.additions() {
                    if let Some(tagged) = all.iter_mut().find(|tagged| tagged.element == *element) {
                        tagged.tags.push(tag(dot));
                    }
                }
                Drawn::Elements(all, set.removed().map(tag).collect())
            }
            Payload::OrSetOptimised(set) => in_map(set.store()),
            Payload::OpOrSet(set) => in_map(set.store()),
            Payload::Graph(graph, _) => graph_of(graph),
            Payload::Rga(text) => {
                let link = |(id, character): (ElementId<ReplicaName>, Option<&char>)| {
                    (Tag { replica: id.id, count: id.clock }, character.copied())
                };
                Drawn::Chain(text.elements().map(link).collect())
            }
            Payload::PlainText(text) => Drawn::Characters(text.clone()),
            Payload::Counters(map) => totals(map.value()),
            Payload::OpCounters(map) => totals(map.value()),
            Payload::Sets(map) => Drawn::Fields(map.iter().map(|(field, set)| (*field, in_map(set))).collect()),
            Payload::OpSets(map) => Drawn::Fields(map.store().iter().map(|(field, set)| (*field, in_map(set))).collect()),
        }
    }
}

fn names(ids: impl Iterator<Item = ReplicaName>) -> Vec<ReplicaName> {
    let mut ids: Vec<ReplicaName> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn tag(dot: &Dot<ReplicaName>) -> Tag {
    Tag { replica: dot.id, count: dot.count }
}

fn plain(element: u8, present: bool) -> Tagged {
    Tagged { element, tags: Vec::new(), count: None, times: None, present }
}

fn assigned<'a>(values: impl Iterator<Item = (&'a Dot<ReplicaName>, &'a u8)>) -> Drawn {
    Drawn::Assigned(values.map(|(dot, value)| (*value, Some(tag(dot)))).collect())
}

fn in_map(set: &SetAtField) -> Drawn {
    let tagged = |(element, dots): (&u8, &DotSet<ReplicaName>)| Tagged {
        tags: dots.as_slice().iter().map(tag).collect(),
        ..plain(*element, true)
    };
    Drawn::Elements(set.iter().map(tagged).collect(), Vec::new())
}

fn totals(fields: impl IntoIterator<Item = (u8, i128)>) -> Drawn {
    let total = |n: i128| Drawn::Total(i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX }));
    Drawn::Fields(fields.into_iter().map(|(field, n)| (field, total(n))).collect())
}

fn graph_of(graph: &crate::crdt::TwoPhaseGraph<u8>) -> Drawn {
    let vertices = graph.vertices().iter().map(|vertex| (*vertex, true));
    let vertices = vertices.chain(graph.vertices().removed().map(|vertex| (*vertex, false))).collect();
    let edge = |(from, to): &(u8, u8), removed: bool| Edge {
        from: *from,
        to: *to,
        removed,
        present: !removed && graph.contains_edge(from, to),
    };
    let edges = graph.edges().iter().map(|ends| edge(ends, false));
    Drawn::Graph(vertices, edges.chain(graph.edges().removed().map(|ends| edge(ends, true))).collect())
}
