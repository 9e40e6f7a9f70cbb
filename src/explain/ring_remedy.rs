//! What would have prevented a finding on a ring, where a run with the other setting shows it: the first remedy that helps is said, and none that
//! was not tried.

use std::ops::Deref;

use super::Explainer;
use super::prevention::{prevents, returned};
use super::remedy::Setting;
use super::words::Words;
use crate::check::{Evidence, Finding};
use crate::run::Run;
use crate::scenario::{QuorumKind, RingSpec, VersionsSpec};
use crate::time::SimDuration;

/// Another setting of all rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RingRemedy {
    /// Reads write back what they are about to show.
    WriteBack,
    /// Only replicas of the key count.
    Strict,
    /// Each write has a dot.
    Dots,
    /// As many acknowledgements as make quorums overlap.
    MoreWrites,
    /// Tombstones stay.
    KeepTombstones,
    /// Nodes compare their trees.
    AntiEntropy,
}

impl RingRemedy {
    /// Sets it.
    pub(super) fn apply(self, ring: &mut RingSpec) {
        match self {
            RingRemedy::WriteBack => ring.write_back = true,
            RingRemedy::Strict => ring.quorum = QuorumKind::Strict,
            RingRemedy::Dots => ring.versions = VersionsSpec::DottedVectors,
            RingRemedy::MoreWrites => ring.w = ring.w.max((ring.n + 1).saturating_sub(ring.r)),
            RingRemedy::KeepTombstones => ring.grace = None,
            RingRemedy::AntiEntropy => ring.anti_entropy = ring.anti_entropy.or(Some(SimDuration::millis(500))),
        }
    }

    fn words(self) -> &'static str {
        match self {
            RingRemedy::WriteBack => " Had reads written back what they were about to show, ",
            RingRemedy::Strict => " With a strict quorum, ",
            RingRemedy::Dots => " With dotted version vectors, ",
            RingRemedy::MoreWrites => " Had writes waited for so many replicas that quorums overlap, ",
            RingRemedy::KeepTombstones => " Had tombstones been kept, ",
            RingRemedy::AntiEntropy => " Had nodes compared their hash trees every half second, ",
        }
    }
}

/// The settings that are meant against a kind of finding, the nearest first.
fn settings(run: &Run, finding: &Finding) -> Vec<Setting> {
    let ring = Setting::Ring;
    let mut settings = Vec::new();
    if !run.plan.scenario.sabotage.is_empty() {
        settings.push(Setting::NoDefects);
    }
    match finding.evidence {
        Evidence::Linearizability { .. } | Evidence::MonotonicReads { .. } => {
            settings.extend([ring(RingRemedy::WriteBack), ring(RingRemedy::Strict), ring(RingRemedy::MoreWrites)]);
        }
        Evidence::StaleQuorumRead { .. } | Evidence::ReadYourWrites { .. } => {
            settings.extend([ring(RingRemedy::Strict), ring(RingRemedy::MoreWrites), ring(RingRemedy::Dots)]);
        }
        Evidence::HintLost { .. } => settings.push(ring(RingRemedy::Strict)),
        Evidence::LostAcknowledgedWrite { .. } | Evidence::LostUpdate { .. } | Evidence::DirtyThenLost { .. } => {
            if !run.plan.scenario.clocks.is_empty() {
                settings.push(Setting::TrueClocks);
            }
            settings.extend([ring(RingRemedy::Dots), ring(RingRemedy::Strict)]);
        }
        Evidence::FalseSiblings { .. } => settings.push(ring(RingRemedy::Dots)),
        Evidence::NonConvergence(_) => settings.extend([ring(RingRemedy::AntiEntropy), ring(RingRemedy::Dots)]),
        Evidence::ResurrectedDelete { .. } => settings.push(ring(RingRemedy::KeepTombstones)),
        Evidence::FailedWriteVisible { .. }
        | Evidence::ConcurrentWriteConflict { .. }
        | Evidence::ConsistentPrefix { .. }
        | Evidence::Causal { .. }
        | Evidence::BoundedStaleness { .. }
        | Evidence::MonotonicWrites { .. }
        | Evidence::WritesFollowReads { .. }
        | Evidence::AbortedRead { .. }
        | Evidence::ThinAirRead { .. }
        | Evidence::SplitBrain { .. }
        | Evidence::Divergence { .. }
        | Evidence::ReusedId { .. }
        | Evidence::DuplicateId { .. }
        | Evidence::ReplicationLoop { .. }
        | Evidence::FalseValue { .. }
        | Evidence::DuplicateApplied { .. }
        | Evidence::LawBroken { .. }
        | Evidence::ConstraintBroken { .. } => {}
    }
    settings
}

/// Adds the sentence that names what would have prevented the finding, if a trial shows that it would.
pub(super) fn say<R: Deref<Target = Run>>(words: &mut Words<'_>, explainer: &Explainer<R>, finding: &Finding) {
    let run: &Run = &explainer.run;
    let Some(op) = run.trace.ops.get(finding.op().index()) else { return };
    let mut trials = explainer.trials.borrow_mut();
    for setting in settings(run, finding) {
        let Some(trial) = prevents(&mut trials, run, finding, op, setting) else { continue };
        words.text(match setting {
            Setting::Ring(remedy) => remedy.words(),
            Setting::TrueClocks => " With clocks that are right, ",
            _ => " Without the built-in defect, ",
        });
        let acknowledged = trial.trace.ops.get(op.id.index()).is_some_and(|op| trial.history().acknowledged(op).is_some());
        match finding.evidence {
            Evidence::NonConvergence(_) => {
                words.text("the two would be equal.");
            }
            Evidence::ResurrectedDelete { .. } => {
                words.text("what was deleted would have stayed deleted.");
            }
            _ if !op.is_write() => {
                returned(words, trial, op.id);
                words.text(".");
            }
            _ if acknowledged => {
                words.text("this write would have been kept.");
            }
            _ => {
                words.text("this write would not have been acknowledged, and its client would know that it is not safe.");
            }
        }
        return;
    }
}
