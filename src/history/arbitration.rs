//! What decides between two versions of which neither replaced the other, where a reader is shown one of them only.
//!
//! Visibility says what a replica has applied, arbitration what it shows of that (Burckhardt, "Principles of eventual consistency", 2014, chapter
//! 3; Viotti and Vukolić 2016). A replica that has applied a write, and shows another one that does not come after it, is right if the other one
//! wins by the rule of the key; it may be the older one of the two, where clocks are wrong. A write that came before the row which it
//! changes was applied in vain: no rule has decided against it, and what is shown is older.

use std::cmp::Ordering;

use crate::log::KeyId;
use crate::version::{Clock, Dot, Stamp};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arbitration {
    /// Of keys of which the last writer wins: what the clock showed that decides, by update, in order.
    readings: Vec<(Dot, Clock)>,
    /// The keys of which a server decides on the order: what it has not taken yet stands above what it has.
    pub rebased: Vec<KeyId>,
}

impl Arbitration {
    /// Where the last writer wins by these readings, each of another update, and a server decides over these keys.
    #[must_use]
    pub fn new(mut readings: Vec<(Dot, Clock)>, rebased: Vec<KeyId>) -> Arbitration {
        readings.sort_unstable_by_key(|(dot, _)| *dot);
        readings.dedup_by_key(|(dot, _)| *dot);
        Arbitration { readings, rebased }
    }

    /// All readings, in the order of their updates.
    pub fn readings(&self) -> impl Iterator<Item = (Dot, Clock)> + '_ {
        self.readings.iter().copied()
    }

    /// What the clock showed that decides over an update, if one does.
    #[must_use]
    pub fn reading(&self, dot: Dot) -> Option<Clock> {
        self.readings.binary_search_by_key(&dot, |(dot, _)| *dot).ok().map(|place| self.readings[place].1)
    }

    /// Whether a version of a key is shown in the place of another one that it does not come after.
    #[must_use]
    pub fn prefers(&self, key: KeyId, shown: &Stamp, to: &Stamp) -> bool {
        if self.rebased.contains(&key) {
            return !to.covers(shown);
        }
        let reading = |stamp: &Stamp| match stamp {
            Stamp::Dotted(version) => self.reading(version.dot()),
            Stamp::Position(_) | Stamp::Vector(_) | Stamp::Clock(_) => None,
        };
        reading(shown).zip(reading(to)).is_some_and(|(shown, to)| shown.compare(&to) == Ordering::Greater)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::{Actor, DottedVersion, VersionVector};

    fn version(actor: u32, count: u64, past: &[(u32, u64)]) -> Stamp {
        let past = VersionVector::of(past.iter().map(|(actor, count)| (Actor(*actor), *count)));
        Stamp::dotted(DottedVersion::new(Dot { actor: Actor(actor), count }, past).expect("it is new"))
    }

    #[test]
    fn clocks_decide_whatever_came_first_and_a_server_shows_what_is_not_older() {
        let reading = |actor: u32, time| (Dot { actor: Actor(actor), count: 1 }, Clock { time, count: 0, actor: Actor(actor) });
        let (first, second) = (version(0, 1, &[]), version(1, 1, &[(0, 1)]));
        let inverted = Arbitration::new(vec![reading(1, 5), reading(0, 9)], vec![KeyId(7)]);
        assert!(inverted.prefers(KeyId(0), &first, &second) && !inverted.prefers(KeyId(0), &second, &first));
        let apart = version(2, 1, &[]);
        assert!(!inverted.prefers(KeyId(0), &first, &apart), "no clock decides over it");
        assert!(inverted.prefers(KeyId(7), &first, &apart) && !inverted.prefers(KeyId(7), &first, &second));
    }
}
