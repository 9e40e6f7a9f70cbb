//! What replicas have shown, for the guarantees about writes: who shows a write shows what has to come before it.
//!
//! Terry et al. define monotonic writes and writes-follow-reads for every server that holds a write. What a server holds is seen in what
//! it answers: a replica that has answered with a session's write, and later answers without one that the session had made or read
//! before it, holds the one without the other. It has to be the same replica: of two, one may simply be behind.

use super::versions::{Step, Steps};
use crate::by_number::ByNumber;
use crate::history::{End, History, Op};
use crate::log::{KeyId, OpId};
use crate::sorted::Map;
use crate::version::{Frontier, Stamp};

/// A replica that holds a write without what comes before it, by two of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The read to which the replica had answered with the later write.
    pub shown_by: OpId,
    /// The read to which it then answered without the earlier one.
    pub read: OpId,
}

/// What one session did, as far as a guarantee of others is about it.
#[derive(Clone, Debug, Default)]
struct Past {
    /// How many of its operations that count have ended.
    count: u32,
    /// By key, in order.
    keys: ByNumber<Steps>,
}

/// A replica has shown a session's write: the event, the number of earlier events, the version it gave, the write, and the read.
#[derive(Clone, Debug)]
struct Shown {
    event: u32,
    before: u32,
    stamp: Stamp,
    write: OpId,
    by: OpId,
}

/// Collects what sessions did and what replicas have shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    events: u32,
    sessions: Map<(u32, u32), Past>,
    /// For each write, how many of its session's events had ended when it began.
    before: ByNumber<u32>,
    /// For each open read, the event at which it began.
    began: ByNumber<u32>,
    /// By replica and session.
    shown: ByNumber<Map<(u32, u32), Vec<Shown>>>,
}

impl Answers {
    /// An operation starts.
    pub(super) fn invoke(&mut self, op: &Op) {
        if op.is_write() {
            *self.before.place(op.id.index()) = Some(self.sessions.get(op.session).map_or(0, |past| past.count));
        } else {
            *self.began.place(op.id.index()) = Some(self.events);
        }
    }

    /// An operation has ended by which its session did something to a key that later writes have to come after.
    pub(super) fn did(&mut self, op: &Op, key: KeyId, stamp: &Stamp) {
        let past = self.sessions.or_insert_with(op.session, Past::default);
        past.keys.place(key.0 as usize).get_or_insert_default().add(past.count, stamp, op.id);
        past.count += 1;
    }

    /// A read has ended: what its replica lacks, as the earlier operation, the session's later write, and the two answers.
    pub(super) fn answered(&mut self, history: &History<'_>, op: &Op) -> Option<(OpId, OpId, Hole)> {
        let returned = history.returned(op)?;
        let replica = op.end?.replica?;
        let began = self.began.take(op.id.index())?;
        let covers = |required: &Stamp| history.has(op, history.covers(&returned, required), required);
        self.shown.get(replica.index())?.iter().find_map(|(session, list)| {
            let last = list.partition_point(|shown| shown.event < began).checked_sub(1)?;
            let Shown { before, ref stamp, write, by, .. } = list[last];
            let steps = self.sessions.get(*session)?.keys.get(op.key.0 as usize)?;
            let Step { op: earlier, .. } = *steps.missed(before, covers)?;
            // Who has lost the later write since has said nothing about the earlier one.
            let kept = history.had_applied(op, stamp) && earlier != write;
            kept.then_some((earlier, write, Hole { shown_by: by, read: op.id }))
        })
    }

    /// Takes note of what the replica of a read has shown by it.
    pub(super) fn shows(&mut self, history: &History<'_>, op: &Op) {
        let (Some(returned), Some(End { replica: Some(replica), .. })) = (history.returned(op), op.end) else { return };
        let mut counts = false;
        for sibling in returned.siblings() {
            let Some(writer) = history.ops.get(sibling.op.index()) else { continue };
            let Some(before) = self.before.get(sibling.op.index()).copied() else { continue };
            let list = self.shown.place(replica.index()).get_or_insert_default().or_insert_with(writer.session, Vec::new);
            if list.last().is_none_or(|shown| before > shown.before) {
                list.push(Shown { event: self.events, before, stamp: sibling.stamp.clone(), write: sibling.op, by: op.id });
            }
            counts = true;
        }
        self.events += u32::from(counts);
    }
}

/// What an operation has to cover, by session and by group or key.
#[derive(Clone, Debug, Default)]
pub(super) struct Floors {
    newest: Map<(u32, u32), ByNumber<Frontier<OpId>>>,
    open: ByNumber<Frontier<OpId>>,
}

impl Floors {
    /// A write starts.
    pub(super) fn invoke(&mut self, history: &History<'_>, op: &Op) {
        let floor = self.newest.get(op.session).and_then(|places| places.get(history.place(op)));
        if let (true, Some(floor)) = (op.is_write(), floor) {
            *self.open.place(op.id.index()) = Some(floor.clone());
        }
    }

    /// The session has got to a version.
    pub(super) fn raise(&mut self, history: &History<'_>, op: &Op, stamp: &Stamp) {
        let places = self.newest.or_insert_with(op.session, ByNumber::default);
        places.place(history.place(op)).get_or_insert_default().raise(stamp, op.id);
    }

    /// The operation whose version an acknowledged write does not cover.
    pub(super) fn broken(&mut self, op: &Op, stamp: &Stamp) -> Option<OpId> {
        let floor = self.open.take(op.id.index())?;
        floor.missed(|required| stamp.covers(required)).map(|(_, earlier)| *earlier)
    }
}
