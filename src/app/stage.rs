//! The stage between two events: clients, replicas with their logs, wires, tokens.

use std::rc::Rc;

use yew::prelude::*;

use super::bench::{Bench, unit};
use super::draw::{el, of, several};
use super::lab::{Lit, Msg};
use super::part::part;
use crate::network::NodeId;
use crate::simulation::Status;
use crate::sorted;
use crate::view::stage::{describe, describe_cell};
use crate::view::{Cell, ClientBox, Group, Lane, Layout, Mark, Stage, Stored, short_sum, sign, title};

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
        el("g")
            .key(lane.id.0)
            .at("class", if broken.is_empty() { "wire" } else { "wire broken" })
            .with(el("path").at("d", format!("M{} {} H{} V{} H{}", unit(lx), unit(ly), unit(across), unit(y), unit(x))))
            .kid(text("", x - 4.0, y - 7.0, if layout.narrow { "" } else { broken }))
            .done()
    };
    el("g").kids(group.lanes.iter().filter(|l| l.id != leader.id).map(wire)).done()
}

/// What is wrong with the links between a replica and its leader.
fn broken(lane: &Lane) -> &'static str {
    match (lane.wire.cut_down, lane.wire.cut_up) {
        (true, true) => "✕ cut",
        (true, false) => "✕ no way here",
        (false, true) => "✕ no way back",
        (false, false) if lane.wire.held => "‖ held",
        (false, false) => "",
    }
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
    let cut = if client.cut_from.is_empty() { String::new() } else { format!("✕ {} cut", client.cut_from.len()) };
    let (mut broken, mut label) = (String::new(), format!("client {}, {}", client.name, client.line));
    if let Some(anomaly) = client.anomaly {
        broken = format!("{} {}", sign(anomaly), title(anomaly));
        label += &format!(", {}", title(anomaly));
    }
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
    node(client.id, (class.to_owned(), label, "26"), scene, drawing)
}

fn group(index: usize, group: &Group, scene: &Scene<'_>) -> Html {
    let (top, bottom) = scene.layout.groups[index];
    let left = group.lanes.first().map_or(0.0, |l| scene.layout.boxes[l.id.index()].0);
    let compact = scene.layout.compact();
    let hidden = if group.hidden > 0 && !compact { format!("… {} earlier entries", group.hidden) } else { String::new() };
    let numbers = (0..scene.layout.columns).filter(|_| compact).filter_map(|column| {
        let lsn = group.first + column as u64;
        let drawn = || text("lsn-mark", scene.layout.column_x(column), top + 18.0, &lsn.to_string());
        lsn.is_multiple_of(10).then(|| el("g").key(lsn).kid(drawn()).done())
    });
    several()
        .kid(text("group-name", left, top + 14.0, &group.name))
        .kid(text("hidden", scene.layout.log_x, top + 14.0, &hidden))
        .with(el("g").kids(numbers))
        .with(el("g").kids(group.lanes.iter().map(|l| el("g").key(l.id.0).kid(lane(group, l, scene)).done())))
        .with(el("g").kids(tokens(group, (top + 20.0, bottom), scene).into_iter()))
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
    let third = match lane.discarded {
        Some((from, to)) if from == to => format!("discarded {from}"),
        Some((from, to)) => format!("discarded {from}–{to}"),
        None => lane.note.clone(),
    };
    // On a narrow page there is no room beside the wire.
    let role = if scene.layout.narrow { format!("{} {}", lane.role, broken(lane)) } else { lane.role.clone() };
    let compact = h < 50.0;
    let (first, second) = if compact { (16.0, 32.0) } else { (19.0, 36.0) };
    let right = w - 10.0;
    let detail = if !compact {
        several().kid(text("note", right, second, &third)).kid(text("lag-line", 10.0, 53.0, &lag(lane, true))).done()
    } else if third.is_empty() {
        text("lag", right, second, &lag(lane, false))
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

fn lag(lane: &Lane, long: bool) -> String {
    if lane.status == Status::Down {
        return String::new();
    }
    let foreign = lane.cells.iter().filter(|c| c.divergent).count();
    if foreign > 0 {
        return format!("{foreign} not in the newest log");
    }
    // Where replicas could come to differ, equal positions are not enough: the sums of their rows stand beside them.
    let sum = lane.sum.filter(|_| long).map(|sum| format!("rows {}", short_sum(sum)));
    match (lane.leads && !lane.deposed, lane.lag_entries, long) {
        (true, ..) => sum.unwrap_or_default(),
        (false, 0, _) => sum.map_or("up to date".to_owned(), |sum| format!("up to date, {sum}")),
        (false, n, true) => format!("{n} behind leader ({} ms)", lane.lag_time.0 / 1_000),
        (false, n, false) => format!("{n} behind"),
    }
}

/// The log of one replica: drawn again only when it says something else.
fn row(group: &Group, lane: &Lane, scene: &Scene<'_>) -> Html {
    let lit: Vec<u64> = scene.lit.entries.iter().filter(|(g, _)| *g == group.id).map(|(_, lsn)| *lsn).collect();
    let down = lane.status == Status::Down;
    let says = |cell: &Cell| {
        let marks = (cell.state as u64) << 1
            | u64::from(cell.divergent) << 4
            | u64::from(lit.contains(&cell.lsn)) << 5
            | u64::from(down) << 6;
        (cell.lsn << 24) | (u64::from(cell.epoch) << 8) | marks
    };
    let mut words: Vec<u64> = lane.cells.iter().map(says).collect();
    words.push(super::part::word(scene.layout));
    let (bench, layout, cells, id, at) = (scene.bench.clone(), scene.layout.clone(), lane.cells.clone(), lane.id, group.id);
    let class = if down { "row down" } else { "row" };
    part(
        words,
        Rc::new(move || {
            let top = layout.log_y[id.index()] - layout.cell / 2.0;
            if layout.compact() {
                return small(&cells, &lit, class, &layout, top);
            }
            let draw = |(column, cell): (usize, &Cell)| {
                let x = layout.column_x(column) - layout.cell / 2.0;
                let hover = (bench.hover(Lit::entry(at, cell.lsn)), bench.hover(Lit::default()));
                one(cell, lit.contains(&cell.lsn), (x, top), hover)
            };
            el("g").at("class", class).is("aria-hidden", "true").kids(cells.iter().enumerate().map(draw)).done()
        }),
    )
}

/// The class of cells in this state.
fn state(cell: &Cell) -> &'static str {
    match (cell.state, cell.divergent) {
        (Stored::Missing, _) => "cell missing",
        (Stored::Snapshot, _) => "cell snapshot",
        (Stored::Ahead, _) => "cell ahead",
        (Stored::Received, false) => "cell received",
        (Stored::Flushed, false) => "cell flushed",
        (Stored::Applied, false) => "cell applied",
        (Stored::Received, true) => "cell received divergent",
        (Stored::Flushed, true) => "cell flushed divergent",
        (Stored::Applied, true) => "cell applied divergent",
    }
}

/// A row of cells that are too small for numbers: all cells of one state are one shape.
fn small(cells: &[Cell], lit: &[u64], class: &'static str, layout: &Layout, y: f64) -> Html {
    let mut shapes: Vec<(&'static str, String)> = Vec::new();
    let mut mark = |class: &'static str, part: String| match shapes.iter_mut().find(|(other, _)| *other == class) {
        Some((_, path)) => *path += &part,
        None => shapes.push((class, part)),
    };
    for (column, cell) in cells.iter().enumerate() {
        let x = layout.column_x(column) - layout.cell / 2.0;
        let (left, side) = (format!("M{} {}", unit(x), unit(y)), unit(layout.cell));
        if cell.state != Stored::Missing {
            mark(state(cell), format!("{left}h{side}v{side}h-{side}z"));
        }
        if lit.contains(&cell.lsn) {
            mark("cell lit", format!("{left}h{side}v{side}h-{side}z"));
        }
        if cell.opens_epoch {
            mark("cell opening", format!("M{} {}v{}", unit(x - 1.0), unit(y - 3.0), unit(layout.cell + 6.0)));
        }
        if cell.divergent {
            mark("cell struck", format!("{left}l{side} {side}"));
        }
    }
    let drawn = shapes
        .into_iter()
        .map(|(class, path)| el("g").key(class).at("class", class).with(of("path", "shape").at("d", path)).done());
    el("g").at("class", class).is("aria-hidden", "true").with(of("g", "small").kids(drawn)).done()
}

fn one(cell: &Cell, lit: bool, (x, y): (f64, f64), hover: (Callback<MouseEvent>, Callback<MouseEvent>)) -> Html {
    let class = format!("{}{}", state(cell), if lit { " lit" } else { "" });
    let missing = cell.state == Stored::Missing;
    let number = if missing { String::new() } else { cell.lsn.to_string() };
    let epoch = if cell.opens_epoch { format!("epoch {}", cell.epoch) } else { String::new() };
    el("g")
        .key(cell.lsn)
        .at("class", class)
        .at("transform", format!("translate({} {})", unit(x), unit(y)))
        .enter(hover.0)
        .leave(hover.1)
        .with(el("rect").is("width", "36").is("height", "36").is("rx", "5"))
        .with(of("text", "lsn").is("x", "18").is("y", "22.5").kid(number))
        .with(of("path", "epoch-line").at("d", if cell.opens_epoch { "M-3 -4 V40" } else { "" }))
        .with(of("text", "epoch-name").is("x", "0").is("y", "-6").kid(epoch))
        .with(of("path", "strike").at("d", if cell.divergent { "M4 4 L32 32 M32 4 L4 32" } else { "" }))
        .with(el("title").kid(describe_cell(cell)))
        .done()
}

/// Tokens at the same place share one mark.
fn marks(group: &Group) -> Vec<(u64, String)> {
    let mut marks: Vec<(u64, String)> = Vec::new();
    for Mark { name, lsn, .. } in &group.tokens {
        // All that lie left of the window share the mark at its edge, and say where they are.
        let (place, name) = if *lsn < group.first { (group.first - 1, format!("{name} ({lsn})")) } else { (*lsn, name.clone()) };
        match marks.iter_mut().find(|(at, _)| *at == place) {
            Some((_, names)) => {
                names.push_str(", ");
                names.push_str(&name);
            }
            None => marks.push((place, name)),
        }
    }
    sorted::by_key(marks, |(lsn, _)| (*lsn, 0))
}

/// The tokens under a log: each name stands on the first of three lines on which it does not run into its neighbour.
#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn tokens(group: &Group, (top, y): (f64, f64), scene: &Scene<'_>) -> Vec<Html> {
    let layout = scene.layout;
    let mut ends = [f64::MIN; 3];
    let mut drawn = Vec::new();
    for (lsn, names) in marks(group) {
        let column = usize::try_from(lsn.saturating_sub(group.first)).unwrap_or(0).min(layout.columns - 1);
        let left = lsn < group.first;
        let x = if left { layout.log_x - 10.0 } else { layout.column_x(column) };
        let half = names.chars().count() as f64 * 3.2 + 2.0;
        let middle = x.min(layout.width - half).max(half);
        let line = ends.iter().position(|end| *end < middle - half).unwrap_or(2);
        ends[line] = middle + half;
        let to = if left { "an earlier entry".to_owned() } else { format!("entry {lsn}") };
        let title = format!("{names}: knows of {to}; a session-consistent read asks for at least that");
        let token = of("g", "token")
            .key(lsn)
            .with(of("path", "token-line").at("d", token_line(group, x + layout.pitch / 2.0, (top, y), layout)))
            .with(of("path", "token-mark").at("d", format!("M{} {} l7 12 h-14 Z", unit(x), unit(y + 1.0))))
            .kid(text("", middle, y + 26.0 + 13.0 * line as f64, &names))
            .with(el("title").kid(title));
        drawn.push(token.done());
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
