//! When a client gives up waiting: one timer for all its writes, one for all its reads.
//!
//! A write that got no answer may have been executed or not. A read goes on to another replica, or fails.

use std::collections::VecDeque;

use super::Client;
use crate::family::single_leader::SingleLeader;
use crate::family::{Effects, Family, Now};
use crate::log::OpId;
use crate::operation::{Deadline, Outcome, Reason};
use crate::sabotage::Sabotage;
use crate::time::SimTime;

/// When attempts are given up, the first first.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    list: VecDeque<(SimTime, OpId, u8)>,
    /// When the next timer runs out; one that runs out before is a leftover.
    timer: Option<SimTime>,
}

impl Deadlines {
    /// Takes note of when an attempt is given up, and sees to it that a timer is set for the first.
    pub(super) fn add<F: Family>(
        &mut self,
        now: Now,
        (deadline, op, attempt): (SimTime, OpId, u8),
        what: Deadline,
        out: &mut impl Effects<F>,
    ) {
        if self.list.back().is_none_or(|(last, ..)| *last <= deadline) {
            self.list.push_back((deadline, op, attempt));
        } else {
            let place = self.list.partition_point(|(at, ..)| *at <= deadline);
            self.list.insert(place, (deadline, op, attempt));
        }
        self.arm(now, what, out);
    }

    pub(super) fn arm<F: Family>(&mut self, now: Now, what: Deadline, out: &mut impl Effects<F>) {
        let Some((deadline, ..)) = self.list.front() else { return };
        if self.timer.is_none_or(|due| *deadline < due) {
            self.timer = Some(*deadline);
            out.set_deadline(what, deadline.since(now));
        }
    }

    /// Whether the timer that has run out is the newest.
    pub(super) fn is_due(&mut self, now: Now) -> bool {
        let due = self.timer.is_some_and(|due| now >= due);
        if due {
            self.timer = None;
        }
        due
    }

    /// Takes out an attempt that is to be given up now.
    pub(super) fn next(&mut self, now: Now) -> Option<(OpId, u8)> {
        let (deadline, op, attempt) = *self.list.front()?;
        if deadline > now {
            return None;
        }
        self.list.pop_front();
        Some((op, attempt))
    }

    /// Drops the deadlines of ended operations from the front: a feed of 10,000 writes a second must not carry them until they
    /// are due.
    pub(super) fn forget(&mut self, ended: impl Fn(OpId) -> bool) {
        while let Some((_, op, _)) = self.list.front()
            && ended(*op)
        {
            self.list.pop_front();
        }
    }
}

impl Client {
    pub(super) fn on_write_deadline(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if !self.writes.is_due(now) {
            return;
        }
        while let Some((op, _)) = self.writes.next(now) {
            if let Some(place) = self.pending.find(op) {
                let refused = self.config.sabotage.contains(&Sabotage::SilenceIsRefusal);
                let outcome = if refused { Outcome::Rejected } else { Outcome::Indeterminate };
                self.end(place, outcome(Reason::TimedOut), None, out);
            }
        }
        self.writes.arm(now, Deadline::Write, out);
    }

    pub(super) fn on_read_deadline(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if !self.reads.is_due(now) {
            return;
        }
        while let Some((op, attempt)) = self.reads.next(now) {
            let Some(place) = self.pending.find_attempt(op, attempt) else { continue };
            let pending = &self.pending[place];
            if pending.mode.goes_on() && now < pending.deadline {
                self.leave_out(now, place, pending.target, out);
                self.pending[place].attempt += 1;
                self.route_read(now, place, out);
            } else {
                self.end(place, Outcome::Rejected(Reason::TimedOut), None, out);
            }
        }
        self.reads.arm(now, Deadline::Read, out);
    }

    pub(super) fn forget_ended(&mut self) {
        for deadlines in [&mut self.writes, &mut self.reads] {
            deadlines.forget(|op| self.pending.find(op).is_none());
        }
    }
}
