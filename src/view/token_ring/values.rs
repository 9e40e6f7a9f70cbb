//! What a node holds of the key that is looked at, beside what all nodes of the ring hold of it together.

use std::sync::Arc;

use crate::family::leaderless::{Replica, Version};
use crate::log::{KeyId, Value};
use crate::run::Run;

/// How what a node holds stands to what all nodes hold together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Age {
    /// It has all that is left when the versions of all nodes are put together, or nothing tells which version is newer.
    #[default]
    Current,
    /// Somewhere there is a version that replaces what it has.
    Old,
    /// What it has is not replaced, but elsewhere there are versions beside it.
    Partial,
}

/// What a node holds of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The values, "none", or that the node is no replica of the key and has nothing; empty before there is a key.
    pub value: String,
    /// How that stands to what the others hold.
    pub age: Age,
    /// Whether the node is one of the key's replicas, as it knows the ring.
    pub replica: bool,
    /// Whether some version of it is a tombstone.
    pub tombstone: bool,
}

impl Held {
    /// What is to be said of the age; empty if there is nothing to say.
    #[must_use]
    pub fn age_line(&self) -> &'static str {
        match self.age {
            Age::Current => "",
            Age::Old => "(old)",
            Age::Partial => "(not all)",
        }
    }
}

/// The versions of a key that are left when those of all nodes are put together; none where nothing tells which is newer.
pub(super) fn newest(replicas: &[&Replica], key: KeyId) -> Vec<Arc<Version>> {
    let Some(versioning) = replicas.first().map(|replica| replica.config.settings.versioning) else { return Vec::new() };
    if !versioning.tells_newer() {
        return Vec::new();
    }
    let hinted = replicas.iter().flat_map(|replica| replica.hints.of(key)).map(|hint| hint.versions.as_slice());
    versioning.merged(replicas.iter().map(|replica| replica.store.versions(key)).chain(hinted))
}

/// What a node holds of a key.
pub(super) fn held(run: &Run, replica: &Replica, key: KeyId, newest: &[Arc<Version>]) -> Held {
    let versions = replica.store.versions(key);
    let home = replica.homes(key).contains(&replica.config.id);
    let words = |value: Value| if value == Value::Nothing { "deleted (tombstone)".to_owned() } else { run.plan.show(value) };
    let values: Vec<String> = versions.iter().map(|version| words(version.value)).collect();
    let value = match (values.is_empty(), home) {
        (false, _) => values.join(" ∥ "),
        (true, true) => "none".to_owned(),
        (true, false) => "no replica".to_owned(),
    };
    let left = |version: &Arc<Version>| newest.iter().any(|other| other.is(version));
    let age = match (versions.iter().all(left), versions.len() < newest.len()) {
        _ if versions.is_empty() || newest.is_empty() => Age::Current,
        (false, _) => Age::Old,
        (true, true) => Age::Partial,
        (true, false) => Age::Current,
    };
    Held { value, age, replica: home, tombstone: versions.iter().any(|version| version.is_tombstone()) }
}
