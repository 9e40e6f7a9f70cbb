//! A list in chunks that copies share.
//!
//! A run keeps hundreds of copies of its event queue, and each differs little from the one before. Once a list is shared
//! ([`Chunks::share`]), copying it costs one count per chunk; whoever then changes an item copies its chunk first. Between
//! two such moments no count is looked at: that is what tells this from `Arc::make_mut`, which pays for it with every change.

use std::fmt;
use std::sync::Arc;

/// Items by number, from 0 on; so many of them share one chunk.
#[derive(Clone)]
pub(super) struct Chunks<T, const CHUNK: usize> {
    chunks: Vec<Chunk<T>>,
    len: usize,
}

/// Items that are either owned or shared: while they are shared, there are no owned ones.
#[derive(Clone)]
struct Chunk<T> {
    own: Vec<T>,
    shared: Option<Arc<Vec<T>>>,
}

impl<T, const CHUNK: usize> Default for Chunks<T, CHUNK> {
    fn default() -> Self {
        Chunks { chunks: Vec::new(), len: 0 }
    }
}

/// The items alone: whether they are shared makes no difference.
impl<T: fmt::Debug, const CHUNK: usize> fmt::Debug for Chunks<T, CHUNK> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> Chunk<T> {
    #[inline]
    fn items(&self) -> &[T] {
        self.shared.as_ref().map_or(&self.own, |shared| shared)
    }
}

impl<T: Clone> Chunk<T> {
    #[inline]
    fn items_mut(&mut self) -> &mut Vec<T> {
        if self.shared.is_some() {
            self.copy();
        }
        &mut self.own
    }

    #[cold]
    fn copy(&mut self) {
        if let Some(shared) = self.shared.take() {
            self.own = Arc::unwrap_or_clone(shared);
        }
    }
}

impl<T, const CHUNK: usize> Chunks<T, CHUNK> {
    /// How many items there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The item of this number.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.chunks.get(index / CHUNK)?.items().get(index % CHUNK)
    }

    /// All items in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).filter_map(|index| self.get(index))
    }
}

impl<T: Clone, const CHUNK: usize> Chunks<T, CHUNK> {
    /// Makes the copies that are taken from now on share what is there.
    pub(super) fn share(&mut self) {
        for chunk in self.chunks.iter_mut().filter(|chunk| chunk.shared.is_none()) {
            chunk.shared = Some(Arc::new(std::mem::take(&mut chunk.own)));
        }
    }

    /// The item of this number, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.chunks.get_mut(index / CHUNK)?.items_mut().get_mut(index % CHUNK)
    }

    /// Adds a chunk of items, each made from its number.
    pub(super) fn add(&mut self, make: impl Fn(usize) -> T) {
        let own: Vec<T> = (self.len..self.len + CHUNK).map(make).collect();
        self.len += CHUNK;
        self.chunks.push(Chunk { own, shared: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: usize = 16;

    fn numbers(count: usize) -> Chunks<usize, CHUNK> {
        let mut chunks = Chunks::default();
        (0..count).for_each(|_| chunks.add(|n| n));
        chunks
    }

    #[test]
    fn a_copy_stays_as_it_was() {
        for count in 1..=4 {
            let (mut list, len) = (numbers(count), count * CHUNK);
            list.share();
            let (before, mut after) = (list.clone(), list.clone());
            after.add(|n| n);
            *after.get_mut(len / 2).expect("it is there") = 9;
            assert_eq!(
                (after.len(), after.get(len / 2), after.get(len), after.get(len + CHUNK)),
                (len + CHUNK, Some(&9), Some(&len), None)
            );
            assert!(before.iter().copied().eq(0..len) && list.iter().copied().eq(0..len), "of {len} numbers");
        }
    }

    #[test]
    fn what_is_shared_is_not_copied_until_it_is_changed() {
        let mut list = numbers(2);
        list.share();
        let mut copy = list.clone();
        let place = |list: &Chunks<usize, CHUNK>, index| std::ptr::from_ref(list.get(index).expect("it is there"));
        assert_eq!(place(&list, 5), place(&copy, 5));
        *copy.get_mut(5).expect("it is there") = 0;
        assert_ne!(place(&list, 5), place(&copy, 5), "the chunk of a changed item is copied");
        assert_eq!(place(&list, 5 + CHUNK), place(&copy, 5 + CHUNK), "and no other");
        assert_eq!((list.get(5), copy.get(5)), (Some(&5), Some(&0)));
    }
}
