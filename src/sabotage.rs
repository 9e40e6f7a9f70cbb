//! Deliberate defects, one for each guarantee.
//!
//! A checker that never says no is untested. Every guarantee of this crate has a switch here that breaks it, and a test that
//! the checker then says so. They are part of the scenario format, so that a lesson can show what a rule is good for.

use serde::{Deserialize, Serialize};

/// A defect to build into the system of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sabotage {
    /// A follower takes entries in the order of arrival, gaps and all: its log is no prefix of the leader's.
    AcceptGaps,
    /// A follower shows entries that it has not flushed: a crash takes back what was read.
    ApplyBeforeFlush,
    /// A follower says that it has flushed what it has only received: synchronous writes can be lost.
    AckBeforeFlush,
    /// A synchronous leader acknowledges without waiting: acknowledged writes can be lost.
    AckEarly,
    /// A replica keeps its tail when it follows a new leader: replicas never converge.
    KeepTail,
    /// A leader never sends again: a lost message leaves a follower stuck.
    NeverResend,
    /// A session's token does not move on writes: own writes may be missed.
    TokenIgnoresWrites,
    /// A session's token does not move on reads: reads may go back in time.
    TokenIgnoresReads,
    /// A session forgets what the writers of what it read had seen: an effect may be seen before its cause.
    TokenIgnoresDependencies,
    /// A member forgets what it has promised to a coordinator, and goes on to confirm entries of the old leader.
    ForgetPromise,
    /// A leader answers from what it has, although it should have a majority confirm first that it leads.
    SkipConfirmation,
    /// A snapshot is tagged with a position before its own: what lies between is applied twice.
    SnapshotTooEarly,
    /// A snapshot is tagged with the position that the leader has when the last part is sent: what lies between is missing.
    SnapshotTooLate,
    /// A leader takes a write without looking at its token: it may come before what its session has written or read.
    WriteIgnoresToken,
    /// A follower shows the newest entry that it has, and those before it only when the next one has come: an effect without its cause.
    ApplyOutOfOrder,
    /// A follower answers a read without looking at its bound: it may be older than was promised.
    IgnoreBound,
    /// A client takes a write without an answer for refused, although it may be carried out: refused values are read.
    SilenceIsRefusal,
    /// A follower adds one to every number that it is asked for, as a broken disk might: values are read that nobody wrote.
    FlipNumbers,
    /// A replica of a group with several leaders looks at no tags, and applies again what comes back to it: updates go round for ever.
    IgnoreTags,
    /// A deletion leaves nothing behind: an older version that arrives late is taken for a new one.
    NoTombstones,
    /// Causal delivery looks at nothing: an effect is applied before its cause.
    IgnoreDependencies,
    /// A replica applies an update of replicated data again when the network brings it again: an operation counts twice.
    ApplyDuplicates,
    /// A replica forgets at once what was removed from replicated data, before all others know: it comes back.
    CollectTombstonesEarly,
}

impl Sabotage {
    /// All of them, for tests and menus.
    pub const ALL: [Sabotage; 23] = [
        Sabotage::AcceptGaps,
        Sabotage::ApplyBeforeFlush,
        Sabotage::AckBeforeFlush,
        Sabotage::AckEarly,
        Sabotage::KeepTail,
        Sabotage::NeverResend,
        Sabotage::TokenIgnoresWrites,
        Sabotage::TokenIgnoresReads,
        Sabotage::TokenIgnoresDependencies,
        Sabotage::ForgetPromise,
        Sabotage::SkipConfirmation,
        Sabotage::SnapshotTooEarly,
        Sabotage::SnapshotTooLate,
        Sabotage::WriteIgnoresToken,
        Sabotage::ApplyOutOfOrder,
        Sabotage::IgnoreBound,
        Sabotage::SilenceIsRefusal,
        Sabotage::FlipNumbers,
        Sabotage::IgnoreTags,
        Sabotage::NoTombstones,
        Sabotage::IgnoreDependencies,
        Sabotage::ApplyDuplicates,
        Sabotage::CollectTombstonesEarly,
    ];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sabotage::AcceptGaps => "accept-gaps",
            Sabotage::ApplyBeforeFlush => "apply-before-flush",
            Sabotage::AckBeforeFlush => "ack-before-flush",
            Sabotage::AckEarly => "ack-early",
            Sabotage::KeepTail => "keep-tail",
            Sabotage::NeverResend => "never-resend",
            Sabotage::TokenIgnoresWrites => "token-ignores-writes",
            Sabotage::TokenIgnoresReads => "token-ignores-reads",
            Sabotage::TokenIgnoresDependencies => "token-ignores-dependencies",
            Sabotage::ForgetPromise => "forget-promise",
            Sabotage::SkipConfirmation => "skip-confirmation",
            Sabotage::SnapshotTooEarly => "snapshot-too-early",
            Sabotage::SnapshotTooLate => "snapshot-too-late",
            Sabotage::WriteIgnoresToken => "write-ignores-token",
            Sabotage::ApplyOutOfOrder => "apply-out-of-order",
            Sabotage::IgnoreBound => "ignore-bound",
            Sabotage::SilenceIsRefusal => "silence-is-refusal",
            Sabotage::FlipNumbers => "flip-numbers",
            Sabotage::IgnoreTags => "ignore-tags",
            Sabotage::NoTombstones => "no-tombstones",
            Sabotage::IgnoreDependencies => "ignore-dependencies",
            Sabotage::ApplyDuplicates => "apply-duplicates",
            Sabotage::CollectTombstonesEarly => "collect-tombstones-early",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sabotage;

    #[test]
    fn names_are_those_of_files() {
        for defect in Sabotage::ALL {
            let text = format!("\"{}\"", defect.name());
            assert_eq!(serde_json::from_str::<Sabotage>(&text).ok(), Some(defect), "{text}");
        }
    }
}
