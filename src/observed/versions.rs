//! What a record tells of versions that may be concurrent: what stands beside the steps of an [`Observed`].
//!
//! A store with one order of versions tells a number with each step ([`Step::version`](super::Step::version)). A store that keeps
//! concurrent versions returns several siblings with a stamp each, and a write carries a context: what its client had seen of the key
//! (DeCandia et al. 2007; Riak). Records of such stores may tell stamps, or only values; both stand here, in one arena. Steps are named by
//! their numbers, so that a history without siblings has nothing of this.

use super::Value;
use crate::history::{Arbitration, Fate};
use crate::version::{Arena, Range, Scope, Stamp};

/// One version of a key, as a step tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// The value; none where only the version is told.
    pub value: Option<Value>,
    /// Which others it comes after; none where only values are told.
    pub stamp: Option<Stamp>,
    /// The step that wrote it, if the record says so.
    pub writer: Option<u32>,
}

/// What a record tells of the versions of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The step, as a number in [`Observed::steps`](super::Observed::steps).
    pub step: u32,
    /// The version that it wrote, or those that it returned: in the order of [`Returned::Siblings`](super::Returned::Siblings).
    pub versions: Range,
    /// What its client sent along as what it had seen of the key; none if the record does not say what that was.
    pub context: Option<Range>,
    /// What the replica that answered said that it had applied.
    pub applied: Range,
    /// The replica that answered, as a number in [`Versions::replicas`].
    pub replica: Option<u32>,
    /// What became of what it wrote, if the record says so.
    pub fate: Option<Fate>,
}

/// What a record tells of versions that may be concurrent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Versions {
    /// The names of those who count in stamps, by number.
    pub actors: Vec<String>,
    /// The names of replicas.
    pub replicas: Vec<String>,
    /// How far the stamps reach.
    pub scope: Scope,
    /// Whether several leaders take writes, so that a replica that has applied a version may show another one.
    pub concurrent: bool,
    /// The keys of which a read is shown what a rule makes of all versions.
    pub merged: Vec<super::Key>,
    /// What decides between versions, if the record says so.
    pub arbitration: Option<Arbitration>,
    /// The value that stands for a deletion, if there is one.
    pub nothing: Option<Value>,
    /// How many groups the store has; at least as many as keys are of.
    pub group_count: u16,
    /// The number of the group that a key is of, by key; where it is not told all are of the first.
    pub groups: Vec<u16>,
    /// The versions of all steps.
    pub siblings: Arena<Sibling>,
    /// The steps of which something is told, in their order, each once.
    pub told: Vec<Told>,
}

impl Versions {
    /// Whether nothing is told of any step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Whether a stamp is told of some version that was written or returned.
    #[must_use]
    pub fn siblings_have_stamps(&self) -> bool {
        self.told.iter().any(|told| self.siblings.get(told.versions).iter().any(|sibling| sibling.stamp.is_some()))
    }

    /// What is told of a step.
    #[must_use]
    pub fn of(&self, step: u32) -> Option<&Told> {
        self.told.binary_search_by_key(&step, |told| told.step).ok().map(|place| &self.told[place])
    }

    /// The version that a step wrote, or those that it returned.
    #[must_use]
    pub fn versions(&self, step: u32) -> &[Sibling] {
        self.of(step).map_or(&[], |told| self.siblings.get(told.versions))
    }

    /// The context of a step, if it is told.
    #[must_use]
    pub fn context(&self, step: u32) -> Option<&[Sibling]> {
        self.of(step)?.context.map(|range| self.siblings.get(range))
    }

    /// The number of the group of a key.
    #[must_use]
    pub fn group(&self, key: super::Key) -> u16 {
        self.groups.get(key as usize).copied().unwrap_or(0)
    }
}
