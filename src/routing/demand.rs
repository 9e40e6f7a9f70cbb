//! Whether a node may answer: its standing against a token, or against a bound. Pure functions.
//!
//! A token is compared by epoch before number, with the switchpoints of the node's history between ([`crate::lsn::barrier`]). A bound in time
//! is met in one of two ways. By the stamp of the last change that was applied: cheap, but it trusts clocks, and an idle leader makes every
//! follower look old. Or by samples: what the leader's position was at a moment of the router's own clock. Who has applied that
//! much misses nothing older than the sample, whatever clocks say, and an idle leader's samples are covered at once. (Closed timestamps of
//! CockroachDB follow the same thought.)

use std::time::Duration;

use super::backend::Standing;
use super::policy::Bound;
use crate::lsn::{Barrier, EpochStart, Position, barrier};

/// How a node stands to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has applied what the token stands for.
    Passed,
    /// It has not, or cannot tell in which epoch it is.
    Behind,
    /// The token is of an earlier epoch than the node's: the node's history has to be known first.
    HistoryNeeded,
    /// The node's history says that a failover discarded what the token stands for; this much of its epoch survived.
    Lost(Position),
}

/// Compares a token with a node. `history` is that of the node's epoch, if it is known.
#[must_use]
pub fn judge(token: Position, standing: &Standing, history: Option<&[EpochStart]>) -> Verdict {
    let here = standing.position;
    if token == Position::ZERO {
        return Verdict::Passed;
    }
    if !standing.epoch_certain || token.epoch > here.epoch {
        return Verdict::Behind;
    }
    if token.epoch == here.epoch {
        return if here.lsn >= token.lsn { Verdict::Passed } else { Verdict::Behind };
    }
    let Some(history) = history else { return Verdict::HistoryNeeded };
    match barrier(token, here.epoch, history, here.lsn) {
        Barrier::Passed => Verdict::Passed,
        Barrier::Behind => Verdict::Behind,
        Barrier::Lost(survived) => Verdict::Lost(survived),
    }
}

/// A place in a log, by the epoch that wrote the entry there, in place of the epoch that the log has reached since. In this form positions
/// of one history are ordered: a node that has heard of epoch 2, but has applied only a part of epoch 1, stands in epoch 1.
#[must_use]
pub fn written_in(history: &[EpochStart], at: Position) -> Position {
    let epoch =
        history.iter().rev().find(|known| known.start <= at.lsn).or(history.first()).map_or(at.epoch, |known| known.epoch);
    Position { epoch, lsn: at.lsn }
}

/// Where the leader stood at a moment of the router's clock, or earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When the leader was asked: before its answer, so that the age of the sample is never taken for less than it is.
    pub asked: Duration,
    /// What it answered.
    pub position: Position,
}

/// Whether a follower lags no more than a bound at the moment `now`, by its own word and by these samples of the leader.
#[must_use]
pub fn within(bound: Bound, standing: &Standing, samples: &[Sample], now: Duration) -> bool {
    let Some(newest) = samples.last() else { return false };
    // On another timeline stamps and numbers are those of other changes.
    if !standing.epoch_certain || standing.position.epoch != newest.position.epoch {
        return false;
    }
    let covered = |sample: &&Sample| judge(sample.position, standing, None) == Verdict::Passed;
    match bound {
        Bound::Time(limit) => {
            standing.applied_age.is_some_and(|age| age <= limit)
                || samples.iter().rev().find(covered).is_some_and(|sample| now.saturating_sub(sample.asked) <= limit)
        }
        Bound::Log(limit) => newest.position.lsn.0.saturating_sub(standing.position.lsn.0) <= limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::{Epoch, Lsn};
    use crate::routing::Role;

    fn at(epoch: u32, lsn: u64) -> Position {
        Position { epoch: Epoch(epoch), lsn: Lsn(lsn) }
    }

    fn follower(epoch: u32, lsn: u64) -> Standing {
        Standing { role: Role::Follower, position: at(epoch, lsn), end: Lsn(lsn), epoch_certain: true, applied_age: None }
    }

    fn sample(second: u64, lsn: u64) -> Sample {
        Sample { asked: Duration::from_secs(second), position: at(1, lsn) }
    }

    #[test]
    fn a_token_is_compared_by_epoch_and_switchpoint_before_its_number() {
        let history = [EpochStart { epoch: Epoch(1), start: Lsn(0) }, EpochStart { epoch: Epoch(2), start: Lsn(501) }];
        for (token, standing, expected) in [
            (at(0, 0), follower(1, 0), Verdict::Passed),
            (at(1, 400), follower(1, 400), Verdict::Passed),
            (at(1, 400), follower(1, 399), Verdict::Behind),
            (at(2, 600), follower(1, 900), Verdict::Behind),
            (at(1, 500), follower(2, 700), Verdict::Passed),
            (at(1, 500), follower(2, 450), Verdict::Behind),
            (at(1, 501), follower(2, 700), Verdict::Lost(at(1, 500))),
            (at(1, 400), Standing { epoch_certain: false, ..follower(1, 900) }, Verdict::Behind),
        ] {
            assert_eq!(judge(token, &standing, Some(&history)), expected, "{token} at {standing:?}");
        }
        assert_eq!(judge(at(1, 501), &follower(2, 700), None), Verdict::HistoryNeeded, "the number alone decides nothing");
    }

    /// Otherwise the later of two tokens could stand for less than the earlier one: epoch 2 and LSN 450 after epoch 1 and LSN 490.
    #[test]
    fn a_place_is_of_the_epoch_that_wrote_it() {
        let history = [EpochStart { epoch: Epoch(1), start: Lsn(0) }, EpochStart { epoch: Epoch(2), start: Lsn(501) }];
        for (lsn, epoch) in [(0, 1), (450, 1), (500, 1), (501, 2), (900, 2)] {
            assert_eq!(written_in(&history, at(2, lsn)), at(epoch, lsn));
        }
        let later = [EpochStart { epoch: Epoch(3), start: Lsn(10) }];
        assert_eq!(written_in(&later, at(3, 4)), at(3, 4), "before all that the history tells");
    }

    #[test]
    fn an_idle_leader_does_not_make_its_followers_old() {
        let old = Some(Duration::from_secs(900));
        let idle = Standing { applied_age: old, ..follower(1, 80) };
        let limit = Bound::Time(Duration::from_secs(2));
        let now = Duration::from_secs(100);
        assert!(within(limit, &idle, &[sample(99, 80)], now), "it has all that the leader had a second ago");
        assert!(!within(limit, &idle, &[sample(90, 80)], now), "what the leader did in ten seconds nobody knows");
        assert!(!within(limit, &idle, &[sample(99, 81)], now), "it lacks something that is 900 seconds old for all it knows");
        assert!(
            within(limit, &idle, &[sample(99, 80), sample(100, 90)], now),
            "an older sample will do as long as it is young enough"
        );
    }

    #[test]
    fn a_stamp_counts_on_the_timeline_of_the_leader_only() {
        let limit = Bound::Time(Duration::from_secs(2));
        let fresh = Standing { applied_age: Some(Duration::from_secs(1)), ..follower(1, 70) };
        let now = Duration::from_secs(100);
        assert!(within(limit, &fresh, &[sample(50, 80)], now));
        let elsewhere = Sample { asked: now, position: at(2, 10) };
        assert!(!within(limit, &fresh, &[elsewhere], now), "it applies fresh changes of a deposed leader");
        assert!(!within(limit, &fresh, &[], now), "no leader is known");
    }

    #[test]
    fn a_bound_in_the_log_counts_from_the_newest_sample() {
        let now = Duration::from_secs(100);
        for (limit, expected) in [(9, false), (10, true), (u64::MAX, true)] {
            assert_eq!(within(Bound::Log(limit), &follower(1, 70), &[sample(1, 70), sample(2, 80)], now), expected, "{limit}");
        }
        assert!(within(Bound::Log(0), &follower(1, 90), &[sample(2, 80)], now), "it may be ahead of an old sample");
    }
}
