//! What a router remembers: who leads, who could not be reached, the histories of epochs, and samples of the leader's position.
//!
//! Nothing here is needed for a right answer; it saves questions. What matters is asked of the nodes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::demand::Sample;
use crate::lsn::{Epoch, EpochStart, Position};

/// How many samples of the leader are kept.
const SAMPLES_MAX: usize = 32;
/// How many histories are kept: each failover makes one.
const HISTORIES_MAX: usize = 64;

/// What a router remembers.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Who led when the router last looked.
    pub(super) leader: Option<(usize, Epoch)>,
    /// The newest samples of the leader, the oldest first.
    pub(super) samples: Vec<Sample>,
    histories: BTreeMap<Epoch, Arc<[EpochStart]>>,
    /// Until when nodes are left out, where others will do.
    left_out: BTreeMap<usize, Duration>,
    /// Where the next round of followers begins.
    turn: usize,
}

impl View {
    /// The followers among so many nodes, in the order in which to ask them: each in turn, and last those that are left out.
    pub(super) fn followers(&mut self, nodes: usize, now: Duration) -> Vec<usize> {
        self.left_out.retain(|_, until| *until > now);
        let leader = self.leader.map(|(node, _)| node);
        let mut found: Vec<usize> = (0..nodes).filter(|node| Some(*node) != leader).collect();
        if !found.is_empty() {
            let first = self.turn % found.len();
            found.rotate_left(first);
            self.turn = self.turn.wrapping_add(1);
        }
        found.sort_by_key(|node| self.left_out.contains_key(node));
        found
    }

    /// A node could not be reached.
    pub(super) fn leave_out(&mut self, node: usize, until: Duration) {
        self.left_out.insert(node, until);
    }

    /// A node leads; whether that is news.
    pub(super) fn leads(&mut self, node: usize, epoch: Epoch) -> bool {
        self.left_out.remove(&node);
        let news = self.leader != Some((node, epoch));
        if news {
            self.samples.clear();
        }
        self.leader = Some((node, epoch));
        news
    }

    /// A node does not lead, or cannot be asked.
    pub(super) fn forget_leader(&mut self, node: usize) {
        if self.leader.is_some_and(|(leader, _)| leader == node) {
            self.leader = None;
        }
    }

    /// The leader said where it stands.
    pub(super) fn sample(&mut self, asked: Duration, position: Position) {
        // Answers of two questions may arrive in the other order; what is kept only grows.
        if self.samples.last().is_some_and(|last| last.asked > asked || last.position > position) {
            return;
        }
        if self.samples.len() == SAMPLES_MAX {
            self.samples.remove(0);
        }
        self.samples.push(Sample { asked, position });
    }

    /// The history of an epoch, if it is remembered.
    pub(super) fn history(&self, epoch: Epoch) -> Option<Arc<[EpochStart]>> {
        self.histories.get(&epoch).cloned()
    }

    /// Remembers the history of an epoch, which never changes.
    pub(super) fn keep_history(&mut self, epoch: Epoch, history: Arc<[EpochStart]>) {
        self.histories.insert(epoch, history);
        if self.histories.len() > HISTORIES_MAX {
            self.histories.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsn::Lsn;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn followers_take_turns_and_the_unreachable_come_last() {
        let mut view = View::default();
        assert!(view.leads(1, Epoch(1)) && !view.leads(1, Epoch(1)));
        let orders: Vec<Vec<usize>> = (0..3).map(|_| view.followers(4, SECOND)).collect();
        assert_eq!(orders, [[0, 2, 3], [2, 3, 0], [3, 0, 2]]);
        view.leave_out(2, SECOND * 9);
        let orders: Vec<Vec<usize>> = (0..3).map(|_| view.followers(4, SECOND)).collect();
        assert_eq!(orders, [[0, 3, 2], [3, 0, 2], [3, 0, 2]]);
        assert_eq!(view.followers(4, SECOND * 9), [0, 2, 3], "its time is over");
        assert_eq!(view.followers(1, SECOND), [0], "whoever is alone and does not lead follows");
        view.forget_leader(0);
        assert_eq!(view.leader, Some((1, Epoch(1))), "another node was forgotten");
    }

    #[test]
    fn samples_grow_and_are_few() {
        let mut view = View::default();
        let at = |lsn| Position { epoch: Epoch(1), lsn: Lsn(lsn) };
        for second in 1..=40 {
            view.sample(SECOND * second, at(u64::from(second)));
        }
        view.sample(SECOND * 39, at(41));
        view.sample(SECOND * 41, at(39));
        assert_eq!(view.samples.len(), SAMPLES_MAX);
        assert_eq!(view.samples.last(), Some(&Sample { asked: SECOND * 40, position: at(40) }));
    }
}
