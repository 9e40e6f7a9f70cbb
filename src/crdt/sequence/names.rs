//! Replicas by number, so that spans are small; and the order of timestamps, which goes by names.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::span::Key;

/// The timestamp of an element, which names it: a Lamport clock, and the replica for equal clocks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ElementId<I> {
    /// One more than the largest that its replica had seen.
    pub clock: u64,
    /// The replica that inserted the element.
    pub id: I,
}

/// The replicas that a sequence has elements of, in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Names<I> {
    names: Vec<I>,
    numbers: BTreeMap<I, u32>,
}

impl<I> Default for Names<I> {
    fn default() -> Names<I> {
        Names { names: Vec::new(), numbers: BTreeMap::new() }
    }
}

impl<I: Ord + Clone> Names<I> {
    /// The number of a replica, if it has one.
    pub(crate) fn number(&self, id: &I) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// The number of a replica, a new one if it has none; `None` after 2^32 replicas.
    pub(crate) fn enter(&mut self, id: &I) -> Option<u32> {
        if let Some(number) = self.number(id) {
            return Some(number);
        }
        let number = u32::try_from(self.names.len()).ok()?;
        self.names.push(id.clone());
        self.numbers.insert(id.clone(), number);
        Some(number)
    }

    pub(crate) fn key(&self, element: &ElementId<I>) -> Option<Key> {
        Some(Key { who: self.number(&element.id)?, clock: element.clock })
    }

    pub(crate) fn enter_key(&mut self, element: &ElementId<I>) -> Option<Key> {
        Some(Key { who: self.enter(&element.id)?, clock: element.clock })
    }

    pub(crate) fn element(&self, key: Key) -> ElementId<I> {
        ElementId { clock: key.clock, id: self.names[key.who as usize].clone() }
    }

    /// For each number of another sequence the one that the replica has here.
    pub(crate) fn enter_all(&mut self, other: &Names<I>) -> Vec<Option<u32>> {
        other.names.iter().map(|name| self.enter(name)).collect()
    }

    /// The order of timestamps.
    pub(crate) fn cmp(&self, a: Key, b: Key) -> Ordering {
        a.clock.cmp(&b.clock).then_with(|| {
            if a.who == b.who { Ordering::Equal } else { self.names[a.who as usize].cmp(&self.names[b.who as usize]) }
        })
    }
}
