//! An arena: the versions of many operations one behind the other, each operation with a range of them.
//!
//! An operation may write one version and return several, and most have none that need room of their own. A range is eight bytes and
//! `Copy`, so the record of an operation stays one, and the versions are not allocated one by one.

/// Some items of an arena, one behind the other. Ranges of one arena mean nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Range {
    start: u32,
    count: u32,
}

impl Range {
    /// No items.
    pub const EMPTY: Range = Range { start: 0, count: 0 };

    /// Whether it has no items.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// How many items it has.
    #[must_use]
    pub fn count(self) -> usize {
        self.count as usize
    }
}

/// Items of many operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arena<T>(Vec<T>);

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena(Vec::new())
    }
}

impl<T> Arena<T> {
    /// Adds the items of one operation.
    ///
    /// # Panics
    /// If the arena came to hold 2^32 items: a trace is full long before.
    pub fn add(&mut self, items: impl IntoIterator<Item = T>) -> Range {
        let start = self.0.len();
        self.0.extend(items);
        let small = |n: usize| u32::try_from(n).unwrap_or_else(|_| panic!("{n} versions are more than an arena numbers"));
        let (end, start) = (small(self.0.len()), small(start));
        if start == end { Range::EMPTY } else { Range { start, count: end - start } }
    }

    /// All items, in the order in which they were added.
    #[must_use]
    pub fn all(&self) -> &[T] {
        &self.0
    }

    /// The items of a range.
    ///
    /// # Panics
    /// If the range is of another arena, and reaches beyond the end of this one.
    #[must_use]
    pub fn get(&self, range: Range) -> &[T] {
        let (start, count) = (range.start as usize, range.count());
        self.0.get(start..start + count).unwrap_or_else(|| panic!("{range:?} is not of an arena of {} items", self.0.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_keep_their_items_while_the_arena_grows() {
        let mut arena = Arena::default();
        let ranges: Vec<Range> = (0..50_usize).map(|n| arena.add((0..n % 4).map(|i| n * 10 + i))).collect();
        for (n, range) in ranges.iter().enumerate() {
            let expected: Vec<usize> = (0..n % 4).map(|i| n * 10 + i).collect();
            assert_eq!(arena.get(*range), expected);
            assert_eq!((range.is_empty(), range.count()), (n % 4 == 0, n % 4));
        }
        assert_eq!(arena.get(Range::EMPTY), [0_usize; 0]);
    }

    #[test]
    #[should_panic(expected = "is not of an arena of 0 items")]
    fn a_range_of_another_arena_is_refused() {
        let range = Arena::default().add([1, 2]);
        let _ = Arena::<i32>::default().get(range);
    }
}
