//! Where things stand in the pane of a ring: the circle, the cards of its nodes around it, the clients beside it, and the table of quorums below.
//!
//! Cards of a few nodes stand where their nodes are; those of many stand in columns on both sides, and on a narrow page below. A node
//! keeps its place whatever happens to it. Places on a circle come from a series, because the platform's sine is not the same everywhere.

use crate::family::leaderless::{Partitioning, Ring};
use crate::network::NodeId;
use crate::scenario::{GroupPlan, Plan, RingPlan, position_of};

/// A rectangle: left, top, width, height.
type Bounds = (f64, f64, f64, f64);

/// The most nodes whose cards stand around the circle.
const AROUND_MAX: usize = 8;
/// From the radius of the circle to the nearest card: there are the numbers of the preference list.
const OUTSIDE: f64 = 32.0;
/// From the middle of a node's badge to the circle.
const INSIDE: f64 = 42.0;
/// How far each direction of a link is from its middle.
const ASIDE: f64 = 5.0;

/// A circle with its nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Circle {
    /// Its middle.
    pub middle: (f64, f64),
    /// Its radius, that of the middle of the band.
    pub radius: f64,
    /// Where its nodes are, in turns, in the order of the scenario.
    pub nodes: Vec<(NodeId, f64)>,
}

/// Where everything in the pane is, in units of its own coordinate system.
#[derive(Clone, Debug, PartialEq)]
pub struct RingLayout {
    /// Whether this is the layout for narrow pages.
    pub narrow: bool,
    /// The whole width.
    pub width: f64,
    /// The whole height.
    pub height: f64,
    /// The cards of nodes and clients, by number.
    pub boxes: Vec<Bounds>,
    /// One circle for each ring.
    pub circles: Vec<Circle>,
    /// Where the table of quorums stands, for each ring.
    pub tables: Vec<Bounds>,
}

/// The sine of a quarter of the circle, from 0 to 1: five terms of the series, which err by less than a hundred-thousandth.
fn quarter(share: f64) -> f64 {
    let x = share * std::f64::consts::FRAC_PI_2;
    let square = x * x;
    x * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0))))
}

/// The place on the unit circle after so many turns, clockwise from the top; down is positive.
#[must_use]
pub fn on_circle(turns: f64) -> (f64, f64) {
    let turn = (turns - turns.floor()) * 4.0;
    let rest = turn - turn.floor();
    let (sine, cosine) = (quarter(rest), quarter(1.0 - rest));
    if turn < 1.0 {
        (sine, -cosine)
    } else if turn < 2.0 {
        (cosine, sine)
    } else if turn < 3.0 {
        (-sine, cosine)
    } else {
        (-cosine, -sine)
    }
}

impl Circle {
    /// A place at a distance from the middle.
    #[must_use]
    pub fn place(&self, turns: f64, distance: f64) -> (f64, f64) {
        let (dx, dy) = on_circle(turns);
        (self.middle.0 + dx * distance, self.middle.1 + dy * distance)
    }

    /// The radius of a node's badge: as large as there is room for beside the others.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    pub fn badge(&self) -> f64 {
        let apart = std::f64::consts::TAU * (self.radius - INSIDE) / self.nodes.len().max(1) as f64;
        (apart / 2.0 - 1.0).clamp(4.0, 12.0)
    }

    /// Where the badge of a node is.
    #[must_use]
    pub fn port(&self, node: NodeId) -> Option<(f64, f64)> {
        let (_, turn) = self.nodes.iter().find(|(id, _)| *id == node)?;
        Some(self.place(*turn, self.radius - INSIDE))
    }
}

impl RingLayout {
    /// The layout for a plan on a page of this width in CSS pixels.
    #[must_use]
    pub fn new(plan: &Plan, page_width: f64) -> RingLayout {
        let narrow = page_width < 620.0;
        let mut layout = RingLayout {
            narrow,
            width: if narrow { 380.0 } else { 1_000.0 },
            height: 0.0,
            boxes: vec![(0.0, 0.0, 0.0, 0.0); plan.nodes.len()],
            circles: Vec::new(),
            tables: Vec::new(),
        };
        let clients = plan.nodes.len() - plan.replicas;
        let mut top = if narrow { layout.clients_above(plan.replicas, clients) } else { 8.0 };
        for (group, ring) in plan.groups.iter().filter_map(|group| Some((group, group.ring.as_ref()?))) {
            let heading = if plan.groups.len() > 1 { 22.0 } else { 0.0 };
            top = if narrow {
                layout.stack(plan, group, ring, top + heading)
            } else {
                layout.spread(plan, group, ring, top + heading)
            };
        }
        layout.height = top;
        if !narrow {
            layout.clients_beside(plan.replicas, clients);
        }
        layout
    }

    /// Clients in rows of three, and where the rest begins.
    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn clients_above(&mut self, first: usize, clients: usize) -> f64 {
        for index in 0..clients {
            let (row, column) = ((index / 3) as f64, (index % 3) as f64);
            self.boxes[first + index] = (6.0 + 125.0 * column, 18.0 + 92.0 * row, 118.0, 58.0);
        }
        18.0 + 92.0 * clients.div_ceil(3) as f64
    }

    /// Clients in a column on the left, around the middle of the first circle.
    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn clients_beside(&mut self, first: usize, clients: usize) {
        let room = self.tables.first().map_or(self.height, |(_, y, ..)| *y);
        let middle = self.circles.first().map_or(room / 2.0, |circle| circle.middle.1);
        let pitch = if clients > 1 { ((room - 90.0) / (clients as f64 - 1.0)).clamp(92.0, 130.0) } else { 0.0 };
        let top = (middle - pitch * (clients as f64 - 1.0) / 2.0 - 30.0).max(20.0);
        for index in 0..clients {
            self.boxes[first + index] = (8.0, top + pitch * index as f64, 140.0, 60.0);
        }
        let last = top + pitch * clients.saturating_sub(1) as f64 + 84.0;
        if last > room {
            // More clients than stand beside the circle: what is below moves down.
            let down = last - room;
            self.tables.iter_mut().for_each(|(_, y, ..)| *y += down);
            self.circles.iter_mut().skip(1).for_each(|circle| circle.middle.1 += down);
            self.boxes[..first].iter_mut().filter(|(_, y, ..)| *y > room).for_each(|(_, y, ..)| *y += down);
            self.height += down;
        }
    }

    /// A circle with its cards around it, or in columns beside it, and its table below. Returns where that ends.
    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn spread(&mut self, plan: &Plan, group: &GroupPlan, ring: &RingPlan, top: f64) -> f64 {
        let (count, radius, middle_x) = (group.members.len(), 180.0, 586.0);
        let around = count <= AROUND_MAX;
        let size = (156.0, if around { card_height(ring) } else { 40.0 });
        let mut circle = Circle { middle: (middle_x, 0.0), radius, nodes: turns(plan, ring) };
        let order = clockwise(&circle);
        let rows = count.div_ceil(2);
        let (mut least, mut most) = (-radius - OUTSIDE, radius + OUTSIDE);
        for (place, id) in order.iter().enumerate() {
            let turn = circle.nodes.iter().find(|(node, _)| node == id).map_or(0.0, |(_, turn)| *turn);
            let (x, y) = if around {
                beside(turn, radius + OUTSIDE, size)
            } else {
                let (row, right) = if place < rows { (place, true) } else { (count - 1 - place, false) };
                let y = (row as f64 - (rows as f64 - 1.0) / 2.0) * (size.1 + 8.0);
                (if right { radius + OUTSIDE + 90.0 } else { -radius - OUTSIDE - 90.0 }, y)
            };
            self.boxes[id.index()] = (middle_x + x - size.0 / 2.0, y - size.1 / 2.0, size.0, size.1);
            (least, most) = (least.min(y - size.1 / 2.0), most.max(y + size.1 / 2.0));
        }
        let shift = top - least;
        order.iter().for_each(|id| self.boxes[id.index()].1 += shift);
        circle.middle.1 = shift;
        self.circles.push(circle);
        let below = shift + most + 14.0;
        self.tables.push((8.0, below, self.width - 16.0, 124.0));
        below + 132.0
    }

    /// A circle, its table, and its cards in two columns. Returns where they end.
    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn stack(&mut self, plan: &Plan, group: &GroupPlan, ring: &RingPlan, top: f64) -> f64 {
        let radius = 136.0;
        let circle = Circle { middle: (self.width / 2.0, top + radius + OUTSIDE), radius, nodes: turns(plan, ring) };
        let below = top + 2.0 * (radius + OUTSIDE) + 6.0;
        self.tables.push((4.0, below, self.width - 8.0, 196.0));
        let (first, height) = (below + 206.0, card_height(ring));
        for (place, id) in clockwise(&circle).iter().enumerate() {
            let (row, column) = ((place / 2) as f64, (place % 2) as f64);
            self.boxes[id.index()] = (4.0 + 188.0 * column, first + (height + 8.0) * row, 184.0, height);
        }
        self.circles.push(circle);
        first + (height + 8.0) * group.members.len().div_ceil(2) as f64 + 4.0
    }

    /// Where messages leave and reach a node: its badge, or the edge of a client's card that is nearer to the circles.
    #[must_use]
    pub fn port(&self, node: NodeId) -> (f64, f64) {
        let badge = self.circles.iter().find_map(|circle| circle.port(node));
        let (x, y, w, h) = self.boxes.get(node.index()).copied().unwrap_or_default();
        badge.unwrap_or(if self.narrow { (x + w / 2.0, y + h + 4.0) } else { (x + w + 4.0, y + h / 2.0) })
    }

    /// The way of a message or a line between two nodes, each direction beside the other; it ends at the edges of badges.
    #[must_use]
    pub fn way(&self, src: NodeId, dst: NodeId) -> ((f64, f64), (f64, f64)) {
        let ((x, y), (to_x, to_y)) = (self.port(src), self.port(dst));
        let (dx, dy) = (to_x - x, to_y - y);
        let length = (dx * dx + dy * dy).sqrt().max(1.0);
        let (ux, uy) = (dx / length, dy / length);
        let edge = |node: NodeId| {
            let circle = self.circles.iter().find(|circle| circle.port(node).is_some());
            circle.map_or(0.0, Circle::badge).min(length / 3.0)
        };
        let (leaves, reaches) = (edge(src), edge(dst));
        let near = (x + ux * leaves - uy * ASIDE, y + uy * leaves + ux * ASIDE);
        (near, (to_x - ux * reaches - uy * ASIDE, to_y - uy * reaches + ux * ASIDE))
    }
}

/// The height of a node's card: one line more where nodes have beliefs.
fn card_height(ring: &RingPlan) -> f64 {
    if ring.settings.gossip.is_some() { 70.0 } else { 56.0 }
}

/// The nodes in the order in which one meets their places.
fn clockwise(circle: &Circle) -> Vec<NodeId> {
    let mut all = circle.nodes.clone();
    all.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    all.into_iter().map(|(node, _)| node).collect()
}

/// Where nodes are: in equal steps, in the order of their tokens if each has one, else in that of the scenario.
#[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
fn turns(plan: &Plan, ring: &RingPlan) -> Vec<(NodeId, f64)> {
    let mut order: Vec<NodeId> = ring.nodes.iter().map(|(node, _)| *node).collect();
    if let Partitioning::RandomTokens { tokens: 1 } = ring.settings.partitioning {
        let mut tokens = Ring::new(ring.settings.partitioning);
        order.iter().for_each(|node| tokens.join(*node, position_of(plan.name(*node))));
        order = tokens.tokens().iter().map(|(_, node)| *node).collect();
    }
    let count = order.len().max(1) as f64;
    // An even number of nodes leaves top and bottom free, which makes the picture lower.
    let first = if order.len().is_multiple_of(2) { 0.5 } else { 0.0 };
    let place = |node: NodeId| order.iter().position(|other| *other == node).unwrap_or(0) as f64;
    ring.nodes.iter().map(|(node, _)| (*node, (place(*node) + first) / count)).collect()
}

/// The middle of a card in this direction whose nearest point is so far from the middle of the circle.
fn beside(turn: f64, distance: f64, (w, h): (f64, f64)) -> (f64, f64) {
    let (dx, dy) = on_circle(turn);
    let mut far = distance;
    loop {
        let (x, y) = (dx * far, dy * far);
        let (near_x, near_y) = ((x.abs() - w / 2.0).max(0.0), (y.abs() - h / 2.0).max(0.0));
        if near_x * near_x + near_y * near_y >= distance * distance {
            return (x, y);
        }
        far += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;
    use crate::view::token_ring::turn_of;

    #[test]
    fn places_on_a_circle_are_on_it() {
        for (turn, wanted) in [(0.0, (0.0, -1.0)), (0.25, (1.0, 0.0)), (0.5, (0.0, 1.0)), (1.75, (-1.0, 0.0))] {
            let (x, y) = on_circle(turn);
            assert!((x - wanted.0).abs() < 1e-5 && (y - wanted.1).abs() < 1e-5, "{turn}: {x} {y}");
        }
        for step in 0..1_000 {
            let (x, y) = on_circle(f64::from(step) / 1_000.0);
            assert!((x * x + y * y - 1.0).abs() < 1e-4, "{step}: {x} {y}");
        }
    }

    /// No card lies on another, on the circle with what stands around it, on the table, or beyond the page.
    #[test]
    fn nothing_covers_anything() {
        let plans = PRESETS.iter().map(|preset| Plan::new(&preset.scenario()).expect("presets can be run"));
        let mut seen = 0;
        for plan in plans.filter(|plan| plan.family.is_leaderless()) {
            for width in [390.0, 1_000.0] {
                holds(&plan, width);
                seen += 1;
            }
        }
        assert!(seen >= 36, "{seen} layouts");
    }

    #[test]
    fn any_number_of_nodes_and_clients_has_room() {
        for nodes in 1..=64_usize {
            let clients = 64 - nodes;
            let names: Vec<String> = (0..nodes).map(|place| format!("\"n{place}\"")).collect();
            let turners: Vec<String> = (0..clients.min(16)).map(|place| format!("{{\"name\": \"c{place}\"}}")).collect();
            let text = format!(
                "{{\"version\": 1, \"title\": \"many\", \"seed\": 1, \"until\": \"1s\", \"family\": \"leaderless\", \"shards\": [{{\"name\": \"s\", \"ring\": {{\"nodes\": [{}], \"n\": 1, \"r\": 1, \"w\": 1}}}}], \"clients\": [{}]}}",
                names.join(","),
                turners.join(",")
            );
            let scenario = crate::scenario::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            let plan = Plan::new(&scenario).expect("it can be run");
            holds(&plan, 390.0);
            holds(&plan, 1_000.0);
        }
    }

    fn holds(plan: &Plan, width: f64) {
        let layout = RingLayout::new(plan, width);
        let title = &plan.scenario.title;
        // A client says above and below its card what it found.
        let client =
            |index: usize, (x, y, w, h): Bounds| if index < plan.replicas { (x, y, w, h) } else { (x, y - 14.0, w, h + 30.0) };
        let mut all: Vec<Bounds> = layout.boxes.iter().enumerate().map(|(index, one)| client(index, *one)).collect();
        all.extend(&layout.tables);
        for (n, (x, y, w, h)) in all.iter().enumerate() {
            assert!(*x >= 0.0 && x + w <= layout.width && *y >= 0.0 && y + h <= layout.height, "{title}: {:?}", all[n]);
            for other in &all[..n] {
                let apart = x + w <= other.0 || other.0 + other.2 <= *x || y + h <= other.1 || other.1 + other.3 <= *y;
                assert!(apart, "{title} at {width}: {:?} on {other:?}", all[n]);
            }
            for circle in &layout.circles {
                let (dx, dy) = (near(circle.middle.0, (*x, x + w)), near(circle.middle.1, (*y, y + h)));
                let far = (dx * dx + dy * dy).sqrt();
                assert!(far >= circle.radius + OUTSIDE - 2.0, "{title} at {width}: {:?} is {far} from {circle:?}", all[n]);
            }
        }
    }

    fn near(middle: f64, (from, to): (f64, f64)) -> f64 {
        (from - middle).max(middle - to).max(0.0)
    }

    #[test]
    fn a_place_of_the_ring_is_a_turn() {
        assert_eq!([0, 1 << 62, 1 << 63].map(turn_of), [0.0, 0.25, 0.5]);
    }
}
