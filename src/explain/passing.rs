//! How updates went from replica to replica, and why one had not come to a replica by a certain moment.
//!
//! An update reaches a replica from a neighbour that has it, in a message with everything that the neighbour's log has had since the last one. So
//! a message carries an update if the first one that it names stands at or before it in the sender's log, and the sender had it by then.
//! Where no message to the replica carries it, the question is asked of the neighbours: the way is followed back to where it ends.

use super::index::{Fate, Index};
use crate::family::multi_leader::{Fact, Label};
use crate::log::OpId;
use crate::network::{Loss, NodeId};
use crate::run::Run;
use crate::scenario::LeadersPlan;
use crate::time::SimTime;

/// What one replica did with updates, by place in the record.
#[derive(Clone, Debug, Default)]
struct Line {
    /// Its log: the updates that it took or applied, in order.
    log: Vec<(u32, OpId)>,
    /// Messages with updates to it: where each was sent, by whom, and the first update.
    sent: Vec<(u32, NodeId, OpId)>,
    /// Updates that it keeps back.
    kept: Vec<(u32, OpId)>,
    /// Updates that changed nothing, because the row was not there.
    vain: Vec<(u32, OpId)>,
    /// To whom an operator connected it.
    connected: Vec<(u32, NodeId)>,
}

/// What replicas of groups with several leaders did with updates.
#[derive(Clone, Debug, Default)]
pub(super) struct Passing(Vec<Line>);

/// Where on its way an update was that a replica had not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// In a message of this neighbour that was sent then, of which this had become.
    Sent(NodeId, SimTime, Fate),
    /// At the replica, which keeps it back since then.
    Kept(SimTime),
    /// At the replica, which cannot use a message of this neighbour before an earlier one has come.
    Early(NodeId),
    /// At this neighbour, which sends nothing new to a replica that does not answer.
    Waits(NodeId),
    /// With nobody who would pass it on to the replica.
    Nowhere,
}

impl Passing {
    pub(super) fn of_nodes(nodes: usize) -> Passing {
        Passing(vec![Line::default(); nodes])
    }

    /// Takes note of a message.
    pub(super) fn sent(&mut self, here: u32, (src, dst): (NodeId, NodeId), label: Label) {
        if let Label::Updates(first, _) = label {
            self.0[dst.index()].sent.push((here, src, first));
        }
    }

    /// Takes note of what a replica noted.
    pub(super) fn noted(&mut self, here: u32, node: NodeId, fact: Fact) {
        let line = &mut self.0[node.index()];
        match fact {
            Fact::Took(op, _) | Fact::Applied(op, _) => line.log.push((here, op)),
            Fact::Buffered(op) => line.kept.push((here, op)),
            Fact::RowMissing(op) => line.vain.push((here, op)),
            Fact::Connected(other) => line.connected.push((here, other)),
            Fact::Conflict(..)
            | Fact::Dropped(..)
            | Fact::Again(_)
            | Fact::Rebased(_)
            | Fact::Joined(_)
            | Fact::LeftBeside(_)
            | Fact::Wrote(..)
            | Fact::Parked(_)
            | Fact::IsHome(_)
            | Fact::HomeMoved(..)
            | Fact::AppliedTwice(_)
            | Fact::WithoutCause(_)
            | Fact::LawBroken(..)
            | Fact::TurnedTo(_) => {}
        }
    }

    /// Where a replica applied an update, if it had before this place.
    pub(super) fn applied(&self, node: NodeId, op: OpId, before: usize) -> Option<usize> {
        place(&self.0[node.index()].log, op, before)
    }

    /// Where a replica changed nothing by an update, if it had before this place.
    pub(super) fn in_vain(&self, node: NodeId, op: OpId, before: usize) -> Option<usize> {
        place(&self.0[node.index()].vain, op, before)
    }

    /// The replica on the way of an update that had not applied it before this place, and why; the replica itself, if the way ends there.
    pub(super) fn missing(&self, run: &Run, index: &Index, node: NodeId, op: OpId, before: usize) -> (NodeId, Missing) {
        let search = Search { passing: self, run, index, op, before };
        let mut visited = Vec::new();
        search.at(node, &mut visited).unwrap_or((node, Missing::Nowhere))
    }

    /// Whether a message, sent here by a replica and naming this update first, carries another one.
    fn carries(&self, (here, src, first): (u32, NodeId, OpId), op: OpId) -> bool {
        let log = &self.0[src.index()].log;
        let of = |op: OpId| log.iter().position(|(_, known)| *known == op);
        matches!((of(first), of(op)), (Some(start), Some(place)) if start <= place && log[place].0 < here)
    }
}

fn place(of: &[(u32, OpId)], op: OpId, before: usize) -> Option<usize> {
    of.iter().find(|(_, known)| *known == op).map(|(here, _)| *here as usize).filter(|here| *here < before)
}

/// The search for one update.
struct Search<'a> {
    passing: &'a Passing,
    run: &'a Run,
    index: &'a Index,
    op: OpId,
    before: usize,
}

impl Search<'_> {
    fn at(&self, node: NodeId, visited: &mut Vec<NodeId>) -> Option<(NodeId, Missing)> {
        visited.push(node);
        let line = &self.passing.0[node.index()];
        let at = |place: usize| self.run.trace.records.get(place).map(|record| record.at);
        if let Some(kept) = place(&line.kept, self.op, self.before) {
            return Some((node, Missing::Kept(at(kept)?)));
        }
        let mut found = None;
        for message in line.sent.iter().filter(|message| (message.0 as usize) < self.before) {
            if !self.passing.carries(*message, self.op) {
                continue;
            }
            let (here, src, _) = *message;
            let Some(fate) = self.index.fate(self.run, here as usize, self.before) else { continue };
            let now = match fate {
                Fate::Arrived(_) => Missing::Early(src),
                Fate::UnderWay(_) | Fate::Held(_) | Fate::Lost(..) => Missing::Sent(src, at(here as usize)?, fate),
            };
            // What may still come says more than what was lost before.
            if found.is_none_or(|old| nearness(old) <= nearness(now)) {
                found = Some(now);
            }
        }
        if let Some(found) = found {
            return Some((node, found));
        }
        let sources = self.sources(node);
        if let Some(has) = sources.iter().find(|source| self.passing.applied(**source, self.op, self.before).is_some()) {
            return Some((node, Missing::Waits(*has)));
        }
        let next = sources.into_iter().filter(|source| !visited.contains(source)).collect::<Vec<_>>();
        next.into_iter().find_map(|source| self.at(source, visited))
    }

    /// Who would pass the update on to a replica.
    fn sources(&self, node: NodeId) -> Vec<NodeId> {
        let several: Vec<&LeadersPlan> = self.run.plan.groups.iter().filter_map(|group| group.several.as_ref()).collect();
        let taker = self.run.trace.ops.get(self.op.index()).and_then(|op| op.end).and_then(|end| end.replica);
        let mut sources = Vec::new();
        for plan in several {
            for ((leader, followers), neighbours) in plan.leaders.iter().zip(&plan.neighbours) {
                let relays = plan.relays || taker.is_none_or(|taker| taker == *leader);
                let connected = self.passing.0[leader.index()].connected.iter();
                let by_hand = connected.into_iter().any(|(here, to)| *to == node && (*here as usize) < self.before);
                if followers.contains(&node) || by_hand || (relays && neighbours.contains(&node)) {
                    sources.push(*leader);
                }
            }
        }
        sources
    }
}

/// How much what became of a message says of why its update is not there.
fn nearness(missing: Missing) -> u8 {
    match missing {
        Missing::Sent(_, _, Fate::UnderWay(_)) => 3,
        Missing::Sent(_, _, Fate::Held(_)) => 2,
        Missing::Sent(_, _, Fate::Lost(_, Loss::Chance | Loss::Cut | Loss::Down)) => 1,
        Missing::Sent(_, _, Fate::Arrived(_)) | Missing::Kept(_) | Missing::Early(_) | Missing::Waits(_) | Missing::Nowhere => 0,
    }
}
