//! The stage between two events: clients, replicas with their logs, wires, tokens.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, unit};
use super::draw::{el, of, several};
use super::lab::{Lit, Msg};
use super::part::part;
use crate::network::NodeId;
use crate::simulation::Status;
use crate::view::words::{
    broken, cut_line, describe, describe_cell, describe_client, lag_line, note_line, ruler, scale_line, tokens,
};
use crate::view::{Cell, ClientBox, Columns, Group, Lane, Layout, Part, Place, Stage, Stored, sign, title};

/// What is drawn.
pub(super) struct Scene<'a> {
    pub(super) bench: &'a Bench,
    pub(super) stage: &'a Stage,
    pub(super) layout: &'a Rc<Layout>,
    pub(super) lit: &'a Lit,
    pub(super) chosen: Option<NodeId>,
}

/// Everything that stands still between two events.
pub(super) fn view(scene: &Scene<'_>) -> Html {
    let groups = &scene.stage.groups;
    of("g", "still")
        .with(
            el("defs").with(
                el("pattern")
                    .is("id", "hatch")
                    .is("width", "7")
                    .is("height", "7")
                    .is("patternUnits", "userSpaceOnUse")
                    .is("patternTransform", "rotate(45)")
                    .with(of("path", "hatch-line").is("d", "M0 0 H2 V7 H0 Z")),
            ),
        )
        .with(el("g").kids(groups.iter().map(|g| el("g").key(g.id.0).kid(wires(g, scene)).done())))
        .with(el("g").kids(scene.stage.clients.iter().map(|c| el("g").key(c.id.0).kid(client(c, scene)).done())))
        .with(el("g").kids(groups.iter().enumerate().map(|(i, g)| el("g").key(g.id.0).kid(group(i, g, scene)).done())))
        .done()
}

fn text(class: &'static str, x: f64, y: f64, words: &str) -> Html {
    el("text").at("class", class).at("x", unit(x)).at("y", unit(y)).kid(words).done()
}

fn wires(group: &Group, scene: &Scene<'_>) -> Html {
    let layout = scene.layout;
    let middle = |id: NodeId| {
        let (x, y, _, h) = layout.boxes[id.index()];
        (x, y + h / 2.0)
    };
    let leader = group.lanes.iter().filter(|l| l.leads).max_by_key(|l| l.epoch).or(group.lanes.first());
    let Some(leader) = leader else { return Html::default() };
    let (lx, ly) = middle(leader.id);
    let wire = |lane: &Lane| {
        let (x, y) = middle(lane.id);
        let across = layout.wire_x[lane.id.index()].min(layout.wire_x[leader.id.index()]);
        let broken = broken(lane);
        let lit = scene.lit.links.iter().any(|link| [(lane.id, leader.id), (leader.id, lane.id)].contains(link));
        let class = if broken.is_empty() { "wire" } else { "wire broken" };
        el("g")
            .key(lane.id.0)
            .at("class", format!("{class}{}", if lit { " lit" } else { "" }))
            .with(el("path").at("d", format!("M{} {} H{} V{} H{}", unit(lx), unit(ly), unit(across), unit(y), unit(x))))
            .kid(text("", x - 4.0, y - 7.0, if layout.narrow { "" } else { broken }))
            .done()
    };
    el("g").kids(group.lanes.iter().filter(|l| l.id != leader.id).map(wire)).done()
}

/// A node that can be chosen: with the pointer, with Enter, with Space. The control is a transparent plate on top of the
/// drawing: its name says in words what the drawing shows.
fn node(id: NodeId, (class, label, round): (String, String, &'static str), scene: &Scene<'_>, drawing: Html) -> Html {
    let (x, y, w, h) = scene.layout.boxes[id.index()];
    let tell = scene.bench.tell.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            event.stop_propagation();
            tell.emit(Msg::Choose(id));
        }
    });
    let chosen = scene.chosen == Some(id);
    let marked = if chosen || scene.lit.nodes.contains(&id) { " lit" } else { "" };
    let touch = of("rect", "touch")
        .is("role", "button")
        .is("tabindex", "0")
        .at("aria-pressed", chosen.to_string())
        .at("aria-label", label)
        .at("width", unit(w))
        .at("height", unit(h))
        .is("rx", round)
        .press(onkeydown)
        .click(scene.bench.click(Msg::Choose(id)))
        .enter(scene.bench.hover(Lit::node(id)))
        .leave(scene.bench.hover(Lit::default()));
    el("g")
        .at("class", class + marked)
        .at("transform", format!("translate({} {})", unit(x), unit(y)))
        .with(el("g").is("aria-hidden", "true").kid(drawing))
        .with(touch)
        .done()
}

fn plate(class: &'static str, w: f64, h: f64, round: &'static str) -> Html {
    el("rect").at("class", class).at("width", unit(w)).at("height", unit(h)).at("rx", round).done()
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn client(client: &ClientBox, scene: &Scene<'_>) -> Html {
    let (x, _, w, h) = scene.layout.boxes[client.id.index()];
    let room = if scene.layout.narrow { 15 } else { 20 };
    let line: String = if client.line.chars().count() > room {
        client.line.chars().take(room - 1).chain(['…']).collect()
    } else {
        client.line.clone()
    };
    let cut = cut_line(client);
    let broken = client.anomaly.map_or(String::new(), |anomaly| format!("{} {}", sign(anomaly), title(anomaly)));
    // Away from where messages leave: they go down on a narrow page, and to the right on a wide one.
    let up = scene.layout.narrow;
    // Not beyond the left edge of the page.
    let middle = (w / 2.0).max(broken.chars().count() as f64 * 3.6 - x);
    let class = if client.anomaly.is_some() { "client anomaly" } else { "client" };
    let drawing = several()
        .kid(plate("plate", w, h, "26"))
        .kid(text("name", w / 2.0, 22.0, &client.name))
        .kid(text("line", w / 2.0, 40.0, &line))
        .kid(text("cut", middle, if up { -5.0 } else { h + 14.0 }, &broken))
        .kid(text("cut", w / 2.0, if up && !broken.is_empty() { h + 14.0 } else { -5.0 }, &cut))
        .done();
    node(client.id, (class.to_owned(), describe_client(client), "26"), scene, drawing)
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn group(index: usize, group: &Group, scene: &Scene<'_>) -> Html {
    let (top, bottom) = scene.layout.groups[index];
    let left = group.lanes.first().map_or(0.0, |l| scene.layout.boxes[l.id.index()].0);
    let (window, range, narrow) = (&group.window, group.window.scale > 1, scene.layout.narrow);
    // On a narrow page there is one line above the log: the numbers of ranges say how large these are, and a name comes first.
    let name_ends = left + group.name.chars().count() as f64 * 8.0;
    let numbers = ruler(group).into_iter().filter_map(|(column, text)| {
        let (class, shift) = if range { ("lsn-mark range", window.columns.cell / 2.0) } else { ("lsn-mark", 0.0) };
        let x = window.x(scene.layout.log_x, column) - shift;
        let drawn = || self::text(class, x, top + 18.0, &text);
        (!narrow || x >= name_ends).then(|| el("g").key(text.clone()).kid(drawn()).done())
    });
    let scale = if range && narrow { String::new() } else { scale_line(group) };
    let scale_x = if range { name_ends } else { scene.layout.log_x };
    several()
        .kid(text("group-name", left, top + 14.0, &group.name))
        .kid(text("hidden", scale_x, top + 14.0, &scale))
        .with(el("g").kids(numbers))
        .with(el("g").kids(group.lanes.iter().map(|l| el("g").key(l.id.0).kid(lane(group, l, scene)).done())))
        .with(el("g").kids(draw_tokens(group, (top + 20.0, bottom), scene).into_iter()))
        .done()
}

fn lane(group: &Group, lane: &Lane, scene: &Scene<'_>) -> Html {
    let (_, _, w, h) = scene.layout.boxes[lane.id.index()];
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
    let third = note_line(lane);
    // On a narrow page there is no room beside the wire.
    let role = if scene.layout.narrow { format!("{} {}", lane.role, broken(lane)) } else { lane.role.clone() };
    let compact = h < 50.0;
    let (first, second) = if compact { (16.0, 32.0) } else { (19.0, 36.0) };
    let right = w - 10.0;
    let detail = if !compact {
        several().kid(text("note", right, second, &third)).kid(text("lag-line", 10.0, 53.0, &lag_line(lane, true))).done()
    } else if third.is_empty() {
        text("lag", right, second, &lag_line(lane, false))
    } else {
        text("note", right, second, &third)
    };
    let drawing = several()
        .kid(plate("plate", w, h, "8"))
        .kid(plate("veil", w, h, "8"))
        .kid(text("name", 10.0, first, &lane.name))
        .kid(text("epoch", right, first, &format!("epoch {}", lane.epoch)))
        .kid(text("role", 10.0, second, &role))
        .with(of("rect", "copied").is("y", "0").is("height", "4").at("width", copied(lane, w)))
        .with(el("g").kid(detail))
        .done();
    several().kid(node(lane.id, (class, describe(lane), "8"), scene, drawing)).with(el("g").kid(row(group, lane, scene))).done()
}

/// The length of the bar of a copy.
#[expect(clippy::cast_precision_loss, reason = "a length on a page")]
fn copied(lane: &Lane, w: f64) -> String {
    unit(w * lane.copied.unwrap_or(0) as f64 / 1_000.0)
}

/// The log of one replica: drawn again only when it says something else.
fn row(group: &Group, lane: &Lane, scene: &Scene<'_>) -> Html {
    let lit: Vec<u64> = scene.lit.entries.iter().filter(|(g, _)| *g == group.id).map(|(_, lsn)| *lsn).collect();
    let down = lane.status == Status::Down;
    let mut words: Vec<u64> = lane.cells.iter().flat_map(|cell| says(cell, &lit, down)).collect();
    words.extend([super::part::word(scene.layout), group.window.scale, group.window.columns.count as u64]);
    let (bench, layout, cells, id, at) = (scene.bench.clone(), scene.layout.clone(), lane.cells.clone(), lane.id, group.id);
    let window = group.window;
    let class = if down { "row down" } else { "row" };
    part(
        words,
        Rc::new(move || {
            let top = layout.log_y[id.index()] - window.columns.height / 2.0;
            let left = |column| window.x(layout.log_x, column) - window.columns.cell / 2.0;
            if window.columns.small() {
                let cells = cells.iter().enumerate().map(|(column, cell)| (left(column), cell));
                return small(cells, &lit, class, &window.columns, top);
            }
            let draw = |(column, cell): (usize, &Cell)| {
                let hover = (bench.hover(Lit::entry(at, cell.first)), bench.hover(Lit::default()));
                one(cell, lit.contains(&cell.first), (left(column), top), hover)
            };
            el("g").at("class", class).is("aria-hidden", "true").kids(cells.iter().enumerate().map(draw)).done()
        }),
    )
}

/// The words that stand for what is drawn of a cell.
fn says(cell: &Cell, lit: &[u64], down: bool) -> impl Iterator<Item = u64> {
    let marks = u64::from(cell.opens_epoch) | u64::from(is_lit(cell, lit)) << 1 | u64::from(down) << 2;
    let parts = cell.parts.iter().map(|part| part.entries << 8 | u64::from(part.divergent) << 4 | part.stored as u64);
    let parts: Vec<u64> = parts.chain([u64::MAX]).collect();
    [(cell.first << 24) | (u64::from(cell.epoch) << 8) | marks].into_iter().chain(parts)
}

fn is_lit(cell: &Cell, lit: &[u64]) -> bool {
    lit.iter().any(|lsn| (cell.first..=cell.last).contains(lsn))
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
fn small<'a>(cells: impl Iterator<Item = (f64, &'a Cell)>, lit: &[u64], class: &'static str, columns: &Columns, y: f64) -> Html {
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
        if is_lit(cell, lit) {
            mark("cell lit", rect(x, columns.cell));
        }
        if cell.opens_epoch {
            mark("cell opening", format!("M{} {}v{}", unit(x - 1.0), unit(y - 3.0), unit(columns.height + 6.0)));
        }
    }
    let drawn = shapes
        .into_iter()
        .map(|(class, path)| el("g").key(class).at("class", class).with(of("path", "shape").at("d", path)).done());
    el("g").at("class", class).is("aria-hidden", "true").with(of("g", "small").kids(drawn)).done()
}

fn one(cell: &Cell, lit: bool, (x, y): (f64, f64), hover: (Callback<MouseEvent>, Callback<MouseEvent>)) -> Html {
    let (stored, divergent) = (cell.stored(), cell.divergent());
    let class = format!("{}{}", state(stored, divergent), if lit { " lit" } else { "" });
    let number = if stored == Stored::Missing { String::new() } else { cell.first.to_string() };
    let epoch = if cell.opens_epoch { format!("epoch {}", cell.epoch) } else { String::new() };
    el("g")
        .key(cell.first)
        .at("class", class)
        .at("transform", format!("translate({} {})", unit(x), unit(y)))
        .enter(hover.0)
        .leave(hover.1)
        .with(el("rect").is("width", "36").is("height", "36").is("rx", "5"))
        .with(of("text", "lsn").is("x", "18").is("y", "22.5").kid(number))
        .with(of("path", "epoch-line").at("d", if cell.opens_epoch { "M-3 -4 V40" } else { "" }))
        .with(of("text", "epoch-name").is("x", "0").is("y", "-6").kid(epoch))
        .with(of("path", "strike").at("d", if divergent { "M4 4 L32 32 M32 4 L4 32" } else { "" }))
        .with(el("title").kid(describe_cell(cell)))
        .done()
}

/// The tokens under a log: each name stands on the first of three lines on which it does not run into its neighbour.
#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn draw_tokens(group: &Group, (top, y): (f64, f64), scene: &Scene<'_>) -> Vec<Html> {
    let (layout, window) = (scene.layout, &group.window);
    let mut ends = [f64::MIN; 3];
    let mut drawn = Vec::new();
    let right = window.x(layout.log_x, window.columns.count - 1) + window.columns.cell / 2.0;
    for token in tokens(group) {
        let (x, key) = match token.place {
            Place::Before => (layout.log_x - 10.0, 0),
            Place::In(column) => (window.x(layout.log_x, column), 2 + column),
            Place::Behind => (right, 1),
        };
        let half = token.names.chars().count() as f64 * 3.2 + 2.0;
        let middle = x.min(layout.width - half).max(half);
        let line = ends.iter().position(|end| *end < middle - half).unwrap_or(2);
        ends[line] = middle + half;
        let line_x = x + window.columns.pitch / 2.0;
        let mark = of("g", "token")
            .key(key)
            .with(of("path", "token-line").at("d", token_line(group, line_x, (top, y), layout)))
            .with(of("path", "token-mark").at("d", format!("M{} {} l7 12 h-14 Z", unit(x), unit(y + 1.0))))
            .kid(text("", middle, y + 26.0 + 13.0 * line as f64, &token.names))
            .with(el("title").kid(&token.title));
        drawn.push(mark.done());
    }
    drawn
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
