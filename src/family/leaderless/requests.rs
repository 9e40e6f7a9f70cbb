//! A node as the host of coordinators: it takes requests of clients, or passes them on, and does what their coordinators want done.

use std::sync::Arc;

use super::coordinator::{Asking, Coordinator, Purpose, Step, Verdict};
use super::message::{Answer, Message};
use super::replica::Replica;
use super::settings::FanOut;
use super::version::{Version, Versioning};
use super::writing::Writing;
use super::{Fact, Leaderless, Timer};
use crate::family::{Effects, Now};
use crate::log::OpId;
use crate::network::NodeId;
use crate::operation::Attempt;
use crate::time::SimDuration;

impl Replica {
    /// A client, or a node that does not hold the key, wants an operation to be coordinated.
    pub(super) fn on_request(&mut self, now: Now, src: NodeId, request: &Message, out: &mut impl Effects<Leaderless>) {
        match request {
            Message::Get { attempt, key, quorum } => {
                let running = |one: &Coordinator| one.attempt == *attempt;
                if !self.running.iter().any(running) {
                    let region = self.region();
                    let own = Some(self.config.id);
                    let asking = Asking { attempt: *attempt, client: src, key: *key, quorum: *quorum, region, own };
                    self.begin(&asking, None, out);
                }
            }
            Message::Put { attempt, client, key, value, context, quorum } => {
                if !self.met.insert(attempt.op) {
                    return;
                }
                if let Some(home) = self.passes_on(*key) {
                    out.note(Fact::Forwarded(attempt.op, home));
                    return out.send(home, request.clone());
                }
                let region = self.region();
                let own = Some(self.config.id);
                let asking = Asking { attempt: *attempt, client: *client, key: *key, quorum: *quorum, region, own };
                let (key, value, client) = (*key, *value, *client);
                let writing = Writing { op: attempt.op, key, value, context: (**context).clone(), client };
                let versions = self.versions_to_write(now, &writing);
                self.begin(&asking, Some(versions), out);
            }
            Message::Reply { .. }
            | Message::Store { .. }
            | Message::Stored { .. }
            | Message::Fetch { .. }
            | Message::Found { .. }
            | Message::HandOff { .. }
            | Message::HandedOff { .. }
            | Message::Compare { .. }
            | Message::Exchange { .. }
            | Message::Gossip { .. } => {}
        }
    }

    fn region(&self) -> u16 {
        self.config.regions.get(self.config.id.index()).copied().unwrap_or(0)
    }

    /// The node to which a write has to go that must be numbered by one that holds its key; none, if this one does, or no such one is believed
    /// to be up.
    fn passes_on(&self, key: crate::log::KeyId) -> Option<NodeId> {
        if !self.config.settings.versioning.counts_at_replicas() {
            return None;
        }
        let homes = self.homes(key);
        let up = |home: &NodeId| self.membership.believes_up(*home);
        homes.iter().copied().find(up).filter(|_| !homes.contains(&self.config.id))
    }

    /// What a write stores: its version, and where versions stand side by side all that this node has beside it, so that whoever is sent a number
    /// of this node has been sent all that came before it.
    fn versions_to_write(&mut self, now: Now, writing: &Writing) -> Vec<Arc<Version>> {
        let versioning = self.config.settings.versioning;
        let hints = self.hints.of(writing.key).flat_map(|hint| &hint.versions);
        let held: Vec<Arc<Version>> = self.store.versions(writing.key).iter().chain(hints).cloned().collect();
        let version = Arc::new(self.numbering.version(versioning, writing, &held, self.config.clock.at(now).0));
        if !versioning.keeps_siblings() {
            return vec![version];
        }
        let mut versions = versioning.merged([held.as_slice()]);
        versioning.take(&mut versions, &version);
        versions
    }

    fn begin(&mut self, asking: &Asking, write: Option<Vec<Arc<Version>>>, out: &mut impl Effects<Leaderless>) {
        let settings = self.config.settings.clone();
        let (coordinator, steps) = Coordinator::begin(settings, asking, &self.candidates(asking.key), write);
        if !coordinator.is_over() {
            set_timers(&coordinator, &self.config.settings, out);
        }
        self.drive(coordinator, steps, out);
    }

    /// Tells the coordinator of an attempt something.
    pub(super) fn coordinate<E: Effects<Leaderless>>(
        &mut self,
        attempt: Attempt,
        out: &mut E,
        tell: impl FnOnce(&mut Coordinator) -> Vec<Step>,
    ) {
        self.coordinate_of((attempt.op, attempt.number), out, tell);
    }

    /// Tells the coordinator of an attempt something.
    pub(super) fn coordinate_of<E: Effects<Leaderless>>(
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

    /// Does what a coordinator wants done; what concerns this node itself at once, which may lead to further steps.
    fn drive(&mut self, mut one: Coordinator, mut steps: Vec<Step>, out: &mut impl Effects<Leaderless>) {
        let own = self.config.id;
        let (attempt, key) = (one.attempt, one.key);
        let mut done = 0;
        while let Some(step) = steps.get(done).cloned() {
            done += 1;
            match step {
                Step::Fetch(to) if to == own => steps.extend(one.found(own, self.store.versions(key))),
                Step::Fetch(to) => out.send(to, Message::Fetch { attempt, key }),
                Step::Store { to, owner, versions, purpose } if to == own => {
                    self.store_for(key, owner, &versions, out);
                    steps.extend(one.stored(own, owner, purpose));
                }
                Step::Store { to, owner, versions, purpose } => {
                    if purpose == Purpose::Repair {
                        out.note(Fact::Repairs(attempt.op, to));
                    }
                    out.send(to, Message::Store { attempt, key, owner, purpose, versions: Arc::new(versions) });
                }
                Step::Hint { owner, versions } => self.keep_hint(owner, key, &versions, out),
                Step::Counted { by: _, got, needed } => out.note(Fact::Counted(attempt.op, small(got), small(needed))),
                Step::Answer(verdict) => {
                    if let Verdict::TooFew { got, needed } = verdict {
                        out.note(Fact::TooFew(attempt.op, small(got), small(needed)));
                    }
                    let beside = self.store.versions(key);
                    let answer = answer(&one, verdict, beside, self.config.settings.versioning);
                    out.send(one.client, Message::Reply { attempt, answer });
                }
            }
        }
        if !one.is_over() {
            self.running.push(one);
        }
    }
}

/// Sets the timers of a coordinator that waits for answers.
pub(crate) fn set_timers(one: &Coordinator, settings: &super::Settings, out: &mut impl Effects<Leaderless>) {
    let (op, number) = (one.attempt.op, one.attempt.number);
    out.set_timer(Timer::GiveUp(op, number), settings.timeout);
    if settings.sloppy && settings.patience < settings.timeout {
        out.set_timer(Timer::StandIn(op, number), settings.patience);
    }
    if let (FanOut::Needed(Some(after)), true) = (settings.fan_out, one.reads())
        && after > SimDuration::ZERO
    {
        out.set_timer(Timer::AskMore(op, number), after);
    }
}

/// What a client is told of the end of its request; `beside` is what the coordinator holds of the key.
pub(crate) fn answer(one: &Coordinator, verdict: Verdict, beside: &[Arc<Version>], versioning: Versioning) -> Answer {
    match verdict {
        Verdict::Written => {
            let written = |version: &&Arc<Version>| version.op == one.attempt.op;
            let version = one.versions().iter().find(written);
            let version = version.unwrap_or_else(|| panic!("the write {:?} has no version of its own", one.attempt.op)).clone();
            // A clock or the order of arrival leaves nothing beside a version.
            let kept = beside.iter().filter(|other| versioning.keeps_siblings() && !other.is(&version));
            Answer::Written { beside: Arc::new(kept.cloned().collect()), version }
        }
        Verdict::Found { versions, fastest } => Answer::Shown { versions: Arc::new(versions), fastest },
        Verdict::TooFew { got, needed } => Answer::TooFew { got: small(got), needed: small(needed) },
        Verdict::Unavailable => Answer::Unavailable,
    }
}

/// A count of answers.
pub(crate) fn small(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
