//! The circle itself: its parts with their first replicas, and the tokens as ticks on it.
//!
//! A ring of random tokens has a part before each token, one of equal partitions has the partitions. Where there are more of them than can be
//! told apart, the circle is looked at in equal steps.

use crate::family::leaderless::Ring;
use crate::network::NodeId;

/// The most parts that are drawn as they are; a ring of more is looked at in so many equal steps.
pub const ARCS_MAX: usize = 360;

/// A part of the circle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arc {
    /// Where it begins, in turns.
    pub from: f64,
    /// Where it ends; more than 1 if it goes on beyond the top.
    pub to: f64,
    /// Who is met first from there on.
    pub node: NodeId,
}

impl Arc {
    /// How long it is, in turns.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.to - self.from
    }

    /// Its middle.
    #[must_use]
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.from, self.to)
    }
}

/// A position on the ring as a fraction of the circle.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "53 bits of a position are exact")]
pub fn turn_of(position: u64) -> f64 {
    (position >> 11) as f64 / (1_u64 << 53) as f64
}

/// The parts of a ring; neighbours that have the same first replica are one.
pub(super) fn arcs(ring: &Ring) -> Vec<Arc> {
    let first = |position: u64| ring.meets(position).next().map(|(_, node)| node);
    let spans = ring.spans();
    let ends: Vec<(u64, u64)> = if spans.len() > ARCS_MAX {
        let step = u64::MAX / ARCS_MAX as u64;
        (0..ARCS_MAX as u64).map(|place| (place * step, (place + 1) * step)).collect()
    } else {
        spans.iter().map(|span| (span.after, span.upto)).collect()
    };
    let mut arcs: Vec<Arc> = Vec::new();
    for (after, upto) in ends {
        let Some(node) = first(upto) else { continue };
        let (from, mut to) = (turn_of(after), turn_of(upto));
        if to <= from {
            to += 1.0;
        }
        match arcs.last_mut().filter(|last| last.node == node && (last.to - from).abs() < 1e-9) {
            Some(last) => last.to += to - from,
            None => arcs.push(Arc { from, to, node }),
        }
    }
    arcs
}

/// The tokens that are drawn as ticks: all, unless there are too many.
pub(super) fn tokens(ring: &Ring) -> Vec<(f64, NodeId)> {
    let all = ring.tokens();
    if all.len() > ARCS_MAX { Vec::new() } else { all.iter().map(|(token, node)| (turn_of(*token), *node)).collect() }
}

/// How much of the ring has each node as its first replica, in thousandths, and how many tokens it has.
pub(super) fn shares(ring: &Ring, nodes: &[NodeId]) -> Vec<(u32, usize)> {
    let mut held = vec![(0_u128, 0); nodes.len()];
    let place = |node: NodeId| nodes.iter().position(|other| *other == node);
    for span in ring.spans() {
        if let Some(place) = ring.meets(span.upto).next().and_then(|(_, first)| place(first)) {
            held[place].0 += span.length();
        }
    }
    for (_, node) in ring.tokens() {
        if let Some(place) = place(*node) {
            held[place].1 += 1;
        }
    }
    held.into_iter().map(|(length, tokens)| (u32::try_from((length * 1_000) >> 64).unwrap_or(1_000), tokens)).collect()
}
