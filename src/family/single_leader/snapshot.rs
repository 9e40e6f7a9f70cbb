//! A follower that begins with nothing, or with too little: a snapshot of the leader's rows, and the log from there on.
//!
//! As in Kleppmann 2017, chapter 5, "Setting Up New Followers": the snapshot is
//! tagged with the position in the log that it is consistent with; the copy takes time, while writes go on; then the follower asks for
//! what comes after the position. It may count as synchronous once it has had everything for the first time. The follower fetches part
//! after part, so a lost message is asked for again; the leader keeps the log from the snapshot's position on as long as the copy lasts.

use std::sync::Arc;

use super::Fact;
use super::follower::Following;
use super::replica::{Replica, Role};
use super::{Message, SingleLeader, Timer};
use crate::family::{Effects, Now};
use crate::log::{Dependencies, KeyId, Log, OpSet};
use crate::lsn::{Epoch, Lsn, Position};
use crate::network::NodeId;
use crate::operation::Version;
use crate::time::{SimDuration, SimTime};

/// How many rows one part holds.
const PART: usize = 4;

/// The rows of a replica at one position of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Everything up to here is in it, and nothing after.
    pub at: Position,
    /// How many columns had been added.
    pub columns: u16,
    /// The storage version that can read it, where that matters.
    pub version: u16,
    pub(super) rows: Vec<Option<(Version, Dependencies)>>,
    pub(super) ops: OpSet,
}

impl Snapshot {
    pub(super) fn set(&mut self, key: KeyId, version: Version, deps: Dependencies) {
        let key = key.0 as usize;
        if self.rows.len() <= key {
            self.rows.resize(key + 1, None);
        }
        self.rows[key] = Some((version, deps));
    }

    /// How many parts it is copied in; at least one.
    #[must_use]
    pub fn parts(&self) -> u32 {
        u32::try_from(self.rows.iter().flatten().count().div_ceil(PART)).unwrap_or(u32::MAX).max(1)
    }
}

/// A copy that is being made.
#[derive(Clone, Debug)]
pub struct Copying {
    /// Of what.
    pub snapshot: Arc<Snapshot>,
    /// How many parts are there.
    pub parts: u32,
    /// From where the follower is to go on.
    tag: Position,
    /// When the newest part is written; none while the next one is waited for.
    due: Option<SimTime>,
}

/// The leader's side.
impl Replica {
    /// A snapshot of what reads show now.
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = (*self.data.base).clone();
        for entry in self.log.range(self.log.base().lsn.next(), self.applied) {
            snapshot.ops.insert(entry.op);
        }
        for (key, version) in self.versions() {
            snapshot.set(key, version, self.deps_of(key, version));
        }
        let at = self.log.position(self.applied);
        Snapshot { at, columns: self.data.columns, version: self.storage_version, ..snapshot }
    }

    /// From where on the log has to be kept for followers that copy a snapshot.
    pub(super) fn pinned(&self) -> Option<Lsn> {
        let Role::Leader(leadership) = &self.role else { return None };
        leadership.peers.iter().filter_map(|peer| peer.copying.as_ref()).map(|snapshot| snapshot.at.lsn.prev()).min()
    }

    /// Sends a part of a snapshot, of a new one if the follower has none.
    #[cold]
    pub(super) fn send_part(
        &mut self,
        id: NodeId,
        at: Position,
        (part, boot, resent): (u32, u32, u32),
        out: &mut impl Effects<SingleLeader>,
    ) {
        let known = match &self.role {
            Role::Leader(leadership) => leadership.peers.iter().find(|peer| peer.id == id).and_then(|p| p.copying.clone()),
            Role::Follower(_) => return,
        };
        let known = known.filter(|snapshot| snapshot.at == at && at != Position::ZERO);
        let (snapshot, part) = match known {
            Some(snapshot) => (snapshot, part),
            None => (Arc::new(self.snapshot()), 0),
        };
        let tag = self.tagged(snapshot.at);
        if let Role::Leader(leadership) = &mut self.role
            && let Some(peer) = leadership.peers.iter_mut().find(|peer| peer.id == id)
        {
            (peer.copying, peer.eligible) = (Some(snapshot.clone()), false);
        }
        out.send(id, Message::Part { epoch: self.epoch, snapshot, tag, part, boot, resent });
    }

    #[cold]
    pub(super) fn on_fetch(
        &mut self,
        src: NodeId,
        (epoch, at): (Epoch, Position),
        asked: (u32, u32, u32),
        out: &mut impl Effects<SingleLeader>,
    ) {
        let Role::Leader(leadership) = &mut self.role else { return };
        if epoch != self.epoch {
            leadership.announced += 1;
            let (history, resent) = (self.history.clone(), leadership.announced);
            return out.send(src, Message::Announce { epoch: self.epoch, history, resent });
        }
        if let Some(peer) = leadership.peers.iter_mut().find(|peer| peer.id == src) {
            // A request that comes late, of an earlier life or from before the follower subscribed, must not end its service.
            let boot = asked.1;
            if boot < peer.boot || boot == peer.boot && peer.subscribed && peer.copying.is_none() {
                return;
            }
            *peer = peer.copies(boot);
        }
        self.send_part(src, at, asked, out);
    }
}

/// The follower's side.
impl Replica {
    /// Asks for the next part, or for the first one of a new snapshot.
    #[cold]
    pub(super) fn fetch(&mut self, leader: NodeId, out: &mut impl Effects<SingleLeader>) {
        let Role::Follower(following) = &mut self.role else { return };
        following.asked += 1;
        let (at, part) = match &following.copy {
            Some(copy) if copy.due.is_some() => return,
            Some(copy) => (copy.snapshot.at, copy.parts),
            None => (Position::ZERO, 0),
        };
        out.send(leader, Message::Fetch { epoch: self.epoch, at, part, boot: self.boot, resent: following.asked });
    }

    #[cold]
    pub(super) fn on_part(
        &mut self,
        now: Now,
        (src, epoch, boot): (NodeId, Epoch, u32),
        (snapshot, tag, part): (Arc<Snapshot>, Position, u32),
        out: &mut impl Effects<SingleLeader>,
    ) {
        let wrong = epoch != self.epoch || src != self.leader || boot != self.boot;
        if wrong || self.leads() || self.cannot_read(snapshot.version, out) {
            return;
        }
        self.heard_leader(now, out);
        let pause = self.pause(&snapshot, part);
        let Role::Follower(following) = &mut self.role else { return };
        let parts = match &following.copy {
            Some(copy) if copy.snapshot.at == snapshot.at => copy.parts,
            // Another one has been begun: what was copied of the last is void.
            _ => 0,
        };
        let busy = following.copy.as_ref().is_some_and(|copy| copy.due.is_some() && copy.snapshot.at == snapshot.at);
        // A copy is for whoever lacks it: an answer that comes late must not take back what has been streamed since.
        let old = !self.fresh && snapshot.at.lsn <= self.log.last();
        if old && following.copy.is_some() {
            // The log has brought more meanwhile than the copy would.
            following.copy = None;
            return self.subscribe(out);
        }
        if part != parts || busy || old {
            return;
        }
        out.note(Fact::Copied(part + 1, snapshot.parts()));
        let first = following.copy.is_none();
        following.copy = Some(Copying { snapshot, parts: part + 1, tag, due: Some(now + pause) });
        out.set_timer(Timer::Copy, pause);
        if first && following.confirmed {
            following.confirmed = false;
            self.ask_later(out);
        }
    }

    #[cold]
    pub(super) fn on_copy_timer(&mut self, now: Now, out: &mut impl Effects<SingleLeader>) {
        let Role::Follower(following) = &mut self.role else { return };
        let Some(copy) = following.copy.as_mut().filter(|copy| copy.due.is_some_and(|due| now >= due)) else { return };
        copy.due = None;
        if copy.parts < copy.snapshot.parts() {
            return self.fetch(self.leader, out);
        }
        let (snapshot, tag) = (copy.snapshot.clone(), copy.tag);
        if !self.fresh && tag.lsn <= self.log.last() {
            // What was streamed meanwhile goes further: the copy is not needed, and must not take it back.
            following.copy = None;
            return self.subscribe(out);
        }
        self.restore(now, snapshot, tag, out);
    }

    /// The copy is complete: it takes the place of whatever was there, and the log goes on behind its position.
    fn restore(&mut self, now: Now, snapshot: Arc<Snapshot>, tag: Position, out: &mut impl Effects<SingleLeader>) {
        let columns = snapshot.columns;
        self.log = Log::behind(tag);
        self.flushed = tag.lsn;
        self.forget_timers();
        self.fresh = false;
        let mut base = (*snapshot).clone();
        if let Some(keeps) = &self.config.storage.keeps {
            for (key, row) in (0_u32..).zip(&mut base.rows) {
                *row = row.take().filter(|_| keeps.contains(&KeyId(key)));
            }
        }
        base.at = tag;
        self.data.base = Arc::new(base);
        self.data.forget_results(|_| false);
        self.rebuild(now, tag.lsn);
        self.data.columns = columns;
        self.role = Role::Follower(Following::unconfirmed());
        out.note(Fact::Restored(tag.lsn));
        self.shown(out);
        self.answer_parked(out);
        self.subscribe(out);
    }

    /// Gives up everything: what survived is before the log's base, so only a snapshot can help.
    #[cold]
    pub(super) fn begin_anew(&mut self, now: Now) {
        self.log = Log::default();
        (self.flushed, self.fresh) = (Lsn::ZERO, true);
        self.data.base = Arc::default();
        self.data.forget_results(|_| false);
        self.forget_timers();
        self.rebuild(now, Lsn::ZERO);
    }

    /// How far a copy is: the part that is being written, of how many, and how much of all is written, in thousandths; none if there
    /// is none.
    #[must_use]
    pub fn copied(&self, now: SimTime) -> Option<(u32, u32, u64)> {
        let Role::Follower(following) = &self.role else { return None };
        let copy = following.copy.as_ref()?;
        let parts = copy.snapshot.parts();
        let before = copy.parts.saturating_sub(1);
        let pause = self.pause(&copy.snapshot, before).0.max(1);
        let rest = copy.due.map_or(0, |due| due.since(now).0.min(pause));
        let share = u64::from(before) * 1_000 + 1_000 - rest * 1_000 / pause;
        Some((copy.parts, parts, share / u64::from(parts)))
    }

    /// How long it takes to write a part of a snapshot.
    fn pause(&self, snapshot: &Snapshot, part: u32) -> SimDuration {
        let rows = snapshot.rows.iter().flatten().count().saturating_sub(part as usize * PART).min(PART);
        SimDuration(self.config.storage.copy.0.saturating_mul(rows as u64))
    }
}
