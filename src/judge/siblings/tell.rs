//! What a checker found, for people: the operations of the record, and its versions as people write them.

use super::super::report::Evidence;
use super::super::words::{key_name, operation};
use super::replay::Replay;
use crate::check::{self, Finding, Hole};
use crate::history::By;
use crate::log::OpId;
use crate::observed::{Observed, Sibling};

/// Tells findings of a record.
pub(super) struct Teller<'a> {
    pub(super) history: &'a Observed,
    pub(super) replay: &'a Replay,
    /// Whether the record tells versions; else there is nothing to write.
    pub(super) stamped: bool,
}

impl Teller<'_> {
    /// The operation of a step.
    fn number(&self, op: OpId) -> Option<u32> {
        self.replay.numbers.get(op.index()).copied()
    }

    /// An operation as a clause, with the versions that it wrote or returned.
    fn clause(&self, op: OpId) -> String {
        let Some(number) = self.number(op) else { return "an operation that the record does not have".to_owned() };
        let clause = operation(self.history, number);
        let versions = self.history.versions.versions(op.0);
        if !self.stamped || versions.is_empty() {
            return clause;
        }
        let actors = &self.history.versions.actors;
        let write = |sibling: &Sibling| sibling.stamp.as_ref().map(|stamp| stamp.written(actors).to_string());
        let written: Vec<String> = versions.iter().filter_map(write).collect();
        let what = if written.len() == 1 { "version" } else { "versions" };
        format!("{clause}, {what} {}", written.join(" and "))
    }

    /// The evidence of a finding.
    pub(super) fn evidence(&self, finding: &Finding) -> Evidence {
        let text = self.text(finding);
        let mut operations: Vec<u32> = finding.ops().into_iter().filter_map(|op| self.number(op)).collect();
        // What reads returned stands on its own only with those who wrote it.
        for op in finding.ops() {
            let returned = self.replay.ops.get(op.index()).map(|op| self.replay.writers(op)).unwrap_or_default();
            operations.extend(returned.into_iter().filter_map(|writer| self.number(writer)));
        }
        let mut met = Vec::new();
        operations.retain(|number| {
            let new = !met.contains(number);
            met.push(*number);
            new
        });
        let key = self.replay.ops.get(finding.op().index()).map(|op| op.key.0);
        Evidence { operations, key, text, anomaly: None }
    }

    fn text(&self, finding: &Finding) -> String {
        let clause = |op: OpId| self.clause(op);
        let name = || self.replay.ops.get(finding.op().index()).map_or_else(String::new, |op| key_name(self.history, op.key.0));
        match finding.evidence {
            check::Evidence::ReadYourWrites { write, read } => {
                let (write, read) = (clause(write), clause(read));
                format!("{write}; after it had ended, {read}: nothing of that is the session's own write or came after it.")
            }
            check::Evidence::MonotonicReads { earlier, later } => {
                format!(
                    "{}; after it had ended, {}: something that was shown before is gone, and nothing of that came after it.",
                    clause(earlier),
                    clause(later)
                )
            }
            check::Evidence::MonotonicWrites { earlier, later, hole: None } => {
                format!(
                    "{}; after it had ended, {}: the session's later write did not come after the earlier one.",
                    clause(earlier),
                    clause(later)
                )
            }
            check::Evidence::WritesFollowReads { read, write, hole: None } => {
                format!(
                    "{}; after it had ended, {}: the write did not come after what its session had read.",
                    clause(read),
                    clause(write)
                )
            }
            check::Evidence::MonotonicWrites { earlier, later, hole: Some(hole) } => self.hole(earlier, later, hole),
            check::Evidence::WritesFollowReads { read, write, hole: Some(hole) } => self.hole(read, write, hole),
            check::Evidence::ConsistentPrefix { effect, seen_by, cause, read }
            | check::Evidence::Causal { effect, seen_by, cause, read } => {
                let effect = if effect == seen_by || effect == cause { String::new() } else { format!("; {}", clause(effect)) };
                let known = if seen_by == cause { String::new() } else { format!("; {}", clause(seen_by)) };
                format!("{}{effect}{known}; then {}: it misses what its session knew of {}.", clause(cause), clause(read), name())
            }
            check::Evidence::BoundedStaleness { missed, read } => {
                format!("{}; {}: that was more than the bound allows.", clause(missed), clause(read))
            }
            check::Evidence::AbortedRead { write, read } => format!("{}, although {}.", clause(read), clause(write)),
            check::Evidence::ThinAirRead { read, claimed } => match self.number(claimed) {
                Some(_) => format!("{}, but not all of that was written to {}: {}.", clause(read), name(), clause(claimed)),
                None => {
                    format!("{}, but nobody wrote all of that to {}, nor was it there at the beginning.", clause(read), name())
                }
            },
            check::Evidence::LostAcknowledgedWrite { write, by } => format!("{}; it is gone: {}.", clause(write), self.by(by)),
            check::Evidence::DirtyThenLost { read, write, by } => {
                format!("{}; {} is gone: {}.", clause(read), clause(write), self.by(by))
            }
            check::Evidence::Linearizability { .. }
            | check::Evidence::SplitBrain { .. }
            | check::Evidence::Divergence { .. }
            | check::Evidence::ReusedId { .. }
            | check::Evidence::DuplicateId { .. }
            | check::Evidence::ConcurrentWriteConflict { .. }
            | check::Evidence::LostUpdate { .. }
            | check::Evidence::ResurrectedDelete { .. }
            | check::Evidence::ReplicationLoop { .. }
            | check::Evidence::ConstraintBroken { .. }
            | check::Evidence::StaleQuorumRead { .. }
            | check::Evidence::FailedWriteVisible { .. }
            | check::Evidence::HintLost { .. }
            | check::Evidence::FalseSiblings { .. }
            | check::Evidence::FalseValue { .. }
            | check::Evidence::DuplicateApplied { .. }
            | check::Evidence::LawBroken { .. }
            | check::Evidence::NonConvergence(_) => unreachable!("a record without replicas shows no {:?}", finding.evidence),
        }
    }

    fn hole(&self, earlier: OpId, later: OpId, hole: Hole) -> String {
        let (first, second) = (self.clause(hole.shown_by), self.clause(hole.read));
        format!(
            "{}; after it had ended, {}; {first}; {second}: the later write was shown without the earlier.",
            self.clause(earlier),
            self.clause(later)
        )
    }

    /// Who discarded a write.
    fn by(&self, by: By) -> String {
        match by {
            By::Write(winner) => format!("discarded by a write that had not seen it: {}", self.clause(winner)),
            By::Takeover(_) => "discarded by another leader".to_owned(),
            By::Unknown => "discarded, and the record does not say by whom".to_owned(),
        }
    }
}
