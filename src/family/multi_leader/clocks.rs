//! The clocks by which the last writer is found: a physical one, Lamport's, and the hybrid of both.
//!
//! Each leader keeps all three readings, because each key range may go by another clock. Physical clocks may be ahead or behind, and nothing
//! corrects them; the other two learn from every update that arrives (Lamport 1978; Kulkarni et al. 2014), see [`Clock`].

use crate::time::{LocalClock, SimTime};
use crate::version::{Actor, Clock};

/// Which clock tells the last writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The clock of the leader's machine, with its skew.
    Physical,
    /// A counter that every message sets past its sender's.
    Lamport,
    /// Physical time, corrected by what messages say.
    Hybrid,
}

/// The clocks of one leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    actor: Actor,
    machine: LocalClock,
    /// The last reading of the physical clock that a write got: two writes of one microsecond are told apart by a count.
    physical: Clock,
    lamport: Clock,
    hybrid: Clock,
}

/// The three readings at one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readings {
    physical: Clock,
    lamport: Clock,
    hybrid: Clock,
}

impl Readings {
    /// What a clock of this kind showed.
    #[must_use]
    pub fn of(&self, kind: ClockKind) -> Clock {
        match kind {
            ClockKind::Physical => self.physical,
            ClockKind::Lamport => self.lamport,
            ClockKind::Hybrid => self.hybrid,
        }
    }
}

impl Clocks {
    /// The clocks of a leader on a machine with this clock.
    #[must_use]
    pub fn new(actor: Actor, machine: LocalClock) -> Clocks {
        let zero = Clock { actor, ..Clock::default() };
        Clocks { actor, machine, physical: zero, lamport: zero, hybrid: zero }
    }

    /// The readings for a write of its own.
    #[must_use]
    pub fn tick(&mut self, now: SimTime) -> Readings {
        let time = self.machine.at(now).0;
        let first = Clock { time, count: 0, actor: self.actor };
        self.physical = if self.physical.time == time { self.physical.tick(0) } else { first };
        self.lamport = self.lamport.tick(0);
        self.hybrid = self.hybrid.tick(time);
        Readings { physical: self.physical, lamport: self.lamport, hybrid: self.hybrid }
    }

    /// An update of another leader has arrived.
    pub fn hear(&mut self, readings: &Readings, now: SimTime) {
        self.lamport = self.lamport.receive(readings.lamport, 0);
        self.hybrid = self.hybrid.receive(readings.hybrid, self.machine.at(now).0);
    }

    /// What the machine's clock shows.
    #[must_use]
    pub fn machine(&self) -> LocalClock {
        self.machine
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Offset;
    use std::cmp::Ordering;

    /// Leader 1 is 5 s behind, has seen the write of leader 0, and writes after it.
    #[test]
    fn only_the_physical_clock_puts_a_later_write_first() {
        let mut ahead = Clocks::new(Actor(0), LocalClock::TRUE);
        let mut behind = Clocks::new(Actor(1), LocalClock { fast: 0, offset: Offset(-5_000_000) });
        let first = ahead.tick(SimTime(10_000_000));
        behind.hear(&first, SimTime(10_100_000));
        let second = behind.tick(SimTime(10_200_000));
        let order = |kind| first.of(kind).compare(&second.of(kind));
        assert_eq!(order(ClockKind::Physical), Ordering::Greater, "the later write loses");
        assert_eq!((order(ClockKind::Lamport), order(ClockKind::Hybrid)), (Ordering::Less, Ordering::Less));
    }

    #[test]
    fn two_writes_of_one_moment_have_different_readings() {
        let mut clocks = Clocks::new(Actor(0), LocalClock::TRUE);
        let (one, next) = (clocks.tick(SimTime(7)), clocks.tick(SimTime(7)));
        for kind in [ClockKind::Physical, ClockKind::Lamport, ClockKind::Hybrid] {
            assert_eq!(one.of(kind).compare(&next.of(kind)), Ordering::Less, "{kind:?}");
        }
    }
}
