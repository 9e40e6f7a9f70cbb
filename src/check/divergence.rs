//! Divergence: two replicas have applied the same entries of the same log, and hold different data.
//!
//! It is permanent: nothing in the log will ever make them equal again, and no read can tell by itself. What finds it is a checksum of
//! all rows, here at every position; for MySQL `pt-table-checksum` computes such sums on demand. A follower is compared with the leader that wrote the
//! entry, and is reported once.

use super::{Evidence, Finding};
use crate::family::GroupId;
use crate::log::OpId;
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::NodeId;
use crate::sorted::Map;
use crate::time::SimTime;

/// What one replica's rows came to when everything up to a position was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// When.
    pub at: SimTime,
    /// The replica's group.
    pub group: GroupId,
    /// The replica.
    pub node: NodeId,
    /// Whether it led the generation of the position.
    pub leads: bool,
    /// The position.
    pub position: Position,
    /// What the rows came to.
    pub sum: u32,
    /// The operation of the entry at that position.
    pub op: OpId,
}

/// Finds every replica that came to differ from its leader, where it first shows.
#[must_use]
pub fn check(sums: &[Checksum]) -> Vec<Finding> {
    let mut all: Map<(GroupId, Epoch, Lsn), Vec<Checksum>> = Map::default();
    let mut reported: Vec<NodeId> = Vec::new();
    let mut findings = Vec::new();
    for seen in sums {
        let others = all.or_insert_with((seen.group, seen.position.epoch, seen.position.lsn), Vec::new);
        for other in others.iter().filter(|other| other.leads != seen.leads && other.sum != seen.sum) {
            let (leader, follower) = if seen.leads { (seen, other) } else { (other, seen) };
            if !reported.contains(&follower.node) {
                reported.push(follower.node);
                let evidence =
                    Evidence::Divergence { write: seen.op, at: seen.position, leader: leader.node, follower: follower.node };
                findings.push(Finding { at: seen.at, evidence });
            }
        }
        others.push(*seen);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(node: u16, lsn: u64, sum: u32) -> Checksum {
        let position = Position { epoch: Epoch(1), lsn: Lsn(lsn) };
        Checksum { at: SimTime(lsn), group: GroupId(0), node: NodeId(node), leads: node == 0, position, sum, op: OpId(1) }
    }

    #[test]
    fn a_follower_is_compared_with_its_leader_and_reported_once() {
        let equal = [seen(0, 1, 7), seen(1, 1, 7), seen(2, 1, 7)];
        assert!(check(&equal).is_empty());
        // The leader may be the last to apply; two followers are not compared with each other.
        let late = [seen(1, 1, 8), seen(2, 1, 7), seen(0, 1, 7), seen(0, 2, 9), seen(1, 2, 10)];
        let found = check(&late);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(matches!(found[0].evidence, Evidence::Divergence { leader: NodeId(0), follower: NodeId(1), .. }));
        assert_eq!(found[0].at, SimTime(1));
    }

    #[test]
    fn the_same_number_in_another_epoch_is_another_position() {
        let mut other = seen(1, 1, 8);
        other.position.epoch = Epoch(2);
        assert!(check(&[seen(0, 1, 7), other]).is_empty());
    }
}
