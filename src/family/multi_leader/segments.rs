//! A list that only grows, and whose copies share what they have in common.
//!
//! A run keeps hundreds of checkpoints, each a copy of all replicas with their logs. Full segments, and full bundles of segments, are shared
//! between copies, so that a checkpoint costs as much late in a run as early (as [`crate::log::Log`] does for one leader).

use std::sync::Arc;

/// How many items a segment holds.
const SEGMENT: usize = 128;
/// How many segments a bundle holds.
const BUNDLE: usize = 64;

type Segment<T> = Arc<[T]>;

/// See the module.
#[derive(Clone, Debug)]
pub struct Segments<T> {
    bundles: Vec<Arc<[Segment<T>]>>,
    sealed: Vec<Segment<T>>,
    tail: Vec<T>,
}

impl<T> Default for Segments<T> {
    fn default() -> Self {
        Segments { bundles: Vec::new(), sealed: Vec::new(), tail: Vec::new() }
    }
}

impl<T> Segments<T> {
    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.bundles.len() * BUNDLE + self.sealed.len()) * SEGMENT + self.tail.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an item.
    pub fn push(&mut self, item: T) {
        self.tail.push(item);
        if self.tail.len() == SEGMENT {
            self.sealed.push(std::mem::take(&mut self.tail).into());
        }
        if self.sealed.len() == BUNDLE {
            self.bundles.push(std::mem::take(&mut self.sealed).into());
        }
    }

    /// The item at a place, from 0 on.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&T> {
        let (segment, at) = (place / SEGMENT, place % SEGMENT);
        let (bundle, within) = (segment / BUNDLE, segment % BUNDLE);
        match self.bundles.get(bundle) {
            Some(bundle) => bundle[within].get(at),
            None if bundle > self.bundles.len() => None,
            None => match self.sealed.get(within) {
                Some(segment) => segment.get(at),
                None if within > self.sealed.len() => None,
                None => self.tail.get(at),
            },
        }
    }

    /// The items from a place on.
    pub fn from(&self, place: usize) -> impl Iterator<Item = &T> {
        (place..self.len()).filter_map(|place| self.get(place))
    }

    /// All items.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.from(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list_whose_copies_share_what_is_full() {
        let mut list = Segments::default();
        let count = 2 * BUNDLE * SEGMENT + 3 * SEGMENT + 7;
        for item in 0..count {
            assert_eq!((list.len(), list.get(item)), (item, None));
            list.push(item);
        }
        let copy = list.clone();
        assert!(copy.iter().copied().eq(0..count) && copy.from(count - 9).copied().eq(count - 9..count));
        assert!(Arc::ptr_eq(&copy.bundles[0], &list.bundles[0]) && Arc::ptr_eq(&copy.sealed[0], &list.sealed[0]));
        assert_eq!((copy.bundles.len(), copy.sealed.len(), copy.tail.len()), (2, 3, 7));
        assert_eq!((copy.get(count), copy.get(usize::MAX / 2)), (None, None));
    }
}
