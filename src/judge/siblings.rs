//! Versions that may be concurrent: guarantees by coverage.
//!
//! Where the record tells a stamp with each version, or a read returns several values, one rule takes the place of the order of versions:
//! *each required write is covered by some returned version*. The checkers of runs ([`crate::check`]) have that rule, for each guarantee, with
//! definitions that look at every pair beside them; a record is judged by the same checkers ([`replay`]), so that both say the same. What they
//! need is a stamp for each write. If the record tells stamps they are taken. If it only tells values, what a write may have replaced
//! follows from what its client had been shown ([`contexts`]), as in Dynamo and Riak (DeCandia et al. 2007; Shapiro et al. 2011, MV-register).
//!
//! What has no meaning where a read returns several values says so: no single register explains such reads, so that nothing is linearizable,
//! and of two writes that replace the same version none is lost, for both stay beside each other.

mod contexts;
mod order;
mod replay;
mod tell;

use super::report::{Evidence, Guarantee, Options, Report, Verdict};
use super::workloads;
use crate::check::{Finding, check_every};
use crate::observed::{Call, Model, Observed, Operation, Outcome, Returned};
use contexts::Contexts;
use replay::Replay;

/// Whether reads of a history return several values.
pub(super) fn are_returned(history: &Observed) -> bool {
    let several = |call: &Call| matches!(call, Call::Read(Returned::Siblings(_)));
    history.model == Model::MvRegister || history.steps.iter().any(|step| several(&step.call))
}

/// Whether the record tells a stamp with each version that was acknowledged or returned, and of every operation one step.
fn stamped(history: &Observed) -> bool {
    let told = |op: &Operation| {
        let versions = history.versions.versions(op.first);
        let all = versions.iter().all(|sibling| sibling.stamp.is_some());
        match &history.steps[op.first as usize].call {
            Call::Read(Returned::Siblings(values)) => all && values.len() == versions.len(),
            Call::Read(Returned::Absent) => versions.is_empty() && history.versions.of(op.first).is_some(),
            _ => all && versions.len() == 1,
        }
    };
    let ended = |op: &&Operation| op.outcome == Outcome::Ok;
    history.operations.iter().all(|op| op.count == 1) && history.operations.iter().filter(ended).all(told)
}

/// What coverage says of a history.
pub(super) struct Coverage<'h> {
    history: &'h Observed,
    replay: Replay,
    /// What the checkers found, or why they cannot be asked.
    found: Result<Vec<Finding>, Verdict>,
    /// What they found of bounded staleness.
    stale: Result<Vec<Finding>, Verdict>,
    /// Whether stamps are those of the record.
    stamped: bool,
    /// Why nothing can be said to hold.
    doubt: Option<String>,
}

impl<'h> Coverage<'h> {
    /// Looks at a history; none if neither its stamps nor its reads of several values ask for it.
    pub(super) fn of(history: &'h Observed, options: &Options) -> Option<Coverage<'h>> {
        let stamped = !history.versions.is_empty() && stamped(history);
        if !stamped && !are_returned(history) {
            return None;
        }
        let contexts = if stamped { Ok(Contexts::told(history)) } else { Contexts::of(history, options) };
        let (contexts, declined) = match contexts {
            Ok(contexts) => (contexts, None),
            Err(verdict) => (Contexts::default(), Some(verdict)),
        };
        let replay = Replay::new(history, &contexts);
        let ready = declined.map_or_else(|| replay.fits(options), Err);
        let found = ready.clone().map(|()| check_every(&replay.history(), &replay.survival()));
        let stale = ready.and_then(|()| replay.stale(history, options));
        Some(Coverage { history, replay, found, stale, stamped, doubt: contexts.doubt })
    }

    /// The answer for a guarantee; none if coverage says nothing of it.
    pub(super) fn verdict(&self, guarantee: Guarantee) -> Option<Verdict> {
        let found = match guarantee {
            Guarantee::ReadYourWrites | Guarantee::MonotonicReads | Guarantee::MonotonicWrites | Guarantee::WritesFollowReads
                if self.history.sessionless =>
            {
                return Some(Verdict::NotApplicable("the record names no sessions".to_owned()));
            }
            Guarantee::MonotonicWrites
            | Guarantee::WritesFollowReads
            | Guarantee::Causal
            | Guarantee::ConsistentPrefix
            | Guarantee::NoThinAirReads
                if !self.history.real_time =>
            {
                let why = "the record does not tell which operations ended before others began";
                return Some(Verdict::NotApplicable(why.to_owned()));
            }
            Guarantee::ConsistentPrefix if self.history.versions.concurrent => {
                let why = "several leaders take writes, and no log has an order of all of them";
                return Some(Verdict::NotApplicable(why.to_owned()));
            }
            Guarantee::NoLostWrites if !self.history.versions.told.iter().any(|told| told.fate.is_some()) => {
                return Some(Verdict::NotApplicable("the record does not tell what became of its writes".to_owned()));
            }
            Guarantee::BoundedStaleness => &self.stale,
            Guarantee::ReadYourWrites
            | Guarantee::MonotonicReads
            | Guarantee::MonotonicWrites
            | Guarantee::WritesFollowReads
            | Guarantee::Causal
            | Guarantee::ConsistentPrefix
            | Guarantee::NoAbortedReads
            | Guarantee::NoThinAirReads
            | Guarantee::NoLostWrites => &self.found,
            other => return self.meaningless(other),
        };
        let findings = match found {
            Ok(findings) => findings,
            Err(verdict) => return Some(verdict.clone()),
        };
        let finding = findings.iter().find(|finding| finding.anomaly().property() == guarantee.property());
        Some(match (finding, &self.doubt) {
            (Some(finding), _) => Verdict::Violated(self.evidence(finding)),
            (None, Some(doubt)) if !of_values(guarantee) => Verdict::Unknown(doubt.clone()),
            (None, _) => Verdict::Holds,
        })
    }

    fn evidence(&self, finding: &Finding) -> Evidence {
        let teller = tell::Teller { history: self.history, replay: &self.replay, stamped: self.stamped };
        teller.evidence(finding)
    }

    /// Why a guarantee of single values says nothing where reads return several; none where they do not.
    fn meaningless(&self, guarantee: Guarantee) -> Option<Verdict> {
        if !are_returned(self.history) {
            return None;
        }
        let why = match guarantee {
            Guarantee::Linearizable => "a read may return several values, and a register holds one at a time",
            Guarantee::NoLostUpdates => "of writes that replace the same value none is lost: they stay beside each other",
            Guarantee::ReadCommitted
            | Guarantee::ReadAtomic
            | Guarantee::SnapshotIsolation
            | Guarantee::Serializable
            | Guarantee::StrictSerializable => "it speaks of transactions, and a read of these may return several values",
            other => return Some(workloads::meaningless(self.history.model, other)),
        };
        Some(Verdict::NotApplicable(why.to_owned()))
    }

    /// What the answers rest on.
    fn assumptions(&self) -> Vec<String> {
        let mut all = Vec::new();
        if !self.stamped {
            if self.history.versions.siblings_have_stamps() {
                all.push("The versions are not used, as only some of the answers tell one.".to_owned());
            }
            let text = "Values that one read returned are concurrent. A write whose context is not told may have replaced what its session \
                        had written or been shown of the key before, and nothing else.";
            all.push(text.to_owned());
        }
        if !self.history.versions.told.iter().any(|told| told.replica.is_some()) {
            let text = "No replicas are named, so that what a session was shown stands for what one replica holds.";
            all.push(text.to_owned());
        }
        all
    }
}

/// Whether a guarantee is about values alone, whatever was replaced by what.
fn of_values(guarantee: Guarantee) -> bool {
    matches!(guarantee, Guarantee::NoAbortedReads | Guarantee::NoThinAirReads | Guarantee::NoLostWrites)
}

/// Judges a history whose reads return several values.
pub(super) fn judge(history: &Observed, options: &Options, asked: &[Guarantee]) -> Report {
    let mut assumptions = history.notes.clone();
    let coverage = Coverage::of(history, options);
    let of = |guarantee: Guarantee| {
        let verdict = coverage.as_ref().and_then(|coverage| coverage.verdict(guarantee));
        verdict.unwrap_or_else(|| workloads::meaningless(history.model, guarantee))
    };
    let verdicts = asked.iter().map(|guarantee| (*guarantee, of(*guarantee))).collect();
    assumptions.extend(coverage.iter().flat_map(Coverage::assumptions));
    if history.operations.iter().any(|op| op.outcome == Outcome::Info) {
        assumptions.push("An operation without an answer may take effect at any later time, or never.".to_owned());
    }
    Report { model: history.model, real_time: history.real_time, verdicts, assumptions }
}
