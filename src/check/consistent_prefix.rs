//! Consistent prefix: who has seen a write sees, from then on, everything that came before it.
//!
//! "Before" is the order of the log within a group; across groups it is what the writer had written or seen before it wrote.
//! One replica of one log always shows a prefix, so this cannot be broken by a single follower; it takes two logs with
//! different lag (the observer sees the answer before the question), or one session that moves between replicas.
//!
//! For each session the checker keeps one position per group: the newest write that the session knows of. A read that returns
//! a version older than the newest version of its key at or below that position breaks the guarantee. This is the
//! interval check of a growing cut, as in the client-centric definitions of prefix consistency. What a failover discarded does
//! not come before what the new leader wrote, although its position is smaller.

use super::{Evidence, Finding, Known, Takeover};
use crate::by_number::ByNumber;
use crate::family::GroupId;
use crate::history::{History, Op};
use crate::log::OpId;
use crate::lsn::Position;
use crate::sorted::{Map, by_key};

/// What a session knows of each group: the newest position, and the write and the operation by which it knows.
#[derive(Clone, Copy, Debug, Default)]
struct Knowledge {
    at: Position,
    effect: Option<OpId>,
    seen_by: Option<OpId>,
}

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug)]
pub struct Checker {
    groups: usize,
    takeovers: Vec<Takeover>,
    /// All versions that were acknowledged or read, by key, in the order of the log.
    versions: ByNumber<Vec<Known>>,
    /// By session, one entry for each group.
    sessions: Map<(u32, u32), Vec<Knowledge>>,
    /// What a write's session knew when it wrote.
    knew: ByNumber<Vec<Knowledge>>,
    /// What an open read must not fall below.
    floors: ByNumber<Knowledge>,
}

impl Checker {
    /// A checker that knows the order of all versions of a history, and which of them the takeovers discarded.
    #[must_use]
    pub fn new(history: &History<'_>, takeovers: &[Takeover]) -> Checker {
        let mut versions: ByNumber<Vec<Known>> = ByNumber::default();
        for op in history.ops {
            let written = op.acknowledged().map(|(at, _)| (at, op.id));
            let read = op.returned().flatten().map(|v| (v.at, v.op));
            versions.place(op.key.0 as usize).get_or_insert_default().extend(written.or(read));
        }
        for list in versions.values_mut() {
            *list = by_key(std::mem::take(list), |(at, _)| (u64::from(at.epoch.0), at.lsn.0));
            list.dedup();
        }
        let (sessions, knew, floors) = (Map::default(), ByNumber::default(), ByNumber::default());
        Checker { groups: history.groups.max(1), takeovers: takeovers.to_vec(), versions, sessions, knew, floors }
    }

    /// An operation starts.
    pub fn invoke(&mut self, op: &Op) {
        let Some(known) = self.sessions.get(op.session) else { return };
        if op.is_write() {
            // Within one group the log says what came before.
            if self.groups > 1 {
                *self.knew.place(op.id.index()) = Some(known.clone());
            }
        } else if known[op.group.index()].at > Position::ZERO {
            *self.floors.place(op.id.index()) = Some(known[op.group.index()]);
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, op: &Op) -> Option<Finding> {
        let floor = self.floors.take(op.id.index());
        if let Some((at, _)) = op.acknowledged() {
            self.learn(op, at, op.id);
            return None;
        }
        let version = op.returned()?;
        if let Some(version) = version {
            self.learn(op, version.at, version.op);
        }
        let floor = floor?;
        let returned = version.map_or(Position::ZERO, |v| v.at);
        let versions = self.versions.get(op.key.0 as usize)?;
        let up_to_floor = &versions[..versions.partition_point(|(at, _)| *at <= floor.at)];
        let (at, cause) = *up_to_floor.iter().rev().find(|(at, _)| self.comes_before(op.group, *at, floor.at))?;
        if at <= returned {
            return None;
        }
        let (effect, seen_by) = (floor.effect?, floor.seen_by?);
        let evidence = Evidence::ConsistentPrefix { effect, seen_by, cause, read: op.id };
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence })
    }

    /// Whether the log in which `later` stands holds what was written at `earlier`: goes back from leader to leader.
    fn comes_before(&self, group: GroupId, earlier: Position, later: Position) -> bool {
        let (mut epoch, mut last) = (later.epoch, later.lsn);
        while epoch > earlier.epoch {
            let Some(takeover) = self.takeovers.iter().find(|t| t.group == group && t.epoch == epoch) else { return true };
            (epoch, last) = (takeover.after, last.min(takeover.start.prev()));
        }
        epoch == earlier.epoch && earlier.lsn <= last
    }

    /// The session of `op` now knows the write `writer` at this position, and all that its writer knew.
    fn learn(&mut self, op: &Op, at: Position, writer: OpId) {
        let groups = self.groups;
        let known = self.sessions.or_insert_with(op.session, || vec![Knowledge::default(); groups]);
        let direct = Knowledge { at, effect: Some(writer), seen_by: Some(op.id) };
        let here = &mut known[op.group.index()];
        if at > here.at {
            *here = direct;
        }
        if groups > 1 {
            for (mine, theirs) in known.iter_mut().zip(self.knew.get(writer.index()).into_iter().flatten()) {
                if theirs.at > mine.at {
                    // The session knows this because of what it has just seen: name that as the effect.
                    *mine = Knowledge { at: theirs.at, effect: Some(writer), seen_by: Some(op.id) };
                }
            }
        }
    }
}
