//! The messages under way, as shapes: the only part of the stage that moves.
//!
//! All messages of one look are one shape with many parts: a frame then changes a dozen attributes, whatever is under way, and a
//! browser lays out nothing. While many messages move, they move without their numbers, which nobody could read, and on a canvas
//! ([`super::canvas`]); as soon as time stands still, each is a shape, and has its own.

use yew::prelude::*;

use super::bench::unit;
use super::draw::{el, of};
use super::lab::Lit;
use crate::player::Player;
use crate::run::Run;
use crate::view::marks::outline;
use crate::view::{Flight, Glyph, Layout, Stage, flights};

/// The most messages that keep their numbers, and are shapes, while they move.
const NUMBERED_MAX: usize = 24;
/// The most messages that are shapes while time stands still: with more, every step in time would take as long as many frames.
const SHAPES_MAX: usize = 500;

/// The looks of messages.
pub(super) const LOOKS: [&str; 16] = [
    "flight entry",
    "flight entry doomed",
    "flight entry held",
    "flight request",
    "flight request doomed",
    "flight reply good",
    "flight reply good doomed",
    "flight reply bad",
    "flight reply bad doomed",
    "flight ack",
    "flight ack doomed",
    "flight control",
    "flight control doomed",
    "flight heartbeat",
    "flight heartbeat doomed",
    "flight lit",
];

/// The look of the frame around what is marked.
pub(super) const LIT: usize = LOOKS.len() - 1;

/// What is under way at the present moment.
pub(super) struct Moving {
    flights: Vec<Flight>,
    /// How many messages there are, if they are too many to be drawn one by one.
    pub(super) more: usize,
    /// Whether arrows say where messages go: while time stands still, because a frozen dot has no direction.
    arrows: bool,
    /// Whether the ways are drawn instead of the movement.
    still: bool,
}

impl Moving {
    /// What is under way; `still` says whether the user wants less motion.
    pub(super) fn of(player: &Player, stage: &Stage, layout: &Layout, still: bool) -> Moving {
        let (flights, more) = flights(player.run(), player.state(), stage, layout, player.now());
        Moving { flights, more, arrows: !player.playing() || still, still }
    }

    /// The messages that are drawn on the canvas; none if all are shapes.
    pub(super) fn on_canvas(&self) -> Option<&[Flight]> {
        let shapes = if self.arrows { SHAPES_MAX } else { NUMBERED_MAX };
        (self.flights.len() > shapes).then_some(&self.flights[..])
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

/// The messages under way that are shapes: all, or only the marks of flows if the others are on the canvas.
pub(super) fn view(run: &Run, player: &Player, layout: &Layout, moving: &Moving, lit: &Lit) -> Html {
    let mut drawn = vec![Drawn::default(); LOOKS.len()];
    let canvas = moving.on_canvas().is_some();
    for flight in moving.flights.iter().filter(|flight| !canvas || flight.is_flow()) {
        let middle = ((flight.from.0 + flight.to.0) / 2.0, (flight.from.1 + flight.to.1) / 2.0);
        let at = if moving.still { middle } else { flight.at };
        let into = &mut drawn[look(flight)];
        if moving.still {
            into.ways += &format!("M{}L{}", place(flight.from), place(flight.to));
        }
        if moving.arrows {
            heading(flight, at, &mut into.signs);
        }
        if flight.doomed {
            into.signs += &format!("M{}l18 18m0-18l-18 18", place((at.0 - 9.0, at.1 - 9.0)));
        }
        shape(flight, at, &mut into.shapes);
        // A small cell has no number, and neither has what flies into it.
        if flight.is_flow() || !(flight.small && flight.glyph == Glyph::Entry) {
            let text = el("text").key(flight.id.0).at("x", unit(at.0)).at("y", unit(at.1 + 4.5)).kid(flight.text());
            into.numbers.push(text.done());
        }
        if marked(run, lit, flight) {
            shape(flight, at, &mut drawn[LIT].shapes);
        }
    }
    let looks = LOOKS.iter().zip(drawn).map(|(look, drawn)| {
        of("g", look)
            .key(*look)
            .with(of("path", "way").at("d", drawn.ways))
            .with(of("path", "signs").at("d", drawn.signs))
            .with(of("path", "shape").at("d", drawn.shapes))
            .with(el("g").kids(drawn.numbers.into_iter()))
            .done()
    });
    let looks = looks.chain(std::iter::once(patience(player, layout)));
    if !layout.narrow {
        return of("g", "flights").kids(looks).done();
    }
    // On a narrow page messages pass behind the nodes, and behind the headings of logs and clients, so that these can be read: the clip leaves them out.
    let id = format!("behind-{}", std::ptr::from_ref(layout) as usize);
    let mut around = format!("M0-9h{}v{}h-{0}z", unit(layout.width), unit(layout.height + 18.0));
    let clients = layout.boxes[layout.log_y.len()..].iter().map(|(x, y, w, _)| (*x, y - 16.0, *w, 15.0));
    for (x, y, w, h) in layout.boxes.iter().copied().chain(layout.headings()).chain(clients) {
        around += &format!("M{}v{}h{}v-{1}z", place((x, y)), unit(h), unit(w));
    }
    let clip = el("clipPath").at("id", id.clone()).with(el("path").at("d", around));
    of("g", "flights").at("clip-path", format!("url(#{id})")).with(clip).kids(looks).done()
}

/// What is left of each follower's patience with its leader: an arc beside its box that shrinks until the next heartbeat.
fn patience(player: &Player, layout: &Layout) -> Html {
    let arcs = player.state().replicas().filter_map(|(id, replica)| {
        let left = replica.patience(player.now())?;
        let (x, y, w, _) = layout.boxes[id.index()];
        let arc = of("circle", "patience")
            .key(id.0)
            .at("cx", unit(x + w + 7.0))
            .at("cy", unit(y + 8.0))
            .is("r", "5")
            .is("pathLength", "1000");
        Some(arc.at("stroke-dasharray", format!("{left} 1000")).done())
    });
    el("g").key("patience").kids(arcs).done()
}

/// Whether a message belongs to what is marked.
pub(super) fn marked(run: &Run, lit: &Lit, flight: &Flight) -> bool {
    lit.carries(run, (flight.src, flight.dst), flight.label)
}

/// The number of a message's look.
pub(super) fn look(flight: &Flight) -> usize {
    let first = match flight.glyph {
        Glyph::Entry if flight.held && !flight.doomed => 2,
        Glyph::Entry => 0,
        Glyph::Write | Glyph::Read => 3,
        Glyph::Good => 5,
        Glyph::Bad => 7,
        Glyph::Ack => 9,
        Glyph::Control => 11,
        Glyph::Heartbeat => 13,
    };
    first + usize::from(flight.doomed)
}

fn place((x, y): (f64, f64)) -> String {
    format!("{} {}", unit(x), unit(y))
}

/// The outline of a message around a place.
pub(super) fn shape(flight: &Flight, (x, y): (f64, f64), path: &mut String) {
    let flow = flight.is_flow();
    let (half_w, half_h) = outline(flight);
    let (w, h) = (f64::from(half_w), f64::from(half_h));
    *path += &match flight.glyph {
        Glyph::Control if !flow => format!("M{}l11 11l-11 11l-11-11z", place((x, y - w))),
        _ if half_h > 0 => format!("M{}h{}v{}h-{}z", place((x - w, y - h)), 2 * half_w, 2 * half_h, 2 * half_w),
        _ => {
            let turn = format!("a{half_w} {half_w} 0 1 0 ");
            format!("M{}{turn}{} 0{turn}-{} 0z", place((x - w, y)), 2 * half_w, 2 * half_w)
        }
    };
}

/// A small triangle in front of a message, pointing where it goes.
fn heading(flight: &Flight, (x, y): (f64, f64), path: &mut String) {
    let (dx, dy) = (flight.to.0 - flight.from.0, flight.to.1 - flight.from.1);
    let length = (dx * dx + dy * dy).sqrt();
    if length < 1.0 {
        return;
    }
    let (ux, uy) = (dx / length, dy / length);
    let at = |along: f64, aside: f64| place((x + ux * along - uy * aside, y + uy * along + ux * aside));
    *path += &format!("M{}L{}L{}z", at(24.0, 0.0), at(17.0, 5.0), at(17.0, -5.0));
}
