//! What a client of a ring makes of answers: the operation ends, and its session knows what it has seen of the key.

use std::sync::Arc;

use super::{LeaderlessClient, Pending, Seen};
use crate::family::Effects;
use crate::family::leaderless::{Answer, Leaderless, Version};
use crate::network::NodeId;
use crate::operation::{Attempt, Outcome, Reason, Sibling};
use crate::version::Range;

impl LeaderlessClient {
    /// The answer to an attempt, from the coordinator; from nobody, if that is the client itself.
    pub(super) fn on_reply(
        &mut self,
        attempt: Attempt,
        src: Option<NodeId>,
        answer: &Answer,
        out: &mut impl Effects<Leaderless>,
    ) {
        let under_way = |p: &Pending| (p.invocation.op, p.attempt) == (attempt.op, attempt.number);
        let Some(place) = self.pending.iter().position(under_way) else { return };
        match answer {
            Answer::Written { version, beside } => {
                let all: Vec<Arc<Version>> = [version].into_iter().chain(beside.iter()).cloned().collect();
                let shown = self.see(place, &all);
                let version = out.keep(&shown);
                self.end(place, Outcome::Stamped { version }, src, out);
            }
            Answer::Shown { versions, fastest } => {
                let key = self.pending[place].invocation.key;
                *self.fastest.or_insert_with(key, || *fastest) = *fastest;
                let shown = self.see(place, versions);
                let found = out.keep(&shown);
                self.end(place, Outcome::Siblings { found, applied: Range::EMPTY }, src.or(Some(*fastest)), out);
            }
            Answer::TooFew { .. } => {
                let write = self.pending[place].invocation.is_write();
                let outcome = if write { Outcome::Indeterminate } else { Outcome::Rejected };
                self.end(place, outcome(Reason::TooFewAnswers), src, out);
            }
            Answer::Unavailable => self.end(place, Outcome::Rejected(Reason::TooFewReplicas), src, out),
        }
    }

    /// The session of an operation is shown versions of its key; as the history has them.
    fn see(&mut self, place: usize, versions: &[Arc<Version>]) -> Vec<Sibling> {
        let Pending { invocation, group, .. } = &self.pending[place];
        let versioning = self.groups[group.index()].settings.versioning;
        let seen = self.seen.or_insert_with((invocation.session, invocation.key), Seen::default);
        versions.iter().for_each(|version| Arc::make_mut(&mut seen.context).see(version));
        seen.last = versions.iter().map(|version| version.shown(versioning)).collect();
        seen.last.clone()
    }
}
