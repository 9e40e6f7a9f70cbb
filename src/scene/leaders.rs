//! The pane of leaders: regions with their leaders and followers, the links as they are, and the versions of the key that is looked at.
//!
//! What a leader has applied is told by numbers, with bars beside them; who took an update is told by its sign and its shape, never by colour
//! alone. Each direction of a link is a line of its own.

mod card;
mod versions;

use super::logs::node_at;
use super::mark::{Mark, Pane, unit};
use super::target::Target;
use crate::network::NodeId;
use crate::view::leaders::describe_link;
use crate::view::words::{cut_line, describe_client, fitting};
use crate::view::{ClientBox, Layout, Leaders, Link, Stage, sign, title};

/// The marks of one kind have keys of their own: the number of the node or the group counts within the kind.
const KINDS: u32 = 0x1_0000;
/// Latencies from here on are worth a text.
const SLOW: u64 = 2_000;

/// Everything that stands still between two events.
#[must_use]
pub fn leaders(stage: &Stage, layout: &Layout) -> Pane {
    let mut marks = Vec::new();
    for (place, group) in stage.leaders.iter().enumerate() {
        let id = u32::from(group.id.0);
        marks.push(Mark::new(id, "regions").with(regions(group, layout)));
        marks.push(
            Mark::new(KINDS + id, "wires").with(group.links.iter().enumerate().map(|(n, one)| link(n, one, group, layout))),
        );
        let top = layout.groups.get(place).map_or(0.0, |(top, _)| *top);
        let left = layout.regions.iter().map(|(_, (x, ..))| *x).fold(layout.width, f64::min);
        let cards = group.leaders.iter().flat_map(|leader| card::cards(group, leader, layout));
        marks.push(Mark::new(2 * KINDS + id, "").text("group-name", (left, top + 14.0), group.name.clone()).with(cards));
        let bounds = layout.versions.get(place).copied().unwrap_or_default();
        marks.push(versions::versions(4 * KINDS + id, group, bounds, layout.narrow));
    }
    let name = |id: NodeId| {
        let all = stage.leaders.iter().flat_map(|group| &group.leaders);
        all.clone().find(|leader| leader.id == id).map_or("?", |leader| leader.name.as_str()).to_owned()
    };
    let clients = stage.clients.iter().map(|one| client(one, one.home.map(name), layout));
    marks.push(Mark::new(3 * KINDS, "").with(clients));
    Pane { clip: clip(layout), ..Pane::new((layout.width, layout.height), marks) }
}

/// Messages pass behind the cards, so that these can be read: the clip leaves them out.
fn clip(layout: &Layout) -> String {
    let mut around = format!("M0-9h{}v{}h-{0}z", unit(layout.width), unit(layout.height + 18.0));
    for (x, y, w, h) in &layout.boxes {
        around += &format!("M{} {}v{}h{}v-{2}z", unit(*x), unit(*y), unit(*h), unit(*w));
    }
    around
}

/// The outlines of regions.
fn regions<'a>(group: &'a Leaders, layout: &'a Layout) -> impl Iterator<Item = Mark> + 'a {
    let mine = layout.regions.iter().filter(|(id, _)| group.leaders.iter().any(|leader| leader.id == *id));
    mine.map(|(id, (x, y, w, h))| Mark::new(u32::from(id.0), "region").rect("plate", [*x, *y, *w, *h, 12.0]))
}

/// One direction of a link: a line with the head of an arrow, and what is to be said of it.
fn link(key: usize, link: &Link, group: &Leaders, layout: &Layout) -> Mark {
    let ((x, y), (to_x, to_y)) = layout.way(link.from, link.to);
    let (dx, dy) = (to_x - x, to_y - y);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let at = |back: f64, aside: f64| (to_x - ux * back - uy * aside, to_y - uy * back + ux * aside);
    let place = |(x, y): (f64, f64)| format!("{} {}", unit(x), unit(y));
    let head = format!("M{}L{}L{}z", place(at(0.0, 0.0)), place(at(9.0, 4.5)), place(at(9.0, -4.5)));
    let said = describe_link(link);
    let class = match (link.cut, link.added) {
        (true, _) => "wire link broken",
        (false, true) => "wire link added",
        (false, false) => "wire link",
    };
    // The one text of a link stands at its first direction, if both take as long.
    let back = group.links.iter().find(|other| (other.from, other.to) == (link.to, link.from));
    let first = back.is_none_or(|back| link.from < link.to || back.latency != link.latency);
    let slow = if first && !layout.narrow && link.latency.0 >= SLOW { link.latency.words() } else { String::new() };
    let text = [slow.as_str(), said].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    // A third of the way, so that the texts of links that cross do not meet; outside, so that no message hides them.
    let (tx, ty) = (x + dx / 3.0 - uy * 12.0, y + dy / 3.0 + ux * 12.0 + 4.0);
    let anchor = if dy.abs() > dx.abs() && uy > 0.0 {
        ""
    } else if dy.abs() > dx.abs() {
        "start"
    } else {
        "middle"
    };
    Mark::new(u32::try_from(key).unwrap_or(0), class)
        .path("", format!("M{}L{}", place((x, y)), place((to_x, to_y))))
        .path("head", head)
        .text(if said.is_empty() { format!("latency {anchor}") } else { anchor.to_owned() }, (tx, ty), text)
        .about([Target::Link(link.from.0, link.to.0)])
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn as_units(count: usize) -> f64 {
    count as f64
}

/// A client with the leader or the node to which it turns.
pub(super) fn client(client: &ClientBox, home: Option<String>, layout: &Layout) -> Mark {
    let home = home.map_or(String::new(), |home| format!("home {home}"));
    client_at(client, &home, layout.boxes[client.id.index()], layout.width)
}

/// A client in its place, left, top, width, height, on a page of this width, with a line of its own below what it did last.
pub(super) fn client_at(client: &ClientBox, below: &str, bounds: (f64, f64, f64, f64), page: f64) -> Mark {
    let (x, _, w, h) = bounds;
    let broken = client.anomaly.map_or(String::new(), |anomaly| format!("{} {}", sign(anomaly), title(anomaly)));
    let class = if client.anomaly.is_some() { "client anomaly" } else { "client" };
    let line = fitting(&client.line, w - 10.0, 5.6);
    let label = if below.is_empty() { describe_client(client) } else { format!("{}, {below}", describe_client(client)) };
    // Not beyond an edge of the page.
    let half = as_units(broken.chars().count()) * 3.5;
    let middle = (w / 2.0).max(half - x).min(page - x - half);
    let mark = Mark::new(u32::from(client.id.0), class)
        .rect("plate", [0.0, 0.0, w, h, 24.0])
        .text("name", (w / 2.0, 18.0), fitting(&client.name, w - 24.0, 7.4))
        .text("line", (w / 2.0, 34.0), line)
        .text("line home", (w / 2.0, 49.0), fitting(below, w - 20.0, 5.6))
        .text("cut", (middle, h + 13.0), broken)
        .text("cut", (w / 2.0, -4.0), cut_line(client));
    node_at(client.id, mark, label, 24.0, bounds)
}
