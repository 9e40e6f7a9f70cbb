//! When a client gives up waiting: one timer for all its writes, one for all its reads.
//!
//! A write that got no answer may have been executed or not. A read goes on to another replica, or fails.

use super::Client;
use crate::log::OpId;
use crate::protocol::{Effects, Now, Outcome, Reason, Timer};
use crate::sabotage::Sabotage;
use crate::time::SimTime;

impl Client {
    /// Takes note of when the attempt at a read is given up, and sees to it that a timer is set for the oldest one.
    pub(super) fn await_read(&mut self, now: Now, deadline: SimTime, op: OpId, attempt: u8, out: &mut impl Effects) {
        if self.read_deadlines.back().is_none_or(|(last, ..)| *last <= deadline) {
            self.read_deadlines.push_back((deadline, op, attempt));
        } else {
            let place = self.read_deadlines.partition_point(|(at, ..)| *at <= deadline);
            self.read_deadlines.insert(place, (deadline, op, attempt));
        }
        self.arm_read_timer(now, out);
    }

    /// Sees to it that a timer is set for the oldest write.
    pub(super) fn arm_write_timer(&mut self, now: Now, out: &mut impl Effects) {
        let Some((deadline, _)) = self.write_deadlines.front() else { return };
        if self.write_timer.is_none_or(|due| *deadline < due) {
            self.write_timer = Some(*deadline);
            out.set_timer(Timer::WriteDeadline, deadline.since(now));
        }
    }

    fn arm_read_timer(&mut self, now: Now, out: &mut impl Effects) {
        let Some((deadline, ..)) = self.read_deadlines.front() else { return };
        if self.read_timer.is_none_or(|due| *deadline < due) {
            self.read_timer = Some(*deadline);
            out.set_timer(Timer::ReadDeadline, deadline.since(now));
        }
    }

    pub(super) fn on_write_deadline(&mut self, now: Now, out: &mut impl Effects) {
        if self.write_timer.is_none_or(|due| now < due) {
            return;
        }
        self.write_timer = None;
        while let Some((_, op)) = self.write_deadlines.pop_front_if(|(deadline, _)| *deadline <= now) {
            if let Some(place) = self.pending.find(op) {
                let refused = self.config.sabotage.contains(&Sabotage::SilenceIsRefusal);
                let outcome = if refused { Outcome::Rejected } else { Outcome::Indeterminate };
                self.end(place, outcome(Reason::TimedOut), None, out);
            }
        }
        self.arm_write_timer(now, out);
    }

    pub(super) fn on_read_deadline(&mut self, now: Now, out: &mut impl Effects) {
        if self.read_timer.is_none_or(|due| now < due) {
            return;
        }
        self.read_timer = None;
        while let Some((_, op, attempt)) = self.read_deadlines.pop_front_if(|(deadline, ..)| *deadline <= now) {
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
        self.arm_read_timer(now, out);
    }

    /// Drops the deadlines of ended operations from the front: a feed of 10,000 writes a second must not carry them until they
    /// are due.
    #[inline]
    pub(super) fn forget_ended(&mut self) {
        let ended = |op: OpId| self.pending.find(op).is_none();
        while self.write_deadlines.pop_front_if(|(_, op)| ended(*op)).is_some() {}
        while self.read_deadlines.pop_front_if(|(_, op, _)| ended(*op)).is_some() {}
    }
}
