//! Versions as people write them: `{a:2, b:1}`, with the names of those who count.
//!
//! A version vector is written as in Parker et al. 1983 and in Kleppmann and Riccomini; a dotted version as its dot, and behind it what its
//! writer had seen, after Preguiça et al. 2010; a clock as in Kulkarni et al. 2014, with whose it is. A position is written as the log has it.

use std::fmt;

use super::{Actor, Clock, DottedVersion, Stamp, VersionVector};

/// A stamp with the names of its actors, by number; one without a name is its number.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    stamp: &'a Stamp,
    actors: &'a [String],
}

impl Stamp {
    /// The stamp as people write it, with these names of its actors.
    #[must_use]
    pub fn written<'a>(&'a self, actors: &'a [String]) -> Written<'a> {
        Written { stamp: self, actors }
    }
}

/// The name of an actor.
#[must_use]
pub fn actor_name(actors: &[String], actor: Actor) -> String {
    actors.get(actor.0 as usize).cloned().unwrap_or_else(|| actor.to_string())
}

impl Written<'_> {
    fn name(&self, actor: Actor) -> String {
        actor_name(self.actors, actor)
    }

    fn vector(&self, f: &mut fmt::Formatter<'_>, vector: &VersionVector) -> fmt::Result {
        f.write_str("{")?;
        for (place, (actor, count)) in vector.entries().enumerate() {
            write!(f, "{}{}:{count}", if place > 0 { ", " } else { "" }, self.name(actor))?;
        }
        f.write_str("}")
    }

    fn dotted(&self, f: &mut fmt::Formatter<'_>, version: &DottedVersion) -> fmt::Result {
        let dot = version.dot();
        write!(f, "{}:{}", self.name(dot.actor), dot.count)?;
        if version.past().is_empty() {
            return Ok(());
        }
        f.write_str(" after ")?;
        self.vector(f, version.past())
    }

    /// A Lamport clock is its count; a hybrid one the time, and the count if several writes fell on it.
    fn clock(&self, f: &mut fmt::Formatter<'_>, clock: &Clock) -> fmt::Result {
        match (clock.time, clock.count) {
            (0, count) => write!(f, "{count}")?,
            (time, 0) => write!(f, "{time} µs")?,
            (time, count) => write!(f, "{time} µs + {count}")?,
        }
        write!(f, " by the clock of {}", self.name(clock.actor))
    }
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stamp {
            Stamp::Position(at) => write!(f, "LSN {} of epoch {}", at.lsn, at.epoch),
            Stamp::Vector(vector) => self.vector(f, vector),
            Stamp::Dotted(version) => self.dotted(f, version),
            Stamp::Clock(clock) => self.clock(f, clock),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Epoch, Lsn, Position};
    use crate::version::Dot;

    #[test]
    fn versions_are_written_as_people_write_them() {
        let names = ["a", "b"].map(str::to_owned);
        let vector = |counters: &[(u32, u64)]| VersionVector::of(counters.iter().map(|(actor, count)| (Actor(*actor), *count)));
        let dotted = |dot: (u32, u64), past: &[(u32, u64)]| {
            let dot = Dot { actor: Actor(dot.0), count: dot.1 };
            Stamp::dotted(DottedVersion::new(dot, vector(past)).expect("the dot is new"))
        };
        let clock = |time, count, actor| Stamp::Clock(Clock { time, count, actor: Actor(actor) });
        for (stamp, text) in [
            (Stamp::vector(vector(&[(0, 2), (1, 1)])), "{a:2, b:1}"),
            (Stamp::vector(vector(&[(1, 1), (7, 3)])), "{b:1, 7:3}"),
            (Stamp::vector(vector(&[])), "{}"),
            (dotted((0, 1), &[]), "a:1"),
            (dotted((1, 3), &[(0, 2), (1, 1)]), "b:3 after {a:2, b:1}"),
            (clock(0, 5, 1), "5 by the clock of b"),
            (clock(20, 0, 0), "20 µs by the clock of a"),
            (clock(20, 2, 0), "20 µs + 2 by the clock of a"),
            (Stamp::Position(Position { epoch: Epoch(1), lsn: Lsn(4) }), "LSN 4 of epoch 1"),
        ] {
            assert_eq!(stamp.written(&names).to_string(), text);
        }
    }
}
