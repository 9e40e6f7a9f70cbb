//! Where things stand if groups have several leaders: each leader with its followers is a region, and regions stand around a middle, so that
//! every link between two leaders is a straight line that crosses no third one.
//!
//! Places are those of small regular figures; from seven leaders on regions stand in rows. Below stands the key that is looked at.

use super::layout::Layout;
use crate::family::multi_leader::Delivery;
use crate::network::NodeId;
use crate::scenario::{GroupPlan, LeadersPlan, Plan};
use crate::time::LocalClock;

/// A rectangle: left, top, width, height.
pub type Bounds = (f64, f64, f64, f64);

/// The most components of a vector that are drawn one by one.
pub const ROWS_MAX: usize = 6;
/// The height of a component in the card of a leader.
pub const COMPONENT: f64 = 15.0;
/// The height of a line of text in it.
pub const LINE: f64 = 15.0;
/// Where the components begin, below name and state.
pub const HEAD: f64 = 44.0;
/// The height of a component among the versions of a key.
pub const ROW: f64 = 18.0;
/// The height of what stands above the components of versions.
pub const ABOVE: f64 = 72.0;
/// The height of a line of the sentence about them.
pub const SENTENCE: f64 = 17.0;
/// The height of a follower, and the room above it.
const FOLLOWER: (f64, f64) = (34.0, 24.0);
/// The distance between regions above each other.
const GAP: f64 = 46.0;
/// The height of a client beside the regions, with what it found below it.
const CLIENT: f64 = 84.0;
/// Lines of the sentence on a narrow page.
const SENTENCES: f64 = 6.0;

/// The unit places of up to six regions, clockwise from the top.
const FIGURES: [&[(f64, f64)]; 6] = [
    &[(0.0, 0.0)],
    &[(-1.0, 0.0), (1.0, 0.0)],
    &[(0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)],
    &[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)],
    &[(0.0, -1.0), (1.0, -0.25), (0.62, 1.0), (-0.62, 1.0), (-1.0, -0.25)],
    &[(-0.5, -1.0), (0.5, -1.0), (1.0, 0.0), (0.5, 1.0), (-0.5, 1.0), (-1.0, 0.0)],
];

/// How many lines of text the cards of a group have below the vector: what a key shows, and what only some groups have.
#[must_use]
pub fn lines(plan: &Plan, several: &LeadersPlan) -> Lines {
    let skewed = several.each_leader().any(|id| plan.clocks[id.index()] != LocalClock::TRUE);
    Lines { clock: skewed, homes: !several.homes.is_empty(), buffer: several.delivery == Delivery::Causal }
}

/// Which lines the cards of a group have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// What its clock shows.
    pub clock: bool,
    /// Which keys it is the home of.
    pub homes: bool,
    /// What waits.
    pub buffer: bool,
}

impl Lines {
    fn height(self) -> f64 {
        let ones = 1 + u8::from(self.clock) + u8::from(self.homes) + 2 * u8::from(self.buffer);
        f64::from(ones) * LINE
    }
}

/// The layout of a plan whose groups have several leaders.
#[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
pub(super) fn ring(plan: &Plan, mut layout: Layout) -> Layout {
    let clients = plan.nodes.len() - plan.replicas;
    let narrow = layout.narrow;
    let mut top = if narrow { 22.0 + 76.0 * clients.div_ceil(3) as f64 } else { 8.0 };
    // The clients stand beside the first group, above the versions of its key.
    let mut least = if narrow { 0.0 } else { clients as f64 * CLIENT };
    for group in &plan.groups {
        let Some(several) = &group.several else { continue };
        top = place(plan, group, several, &mut layout, (top, std::mem::take(&mut least)));
    }
    layout.height = top;
    if narrow {
        for index in 0..clients {
            let (row, column) = (index / 3, index % 3);
            layout.boxes[plan.replicas + index] = (6.0 + 125.0 * column as f64, 8.0 + 76.0 * row as f64, 118.0, 58.0);
        }
        return layout;
    }
    let room = layout.versions.first().map_or(layout.height, |(_, y, ..)| *y);
    let spread = if clients > 1 { ((room - CLIENT) / (clients as f64 - 1.0)).min(120.0) } else { 0.0 };
    let first = (room - spread * (clients as f64 - 1.0)) / 2.0 - 36.0;
    for index in 0..clients {
        layout.boxes[plan.replicas + index] = (8.0, first + spread * index as f64, 140.0, 60.0);
    }
    layout
}

/// Places one group below what stands there, with the versions of its key at or below the second place, and says where it ends.
#[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
fn place(plan: &Plan, group: &GroupPlan, several: &LeadersPlan, layout: &mut Layout, (top, least): (f64, f64)) -> f64 {
    let narrow = layout.narrow;
    let (left, right, width) = if narrow { (4.0, 376.0, 166.0) } else { (176.0, 992.0, 206.0) };
    let heading = if plan.groups.len() > 1 { 22.0 } else { 0.0 };
    let rows = several.leaders.len().min(ROWS_MAX) as f64;
    let card = HEAD + rows * COMPONENT + 4.0 + lines(plan, several).height() + 6.0;
    let followers = several.leaders.iter().map(|(_, followers)| followers.len()).max().unwrap_or(0);
    let below = if followers == 0 { 0.0 } else { FOLLOWER.1 + followers as f64 * (FOLLOWER.0 + 4.0) - 4.0 };
    let (height, start) = (card + below, top + heading);
    let centres = centres(several.leaders.len(), (left + width / 2.0, right - width / 2.0), (width, height), narrow);
    let mut end = start.max(least - 16.0);
    for ((leader, followers), (x, y)) in several.leaders.iter().zip(centres) {
        let (x, y) = (x - width / 2.0, start + y - height / 2.0);
        layout.boxes[leader.index()] = (x, y, width, card);
        for (row, follower) in followers.iter().enumerate() {
            let down = card + FOLLOWER.1 + row as f64 * (FOLLOWER.0 + 4.0);
            layout.boxes[follower.index()] = (x + 10.0, y + down, width - 20.0, FOLLOWER.0);
        }
        let own = if followers.is_empty() { card } else { height };
        layout.regions.push((*leader, (x - 4.0, y - 4.0, width + 8.0, own + 8.0)));
        end = f64::max(end, y + height);
    }
    layout.groups.push((top, end));
    let panel = ABOVE + rows * ROW + 26.0 + if narrow { SENTENCES * SENTENCE } else { 0.0 };
    let (panel_x, panel_width) = if narrow { (4.0, 372.0) } else { (8.0, 984.0) };
    layout.versions.push((panel_x, end + 16.0, panel_width, panel));
    debug_assert!(group.several.is_some(), "{} has one leader", group.name);
    end + panel + 30.0
}

/// The middles of so many regions of this size, between two middles at the edges; the highest has its top at zero.
#[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
fn centres(count: usize, (left, right): (f64, f64), (width, height): (f64, f64), narrow: bool) -> Vec<(f64, f64)> {
    let columns = if narrow { 2 } else { 3 };
    let figure = FIGURES.get(count.wrapping_sub(1)).filter(|_| count <= 4 || !narrow);
    let Some(figure) = figure else {
        let step = (right - left) / (columns - 1) as f64;
        let at = |index: usize| ((index % columns) as f64, (index / columns) as f64);
        let place = |(column, row): (f64, f64)| (left + column * step, height / 2.0 + row * (height + GAP));
        return (0..count).map(at).map(place).collect();
    };
    let (middle, half) = (f64::midpoint(left, right), (right - left) / 2.0);
    let mut rise: f64 = if count == 3 { height * 0.42 } else { 0.0 };
    for (place, (x, y)) in figure.iter().enumerate() {
        for (other_x, other_y) in &figure[..place] {
            if (x - other_x).abs() * half < width + 8.0 && (y - other_y).abs() > 0.0 {
                rise = rise.max((height + GAP) / (y - other_y).abs());
            }
        }
    }
    figure.iter().map(|(x, y)| (middle + x * half, rise + y * rise + height / 2.0)).collect()
}

impl Layout {
    /// The way of a message or a wire between two nodes: it leaves and reaches boxes at their edges, and regions where it goes from one to
    /// another, so that nothing in them is covered. The two directions of one link run beside each other.
    #[must_use]
    pub fn way(&self, src: NodeId, dst: NodeId) -> ((f64, f64), (f64, f64)) {
        let region = |id: NodeId| self.regions.iter().find(|(leader, _)| *leader == id).map(|(_, bounds)| *bounds);
        let between = region(src).is_some() && region(dst).is_some();
        let own = |id: NodeId| self.boxes.get(id.index()).copied().unwrap_or_default();
        let bounds = |id: NodeId| region(id).filter(|_| between).unwrap_or_else(|| own(id));
        let middle = |(x, y, w, h): Bounds| (x + w / 2.0, y + h / 2.0);
        let (from, to) = (bounds(src), bounds(dst));
        let ((x, y), (to_x, to_y)) = (middle(from), middle(to));
        let (dx, dy) = (to_x - x, to_y - y);
        let length = (dx * dx + dy * dy).sqrt().max(1.0);
        let (aside_x, aside_y) = (-dy / length * ASIDE, dx / length * ASIDE);
        let share = |(_, _, w, h): Bounds| (w / 2.0 / dx.abs().max(0.001)).min(h / 2.0 / dy.abs().max(0.001)).min(0.5);
        let (leaves, reaches) = (share(from), share(to));
        let near = (x + dx * leaves + aside_x, y + dy * leaves + aside_y);
        (near, (to_x - dx * reaches + aside_x, to_y - dy * reaches + aside_y))
    }
}

/// How far each direction of a link is from its middle.
const ASIDE: f64 = 7.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;

    /// No client covers another, or the versions of the key, nor does what it found, in any preset on a wide page.
    #[test]
    fn clients_have_room_for_what_they_found() {
        for preset in PRESETS {
            let plan = Plan::new(&preset.scenario()).expect("presets can be run");
            let layout = Layout::new(&plan, 1_000.0);
            let Some((_, room, ..)) = layout.versions.first().copied() else { continue };
            let clients = layout.boxes[plan.replicas..].iter();
            let ends = clients.clone().map(|(_, y, ..)| *y).skip(1).chain([room]);
            for ((_, y, _, height), end) in clients.zip(ends) {
                assert!(*y >= 4.0 && y + height + 16.0 <= end, "{}: {y} to {end}", preset.id);
            }
        }
    }

    /// Names can be read: no region lies on another or beyond the edge, with any number of leaders, wide or narrow.
    #[test]
    fn no_region_covers_another() {
        for count in 1..=12 {
            for (edges, size, narrow) in [((279.0, 889.0), (206.0, 180.0), false), ((87.0, 293.0), (166.0, 220.0), true)] {
                let places = centres(count, edges, size, narrow);
                assert_eq!(places.len(), count);
                for (n, (x, y)) in places.iter().enumerate() {
                    assert!(*x >= edges.0 - 0.1 && *x <= edges.1 + 0.1 && *y >= size.1 / 2.0 - 0.1, "{count}: {places:?}");
                    for (other_x, other_y) in &places[..n] {
                        let apart = (x - other_x).abs() > size.0 || (y - other_y).abs() > size.1;
                        assert!(apart, "{count} leaders (narrow: {narrow}): {places:?}");
                    }
                }
            }
        }
    }
}
