//! Clocks: Lamport's, and the hybrid of it and of a physical clock.
//!
//! Lamport, "Time, clocks, and the ordering of events in a distributed system", CACM 1978: who receives a message sets its clock past
//! the sender's, so what happened before has the smaller number; ties go by process. Kulkarni, Demirbas, Madappa, Avva and Leone,
//! "Logical physical clocks", OPODIS 2014: the clock follows physical time, and counts only while physical time stands still or is
//! behind. With the time at zero it is Lamport's clock.
//!
//! The converse does not hold: the smaller number need not have happened before. A store in which the last writer wins discards such a
//! write all the same, and a clock that is behind discards even one that came after by its number.

use std::cmp::Ordering;
use std::fmt;

use super::Actor;

/// The reading of a clock at a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Clock {
    /// The largest physical time that is known, in microseconds; zero in a Lamport clock.
    pub time: u64,
    /// Counts what falls on the same time.
    pub count: u32,
    /// Whose clock it is: the tie-break.
    pub actor: Actor,
}

impl Clock {
    /// The next reading of this clock, for an event of its own at this physical time.
    ///
    /// # Panics
    /// If 2^32 events fall on one time.
    #[must_use]
    pub fn tick(self, now: u64) -> Clock {
        if now > self.time { Clock { time: now, count: 0, ..self } } else { Clock { count: self.one_more(), ..self } }
    }

    /// The next reading of this clock, when a message with another reading arrives at this physical time.
    ///
    /// # Panics
    /// If 2^32 events fall on one time.
    #[must_use]
    pub fn receive(self, other: Clock, now: u64) -> Clock {
        let ahead = if (other.time, other.count) > (self.time, self.count) { other } else { self };
        Clock { actor: self.actor, ..ahead }.tick(now)
    }

    /// Which reading is the smaller: by time, by count, and then by actor.
    #[must_use]
    pub fn compare(&self, other: &Clock) -> Ordering {
        (self.time, self.count, self.actor).cmp(&(other.time, other.count, other.actor))
    }

    /// The later of two readings: the one that wins.
    #[must_use]
    pub fn later(self, other: Clock) -> Clock {
        if self.compare(&other) == Ordering::Less { other } else { self }
    }

    fn one_more(self) -> u32 {
        self.count
            .checked_add(1)
            .unwrap_or_else(|| panic!("the clock of actor {} has counted 2^32 events at {}", self.actor, self.time))
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}@{}", self.time, self.count, self.actor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn clock(actor: u32) -> Clock {
        Clock { actor: Actor(actor), ..Clock::default() }
    }

    #[test]
    fn with_the_time_at_zero_it_is_lamports() {
        let (a, b) = (clock(0).tick(0), clock(1).tick(0));
        assert_eq!((a.count, b.count), (1, 1));
        assert_eq!(a.compare(&b), Ordering::Less, "a tie goes by actor, and says nothing of what happened before");
        let received = a.receive(b.tick(0).tick(0), 0);
        assert_eq!((received.count, received.actor), (4, Actor(0)));
    }

    #[test]
    fn a_clock_that_is_behind_follows_what_it_hears_of() {
        let fast = clock(0).tick(900);
        let slow = clock(1).tick(100);
        let heard = slow.receive(fast, 110);
        assert_eq!((heard.time, heard.count), (900, 1), "else the answer would be older than the question");
        assert_eq!((heard.tick(111).count, heard.tick(901)), (2, Clock { time: 901, count: 0, actor: Actor(1) }));
    }

    /// The two properties of the paper, on random runs: what happened before is smaller, and the clock is no further ahead of physical
    /// time than the clocks are apart.
    #[test]
    fn what_happened_before_is_smaller_and_time_does_not_run_away() {
        const APART: u64 = 20;
        for seed in 0..200 {
            let mut rng = Rng::keyed(seed, &[0xC10C]);
            let skews: Vec<u64> = (0..3).map(|_| rng.below(APART)).collect();
            let mut clocks: Vec<Clock> = (0..3).map(clock).collect();
            let mut wires: Vec<Clock> = Vec::new();
            let mut time = 0;
            for _ in 0..100 {
                time += rng.below(3);
                let node = usize::try_from(rng.below(3)).expect("small");
                let (now, before) = (time + skews[node], clocks[node]);
                if wires.is_empty() || rng.below(2) == 0 {
                    clocks[node] = before.tick(now);
                    wires.push(clocks[node]);
                } else {
                    let sent = wires.swap_remove(usize::try_from(rng.below(wires.len() as u64)).expect("small"));
                    clocks[node] = before.receive(sent, now);
                    assert_eq!(sent.compare(&clocks[node]), Ordering::Less, "seed {seed}");
                }
                assert_eq!(before.compare(&clocks[node]), Ordering::Less, "seed {seed}");
                assert!(clocks[node].time >= now && clocks[node].time <= time + APART, "seed {seed}: {} at {now}", clocks[node]);
            }
        }
    }
}
