//! What goes on inside the circle: whom each coordinator has asked, how many answers it has of those that it needs, and which two nodes compare
//! their hash trees.

use super::{Drawing, KINDS, point, stretch};
use crate::network::NodeId;
use crate::scene::mark::Mark;
use crate::scene::target::Target;
use crate::view::token_ring::{Circle, Comparison, Inquired, Request, Standing};

/// From the middle of a badge to its gauge.
const GAUGE: f64 = 4.5;
/// The most segments of a gauge; one of more answers is a single line.
const SEGMENTS_MAX: usize = 12;

/// The lines of questions, and of comparisons.
pub(super) fn traffic(drawing: &Drawing<'_>) -> Vec<Mark> {
    let asked = drawing.ring.requests.iter().enumerate().flat_map(|(place, request)| {
        let lines = request.inquired.iter().enumerate().filter(|(_, inquired)| inquired.node != request.coordinator);
        lines.map(move |(line, inquired)| inquiry(drawing, (place, line), request, inquired))
    });
    let mut marks: Vec<Mark> = asked.collect();
    let all = &drawing.ring.comparisons;
    marks.extend(all.iter().enumerate().map(|(place, one)| {
        let other = all[..place].iter().filter(|other| same_pair(other, one)).count();
        comparison(drawing, (place, other), one)
    }));
    marks
}

fn same_pair(one: &Comparison, other: &Comparison) -> bool {
    one.between == other.between || one.between == (other.between.1, other.between.0)
}

/// A question: a line from the coordinator to the node that was asked, crossed where no answer can come or is waited for any more.
fn inquiry(drawing: &Drawing<'_>, (place, line): (usize, usize), request: &Request, inquired: &Inquired) -> Mark {
    let layout = drawing.layout;
    let ((x, y), (to_x, to_y)) = (layout.port(request.coordinator), layout.port(inquired.node));
    let (class, crossed) = match inquired.standing {
        Standing::Answered => ("inquiry answered", false),
        Standing::Waiting => ("inquiry", false),
        Standing::TimedOut | Standing::Unreachable => ("inquiry failed", true),
    };
    let (at_x, at_y) = (x + (to_x - x) * 0.74, y + (to_y - y) * 0.74);
    let cross = format!(
        "M{}L{}M{}L{}",
        point((at_x - 6.0, at_y - 6.0)),
        point((at_x + 6.0, at_y + 6.0)),
        point((at_x + 6.0, at_y - 6.0)),
        point((at_x - 6.0, at_y + 6.0))
    );
    let key = u32::try_from(place * 64 + line).unwrap_or(0);
    Mark::new(key, class)
        .path("", format!("M{}L{}", point((x, y)), point((to_x, to_y))))
        .path("cross", if crossed { cross } else { String::new() })
        .about([Target::Link(request.coordinator.0, inquired.node.0), Target::Op(request.op.0)])
}

/// Two nodes that compare their trees, with how far they are; `other` comparisons of the same two stand above.
fn comparison(drawing: &Drawing<'_>, (place, other): (usize, usize), one: &Comparison) -> Mark {
    let (from, to) = one.between;
    let ((x, y), (to_x, to_y)) = (drawing.layout.port(from), drawing.layout.port(to));
    let middle = (f64::midpoint(x, to_x), f64::midpoint(y, to_y) - 20.0 - 15.0 * units(other));
    Mark::new(KINDS + u32::try_from(place).unwrap_or(0), "comparison")
        .path("", format!("M{}L{}", point((x, y)), point((to_x, to_y))))
        .with([pill(middle, &one.words())])
        .about([Target::Link(from.0, to.0), Target::Link(to.0, from.0)])
}

/// The gauges of all coordinators that are nodes: for each the answers to its newest request, and how many requests there are beside it.
pub(super) fn gauges<'a>(drawing: &'a Drawing<'_>) -> impl Iterator<Item = Mark> + 'a {
    let hosts = drawing.ring.nodes.iter().map(|node| node.node.id);
    hosts.filter_map(|host| {
        let mine: Vec<&Request> = drawing.ring.requests.iter().filter(|request| request.coordinator == host).collect();
        Some(gauge(drawing, host, mine.first()?, mine.len() - 1))
    })
}

fn gauge(drawing: &Drawing<'_>, host: NodeId, request: &Request, more: usize) -> Mark {
    let circle = drawing.circle;
    let middle = circle.port(host).unwrap_or(circle.middle);
    let around = Circle { middle, radius: circle.badge() + GAUGE, nodes: Vec::new() };
    let (full, empty) = segments(&around, request.got, request.needed);
    let words = if more == 0 { request.gauge() } else { format!("{} (+{more})", request.gauge()) };
    // They stand on the side of the middle.
    let (dx, dy) = (circle.middle.0 - middle.0, circle.middle.1 - middle.1);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let far = around.radius + 5.0 + half_of(&words) * (dx / length).abs() + 8.5 * (dy / length).abs();
    Mark::new(KINDS + u32::from(host.0), if request.got >= request.needed { "gauge met" } else { "gauge" })
        .path("empty", empty)
        .path("full", full)
        .with([pill((middle.0 + dx / length * far, middle.1 + dy / length * far + 4.0), &words)])
        .about([Target::Op(request.op.0)])
}

/// Half the width of words with a ground of their own.
fn half_of(words: &str) -> f64 {
    units(words.chars().count()) * 3.4 + 6.0
}

/// Words on a ground of their own, so that no line runs through them; the place is that of the middle of their base line.
fn pill((x, y): (f64, f64), words: &str) -> Mark {
    let half = half_of(words);
    Mark::new(0, "pill").rect("ground", [x - half, y - 12.5, 2.0 * half, 17.0, 8.5]).text("words middle", (x, y), words)
}

/// The outlines of the full segments of a gauge and of the empty ones: one segment for each answer that is needed.
fn segments(around: &Circle, got: usize, needed: usize) -> (String, String) {
    if needed > SEGMENTS_MAX {
        let share = units(got.min(needed)) / units(needed);
        return (stretch(around, around.radius, (0.0, share)), stretch(around, around.radius, (share, 1.0)));
    }
    let gap = if needed > 1 { 0.025 } else { 0.0 };
    let segment = |place: usize| {
        let (from, to) = (units(place) / units(needed), units(place + 1) / units(needed));
        stretch(around, around.radius, (from + gap, to - gap))
    };
    ((0..got.min(needed)).map(segment).collect(), (got.min(needed)..needed).map(segment).collect())
}

#[expect(clippy::cast_precision_loss, reason = "a few answers")]
fn units(count: usize) -> f64 {
    count as f64
}
