//! What to ask the engine next. One question about pictures is under way at a time, and one about sentences when no picture is missing:
//! what has become of no interest meanwhile is never asked.

use std::collections::VecDeque;

use wasm_bindgen::JsValue;

use super::Lab;
use crate::engine::{Ask, Look, Order, Step};
use crate::page::link::Link;
use crate::time::SimTime;

/// How much of a second on the screen is asked for at a time while the clock runs, and from how little on: in thousandths.
const AHEAD: u64 = 480;
const SHORT: u64 = 300;
/// How long a still stands at least, in thousandths of a second on the screen.
const STILL: u64 = 48;

/// What a link is for.
pub(super) enum Purpose {
    Clipboard,
    Address,
    /// An answer to the page around, by this value; the moment for which the link was asked.
    Host(JsValue, SimTime),
}

/// What has been asked and not yet answered.
#[derive(Default)]
pub(super) struct Asking {
    /// The stretch of time, and whether it goes on from what is there.
    pub(super) looking: Option<(Look, bool)>,
    /// Whether what is there is not what is to be shown.
    again: bool,
    /// Whether sentences were asked for.
    pub(super) telling: bool,
    /// The run, the moment and the finding that sentences were last asked for.
    told: (u32, u64, Option<usize>),
    /// What links are for.
    pub(super) links: VecDeque<Purpose>,
    /// The run whose staleness was asked for.
    measured: u32,
    /// Steps that have been asked for: each goes on from where the one before has led.
    pub(super) steps: VecDeque<Step>,
    /// How many steps are under way that lead nowhere any more.
    late: usize,
    /// Whether a slider's order is under way, and what the slider asks for by now.
    pub(super) sliding: bool,
    pub(super) slid: Option<(Order, String)>,
}

impl Asking {
    /// What is shown is to be asked for anew.
    pub(super) fn look_again(&mut self) {
        self.again = true;
    }

    /// The clock goes elsewhere: no step is taken from where it was, and one that is under way leads nowhere.
    pub(super) fn forget_steps(&mut self) {
        self.late += usize::from(!self.steps.is_empty());
        self.steps.clear();
    }

    /// Whether what a step has led to comes too late.
    pub(super) fn comes_late(&mut self) -> bool {
        let late = self.late > 0;
        self.late = self.late.saturating_sub(1);
        late
    }

    /// Asks for a link to this moment.
    pub(super) fn link(&mut self, engine: &Link, now: SimTime, purpose: Purpose) {
        self.links.push_back(purpose);
        engine.ask(Ask::Link(now.0));
    }

    /// Whether the page around waits for an answer.
    pub(super) fn has_host_waiting(&self) -> bool {
        self.links.iter().any(|purpose| matches!(purpose, Purpose::Host(..)))
    }
}

impl Lab {
    /// Asks for what is missing.
    pub(super) fn ask(&mut self) {
        if self.board.run == 0 || self.asking.looking.is_some() {
            return;
        }
        if let Some((look, continues)) = self.next_look() {
            self.asking.again = false;
            self.asking.looking = Some((look, continues));
            self.engine.ask(Ask::Look(look));
        } else if !self.asking.telling {
            self.ask_for_sentences();
        }
    }

    /// The stretch of time that is missing, and whether it goes on from what is there.
    fn next_look(&self) -> Option<(Look, bool)> {
        let (now, end) = (self.clock.now, self.reel.end());
        let on_screen = |thousandths: u64| (self.clock.speed * thousandths / 1_000).max(1);
        let fresh = self.asking.again || !self.reel.shows(now);
        let look = |now: SimTime, until: SimTime, step: u64| Look {
            run: self.board.run,
            clock: self.clock.now.0,
            now: now.0,
            until: until.min(self.until()).0,
            step,
            #[expect(clippy::cast_possible_truncation, reason = "pixels")]
            width: self.room.width as f32,
            pane: self.view.pane,
            finding: self.view.finding.and_then(|finding| u32::try_from(finding).ok()),
            chosen: self.view.chosen,
            zoom: self.view.zoom,
        };
        if !self.clock.playing {
            return fresh.then(|| (look(now, now, 1), false));
        }
        let step = on_screen(STILL);
        if fresh {
            return Some((look(now, SimTime(now.0 + on_screen(AHEAD)), step), false));
        }
        let short = end < self.until() && end.0 < now.0 + on_screen(SHORT);
        short.then(|| (look(end, SimTime(end.0 + on_screen(AHEAD)), step), true))
    }

    fn ask_for_sentences(&mut self) {
        let wanted = (self.board.run, self.drawn.told.0, self.current());
        if self.asking.told != wanted {
            (self.asking.told, self.asking.telling) = (wanted, true);
            let finding = wanted.2.and_then(|finding| u32::try_from(finding).ok());
            self.engine.ask(Ask::Tell(wanted.1, finding));
        } else if self.asking.measured != self.board.run && !self.embed && (wanted.1 > 0 || !self.board.findings.times.is_empty())
        {
            (self.asking.measured, self.asking.telling) = (self.board.run, true);
            self.engine.ask(Ask::Staleness);
        }
    }
}
