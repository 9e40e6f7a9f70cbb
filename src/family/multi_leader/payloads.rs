//! A replica's side of replicated data: calls of methods, what it takes in, and what it sends.
//!
//! The log of the family gives each update a dot, so that operations come once, and with causal delivery in causal order. A state is taken when it
//! is sent, and brings along what it stands for: it may know more than the updates it travels with.

use std::sync::Arc;

use super::message::Sent;
use super::policy::Policy;
use super::replica::{Logged, Replica};
use super::replicated::{Carried, Drawn, Method, Payload, Replicated, Sends, Source, broken_law};
use super::update::{Change, Update};
use super::{Fact, MultiLeader};
use crate::crdt::UpdateError;
use crate::family::{Effects, Now};
use crate::log::KeyId;
use crate::sabotage::Sabotage;
use crate::sorted::Map;
use crate::versions;

/// What a replica has sent of one key of replicated data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// How many states, deltas or operations, each counted once for every neighbour.
    pub count: u64,
    /// How many bytes they took, as postcard writes them.
    pub bytes: u64,
}

/// What was sent of each key.
pub(super) type Volumes = Map<KeyId, Volume>;

/// A state on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct SentState {
    /// The state.
    pub payload: Arc<Payload>,
    /// The updates of the key that it stands for.
    pub seen: Arc<crate::version::VersionVector>,
}

impl Replica {
    /// The method with this number.
    fn method(&self, number: u32) -> Option<&Method> {
        self.config.methods.get(number as usize)
    }

    /// Calls a method where it is asked for, and says what is to travel.
    pub(super) fn call(
        &mut self,
        now: Now,
        key: KeyId,
        replicated: Replicated,
        number: u32,
    ) -> Result<Option<Arc<Carried>>, UpdateError> {
        let Some(method) = self.method(number).cloned() else { return Ok(None) };
        // Two updates of one moment are a microsecond apart, or nobody could tell which was the last.
        let time = self.config.clock.at(now).0.max(self.last_time.saturating_add(1));
        let dot = versions::Dot { id: self.config.id.0, count: self.taken + 1 };
        let payload = self.store.payload_mut(key, replicated);
        let carried = payload.call(&Source { dot, time }, &method)?;
        payload.name_edge(&method);
        self.last_time = time;
        self.forget_early(key, replicated);
        Ok((replicated.sends != Sends::States).then(|| Arc::new(carried)))
    }

    /// How much a method adds to a counter.
    pub(super) fn adds(&self, number: u32) -> i64 {
        self.method(number).map_or(0, |method| i64::try_from(method.adds()).unwrap_or(i64::MIN))
    }

    /// Takes in what an update of another leader brings for replicated data; `again`, if it had been taken in before.
    pub(super) fn take_in(
        &mut self,
        update: &Update,
        state: Option<&SentState>,
        again: bool,
        out: &mut impl Effects<MultiLeader>,
    ) {
        let (Policy::Replicated(replicated), Change::Call(number)) = (self.policy(update.key), update.change) else { return };
        let method = self.method(number).cloned();
        let checks = matches!(self.store.payload(update.key), Some(Payload::Number(_)));
        if let (true, Some(state), Some(held)) = (checks, state, self.store.payload(update.key)) {
            let before = self.store.came_before(update.key);
            if let Some(law) = broken_law(held, &state.payload, before, Payload::merge) {
                out.note(Fact::LawBroken(update.op, law));
            }
        }
        // A state that comes once more is the newest one: that it brings news is no fault.
        let again = again && state.is_none();
        let before = again.then(|| self.store.payload(update.key).cloned()).flatten();
        let payload = self.store.payload_mut(update.key, replicated);
        let taken = match (state, &update.carried) {
            (Some(state), _) => {
                payload.merge(&state.payload);
                Ok(())
            }
            (None, Some(carried)) => payload.receive(carried),
            (None, None) => Ok(()),
        };
        if let Some(method) = &method {
            payload.name_edge(method);
        }
        if taken.is_err() {
            out.note(Fact::WithoutCause(update.op));
        }
        if again && before.as_ref() != self.store.payload(update.key) {
            out.note(Fact::AppliedTwice(update.op));
        }
        if let Some(state) = state {
            self.store.has_come(update.key, state);
        }
        self.forget_early(update.key, replicated);
    }

    /// With the defect, an update that has come once more is taken in once more: where operations travel, it counts twice.
    pub(super) fn take_in_again(&mut self, sent: &Sent, out: &mut impl Effects<MultiLeader>) {
        let own = sent.update.leader() == self.config.id;
        if self.has(Sabotage::ApplyDuplicates) && !own && self.applied.has(sent.update.dot()) {
            self.take_in(&sent.update, sent.state.as_ref(), true, out);
        }
    }

    fn forget_early(&mut self, key: KeyId, replicated: Replicated) {
        if self.has(Sabotage::CollectTombstonesEarly) {
            self.store.payload_mut(key, replicated).forget_tombstones();
        }
    }

    /// An update as it goes to a neighbour: with the state as it is now, where states travel.
    pub(super) fn sent(&self, entry: &Logged) -> Sent {
        let key = entry.update.key;
        let states = matches!(self.policy(key), Policy::Replicated(replicated) if replicated.sends == Sends::States);
        let state = states.then(|| self.store.payload_arc(key)).flatten();
        let state = state.map(|payload| SentState { payload, seen: Arc::new(self.store.seen(key)) });
        Sent { update: entry.update.clone(), passed: entry.passed, state }
    }

    /// Counts what goes to a neighbour. A state goes once in a message, whatever updates are in it.
    pub(super) fn count_sent(&mut self, updates: &[Sent]) {
        for (place, sent) in updates.iter().enumerate() {
            let key = sent.update.key;
            let bytes = match (&sent.state, &sent.update.carried) {
                (Some(_), _) if updates[..place].iter().any(|earlier| earlier.update.key == key) => continue,
                (Some(state), _) => state.payload.bytes(),
                (None, Some(carried)) => carried.bytes(),
                (None, None) => continue,
            };
            let volume = self.volumes.or_insert_with(key, Volume::default);
            volume.count += 1;
            volume.bytes += bytes as u64;
        }
    }

    /// What a key of replicated data holds here, as data to draw; nothing, if nothing has been done to it.
    #[must_use]
    pub fn drawn(&self, key: KeyId) -> Option<Drawn> {
        self.store.payload(key).map(Payload::drawn)
    }

    /// What it has sent of a key of replicated data.
    #[must_use]
    pub fn volume(&self, key: KeyId) -> Volume {
        self.volumes.get(key).copied().unwrap_or_default()
    }
}
