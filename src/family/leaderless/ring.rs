//! The ring: which nodes hold a key, by consistent hashing with virtual nodes.
//!
//! Karger et al. 1997, as DeCandia et al. 2007 ("Dynamo", sections 4.2 and 6.2) use it. A key has a position on a ring of 2^64; walking on from
//! there one meets nodes, and the first N *different machines* are its preference list: further virtual nodes of one that was met are skipped.
//! There are Dynamo's three ways to divide the ring. A join moves ranges to the new node only, on average one in S + 1 with S nodes
//! before; where partitions are dealt out evenly that holds of first replicas.

mod moves;

pub use moves::{Moved, moved};

use crate::network::NodeId;
use crate::rng::mix_pair;
use crate::sorted;

/// How the ring is divided (Dynamo, section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partitioning {
    /// Strategy 1: each node has so many random tokens, and ranges lie between tokens.
    RandomTokens {
        /// Virtual nodes of each machine.
        tokens: u16,
    },
    /// Strategy 2: each node has so many random tokens, and the ring has equal partitions; who holds one is told by the tokens behind its end.
    EqualPartitions {
        /// Virtual nodes of each machine.
        tokens: u16,
        /// How many partitions there are.
        partitions: u16,
    },
    /// Strategy 3: the ring has equal partitions, and every node has as many of them as every other one.
    EvenShares {
        /// How many partitions there are.
        partitions: u16,
    },
}

/// A stretch of the ring: positions after the first, up to and including the second. Where the first is not smaller it goes round zero, and the
/// whole ring is from a position to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The position before the first.
    pub after: u64,
    /// The last position.
    pub upto: u64,
}

impl Span {
    /// Whether a position lies in it.
    #[must_use]
    pub fn holds(self, position: u64) -> bool {
        if self.after < self.upto {
            position > self.after && position <= self.upto
        } else {
            position > self.after || position <= self.upto
        }
    }

    /// How many positions there are in it.
    #[must_use]
    pub fn length(self) -> u128 {
        let length = self.upto.wrapping_sub(self.after);
        if length == 0 { 1 << 64 } else { u128::from(length) }
    }
}

/// Who holds which part of the ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    partitioning: Partitioning,
    /// The places at which walking round the ring meets nodes, in order: of random tokens their positions, of even shares the partitions' ends.
    tokens: Vec<(u64, NodeId)>,
}

impl Ring {
    /// A ring without nodes.
    #[must_use]
    pub fn new(partitioning: Partitioning) -> Ring {
        Ring { partitioning, tokens: Vec::new() }
    }

    /// Its machines, in the order of their numbers.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeId> {
        sorted::set(self.tokens.iter().map(|(_, node)| *node))
    }

    /// The places at which walking round the ring meets nodes, in order.
    #[must_use]
    pub fn tokens(&self) -> &[(u64, NodeId)] {
        &self.tokens
    }

    /// A node joins. `name` stands for its name, and decides on its tokens: the same name has the same in every ring.
    pub fn join(&mut self, node: NodeId, name: u64) {
        match self.partitioning {
            Partitioning::RandomTokens { tokens } | Partitioning::EqualPartitions { tokens, .. } => {
                for number in 0..u64::from(tokens) {
                    let token = mix_pair((name, number));
                    let place = self.tokens.partition_point(|(other, _)| *other < token);
                    self.tokens.insert(place, (token, node));
                }
            }
            Partitioning::EvenShares { partitions } => self.take_share(node, name, partitions),
        }
    }

    /// A node leaves.
    pub fn leave(&mut self, node: NodeId) {
        let Partitioning::EvenShares { .. } = self.partitioning else {
            return self.tokens.retain(|(_, other)| *other != node);
        };
        let others: Vec<NodeId> = self.nodes().into_iter().filter(|other| *other != node).collect();
        if others.is_empty() {
            return self.tokens.clear();
        }
        for place in 0..self.tokens.len() {
            if self.tokens[place].1 == node {
                let position = self.tokens[place].0;
                let poorest = others.iter().min_by_key(|other| (self.share(**other), mix_pair((position, u64::from(other.0)))));
                self.tokens[place].1 = *poorest.unwrap_or(&node);
            }
        }
    }

    /// How many partitions a node has.
    fn share(&self, node: NodeId) -> usize {
        self.tokens.iter().filter(|(_, other)| *other == node).count()
    }

    /// A new node takes partitions from those who have most, until it has as many as they have.
    fn take_share(&mut self, node: NodeId, name: u64, partitions: u16) {
        if self.tokens.is_empty() {
            self.tokens = (0..partitions).map(|number| (end_of(number, partitions), node)).collect();
            return;
        }
        let mine = usize::from(partitions) / (self.nodes().len() + 1);
        for _ in 0..mine {
            let richest = self.nodes().into_iter().filter(|other| *other != node).max_by_key(|other| self.share(*other));
            let theirs = self.tokens.iter_mut().filter(|(_, other)| Some(*other) == richest);
            if let Some(token) = theirs.min_by_key(|(position, _)| mix_pair((name, *position))) {
                token.1 = node;
            }
        }
    }

    /// The tokens that one meets walking on from a position, once round the ring.
    pub fn meets(&self, position: u64) -> impl Iterator<Item = (u64, NodeId)> {
        let from = match self.partitioning {
            Partitioning::RandomTokens { .. } | Partitioning::EvenShares { .. } => position,
            Partitioning::EqualPartitions { partitions, .. } => span_of(position, partitions).upto,
        };
        let start = self.tokens.partition_point(|(token, _)| *token < from);
        self.tokens[start..].iter().chain(&self.tokens[..start]).copied()
    }

    /// The machines that one meets walking on from a position, each once: the preference list, and behind it those who stand in.
    #[must_use]
    pub fn walk(&self, position: u64) -> Vec<NodeId> {
        let mut met = Vec::new();
        for (_, node) in self.meets(position) {
            if !met.contains(&node) {
                met.push(node);
            }
        }
        met
    }

    /// The spans of the ring whose keys have the same preference list, in order: the ranges between tokens, or the partitions.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let ends: Vec<u64> = match self.partitioning {
            Partitioning::RandomTokens { .. } | Partitioning::EvenShares { .. } => {
                self.tokens.iter().map(|(token, _)| *token).collect()
            }
            Partitioning::EqualPartitions { partitions, .. } if !self.tokens.is_empty() => {
                (0..partitions).map(|number| end_of(number, partitions)).collect()
            }
            Partitioning::EqualPartitions { .. } => Vec::new(),
        };
        let last = ends.last().copied();
        let befores = last.into_iter().chain(ends.iter().copied());
        befores.zip(ends.iter().copied()).map(|(after, upto)| Span { after, upto }).collect()
    }

    /// How much of the ring each machine holds if keys have so many replicas, in positions, in the order of their numbers.
    #[must_use]
    pub fn load(&self, replicas: usize) -> Vec<(NodeId, u128)> {
        let mut load: Vec<(NodeId, u128)> = self.nodes().into_iter().map(|node| (node, 0)).collect();
        for span in self.spans() {
            for node in self.walk(span.upto).into_iter().take(replicas) {
                if let Some((_, held)) = load.iter_mut().find(|(other, _)| *other == node) {
                    *held += span.length();
                }
            }
        }
        load
    }

    /// The mean load over the largest one, in thousandths: 1000 if all have the same (Dynamo, section 6.2, "load balancing efficiency").
    #[must_use]
    pub fn efficiency(&self, replicas: usize) -> u64 {
        let load = self.load(replicas);
        let (all, most) = load.iter().fold((0, 0), |(all, most), (_, held)| (all + held, held.max(&most).to_owned()));
        let per_mille = (all * 1000).checked_div(most * load.len() as u128).unwrap_or(1000);
        u64::try_from(per_mille).unwrap_or(1000)
    }
}

/// The last position of a partition.
fn end_of(number: u16, partitions: u16) -> u64 {
    let end = ((u128::from(number) + 1) << 64) / u128::from(partitions.max(1));
    u64::try_from(end - 1).unwrap_or(u64::MAX)
}

/// The partition in which a position lies.
fn span_of(position: u64, partitions: u16) -> Span {
    let near = (u128::from(position) * u128::from(partitions)) >> 64;
    let near = u16::try_from(near).unwrap_or(u16::MAX);
    // The quotient may be one too small, because ends are rounded down.
    let number = if position > end_of(near, partitions) { near + 1 } else { near };
    let after = if number == 0 { u64::MAX } else { end_of(number - 1, partitions) };
    Span { after, upto: end_of(number, partitions) }
}

#[cfg(test)]
mod tests;
