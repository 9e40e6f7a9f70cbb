//! The pane of a ring's nodes: a card for each, with what it holds of the key that is looked at, and beside them the clients.

use super::leaders::client;
use super::logs::node;
use super::mark::{Mark, Pane};
use crate::network::NodeId;
use crate::simulation::Status;
use crate::view::words::fitting;
use crate::view::{Layout, RingNode, Stage};

/// The marks of one kind have keys of their own.
const KINDS: u32 = 0x1_0000;
/// The width of a letter in the small texts of a card.
const LETTER: f64 = 6.6;

/// Everything that stands still between two events.
#[must_use]
pub fn nodes(stage: &Stage, layout: &Layout) -> Pane {
    let mut marks = Vec::new();
    for (place, ring) in stage.rings.iter().enumerate() {
        let top = layout.groups.get(place).map_or(0.0, |(top, _)| *top);
        let left = ring.nodes.iter().map(|one| layout.boxes[one.id.index()].0).fold(layout.width, f64::min);
        let title = [ring.name.as_str(), ring.rule.as_str()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        let cards = ring.nodes.iter().map(|one| card(one, layout));
        marks.push(Mark::new(u32::from(ring.id.0), "").text("group-name", (left, top + 14.0), title.join(": ")).with(cards));
    }
    let name = |id: NodeId| {
        let all = stage.rings.iter().flat_map(|ring| &ring.nodes);
        all.clone().find(|one| one.id == id).map_or("?", |one| one.name.as_str()).to_owned()
    };
    let clients = stage.clients.iter().map(|one| client(one, one.home.map(name), layout));
    marks.push(Mark::new(KINDS, "").with(clients));
    Pane::new((layout.width, layout.height), marks)
}

fn card(one: &RingNode, layout: &Layout) -> Mark {
    let (_, _, w, h) = layout.boxes[one.id.index()];
    let class = match one.status {
        Status::Up => "node",
        Status::Down => "node down",
        Status::Paused => "node paused",
    };
    let whole = [0.0, 0.0, w, h, 8.0];
    let line = |text: &str| fitting(text, w - 20.0, LETTER);
    let noted = one.status != Status::Up || !one.member;
    let mark = Mark::new(u32::from(one.id.0), class)
        .rect("plate", whole)
        .rect("veil", whole)
        .text("name", (10.0, 18.0), fitting(&one.name, w - 84.0, 7.4))
        .text(if noted { "note" } else { "epoch" }, (w - 10.0, 18.0), one.state_line())
        .text("shows", (10.0, 36.0), line(&one.shows))
        .text("role plain", (10.0, 52.0), line(&one.holds))
        .text("role plain", (10.0, 68.0), line(&one.suspects));
    node(one.id, mark, one.describe(), 8.0, layout)
}
