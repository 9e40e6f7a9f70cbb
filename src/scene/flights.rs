//! The messages that are under way in a stretch of time, each with its way: what [`super::Flight`] needs to be a function of time.
//!
//! A still holds from one moment until the next that is asked for. Who asks for both adds what was sent between them and is still under way
//! at the second, so that a message appears when it is sent, and vanishes when it arrives, whenever the stage is drawn anew. What is sent and
//! arrives between two stills, three frames apart, is not seen.

use super::flight::{Flight, Outline, Size};
use super::mark::small;
use super::prose::about_message;
use crate::run::Run;
use crate::simulation::Simulation;
use crate::time::SimTime;
use crate::view::marks::outline;
use crate::view::{self, Glyph, Layout, Stage, flights};

/// What messages are drawn on.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The run.
    pub run: &'a Run,
    /// The stage as it is drawn.
    pub stage: &'a Stage,
    /// Where its nodes are.
    pub layout: &'a Layout,
}

/// The messages under way at a moment, and how many there are if they are too many to be drawn one by one.
#[must_use]
pub fn under_way(scene: Scene<'_>, state: &Simulation, now: SimTime) -> (Vec<Flight>, u32) {
    let (drawn, more) = flights(scene.run, state, scene.stage, scene.layout, now);
    (drawn.iter().map(|flight| on_its_way(scene, flight)).collect(), u32::try_from(more).unwrap_or(u32::MAX))
}

fn on_its_way(scene: Scene<'_>, flight: &view::Flight) -> Flight {
    let place = |(x, y): (f64, f64)| (small(x), small(y));
    let size = match (flight.small, flight.is_long()) {
        (true, _) => Size::Small,
        (false, false) => Size::Usual,
        (false, true) => Size::Long,
    };
    // A small cell has no number, and neither has what flies into it.
    let numbered = flight.is_flow() || !(flight.small && flight.glyph == Glyph::Entry);
    Flight {
        id: flight.id.0,
        look: look(flight),
        outline: shape(flight),
        size,
        from: place(flight.from),
        to: place(flight.to),
        sent: flight.sent.0,
        due: flight.due.map_or(u64::MAX, |due| due.0),
        stands: (flight.due.is_none() || flight.is_flow()).then_some(place(flight.at)),
        text: if numbered { flight.text() } else { String::new() },
        doomed: flight.doomed,
        many: flight.is_flow(),
        about: about_message(scene.run, (flight.src, flight.dst), flight.label),
    }
}

/// The number of a message's look.
fn look(flight: &view::Flight) -> u8 {
    if let Some(other @ 1..) = origin(flight) {
        return 14 + other;
    }
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
    first + u8::from(flight.doomed)
}

/// The look by which the leader that took an update is told apart, beside its sign. More leaders than looks share them in turn.
fn origin(flight: &view::Flight) -> Option<u8> {
    let plain = flight.glyph == Glyph::Entry && !flight.doomed && !flight.held && !flight.is_flow();
    flight.origin.filter(|_| plain).and_then(|place| u8::try_from(place % 3).ok())
}

fn shape(flight: &view::Flight) -> Outline {
    let (half_w, half_h) = outline(flight);
    let (w, h) = (u16::try_from(half_w).unwrap_or(0), u16::try_from(half_h).unwrap_or(0));
    match flight.glyph {
        Glyph::Control if !flight.is_flow() => Outline::Diamond(w),
        _ if origin(flight) == Some(1) => Outline::Pointed(w, h),
        _ if origin(flight) == Some(2) => Outline::Leaning(w, h),
        _ if h > 0 => Outline::Box(w, h),
        _ => Outline::Round(w),
    }
}
