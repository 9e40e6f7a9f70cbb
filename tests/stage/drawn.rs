//! What is drawn of a ring can be read: no badge, number, card or table lies on another, no text leaves the page, every node can be chosen by a name
//! that says what its card says, and messages fly from badge to badge.

use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scene::{Mark, Scene, Shape, Target, token_ring, under_way};
use replicated_telemetry_store::simulation::Simulation;
use replicated_telemetry_store::time::SimTime;
use replicated_telemetry_store::view::{Layout, RingLayout, stage, token_rings};

use super::sentences::same;

/// A shape with a class of its mark, at its place on the page: left, top, right, bottom.
#[derive(Clone, Debug)]
struct Placed {
    class: String,
    bounds: (f64, f64, f64, f64),
}

/// How wide a letter of a text is at the most, on average.
const LETTER: f64 = 6.2;

/// All shapes that have a place of their own: circles, rectangles and texts.
fn placed(mark: &Mark, (x, y): (f64, f64), all: &mut Vec<Placed>) {
    let (dx, dy) = mark.at.map_or((0.0, 0.0), |(x, y)| (f64::from(x), f64::from(y)));
    let (x, y) = (x + dx, y + dy);
    for shape in &mark.shapes {
        let (class, bounds) = match shape {
            Shape::Circle(class, [cx, cy, r], _) => {
                let (cx, cy, r) = (f64::from(*cx), f64::from(*cy), f64::from(*r));
                (class, (cx - r, cy - r, cx + r, cy + r))
            }
            Shape::Rect(class, [left, top, w, h, _]) => {
                let [left, top, w, h] = [left, top, w, h].map(|value| f64::from(*value));
                (class, (left, top, left + w, top + h))
            }
            Shape::Text(class, (at, base), text) => {
                let (at, base, wide) = (f64::from(*at), f64::from(*base), letters(text) * LETTER);
                let ends = ["epoch", "note"].contains(&class.as_ref());
                let middle = class.contains("middle") || mark.class.starts_with("client");
                let left = if ends {
                    at - wide
                } else if middle {
                    at - wide / 2.0
                } else {
                    at
                };
                (class, (left, base - 10.0, left + wide, base + 3.0))
            }
            Shape::Path(..) | Shape::Lights { .. } => continue,
        };
        let (left, top, right, bottom) = bounds;
        let bounds = (x + left, y + top, x + right, y + bottom);
        all.push(Placed { class: format!("{} {class}", mark.class), bounds });
    }
    mark.marks.iter().for_each(|inner| placed(inner, (x, y), all));
}

#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn letters(text: &str) -> f64 {
    text.chars().count() as f64
}

/// Whether two boxes share more than so much.
fn overlap(one: &Placed, other: &Placed, more: f64) -> bool {
    let (a, b) = (one.bounds, other.bounds);
    a.0 + more < b.2 && b.0 + more < a.2 && a.1 + more < b.3 && b.1 + more < a.3
}

/// Two circles lie on each other only if their middles are nearer than both radii.
fn circles_meet(one: &Placed, other: &Placed) -> bool {
    let middle = |p: &Placed| (f64::midpoint(p.bounds.0, p.bounds.2), f64::midpoint(p.bounds.1, p.bounds.3));
    let radius = |p: &Placed| (p.bounds.2 - p.bounds.0) / 2.0;
    let ((x, y), (to_x, to_y)) = (middle(one), middle(other));
    ((x - to_x).powi(2) + (y - to_y).powi(2)).sqrt() < radius(one) + radius(other) - 0.5
}

/// One moment of a run on a page of some width.
pub(super) fn is_legible(run: &Run, state: &Simulation, (now, width): (SimTime, f64)) -> Result<(), String> {
    let (rings, layout, ring_layout) =
        (token_rings(run, state, now, None), Layout::new(&run.plan, width), RingLayout::new(&run.plan, width));
    let stage = stage(run, state, now, &layout, &[]);
    let (flights, _) = under_way(Scene { run, stage: &stage, layout: &layout }, state, now);
    let count = flights.len();
    let (pane, flights) = token_ring(run, &rings, &stage, &ring_layout, flights);
    same("messages", flights.len(), count)?;
    let mut all = Vec::new();
    pane.marks.iter().for_each(|mark| placed(mark, (0.0, 0.0), &mut all));
    let spots: Vec<&Placed> = all.iter().filter(|one| one.class.ends_with(" spot")).collect();
    let cards: Vec<&Placed> = all.iter().filter(|one| one.class.ends_with(" plate")).collect();
    for (n, one) in spots.iter().enumerate() {
        if let Some(other) = spots[..n].iter().find(|other| circles_meet(one, other)) {
            return Err(format!("{one:?} lies on {other:?}"));
        }
        if let Some(card) = cards.iter().find(|card| overlap(one, card, 0.5)) {
            return Err(format!("{one:?} lies on {card:?}"));
        }
    }
    for (n, one) in cards.iter().enumerate() {
        if let Some(other) = cards[..n].iter().find(|other| overlap(one, other, 0.5)) {
            return Err(format!("{one:?} lies on {other:?}"));
        }
    }
    for words in all.iter().filter(|one| one.class == "pill ground") {
        if let Some(badge) = spots.iter().find(|spot| spot.class.starts_with("node-badge") && overlap(words, spot, 2.0)) {
            return Err(format!("{words:?} lies on {badge:?}"));
        }
    }
    let (wide, high) = (f64::from(pane.width), f64::from(pane.height));
    let beyond = |one: &&Placed| {
        let (left, top, right, bottom) = one.bounds;
        left < -1.0 || top < -1.0 || right > wide + 1.0 || bottom > high + 1.0
    };
    if let Some(one) = all.iter().find(beyond) {
        return Err(format!("{one:?} leaves the page of {wide} by {high}"));
    }
    chosen(run, &pane.marks)?;
    for flight in &flights {
        let Some(Target::Link(src, dst)) = flight.about.first() else { return Err(format!("{flight:?} has no link")) };
        let near = |(x, y): (f32, f32), node: u16| {
            let (to_x, to_y) = ring_layout.port(NodeId(node));
            ((f64::from(x) - to_x).powi(2) + (f64::from(y) - to_y).powi(2)).sqrt() < 20.0
        };
        same("whether a message flies from node to node", near(flight.from, *src) && near(flight.to, *dst), true)?;
    }
    Ok(())
}

/// Every node can be chosen once, and its accessible name begins with its name.
fn chosen(run: &Run, marks: &[std::rc::Rc<Mark>]) -> Result<(), String> {
    let mut nodes = Vec::new();
    let mut stack: Vec<&Mark> = marks.iter().map(|mark| &**mark).collect();
    while let Some(mark) = stack.pop() {
        if let Some(choice) = &mark.choice {
            let name = run.plan.name(NodeId(choice.node));
            let begins = [format!("node {name}"), format!("client {name}")].iter().any(|name| choice.label.starts_with(name));
            same("whether the accessible name says the name", begins, true)?;
            let says = |shape: &Shape| match shape {
                Shape::Text(class, _, text) if class.starts_with("shows") => {
                    // What is said of a value's age or of a tombstone stands in brackets; a long value is cut.
                    let text = text.split(" (").next().unwrap_or(text).trim_end_matches('…');
                    choice.label.contains(text)
                }
                _ => true,
            };
            same("whether the accessible name says the value", mark.shapes.iter().all(says), true)
                .map_err(|why| format!("{why}: {}", choice.label))?;
            nodes.push(choice.node);
        }
        stack.extend(mark.marks.iter().map(|inner| &**inner));
    }
    nodes.sort_unstable();
    same("who can be chosen", nodes, (0..u16::try_from(run.plan.nodes.len()).expect("few")).collect())
}
