//! The band of tokens: a part of the circle for each range, in the pattern of its first replica and with its sign, and a tick for each token.

use super::{BAND, Drawing, KINDS, point, stretch};
use crate::scene::mark::Mark;
use crate::scene::target::Target;
use crate::view::token_ring::Arc;
use crate::view::{TokenNode, TokenRing};

/// How many patterns there are; more nodes share them in turn, and have signs.
const LOOKS: [&str; 6] = ["arc look-0", "arc look-1", "arc look-2", "arc look-3", "arc look-4", "arc look-5"];
/// The least distance between two signs on the band.
const APART: f64 = 12.0;
/// From the circle to the signs inside it.
const SIGNS: f64 = 17.0;

/// The band, node by node, with the ticks of tokens and the signs of parts in front.
pub(super) fn band(drawing: &Drawing<'_>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = drawing.ring.nodes.iter().map(|node| arcs(drawing, node)).collect();
    let tick = |(turn, _): &(f64, crate::network::NodeId)| {
        let circle = drawing.circle;
        format!("M{}L{}", point(circle.place(*turn, circle.radius - BAND)), point(circle.place(*turn, circle.radius + BAND)))
    };
    let ticks = drawing.ring.tokens.iter().map(tick).collect();
    marks.push(Mark::new(KINDS, "ticks").path("", ticks));
    marks.push(signs(drawing));
    marks
}

/// All parts whose first replica is this node.
fn arcs(drawing: &Drawing<'_>, node: &TokenNode) -> Mark {
    let (id, circle) = (node.node.id, drawing.circle);
    let mine = drawing.ring.arcs.iter().filter(|arc| arc.node == id);
    let path = mine.map(|arc| stretch(circle, circle.radius, (arc.from, arc.to))).collect();
    let look = drawing.place_of(id) % LOOKS.len();
    Mark::new(u32::from(id.0), LOOKS[look])
        .path("", path)
        .titled(node.describe())
        .about([Target::Node(id.0)])
        .lighting([Target::Node(id.0)])
}

/// The signs of parts that are long enough for one.
fn signs(drawing: &Drawing<'_>) -> Mark {
    let (ring, circle) = (drawing.ring, drawing.circle);
    let radius = circle.radius - SIGNS;
    let least = APART / (std::f64::consts::TAU * radius);
    let mut mark = Mark::new(KINDS + 1, "signs");
    for arc in placed(ring, least) {
        let (x, y) = circle.place(arc.middle(), radius);
        mark = mark.text("sign middle", (x, y + 3.5), ring.sign(arc.node));
    }
    mark
}

/// The parts that bear a sign: none too short, none too near to the one before or to the place of the key.
fn placed(ring: &TokenRing, least: f64) -> Vec<&Arc> {
    let mut placed: Vec<&Arc> = Vec::new();
    let near = |one: f64, other: f64| {
        let apart = (one - other).rem_euclid(1.0);
        apart.min(1.0 - apart) < least
    };
    for arc in ring.arcs.iter().filter(|arc| arc.length() >= least * 0.8) {
        let key = ring.key.as_ref().is_some_and(|key| near(key.turn, arc.middle()));
        if !key && !placed.iter().any(|other| near(other.middle(), arc.middle())) {
            placed.push(arc);
        }
    }
    placed
}
