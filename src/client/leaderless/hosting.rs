//! A client that coordinates its requests itself: it needs no node in between, and has nothing to store (Dynamo, section 6.4).

use std::sync::Arc;

use super::{LeaderlessClient, Seen};
use crate::family::leaderless::{
    Asking, Candidate, Coordinator, Fact, Leaderless, Message, Purpose, Step, Timer, Verdict, Writing, answer, set_timers, small,
};
use crate::family::{Effects, GroupId, Now};
use crate::log::OpId;
use crate::network::NodeId;
use crate::operation::{Attempt, Invocation, Kind};
use crate::rng::mix;

impl LeaderlessClient {
    /// Coordinates an attempt at an operation.
    pub(super) fn host(
        &mut self,
        now: Now,
        attempt: Attempt,
        invocation: &Invocation,
        group: GroupId,
        out: &mut impl Effects<Leaderless>,
    ) {
        let Invocation { op, session, key, kind, .. } = *invocation;
        let view = &self.groups[group.index()];
        let settings = view.settings.clone();
        let position = self.places.positions.get(key.0 as usize).copied().unwrap_or_else(|| mix(u64::from(key.0)));
        let region = |node: NodeId| self.places.regions.get(node.index()).copied().unwrap_or(0);
        let nodes: Vec<Candidate> =
            view.ring.walk(position).into_iter().map(|node| Candidate { node, region: region(node), up: true }).collect();
        let asking = Asking { attempt, client: self.config.id, key, quorum: None, region: view.region, own: None };
        let write = match kind {
            Kind::Read(_) => None,
            Kind::Write(value) => {
                let seen = self.seen.or_insert_with((session, key), Seen::default);
                let writing = Writing { op, key, value, context: (*seen.context).clone(), client: self.config.id };
                let clock = self.config.clock.at(now).0;
                let version = Arc::new(self.numbering.version(settings.versioning, &writing, &[], clock));
                // What it has numbered once it knows of, whatever becomes of it.
                Arc::make_mut(&mut seen.context).see(&version);
                Some(vec![version])
            }
        };
        let (coordinator, steps) = Coordinator::begin(settings.clone(), &asking, &nodes, write);
        if !coordinator.is_over() {
            set_timers(&coordinator, &settings, out);
        }
        self.drive(coordinator, steps, out);
    }

    /// A timer of a coordinator runs out.
    pub(super) fn wake(&mut self, timer: Timer, out: &mut impl Effects<Leaderless>) {
        match timer {
            Timer::StandIn(op, number) => self.coordinate_of((op, number), out, Coordinator::replace_silent),
            Timer::AskMore(op, number) => self.coordinate_of((op, number), out, Coordinator::ask_one_more),
            Timer::GiveUp(op, number) => self.coordinate_of((op, number), out, Coordinator::give_up),
            Timer::HandOff | Timer::Compare | Timer::Gossip | Timer::Collect => {
                panic!("client {:?} got a node's timer: {timer:?}", self.config.id)
            }
        }
    }

    pub(super) fn coordinate<E: Effects<Leaderless>>(
        &mut self,
        attempt: Attempt,
        out: &mut E,
        tell: impl FnOnce(&mut Coordinator) -> Vec<Step>,
    ) {
        self.coordinate_of((attempt.op, attempt.number), out, tell);
    }

    fn coordinate_of<E: Effects<Leaderless>>(
        &mut self,
        (op, number): (OpId, u8),
        out: &mut E,
        tell: impl FnOnce(&mut Coordinator) -> Vec<Step>,
    ) {
        let meant = |one: &Coordinator| (one.attempt.op, one.attempt.number) == (op, number);
        let Some(place) = self.running.iter().position(meant) else { return };
        let mut coordinator = self.running.remove(place);
        let steps = tell(&mut coordinator);
        self.drive(coordinator, steps, out);
    }

    /// Does what a coordinator wants done. A client keeps no hints.
    fn drive(&mut self, one: Coordinator, steps: Vec<Step>, out: &mut impl Effects<Leaderless>) {
        let (attempt, key) = (one.attempt, one.key);
        let mut end = None;
        for step in steps {
            match step {
                Step::Fetch(to) => out.send(to, Message::Fetch { attempt, key }),
                Step::Store { to, owner, versions, purpose } => {
                    if purpose == Purpose::Repair {
                        out.note(Fact::Repairs(attempt.op, to));
                    }
                    out.send(to, Message::Store { attempt, key, owner, purpose, versions: Arc::new(versions) });
                }
                Step::Hint { .. } => {}
                Step::Counted { by: _, got, needed } => out.note(Fact::Counted(attempt.op, small(got), small(needed))),
                Step::Answer(verdict) => {
                    if let Verdict::TooFew { got, needed } = verdict {
                        out.note(Fact::TooFew(attempt.op, small(got), small(needed)));
                    }
                    let group = self.key_groups.get(key.0 as usize).copied().unwrap_or(GroupId(0));
                    let versioning = self.groups[group.index()].settings.versioning;
                    end = Some(answer(&one, verdict, &[], versioning));
                }
            }
        }
        if !one.is_over() {
            self.running.push(one);
        }
        if let Some(answer) = end {
            self.on_reply(attempt, None, &answer, out);
        }
    }
}
