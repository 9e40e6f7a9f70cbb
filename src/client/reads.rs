//! Where a client's reads go, one replica after the other.

use super::{Client, FRESH_FOR};
use crate::family::single_leader::{Fact, Message, SingleLeader};
use crate::family::{Effects, Now};
use crate::lsn::{Epoch, Position};
use crate::network::NodeId;
use crate::operation::{Attempt, Deadline, Invocation, Outcome, Reason};
use crate::router::{OnMiss, ReadMode, Step, TokenKind};
use crate::time::SimDuration;

impl Client {
    /// Sends a read to where it goes next; ends it if there is nowhere left.
    pub(super) fn route_read(&mut self, now: Now, place: usize, out: &mut impl Effects<SingleLeader>) {
        let (leader, patience) = (self.groups[self.pending[place].group.index()].leader, self.config.read.attempt_timeout);
        let step = self.next_step(now, place);
        let pending = &mut self.pending[place];
        let (target, waits, patience) = match step {
            Step::Ask(replica) if pending.mode.goes_on() => (replica, SimDuration::ZERO, patience),
            Step::Ask(replica) => (replica, SimDuration::ZERO, self.config.op_timeout),
            Step::Wait(replica, wait) => (replica, wait, wait + patience),
            Step::Leader => (leader, self.config.op_timeout, self.config.op_timeout),
            Step::GiveUp => return self.end(place, Outcome::Rejected(Reason::NoReplicaFreshEnough), None, out),
        };
        pending.linear = step == Step::Leader && !pending.mode.carries_token();
        (pending.target, pending.waits) = (target, waits);
        self.send_read(now, place, patience, out);
    }

    /// Where a read goes next.
    fn next_step(&mut self, now: Now, place: usize) -> Step {
        let pending = &mut self.pending[place];
        let view = &self.groups[pending.group.index()];
        let Invocation { dice, prefer, session, .. } = pending.invocation;
        let told = prefer.filter(|id| view.members.contains(id));
        let any = || told.or_else(|| view.follower(dice)).unwrap_or(view.leader);
        let (session, read) = (|| self.sessions.get(session), &self.config.read);
        match pending.mode {
            ReadMode::Leader | ReadMode::AnyFollower | ReadMode::StickyLeader if pending.attempt > 0 => Step::GiveUp,
            ReadMode::Leader => Step::Leader,
            ReadMode::AnyFollower => Step::Ask(any()),
            ReadMode::StickyLeader => {
                let (wrote, clock) = (session().and_then(|session| session.wrote_at), self.config.clock.at(now));
                if wrote.is_some_and(|at| clock < at + read.window) { Step::Leader } else { Step::Ask(any()) }
            }
            ReadMode::SessionConsistent | ReadMode::Guarantees => pending.route().next(&view.followers(), any(), read.on_miss),
            ReadMode::PinnedFollower => {
                let pin = session().and_then(|session| session.pin).filter(|id| view.members.contains(id));
                let pin = pin.or_else(|| view.follower(u64::from(pending.invocation.session))).unwrap_or(view.leader);
                pending.route().next(&view.followers(), pin, read.on_miss)
            }
            ReadMode::BoundedStaleness => {
                // A client waits for a token; a bound that is missed is missed.
                let on_miss = match read.on_miss {
                    OnMiss::Leader | OnMiss::WaitThenLeader(_) => OnMiss::Leader,
                    OnMiss::WaitThenFail(_) | OnMiss::Fail => OnMiss::Fail,
                };
                pending.route().next(&self.pool.of(view.followers(), now), any(), on_miss)
            }
            ReadMode::BestEffortFresh => {
                let followers = view.followers();
                // Who has not been heard for a while may have become the furthest.
                let heard =
                    |id: NodeId| self.heard.get(id).filter(|(_, at)| now < *at + FRESH_FOR).map(|(position, _)| *position);
                let unknown = followers.iter().copied().find(|id| heard(*id).is_none());
                let best = followers.iter().copied().max_by_key(|id| heard(*id));
                pending.route().next(&followers, told.or(unknown).or(best).unwrap_or(view.leader), OnMiss::Fail)
            }
        }
    }

    pub(super) fn send_read(&mut self, now: Now, place: usize, patience: SimDuration, out: &mut impl Effects<SingleLeader>) {
        let pending = &self.pending[place];
        let Invocation { op, identity, key, .. } = pending.invocation;
        let (target, wait, linear, number) = (pending.target, pending.waits, pending.linear, pending.attempt);
        let token = self.checked(place);
        let bounded = pending.mode == ReadMode::BoundedStaleness && !linear;
        let bound = self.config.read.bound;
        // Who was left out comes back at half the bound.
        let bound = bounded.then(|| if self.pool.lacks(target) { bound.half() } else { bound });
        self.reads.add(now, (pending.deadline.min(now + patience), op, number), Deadline::Read, out);
        let attempt = Attempt { op, identity, number };
        out.send(target, Message::Read { attempt, key, token, wait, linear, bound });
    }

    /// The token that a replica checks.
    pub(super) fn checked(&self, place: usize) -> Option<Position> {
        let pending = &self.pending[place];
        let token = match self.config.read.token {
            TokenKind::Position => pending.token,
            TokenKind::Number => Position { epoch: Epoch(0), lsn: pending.token.lsn },
        };
        pending.mode.carries_token().then_some(token)
    }

    /// After an answer with a value: what it says of the replica that gave it.
    pub(super) fn answered(
        &mut self,
        now: Now,
        place: usize,
        src: NodeId,
        applied: Position,
        out: &mut impl Effects<SingleLeader>,
    ) {
        let pending = &self.pending[place];
        match pending.mode {
            ReadMode::BoundedStaleness => {
                if self.pool.take_back(src) {
                    out.note(Fact::TakenBack(src));
                }
            }
            ReadMode::BestEffortFresh => *self.heard.or_insert_with(src, || (applied, now)) = (applied, now),
            ReadMode::PinnedFollower => {
                let follows = self.groups[pending.group.index()].leader != src;
                if let (true, Some(session)) = (follows && pending.attempt > 0, self.sessions.get_mut(pending.invocation.session))
                {
                    session.pin = Some(src);
                }
            }
            ReadMode::Leader
            | ReadMode::AnyFollower
            | ReadMode::SessionConsistent
            | ReadMode::StickyLeader
            | ReadMode::Guarantees => {}
        }
    }

    /// A follower was too far behind for a bound, or did not answer in time.
    pub(super) fn leave_out(&mut self, now: Now, place: usize, replica: NodeId, out: &mut impl Effects<SingleLeader>) {
        let pending = &self.pending[place];
        if pending.mode == ReadMode::BoundedStaleness && !pending.linear && self.pool.leave_out(replica, now) {
            out.note(Fact::LeftOut(replica));
        }
    }
}
