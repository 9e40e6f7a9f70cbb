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
//! last place in sight (vector clocks, [`clocks`](super::clocks)), as AWDIT does (Møldrup and Pavlogiannis, PLDI 2025): the time is units
//! times chains. Where the record orders the versions of a key, only what contradicts that order is said.

use super::clocks::{Kept, Spent, join};
use super::cycle::{Edge, Why, through, way};
use super::facts::{Facts, NONE, written};
use super::known::{Known, PerChain};
use super::lanes::{Found, Lanes};
use super::ranks::Ranks;
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
    ranks: &'a Ranks,
    rules: Rules,
    skip: &'a [bool],
    lanes: Lanes,
    kept: Kept,
    /// How many elements of a list the chain has taken in.
    taken: PerChain<u32>,
    /// Where each chain starts in the list of units.
    starts: Vec<u32>,
    /// How many inputs the chain of each unit had before it: places of reads.
    reads_before: Vec<u32>,
    /// The write that the chain returned last of each key, and its rank.
    returned: PerChain<(u32, u64)>,
    edges: Vec<Edge>,
}

/// What stops a derivation before its end.
enum Stop {
    Broken(Evidence),
    Spent,
}

impl From<Spent> for Stop {
    fn from(_: Spent) -> Stop {
        Stop::Spent
    }
}

/// Derives the edges, unit by unit in this order; keys that are skipped are as if nobody had read them. For writes after what was read the
/// order is of the nodes that stand for what a unit reads: all of it, and before its last write.
pub(super) fn derive(known: &Known<'_>, rules: Rules, skip: &[bool], order: &[u32], memory: u64) -> Sight {
    let facts = known.facts;
    let mut view = View::new(known, rules, skip, memory);
    let mut row = vec![0; facts.chains];
    for unit in order {
        let done = if rules == Rules::AfterReads { view.half(*unit, &mut row) } else { view.step(*unit, &mut row) };
        match done {
            Err(Stop::Broken(evidence)) => return Sight::Broken(evidence),
            Err(Stop::Spent) => return Sight::Spent,
            Ok(()) if (view.edges.len() * size_of::<Edge>()) as u64 > memory => return Sight::Spent,
            Ok(()) => {}
        }
    }
    Sight::Edges(view.edges)
}

impl<'a> View<'a> {
    fn new(known: &Known<'a>, rules: Rules, skip: &'a [bool], memory: u64) -> View<'a> {
        let Known { facts, units, ranks } = *known;
        let transitive = matches!(rules, Rules::AfterReads | Rules::Causal);
        let mut view = View {
            facts,
            units,
            ranks,
            rules,
            skip,
            lanes: Lanes::default(),
            kept: Kept::new(facts, units, skip, transitive, memory),
            taken: PerChain::new(facts.history.keys.len(), 0),
            starts: units.starts_of_chains(facts),
            reads_before: vec![0; facts.history.operations.len()],
            returned: PerChain::new(facts.history.keys.len(), (NONE, 0)),
            edges: Vec::new(),
        };
        let mut reads = vec![0; facts.chains];
        for unit in &units.in_chains {
            let reads = &mut reads[facts.chain[*unit as usize] as usize];
            view.reads_before[*unit as usize] = *reads;
            *reads += units.inputs(*unit).len() as u32;
        }
        view.lanes = Lanes::new(facts.history.keys.len(), |found| view.each_token(found));
        view
    }

    /// Calls with each key that comes into sight, chain by chain.
    fn each_token(&self, found: &mut dyn FnMut(Found)) {
        for unit in &self.units.in_chains {
            let (chain, place) = (self.facts.chain[*unit as usize], self.units.place[*unit as usize]);
            if self.rules == Rules::AfterReads {
                let first = self.reads_before[*unit as usize] + 1;
                for (place, input) in (first..).zip(self.units.inputs(*unit)).filter(|(_, input)| input.from != NONE) {
                    found(Found { key: input.key, chain, place, write: input.step });
                }
            } else {
                let op = &self.facts.history.operations[*unit as usize];
                for write in op.first..op.first + op.count {
                    let step = &self.facts.history.steps[write as usize];
                    if written(step).is_some() {
                        found(Found { key: step.key, chain, place, write });
                    }
                }
            }
        }
    }

    /// One unit: takes in what it reads, and derives what follows. What a session is promised holds from read to read; else a unit sees
    /// all at once.
    fn step(&mut self, unit: u32, row: &mut [u32]) -> Result<(), Stop> {
        let (facts, units) = (self.facts, self.units);
        let (chain, before) = (facts.chain[unit as usize], facts.before[unit as usize]);
        self.kept.read_row(chain, row);
        if before != NONE && facts.history.operations[unit as usize].outcome == Outcome::Info {
            self.kept.join_end(before, row);
        }
        let inputs = units.inputs(unit);
        match self.rules {
            Rules::WritesInOrder | Rules::AfterReads => {
                for (at, input) in inputs.iter().enumerate() {
                    self.read(row, unit, (at, *input))?;
                }
            }
            Rules::Prefix | Rules::Causal => {
                for input in inputs {
                    self.take(row, unit, *input)?;
                }
                for input in inputs {
                    self.compare(row, unit, *input)?;
                    if self.rules == Rules::Prefix {
                        self.miss(row, unit, *input);
                    }
                }
                if self.rules == Rules::Causal {
                    row[chain as usize] = units.place[unit as usize];
                }
            }
        }
        self.kept.note_unit(unit, row)?;
        self.used(inputs);
        self.kept.note_row(chain, unit, row)?;
        Ok(())
    }

    /// What was asked for has been.
    fn used(&mut self, inputs: &[Input]) {
        let (facts, skip) = (self.facts, self.skip);
        let counted = inputs.iter().filter(|input| !skip[input.key as usize] && input.from != NONE);
        for input in counted.filter(|input| facts.order_of(input.key).is_none()) {
            self.kept.used(input.from);
        }
    }

    /// A half of a unit: what it reads before its last write, or the rest.
    fn half(&mut self, node: u32, row: &mut [u32]) -> Result<(), Stop> {
        let (facts, units) = (self.facts, self.units);
        let count = facts.history.operations.len() as u32;
        let (unit, early) = (node % count, node >= 2 * count);
        let (chain, before) = (facts.chain[unit as usize], facts.before[unit as usize]);
        if node < count || chain == NONE {
            return Ok(());
        }
        self.kept.read_row(chain, row);
        if early && before != NONE && facts.history.operations[unit as usize].outcome == Outcome::Info {
            self.kept.join_end(before, row);
        }
        let (inputs, first) = (units.inputs(unit), units.read_before_writing(facts, unit));
        let mine = if early { 0..first } else { first..inputs.len() };
        for at in mine.clone() {
            self.read(row, unit, (at, inputs[at]))?;
        }
        self.used(&inputs[mine]);
        if early {
            self.kept.note_unit(unit, row)?;
            self.kept.put_row(chain, row)?;
        } else {
            self.kept.note_row(chain, unit, row)?;
        }
        Ok(())
    }

    /// One read of a unit, after those before it.
    fn read(&mut self, row: &mut [u32], unit: u32, (at, input): (usize, Input)) -> Result<(), Stop> {
        if self.skip[input.key as usize] {
            return Ok(());
        }
        let (chain, known) = (self.facts.chain[unit as usize], self.ranks.known[input.key as usize]);
        self.take(row, unit, input)?;
        self.compare(row, unit, input)?;
        if self.rules == Rules::AfterReads {
            row[chain as usize] = self.reads_before[unit as usize] + at as u32 + 1;
            return Ok(());
        }
        let rank = if known { self.ranks.get(input.step).unwrap_or(0) } else { 0 };
        if let Some((before, older)) = self.returned.get(chain, input.key).filter(|(before, _)| *before != input.from) {
            if input.from == NONE {
                return Err(Stop::Broken(self.initial(unit, before, input)));
            }
            if !known || rank < older {
                self.edges.push(Edge { from: before, to: input.from, why: Why::Seen(unit) });
            }
        }
        if input.from != NONE {
            self.returned.set(chain, input.key, (input.from, rank));
        }
        Ok(())
    }

    /// Compares what an input returned with what is in sight.
    fn compare(&mut self, row: &[u32], unit: u32, input: Input) -> Result<(), Stop> {
        if self.skip[input.key as usize] {
            return Ok(());
        }
        match self.order(row, unit, input) {
            Some(write) => Err(Stop::Broken(self.initial(unit, write, input))),
            None => Ok(()),
        }
    }

    /// Takes in what an input brings into sight.
    fn take(&mut self, row: &mut [u32], unit: u32, input: Input) -> Result<(), Spent> {
        let facts = self.facts;
        if self.skip[input.key as usize] {
            return Ok(());
        }
        let Some(order) = facts.order_of(input.key).filter(|_| input.length > 0) else {
            if input.from != NONE {
                self.see(row, input.from);
            }
            return Ok(());
        };
        if matches!(self.rules, Rules::AfterReads | Rules::Causal) {
            return self.kept.join_list(facts, row, input.key, input.length);
        }
        let chain = facts.chain[unit as usize];
        let known = self.taken.get(chain, input.key).unwrap_or(0);
        for step in &order.appends[known.min(input.length) as usize..input.length as usize] {
            let writer = facts.op_of[*step as usize];
            if writer != unit {
                self.see(row, writer);
            }
        }
        self.taken.set(chain, input.key, known.max(input.length));
        Ok(())
    }

    /// Takes in a unit that was read from.
    fn see(&self, row: &mut [u32], from: u32) {
        let facts = self.facts;
        if let Some(kept) = self.kept.of_unit(from) {
            join(row, kept);
        }
        if matches!(self.rules, Rules::AfterReads | Rules::Causal) {
            return;
        }
        // With a write the earlier ones of its session, and in one sequence all that its unit wrote.
        let itself = (from, u32::from(self.rules == Rules::WritesInOrder));
        for (unit, less) in [itself, (facts.before[from as usize], 0)].into_iter().filter(|(unit, _)| *unit != NONE) {
            let last = &mut row[facts.chain[unit as usize] as usize];
            *last = (*last).max(self.units.place[unit as usize] - less);
        }
    }

    /// Puts the writes of the key in sight before the one that was returned. Returns one if that was the initial value.
    fn order(&mut self, row: &[u32], unit: u32, input: Input) -> Option<u32> {
        let (facts, ranks) = (self.facts, self.ranks);
        let known_rank = ranks.known[input.key as usize].then(|| ranks.get(input.step).unwrap_or(0));
        let kept = match self.rules {
            Rules::Causal if input.from != NONE && known_rank.is_none() => self.kept.of_unit(input.from),
            _ => None,
        };
        let (lanes, tokens) = self.lanes.of(input.key);
        for lane in lanes {
            let chain = lane.chain as usize;
            lane.look(tokens, row[chain]);
            if lane.place == 0 {
                continue;
            }
            let write = facts.op_of[lane.write as usize];
            // What others have read of it before the unit ended comes back to it, and is shown as its own.
            if write == unit && input.own {
                continue;
            }
            if input.from == NONE {
                return Some(write);
            }
            // What the record orders anyway need not be said, nor what the writer itself had in sight.
            let said = match known_rank {
                Some(rank) => ranks.get(lane.write).is_none_or(|other| other <= rank),
                None => kept.is_some_and(|kept| kept[chain] >= lane.place),
            };
            if write != input.from && !said {
                self.edges.push(Edge { from: write, to: input.from, why: Why::Seen(unit) });
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
            let Some((next, to)) = next.copied().map(|(place, write)| (place, self.facts.op_of[write as usize])) else {
                continue;
            };
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
