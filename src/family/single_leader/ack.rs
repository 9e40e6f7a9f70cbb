//! When a leader may acknowledge a write: the durability setting of the whole system, as data.
//!
//! "Synchronous" has at least four meanings. Here it is spelled out: which followers, how many of them, and which of their
//! positions must have reached the write. `First` and `Any` are those of PostgreSQL's `synchronous_standby_names`; they count
//! followers only, the leader's own flush is always needed as well. Falling back to asynchronous after a time is MySQL's
//! semi-synchronous replication.

use super::Positions;
use crate::lsn::Lsn;
use crate::network::NodeId;
use crate::time::SimDuration;

/// When a write is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AckRule {
    /// As soon as the leader has flushed it.
    Async,
    /// Once followers have it, too.
    Sync(SyncRule),
}

/// Which followers a synchronous write waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRule {
    /// The followers that may count, in order of priority.
    pub followers: Vec<NodeId>,
    /// How many of them.
    pub k: usize,
    /// Which of them.
    pub selection: Selection,
    /// Which of their positions.
    pub level: AckLevel,
    /// What the leader does when they do not answer.
    pub on_loss: OnSyncLoss,
}

/// Which followers of the list count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The first `k` of the list that are not known to be lost.
    First,
    /// Whichever `k` answer first.
    Any,
}

/// Which position of a follower must have reached the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckLevel {
    /// In the follower's memory (PostgreSQL `remote_write`).
    Received,
    /// On the follower's disk (PostgreSQL `on`).
    Flushed,
    /// Visible to reads at the follower (PostgreSQL `remote_apply`).
    Applied,
}

/// What a leader does when its synchronous followers do not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSyncLoss {
    /// Wait as long as it takes.
    Block,
    /// Stop waiting after this time, until they have caught up. The promise of the synchronous setting is suspended meanwhile.
    FallBackToAsync(SimDuration),
    /// Let the next follower of the list take the place of one that has been silent for this time.
    PromoteNext(SimDuration),
}

impl AckLevel {
    /// The position that counts.
    #[must_use]
    pub fn of(self, positions: Positions) -> Lsn {
        match self {
            AckLevel::Received => positions.received,
            AckLevel::Flushed => positions.flushed,
            AckLevel::Applied => positions.applied,
        }
    }
}

impl AckRule {
    /// Whether a follower is in the list of those that may be waited for.
    #[must_use]
    pub fn waits_for(&self, id: NodeId) -> bool {
        matches!(self, AckRule::Sync(rule) if rule.followers.contains(&id))
    }

    /// The position that the leader has to know of a replica: what its acknowledgements count, or what there is to send again.
    #[must_use]
    pub fn level_for(&self, id: NodeId) -> AckLevel {
        match self {
            AckRule::Sync(rule) if rule.followers.contains(&id) => rule.level,
            AckRule::Async | AckRule::Sync(_) => AckLevel::Received,
        }
    }
}

impl SyncRule {
    /// The last LSN for which the rule holds, given what is known of each follower and which are counted out.
    #[must_use]
    pub fn reached(&self, progress: impl Fn(NodeId) -> Positions, lost: &[NodeId]) -> Lsn {
        match self.selection {
            Selection::First => {
                // With fewer than k left the rule cannot hold at all.
                let (mut least, mut count) = (Lsn(u64::MAX), 0);
                for id in self.followers.iter().filter(|id| !lost.contains(id)).take(self.k) {
                    least = least.min(self.level.of(progress(*id)));
                    count += 1;
                }
                if count == self.k && count > 0 { least } else { Lsn::ZERO }
            }
            Selection::Any => {
                let reached = || self.followers.iter().map(|id| self.level.of(progress(*id)));
                let by_k = |lsn: &Lsn| (1..=reached().filter(|other| other >= lsn).count()).contains(&self.k);
                reached().filter(by_k).max().unwrap_or(Lsn::ZERO)
            }
        }
    }

    /// The followers that are waited for at the moment.
    #[must_use]
    pub fn waited_for(&self, lost: &[NodeId]) -> Vec<NodeId> {
        match self.selection {
            Selection::First => self.followers.iter().copied().filter(|id| !lost.contains(id)).take(self.k).collect(),
            Selection::Any => self.followers.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(selection: Selection, k: usize) -> SyncRule {
        let followers = vec![NodeId(1), NodeId(2), NodeId(3)];
        SyncRule { followers, k, selection, level: AckLevel::Flushed, on_loss: OnSyncLoss::Block }
    }

    /// Followers 1, 2, 3 have flushed up to 5, 9, 7.
    fn flushed(id: NodeId) -> Positions {
        Positions { received: Lsn(10), flushed: Lsn([0, 5, 9, 7][id.index()]), applied: Lsn(1) }
    }

    #[test]
    fn first_k_waits_for_the_slowest_of_the_first_k_and_any_k_for_the_kth_fastest() {
        for (selection, k, expected) in [
            (Selection::First, 1, 5),
            (Selection::First, 2, 5),
            (Selection::Any, 1, 9),
            (Selection::Any, 2, 7),
            (Selection::Any, 3, 5),
            (Selection::Any, 4, 0),
            (Selection::First, 4, 0),
        ] {
            assert_eq!(rule(selection, k).reached(flushed, &[]), Lsn(expected), "{selection:?} {k}");
        }
    }

    #[test]
    fn a_lost_follower_is_replaced_by_the_next_of_the_list() {
        assert_eq!(rule(Selection::First, 1).reached(flushed, &[NodeId(1)]), Lsn(9));
        assert_eq!(rule(Selection::First, 2).reached(flushed, &[NodeId(1)]), Lsn(7));
        assert_eq!(rule(Selection::First, 2).waited_for(&[NodeId(1)]), [NodeId(2), NodeId(3)]);
    }
}
