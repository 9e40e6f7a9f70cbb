//! What a leader does when its synchronous followers do not answer: it goes on without them, or lets the next of the list take the place of
//! one.
//!
//! The first is what MySQL's semi-synchronous replication does after `rpl_semi_sync_source_timeout`; the second is for a list as in
//! PostgreSQL's `synchronous_standby_names`, in which those behind are potential synchronous standbys.

use super::ack::{AckRule, OnSyncLoss};
use super::replica::{Replica, Role};
use super::{Fact, SingleLeader, Timer};
use crate::family::{Effects, Now};
use crate::time::SimDuration;

/// A leader gives its synchronous followers this long at least, so that looking again takes time.
const SYNC_LOSS_MIN: SimDuration = SimDuration::millis(1);

impl Replica {
    pub(super) fn arm_sync_timer(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Role::Leader(leadership) = &mut self.role else { return };
        let AckRule::Sync(rule) = &self.config.ack else { return };
        let (OnSyncLoss::FallBackToAsync(after) | OnSyncLoss::PromoteNext(after)) = rule.on_loss else { return };
        // A write that waits for the leader's own disk does not wait for followers yet.
        let Some(oldest) = leadership.waiting.front().filter(|w| w.lsn <= self.flushed) else { return };
        if leadership.sync_due.is_none() && !leadership.fallen_back {
            let pause = (oldest.since + after.max(SYNC_LOSS_MIN)).since(now);
            leadership.sync_due = Some(now + pause);
            out.set_timer(Timer::SyncLoss, pause);
        }
    }

    #[cold]
    pub(super) fn on_sync_loss(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Role::Leader(leadership) = &mut self.role else { return };
        if leadership.sync_due.is_none_or(|due| now < due) {
            return;
        }
        leadership.sync_due = None;
        let AckRule::Sync(rule) = &self.config.ack else { return };
        let Some(oldest) = leadership.waiting.front().filter(|w| w.lsn <= self.flushed).cloned() else { return };
        match rule.on_loss {
            OnSyncLoss::FallBackToAsync(after) if oldest.since + after <= now => {
                leadership.fallen_back = true;
                out.note(Fact::FellBackToAsync);
            }
            OnSyncLoss::PromoteNext(after) if oldest.since + after <= now => {
                for id in rule.waited_for(&leadership.lost) {
                    let silent = rule.level.of(leadership.known(id)) < oldest.lsn;
                    let spare = rule.followers.len() > leadership.lost.len() + rule.k;
                    if silent && spare {
                        leadership.lost.push(id);
                        if let Some(next) = rule.waited_for(&leadership.lost).last() {
                            out.note(Fact::PromotedToSync(*next));
                        }
                    }
                }
                // The write has waited once; it must not trigger again before another full period.
                for waiting in &mut leadership.waiting {
                    waiting.since = now;
                }
            }
            _ => {}
        }
        self.settle(now, out);
    }
}
