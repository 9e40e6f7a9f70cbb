//! Groups with several leaders on the map: the links between leaders, and a plate for each replica with what a reader is shown there.

use super::{HALF, Map, fitting, node};
use crate::network::NodeId;
use crate::scene::mark::{Mark, unit};
use crate::scene::target::Target;
use crate::simulation::Status;
use crate::view::leaders::{describe_follower, describe_leader, describe_link};
use crate::view::words;
use crate::view::{Follower, Leader, Leaders};

/// The links between leaders and to their followers: one line for each pair.
pub(super) fn links(group: &Leaders, map: &Map) -> Mark {
    let between = group.links.iter().map(|link| (link.from, link.to, describe_link(link)));
    let below = group.leaders.iter().flat_map(|leader| {
        leader.followers.iter().map(|follower| (leader.id, follower.id, if follower.cut { "✕ cut" } else { "" }))
    });
    let all: Vec<(NodeId, NodeId, &str)> = between.chain(below).collect();
    let wire = |(key, (from, to, said)): (usize, &(NodeId, NodeId, &'static str))| {
        let ((x, y), (to_x, to_y)) = map.way(*from, *to);
        Mark::new(u32::try_from(key).unwrap_or(0), if said.starts_with(['✕', '‖']) { "wire broken" } else { "wire" })
            .path("", format!("M{} {}L{} {}", unit(x), unit(y), unit(to_x), unit(to_y)))
            .text("middle", (f64::midpoint(x, to_x), f64::midpoint(y, to_y) - 5.0), *said)
            .about([Target::Link(from.0, to.0), Target::Link(to.0, from.0)])
    };
    let drawn: Vec<Mark> = all.iter().enumerate().map(wire).collect();
    Mark::new(u32::from(group.id.0), "").with(drawn)
}

/// The plate of a replica of a group with several leaders.
fn plate(id: NodeId, name: &str, status: Status, leads: bool, line: &str, label: String, map: &Map) -> Mark {
    let (half_w, half_h) = HALF[usize::from(map.narrow)];
    let state = match status {
        Status::Up => "",
        Status::Down => " down",
        Status::Paused => " paused",
    };
    let whole = [0.0, 0.0, 2.0 * half_w, 2.0 * half_h, 8.0];
    let mark = Mark::new(u32::from(id.0), format!("node{state}{}", if leads { " leads" } else { "" }))
        .rect("plate", whole)
        .rect("veil", whole)
        .text("name middle", (half_w, half_h - 3.0), fitting(name, half_w))
        .text("role middle", (half_w, half_h + 12.0), words::fitting(line, 2.0 * half_w, 6.5));
    node(id, mark, label, map, 8.0)
}

pub(super) fn leader(group: &Leaders, leader: &Leader, map: &Map) -> Mark {
    let shows = group.versions.as_ref().filter(|_| leader.status == Status::Up).map(|versions| {
        let key = versions.name.rsplit('/').next().unwrap_or(&versions.name);
        format!("{key} = {}", leader.shows)
    });
    let line = shows.unwrap_or_else(|| leader.state_line());
    plate(leader.id, &leader.name, leader.status, true, &line, describe_leader(group, leader), map)
}

pub(super) fn follower(group: &Leaders, leader: &Leader, follower: &Follower, map: &Map) -> Mark {
    let label = describe_follower(group, leader, follower);
    plate(follower.id, &follower.name, follower.status, false, &follower.state_line(), label, map)
}
