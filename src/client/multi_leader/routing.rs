//! Where the operations of a client of several leaders go, and what a replica must have applied for them.
//!
//! A client turns to its home leader; for keys whose conflicts are avoided, to their home. A replica that has not applied what the session
//! asks for says so, and the client goes on to the other leaders; when all have been asked it waits at its home. A leader that does not
//! answer is no home any more.

use std::sync::Arc;

use super::{LeadersView, MultiLeaderClient, Pending};
use crate::family::multi_leader::{Fact, Message, MultiLeader, Policy, Token};
use crate::family::{Effects, GroupId, Now};
use crate::log::KeyId;
use crate::network::NodeId;
use crate::operation::{Attempt, Deadline, Invocation, Kind, Outcome, Reason};
use crate::router::{Guarantee, Guarantees, OnMiss, ReadMode};
use crate::time::SimDuration;

impl MultiLeaderClient {
    /// The home of a key's range, if it has one.
    pub(super) fn home_of(&self, key: KeyId, view: &LeadersView) -> Option<NodeId> {
        match self.policies.get(key.0 as usize) {
            Some(Policy::Avoid { range }) => view.homes.get(usize::from(*range)).map(|home| home.leader),
            Some(_) | None => None,
        }
    }

    /// What a replica must have applied for an operation.
    pub(super) fn token_of(&self, session: u32, group: GroupId, mode: ReadMode, write: bool) -> Token {
        let guarantees = match (mode, write) {
            (ReadMode::Guarantees, _) => self.config.read.guarantees,
            (ReadMode::SessionConsistent, false) => {
                Guarantees::NONE.with(Guarantee::ReadYourWrites, true).with(Guarantee::MonotonicReads, true)
            }
            _ => return None,
        };
        let vector = self.sessions.get(session).map(|session| session.vector(group, guarantees, write));
        vector.filter(|vector| !vector.is_empty()).map(Arc::new)
    }

    pub(super) fn send(&mut self, now: Now, place: usize, out: &mut impl Effects<MultiLeader>) {
        let pending = &self.pending[place];
        let Invocation { op, identity, key, kind, demand, .. } = pending.invocation;
        let attempt = Attempt { op, identity, number: pending.attempt };
        let wait = if pending.waits { self.patience(pending, now) } else { SimDuration::ZERO };
        let (target, token) = (pending.target, pending.token.clone());
        match kind {
            Kind::Write(value) => {
                let context = pending.context.clone();
                out.send(target, Message::Write { attempt, key, value, demand, context, token, wait });
            }
            Kind::Read(_) => {
                let until = (now + self.config.read.attempt_timeout + wait).min(pending.deadline);
                self.reads.add::<MultiLeader>(now, (until, op, attempt.number), Deadline::Read, out);
                out.send(target, Message::Read { attempt, key, token, wait });
            }
        }
    }

    /// How long a replica may keep a request back.
    fn patience(&self, pending: &Pending, now: Now) -> SimDuration {
        match self.config.read.on_miss {
            OnMiss::Leader | OnMiss::WaitThenLeader(_) => pending.deadline.since(now),
            OnMiss::WaitThenFail(wait) => wait,
            OnMiss::Fail => SimDuration::ZERO,
        }
    }

    /// A replica was behind, or silent: on to the next leader, and when all have been asked, a wait at the home leader.
    pub(super) fn go_on(&mut self, now: Now, place: usize, reason: Reason, out: &mut impl Effects<MultiLeader>) {
        let pending = &mut self.pending[place];
        let view = &self.groups[pending.group.index()];
        let waited = pending.waits;
        pending.asked.push(pending.target);
        let start = view.leaders.iter().position(|leader| *leader == view.home).unwrap_or(0);
        let order = view.leaders.iter().cycle().skip(start).take(view.leaders.len());
        let next = order.copied().find(|leader| !pending.asked.contains(leader));
        let waits = next.is_none() && pending.token.is_some();
        let patience = self.patience(&self.pending[place], now);
        let pending = &mut self.pending[place];
        match next {
            Some(leader) if !waited => pending.target = leader,
            None if waits && !waited && patience > SimDuration::ZERO => (pending.target, pending.waits) = (view.home, true),
            Some(_) | None => return self.end(place, Outcome::Rejected(reason), None, out),
        }
        pending.attempt = pending.attempt.saturating_add(1);
        self.send(now, place, out);
    }

    /// A write is never repeated after it may have been executed. Its leader does not answer: from now on the client turns to the next.
    pub(super) fn on_write_deadline(&mut self, now: Now, out: &mut impl Effects<MultiLeader>) {
        if !self.writes.is_due(now) {
            return;
        }
        while let Some((op, _)) = self.writes.next(now) {
            let Some(place) = self.pending.iter().position(|pending| pending.invocation.op == op) else { continue };
            self.turn_from(place, out);
            self.end(place, Outcome::Indeterminate(Reason::TimedOut), None, out);
        }
        self.writes.arm::<MultiLeader>(now, Deadline::Write, out);
    }

    pub(super) fn on_read_deadline(&mut self, now: Now, out: &mut impl Effects<MultiLeader>) {
        if !self.reads.is_due(now) {
            return;
        }
        while let Some((op, attempt)) = self.reads.next(now) {
            let under_way = |p: &Pending| (p.invocation.op, p.attempt) == (op, attempt);
            let Some(place) = self.pending.iter().position(under_way) else { continue };
            self.turn_from(place, out);
            if now < self.pending[place].deadline && self.pending[place].mode != ReadMode::Leader {
                self.go_on(now, place, Reason::TimedOut, out);
            } else {
                self.end(place, Outcome::Rejected(Reason::TimedOut), None, out);
            }
        }
        self.reads.arm::<MultiLeader>(now, Deadline::Read, out);
    }

    /// If it is the home leader that is silent, the client turns to the next one.
    fn turn_from(&mut self, place: usize, out: &mut impl Effects<MultiLeader>) {
        let Pending { group, target, .. } = &self.pending[place];
        let view = &mut self.groups[group.index()];
        if *target != view.home || view.leaders.len() < 2 {
            return;
        }
        let here = view.leaders.iter().position(|leader| *leader == view.home).unwrap_or(0);
        view.home = view.leaders[(here + 1) % view.leaders.len()];
        out.note(Fact::TurnedTo(view.home));
    }
}
