//! What a client was told to do and has not begun: first come, first served.
//!
//! A client that is told more than it can do has a queue that grows with the run, and a run keeps hundreds of copies of its clients. So what
//! waits stands in blocks that copies share: a copy costs a count for each block, and what is newest is copied.

use std::collections::VecDeque;
use std::sync::Arc;

/// How many items a block has.
const BLOCK: usize = 64;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Backlog<T> {
    /// Blocks that are full, the oldest first.
    full: VecDeque<Arc<[T]>>,
    /// How many of the oldest block have been taken.
    taken: usize,
    /// What came last.
    newest: VecDeque<T>,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Backlog { full: VecDeque::new(), taken: 0, newest: VecDeque::new() }
    }
}

impl<T: Copy> Backlog<T> {
    /// Adds what comes last.
    pub(super) fn push(&mut self, item: T) {
        self.newest.push_back(item);
        if self.newest.len() == BLOCK {
            self.full.push_back(self.newest.drain(..).collect());
        }
    }

    /// Takes what came first.
    pub(super) fn pop(&mut self) -> Option<T> {
        let Some(oldest) = self.full.front() else { return self.newest.pop_front() };
        let item = oldest[self.taken];
        self.taken += 1;
        if self.taken == oldest.len() {
            self.full.pop_front();
            self.taken = 0;
        }
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as a list, whatever is put in and taken out.
    #[test]
    fn first_in_first_out() {
        let (mut backlog, mut list) = (Backlog::default(), VecDeque::new());
        for n in 0..2_000_u32 {
            // Three come for two that go at first, and then the other way round.
            for item in 0..(if n < 1_000 { 3 } else { 2 }) {
                backlog.push(10 * n + item);
                list.push_back(10 * n + item);
            }
            for _ in 0..(if n < 1_000 { 2 } else { 3 }) {
                assert_eq!(backlog.pop(), list.pop_front());
            }
        }
        assert_eq!((backlog.pop(), list.pop_front()), (None, None));
    }

    #[test]
    fn a_copy_stays_as_it_was_and_shares_what_is_old() {
        let mut backlog = Backlog::default();
        (0..1_000_u32).for_each(|n| backlog.push(n));
        let mut copy = backlog.clone();
        assert!(Arc::ptr_eq(&backlog.full[3], &copy.full[3]));
        while backlog.pop().is_some() {}
        assert!((0..1_000).all(|n| copy.pop() == Some(n)) && copy.pop().is_none());
    }
}
