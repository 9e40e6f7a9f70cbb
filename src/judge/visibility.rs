//! What each unit has in sight when certain guarantees hold, and what that says about the order of writes.
//!
//! The rules are those of Viotti and Vukolić 2016 for registers, with the propagation that Terry et al. 1994 ask for. A read has in
//! sight what it returned and what earlier reads of its session had in sight; further, by the kind of the question:
//! - **writes in order**: with a write, the earlier writes of its session;
//! - **after what was read**: with a write, what its session had in sight when it had read before;
//! - **causal**: with a unit, everything before it in its session and all that was in sight there.
//!
//! All rules only add, so there is a least answer. A unit that has a write of a key in sight and returns another puts the first before the
//! second: an [`Edge`]. Whether these edges and those of the guarantee form a cycle decides. Sight is kept as one number per chain, the
//! last place in sight (vector clocks), as AWDIT does (Møldrup and Pavlogiannis, PLDI 2025): the time is units times chains.

use super::cycle::{Edge, Why, through, way};
use super::facts::{Facts, NONE, written};
use super::lanes::{Found, Lanes};
use super::report::Evidence;
use super::units::{Input, Units};
use super::words::operation;
use crate::observed::Outcome;

/// Which rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// Monotonic reads, and the writes of a session in order.
    WritesInOrder,
    /// Monotonic reads, and writes after what their session read before.
    AfterReads,
    /// Monotonic reads, and the writes of a session in order, in one sequence of which each read sees the beginning: what a read shows
    /// comes before what it does not show yet.
    Prefix,
    /// All but the sequence, and a session's own writes.
    Causal,
}

/// What follows from what is in sight.
pub(super) enum Sight {
    /// The order of writes that it demands.
    Edges(Vec<Edge>),
    /// A unit returned the initial value with a write in sight.
    Broken(Evidence),
    /// It would take more memory than is allowed.
    Spent,
}

struct View<'a> {
    facts: &'a Facts<'a>,
    units: &'a Units,
    rules: Rules,
    skip: &'a [bool],
    lanes: Lanes,
    /// What the chains have in sight, each a row.
    rows: Vec<u32>,
    row_of: Vec<u32>,
    /// What was in sight at units that others read from.
    kept: Vec<u32>,
    kept_at: Vec<u32>,
    /// How many elements of a list a chain has taken in.
    taken: Vec<u32>,
    /// Where each chain starts in the list of units.
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

/// Derives the edges, unit by unit in this order; keys that are skipped are as if nobody had read them.
pub(super) fn derive(facts: &Facts<'_>, units: &Units, rules: Rules, skip: &[bool], order: &[u32], memory: u64) -> Sight {
    let Some(mut view) = View::new(facts, units, rules, skip, memory) else { return Sight::Spent };
    let mut row = vec![0; facts.chains];
    for unit in order {
        if let Some(evidence) = view.step(*unit, &mut row) {
            return Sight::Broken(evidence);
        }
        if (view.edges.len() * size_of::<Edge>()) as u64 > memory {
            return Sight::Spent;
        }
    }
    Sight::Edges(view.edges)
}

impl<'a> View<'a> {
    fn new(facts: &'a Facts<'a>, units: &'a Units, rules: Rules, skip: &'a [bool], memory: u64) -> Option<View<'a>> {
        let operations = &facts.history.operations;
        let mut needed = vec![false; operations.len()];
        for unit in &units.in_chains {
            for input in units.inputs(*unit).iter().filter(|input| input.from != NONE) {
                needed[input.from as usize] = true;
            }
            // A list shows more than its last element.
            needed[*unit as usize] |= facts.has_lists();
        }
        for unit in units.in_chains.iter().filter(|unit| operations[**unit as usize].outcome == Outcome::Info) {
            let before = facts.before[*unit as usize];
            if before != NONE {
                needed[before as usize] = true;
            }
        }
        let (mut row_of, mut rows) = (vec![NONE; facts.chains], 0_usize);
        for unit in units.in_chains.iter().filter(|unit| operations[**unit as usize].outcome == Outcome::Ok) {
            let row = &mut row_of[facts.chain[*unit as usize] as usize];
            if *row == NONE {
                *row = rows as u32;
                rows += 1;
            }
        }
        let keeps = if matches!(rules, Rules::WritesInOrder | Rules::Prefix) { 0 } else { needed.iter().filter(|n| **n).count() };
        let lists = if facts.has_lists() { facts.history.keys.len() * rows } else { 0 };
        if ((rows + keeps) as u64 * facts.chains as u64 + lists as u64) * 4 > memory {
            return None;
        }
        let mut kept_at = vec![NONE; operations.len()];
        let keeping = kept_at.iter_mut().zip(&needed).filter(|(_, needed)| **needed && keeps > 0);
        for (next, (at, _)) in (0_u32..).zip(keeping) {
            *at = next;
        }
        let mut view = View {
            facts,
            units,
            rules,
            skip,
            lanes: Lanes::default(),
            rows: vec![0; rows * facts.chains],
            row_of,
            kept: vec![0; keeps * facts.chains],
            kept_at,
            taken: vec![0; lists],
            starts: units.starts_of_chains(facts),
            edges: Vec::new(),
        };
        view.lanes = Lanes::new(facts.history.keys.len(), |found| view.each_token(found));
        Some(view)
    }

    /// Calls with each key that comes into sight, chain by chain.
    fn each_token(&self, found: &mut dyn FnMut(Found)) {
        for unit in &self.units.in_chains {
            let (chain, place) = (self.facts.chain[*unit as usize], self.units.place[*unit as usize]);
            if self.rules == Rules::AfterReads {
                for input in self.units.inputs(*unit).iter().filter(|input| input.from != NONE) {
                    found(Found { key: input.key, chain, place, write: input.from });
                }
            } else {
                for step in self.facts.history.steps_of(&self.facts.history.operations[*unit as usize]) {
                    if written(step).is_some() {
                        found(Found { key: step.key, chain, place, write: *unit });
                    }
                }
            }
        }
    }

    /// One unit: takes in what it reads, and derives what follows.
    fn step(&mut self, unit: u32, row: &mut [u32]) -> Option<Evidence> {
        let (chain, width) = (self.facts.chain[unit as usize], self.facts.chains);
        let own = self.row_of[chain as usize] as usize;
        let ok = self.facts.history.operations[unit as usize].outcome == Outcome::Ok;
        let before = self.facts.before[unit as usize];
        if ok {
            row.copy_from_slice(&self.rows[own * width..(own + 1) * width]);
        } else {
            row.fill(0);
            if before != NONE {
                self.join(row, before);
            }
        }
        let units = self.units;
        let inputs = units.inputs(unit);
        for input in inputs.iter().filter(|input| !self.skip[input.key as usize]) {
            self.take(row, own, *input);
        }
        for input in inputs.iter().filter(|input| !self.skip[input.key as usize]) {
            if let Some(write) = self.order(row, unit, *input) {
                return Some(self.initial(unit, write, *input));
            }
            if self.rules == Rules::Prefix {
                self.miss(row, unit, *input);
            }
        }
        let reads = inputs.iter().any(|input| !self.skip[input.key as usize]);
        if self.rules == Rules::Causal || (self.rules == Rules::AfterReads && reads) {
            row[chain as usize] = units.place[unit as usize];
        }
        if ok {
            self.rows[own * width..(own + 1) * width].copy_from_slice(row);
        }
        let at = self.kept_at[unit as usize] as usize;
        if at != NONE as usize {
            self.kept[at * width..(at + 1) * width].copy_from_slice(row);
        }
        None
    }

    /// Takes in what an input brings into sight.
    fn take(&mut self, row: &mut [u32], own: usize, input: Input) {
        let units = self.units;
        if let Some(order) = units.orders[input.key as usize].as_ref().filter(|_| input.length > 0) {
            let taken = &mut self.taken[own * self.facts.history.keys.len() + input.key as usize];
            let from = (*taken).min(input.length);
            *taken = (*taken).max(input.length);
            for step in &order.appends[from as usize..input.length as usize] {
                self.join(row, self.facts.op_of[*step as usize]);
            }
        } else if input.from != NONE {
            self.join(row, input.from);
        }
    }

    fn join(&self, row: &mut [u32], from: u32) {
        let facts = self.facts;
        let mut see = |unit: u32| {
            let last = &mut row[facts.chain[unit as usize] as usize];
            *last = (*last).max(self.units.place[unit as usize]);
        };
        if matches!(self.rules, Rules::WritesInOrder | Rules::Prefix) {
            see(from);
            let before = facts.before[from as usize];
            if before != NONE {
                see(before);
            }
            return;
        }
        let at = self.kept_at[from as usize] as usize;
        if at == NONE as usize {
            return;
        }
        for (mine, theirs) in row.iter_mut().zip(&self.kept[at * facts.chains..(at + 1) * facts.chains]) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// Puts the writes of the key in sight before the one that was returned. Returns one if that was the initial value.
    fn order(&mut self, row: &[u32], unit: u32, input: Input) -> Option<u32> {
        let kept = match self.rules {
            Rules::Causal if input.from != NONE => self.kept_at[input.from as usize] as usize * self.facts.chains,
            _ => usize::MAX,
        };
        let (lanes, tokens) = self.lanes.of(input.key);
        for lane in lanes {
            let chain = lane.chain as usize;
            lane.look(tokens, row[chain]);
            if lane.place == 0 {
                continue;
            }
            if input.from == NONE {
                return Some(lane.write);
            }
            // What the writer itself had in sight comes before its write anyway.
            let known = kept != usize::MAX && self.kept[kept + chain] >= lane.place;
            if lane.write != input.from && !known {
                self.edges.push(Edge { from: lane.write, to: input.from, why: Why::Seen(unit) });
            }
        }
        None
    }

    /// Puts all that is in sight before the next write of each session to the key, which is not shown.
    fn miss(&mut self, row: &[u32], unit: u32, input: Input) {
        let (lanes, tokens) = self.lanes.of(input.key);
        for lane in lanes {
            let at = if input.from == NONE {
                lane.start
            } else if lane.chain == self.facts.chain[input.from as usize] {
                // Not where the session is, but where the writer was.
                lane.behind(tokens, self.units.place[input.from as usize])
            } else {
                continue;
            };
            let next = tokens.get(at as usize).filter(|_| at < lane.end);
            let Some((next, to)) = next.copied() else { continue };
            for (chain, (start, place)) in (0_u32..).zip(self.starts.iter().zip(row)).filter(|(_, (_, place))| **place > 0) {
                let from = self.units.in_chains[(start + place - 1) as usize];
                // Within a session, its order says so.
                if from != to && (chain != lane.chain || *place >= next) {
                    self.edges.push(Edge { from, to, why: Why::Missed(unit) });
                }
            }
        }
    }

    fn initial(&self, unit: u32, write: u32, input: Input) -> Evidence {
        let (reader, writer) = (operation(self.facts.history, unit), operation(self.facts.history, write));
        let way = way(self.facts, write, unit);
        let through = through(&way);
        let text = format!("{reader}, which was there at the beginning, with a write in sight{through}: {writer}.");
        Evidence { operations: [vec![write, unit], way].concat(), key: Some(input.key), text, anomaly: None }
    }
}
