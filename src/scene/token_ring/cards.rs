//! The nodes of a ring: a badge inside the circle, from which messages fly, and a card outside with what the node holds and believes; and clients.

use super::{Drawing, KINDS};
use crate::network::NodeId;
use crate::scene::leaders::client_at;
use crate::scene::logs::node_at;
use crate::scene::mark::Mark;
use crate::scene::target::Target;
use crate::simulation::Status;
use crate::view::words::fitting;
use crate::view::{ClientBox, RingLayout, TokenNode, TokenRing};

/// The width of a letter in the small texts of a card.
const LETTER: f64 = 6.4;

/// The badges of all nodes.
pub(super) fn badges<'a>(drawing: &'a Drawing<'_>) -> impl Iterator<Item = Mark> + 'a {
    drawing.ring.nodes.iter().map(|one| badge(drawing, one))
}

fn badge(drawing: &Drawing<'_>, one: &TokenNode) -> Mark {
    let id = one.node.id;
    let (x, y) = drawing.circle.port(id).unwrap_or(drawing.circle.middle);
    let round = drawing.circle.badge();
    let class = match (one.node.status, one.node.member) {
        (Status::Up, true) => "node-badge",
        (Status::Up, false) => "node-badge outside",
        (Status::Down | Status::Paused, _) => "node-badge down",
    };
    let sign = if round < 8.0 { String::new() } else { one.sign.clone() };
    Mark::new(u32::from(id.0), class)
        .circle("spot", [x, y, round])
        .text(sign_class(&one.sign), (x, y + 4.0), sign)
        .titled(one.describe())
        .about([Target::Node(id.0)])
        .lighting([Target::Node(id.0)])
}

/// Signs of several letters are small enough for their circles.
fn sign_class(sign: &str) -> &'static str {
    if sign.chars().count() > 1 { "sign middle long" } else { "sign middle" }
}

/// The cards of all nodes.
pub(super) fn cards<'a>(drawing: &'a Drawing<'_>) -> impl Iterator<Item = Mark> + 'a {
    drawing.ring.nodes.iter().map(|one| card(drawing, one))
}

fn card(drawing: &Drawing<'_>, one: &TokenNode) -> Mark {
    let bounds @ (_, _, w, h) = drawing.layout.boxes[one.node.id.index()];
    let state = match one.node.status {
        Status::Up => "node",
        Status::Down => "node down",
        Status::Paused => "node paused",
    };
    let class = if one.held.replica { format!("{state} replica") } else { state.to_owned() };
    let whole = [0.0, 0.0, w, h, 8.0];
    let noted = one.node.status != Status::Up || !one.node.member;
    let state = one.node.state_line();
    let room = w - 46.0 - units(state.chars().count()) * LETTER;
    let age = one.held.age_line();
    let room_of_value = w - 20.0 - units(age.chars().count() + 1) * 7.0;
    // With the name of the key before it, if there is room for both.
    let whole_value = &one.node.shows;
    let told = one.held.replica && units(whole_value.chars().count()) * 7.0 <= room_of_value && !one.held.tombstone;
    let value = fitting(if told { whole_value } else { &one.held.value }, room_of_value, 7.0);
    let value = if age.is_empty() { value } else { format!("{value} {age}") };
    let old = if age.is_empty() { "shows" } else { "shows old" };
    let line = |text: &str| fitting(text, w - 20.0, LETTER);
    let mut mark = Mark::new(u32::from(one.node.id.0), class)
        .rect("plate", whole)
        .rect("veil", whole)
        .circle("sign-spot", [16.0, 14.0, 9.0])
        .text(sign_class(&one.sign), (16.0, 17.8), one.sign.clone())
        .text("name", (30.0, 18.0), fitting(&one.node.name, room, 7.4))
        .text(if noted { "note" } else { "epoch" }, (w - 10.0, 18.0), state)
        .text(old, (10.0, 34.0), value);
    // Compact cards have no room for more: their names say it.
    if h > 44.0 {
        mark = mark.text("role plain", (10.0, 49.0), line(one.keeps_line()));
    }
    if h > 60.0 {
        mark = mark.text("role plain", (10.0, 63.0), line(&one.beliefs()));
    }
    node_at(one.node.id, mark, one.describe(), 8.0, bounds)
}

/// A client, with the node to which it turns, or with the answers to a request that it coordinates itself.
pub(super) fn client(one: &ClientBox, rings: &[TokenRing], layout: &RingLayout) -> Mark {
    let requests = rings.iter().flat_map(|ring| &ring.requests);
    let gauge = requests.clone().find(|request| request.coordinator == one.id).map(|request| request.gauge());
    let home = |id: NodeId| rings.iter().map(|ring| ring.name_of(id)).find(|name| *name != "?").unwrap_or("?").to_owned();
    let below = gauge.or_else(|| one.home.map(|id| format!("home {}", home(id)))).unwrap_or_default();
    let mark = client_at(one, &below, layout.boxes[one.id.index()], layout.width);
    Mark { key: KINDS + mark.key, ..mark }
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn units(count: usize) -> f64 {
    count as f64
}
