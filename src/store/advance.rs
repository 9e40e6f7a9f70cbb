//! How a cluster gets from one instant to the next.
//!
//! In this order: whoever is done is told, one at a time; what was asked for at this instant is begun; then everything happens
//! that is due at the next instant, messages before sleepers. Time moves only here, and only for somebody who waits.

use super::cluster::{Choice, Cluster, Next, Running};
use super::error::WriteError;
use super::read_router::ReadMode;
use super::request::{Done, Request};
use super::waiting::WaiterId;
use crate::client::GroupView;
use crate::history::{Op, Sibling};
use crate::log::{OpId, Value};
use crate::operation::{self, Kind, Outcome, Reason};
use crate::router;
use crate::trace::What;
use crate::version::Arena;

impl Cluster {
    /// Goes on until somebody is told something, or the program has to choose.
    pub(super) fn advance(&mut self) -> Next {
        if self.asking {
            return Next::Moved;
        }
        // Whoever has not collected its result by now is not about to; nor does a follower start that has not started by now.
        self.waiting.told = None;
        self.nobody_is_starting();
        self.settle_runs();
        self.pace.changed();
        loop {
            if self.waiting.tell_next() {
                return Next::Moved;
            }
            if !self.waiting.submitted.is_empty() {
                let choices = self.choices();
                if !choices.is_empty() {
                    self.asking = true;
                    return Next::Choose(choices);
                }
                self.begin_submitted();
                self.harvest();
            } else if self.waiting.waiters.values().all(|waiter| waiter.done.is_some()) {
                return Next::Moved;
            } else if !self.next_instant() {
                self.waiting.give_up();
            }
        }
    }

    /// Lets everything happen that is due at the next instant. Returns whether there was one.
    fn next_instant(&mut self) -> bool {
        let (event, alarm) = (self.simulation.next_at(), self.waiting.sleepers.first().map(|(at, _)| *at));
        let Some(at) = event.into_iter().chain(alarm).min() else { return false };
        let at = at.max(self.simulation.now);
        if at > self.simulation.now {
            self.new_instant();
        }
        while self.simulation.next_at().is_some_and(|next| next <= at) {
            self.simulation.step(&mut self.trace);
        }
        self.simulation.now = at;
        self.harvest();
        self.waiting.wake_sleepers(at);
        true
    }

    /// The choices that the program wants to make for the reads of this instant.
    fn choices(&mut self) -> Vec<Choice> {
        self.waiting.sort_submitted();
        let mut choices = Vec::new();
        for id in &self.waiting.submitted {
            let Some(waiter) = self.waiting.waiters.get(id) else { continue };
            let Request::Read { router, mode, .. } = &waiter.request else { continue };
            let router = &self.routers[*router];
            let asks = *mode != ReadMode::Leader && waiter.pick.is_none();
            let (true, Some(hook)) = (asks, &router.hook) else { continue };
            let candidates = self.candidates(router).into_iter().map(|id| self.names[&id].clone()).collect::<Vec<_>>();
            if !candidates.is_empty() {
                choices.push(Choice { waiter: *id, hook: hook.clone(), candidates });
            }
        }
        choices
    }

    /// The program has chosen one of the candidates.
    pub(super) fn chosen(&mut self, waiter: WaiterId, index: usize) {
        if let Some(waiter) = self.waiting.waiters.get_mut(&waiter) {
            waiter.pick = Some(Some(index));
        }
    }

    fn begin_submitted(&mut self) {
        for (waiter, request, pick) in self.waiting.take_submitted() {
            self.begun += 1;
            match request {
                Request::Write { node, key, value } => self.begin_write(waiter, &node, &key, value),
                Request::Read { router, mode, key } => self.begin_read(waiter, router, &mode, &key, pick),
                request @ Request::AtLeader { .. } => self.begin_at_leader(waiter, &request),
                Request::Sleep(_) => {}
            }
        }
    }

    /// A write goes to the node whose handle was used, and nowhere else: addressed to the generation that the node is in.
    fn begin_write(&mut self, waiter: WaiterId, node: &str, key: &str, value: Vec<u8>) {
        let Some((id, group)) = self.place_of(node) else {
            return self.waiting.ready.push_back((waiter, Done::Written(Err(WriteError::Rejected { reason: Reason::NoLeader }))));
        };
        let epoch = self.simulation.replica(id).map(|r| r.epoch).unwrap_or_default();
        let (key, value) = (self.key(group, key), self.keep(value));
        let (client, session) = (self.writer, 0);
        self.client_mut(client).groups[group.index()] = GroupView { members: vec![id], partial: Vec::new(), leader: id, epoch };
        self.lend_session(client, session);
        let kind = Kind::Write(Value::Text(value));
        let op = self.simulation.invoke(client, session, operation::Request::new(key, kind), self.begun, &mut self.trace);
        self.running.insert(op, Running { waiter, client, router: None, session });
    }

    fn begin_read(&mut self, waiter: WaiterId, number: usize, mode: &ReadMode, key: &str, pick: Option<usize>) {
        let router = &self.routers[number];
        let (client, group) = (router.client, router.group);
        let (mode, session) = match mode {
            ReadMode::Leader => (router::ReadMode::Leader, router.session),
            ReadMode::AnyFollower => (router::ReadMode::AnyFollower, router.session),
            ReadMode::SessionConsistent { session_id } => (router::ReadMode::SessionConsistent, self.sessions.number(session_id)),
        };
        let prefer = pick.and_then(|index| self.candidates(&self.routers[number]).get(index).copied());
        let key = self.key(group, key);
        self.lend_session(client, session);
        let kind = Kind::Read(Some(mode));
        let op = self.simulation.invoke(
            client,
            session,
            operation::Request { prefer, ..operation::Request::new(key, kind) },
            self.begun,
            &mut self.trace,
        );
        self.running.insert(op, Running { waiter, client, router: Some(number), session });
    }

    /// Takes in the ends of operations, in the order in which they happened.
    fn harvest(&mut self) {
        while let Some(record) = self.trace.records.get(self.harvested) {
            self.harvested += 1;
            if let What::Completed(op) = record.what()
                && let Some(running) = self.running.remove(&op)
            {
                self.end(op, &running);
            }
        }
    }

    fn end(&mut self, op: OpId, running: &Running) {
        let record = self.trace.ops[op.index()];
        let Some(end) = record.end else { return };
        // The client of several leaders keeps its sessions itself.
        if self.simulation.client(running.client).is_some() {
            self.return_session(running.client, running.session);
        }
        if let Outcome::Written { at } = end.outcome {
            self.sessions.acknowledged(record.group, at, op);
        }
        let done = done(&record, end.outcome, &self.trace.versions, |value| self.bytes(value));
        if let Some(router) = running.router {
            let served = matches!(end.outcome, Outcome::Value { .. } | Outcome::Siblings { .. }).then_some(end.replica).flatten();
            self.routers[router].served(running.session, served);
        }
        self.waiting.ready.push_back((running.waiter, done));
    }
}

/// What the future of an operation gets.
fn done(op: &Op, outcome: Outcome, versions: &Arena<Sibling>, bytes: impl Fn(Value) -> Vec<u8>) -> Done {
    match outcome {
        Outcome::Written { at } => Done::Written(Ok(at.lsn)),
        Outcome::Stamped { version } => match versions.get(version).first() {
            Some(version) => Done::Stamped(version.stamp.clone()),
            None => Done::Written(Err(WriteError::timed_out())),
        },
        Outcome::Value { found, .. } => Done::Value(found.map(|version| bytes(version.value))),
        Outcome::Siblings { found, .. } => {
            let mut siblings: Vec<&Sibling> = versions.get(found).iter().collect();
            siblings.sort_by(|a, b| a.stamp.arbitrate(&b.stamp));
            Done::Siblings(siblings.into_iter().map(|sibling| bytes(sibling.value)).collect())
        }
        Outcome::Rejected(reason) if op.is_write() => Done::Written(Err(WriteError::Rejected { reason })),
        Outcome::Indeterminate(reason) if op.is_write() => Done::Written(Err(WriteError::Indeterminate { reason })),
        Outcome::Rejected(_) | Outcome::Indeterminate(_) => Done::Value(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::GroupId;
    use crate::log::KeyId;
    use crate::network::NodeId;
    use crate::operation::Invocation;
    use crate::time::SimTime;
    use crate::version::{Actor, Range, Stamp, VersionVector};

    /// A store whose versions are no positions ends operations of the course's interface too.
    #[test]
    fn stamped_writes_and_siblings_are_known() {
        let op = |kind| {
            let invocation = Invocation {
                op: OpId(0),
                identity: 0,
                session: 0,
                key: KeyId(0),
                kind,
                dice: 0,
                prefer: None,
                demand: operation::Demand::Nothing,
            };
            Op::requested(SimTime(0), NodeId(0), GroupId(0), &invocation)
        };
        let mut versions = Arena::default();
        let sibling = |count: u64, value| {
            let stamp = Stamp::vector(VersionVector::of([(Actor(u32::from(count == 1)), count)]));
            Sibling { stamp, value: Value::Int(value), op: OpId(0) }
        };
        let found = versions.add([sibling(2, 7), sibling(1, 8)]);
        let bytes = |value: Value| format!("{value:?}").into_bytes();
        let write = op(Kind::Write(Value::Int(7)));
        let first = versions.get(found)[0].stamp.clone();
        assert_eq!(done(&write, Outcome::Stamped { version: found }, &versions, bytes), Done::Stamped(first));
        let read = op(Kind::Read(None));
        let end = done(&read, Outcome::Siblings { found, applied: Range::EMPTY }, &versions, bytes);
        assert_eq!(end, Done::Siblings(vec![b"Int(8)".to_vec(), b"Int(7)".to_vec()]), "the one last with more updates");
        let nothing = Outcome::Siblings { found: Range::EMPTY, applied: Range::EMPTY };
        assert_eq!(done(&read, nothing, &versions, bytes), Done::Siblings(Vec::new()));
        let refused = done(&write, Outcome::Rejected(Reason::NoLeader), &versions, bytes);
        assert_eq!(refused, Done::Written(Err(WriteError::Rejected { reason: Reason::NoLeader })));
    }
}
