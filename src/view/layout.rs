//! Where things stand on the stage: named distances, and one place for every node in every run of a scenario.
//!
//! Clients stand left, replicas are lanes with their logs to the right, so that lag is a visible staircase; on a narrow page
//! clients stand above and each log below its replica's name. A node keeps its place whatever happens to it.

use super::ring::{Bounds, ring};
use super::window::Columns;
use crate::family::Included;
use crate::network::NodeId;
use crate::scenario::Plan;

/// The geometry of one stage, in units of its own coordinate system.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Whether this is the layout for narrow pages.
    pub narrow: bool,
    /// The whole width.
    pub width: f64,
    /// The whole height.
    pub height: f64,
    /// The ways in which the columns of a log can be drawn, the largest cells first. The last has small cells.
    pub columns: Vec<Columns>,
    /// Where the first column starts.
    pub log_x: f64,
    /// The boxes of all nodes, by number: left, top, width, height.
    pub boxes: Vec<(f64, f64, f64, f64)>,
    /// The middle of each replica's log, by number.
    pub log_y: Vec<f64>,
    /// For each group, the top of its lanes and the place of its token row.
    pub groups: Vec<(f64, f64)>,
    /// Where the wire of each replica runs, by number.
    pub wire_x: Vec<f64>,
    /// The region of each leader and its followers; none where groups have one leader.
    pub regions: Vec<(NodeId, Bounds)>,
    /// Where the versions of a key stand, for each group with several leaders.
    pub versions: Vec<Bounds>,
}

/// With more replicas than this, cells are small and without numbers.
const COMPACT_FROM: usize = 5;

/// Cells with numbers.
const fn large(count: usize) -> Columns {
    Columns { count, pitch: 42.0, cell: 36.0, height: 36.0 }
}

/// Cells without: higher than wide, so that rows are seen as bars that end somewhere.
const fn small(count: usize) -> Columns {
    Columns { count, pitch: 10.6, cell: 9.0, height: 20.0 }
}

/// The columns of a wide page, and of a narrow one.
const WIDE: [Columns; 2] = [large(12), small(50)];
const NARROW: [Columns; 2] = [large(8), small(31)];

impl Layout {
    /// Whether all logs are drawn in small cells, and messages small with them.
    #[must_use]
    pub fn compact(&self) -> bool {
        self.columns.len() == 1
    }

    /// The layout for a plan on a page of this width in CSS pixels.
    #[must_use]
    pub fn new(plan: &Plan, page_width: f64) -> Layout {
        let narrow = page_width < 620.0;
        match plan.family {
            Included::SingleLeader if narrow => Layout::narrow(plan),
            Included::SingleLeader => Layout::wide(plan),
            Included::Leaderless(_) => Layout::nodes(plan, narrow),
            Included::MultiLeader(_) => ring(plan, Layout { columns: WIDE.to_vec(), ..Layout::empty(plan, narrow) }),
        }
    }

    /// Clients beside the nodes of rings, or above them on a narrow page; nodes stand in rows.
    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn nodes(plan: &Plan, narrow: bool) -> Layout {
        let clients = plan.nodes.len() - plan.replicas;
        let (left, columns, pitch) = if narrow { (10.0, 1, (360.0, 92.0)) } else { (250.0, 3, (246.0, 100.0)) };
        let (mut layout, per_row) = (Layout::empty(plan, narrow), if narrow { 3 } else { 1 });
        let client = |index: usize| {
            let (row, column) = ((index / per_row) as f64, (index % per_row) as f64);
            (10.0 + 122.0 * column, 34.0 + 90.0 * row, 114.0, 56.0)
        };
        (0..clients).for_each(|index| layout.boxes[plan.replicas + index] = client(index));
        let below = 34.0 + 90.0 * clients.div_ceil(per_row) as f64;
        let mut top = if narrow { below } else { 10.0 };
        for group in &plan.groups {
            layout.groups.push((top, top));
            for (place, id) in group.members.iter().enumerate() {
                let (row, column) = ((place / columns) as f64, (place % columns) as f64);
                layout.boxes[id.index()] = (left + pitch.0 * column, top + 24.0 + pitch.1 * row, pitch.0 - 16.0, 76.0);
            }
            top += 24.0 + pitch.1 * group.members.len().div_ceil(columns) as f64;
        }
        layout.height = top.max(below);
        layout
    }

    /// A layout in which nothing has its place yet.
    fn empty(plan: &Plan, narrow: bool) -> Layout {
        let few = plan.replicas <= COMPACT_FROM;
        Layout {
            narrow,
            width: if narrow { 380.0 } else { 1_000.0 },
            height: 0.0,
            // Many replicas are looked at for the staircase of their logs, few for the numbers of their entries.
            columns: if narrow { NARROW.to_vec() } else { WIDE[usize::from(!few)..].to_vec() },
            log_x: if narrow { 38.0 } else { 466.0 },
            boxes: vec![(0.0, 0.0, 0.0, 0.0); plan.nodes.len()],
            log_y: vec![0.0; plan.replicas],
            groups: Vec::new(),
            wire_x: vec![0.0; plan.replicas],
            regions: Vec::new(),
            versions: Vec::new(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn wide(plan: &Plan) -> Layout {
        let clients = plan.nodes.len() - plan.replicas;
        let pitch_y = if plan.replicas > COMPACT_FROM { 58.0 } else { 88.0 };
        let (header, tokens, gap) = (24.0, if plan.replicas > COMPACT_FROM { 58.0 } else { 48.0 }, 6.0);
        let lanes_height: f64 = plan.groups.iter().map(|g| header + g.members.len() as f64 * pitch_y + tokens + gap).sum();
        let height = lanes_height.max(clients as f64 * 74.0 + 24.0);
        let mut layout = Layout { height, ..Layout::empty(plan, false) };
        let mut top = (height - lanes_height) / 2.0;
        for group in &plan.groups {
            let lanes = top + header;
            for (row, id) in group.members.iter().enumerate() {
                let y = lanes + row as f64 * pitch_y;
                layout.boxes[id.index()] = (258.0, y + 2.0, 194.0, pitch_y - 12.0);
                layout.log_y[id.index()] = y + (pitch_y - 8.0) / 2.0;
                layout.wire_x[id.index()] = 248.0 - 9.0 * row as f64;
            }
            layout.groups.push((top, lanes + group.members.len() as f64 * pitch_y));
            top = lanes + group.members.len() as f64 * pitch_y + tokens + gap;
        }
        let spread = if clients > 1 { ((height - 90.0) / (clients as f64 - 1.0)).min(120.0) } else { 0.0 };
        let first = (height - spread * (clients as f64 - 1.0)) / 2.0 - 28.0;
        for index in 0..clients {
            layout.boxes[plan.replicas + index] = (8.0, first + spread * index as f64, 146.0, 56.0);
        }
        layout
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 64 nodes")]
    fn narrow(plan: &Plan) -> Layout {
        let clients = plan.nodes.len() - plan.replicas;
        let rows = clients.div_ceil(3);
        let (header, lane, tokens) = (24.0, 116.0, 50.0);
        let mut layout = Layout::empty(plan, true);
        for index in 0..clients {
            let (row, column) = (index / 3, index % 3);
            layout.boxes[plan.replicas + index] = (38.0 + 114.0 * column as f64, 10.0 + 74.0 * row as f64, 108.0, 54.0);
        }
        // Between clients and replicas there is room for a mark of many messages.
        let mut top = 28.0 + 74.0 * rows as f64;
        for group in &plan.groups {
            let lanes = top + header;
            for (row, id) in group.members.iter().enumerate() {
                let y = lanes + row as f64 * lane;
                layout.boxes[id.index()] = (38.0, y + 2.0, 334.0, 56.0);
                layout.log_y[id.index()] = y + 90.0;
                layout.wire_x[id.index()] = 30.0 - 5.0 * row as f64;
            }
            layout.groups.push((top, lanes + group.members.len() as f64 * lane));
            top = lanes + group.members.len() as f64 * lane + tokens + 8.0;
        }
        layout.height = top;
        layout
    }

    /// The boxes of the headings of logs: left, top, width, height.
    pub fn headings(&self) -> impl Iterator<Item = (f64, f64, f64, f64)> {
        self.groups.iter().map(|(top, _)| (self.log_x, *top, 170.0, 20.0))
    }

    /// Where a message leaves or reaches a node: clients on the side of the replicas, replicas on the side of the clients, just
    /// outside, so that nothing in it is covered.
    #[must_use]
    pub fn port(&self, node: NodeId, client: bool) -> (f64, f64) {
        let (x, y, w, h) = self.boxes.get(node.index()).copied().unwrap_or_default();
        match (self.narrow, client) {
            (false, true) => (x + w + 14.0, y + h / 2.0),
            (false, false) => (x - 14.0, y + h / 2.0),
            (true, true) => (x + w / 2.0, y + h + 14.0),
            (true, false) => (x + w - 30.0, y - 14.0),
        }
    }
}
