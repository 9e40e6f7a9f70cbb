//! What a replica holds of each key: the versions that no other version has replaced.
//!
//! Versions are compared by dotted version vectors; which of several concurrent ones stay is the policy's choice. A deletion is a version
//! without a value (a tombstone): without it, nobody could tell a deleted key from one that never was, and an old version that arrives
//! late would be taken for a new one.

use std::cmp::Ordering;
use std::sync::Arc;

use super::cart::Cart;
use super::clocks::Readings;
use super::payloads::SentState;
use super::policy::{Policy, joined};
use super::replicated::{Payload, Replicated};
use super::update::{Change, Update};
use crate::log::{KeyId, OpId, Value};
use crate::operation::Sibling;
use crate::version::{DottedVersion, Stamp, VersionVector};

/// One version of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its update, and what it comes after.
    pub stamp: Arc<DottedVersion>,
    /// The value; [`Value::Nothing`] if it is a deletion.
    pub value: Value,
    /// The operation that wrote it.
    pub op: OpId,
    /// What the clocks of its leader showed.
    pub clocks: Readings,
}

/// What a replica holds of one key.
#[derive(Clone, Debug, Default)]
struct Held {
    /// Concurrent versions, in the order of their updates: equal versions are equally ordered everywhere.
    versions: Vec<Stored>,
    /// What all additions come to: exactly, so that their order does not matter.
    sum: i128,
    /// Of a cart: its elements.
    cart: Cart,
    /// All updates that were applied here, and what they came after.
    seen: VersionVector,
    /// Of replicated data: what it comes to.
    payload: Option<Arc<Payload>>,
    /// Of a number with a merge that somebody made up: the state that came last.
    came: Option<Arc<Payload>>,
}

/// What an update met that neither of the two had seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// Both versions stay, or a rule merges them.
    Concurrent(OpId),
    /// The update's version was dropped in favour of this one.
    Lost(OpId),
    /// This version was dropped in favour of the update's.
    Won(OpId),
}

/// What became of an update that was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applying {
    /// The versions that it met.
    pub met: Vec<Disagreement>,
    /// Whether it was to change a row that is not there.
    pub row_missing: bool,
}

/// What a replica holds.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// By key; shared by checkpoints until it changes.
    held: Vec<Arc<Held>>,
}

impl Store {
    fn held(&mut self, key: KeyId) -> &mut Held {
        let place = key.0 as usize;
        if place >= self.held.len() {
            self.held.resize_with(place + 1, Arc::default);
        }
        Arc::make_mut(&mut self.held[place])
    }

    /// The versions of a key, deletions included.
    #[must_use]
    pub fn versions(&self, key: KeyId) -> &[Stored] {
        self.held.get(key.0 as usize).map_or(&[], |held| &held.versions)
    }

    /// What all additions to a key come to.
    #[must_use]
    pub fn sum(&self, key: KeyId) -> i64 {
        let sum = self.held.get(key.0 as usize).map_or(0, |held| held.sum);
        i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
    }

    /// What a key of replicated data holds; nothing, if nothing has been done to it here.
    #[must_use]
    pub fn payload(&self, key: KeyId) -> Option<&Payload> {
        self.held.get(key.0 as usize)?.payload.as_deref()
    }

    /// The same, for sending.
    pub(super) fn payload_arc(&self, key: KeyId) -> Option<Arc<Payload>> {
        self.held.get(key.0 as usize)?.payload.clone()
    }

    /// The same, for changing it.
    pub(super) fn payload_mut(&mut self, key: KeyId, replicated: Replicated) -> &mut Payload {
        let payload = self.held(key).payload.get_or_insert_with(|| Arc::new(Payload::new(replicated)));
        Arc::make_mut(payload)
    }

    /// The state that came last, of a number.
    pub(super) fn came_before(&self, key: KeyId) -> Option<&Payload> {
        self.held.get(key.0 as usize)?.came.as_deref()
    }

    /// A state has been merged: with it came what it stands for.
    pub(super) fn has_come(&mut self, key: KeyId, state: &SentState) {
        let held = self.held(key);
        held.seen = held.seen.merge(&state.seen);
        held.came = matches!(*state.payload, Payload::Number(_)).then(|| state.payload.clone());
    }

    /// The one value that a rule makes of the versions of a key; none if the policy has no rule, or nothing is there.
    #[must_use]
    pub fn merged(&self, key: KeyId, policy: Policy) -> Option<Value> {
        if let Policy::Replicated(_) = policy {
            return self.payload(key).map(Payload::value);
        }
        let elements = self.held.get(key.0 as usize).map_or(0, |held| held.cart.elements());
        policy.merged(self.versions(key), self.sum(key), elements)
    }

    /// Whether a key has a value.
    #[must_use]
    pub fn is_there(&self, key: KeyId) -> bool {
        self.versions(key).iter().any(|version| version.value != Value::Nothing)
    }

    /// All updates of a key that were applied here or that those came after, also what was dropped: a write that is taken here comes after them.
    #[must_use]
    pub fn seen(&self, key: KeyId) -> VersionVector {
        self.held.get(key.0 as usize).map_or_else(VersionVector::default, |held| held.seen.clone())
    }

    /// What a reader is shown: each version, with the merged value where a rule merges them.
    #[must_use]
    pub fn shown(&self, key: KeyId, policy: Policy) -> Vec<Sibling> {
        let versions = self.versions(key);
        let merged = self.merged(key, policy);
        let shown = versions.iter().filter(|version| policy.shows(version, versions));
        let shown = shown.map(|version| Sibling {
            stamp: Stamp::Dotted(version.stamp.clone()),
            value: merged.unwrap_or(version.value),
            op: version.op,
        });
        shown.collect()
    }

    /// The one value of a key, for conditions: merged, or that of the newest update.
    #[must_use]
    pub fn value(&self, key: KeyId, policy: Policy) -> Option<Value> {
        let newest = self.versions(key).last().map(|version| version.value);
        self.merged(key, policy).or(newest).filter(|value| *value != Value::Nothing)
    }

    /// Applies an update, which it has not applied before. Without tombstones a deletion leaves nothing behind.
    pub fn apply(&mut self, update: &Update, policy: Policy, tombstones: bool) -> Applying {
        if update.needs_row && !self.is_there(update.key) {
            return Applying { met: Vec::new(), row_missing: true };
        }
        let held = self.held(update.key);
        if policy == Policy::Cart && (tombstones || update.change != Change::Delete) {
            let set = if let Change::Set(Value::Set(set)) = update.change { set } else { 0 };
            held.cart.apply(&update.stamp, set, held.seen.get(update.dot().actor) >= update.dot().count);
        }
        held.seen = held.seen.merge(&update.stamp.seen());
        let value = match update.change {
            Change::Set(value) => value,
            Change::Delete => Value::Nothing,
            Change::Add(more) => {
                held.sum += i128::from(more);
                Value::Delta(more)
            }
            Change::Call(number) => Value::Method(number),
        };
        let new = Stored { stamp: update.stamp.clone(), value, op: update.op, clocks: update.clocks };
        let met = match policy.drops_by() {
            Some(clock) => {
                let reading = new.clocks.of(clock);
                match held.versions.first() {
                    Some(old) if old.clocks.of(clock).compare(&reading) == Ordering::Greater => {
                        let seen = old.stamp.includes(new.stamp.dot());
                        return Applying {
                            met: if seen { Vec::new() } else { vec![Disagreement::Lost(old.op)] },
                            row_missing: false,
                        };
                    }
                    Some(old) if !new.stamp.includes(old.stamp.dot()) => vec![Disagreement::Won(old.op)],
                    Some(_) | None => Vec::new(),
                }
            }
            None => {
                if held.versions.iter().any(|old| old.stamp.includes(new.stamp.dot())) {
                    return Applying::default();
                }
                let apart = held.versions.iter().filter(|old| !new.stamp.includes(old.stamp.dot()));
                apart.map(|old| Disagreement::Concurrent(old.op)).collect()
            }
        };
        held.put(new, policy, tombstones);
        Applying { met, row_missing: false }
    }

    /// What a leader writes that joins the versions which it holds, its own first; none if there is one only.
    #[must_use]
    pub fn joined(&self, key: KeyId, own: impl Fn(&Stored) -> bool) -> Option<Value> {
        let versions = self.versions(key);
        let part = |version: &Stored| if let Value::Joined(parts) = version.value { parts } else { 0 };
        if versions.len() < 2 {
            return None;
        }
        let (mine, theirs): (Vec<&Stored>, Vec<&Stored>) = versions.iter().partition(|version| own(version));
        Some(Value::Joined(mine.into_iter().chain(theirs).fold(0, |all, version| joined(all, part(version)))))
    }
}

impl Held {
    fn put(&mut self, new: Stored, policy: Policy, tombstones: bool) {
        match policy.drops_by() {
            Some(_) => self.versions.clear(),
            None => self.versions.retain(|old| !new.stamp.includes(old.stamp.dot())),
        }
        if new.value == Value::Nothing && !tombstones {
            return;
        }
        let place = self.versions.partition_point(|old| old.stamp.dot() < new.stamp.dot());
        self.versions.insert(place, new);
    }
}
