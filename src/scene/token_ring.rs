//! The pane of a ring: the circle of tokens with its nodes around it, the preference list of the key that is looked at, the requests that go on
//! inside, and below it who acknowledged and who answered.
//!
//! Drawn after DeCandia et al. 2007 ("Dynamo", figure 2). Whose a part of the circle is, is told by its pattern and by the sign of its node.
//! Messages fly inside the circle, between the badges of nodes; clients stand outside.

mod band;
mod cards;
mod list;
mod table;
mod traffic;

use super::flight::Flight;
use super::mark::{Mark, Pane, small, unit};
use super::target::Target;
use crate::network::NodeId;
use crate::run::Run;
use crate::view::token_ring::Circle;
use crate::view::{RingLayout, Stage, TokenRing};

/// The marks of one kind have keys of their own: numbers of nodes, groups and places count within the kind.
const KINDS: u32 = 0x1_0000;
/// Half the width of the band of tokens.
const BAND: f64 = 7.0;

/// What the marks of one ring are made from.
struct Drawing<'a> {
    run: &'a Run,
    ring: &'a TokenRing,
    circle: &'a Circle,
    layout: &'a RingLayout,
}

impl Drawing<'_> {
    /// The place of a node among the nodes of the ring, which decides on its pattern.
    fn place_of(&self, node: NodeId) -> usize {
        self.ring.nodes.iter().position(|one| one.node.id == node).unwrap_or(0)
    }
}

/// Everything that stands still between two events, and the messages under way with their places on this pane.
#[must_use]
pub fn token_ring(
    run: &Run,
    rings: &[TokenRing],
    stage: &Stage,
    layout: &RingLayout,
    flights: Vec<Flight>,
) -> (Pane, Vec<Flight>) {
    let mut marks = Vec::new();
    for ((ring, circle), bounds) in rings.iter().zip(&layout.circles).zip(&layout.tables) {
        let drawing = Drawing { run, ring, circle, layout };
        let id = u32::from(ring.id.0);
        let heading = (circle.middle.0, circle.middle.1 - circle.radius - 40.0);
        marks.push(Mark::new(id, "token-ring").text("group-name middle", heading, ring.name.clone()).with(band::band(&drawing)));
        marks.push(Mark::new(KINDS + id, "token-ring").with(list::list(&drawing)));
        marks.push(Mark::new(2 * KINDS + id, "token-ring").with(traffic::traffic(&drawing)));
        marks.push(Mark::new(3 * KINDS + id, "token-ring").with(cards::badges(&drawing).chain(traffic::gauges(&drawing))));
        marks.push(table::table(4 * KINDS + id, &drawing, *bounds));
        marks.push(Mark::new(5 * KINDS + id, "").with(cards::cards(&drawing)));
    }
    let clients = stage.clients.iter().map(|one| cards::client(one, rings, layout));
    marks.push(Mark::new(6 * KINDS, "").with(clients));
    let pane = Pane { clip: clip(layout), ..Pane::new((layout.width, layout.height), marks) };
    (pane, flights.into_iter().map(|flight| over(layout, flight)).collect())
}

/// A message on its way from badge to badge.
fn over(layout: &RingLayout, flight: Flight) -> Flight {
    let Some(Target::Link(src, dst)) = flight.about.first().copied() else { return flight };
    let ((x, y), (to_x, to_y)) = layout.way(NodeId(src), NodeId(dst));
    let middle = (small(f64::midpoint(x, to_x)), small(f64::midpoint(y, to_y)));
    let stands = flight.stands.map(|_| middle);
    Flight { from: (small(x), small(y)), to: (small(to_x), small(to_y)), stands, ..flight }
}

/// Messages pass behind the cards, so that these can be read: the clip leaves them out.
fn clip(layout: &RingLayout) -> String {
    let mut around = format!("M0-9h{}v{}h-{0}z", unit(layout.width), unit(layout.height + 18.0));
    for (x, y, w, h) in &layout.boxes {
        around += &format!("M{} {}v{}h{}v-{2}z", unit(*x), unit(*y), unit(*h), unit(*w));
    }
    around
}

/// A place as outlines have it.
fn point((x, y): (f64, f64)) -> String {
    format!("{} {}", unit(x), unit(y))
}

/// The outline of a part of a circle around a middle, from one turn clockwise to another.
fn stretch(circle: &Circle, radius: f64, (from, to): (f64, f64)) -> String {
    if to <= from {
        return String::new();
    }
    let piece = |from: f64, to: f64| {
        let large = u8::from(to - from > 0.5);
        let round = unit(radius);
        format!("M{}A{round} {round} 0 {large} 1 {}", point(circle.place(from, radius)), point(circle.place(to, radius)))
    };
    // A whole circle ends where it begins, which SVG takes for nothing.
    if to - from > 0.99 {
        let middle = f64::midpoint(from, to);
        return piece(from, middle) + &piece(middle, to);
    }
    piece(from, to)
}
