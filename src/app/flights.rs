//! The messages under way: the only part of the stage that is drawn for every frame.

use yew::prelude::*;

use super::bench::unit;
use crate::player::Player;
use crate::run::Run;
use crate::view::{Flight, Glyph, Layout, Stage, flights};

/// All messages under way. Arrows are drawn while time stands still, because a frozen dot has no direction; with less motion
/// the way is drawn instead of the movement.
pub(super) fn view(run: &Run, player: &Player, stage: &Stage, layout: &Layout, still: bool) -> Html {
    let (drawn, _) = flights(run, player.state(), stage, layout, player.now());
    let arrows = !player.playing() || still;
    html! { <g class="flights" aria-hidden="true">{ for drawn.iter().map(|flight| one(flight, arrows, still)) }</g> }
}

fn one(flight: &Flight, arrows: bool, still: bool) -> Html {
    let middle = ((flight.from.0 + flight.to.0) / 2.0, (flight.from.1 + flight.to.1) / 2.0);
    let (x, y) = if still { middle } else { flight.at };
    let kind = match flight.glyph {
        Glyph::Entry => "flight entry",
        Glyph::Write | Glyph::Read => "flight request",
        Glyph::Good => "flight reply good",
        Glyph::Bad => "flight reply bad",
        Glyph::Ack => "flight ack",
        Glyph::Control => "flight control",
    };
    let class = match (flight.doomed, flight.held) {
        (true, _) => format!("{kind} doomed"),
        (false, true) => format!("{kind} held"),
        (false, false) => kind.to_owned(),
    };
    let cross = if flight.doomed { "M-9 -9 L9 9 M9 -9 L-9 9" } else { "" };
    html! {
        <g key={flight.id.0} {class}>
            <path class="way" d={if still { way(flight) } else { String::new() }} />
            <g transform={format!("translate({} {})", unit(x), unit(y))}>
                <path class="heading" d={if arrows { heading(flight) } else { String::new() }} />
                <path class="shape" d={outline(flight)} />
                <text y="4.5">{&flight.text}</text>
                <path class="cross" d={cross} />
            </g>
        </g>
    }
}

fn way(flight: &Flight) -> String {
    format!("M{} {} L{} {}", unit(flight.from.0), unit(flight.from.1), unit(flight.to.0), unit(flight.to.1))
}

/// The outline of a message, around its middle.
fn outline(flight: &Flight) -> String {
    match flight.glyph {
        Glyph::Entry => {
            let half = if flight.text.chars().count() > 3 { 29 } else { 15 };
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
