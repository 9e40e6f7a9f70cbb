//! Which deliberate defect breaks something in which family.
//!
//! A defect of what a family does not have would change nothing, and whoever asks for one expects something of it: the plan refuses it, as it
//! refuses any setting without a meaning.

use super::family::FamilySpec;
use crate::sabotage::Sabotage;

/// Whether there is something in groups of a family that a defect breaks.
pub(super) fn breaks(defect: Sabotage, family: FamilySpec) -> bool {
    match defect {
        Sabotage::NeverResend
        | Sabotage::WriteIgnoresToken
        | Sabotage::SilenceIsRefusal
        | Sabotage::TokenIgnoresWrites
        | Sabotage::TokenIgnoresReads => family != FamilySpec::Leaderless,
        Sabotage::AcceptGaps
        | Sabotage::ApplyBeforeFlush
        | Sabotage::AckBeforeFlush
        | Sabotage::AckEarly
        | Sabotage::KeepTail
        | Sabotage::TokenIgnoresDependencies
        | Sabotage::ForgetPromise
        | Sabotage::SkipConfirmation
        | Sabotage::SnapshotTooEarly
        | Sabotage::SnapshotTooLate
        | Sabotage::ApplyOutOfOrder
        | Sabotage::IgnoreBound
        | Sabotage::FlipNumbers => family == FamilySpec::SingleLeader,
        Sabotage::IgnoreTags | Sabotage::IgnoreDependencies | Sabotage::ApplyDuplicates | Sabotage::CollectTombstonesEarly => {
            family == FamilySpec::MultiLeader
        }
        Sabotage::NoTombstones => family != FamilySpec::SingleLeader,
    }
}
