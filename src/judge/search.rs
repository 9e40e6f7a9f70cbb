//! The search for a linearization, where no faster way decides: Wing and Gong 1993 with the memory of Lowe 2017.
//!
//! Calls and returns stand in one linked list in the order of time. A call may take effect next if no return stands before it. The search
//! takes one out, goes on, and puts it back when it is stuck; which sets of calls led to which states is remembered, so that none is
//! explored twice. Five things keep the search small, each exact: what only looks is done as soon as it can be; what ended without an answer
//! (`info`) has no return and need never be done; among such calls that do the same, the oldest goes first; a set is remembered
//! as the first call that is missing and the few done beyond it; and of texts and lists the next reads are looked at beforehand
//! ([`foresight`](super::foresight)).

use super::calls::Call;
use super::foresight::Foresight;
use super::machine::{ANYTHING, Act, Machine, State};
use super::table::Table;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is a linearization.
    Found,
    /// There is none; in the longest attempt this call (by place) could not be done before it ended.
    Impossible(usize),
    /// The budget was spent.
    Spent,
}

const NONE: u32 = u32::MAX;
/// How many nodes of the list, and reads among them, are looked at beforehand.
const AHEAD: (usize, usize) = (64, 4);

/// A search under way.
struct Search<'a, 'h> {
    calls: &'a [Call],
    machine: &'a mut Machine<'h>,
    looks: Vec<bool>,
    /// The list: node 0 is its head, `2 * i + 1` the call of `i`, `2 * i + 2` its return.
    next: Vec<u32>,
    before: Vec<u32>,
    /// The place of a call among the ended ones, or among the open ones.
    rank: Vec<u32>,
    /// An open call that does the same and is older.
    twin: Vec<u32>,
    ended: Vec<u32>,
    open: Vec<u32>,
    /// The first word of `ended` with a call missing, and the last with one done.
    low: usize,
    high: usize,
    left: usize,
    state: State,
    /// What was done, and the state before it; `None` if it only looked.
    trail: Vec<(u32, Option<State>)>,
    seen: Table,
    foresight: Option<Foresight>,
    key: Vec<u32>,
    /// Most calls left undone when stuck is bad; the least so far, and the call that was in the way.
    best: (usize, usize),
}

/// Looks for an order of the calls that real time allows and the machine accepts, in so many steps. Returns how it ended, and
/// the steps that were taken.
pub(super) fn linearize(calls: &[Call], initial: State, machine: &mut Machine<'_>, steps: u64, memory: u64) -> (Outcome, u64) {
    let mut search = Search::new(calls, initial, machine);
    let mut taken = 0;
    let mut from = None;
    loop {
        if from.is_none() {
            search.look();
            if search.left == 0 {
                return (Outcome::Found, taken);
            }
        }
        let fresh = from.is_some() || (!search.astray() && search.remember());
        let start = if fresh { from.unwrap_or(search.next[0]) } else { NONE };
        if taken >= steps || search.seen.bytes() + search.machine.bytes() > memory {
            return (Outcome::Spent, taken);
        }
        taken += 1;
        from = if search.advance(start) {
            None
        } else {
            match search.retreat() {
                Some(node) => Some(node),
                None => return (Outcome::Impossible(search.best.1), taken),
            }
        };
    }
}

impl<'a, 'h> Search<'a, 'h> {
    fn new(calls: &'a [Call], initial: State, machine: &'a mut Machine<'h>) -> Search<'a, 'h> {
        let mut events: Vec<(u64, bool, u32)> = Vec::with_capacity(calls.len() * 2);
        for (i, call) in (0_u32..).zip(calls) {
            events.push((call.invoked, false, 2 * i + 1));
            events.extend(call.completed.map(|at| (at.max(call.invoked), true, 2 * i + 2)));
        }
        events.sort_unstable();
        let mut next = vec![NONE; calls.len() * 2 + 1];
        let mut before = vec![0; calls.len() * 2 + 1];
        let (mut rank, mut twin) = (vec![0; calls.len()], vec![NONE; calls.len()]);
        let (mut ended, mut open, mut last) = (0_u32, Vec::<u32>::new(), 0_u32);
        for (_, is_return, node) in events {
            next[last as usize] = node;
            before[node as usize] = last;
            last = node;
            let i = (node as usize - 1) / 2;
            if is_return {
                continue;
            }
            if calls[i].completed.is_some() {
                rank[i] = ended;
                ended += 1;
            } else {
                rank[i] = u32::try_from(open.len()).unwrap_or(NONE);
                twin[i] = open.iter().rev().copied().find(|j| calls[*j as usize].act == calls[i].act).unwrap_or(NONE);
                open.push((node - 1) / 2);
            }
        }
        let looks = calls.iter().map(|call| machine.only_looks(call.act)).collect();
        let foresight = Foresight::of(calls, machine);
        let (ended_words, open_words) = (ended as usize / 32 + 1, open.len().div_ceil(32));
        Search {
            calls,
            machine,
            looks,
            next,
            before,
            rank,
            twin,
            ended: vec![0; ended_words],
            open: vec![0; open_words],
            low: 0,
            high: 0,
            left: ended as usize,
            state: initial,
            trail: Vec::new(),
            seen: Table::default(),
            foresight,
            key: Vec::new(),
            best: (usize::MAX, 0),
        }
    }

    fn unlink(&mut self, node: u32) {
        let (before, next) = (self.before[node as usize], self.next[node as usize]);
        self.next[before as usize] = next;
        if next != NONE {
            self.before[next as usize] = before;
        }
    }

    fn link(&mut self, node: u32) {
        let (before, next) = (self.before[node as usize], self.next[node as usize]);
        self.next[before as usize] = node;
        if next != NONE {
            self.before[next as usize] = node;
        }
    }

    /// Does a call: takes it out of the list.
    fn lift(&mut self, node: u32, undo: Option<State>) {
        let i = (node as usize - 1) / 2;
        self.trail.push((node, undo));
        self.unlink(node);
        let (word, bit) = (self.rank[i] as usize / 32, 1 << (self.rank[i] % 32));
        if self.calls[i].completed.is_some() {
            self.unlink(node + 1);
            self.ended[word] |= bit;
            self.left -= 1;
            self.high = self.high.max(word);
            while self.low + 1 < self.ended.len() && self.ended[self.low] == u32::MAX {
                self.low += 1;
            }
        } else {
            self.open[word] |= bit;
        }
    }

    /// Undoes a call.
    fn lower(&mut self, node: u32) {
        let i = (node as usize - 1) / 2;
        let (word, bit) = (self.rank[i] as usize / 32, 1 << (self.rank[i] % 32));
        if self.calls[i].completed.is_some() {
            self.link(node + 1);
            self.ended[word] &= !bit;
            self.left += 1;
            self.low = self.low.min(word);
            while self.high > self.low && self.ended[self.high] == 0 {
                self.high -= 1;
            }
        } else {
            self.open[word] &= !bit;
        }
        self.link(node);
    }

    fn is_return(node: u32) -> bool {
        node.is_multiple_of(2)
    }

    /// Does all that only looks and sees what it saw.
    fn look(&mut self) {
        let mut node = self.next[0];
        while node != NONE && !Self::is_return(node) {
            let (i, after) = ((node as usize - 1) / 2, self.next[node as usize]);
            let sees = self.looks[i] && self.machine.apply(self.state, self.calls[i].act) == Some(self.state);
            if sees && self.calls[i].completed.is_some() {
                self.lift(node, None);
                // Its return may have been the next node.
                node = if after == node + 1 { self.next[after as usize] } else { after };
            } else {
                node = after;
            }
        }
    }

    /// Whether one of the next reads can no longer be satisfied.
    fn astray(&mut self) -> bool {
        let Some(foresight) = &mut self.foresight else { return false };
        let (mut node, (nodes, mut reads)) = (self.next[0], AHEAD);
        for _ in 0..nodes {
            if node == NONE || reads == 0 {
                break;
            }
            let i = (node.max(1) as usize - 1) / 2;
            if let (false, Act::Read(seen)) = (Self::is_return(node), self.calls[i].act) {
                reads -= 1;
                let done = |call: usize| {
                    let of = if self.calls[call].completed.is_some() { &self.ended } else { &self.open };
                    of[self.rank[call] as usize / 32] & (1 << (self.rank[call] % 32)) != 0
                };
                if foresight.hopeless((i, seen), self.state, self.machine, done) {
                    if self.left < self.best.0 {
                        self.best = (self.left, i);
                    }
                    return true;
                }
            }
            node = self.next[node as usize];
        }
        false
    }

    /// Does the first call from this node on that changes the state and can be done.
    fn advance(&mut self, mut node: u32) -> bool {
        while node != NONE && !Self::is_return(node) {
            let i = (node as usize - 1) / 2;
            let twin = self.twin[i];
            let older_done = twin == NONE || {
                let rank = self.rank[twin as usize];
                self.open[rank as usize / 32] & (1 << (rank % 32)) != 0
            };
            let tried = (!self.looks[i] || self.state == ANYTHING || self.looks_unsettled(i)) && older_done;
            if let Some(state) = tried.then(|| self.machine.apply(self.state, self.calls[i].act)).flatten() {
                let undo = std::mem::replace(&mut self.state, state);
                self.lift(node, Some(undo));
                return true;
            }
            node = self.next[node as usize];
        }
        if node != NONE && self.left < self.best.0 {
            self.best = (self.left, (node as usize - 1) / 2);
        }
        false
    }

    /// A joint state may hold registers of unknown content, which a read settles; so may a bank.
    fn looks_unsettled(&self, call: usize) -> bool {
        matches!(self.calls[call].act, Act::Several(_) | Act::Transition(_))
    }

    /// Undoes calls up to and with the last that changed the state. Returns the node from which to go on.
    fn retreat(&mut self) -> Option<u32> {
        while let Some((node, undo)) = self.trail.pop() {
            self.lower(node);
            if let Some(state) = undo {
                self.state = state;
                return Some(self.next[node as usize]);
            }
        }
        None
    }

    /// Whether this set of calls has not led to this state before.
    fn remember(&mut self) -> bool {
        self.key.clear();
        self.key.extend([self.state, u32::try_from(self.low).unwrap_or(NONE)]);
        self.key.extend(u32::try_from(self.high.saturating_sub(self.low)));
        self.key.extend_from_slice(&self.ended[self.low..=self.high.max(self.low)]);
        self.key.extend_from_slice(&self.open);
        self.seen.insert(&self.key).1
    }
}
