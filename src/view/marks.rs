//! Marks that stand for many messages, laid side by side.
//!
//! Such a mark has no place of its own: the messages that it counts are all along its way. It stands near their mean place, but never on
//! another mark, so that each number can be read.

use super::flights::{Flight, Glyph};
use super::layout::Layout;

/// The space between two marks, in units of the stage.
const GAP: f64 = 2.0;
/// Into how many steps the way of a mark is divided when a place is looked for.
const STEPS: u32 = 20;

/// Half the width and half the height of the outline of a message. A round one has a height of 0, and its width both ways.
#[must_use]
pub fn outline(flight: &Flight) -> (u32, u32) {
    match flight.glyph {
        _ if flight.is_flow() => (6 + 4 * letters(&flight.text()), 11),
        Glyph::Entry if flight.small => (6, 6),
        // A value of a ring's key has up to eight letters.
        Glyph::Entry if flight.tag.chars().count() > 7 => (31, 13),
        Glyph::Entry if flight.is_long() => (27, 13),
        Glyph::Entry => (15, 13),
        Glyph::Heartbeat => (2, 0),
        Glyph::Ack => (5, 0),
        Glyph::Control => (11, 0),
        // As wide as the value that it carries.
        Glyph::Write | Glyph::Good if !flight.tag.is_empty() => (6 + letters(&flight.tag) * 7 / 2, 11),
        Glyph::Write | Glyph::Read | Glyph::Good | Glyph::Bad => (if flight.small { 8 } else { 13 }, 0),
    }
}

fn letters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(0)
}

/// A box: left, top, right, bottom.
pub type Bounds = (f64, f64, f64, f64);

/// The box of a message at its place.
#[must_use]
pub fn bounds(flight: &Flight) -> Bounds {
    let (w, h) = outline(flight);
    let (w, h) = (f64::from(w), f64::from(if h == 0 { w } else { h }));
    (flight.at.0 - w, flight.at.1 - h, flight.at.0 + w, flight.at.1 + h)
}

/// Whether two messages lie on top of each other.
#[must_use]
pub fn overlap(one: &Flight, other: &Flight) -> bool {
    meet(bounds(one), bounds(other), GAP)
}

/// Whether two boxes have less than a gap between them.
fn meet(a: Bounds, b: Bounds, gap: f64) -> bool {
    a.0 < b.2 + gap && b.0 < a.2 + gap && a.1 < b.3 + gap && b.1 < a.3 + gap
}

/// Moves marks along their ways, and where there is no room below each other, until none lies on another. Where the way leaves a choice,
/// they do not cover a node or a heading either.
pub(super) fn apart(mut marks: Vec<Flight>, layout: &Layout) -> Vec<Flight> {
    for index in 0..marks.len() {
        let (placed, rest) = marks.split_at_mut(index);
        let mark = &mut rest[0];
        let (from, dx, dy) = (mark.from, mark.to.0 - mark.from.0, mark.to.1 - mark.from.1);
        let mean = ((mark.at.0 - from.0) * dx + (mark.at.1 - from.1) * dy) / (dx * dx + dy * dy).max(1.0);
        let (half_w, half_h) = outline(mark);
        let (half_w, half_h) = (f64::from(half_w), f64::from(half_h));
        let around = |(x, y): (f64, f64)| (x - half_w, y - half_h, x + half_w, y + half_h);
        // Within the page, whole.
        let place = |share: f64| ((from.0 + dx * share).min(layout.width - half_w).max(half_w), from.1 + dy * share);
        let free = |at| placed.iter().all(|other| !meet(around(at), bounds(other), GAP));
        let covers = |at| {
            layout.boxes.iter().copied().chain(layout.headings()).any(|(x, y, w, h)| meet(around(at), (x, y, x + w, y + h), 0.0))
        };
        let (mut best, mut clear) = (None, false);
        for step in 0..2 * STEPS {
            let far = f64::from(step / 2 + step % 2) / f64::from(STEPS);
            let share = if step % 2 == 0 { mean + far } else { mean - far };
            let at = place(share);
            if (0.0..=1.0).contains(&share) && !clear && free(at) {
                clear = !covers(at);
                best = if clear { Some(at) } else { best.or(Some(at)) };
            }
        }
        let mut below = place(mean);
        while best.is_none() {
            best = Some(below).filter(|at| free(*at));
            below.1 += 2.0 * (half_h + GAP);
        }
        mark.at = best.unwrap_or(below);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::{Label, single_leader};
    use crate::network::NodeId;
    use crate::presets::PRESETS;
    use crate::scenario::Plan;
    use crate::time::SimTime;
    use crate::trace::MsgId;

    fn mark(index: u32, from: (f64, f64), to: (f64, f64)) -> Flight {
        let at = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let (src, dst, label) = (NodeId(0), NodeId(1), Label::SingleLeader(single_leader::Label::Ack(1)));
        let (id, glyph, stands_for) = (MsgId(index), Glyph::Ack, 2 * 10_usize.pow(index % 5));
        Flight {
            id,
            glyph,
            from,
            to,
            at,
            sent: SimTime::ZERO,
            due: None,
            src,
            dst,
            doomed: false,
            held: false,
            beyond: false,
            small: false,
            label,
            stands_for,
            origin: None,
            tag: String::new(),
        }
    }

    fn placed(marks: Vec<Flight>) -> Vec<Flight> {
        let plan = Plan::new(&PRESETS[0].scenario()).expect("presets can be run");
        let placed = apart(marks, &Layout::new(&plan, 1_000.0));
        for (n, one) in placed.iter().enumerate() {
            assert!(placed[..n].iter().all(|other| !overlap(one, other)), "{one:?} lies on another of {placed:?}");
        }
        placed
    }

    #[test]
    fn marks_with_room_stay_where_they_are() {
        let marks: Vec<Flight> = (0..5).map(|n| mark(n, (500.0, 100.0 * f64::from(n)), (600.0, 100.0 * f64::from(n)))).collect();
        assert_eq!(placed(marks.clone()), marks);
    }

    /// Thirty on one short way: there is no room on it, so they stand below each other.
    #[test]
    fn marks_without_room_lie_on_none() {
        let drawn = placed((0..30).map(|n| mark(n, (400.0, 10.0), (440.0, 60.0))).collect());
        assert_eq!(drawn.len(), 30);
    }
}
