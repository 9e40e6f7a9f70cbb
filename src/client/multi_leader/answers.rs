//! What a client of several leaders makes of answers: its session moves, and knows what it has seen of a key.

use std::sync::Arc;

use super::{MultiLeaderClient, Pending, REDIRECTS_MAX};
use crate::family::multi_leader::{Answer, Home, MultiLeader, Policy, Shown};
use crate::family::{Effects, Now};
use crate::log::{OpId, Value};
use crate::network::NodeId;
use crate::operation::{Attempt, Invocation, Outcome, Reason, Sibling};
use crate::session::Session;
use crate::version::{DottedVersion, Stamp, VersionVector};

impl MultiLeaderClient {
    pub(super) fn on_reply(
        &mut self,
        now: Now,
        src: NodeId,
        attempt: Attempt,
        answer: &Answer,
        out: &mut impl Effects<MultiLeader>,
    ) {
        let under_way = |p: &Pending| (p.invocation.op, p.attempt) == (attempt.op, attempt.number);
        let Some(place) = self.pending.iter().position(under_way) else { return };
        match answer {
            Answer::Written { stamp, value, beside } => self.written(now, place, src, (stamp, *value, beside), out),
            Answer::Shown(shown) => self.shown(place, src, shown, out),
            Answer::Behind => self.go_on(now, place, Reason::NoReplicaFreshEnough, out),
            Answer::Refused(reason) => self.end(place, Outcome::Rejected(*reason), Some(src), out),
            Answer::NotHome { leader, number } => {
                let key = self.pending[place].invocation.key;
                if let Some(Policy::Avoid { range }) = self.policies.get(key.0 as usize).copied() {
                    self.learn_home(range, Home { leader: *leader, number: *number }, out);
                }
                let pending = &mut self.pending[place];
                if pending.attempt >= REDIRECTS_MAX || *leader == src {
                    return self.end(place, Outcome::Rejected(Reason::NoLeader), Some(src), out);
                }
                (pending.attempt, pending.target) = (pending.attempt + 1, *leader);
                self.send(now, place, out);
            }
        }
    }

    fn written(
        &mut self,
        now: Now,
        place: usize,
        src: NodeId,
        (stamp, value, beside): (&Arc<DottedVersion>, Value, &[Sibling]),
        out: &mut impl Effects<MultiLeader>,
    ) {
        let Pending { invocation, group, .. } = &self.pending[place];
        let (op, number, group, dot) = (invocation.op, invocation.session, *group, stamp.dot());
        let session = self.sessions.or_insert_with(number, Session::default);
        let update = Stamp::vector(VersionVector::of([(dot.actor, dot.count)]));
        session.wrote(group, update, self.config.clock.at(now), &self.config.sabotage);
        self.see(place, &stamp.seen().merge(&seen_of(beside)));
        self.share(place, out);
        let own = Sibling { stamp: Stamp::Dotted(stamp.clone()), value, op };
        let version = out.keep(&[&[own], beside].concat());
        self.end(place, Outcome::Stamped { version }, Some(src), out);
    }

    fn shown(&mut self, place: usize, src: NodeId, shown: &Shown, out: &mut impl Effects<MultiLeader>) {
        let Pending { invocation, group, .. } = &self.pending[place];
        let (number, group) = (invocation.session, *group);
        let seen = seen_of(&shown.versions);
        let session = self.sessions.or_insert_with(number, Session::default);
        session.read(group, Stamp::vector(shown.applied.merge(&seen)), &None, &self.config.sabotage);
        self.see(place, &seen);
        self.share(place, out);
        let found = out.keep(&shown.versions);
        let beyond = shown.beyond.iter().filter_map(|dot| DottedVersion::new(*dot, VersionVector::default()).map(Stamp::dotted));
        let applied = std::iter::once(Stamp::Vector(shown.applied.clone())).chain(beyond);
        let applied = applied.map(|stamp| Sibling { stamp, value: Value::Nothing, op: OpId::NONE });
        let applied = out.keep(&applied.collect::<Vec<_>>());
        self.end(place, Outcome::Siblings { found, applied }, Some(src), out);
    }

    /// The session of an operation has seen these updates of its key.
    fn see(&mut self, place: usize, seen: &VersionVector) {
        let Invocation { session, key, .. } = self.pending[place].invocation;
        let context = self.contexts.or_insert_with((session, key), Arc::default);
        *context = Arc::new(context.merge(seen));
    }
}

/// All updates that are in these versions, or before them.
fn seen_of(versions: &[Sibling]) -> VersionVector {
    let seen = versions.iter().filter_map(|version| match &version.stamp {
        Stamp::Dotted(stamp) => Some(stamp.seen()),
        Stamp::Position(_) | Stamp::Vector(_) | Stamp::Clock(_) => None,
    });
    seen.fold(VersionVector::default(), |all, seen| all.merge(&seen))
}
