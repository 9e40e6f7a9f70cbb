//! The futures that wait: which there are, what each asked for, and whose turn it is to go on.
//!
//! Results are handed out one at a time, and the next only after the last has been collected and what follows from it has been
//! heard. So two tasks whose operations end in the same microsecond go on one after the other, on every executor in the same
//! order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::task::Waker;

use super::pace::Rounds;
use super::request::{Done, Request};
use crate::time::SimTime;

/// A future's number, in the order in which futures were made (not polled).
pub(super) type WaiterId = u64;

/// One future that waits.
#[derive(Debug)]
pub(super) struct Waiter {
    /// What it asked for.
    pub(super) request: Request,
    /// How to reach its task.
    pub(super) waker: Waker,
    /// Which task that is.
    pub(super) task: usize,
    /// How long it has seen nothing change.
    pub(super) rounds: Rounds,
    /// The replica that the program chose for a read: none, if it had no say in it.
    pub(super) pick: Option<Option<usize>>,
    /// The result, once it may collect it.
    pub(super) done: Option<Done>,
}

/// Wakers to be used once the lock is released: a waker is the program's code, and may do anything.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// To be woken.
    pub(super) wake: Vec<Waker>,
    /// To be dropped.
    pub(super) discard: Vec<Waker>,
}

/// All futures that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    made: WaiterId,
    /// By number.
    pub(super) waiters: BTreeMap<WaiterId, Waiter>,
    /// Asked for at this instant, and not begun.
    pub(super) submitted: Vec<WaiterId>,
    /// Asleep.
    pub(super) sleepers: BTreeSet<(SimTime, WaiterId)>,
    /// Done, in the order in which they will be told.
    pub(super) ready: VecDeque<(WaiterId, Done)>,
    /// Told, and the result not collected.
    pub(super) told: Option<WaiterId>,
    /// What to do after the lock is released.
    pub(super) outbox: Outbox,
}

impl Waiting {
    /// The number of a new future.
    pub(super) fn number(&mut self) -> WaiterId {
        self.made += 1;
        self.made
    }

    /// Tells the next future that it is done. Returns whether there was one.
    pub(super) fn tell_next(&mut self) -> bool {
        while let Some((id, done)) = self.ready.pop_front() {
            // A future that was dropped in the meantime gets nothing.
            if let Some(waiter) = self.waiters.get_mut(&id) {
                waiter.done = Some(done);
                self.outbox.wake.push(waiter.waker.clone());
                self.told = Some(id);
                return true;
            }
        }
        false
    }

    /// Takes out what was asked for at this instant, in the order of its content.
    pub(super) fn take_submitted(&mut self) -> Vec<(WaiterId, Request, Option<usize>)> {
        self.sort_submitted();
        let ids = std::mem::take(&mut self.submitted);
        let waiters = &self.waiters;
        ids.into_iter().filter_map(|id| waiters.get(&id).map(|w| (id, w.request.clone(), w.pick.flatten()))).collect()
    }

    /// Brings what was asked for at this instant into the order of its content.
    pub(super) fn sort_submitted(&mut self) {
        let waiters = &self.waiters;
        self.submitted.sort_by(|a, b| (waiters.get(a).map(|w| &w.request), a).cmp(&(waiters.get(b).map(|w| &w.request), b)));
    }

    /// Wakes those who have slept long enough.
    pub(super) fn wake_sleepers(&mut self, now: SimTime) {
        while let Some((_, id)) = self.sleepers.first().copied().filter(|(at, _)| *at <= now) {
            self.sleepers.pop_first();
            self.ready.push_back((id, Done::Slept));
        }
    }

    /// Ends whatever still waits: nothing will ever happen that could answer it.
    pub(super) fn give_up(&mut self) {
        let open = self.waiters.iter().filter(|(_, w)| w.done.is_none());
        self.ready.extend(open.map(|(id, w)| (*id, w.request.unanswered())));
    }

    /// Takes out a future that waits no longer.
    pub(super) fn remove(&mut self, id: WaiterId) -> Option<Waiter> {
        let waiter = self.waiters.remove(&id)?;
        self.submitted.retain(|other| *other != id);
        if let Request::Sleep(_) = waiter.request {
            self.sleepers.retain(|(_, other)| *other != id);
        }
        if self.told == Some(id) {
            self.told = None;
        }
        self.outbox.discard.push(waiter.waker.clone());
        Some(waiter)
    }
}
