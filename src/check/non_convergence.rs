//! Non-convergence: nothing is left to happen, and two replicas of a group hold different data.
//!
//! While something is under way, replicas may differ. Once no message, no timer and no event is left but signs of life, they will differ
//! for as long as nobody fails: the premise of eventual consistency is met, and its promise is not. Replicas that hold different data at the same position are
//! divergence, and reported as that.

use super::{Evidence, Finding};
use crate::log::{KeyId, OpId};
use crate::network::NodeId;
use crate::time::SimTime;

/// Two replicas that differ when all is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlike {
    /// The leader.
    pub leader: NodeId,
    /// The follower that differs from it.
    pub follower: NodeId,
    /// The first key that they hold differently.
    pub key: KeyId,
    /// Who wrote what the leader holds of it; who wrote what the follower holds, if the leader holds nothing.
    pub write: OpId,
}

/// One finding for each follower that differs, unless its divergence is known.
#[must_use]
pub fn check(unlike: &[Unlike], end: SimTime, known: &[Finding]) -> Vec<Finding> {
    let diverged = |follower: NodeId| {
        known.iter().any(|finding| matches!(finding.evidence, Evidence::Divergence { follower: other, .. } if other == follower))
    };
    let differ = unlike.iter().filter(|unlike| !diverged(unlike.follower));
    differ.map(|unlike| Finding { at: end, evidence: Evidence::NonConvergence(*unlike) }).collect()
}
