//! A finding in a few words, for lists.

use crate::check::{Evidence, Finding, Unlike};
use crate::run::Run;

/// A finding in a few words.
pub(super) fn headline(run: &Run, finding: &Finding) -> String {
    let client = run.trace.ops.get(finding.op().index()).map_or("?", |op| run.plan.name(op.client));
    match finding.evidence {
        Evidence::ReadYourWrites { write, .. }
            if run.trace.ops[write.index()].client != run.trace.ops[finding.op().index()].client =>
        {
            format!("{client} did not see what its user had written")
        }
        Evidence::ReadYourWrites { .. } => format!("{client} did not see its own write"),
        Evidence::MonotonicReads { .. } => format!("{client} saw an older value than before"),
        Evidence::ConsistentPrefix { .. } => format!("{client} saw an effect without its cause"),
        Evidence::LostAcknowledgedWrite { .. } => format!("{client}'s acknowledged write is lost"),
        Evidence::SplitBrain { .. } => format!("{client}'s write was acknowledged by a leader of the past"),
        Evidence::Linearizability { .. } if run.plan.family.is_leaderless() => {
            format!("{client} read less than another one had read before")
        }
        Evidence::Linearizability { .. } => format!("{client} asked the leader and read an old value"),
        Evidence::DirtyThenLost { .. } => format!("what {client} read is gone"),
        Evidence::Divergence { leader, follower, .. } => {
            format!("{} and {} hold different data", run.plan.name(leader), run.plan.name(follower))
        }
        Evidence::ReusedId { .. } => format!("{client}'s new row got a number that was taken"),
        Evidence::DuplicateId { .. } => format!("{client}'s new row got a number that another leader had given"),
        Evidence::ConcurrentWriteConflict { one, .. } => {
            let other = run.trace.ops.get(one.index()).map_or("?", |op| run.plan.name(op.client));
            format!("{other} and {client} wrote at the same time")
        }
        Evidence::LostUpdate { .. } => format!("{client}'s update was overwritten unseen"),
        Evidence::ResurrectedDelete { .. } => format!("what {client} deleted is back again"),
        Evidence::ReplicationLoop { .. } => format!("the update of {client}'s write goes round"),
        Evidence::StaleQuorumRead { .. } => format!("{client} asked a quorum and read an old value"),
        Evidence::FailedWriteVisible { .. } => format!("{client} read a write that had failed"),
        Evidence::HintLost { holder, .. } => format!("{client}'s write was lost with {}", run.plan.name(holder)),
        Evidence::FalseSiblings { .. } => format!("{client} was shown an old version beside the new one"),
        Evidence::ConstraintBroken { .. } => format!("{client}'s write broke a rule that both leaders had checked"),
        Evidence::FalseValue { node, .. } => format!("{} does not show what {client}'s update means", run.plan.name(node)),
        Evidence::DuplicateApplied { node, .. } => format!("{client}'s update counted twice at {}", run.plan.name(node)),
        Evidence::LawBroken { node, law, .. } => format!("{} merged by a merge that is not {}", run.plan.name(node), law.name()),
        Evidence::MonotonicWrites { hole: None, .. } => format!("{client}'s write came before an earlier one"),
        Evidence::MonotonicWrites { .. } => format!("{client} was shown a later write without the earlier one"),
        Evidence::WritesFollowReads { hole: None, .. } => format!("{client}'s write came before what it had read"),
        Evidence::WritesFollowReads { .. } => format!("{client} was shown an answer without its question"),
        Evidence::Causal { .. } => format!("{client} missed what had caused what it knew"),
        Evidence::BoundedStaleness { .. } => format!("{client} read something older than its bound allows"),
        Evidence::AbortedRead { .. } => format!("{client} read a write that was refused"),
        Evidence::ThinAirRead { .. } => format!("{client} read what nobody had written"),
        Evidence::NonConvergence(Unlike { leader, follower, .. }) => {
            format!("{} and {} will never be alike", run.plan.name(leader), run.plan.name(follower))
        }
    }
}
