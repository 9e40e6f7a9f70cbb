//! The way of entries through a replica: received, flushed to disk, applied to what reads show.
//!
//! `applied <= flushed <= received` at every step, as in PostgreSQL's `pg_stat_replication` (`write_lsn`, `flush_lsn`, `replay_lsn`). The disk
//! takes whatever has arrived when it begins; applying goes entry by entry, or statement by statement.

use super::replica::{Replica, Role};
use super::{Fact, SingleLeader, Timer};
use crate::family::{Effects, Now};
use crate::lsn::Lsn;
use crate::sabotage::Sabotage;
use crate::time::SimDuration;

impl Replica {
    /// Whatever the disk and the state were busy with is void: the timers for it will find nothing to do.
    pub(super) fn forget_timers(&mut self) {
        self.flushing = None;
        self.applying = None;
    }

    /// Starts writing to disk whatever has arrived, unless the disk is busy.
    pub(super) fn start_flush(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if self.flushing.is_some() || self.flushed >= self.log.last() {
            return;
        }
        if self.config.flush == SimDuration::ZERO {
            self.flushed = self.log.last();
            self.after_flush(now, out);
        } else {
            self.flushing = Some((self.log.last(), now + self.config.flush));
            out.set_timer(Timer::Flush, self.config.flush);
        }
    }

    /// Writes to disk at once whatever has been received: what a vote says of a log must not be lost in a crash.
    #[cold]
    pub(super) fn make_durable(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if self.flushed < self.log.last() {
            self.flushed = self.log.last();
            self.flushing = None;
            out.note(Fact::Flushed(self.flushed));
            self.start_apply(now, out);
        }
    }

    pub(super) fn on_flush_done(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Some((to, due)) = self.flushing else { return };
        if now < due {
            return;
        }
        self.flushing = None;
        self.flushed = self.flushed.max(to.min(self.log.last()));
        self.after_flush(now, out);
        self.acknowledge(0, out);
        self.start_flush(now, out);
    }

    fn after_flush(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        out.note(Fact::Flushed(self.flushed));
        match self.role {
            Role::Leader(_) => {
                self.ship(now, out);
                self.settle(now, out);
            }
            // Its caller tells the leader: after a flush that takes no time, together with what was received.
            Role::Follower(_) => self.start_apply(now, out),
        }
    }

    /// Makes entries visible to reads: a follower does it one after the other, each taking its time.
    pub(super) fn start_apply(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let limit = if self.sabotaged(Sabotage::ApplyBeforeFlush) { self.log.last() } else { self.flushed };
        let limit = self.log.whole(limit);
        if self.applying.is_some() || self.applied >= limit || self.data.lacks.is_some() {
            return;
        }
        if self.config.apply == SimDuration::ZERO {
            self.apply_now(now, limit, out);
        } else {
            let rest = self.log.get(self.applied.next()).map_or(0, |entry| entry.rest);
            let pause = SimDuration(self.config.apply.0.saturating_mul(u64::from(rest) + 1));
            self.applying = Some(now + pause);
            out.set_timer(Timer::Apply, pause);
        }
    }

    /// Applies what it can up to `to`, says so, and answers whoever waited for it.
    pub(super) fn apply_now(&mut self, now: Now, to: Lsn, out: &mut impl Effects<SingleLeader>) {
        let (before, lacked) = (self.applied, self.data.lacks);
        self.apply_to(now, to);
        if self.applied > before {
            self.shown(out);
            self.answer_parked(out);
        }
        self.stopped(lacked, out);
    }

    pub(super) fn on_apply_done(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        if self.applying.is_none_or(|due| now < due) || self.leads() {
            return;
        }
        self.applying = None;
        if let Some(entry) = self.log.get(self.applied.next()) {
            let end = Lsn(entry.lsn.0 + u64::from(entry.rest));
            self.apply_now(now, end, out);
        }
        self.start_apply(now, out);
        self.acknowledge(0, out);
    }

    /// Discards everything after `last`, and what reads showed of it.
    #[cold]
    pub(super) fn truncate(&mut self, now: Now, last: Lsn, out: &mut impl Effects<SingleLeader>) {
        let end = self.log.last();
        if end <= last {
            return;
        }
        if last < self.log.base().lsn {
            self.begin_anew(now);
            return out.note(Fact::Truncated(Lsn::ZERO, end));
        }
        self.log.truncate(last);
        self.data.forget_results(|lsn| lsn <= last);
        self.flushed = self.flushed.min(last);
        self.forget_timers();
        if self.applied > last {
            self.rebuild(now, last);
        }
        out.note(Fact::Truncated(last, end));
    }
}
