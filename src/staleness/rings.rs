//! How many updates the nodes of a ring lack, over the whole run.
//!
//! A node is behind in the keys that it is a replica of: it lacks an update that was acknowledged, if it has neither taken it in nor one that
//! came after it. No other node need hold it; a hint for it does not count. Whose key it is, is said by the ring as it is at the end.

use super::chart::{LagLine, Tracker};
use crate::family;
use crate::family::leaderless::Fact;
use crate::log::OpId;
use crate::network::NodeId;
use crate::operation::Outcome;
use crate::run::Run;
use crate::trace::What;

/// What one node lacks, and what it has taken in or put aside.
#[derive(Clone, Default)]
struct Held {
    lacks: Vec<OpId>,
    decided: Vec<OpId>,
}

/// The lag of all nodes of rings, each in a bin of this width.
pub(super) fn lines(run: &Run, width: u64) -> Vec<LagLine> {
    let history = run.history();
    let homes = homes(run);
    let mut trackers: Vec<Tracker> = (0..run.plan.replicas).map(|index| Tracker::of(run, index)).collect();
    let mut held = vec![Held::default(); run.plan.replicas];
    let mut acknowledged = Vec::new();
    let comes_after = |later: OpId, earlier: OpId| {
        later == earlier || history.happened_before(&run.trace.ops[earlier.index()], &run.trace.ops[later.index()])
    };
    for record in &run.trace.records {
        match record.what() {
            What::Completed(op) => {
                let write = run.trace.ops[op.index()];
                if !write.is_write() || !matches!(write.end.map(|end| end.outcome), Some(Outcome::Stamped { .. })) {
                    continue;
                }
                acknowledged.push(op);
                for home in homes.get(write.key.0 as usize).into_iter().flatten() {
                    let node = &mut held[home.index()];
                    if !node.decided.iter().any(|other| comes_after(*other, op)) {
                        node.lacks.push(op);
                        trackers[home.index()].set(record.at, node.lacks.len() as u64, width);
                    }
                }
            }
            What::Noted(at, family::Fact::Leaderless(_, Fact::Stored(op) | Fact::Dropped(op, _))) => {
                // A client that coordinates its requests drops versions too.
                let Some(node) = held.get_mut(at.index()) else { continue };
                // Who takes in what is older has lost what came after it: a tombstone, for example, that was collected.
                let gone = |later: &OpId| *later != op && comes_after(*later, op);
                node.lacks.extend(node.decided.iter().copied().filter(|later| gone(later) && acknowledged.contains(later)));
                node.decided.retain(|later| !gone(later));
                node.decided.push(op);
                node.lacks.retain(|lacked| !comes_after(op, *lacked));
                trackers[at.index()].set(record.at, node.lacks.len() as u64, width);
            }
            _ => {}
        }
    }
    trackers.into_iter().map(|tracker| tracker.ended(run.until(), width)).collect()
}

/// The replicas of each key.
fn homes(run: &Run) -> Vec<Vec<NodeId>> {
    let of_key = |(key, group): (u32, &family::GroupId)| {
        let mut nodes = run.end.leaderless_replicas().map(|(_, node)| node);
        // A node that has left knows of no replicas any more.
        let member = nodes.find(|node| node.config.group == *group && node.ring.nodes().contains(&node.config.id));
        member.map(|node| node.homes(crate::log::KeyId(key))).unwrap_or_default()
    };
    (0..).zip(&run.plan.key_groups).map(of_key).collect()
}
