//! What a frame does: lets time pass, and draws as little as it can.
//!
//! The canvas follows every frame while it is in use; the stage and the texts follow in frames of their own, so that none takes much longer
//! than the others.

use std::rc::Rc;

use super::Lab;
use crate::page::frame_loop::FrameLoop;
use crate::page::msg::Msg;
use crate::time::SimTime;

/// How long a text stands at least while the clock runs, in milliseconds: faster is not read, and every change of a text costs a layout.
const TEXT_MS: f64 = 125.0;
/// How long the still part of the stage stands at least while the clock runs: a cell may fill three frames after its entry landed.
const STAGE_MS: f64 = 48.0;
/// How many frames draw the canvas only, while it is in use, for one that draws the stage or the texts.
const LIGHT_MIN: u32 = 2;

impl Lab {
    /// Starts or stops the frame loop.
    pub(super) fn pace(&mut self) {
        let wanted = self.clock.playing && self.room.on_screen && self.room.tab_visible;
        if wanted && self.frames.is_none() {
            self.frames = Some(FrameLoop::start(self.tell.reform(Msg::Frame)));
        } else if !wanted {
            self.frames = None;
        }
    }

    /// A frame of the clock; says whether there is anything new to draw beside the canvas. A frame has one thing to do: the stage, or
    /// the texts, or neither, so that none takes much longer than the others; and where frames are slow, most of them still have neither.
    pub(super) fn frame(&mut self, elapsed: f64) -> bool {
        let before = self.clock.now;
        let next = self.board.findings.times.partition_point(|(at, _)| *at <= before.0);
        let next = self.board.findings.times.get(next).map(|(at, _)| SimTime(*at));
        self.clock.advance(elapsed, self.until(), next);
        // What the engine has not answered yet is not shown: the clock waits for it.
        if !self.reel.shows(self.clock.now) {
            self.clock.now = if self.reel.shows(before) { self.clock.now.min(self.reel.end()) } else { before };
            // It was, or there were no frame; it may have been stopped by something that nobody has seen yet.
            self.clock.playing = true;
        }
        if !self.clock.playing {
            self.moved();
            self.pace();
        }
        self.ask();
        self.drawn.pass(elapsed);
        let crowded = self.canvas.is_in_use();
        let due = !crowded || self.drawn.light >= LIGHT_MIN;
        let ends = !self.clock.playing;
        let texts = due && self.drawn.untold_ms >= TEXT_MS || ends;
        let stage = due && self.drawn.unstaged_ms >= STAGE_MS && !(texts && crowded) || ends;
        if stage {
            self.show_stage();
        }
        if texts {
            self.show_texts();
        }
        let crowd = self.draw_crowd();
        let more = stage || texts || !crowd;
        self.drawn.light = if more { 0 } else { self.drawn.light + 1 };
        more
    }

    /// Draws the messages that are too many to be shapes; says whether they are.
    pub(super) fn draw_crowd(&mut self) -> bool {
        let moving = self.moving();
        let drawn = moving.on_canvas().and_then(|flights| self.canvas.draw(&self.drawn.pane, &self.view.lit, flights));
        if drawn.is_none() {
            self.canvas.clear();
        }
        self.crowd = drawn.map(|()| Rc::new(moving));
        self.crowd.is_some()
    }
}
