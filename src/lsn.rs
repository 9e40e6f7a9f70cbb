//! Positions in a replicated log: epoch, log sequence number, and the pair of both.
//!
//! A number alone does not name an entry: after a failover the new leader hands out again the numbers of the entries that were
//! lost. The pair `(epoch, lsn)` does (PostgreSQL: timeline and LSN; Raft: term and index). `switchpoint` is the last LSN of an
//! epoch that survived into the next one (PostgreSQL's timeline history file).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A log sequence number: the place of an entry in one log. Dense, counted from 1; 0 is "nothing yet".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Lsn(pub u64);

impl Lsn {
    /// Before the first entry.
    pub const ZERO: Lsn = Lsn(0);

    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Lsn {
        Lsn(self.0 + 1)
    }

    /// The number before this one; zero stays zero.
    #[must_use]
    pub fn prev(self) -> Lsn {
        Lsn(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The generation of a leader: it grows by one with each promotion, and by nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A place in the log of a group that stays unambiguous across failovers. Ordered by epoch first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The leader generation that wrote the entry.
    pub epoch: Epoch,
    /// The entry's number.
    pub lsn: Lsn,
}

impl Position {
    /// Before everything.
    pub const ZERO: Position = Position { epoch: Epoch(0), lsn: Lsn(0) };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.lsn)
    }
}

/// The first LSN that an epoch wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: Epoch,
    /// Its first LSN.
    pub start: Lsn,
}

/// The last LSN of `epoch` that survived into the next epoch of `history`; `None` while `epoch` is the newest one.
///
/// An epoch that `history` does not know has no survivors beyond what the epochs before it hold.
#[must_use]
pub fn switchpoint(history: &[EpochStart], epoch: Epoch) -> Option<Lsn> {
    history.iter().find(|s| s.epoch > epoch).map(|s| s.start.prev())
}

/// How much of a log that ends at `last` and grew through `mine` is also part of the log that grew through `theirs`.
///
/// Each epoch has one leader, so two logs that agree on where an epoch starts agree on all entries of it that both hold.
#[must_use]
pub fn shared_prefix(mine: &[EpochStart], last: Lsn, theirs: &[EpochStart]) -> Lsn {
    let mut end = last;
    for known in mine.iter().rev() {
        if known.start > end {
            continue;
        }
        if theirs.contains(known) {
            return switchpoint(theirs, known.epoch).map_or(end, |survived| end.min(survived));
        }
        end = known.start.prev();
    }
    end
}

/// How a replica stands to a session's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// It has applied what the token stands for.
    Passed,
    /// It has not applied it yet.
    Behind,
    /// A failover discarded what the token stands for; only what is named here survived of the token's epoch.
    Lost(Position),
}

/// Compares a token with a replica in `epoch`, whose log grew through `history` and is applied up to `applied`.
///
/// Comparing the numbers alone is the classic mistake: after a failover the new leader reaches the token's number with other
/// entries, and the token passes although the write is gone (PostgreSQL documents this of its `WAIT FOR LSN`).
#[must_use]
pub fn barrier(token: Position, epoch: Epoch, history: &[EpochStart], applied: Lsn) -> Barrier {
    if token.epoch > epoch {
        return Barrier::Behind;
    }
    // Two promotions apart from each other: the log may hold the token's number without ever having held its epoch.
    let known = token == Position::ZERO || history.iter().any(|start| start.epoch == token.epoch);
    match switchpoint(history, token.epoch) {
        Some(before) if !known => Barrier::Lost(Position { epoch: token.epoch, lsn: before.min(token.lsn.prev()) }),
        Some(survived) if token.lsn > survived => Barrier::Lost(Position { epoch: token.epoch, lsn: survived }),
        _ if applied >= token.lsn => Barrier::Passed,
        _ => Barrier::Behind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(starts: &[(u32, u64)]) -> Vec<EpochStart> {
        starts.iter().map(|&(epoch, start)| EpochStart { epoch: Epoch(epoch), start: Lsn(start) }).collect()
    }

    #[test]
    fn a_tail_beyond_the_switchpoint_is_not_shared() {
        let old = history(&[(1, 1)]);
        let new = history(&[(1, 1), (2, 6), (3, 8)]);
        for (last, shared) in [(0, 0), (4, 4), (5, 5), (6, 5), (10, 5)] {
            assert_eq!(shared_prefix(&old, Lsn(last), &new), Lsn(shared), "last {last}");
        }
        let middle = history(&[(1, 1), (2, 6)]);
        assert_eq!(shared_prefix(&middle, Lsn(9), &new), Lsn(7));
        assert_eq!(shared_prefix(&new, Lsn(9), &new), Lsn(9));
    }

    #[test]
    fn an_epoch_the_other_side_never_saw_is_not_shared() {
        let mine = history(&[(1, 1), (2, 4)]);
        let theirs = history(&[(1, 1), (3, 3)]);
        assert_eq!(shared_prefix(&mine, Lsn(9), &theirs), Lsn(2));
    }

    #[test]
    fn the_newest_epoch_has_no_switchpoint_yet() {
        let starts = history(&[(1, 1), (2, 6)]);
        assert_eq!(switchpoint(&starts, Epoch(1)), Some(Lsn(5)));
        assert_eq!(switchpoint(&starts, Epoch(2)), None);
    }

    #[test]
    fn a_token_whose_write_was_discarded_is_lost_although_its_number_is_reached() {
        let starts = history(&[(1, 1), (2, 6)]);
        let at = |epoch, lsn| Position { epoch: Epoch(epoch), lsn: Lsn(lsn) };
        for (token, epoch, applied, expected) in [
            (at(1, 5), 1, 5, Barrier::Passed),
            (at(1, 5), 1, 4, Barrier::Behind),
            (at(1, 5), 2, 9, Barrier::Passed),
            (at(1, 5), 2, 4, Barrier::Behind),
            (at(1, 6), 2, 9, Barrier::Lost(at(1, 5))),
            (at(2, 6), 1, 9, Barrier::Behind),
            (at(0, 0), 1, 0, Barrier::Passed),
        ] {
            let known = if epoch == 1 { &starts[..1] } else { &starts[..] };
            assert_eq!(
                barrier(token, Epoch(epoch), known, Lsn(applied)),
                expected,
                "{token} at epoch {epoch}, applied {applied}"
            );
        }
    }

    #[test]
    fn a_token_of_an_epoch_that_the_log_never_saw_is_lost() {
        let starts = history(&[(1, 1), (2, 3), (4, 7)]);
        let token = Position { epoch: Epoch(3), lsn: Lsn(5) };
        assert!(matches!(barrier(token, Epoch(4), &starts, Lsn(8)), Barrier::Lost(_)), "entry 5 is one of epoch 2");
    }

    #[test]
    fn positions_compare_by_epoch_before_number() {
        let at = |epoch, lsn| Position { epoch: Epoch(epoch), lsn: Lsn(lsn) };
        assert!(at(2, 1) > at(1, 99), "an old leader with a long tail has the bigger number and the older position");
    }
}
