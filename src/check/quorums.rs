//! What only quorums bring about: failed writes that are seen after all, false siblings, and hints that nobody hands off any more.
//!
//! A write that too few replicas take has failed and is not taken back, so that a later read may show it, or not (Kleppmann and Riccomini,
//! chapter 6, "Limitations of quorum consistency"). Versions that a read returns side by side should be concurrent; where a vector has forgotten
//! a client, one of them may come before the other (DeCandia et al. 2007, section 4.4). A hint is on one node only.

use super::{Evidence, Finding, Survival};
use crate::family::MultiLeaderIncluded;
use crate::history::History;
use crate::log::OpId;
use crate::network::NodeId;
use crate::operation::{Outcome, Reason};

/// A hint that was lost with the node that kept it, of a write of which nothing else is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostHint {
    /// The write.
    pub write: OpId,
    /// Who kept it.
    pub holder: NodeId,
    /// For whom.
    pub owner: NodeId,
}

/// Finds the reads that returned a write after its client had been told that it failed: for each such write the first.
#[must_use]
pub fn failed_writes(included: MultiLeaderIncluded, history: &History<'_>) -> Vec<Finding> {
    let mut known: Vec<OpId> = Vec::new();
    let mut findings = Vec::new();
    for read in history.ops {
        let (Some(end), Some(returned)) = (read.end, history.returned(read)) else { continue };
        for sibling in returned.siblings().iter().filter(|sibling| !known.contains(&sibling.op)) {
            let write = history.ops.get(sibling.op.index());
            let failed = write.and_then(|write| write.end);
            if failed.is_some_and(|failed| failed.outcome == Outcome::Indeterminate(Reason::TooFewAnswers) && failed.at <= end.at)
            {
                findings.push((end.at, sibling.op, read.id));
            }
        }
        known.extend(findings.iter().map(|(_, write, _)| *write).filter(|write| !known.contains(write)).collect::<Vec<_>>());
    }
    let found = |(at, write, read)| Finding { at, evidence: Evidence::FailedWriteVisible { included, write, read } };
    findings.into_iter().map(found).collect()
}

/// Finds the reads that returned a version beside one that had seen it: for each pair of writes the first.
#[must_use]
pub fn false_siblings(included: MultiLeaderIncluded, history: &History<'_>) -> Vec<Finding> {
    let mut known: Vec<(OpId, OpId)> = Vec::new();
    let mut findings = Vec::new();
    for read in history.ops {
        let (Some(end), Some(returned)) = (read.end, history.returned(read)) else { continue };
        let siblings = returned.siblings();
        let pairs = siblings.iter().flat_map(|old| siblings.iter().map(move |new| (old, new)));
        for (old, new) in pairs.filter(|(old, new)| old.op != new.op && new.stamp.covers(&old.stamp)) {
            if !known.contains(&(old.op, new.op)) {
                known.push((old.op, new.op));
                findings.push(Finding {
                    at: end.at,
                    evidence: Evidence::FalseSiblings { included, old: old.op, new: new.op, read: read.id },
                });
            }
        }
    }
    findings
}

/// The acknowledged writes whose last copies were hints of a node that is down.
#[must_use]
pub fn lost_hints(included: MultiLeaderIncluded, history: &History<'_>, survival: &Survival) -> Vec<Finding> {
    let mut known: Vec<OpId> = Vec::new();
    let mut findings = Vec::new();
    for LostHint { write, holder, owner } in survival.hints.iter().copied() {
        let acknowledged = history.ops.get(write.index()).and_then(|op| history.acknowledged(op)).is_some();
        if acknowledged && !known.contains(&write) {
            known.push(write);
            findings.push(Finding { at: survival.end, evidence: Evidence::HintLost { included, write, holder, owner } });
        }
    }
    findings
}
