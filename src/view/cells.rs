//! The cells of one replica's row: how far the entries of each column have got there.
//!
//! A cell is worked out from the positions of the replica (applied, flushed, received), never by looking at each entry of its range: at
//! 10 kHz a range holds hundreds. That two logs which agree on a position agree on all before it is the Log Matching Property (Ongaro and
//! Ousterhout 2014, section 5.3), and makes one number enough to say which entries the newest log lacks.

use super::window::Window;
use crate::family::single_leader::{Replica, Role};
use crate::lsn::{Epoch, Lsn, Position, shared_prefix};
use crate::run::Run;

/// How far an entry has got at a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Visible to reads as part of a snapshot; the log does not reach back so far.
    Snapshot,
    /// Visible to reads.
    Applied,
    /// On disk.
    Flushed,
    /// In memory.
    Received,
    /// It arrived before the entries in front of it, and waits for them.
    Ahead,
    /// Not there.
    Missing,
}

/// Entries of one cell that have got equally far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How far.
    pub stored: Stored,
    /// Whether the group's newest leader has other entries, or none, in their places.
    pub divergent: bool,
    /// How many they are.
    pub entries: u64,
}

/// One cell of the log matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The number of its first entry.
    pub first: u64,
    /// The number of its last entry; the same as the first unless the cell stands for a range.
    pub last: u64,
    /// Its entries that are there, in the order of the log; those that wait for others come last.
    pub parts: Vec<Part>,
    /// The epoch that wrote the last of them; 0 if none is there.
    pub epoch: u32,
    /// Whether one of them is the first of its epoch in this log.
    pub opens_epoch: bool,
    /// What it says, if it is one entry and there is room for it.
    pub text: String,
}

impl Cell {
    /// How far its entries have got, the furthest of them; `Missing` if none is there.
    #[must_use]
    pub fn stored(&self) -> Stored {
        self.parts.first().map_or(Stored::Missing, |part| part.stored)
    }

    /// Whether any of its entries is not in the newest log.
    #[must_use]
    pub fn divergent(&self) -> bool {
        self.parts.iter().any(|part| part.divergent)
    }
}

/// How much of a replica's log is also in the newest leader's log. A leader older than what the replica has heard of is not the newest.
pub(super) fn shared(r: &Replica, leader: Option<&Replica>) -> Lsn {
    match leader {
        Some(leader) if leader.epoch >= r.epoch => {
            shared_prefix(&r.history, r.log.last(), &leader.history).min(leader.log.last())
        }
        Some(_) | None => r.log.last(),
    }
}

/// The cells of all columns, given how much of the log is shared.
pub(super) fn cells(run: &Run, r: &Replica, (leader, shared): (Option<&Replica>, Lsn), window: &Window) -> Vec<Cell> {
    (0..window.columns.count).map(|column| cell(run, r, (leader, shared), window, column)).collect()
}

fn cell(run: &Run, r: &Replica, (leader, shared): (Option<&Replica>, Lsn), window: &Window, column: usize) -> Cell {
    let (first, last) = window.range(column);
    let mut parts = in_log(r, shared.0, first, last);
    waiting(r, leader, (first, last), &mut parts);
    let newest = last.min(r.log.last().0).max(first);
    let epoch = epoch_at(r, Lsn(newest)).filter(|_| r.log.base().lsn.0 < newest).map_or(0, |epoch| epoch.0);
    let starts = || r.history.iter().map(|start| start.start.0).filter(|start| (first..=last).contains(start));
    let opens_epoch = if first == last { opens(r, Lsn(first)) } else { starts().any(|start| opens(r, Lsn(start))) };
    let text = match r.log.get(Lsn(first)).or(ahead(r, Lsn(first))) {
        Some(entry) if !window.columns.small() => format!("{} = {}", run.plan.key_name(entry.key), run.plan.show(entry.value)),
        Some(_) | None => String::new(),
    };
    Cell { first, last, parts, epoch, opens_epoch, text }
}

/// The parts of a range that are in the log, or in the snapshot that it goes on from.
fn in_log(r: &Replica, shared: u64, first: u64, last: u64) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = first;
    for (end, stored) in [
        (r.log.base().lsn, Stored::Snapshot),
        (r.applied, Stored::Applied),
        (r.flushed, Stored::Flushed),
        (r.log.last(), Stored::Received),
    ] {
        // Behind what is shared, the newest log has something else.
        for (end, divergent) in [(end.0.min(shared), false), (end.0, true)] {
            let to = end.min(last);
            if to >= from {
                parts.push(Part { stored, divergent, entries: to - from + 1 });
                from = to + 1;
            }
        }
    }
    parts
}

/// Adds the entries of a range that wait for those in front of them.
fn waiting(r: &Replica, leader: Option<&Replica>, (first, last): (u64, u64), parts: &mut Vec<Part>) {
    let Role::Follower(following) = &r.role else { return };
    let from = following.ahead.partition_point(|entry| entry.lsn.0 < first.max(r.log.last().0 + 1));
    let to = following.ahead.partition_point(|entry| entry.lsn.0 <= last);
    let Some(entries) = following.ahead.get(from..to) else { return };
    let newest = leader.filter(|leader| leader.epoch >= r.epoch);
    let lacks = |at: Position| newest.is_some_and(|leader| at.lsn > leader.log.last() || !leader.wrote(at));
    let divergent = entries.iter().filter(|entry| lacks(entry.position())).count();
    for (divergent, entries) in [(false, entries.len() - divergent), (true, divergent)] {
        if entries > 0 {
            parts.push(Part { stored: Stored::Ahead, divergent, entries: entries as u64 });
        }
    }
}

fn ahead(r: &Replica, lsn: Lsn) -> Option<&crate::log::Entry> {
    match &r.role {
        Role::Follower(following) => following.waiting(lsn),
        Role::Leader(_) => None,
    }
}

/// The epoch of an entry, as far as the replica knows it.
fn epoch_at(r: &Replica, lsn: Lsn) -> Option<Epoch> {
    let base = r.log.base();
    let kept = r.log.get(lsn).or(ahead(r, lsn)).map(|entry| entry.epoch);
    kept.or((lsn == base.lsn && lsn > Lsn::ZERO).then_some(base.epoch))
}

/// Whether the entry is known to be the first of its epoch. The first epoch begins with the log, which needs no mark.
fn opens(r: &Replica, lsn: Lsn) -> bool {
    let in_log = lsn > r.log.base().lsn;
    let Some(epoch) = epoch_at(r, lsn).filter(|epoch| in_log && epoch.0 > 1) else { return false };
    lsn == Lsn(1) || epoch_at(r, lsn.prev()).is_some_and(|before| before != epoch)
}
