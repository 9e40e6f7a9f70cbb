//! What all handles of one network share: the cluster behind a lock.
//!
//! Nothing of the program runs under the lock: wakers are used and the choice of a follower is asked for after it is released.
//! A lock that was poisoned by a panicking task is taken all the same; the state behind it is changed in whole steps only.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cluster::{Cluster, Next};

/// The cluster behind a lock.
#[derive(Debug)]
pub(super) struct Shared(Mutex<Cluster>);

impl Shared {
    /// An empty cluster.
    pub(super) fn new(seed: u64) -> Shared {
        Shared(Mutex::new(Cluster::new(seed)))
    }

    fn lock(&self) -> MutexGuard<'_, Cluster> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the cluster, and wakes whom it concerns afterwards.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Cluster) -> R) -> R {
        let mut cluster = self.lock();
        let result = act(&mut cluster);
        let outbox = std::mem::take(&mut cluster.waiting.outbox);
        drop(cluster);
        outbox.wake.into_iter().for_each(std::task::Waker::wake);
        drop(outbox.discard);
        result
    }

    /// Moves time on until somebody has something to do.
    pub(super) fn advance(&self) {
        while let Next::Choose(choices) = self.with(Cluster::advance) {
            let _asking = Asking(self);
            for choice in choices {
                let index = choice.hook.choose(&choice.candidates);
                self.with(|cluster| cluster.chosen(choice.waiter, index));
            }
        }
    }
}

/// While the program is asked for a choice, nobody else moves time on; not even if it panics for ever.
struct Asking<'a>(&'a Shared);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.with(|cluster| cluster.asking = false);
    }
}
