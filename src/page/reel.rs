//! The film that the page has: stills that follow each other, with what moves between them.
//!
//! While the clock runs, the engine is asked for the next stretch before the last has been shown, so that a frame never waits. What the
//! engine has not answered yet is not shown: the clock waits for it.

use std::rc::Rc;

use crate::engine::{Film, Moment, Still};
use crate::scene::{Flight, Pane};
use crate::time::SimTime;

/// A still, ready to be drawn.
pub(super) struct Shot {
    at: u64,
    pub(super) pane: Rc<Pane>,
    pub(super) flights: Rc<[Flight]>,
    pub(super) more: u32,
    /// Where it is in the run, in words.
    pub(super) clock: String,
    /// What there is to say from here on, if it is something new.
    moment: Option<Rc<Moment>>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Reel {
    shots: Vec<Shot>,
    /// How far it reaches.
    end: u64,
}

impl Reel {
    /// Takes what comes next.
    pub(super) fn append(&mut self, film: Film, until: u64) {
        let mut moment = Some(Rc::new(film.moment));
        for Still { at, clock, pane, flights, more } in film.stills {
            let pane = match (pane, self.shots.last()) {
                (Some(pane), _) => Rc::new(pane),
                (None, Some(last)) => last.pane.clone(),
                (None, None) => Rc::default(),
            };
            self.shots.push(Shot { at, pane, flights: flights.into(), more, clock, moment: moment.take() });
        }
        self.end = until;
    }

    /// Forgets all that it has, for what follows does not go on from there.
    pub(super) fn clear(&mut self) {
        self.shots.clear();
    }

    /// Forgets what lies behind.
    pub(super) fn forget(&mut self, now: SimTime) {
        let shown = self.place(now).unwrap_or(0);
        // What there was to say stays to be said until there is something new.
        let moment = self.moment(now);
        if let Some(shot) = self.shots.get_mut(shown) {
            shot.moment = moment;
        }
        self.shots.drain(..shown);
    }

    /// How far it reaches.
    pub(super) fn end(&self) -> SimTime {
        SimTime(self.end)
    }

    /// Whether it shows a moment.
    pub(super) fn shows(&self, now: SimTime) -> bool {
        self.shots.first().is_some_and(|first| first.at <= now.0) && now.0 <= self.end
    }

    fn place(&self, now: SimTime) -> Option<usize> {
        self.shots.partition_point(|shot| shot.at <= now.0).checked_sub(1)
    }

    /// What is shown at a moment; of one that it does not show, the nearest before.
    pub(super) fn shot(&self, now: SimTime) -> Option<&Shot> {
        self.shots.get(self.place(now).unwrap_or(0))
    }

    /// What there is to say at a moment.
    pub(super) fn moment(&self, now: SimTime) -> Option<Rc<Moment>> {
        let shown = self.place(now).unwrap_or(0);
        self.shots.get(..=shown)?.iter().rev().find_map(|shot| shot.moment.clone())
    }
}
