//! The messages under way, as shapes: the only part of the stage that moves.
//!
//! All messages of one look are one shape with many parts: a frame then changes a dozen attributes, whatever is under way, and a
//! browser lays out nothing. While many messages move, they move without their numbers, which nobody could read, and on a canvas
//! ([`super::canvas`]); as soon as time stands still, each is a shape, and has its own.

use std::rc::Rc;

use yew::prelude::*;

use super::msg::Lit;
use crate::scene::{Flight, LIT, LOOKS, Pane, meet, outline, unit};
use crate::time::SimTime;

/// The most messages that keep their numbers, and are shapes, while they move.
const NUMBERED_MAX: usize = 24;
/// The most messages that are shapes while time stands still: with more, every step in time would take as long as many frames.
const SHAPES_MAX: usize = 500;

/// What is under way at a moment.
pub(super) struct Moving {
    all: Rc<[Flight]>,
    /// The places in `all` of those that are under way.
    shown: Vec<u32>,
    now: u64,
    /// How many messages there are, if they are too many to be drawn one by one.
    pub(super) more: u32,
    /// Whether arrows say where messages go: while time stands still, because a frozen dot has no direction.
    arrows: bool,
    /// Whether the ways are drawn instead of the movement.
    still: bool,
}

/// A message and where it is.
pub(super) struct Placed<'a> {
    pub(super) flight: &'a Flight,
    pub(super) at: (f64, f64),
}

impl Moving {
    /// What is under way; `still` says whether the user wants less motion.
    pub(super) fn of(all: Rc<[Flight]>, more: u32, now: SimTime, playing: bool, still: bool) -> Moving {
        let now = now.0;
        let shown = (0..).zip(all.iter()).filter(|(_, flight)| flight.is_under_way(now)).map(|(index, _)| index).collect();
        Moving { all, shown, now, more, arrows: !playing || still, still }
    }

    /// The messages that are drawn on the canvas; none if all are shapes.
    pub(super) fn on_canvas(&self) -> Option<impl ExactSizeIterator<Item = Placed<'_>>> {
        let shapes = if self.arrows { SHAPES_MAX } else { NUMBERED_MAX };
        (self.shown.len() > shapes).then(|| self.placed())
    }

    fn placed(&self) -> impl ExactSizeIterator<Item = Placed<'_>> {
        self.shown.iter().map(|index| {
            let flight = &self.all[*index as usize];
            Placed { flight, at: flight.at(self.now) }
        })
    }
}

/// What is drawn of all messages of one look.
#[derive(Clone, Default)]
struct Drawn {
    ways: String,
    signs: String,
    shapes: String,
    numbers: Vec<Html>,
}

/// The messages under way that are shapes: all, or only the marks of many if the others are on the canvas.
pub(super) fn view(moving: &Moving, pane: &Pane, lit: &Lit) -> Html {
    let mut drawn = vec![Drawn::default(); LOOKS.len()];
    let canvas = moving.on_canvas().is_some();
    for Placed { flight, at } in moving.placed().filter(|placed| !canvas || placed.flight.many) {
        let wide = |(x, y): (f32, f32)| (f64::from(x), f64::from(y));
        let (from, to) = (wide(flight.from), wide(flight.to));
        let at = if moving.still && !flight.many { (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1)) } else { at };
        let into = &mut drawn[usize::from(flight.look)];
        if moving.still {
            into.ways += &format!("M{}L{}", place(from), place(to));
        }
        if moving.arrows {
            heading((from, to), at, &mut into.signs);
        }
        if flight.doomed {
            into.signs += &format!("M{}l18 18m0-18l-18 18", place((at.0 - 9.0, at.1 - 9.0)));
        }
        into.shapes += &outline(flight.outline, at);
        if !flight.text.is_empty() {
            // A message that the network has doubled is under way twice, under one number.
            let text = html! { <text key={into.numbers.len()} x={unit(at.0)} y={unit(at.1 + 4.5)}>{ &flight.text }</text> };
            into.numbers.push(text);
        }
        if meet(&flight.about, &lit.about) {
            drawn[LIT].shapes += &outline(flight.outline, at);
        }
    }
    let looks = LOOKS.iter().zip(drawn).map(|(look, drawn)| {
        html! {
            <g key={*look} class={*look}>
                <path class="way" d={drawn.ways} />
                <path class="signs" d={drawn.signs} />
                <path class="shape" d={drawn.shapes} />
                <g>{ for drawn.numbers.into_iter() }</g>
            </g>
        }
    });
    if pane.clip.is_empty() {
        return html! { <g class="flights">{ for looks }</g> };
    }
    let id = format!("behind-{}", std::ptr::from_ref(pane) as usize);
    html! {
        <g class="flights" clip-path={format!("url(#{id})")}>
            <clipPath key="clip" id={id}><path d={pane.clip.clone()} /></clipPath>
            { for looks }
        </g>
    }
}

fn place((x, y): (f64, f64)) -> String {
    format!("{} {}", unit(x), unit(y))
}

/// A small triangle in front of a message, pointing where it goes.
fn heading((from, to): ((f64, f64), (f64, f64)), (x, y): (f64, f64), path: &mut String) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt();
    if length < 1.0 {
        return;
    }
    let (ux, uy) = (dx / length, dy / length);
    let at = |along: f64, aside: f64| place((x + ux * along - uy * aside, y + uy * along + ux * aside));
    *path += &format!("M{}L{}L{}z", at(24.0, 0.0), at(17.0, 5.0), at(17.0, -5.0));
}
