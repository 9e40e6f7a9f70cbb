//! What a node holds: the versions of its keys, and in a store of its own the hints that it keeps for others.
//!
//! Both are on its disk. A hint is not readable (Dynamo, section 4.6): whoever asks the node for the key is shown what it holds itself. It waits
//! there until its owner has it; if the node that keeps it is lost, so is the hint.

use std::sync::Arc;

use super::version::{Taken, Version, Versioning};
use crate::log::{KeyId, OpId};
use crate::network::NodeId;
use crate::sorted::Map;
use crate::time::SimTime;

/// The versions of keys.
#[derive(Clone, Debug, Default)]
pub struct Store {
    keys: Map<KeyId, Vec<Arc<Version>>>,
}

/// What putting versions into a store did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The versions that are there now and were not.
    pub added: Vec<Arc<Version>>,
    /// Which versions went, and for which one each.
    pub replaced: Vec<(Arc<Version>, Arc<Version>)>,
    /// Which arrived too late, and because of which one each.
    pub obsolete: Vec<(Arc<Version>, Arc<Version>)>,
}

impl Store {
    /// The versions of a key.
    #[must_use]
    pub fn versions(&self, key: KeyId) -> &[Arc<Version>] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// The keys that have versions, in the order of their numbers.
    pub fn keys(&self) -> impl Iterator<Item = (KeyId, &[Arc<Version>])> {
        self.keys.iter().filter(|(_, held)| !held.is_empty()).map(|(key, held)| (*key, held.as_slice()))
    }

    /// Takes versions in.
    pub fn take(&mut self, versioning: Versioning, key: KeyId, versions: &[Arc<Version>]) -> Change {
        let held = self.keys.or_insert_with(key, Vec::new);
        let mut change = Change::default();
        for version in versions {
            match versioning.take(held, version) {
                Taken::In(gone) => {
                    change.added.push(version.clone());
                    change.replaced.extend(gone.into_iter().map(|old| (old, version.clone())));
                }
                Taken::Obsolete(by) => change.obsolete.push((version.clone(), by)),
                Taken::Known => {}
            }
        }
        change
    }

    /// Gives a key up.
    pub fn forget(&mut self, key: KeyId) {
        if let Some(held) = self.keys.get_mut(key) {
            held.clear();
        }
    }

    /// Collects the tombstones of deletions before a moment, where nothing else is left of the key.
    pub fn collect(&mut self, before: SimTime) -> Vec<OpId> {
        let mut collected = Vec::new();
        let keys: Vec<KeyId> = self.keys().map(|(key, _)| key).collect();
        for key in keys {
            let old = |version: &Arc<Version>| version.is_tombstone() && version.clock.time < before.0;
            if let Some(held) = self.keys.get_mut(key).filter(|held| held.iter().all(old)) {
                collected.extend(held.drain(..).map(|version| version.op));
            }
        }
        collected
    }
}

/// What is kept for another node.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// A number that changes with what the hint holds.
    pub number: u64,
    /// For whom.
    pub owner: NodeId,
    /// The key.
    pub key: KeyId,
    /// The versions.
    pub versions: Vec<Arc<Version>>,
    /// How often it has been sent.
    pub tries: u32,
}

/// The hints that a node keeps.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    all: Vec<Hint>,
    numbers: u64,
}

impl Hints {
    /// All of them, in the order in which they were begun.
    #[must_use]
    pub fn all(&self) -> &[Hint] {
        &self.all
    }

    /// What is kept of a key, for whomever.
    pub fn of(&self, key: KeyId) -> impl Iterator<Item = &Hint> {
        self.all.iter().filter(move |hint| hint.key == key)
    }

    /// Keeps versions for a node.
    pub fn keep(&mut self, versioning: Versioning, owner: NodeId, key: KeyId, versions: &[Arc<Version>]) {
        self.numbers += 1;
        let number = self.numbers;
        let known = self.all.iter_mut().find(|hint| (hint.owner, hint.key) == (owner, key));
        let Some(hint) = known else {
            return self.all.push(Hint { number, owner, key, versions: versions.to_vec(), tries: 0 });
        };
        for version in versions {
            versioning.take(&mut hint.versions, version);
        }
        (hint.number, hint.tries) = (number, 0);
    }

    /// A hint is to be sent, once more.
    pub fn send(&mut self, place: usize) -> Option<&Hint> {
        let hint = self.all.get_mut(place)?;
        hint.tries += 1;
        Some(hint)
    }

    /// The owner has a hint: it is not kept any longer, unless it has changed since.
    pub fn done(&mut self, number: u64) -> Option<Hint> {
        let place = self.all.iter().position(|hint| hint.number == number)?;
        Some(self.all.remove(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::leaderless::version::Context;
    use crate::family::leaderless::writing::{Numbering, Writing};
    use crate::log::Value;

    fn version(numbering: &mut Numbering, op: u32, value: Value, held: &[Arc<Version>], context: Context) -> Arc<Version> {
        let writing = Writing { op: OpId(op), key: KeyId(0), value, context, client: NodeId(9) };
        Arc::new(numbering.version(Versioning::Dotted, &writing, held, 1_000 + u64::from(op)))
    }

    #[test]
    fn a_tombstone_is_collected_when_it_is_old_and_alone() {
        let (mut numbering, mut store, key) = (Numbering::new(NodeId(0), 4), Store::default(), KeyId(0));
        let first = version(&mut numbering, 0, Value::Int(1), &[], Context::default());
        store.take(Versioning::Dotted, key, std::slice::from_ref(&first));
        let mut seen = Context::default();
        seen.see(&first);
        let deletion = version(&mut numbering, 1, Value::Nothing, store.versions(key), seen);
        let change = store.take(Versioning::Dotted, key, std::slice::from_ref(&deletion));
        assert_eq!((change.added.len(), change.replaced), (1, vec![(first.clone(), deletion.clone())]));
        assert_eq!(
            store.take(Versioning::Dotted, key, std::slice::from_ref(&first)).obsolete,
            [(first.clone(), deletion.clone())]
        );
        assert!(store.collect(SimTime(1_001)).is_empty(), "it is not older than that");
        assert_eq!(store.collect(SimTime(1_002)), [OpId(1)]);
        assert_eq!(store.take(Versioning::Dotted, key, &[first]).added.len(), 1, "nothing keeps the old version away any more");
    }

    #[test]
    fn a_hint_that_has_changed_is_still_kept() {
        let (mut numbering, mut hints) = (Numbering::new(NodeId(0), 4), Hints::default());
        let first = version(&mut numbering, 0, Value::Int(1), &[], Context::default());
        hints.keep(Versioning::Dotted, NodeId(2), KeyId(0), std::slice::from_ref(&first));
        let sent = hints.send(0).expect("there is a hint").number;
        let second = version(&mut numbering, 1, Value::Int(2), &[first], Context::default());
        hints.keep(Versioning::Dotted, NodeId(2), KeyId(0), &[second]);
        assert!(hints.done(sent).is_none());
        assert_eq!(hints.of(KeyId(0)).map(|hint| hint.versions.len()).collect::<Vec<_>>(), [2]);
        assert!(hints.done(hints.all()[0].number).is_some() && hints.all().is_empty());
    }
}
