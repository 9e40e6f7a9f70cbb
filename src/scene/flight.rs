//! Messages under way, as the page moves them: where from, where to, from when until when. Their place is a function of time alone.

use serde::{Deserialize, Serialize};

use super::target::Target;
use crate::time::SimTime;
use crate::view::flights::fraction;

/// The looks of messages, in the order in which they are drawn.
pub const LOOKS: [&str; 18] = [
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
    "flight entry second",
    "flight entry third",
    "flight lit",
];

/// The look of the frame around what is lit.
pub const LIT: usize = LOOKS.len() - 1;

/// The outline of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outline {
    /// A box: half the width and half the height.
    Box(u16, u16),
    /// A circle: the radius.
    Round(u16),
    /// A square on its corner: half the diagonal.
    Diamond(u16),
    /// A box with pointed sides: half the width and half the height.
    Pointed(u16, u16),
    /// A box that leans: half the width and half the height.
    Leaning(u16, u16),
}

/// How large a message is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// As large as a small cell.
    Small,
    /// As large as a cell.
    Usual,
    /// Wider: it has a long number.
    Long,
}

/// One message, or a mark for many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flight {
    /// Which one.
    pub id: u32,
    /// Its look, a place in [`LOOKS`].
    pub look: u8,
    /// Its outline.
    pub outline: Outline,
    /// How large it is.
    pub size: Size,
    /// Where it started.
    pub from: (f32, f32),
    /// Where it goes.
    pub to: (f32, f32),
    /// When it was sent, in microseconds.
    pub sent: u64,
    /// When it arrives.
    pub due: u64,
    /// Where it stands still, if it does not move: the network holds it, or it stands for many.
    pub stands: Option<(f32, f32)>,
    /// What stands in it; empty if nothing.
    pub text: String,
    /// Whether it has been cut off and will not arrive.
    pub doomed: bool,
    /// Whether it stands for many.
    pub many: bool,
    /// What it is about.
    pub about: Vec<Target>,
}

impl Flight {
    /// Where it is at a moment.
    #[must_use]
    pub fn at(&self, now: u64) -> (f64, f64) {
        let wide = |(x, y): (f32, f32)| (f64::from(x), f64::from(y));
        if let Some(place) = self.stands {
            return wide(place);
        }
        let ((x, y), (to_x, to_y)) = (wide(self.from), wide(self.to));
        let share = fraction(SimTime(self.sent), SimTime(self.due), SimTime(now));
        (x + (to_x - x) * share, y + (to_y - y) * share)
    }

    /// Whether it is under way at a moment.
    #[must_use]
    pub fn is_under_way(&self, now: u64) -> bool {
        self.stands.is_some() || (self.sent <= now && now < self.due.max(self.sent + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_under_way_from_when_it_is_sent_until_it_arrives() {
        let flight = Flight {
            id: 1,
            look: 0,
            outline: Outline::Round(5),
            size: Size::Usual,
            from: (0.0, 0.0),
            to: (10.0, 20.0),
            sent: 100,
            due: 300,
            stands: None,
            text: String::new(),
            doomed: false,
            many: false,
            about: Vec::new(),
        };
        assert_eq!([99, 100, 299, 300].map(|now| flight.is_under_way(now)), [false, true, true, false]);
        assert_eq!(flight.at(200), (5.0, 10.0));
        let held = Flight { stands: Some((3.0, 4.0)), ..flight };
        assert_eq!((held.at(200), held.is_under_way(900)), ((3.0, 4.0), true));
    }
}
