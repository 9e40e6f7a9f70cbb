//! What all handles of one network share: the cluster behind a lock.
//!
//! Nothing of the program runs under the lock: wakers are used and the choice of a follower is asked for after it is released.
//! A lock that was poisoned by a panicking task is taken all the same; the state behind it is changed in whole steps only.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cluster::{Choice, Cluster, Next};
use super::waiting::WaiterId;

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

    /// Lets the program make its choices, and goes on from there.
    pub(super) fn choose(&self, mut choices: Vec<Choice>) {
        loop {
            let mut asking = Asking { shared: self, over: false };
            let picks: Vec<(WaiterId, usize)> = choices.iter().map(|c| (c.waiter, c.hook.choose(&c.candidates))).collect();
            asking.over = true;
            let next = self.with(|cluster| {
                cluster.asking = false;
                picks.iter().for_each(|(waiter, index)| cluster.chosen(*waiter, *index));
                cluster.advance()
            });
            match next {
                Next::Moved => return,
                Next::Choose(more) => choices = more,
            }
        }
    }
}

/// While the program is asked for a choice, nobody else moves time on. If it panics, somebody else has to ask again.
struct Asking<'a> {
    shared: &'a Shared,
    over: bool,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.shared.with(|cluster| cluster.asking = false);
        }
    }
}
