//! What replicas have shown, for the guarantees about writes: who shows a write shows what has to come before it.
//!
//! Terry et al. define monotonic writes and writes-follow-reads for every server that holds a write. What a server holds is seen in what
//! it answers: a replica that has answered with a session's write, and later answers without one that the session had made or read
//! before it, holds the one without the other. It has to be the same replica: of two, one may simply be behind.

use super::Known;
use crate::by_number::ByNumber;
use crate::history::{End, Op};
use crate::log::{KeyId, OpId};
use crate::lsn::Position;
use crate::operation::{Outcome, Version};
use crate::sorted::Map;

/// A replica that holds a write without what comes before it, by two of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The read to which the replica had answered with the later write.
    pub shown_by: OpId,
    /// The read to which it then answered without the earlier one.
    pub read: OpId,
}

/// Where the version that a read returned stands: where its writer was told, if it was; a faulty replica may say something else.
pub(super) fn stands(ops: &[Op], version: Version) -> Position {
    ops.get(version.op.index()).and_then(Op::acknowledged).map_or(version.at, |(at, _)| at)
}

/// Something that a session did to a key: which of its events that was, the newest position so far, and the operation.
type Step = (u32, Position, OpId);

/// What one session did, as far as a guarantee of others is about it.
#[derive(Clone, Debug, Default)]
struct Past {
    /// How many of its operations that count have ended.
    count: u32,
    /// By key, in order, where the position grows.
    keys: ByNumber<Vec<Step>>,
}

/// A replica has shown a session's write: the event, the number of earlier events, the position it gave, the write, and the read.
#[derive(Clone, Copy, Debug)]
struct Shown {
    event: u32,
    before: u32,
    at: Position,
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
    pub(super) fn did(&mut self, op: &Op, key: KeyId, at: Position) {
        let past = self.sessions.or_insert_with(op.session, Past::default);
        let steps = past.keys.place(key.0 as usize).get_or_insert_default();
        if steps.last().is_none_or(|(_, newest, _)| at > *newest) {
            steps.push((past.count, at, op.id));
        }
        past.count += 1;
    }

    /// A read has ended: what its replica lacks, as the earlier operation, the session's later write, and the two answers.
    pub(super) fn answered(&mut self, op: &Op, ops: &[Op]) -> Option<(OpId, OpId, Hole)> {
        let Some(End { outcome: Outcome::Value { found, applied }, replica: Some(replica), .. }) = op.end else { return None };
        let began = self.began.take(op.id.index())?;
        let returned = found.map_or(Position::ZERO, |version| stands(ops, version));
        self.lacks(op, (returned, applied), self.shown.get(replica.index())?, began)
    }

    fn lacks(
        &self,
        op: &Op,
        (returned, applied): (Position, Position),
        shown: &Map<(u32, u32), Vec<Shown>>,
        began: u32,
    ) -> Option<(OpId, OpId, Hole)> {
        shown.iter().find_map(|(session, list)| {
            let last = list.partition_point(|shown| shown.event < began).checked_sub(1)?;
            let Shown { before, at, write, by, .. } = list[last];
            let steps = self.sessions.get(*session)?.keys.get(op.key.0 as usize)?;
            let (_, required, earlier) = *steps.get(steps.partition_point(|(count, ..)| *count < before).checked_sub(1)?)?;
            // Who has lost the later write since has said nothing about the earlier one.
            (applied >= at && returned < required && earlier != write).then_some((
                earlier,
                write,
                Hole { shown_by: by, read: op.id },
            ))
        })
    }

    /// Takes note of what the replica of a read has shown by it.
    pub(super) fn shows(&mut self, op: &Op, ops: &[Op]) {
        let Some(End { outcome: Outcome::Value { found: Some(version), .. }, replica: Some(replica), .. }) = op.end else {
            return;
        };
        let Some(writer) = ops.get(version.op.index()) else { return };
        let Some(before) = self.before.get(version.op.index()).copied() else { return };
        let list = self.shown.place(replica.index()).get_or_insert_default().or_insert_with(writer.session, Vec::new);
        if list.last().is_none_or(|shown| before > shown.before) {
            list.push(Shown { event: self.events, before, at: version.at, write: version.op, by: op.id });
        }
        self.events += 1;
    }
}

/// A floor that an operation must not fall below, by session and group.
#[derive(Clone, Debug, Default)]
pub(super) struct Floors {
    newest: Map<(u32, u32), Vec<Option<Known>>>,
    open: ByNumber<Known>,
}

impl Floors {
    /// A write starts.
    pub(super) fn invoke(&mut self, op: &Op) {
        let floor = self.newest.get(op.session).and_then(|groups| *groups.get(op.group.index())?);
        if let (true, Some(floor)) = (op.is_write(), floor) {
            *self.open.place(op.id.index()) = Some(floor);
        }
    }

    /// The session has got to a position.
    pub(super) fn raise(&mut self, op: &Op, at: Position) {
        let groups = self.newest.or_insert_with(op.session, Vec::new);
        if groups.len() <= op.group.index() {
            groups.resize(op.group.index() + 1, None);
        }
        let newest = groups[op.group.index()].get_or_insert((at, op.id));
        if at > newest.0 {
            *newest = (at, op.id);
        }
    }

    /// The operation that an acknowledged write fell below.
    pub(super) fn broken(&mut self, op: &Op) -> Option<OpId> {
        let (floor, earlier) = self.open.take(op.id.index())?;
        let (at, _) = op.acknowledged()?;
        (at < floor).then_some(earlier)
    }
}
