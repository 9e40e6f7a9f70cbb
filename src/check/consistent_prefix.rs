//! Consistent prefix: who has seen a write sees, from then on, everything that came before it.
//!
//! "Before" is the order of the log within a group; across groups it is what the writer had written or seen before it wrote.
//! One replica of one log always shows a prefix, so this cannot be broken by a single follower; it takes two logs with
//! different lag (the observer sees the answer before the question), or one session that moves between replicas.
//!
//! For each session the checker keeps the newest versions per group that the session knows of: with one log, one position. A read that
//! does not cover a version of its key which one of these covers breaks the guarantee. This is the interval check of a growing
//! cut, as in the client-centric definitions of prefix consistency. What a failover discarded does not come before what the new
//! leader wrote, although its position is smaller.

use super::versions::Versions;
use super::{Evidence, Finding, Takeover};
use crate::by_number::ByNumber;
use crate::family::GroupId;
use crate::history::{History, Op, Returned, Scope};
use crate::log::OpId;
use crate::sorted::Map;
use crate::version::{Frontier, Stamp};

/// What a session knows of a group: the newest versions, each with the write and the operation by which it knows.
type Knowledge = Frontier<(OpId, OpId)>;

/// Takes the operations of a history as they start and end.
#[derive(Clone, Debug)]
pub struct Checker {
    /// Whether a write tells what its writer had known: within one log the log says what came before.
    told: bool,
    takeovers: Vec<Takeover>,
    /// All versions that were acknowledged or read, by key.
    versions: ByNumber<Versions<OpId>>,
    /// By session, and by group or key.
    sessions: Map<(u32, u32), ByNumber<Knowledge>>,
    /// What a write's session knew when it wrote.
    knew: ByNumber<ByNumber<Knowledge>>,
    /// What the session of an open read knew when it began.
    floors: ByNumber<Knowledge>,
}

impl Checker {
    /// A checker that knows the order of all versions of a history, and which of them the takeovers discarded.
    #[must_use]
    pub fn new(history: &History<'_>, takeovers: &[Takeover]) -> Checker {
        let mut versions: ByNumber<Versions<OpId>> = ByNumber::default();
        for op in history.ops {
            let list = versions.place(op.key.0 as usize).get_or_insert_default();
            if let Some(stamp) = history.stamp_of(op) {
                list.add_once(&stamp, op.id);
            }
            for sibling in history.returned(op).iter().flat_map(Returned::siblings) {
                list.add_once(&sibling.stamp, sibling.op);
            }
        }
        let told = history.groups > 1 || history.scope == Scope::Key;
        let (sessions, knew, floors) = (Map::default(), ByNumber::default(), ByNumber::default());
        Checker { told, takeovers: takeovers.to_vec(), versions, sessions, knew, floors }
    }

    /// An operation starts.
    pub fn invoke(&mut self, history: &History<'_>, op: &Op) {
        let Some(known) = self.sessions.get(op.session) else { return };
        if op.is_write() {
            if self.told {
                *self.knew.place(op.id.index()) = Some(known.clone());
            }
        } else if let Some(here) = known.get(history.place(op)) {
            *self.floors.place(op.id.index()) = Some(here.clone());
        }
    }

    /// An operation ends.
    pub fn complete(&mut self, history: &History<'_>, op: &Op) -> Option<Finding> {
        let floor = self.floors.take(op.id.index());
        if let Some(stamp) = history.stamp_of(op) {
            self.learn(history, op, &stamp, op.id);
            return None;
        }
        let returned = history.returned(op)?;
        for sibling in returned.siblings() {
            self.learn(history, op, &sibling.stamp, sibling.op);
        }
        let versions = self.versions.get(op.key.0 as usize)?;
        let missed = |known: &Stamp| {
            // Who covers the last of the chain that comes before covers those before it.
            let before = |(stamp, _): &&(Stamp, OpId)| known.covers(stamp) && self.comes_before(op.group, stamp, known);
            let last = versions.up_to(known).iter().rev().find(before).into_iter();
            let mut all = last.chain(versions.apart().iter().filter(before));
            all.find(|(stamp, _)| !returned.covers(stamp)).map(|(_, cause)| *cause)
        };
        let mut breaks = floor.iter().flat_map(Knowledge::iter);
        let (cause, (effect, seen_by)) = breaks.find_map(|(known, by)| Some((missed(known)?, *by)))?;
        let evidence = Evidence::ConsistentPrefix { effect, seen_by, cause, read: op.id };
        Some(Finding { at: op.end.map_or(op.invoked, |e| e.at), evidence })
    }

    /// Whether the log in which `later` stands holds what was written at `earlier`: goes back from leader to leader. Other stamps than
    /// positions say it themselves.
    fn comes_before(&self, group: GroupId, earlier: &Stamp, later: &Stamp) -> bool {
        let (Stamp::Position(earlier), Stamp::Position(later)) = (earlier, later) else { return true };
        let (mut epoch, mut last) = (later.epoch, later.lsn);
        while epoch > earlier.epoch {
            let Some(takeover) = self.takeovers.iter().find(|t| t.group == group && t.epoch == epoch) else { return true };
            (epoch, last) = (takeover.after, last.min(takeover.start.prev()));
        }
        epoch == earlier.epoch && earlier.lsn <= last
    }

    /// The session of `op` now knows the write `writer` of this version, and all that its writer knew.
    fn learn(&mut self, history: &History<'_>, op: &Op, stamp: &Stamp, writer: OpId) {
        let known = self.sessions.or_insert_with(op.session, ByNumber::default);
        known.place(history.place(op)).get_or_insert_default().raise(stamp, (writer, op.id));
        for (place, theirs) in self.knew.get(writer.index()).into_iter().flat_map(ByNumber::iter) {
            for (stamp, _) in theirs.iter() {
                // The session knows this because of what it has just seen: name that as the effect.
                known.place(place).get_or_insert_default().raise(stamp, (writer, op.id));
            }
        }
    }
}
