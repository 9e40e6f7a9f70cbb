//! The card of a leader and those of its followers.

use crate::scene::logs::node;
use crate::scene::mark::Mark;
use crate::simulation::Status;
use crate::view::leaders::{describe_follower, describe_leader};
use crate::view::ring::{COMPONENT, HEAD, LINE, ROWS_MAX};
use crate::view::words::fitting;
use crate::view::{Follower, Layout, Leader, Leaders};

/// The width of a letter in the small texts of a card.
const LETTER: f64 = 6.6;

/// The card of a leader, and its followers below it.
pub(super) fn cards(group: &Leaders, leader: &Leader, layout: &Layout) -> Vec<Mark> {
    let followers = leader.followers.iter().map(|follower| small(group, leader, follower, layout));
    [card(group, leader, layout)].into_iter().chain(followers).collect()
}

fn class_of(status: Status, leads: bool) -> String {
    let state = match status {
        Status::Up => "",
        Status::Down => " down",
        Status::Paused => " paused",
    };
    format!("node{state}{}", if leads { " leads" } else { "" })
}

fn card(group: &Leaders, leader: &Leader, layout: &Layout) -> Mark {
    let (_, _, w, h) = layout.boxes[leader.id.index()];
    let entries = format!("{} in log", leader.entries);
    let state = leader.state_line();
    let noted = leader.status != Status::Up || leader.parked > 0;
    let mut mark = Mark::new(u32::from(leader.id.0), class_of(leader.status, true))
        .rect("plate", [0.0, 0.0, w, h, 8.0])
        .rect("veil", [0.0, 0.0, w, h, 8.0])
        .text("name", (10.0, 18.0), fitting(&leader.name, w - 84.0, 7.4))
        .text("epoch", (w - 10.0, 18.0), entries)
        .text(if noted { "note start" } else { "role" }, (10.0, 35.0), state);
    if leader.beyond > 0 {
        mark = mark.text("epoch", (w - 10.0, 35.0), format!("{} beyond a gap", leader.beyond));
    }
    mark = vector(mark, group, leader, w);
    let rows = group.leaders.len().min(ROWS_MAX);
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let mut y = HEAD + rows as f64 * COMPONENT + 14.0;
    let mut line = |mark: Mark, class: &'static str, text: String| {
        if text.is_empty() {
            return mark;
        }
        y += LINE;
        mark.text(class, (10.0, y - LINE), fitting(&text, w - 20.0, LETTER))
    };
    let shows = group.versions.as_ref().map_or(String::new(), |versions| {
        format!("{} = {}", versions.name.rsplit('/').next().unwrap_or(&versions.name), leader.shows)
    });
    mark = line(mark, "shows", shows);
    if group.lines.clock {
        mark = line(mark, "skew", leader.clock_line());
    }
    if group.lines.homes {
        mark = line(mark, "role plain", leader.home_line());
    }
    if group.lines.buffer {
        let waits = leader.wait_lines();
        if waits.is_empty() {
            mark = line(mark, "role plain", "nothing waits".to_owned());
        }
        for text in waits {
            mark = line(mark, "waits", text);
        }
    }
    node(leader.id, mark, describe_leader(group, leader), 8.0, layout)
}

/// The version vector: a row for each leader, with a bar that is as full as what it has applied of all that there is.
#[expect(clippy::cast_precision_loss, reason = "a bar on a page")]
fn vector(mut mark: Mark, group: &Leaders, leader: &Leader, w: f64) -> Mark {
    // What it lacks most comes first where not all can be drawn.
    let mut order: Vec<usize> = (0..leader.vector.len()).collect();
    if order.len() > ROWS_MAX {
        let lacks = |place: usize| leader.vector.get(place).map_or(0, |(has, taken)| taken.saturating_sub(*has));
        order.sort_by_key(|place| (std::cmp::Reverse(lacks(*place)), *place));
        order.truncate(ROWS_MAX);
    }
    let top = leader.vector.iter().map(|(_, taken)| *taken).max().unwrap_or(0).max(1);
    let (left, room) = (w * 0.46, w * 0.54 - 60.0);
    for (row, place) in order.into_iter().enumerate() {
        let (has, taken) = leader.vector.get(place).copied().unwrap_or_default();
        let of = group.leaders.get(place).map_or("", |other| other.name.as_str());
        let sign = group.leaders.get(place).map_or("", |other| other.sign.as_str());
        let y = HEAD + row as f64 * COMPONENT;
        let share = |count: u64| room * count as f64 / top as f64;
        let count = if has == taken { has.to_string() } else { format!("{has} of {taken}") };
        mark = mark
            .text("component", (10.0, y + 10.0), fitting(&format!("{sign} {of}"), left - 14.0, LETTER))
            .rect("known", [left, y + 2.0, share(taken), 8.0, 2.0])
            .rect("has", [left, y + 2.0, share(has), 8.0, 2.0])
            .text(if has == taken { "count" } else { "count lacks" }, (w - 10.0, y + 10.0), count);
    }
    mark
}

fn small(group: &Leaders, leader: &Leader, follower: &Follower, layout: &Layout) -> Mark {
    let (_, _, w, h) = layout.boxes[follower.id.index()];
    let noted = follower.status != Status::Up || follower.cut || follower.behind > 0;
    let shows = if group.versions.is_some() { follower.shows.clone() } else { String::new() };
    let mark = Mark::new(u32::from(follower.id.0), class_of(follower.status, false))
        .rect("plate", [0.0, 0.0, w, h, 6.0])
        .rect("veil", [0.0, 0.0, w, h, 6.0])
        .text("name", (8.0, 14.0), fitting(&follower.name, w - 74.0, 7.4))
        .text(if noted { "note" } else { "lag" }, (w - 8.0, 14.0), follower.state_line())
        .text("shows", (8.0, 28.0), fitting(&shows, w - 16.0, LETTER));
    node(follower.id, mark, describe_follower(group, leader, follower), 6.0, layout)
}
