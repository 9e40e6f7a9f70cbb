//! The pane of logs: clients, replicas with their logs, the wires between them, and the tokens of sessions.
//!
//! Rows are replicas, columns are log sequence numbers, so that lag is a staircase. How far an entry has got is told by the outline and
//! the filling of its cell, never by colour alone.

use super::mark::{Choice, Mark, Pane, Shape, small, unit};
use super::target::Target;
use crate::network::NodeId;
use crate::simulation::{Simulation, Status};
use crate::time::SimTime;
use crate::view::words::{
    broken, cut_line, describe, describe_cell, describe_client, describe_shown, fitting, lag_line, note_line, ruler, scale_line,
    shows_line, tokens,
};
use crate::view::{Cell, ClientBox, Columns, Group, Lane, Layout, Part, Place, Stage, Stored, sign, title};

/// The marks of one kind have keys of their own: the number of the node or the group counts within the kind.
const KINDS: u32 = 0x1_0000;
/// The width of a letter in the small lines of a box.
const LETTER: f64 = 6.6;

/// Everything that stands still between two events.
#[must_use]
pub fn logs(stage: &Stage, layout: &Layout, state: &Simulation, now: SimTime) -> Pane {
    let wires = stage.groups.iter().map(|g| wires(g, layout));
    let clients = stage.clients.iter().map(|c| client(c, layout));
    let groups = stage.groups.iter().enumerate().map(|(index, g)| group(index, g, layout));
    let patience = Mark::new(4 * KINDS, "").with(patience(layout, state, now));
    let marks = wires.chain(clients).chain(groups).chain([patience]);
    Pane { clip: clip(layout), ..Pane::new((layout.width, layout.height), marks) }
}

/// On a narrow page messages pass behind the nodes, and behind the headings of logs and clients, so that these can be read: the clip leaves
/// them out.
fn clip(layout: &Layout) -> String {
    if !layout.narrow {
        return String::new();
    }
    let mut around = format!("M0-9h{}v{}h-{0}z", unit(layout.width), unit(layout.height + 18.0));
    let clients = layout.boxes[layout.log_y.len()..].iter().map(|(x, y, w, _)| (*x, y - 16.0, *w, 15.0));
    for (x, y, w, h) in layout.boxes.iter().copied().chain(layout.headings()).chain(clients) {
        around += &format!("M{} {}v{}h{}v-{2}z", unit(x), unit(y), unit(h), unit(w));
    }
    around
}

/// What is left of each follower's patience with its leader: an arc beside its box that shrinks until the next heartbeat.
fn patience(layout: &Layout, state: &Simulation, now: SimTime) -> Vec<Mark> {
    let arcs = state.replicas().filter_map(|(id, replica)| {
        let left = u16::try_from(replica.patience(now)?).unwrap_or(1_000);
        let (x, y, w, _) = layout.boxes[id.index()];
        let circle = Shape::Circle("patience".into(), [small(x + w + 7.0), small(y + 8.0), 5.0], left);
        Some(Mark::new(u32::from(id.0), "").shape(circle))
    });
    arcs.collect()
}

/// The replica that the wires of a group lead to: the leader of the newest epoch, or the first if nobody leads.
pub(super) fn newest_leader(group: &Group) -> Option<&Lane> {
    group.lanes.iter().filter(|l| l.leads).max_by_key(|l| l.epoch).or(group.lanes.first())
}

/// How the box of a replica looks.
pub(super) fn class_of(lane: &Lane) -> String {
    let mut class = "node".to_owned();
    for (is, name) in [
        (lane.status == Status::Down, " down"),
        (lane.status == Status::Paused, " paused"),
        (lane.leads, " leads"),
        (lane.deposed, " deposed"),
    ] {
        if is {
            class.push_str(name);
        }
    }
    class
}

fn wires(group: &Group, layout: &Layout) -> Mark {
    let middle = |id: NodeId| {
        let (x, y, _, h) = layout.boxes[id.index()];
        (x, y + h / 2.0)
    };
    let all = Mark::new(u32::from(group.id.0), "wires");
    let Some(leader) = newest_leader(group) else { return all };
    let (lx, ly) = middle(leader.id);
    let wire = |lane: &Lane| {
        let (x, y) = middle(lane.id);
        let across = layout.wire_x[lane.id.index()].min(layout.wire_x[leader.id.index()]);
        let broken = broken(lane);
        Mark::new(u32::from(lane.id.0), if broken.is_empty() { "wire" } else { "wire broken" })
            .path("", format!("M{} {} H{} V{} H{}", unit(lx), unit(ly), unit(across), unit(y), unit(x)))
            .text("", (x - 4.0, y - 7.0), if layout.narrow { "" } else { broken })
            .about([Target::Link(lane.id.0, leader.id.0), Target::Link(leader.id.0, lane.id.0)])
    };
    all.with(group.lanes.iter().filter(|l| l.id != leader.id).map(wire))
}

/// A node that can be chosen; `round` is the radius of its corners.
pub(super) fn node(id: NodeId, mark: Mark, label: String, round: f32, layout: &Layout) -> Mark {
    node_at(id, mark, label, round, layout.boxes[id.index()])
}

/// The same for a drawing with places of its own: left, top, width, height.
pub(super) fn node_at(id: NodeId, mark: Mark, label: String, round: f32, (x, y, w, h): (f64, f64, f64, f64)) -> Mark {
    let choice = Choice { node: id.0, label, size: (small(w), small(h), round) };
    Mark { choice: Some(choice), ..mark }.at(x, y).about([Target::Node(id.0)]).lighting([Target::Node(id.0)])
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn client(client: &ClientBox, layout: &Layout) -> Mark {
    let (x, _, w, h) = layout.boxes[client.id.index()];
    let line = fitting(&client.line, if layout.narrow { 15.0 } else { 22.0 }, 1.0);
    let cut = cut_line(client);
    let broken = client.anomaly.map_or(String::new(), |anomaly| format!("{} {}", sign(anomaly), title(anomaly)));
    // Away from where messages leave: they go down on a narrow page, and to the right on a wide one.
    let up = layout.narrow;
    // Not beyond the left edge of the page.
    let middle = (w / 2.0).max(broken.chars().count() as f64 * 3.6 - x);
    let cut_y = if up && !broken.is_empty() { h + 14.0 } else { -5.0 };
    let class = if client.anomaly.is_some() { "client anomaly" } else { "client" };
    let mark = Mark::new(KINDS + u32::from(client.id.0), class)
        .rect("plate", [0.0, 0.0, w, h, 26.0])
        .text("name", (w / 2.0, 22.0), client.name.clone())
        .text("line", (w / 2.0, 40.0), line)
        .text("cut", (middle, if up { -5.0 } else { h + 14.0 }), broken)
        .text("cut", (w / 2.0, cut_y), cut);
    node(client.id, mark, describe_client(client), 26.0, layout)
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn group(index: usize, group: &Group, layout: &Layout) -> Mark {
    let (top, bottom) = layout.groups[index];
    let left = group.lanes.first().map_or(0.0, |l| layout.boxes[l.id.index()].0);
    let (window, range, narrow) = (&group.window, group.window.scale > 1, layout.narrow);
    // On a narrow page there is one line above the log: the numbers of ranges say how large these are, and a name comes first.
    let name_ends = left + group.name.chars().count() as f64 * 8.0;
    let scale = if range && narrow { String::new() } else { scale_line(group) };
    let scale_x = if range { name_ends } else { layout.log_x };
    let mut all = Mark::new(2 * KINDS + u32::from(group.id.0), "")
        .text("group-name", (left, top + 14.0), group.name.clone())
        .text("hidden", (scale_x, top + 14.0), scale);
    for (column, text) in ruler(group) {
        let (class, shift) = if range { ("lsn-mark range", window.columns.cell / 2.0) } else { ("lsn-mark", 0.0) };
        let x = window.x(layout.log_x, column) - shift;
        if !narrow || x >= name_ends {
            all = all.text(class, (x, top + 18.0), text);
        }
    }
    let lanes = group.lanes.iter().flat_map(|l| [lane(l, layout), row(group, l, layout)]);
    all.with(lanes).with(draw_tokens(group, (top + 20.0, bottom), layout))
}

fn lane(lane: &Lane, layout: &Layout) -> Mark {
    let (_, _, w, h) = layout.boxes[lane.id.index()];
    let third = note_line(lane);
    // On a narrow page there is no room beside the wire.
    let role = if layout.narrow { format!("{} {}", lane.role, broken(lane)) } else { lane.role.clone() };
    let compact = h < 60.0;
    let (first, second) = if compact { (16.0, 32.0) } else { (19.0, 36.0) };
    let shows = fitting(&shows_line(lane), w - 20.0, LETTER);
    let differs = lane.shows.as_ref().is_some_and(|shows| shows.differs);
    // With many replicas there is no line for it.
    let (shown_y, shows) = match (layout.narrow, compact) {
        (true, _) => (48.0, shows),
        (false, true) => (0.0, String::new()),
        (false, false) => (69.0, shows),
    };
    let right = w - 10.0;
    let mark = Mark::new(u32::from(lane.id.0), class_of(lane))
        .rect("plate", [0.0, 0.0, w, h, 8.0])
        .rect("veil", [0.0, 0.0, w, h, 8.0])
        .text("name", (10.0, first), lane.name.clone())
        .text("epoch", (right, first), format!("epoch {}", lane.epoch))
        .text("role", (10.0, second), role)
        .rect("copied", [0.0, 0.0, copied(lane, w), 4.0, 0.0])
        .text(if differs { "shows old" } else { "shows" }, (10.0, shown_y), shows);
    let mark = if !compact {
        mark.text("note", (right, second), third).text("lag-line", (10.0, 53.0), lag_line(lane, true))
    } else if third.is_empty() {
        mark.text("lag", (right, second), lag_line(lane, false))
    } else {
        mark.text("note", (right, second), third)
    };
    node(lane.id, mark, describe(lane) + &describe_shown(lane), 8.0, layout)
}

/// The length of the bar of a copy.
#[expect(clippy::cast_precision_loss, reason = "a length on a page")]
fn copied(lane: &Lane, w: f64) -> f64 {
    w * lane.copied.unwrap_or(0) as f64 / 1_000.0
}

/// The log of one replica.
fn row(group: &Group, lane: &Lane, layout: &Layout) -> Mark {
    let window = &group.window;
    let top = layout.log_y[lane.id.index()] - window.columns.height / 2.0;
    let left = |column| window.x(layout.log_x, column) - window.columns.cell / 2.0;
    let class = if lane.status == Status::Down { "row down" } else { "row" };
    let row = Mark::new(KINDS + u32::from(lane.id.0), class);
    if !window.columns.small() {
        let cells = lane.cells.iter().enumerate();
        return row.with(cells.map(|(column, cell)| one(group, cell, (left(column), top))));
    }
    let cells = lane.cells.iter().enumerate().map(|(column, cell)| (left(column), cell));
    let lights = Shape::Lights {
        group: group.id.0,
        first: window.first,
        scale: window.scale,
        count: u32::try_from(window.columns.count).unwrap_or(0),
        left: (small(left(0)), small(window.columns.pitch)),
        cell: (small(top), small(window.columns.cell), small(window.columns.height)),
    };
    row.with([Mark::new(0, "small").with(states(cells, &window.columns, top)).shape(lights)])
}

/// The class of entries in this state.
fn state(stored: Stored, divergent: bool) -> &'static str {
    match (stored, divergent) {
        (Stored::Missing, _) => "cell missing",
        (Stored::Snapshot, false) => "cell snapshot",
        (Stored::Ahead, false) => "cell ahead",
        (Stored::Received, false) => "cell received",
        (Stored::Flushed, false) => "cell flushed",
        (Stored::Applied, false) => "cell applied",
        (Stored::Snapshot, true) => "cell snapshot divergent",
        (Stored::Ahead, true) => "cell ahead divergent",
        (Stored::Received, true) => "cell received divergent",
        (Stored::Flushed, true) => "cell flushed divergent",
        (Stored::Applied, true) => "cell applied divergent",
    }
}

/// A row of cells that are too small for numbers: all entries of one state are one shape. In a cell that stands for a range, each part
/// is as wide as its share of the range.
#[expect(clippy::cast_precision_loss, reason = "a share of a range")]
fn states<'a>(cells: impl Iterator<Item = (f64, &'a Cell)>, columns: &Columns, y: f64) -> impl Iterator<Item = Mark> {
    let mut shapes: Vec<(&'static str, String)> = Vec::new();
    let mut mark = |class: &'static str, part: String| match shapes.iter_mut().find(|(other, _)| *other == class) {
        Some((_, path)) => *path += &part,
        None => shapes.push((class, part)),
    };
    let rect = |x: f64, w: f64| format!("M{} {}h{}v{}h-{2}z", unit(x), unit(y), unit(w), unit(columns.height));
    for (x, cell) in cells {
        let mut left = x;
        for Part { stored, divergent, entries } in &cell.parts {
            let width = columns.cell * *entries as f64 / (cell.last - cell.first + 1) as f64;
            mark(state(*stored, *divergent), rect(left, width));
            if *divergent {
                mark("cell struck", format!("M{} {}l{} {}", unit(left), unit(y), unit(width), unit(columns.height)));
            }
            left += width;
        }
        if cell.opens_epoch {
            mark("cell opening", format!("M{} {}v{}", unit(x - 1.0), unit(y - 3.0), unit(columns.height + 6.0)));
        }
    }
    (0..).zip(shapes).map(|(key, (class, path))| Mark::new(key, class).path("shape", path))
}

fn one(group: &Group, cell: &Cell, (x, y): (f64, f64)) -> Mark {
    let (stored, divergent) = (cell.stored(), cell.divergent());
    let number = if stored == Stored::Missing { String::new() } else { cell.first.to_string() };
    let epoch = if cell.opens_epoch { format!("epoch {}", cell.epoch) } else { String::new() };
    let key = u32::try_from(cell.first % u64::from(u32::MAX)).unwrap_or(0);
    Mark::new(key, state(stored, divergent))
        .at(x, y)
        .rect("", [0.0, 0.0, 36.0, 36.0, 5.0])
        .text("lsn", (18.0, 22.5), number)
        .path("epoch-line", if cell.opens_epoch { "M-3 -4 V40".to_owned() } else { String::new() })
        .text("epoch-name", (0.0, -6.0), epoch)
        .path("strike", if divergent { "M4 4 L32 32 M32 4 L4 32".to_owned() } else { String::new() })
        .titled(describe_cell(cell))
        .about([Target::Entries(group.id.0, cell.first, cell.last)])
        .lighting([Target::Entries(group.id.0, cell.first, cell.last)])
}

/// The tokens under a log: each name stands on the first of three lines on which it does not run into its neighbour.
#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn draw_tokens(group: &Group, (top, y): (f64, f64), layout: &Layout) -> Vec<Mark> {
    let window = &group.window;
    let mut ends = [f64::MIN; 3];
    let right = window.x(layout.log_x, window.columns.count - 1) + window.columns.cell / 2.0;
    let draw = |token: crate::view::words::Token| {
        let (x, key) = match token.place {
            Place::Before => (layout.log_x - 10.0, 0),
            Place::In(column) => (window.x(layout.log_x, column), 2 + column),
            Place::Behind => (right, 1),
        };
        let half = token.names.chars().count() as f64 * 3.2 + 2.0;
        let middle = x.min(layout.width - half).max(half);
        let line = ends.iter().position(|end| *end < middle - half).unwrap_or(2);
        ends[line] = middle + half;
        Mark::new(3 * KINDS + u32::try_from(key).unwrap_or(0), "token")
            .path("token-line", token_line(group, x + window.columns.pitch / 2.0, (top, y), layout))
            .path("token-mark", format!("M{} {} l7 12 h-14 Z", unit(x), unit(y + 1.0)))
            .text("", (middle, y + 26.0 + 13.0 * line as f64), token.names)
            .titled(token.title)
    };
    tokens(group).into_iter().map(draw).collect()
}

/// The line above a token. On a narrow page it stands in the logs only: between them are the names of the replicas.
fn token_line(group: &Group, x: f64, (top, bottom): (f64, f64), layout: &Layout) -> String {
    if !layout.narrow {
        return format!("M{} {} V{}", unit(x), unit(top), unit(bottom));
    }
    let mut line = String::new();
    for lane in &group.lanes {
        line += &format!("M{} {}v46", unit(x), unit(layout.log_y[lane.id.index()] - 23.0));
    }
    line
}
