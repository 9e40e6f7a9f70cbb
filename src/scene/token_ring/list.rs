//! The place of the key on the circle, and its preference list: the way clockwise from there, with a number at the token of each replica, a cross
//! at those that are skipped, and a sign at whoever stands in.

use super::{BAND, Drawing, KINDS, point, stretch};
use crate::scene::mark::Mark;
use crate::scene::target::Target;
use crate::view::token_ring::{KeyPlace, Met, Visit};

/// From the circle to the numbers outside it.
const NUMBERS: f64 = 19.0;
/// The radius of a number.
const ROUND: f64 = 9.0;
/// The radius of the mark of a token that is skipped.
const SKIPPED: f64 = 4.5;

/// The place of the key, the way from there, and the tokens on it.
pub(super) fn list(drawing: &Drawing<'_>) -> Vec<Mark> {
    let Some(key) = &drawing.ring.key else { return Vec::new() };
    let mut marks = vec![sweep(drawing, key), pin(drawing, key)];
    let places = apart(drawing, key);
    let drawn = key.visits.iter().zip(places).enumerate();
    marks.extend(drawn.map(|(place, (visit, turn))| self::visit(drawing, place, visit, turn)));
    marks
}

/// The way from the key to the last token that counts, just inside the band.
fn sweep(drawing: &Drawing<'_>, key: &KeyPlace) -> Mark {
    let (circle, radius) = (drawing.circle, drawing.circle.radius - BAND - 2.5);
    let Some(last) = key.visits.last() else { return Mark::new(KINDS, "sweep") };
    let end = key.turn + (last.turn - key.turn).rem_euclid(1.0);
    let step = 7.0 / (std::f64::consts::TAU * radius);
    let head = format!(
        "M{}L{}L{}z",
        point(circle.place(end, radius)),
        point(circle.place(end - step, radius - 3.5)),
        point(circle.place(end - step, radius + 3.5))
    );
    Mark::new(KINDS, "sweep").path("way", stretch(circle, radius, (key.turn, end))).path("head", head)
}

/// The place of the key: a line across the band and a triangle inside.
fn pin(drawing: &Drawing<'_>, key: &KeyPlace) -> Mark {
    let circle = drawing.circle;
    let at = |turn: f64, distance: f64| point(circle.place(turn, circle.radius + distance));
    let aside = 7.0 / (std::f64::consts::TAU * circle.radius);
    let line = format!("M{}L{}", at(key.turn, -BAND - 4.0), at(key.turn, BAND + 4.0));
    let head =
        format!("M{}L{}L{}z", at(key.turn, -BAND - 2.0), at(key.turn + aside, -BAND - 15.0), at(key.turn - aside, -BAND - 15.0));
    let words = format!("{} lies here; its replicas, clockwise: {}", key.name, drawing.ring.preference_words());
    Mark::new(KINDS + 1, "key-pin").path("line", line).path("head", head).titled(words)
}

/// How much of the circle the mark of a token takes, in turns.
fn width(drawing: &Drawing<'_>, visit: &Visit) -> f64 {
    let round = match visit.met {
        Met::Replica(_) | Met::StandIn(_) => ROUND,
        Met::SameMachine | Met::RegionFull | Met::Behind => SKIPPED,
    };
    (2.0 * round + 1.0) / (std::f64::consts::TAU * (drawing.circle.radius + NUMBERS))
}

/// Where the marks of tokens stand: near their tokens, but none on another. Neighbours that are too near give way, each by half.
fn apart(drawing: &Drawing<'_>, key: &KeyPlace) -> Vec<f64> {
    let mut turns: Vec<f64> = key.visits.iter().map(|visit| key.turn + (visit.turn - key.turn).rem_euclid(1.0)).collect();
    for _ in 0..400 {
        for place in 1..turns.len() {
            let wanted = (width(drawing, &key.visits[place]) + width(drawing, &key.visits[place - 1])) / 2.0;
            let lack = wanted - (turns[place] - turns[place - 1]);
            if lack > 0.0 {
                turns[place] += lack / 2.0;
                turns[place - 1] -= lack / 2.0;
            }
        }
    }
    turns
}

/// A token on the way, drawn at this turn, with a line to its place on the band.
fn visit(drawing: &Drawing<'_>, place: usize, visit: &Visit, turn: f64) -> Mark {
    let circle = drawing.circle;
    let (x, y) = circle.place(turn, circle.radius + NUMBERS);
    let key = KINDS + 2 + u32::try_from(place).unwrap_or(0);
    let line = format!("M{}L{}", point(circle.place(visit.turn, circle.radius + BAND - 2.0)), point((x, y)));
    let spot = [x, y, ROUND];
    let (class, text) = match visit.met {
        Met::Replica(number) => ("visit", number.to_string()),
        Met::StandIn(_) => ("visit stands-in", drawing.ring.sign(visit.node).to_owned()),
        Met::SameMachine | Met::RegionFull | Met::Behind => ("visit skipped", String::new()),
    };
    let mark = Mark::new(key, class).path("leader-line", line);
    let mark = if text.is_empty() {
        let s = SKIPPED - 1.0;
        let cross =
            format!("M{}L{}M{}L{}", point((x - s, y - s)), point((x + s, y + s)), point((x + s, y - s)), point((x - s, y + s)));
        mark.path("cross", cross)
    } else {
        mark.circle("spot", spot).text("number middle", (x, y + 4.0), text)
    };
    mark.titled(drawing.ring.describe_visit(visit)).about([Target::Node(visit.node.0)]).lighting([Target::Node(visit.node.0)])
}
