//! How time passes on the screen: the present moment as a function of the frames that have gone by.

use crate::time::SimTime;

/// The longest gap between two frames that is played, in milliseconds; longer ones (a hidden tab) are dropped.
const GAP_MAX_MS: f64 = 250.0;

/// The speeds on offer: simulated microseconds for each second on the screen, three to a decade.
pub const SPEEDS: [u64; 19] = [
    10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
    5_000_000, 10_000_000,
];

/// A clock over the time of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// The present moment.
    pub now: SimTime,
    /// Whether it runs.
    pub playing: bool,
    /// Simulated microseconds for each second on the screen.
    pub speed: u64,
    /// Whether it stops at findings.
    pub halts: bool,
    /// Simulated microseconds that are not yet a whole one: without them slow speeds would run too fast.
    rest: f64,
}

impl Clock {
    /// A clock that stands. A run takes the better part of a minute on the screen, at a round speed: slow enough to follow a message.
    #[must_use]
    pub fn new(now: SimTime, until: SimTime, halts: bool) -> Clock {
        let target = (until.0 / 40).max(1);
        let speed = SPEEDS.iter().copied().rev().find(|speed| *speed <= target).unwrap_or(SPEEDS[0]);
        Clock { now, playing: false, speed, halts, rest: 0.0 }
    }

    /// Starts it, from the start if it stands at the end; or stops it.
    pub fn toggle(&mut self, until: SimTime) {
        if !self.playing && self.now >= until {
            self.now = SimTime::ZERO;
        }
        self.playing = !self.playing;
    }

    /// Goes to a moment to look at it: the clock stops.
    pub fn stop_at(&mut self, at: SimTime) {
        (self.now, self.playing) = (at, false);
    }

    /// Sets how fast it runs, within reason.
    pub fn set_speed(&mut self, speed: u64) {
        self.speed = speed.clamp(1, 60_000_000);
    }

    /// Lets the time between two frames pass, in milliseconds. It stops at the end of the run, and at the next finding if it is to.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small positive numbers"
    )]
    pub fn advance(&mut self, elapsed_ms: f64, until: SimTime, next_finding: Option<SimTime>) {
        if !self.playing || !elapsed_ms.is_finite() {
            return;
        }
        let us = elapsed_ms.clamp(0.0, GAP_MAX_MS) * self.speed as f64 / 1_000.0 + self.rest;
        self.rest = us.fract();
        self.now = SimTime(self.now.0 + us as u64);
        if let (true, Some(at)) = (self.halts, next_finding.filter(|at| *at <= self.now)) {
            (self.now, self.playing) = (at, false);
        }
        if self.now >= until {
            (self.now, self.playing) = (until, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: SimTime = SimTime(1_000_000);

    fn playing(speed: u64) -> Clock {
        let mut clock = Clock::new(SimTime::ZERO, END, true);
        clock.set_speed(speed);
        clock.toggle(END);
        clock
    }

    #[test]
    fn a_clock_keeps_fractions_and_drops_the_gap_of_a_hidden_tab() {
        let mut clock = playing(10);
        for _ in 0..60 {
            clock.advance(1_000.0 / 60.0, END, None);
        }
        assert!((9..=10).contains(&clock.now.0), "one second at 10 us per second, not {:?}", clock.now);
        clock.advance(1e9, END, None);
        assert!(clock.now.0 <= 13, "a gap is not played: {:?}", clock.now);
        clock.advance(f64::NAN, END, None);
        clock.advance(f64::NEG_INFINITY, END, None);
        assert!(clock.now.0 <= 13);
    }

    #[test]
    fn a_clock_stops_at_a_finding_if_it_is_to_and_at_the_end_always() {
        for (halts, stops) in [(true, SimTime(40_000)), (false, END)] {
            let mut clock = Clock { halts, ..playing(1_000_000) };
            for _ in 0..1_000 {
                clock.advance(16.0, END, Some(SimTime(40_000)).filter(|at| clock.now < *at));
            }
            assert_eq!((clock.now, clock.playing), (stops, false));
        }
    }

    #[test]
    fn going_somewhere_to_look_stops_the_clock_and_playing_at_the_end_begins_again() {
        let mut clock = playing(1_000);
        clock.stop_at(END);
        clock.advance(100.0, END, None);
        assert_eq!((clock.now, clock.playing), (END, false));
        clock.toggle(END);
        assert_eq!((clock.now, clock.playing), (SimTime::ZERO, true));
    }

    #[test]
    fn a_run_takes_the_better_part_of_a_minute() {
        assert_eq!(Clock::new(SimTime::ZERO, SimTime(2_000_000), true).speed, 50_000);
        assert_eq!(Clock::new(SimTime::ZERO, SimTime(1), true).speed, SPEEDS[0]);
        let mut clock = playing(5);
        clock.set_speed(u64::MAX);
        assert_eq!(clock.speed, 60_000_000);
    }
}
