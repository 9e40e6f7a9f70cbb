//! The messages under way: the only part of the stage that is drawn for every frame.

use yew::prelude::*;

use super::bench::unit;
use super::draw::{el, of};
use crate::player::Player;
use crate::run::Run;
use crate::view::{Flight, Glyph, Layout, Stage, flights};

/// All messages under way, and how many there are if they are drawn as a flow. Arrows are drawn while time stands still, because a
/// frozen dot has no direction; with less motion the way is drawn instead of the movement.
pub(super) fn view(run: &Run, player: &Player, stage: &Stage, layout: &Layout, still: bool) -> (Html, usize) {
    let (drawn, more) = flights(run, player.state(), stage, layout, player.now());
    let arrows = !player.playing() || still;
    (of("g", "flights").kids(drawn.iter().map(|flight| one(flight, arrows, still))).done(), more)
}

fn one(flight: &Flight, arrows: bool, still: bool) -> Html {
    let middle = ((flight.from.0 + flight.to.0) / 2.0, (flight.from.1 + flight.to.1) / 2.0);
    let (x, y) = if still { middle } else { flight.at };
    let class = match (flight.glyph, flight.doomed) {
        (Glyph::Entry, false) if flight.held => "flight entry held",
        (Glyph::Entry, false) => "flight entry",
        (Glyph::Entry, true) => "flight entry doomed",
        (Glyph::Write | Glyph::Read, false) => "flight request",
        (Glyph::Write | Glyph::Read, true) => "flight request doomed",
        (Glyph::Good, false) => "flight reply good",
        (Glyph::Good, true) => "flight reply good doomed",
        (Glyph::Bad, false) => "flight reply bad",
        (Glyph::Bad, true) => "flight reply bad doomed",
        (Glyph::Ack, false) => "flight ack",
        (Glyph::Ack, true) => "flight ack doomed",
        (Glyph::Control, false) => "flight control",
        (Glyph::Control, true) => "flight control doomed",
    };
    let mut signs = if arrows { heading(flight) } else { String::new() };
    if flight.doomed {
        signs.push_str("M-9 -9 L9 9 M9 -9 L-9 9");
    }
    el("g")
        .key(flight.id.0)
        .at("class", class)
        .at("transform", format!("translate({} {})", unit(x), unit(y)))
        .with(of("path", "way").at("d", if still { way(flight, (x, y)) } else { String::new() }))
        .with(of("path", "signs").at("d", signs))
        .with(of("path", "shape").at("d", outline(flight)))
        .with(el("text").is("y", "4.5").kid(&flight.text))
        .done()
}

/// The whole way of a message, seen from where it is drawn.
fn way(flight: &Flight, (x, y): (f64, f64)) -> String {
    format!("M{} {} L{} {}", unit(flight.from.0 - x), unit(flight.from.1 - y), unit(flight.to.0 - x), unit(flight.to.1 - y))
}

/// The outline of a message, around its middle.
fn outline(flight: &Flight) -> String {
    if flight.text.starts_with('×') {
        let half = 6 + 4 * flight.text.chars().count();
        return format!("M-{half} -11 H{half} V11 H-{half} Z");
    }
    match flight.glyph {
        Glyph::Entry => {
            let half = if flight.text.chars().count() > 2 { 27 } else { 15 };
            format!("M-{half} -13 H{half} V13 H-{half} Z")
        }
        Glyph::Write | Glyph::Read | Glyph::Good | Glyph::Bad => "M-13 0 a13 13 0 1 0 26 0 a13 13 0 1 0 -26 0 Z".to_owned(),
        Glyph::Ack => "M-5 0 a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 Z".to_owned(),
        Glyph::Control => "M0 -11 L11 0 L0 11 L-11 0 Z".to_owned(),
    }
}

/// A small triangle in front of a message, pointing where it goes.
fn heading(flight: &Flight) -> String {
    let (dx, dy) = (flight.to.0 - flight.from.0, flight.to.1 - flight.from.1);
    let length = (dx * dx + dy * dy).sqrt();
    if length < 1.0 {
        return String::new();
    }
    let (ux, uy) = (dx / length, dy / length);
    let at = |along: f64, aside: f64| format!("{} {}", unit(ux * along - uy * aside), unit(uy * along + ux * aside));
    format!("M{} L{} L{} Z", at(24.0, 0.0), at(17.0, 5.0), at(17.0, -5.0))
}
