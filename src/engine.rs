//! The engine of the laboratory: opens scenarios, runs them, and says what is to be drawn, set and read.
//!
//! It runs as a worker beside the page, or in the page where no worker can be started; either way it gets a [`Request`] and gives an
//! [`Answer`]. It holds one lab for each that the page has. The page shows and asks, and never simulates: no edit and no
//! scrubbing delays a frame.

mod actions;
mod command;
mod field;
mod film;
mod findings;
mod first_paint;
mod form;
mod lab;
mod opening;
mod order;
mod protocol;
mod questions;
mod settings;
mod shown;
mod story;

pub use field::{Button, Choice, Field, Mode, Order};
pub use first_paint::first_paint;
pub use protocol::{
    Answer, Ask, Board, Film, Finding, Findings, Kind, Line, Look, Menu, Moment, Opened, Reply, Request, Step, Still, Story,
    Told, Why,
};
pub use shown::{Said, Shown, ShownPart, shown};

pub use crate::experiment::{BETWEEN_FILES, PASTED, request_check};
pub use crate::scenario::TEXT_MAX;

use crate::sorted::Map;
use lab::Lab;

/// All labs of a page.
#[derive(Default)]
pub struct Engine {
    labs: Map<u32, Lab>,
}

impl Engine {
    /// Answers a request.
    #[must_use]
    pub fn answer(&mut self, request: Request) -> Answer {
        let Request { lab, ask } = request;
        let replies = match ask {
            Ask::Open { asked, embed, after } => match Lab::open(&asked, embed, after, self.labs.get(lab)) {
                Ok((opened, replies)) => {
                    self.labs.retain(|other| other != lab);
                    self.labs.or_insert_with(lab, || opened);
                    replies
                }
                Err(reply) => vec![reply],
            },
            Ask::Close => {
                self.labs.retain(|other| other != lab);
                Vec::new()
            }
            // What a lab that is gone had asked for has no answer.
            ask => self.labs.get_mut(lab).map_or(Vec::new(), |lab| lab.answer(ask)),
        };
        Answer { lab, replies }
    }

    /// Answers a request that travels as bytes; none if they are no request.
    #[must_use]
    pub fn answer_bytes(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let request = postcard::from_bytes(request).ok()?;
        postcard::to_allocvec(&self.answer(request)).ok()
    }
}
