//! The two guarantees of a session about its writes: who sees a write sees what its session had written or read before.
//!
//! Definitions and companions stand in [`sessions`](super::sessions). Here are the edges that these guarantees ask for, and what follows from what is
//! in sight ([`visibility`](super::visibility)); a cycle in them is the proof of a violation.

use super::cycle::{self, Edge, Why};
use super::facts::{NONE, written};
use super::forks::TooLong;
use super::known::{Known, PerChain};
use super::lists::elements;
use super::report::{Options, Verdict};
use super::units::Input;
use super::visibility::{Rules, Sight, derive};
use super::words::key_name;
use crate::observed::{Call, Outcome, Returned};

impl Known<'_> {
    /// Judges monotonic writes.
    pub(super) fn monotonic_writes(&self, options: &Options) -> Verdict {
        if let Some(evidence) = self.forks().and_then(|forks| forks.out_of_order()) {
            return Verdict::Violated(evidence);
        }
        let mut edges = self.session_edges();
        edges.extend(self.version_edges());
        self.in_sight(options, edges, Rules::WritesInOrder, &self.units.in_chains)
    }

    /// Judges writes-follow-reads.
    pub(super) fn writes_follow_reads(&self, options: &Options) -> Verdict {
        match self.forks().map(|forks| forks.before_what_was_read()) {
            Some(Ok(Some(evidence))) => return Verdict::Violated(evidence),
            None | Some(Ok(None)) => {}
            Some(Err(TooLong)) => {
                return Verdict::Unknown("lists that contradict each other are too long to be compared".to_owned());
            }
        }
        let Some(mut edges) = self.after_reads(options.memory) else { return spent(options) };
        let all = [&edges[..], &self.shown_before()].concat();
        let nodes = 3 * self.facts.history.operations.len();
        if let Some(cycle) = cycle::find(nodes, &all) {
            return Verdict::Violated(cycle::evidence(self.facts, &cycle));
        }
        let order = cycle::sorted(nodes, &all);
        edges.extend(self.version_edges());
        self.in_sight(options, edges, Rules::AfterReads, &order)
    }

    /// What a unit reads passes on to later writes of the session, what it writes does not; nor does what it reads after its last write pass on
    /// to its own writes. So it is three nodes: the unit itself, all of its reads, and behind those of all operations its reads before that.
    /// Nothing, if that takes more memory than is allowed.
    fn after_reads(&self, memory: u64) -> Option<Vec<Edge>> {
        let count = self.facts.history.operations.len() as u32;
        let (all, early) = (|unit: u32| unit + count, |unit: u32| unit + 2 * count);
        let readers = self.last_readers();
        let mut edges = Vec::new();
        let mut last = PerChain::new(self.facts.history.keys.len(), NONE);
        for unit in &self.units.in_chains {
            if (edges.len() * size_of::<Edge>()) as u64 > memory {
                return None;
            }
            let inputs = self.units.inputs(*unit);
            let before = readers.get(self.facts.before[*unit as usize] as usize).copied().unwrap_or(NONE);
            let writes = self.facts.history.steps_of(&self.facts.history.operations[*unit as usize]);
            let writes = writes.iter().any(|step| written(step).is_some());
            if before != NONE && (writes || !inputs.is_empty()) {
                edges.push(Edge { from: all(before), to: early(*unit), why: Why::Session });
            }
            let first = self.units.read_before_writing(self.facts, *unit);
            for (at, input) in inputs.iter().enumerate().filter(|(_, input)| input.from != NONE) {
                let to = if at < first { early(*unit) } else { all(*unit) };
                let from = if self.units.forked[input.key as usize] {
                    self.shown_anew(&mut last, *unit, *input)
                } else {
                    vec![input.from]
                };
                edges.extend(from.into_iter().map(|from| Edge { from, to, why: Why::Read }));
            }
            let why = Why::Session;
            edges.extend([Edge { from: early(*unit), to: *unit, why }, Edge { from: early(*unit), to: all(*unit), why }]);
        }
        Some(edges)
    }

    /// The units whose appends a list shows that contradicts others, but for those that the last list of the chain has shown at the same places.
    fn shown_anew(&self, last: &mut PerChain<u32>, unit: u32, input: Input) -> Vec<u32> {
        let facts = self.facts;
        let list = elements(facts, input.read).unwrap_or_default();
        let chain = facts.chain[unit as usize];
        let before = last.get(chain, input.key).and_then(|read| elements(facts, read)).unwrap_or_default();
        let new = if list.starts_with(before) { &list[before.len()..] } else { list };
        last.set(chain, input.key, input.read);
        let writers = new.iter().map(|value| facts.writer_of(input.key, *value)).filter(|append| *append != NONE);
        let mut units: Vec<u32> = writers.map(|append| facts.op_of[append as usize]).filter(|from| *from != unit).collect();
        units.dedup();
        units
    }

    /// What has to be looked at before what: sessions in their order, and whoever reads a list after all whose appends it shows. What a chain has
    /// taken in of a list, it need not take in again.
    fn shown_before(&self) -> Vec<Edge> {
        let (facts, count) = (self.facts, self.facts.history.operations.len() as u32);
        let mut edges = Vec::new();
        let mut taken = PerChain::new(facts.history.keys.len(), 0);
        for unit in &self.units.in_chains {
            let (chain, first) = (facts.chain[*unit as usize], self.units.read_before_writing(facts, *unit));
            let before = facts.before[*unit as usize];
            edges.extend((before != NONE).then(|| Edge { from: before + count, to: unit + 2 * count, why: Why::Session }));
            for (at, input) in self.units.inputs(*unit).iter().enumerate() {
                let Some(order) = facts.order_of(input.key) else { continue };
                let known = taken.get(chain, input.key).unwrap_or(0);
                let to = unit + if at < first { 2 * count } else { count };
                let shown = order.appends[..input.length as usize].iter().skip(known as usize);
                let shown = shown.map(|step| facts.op_of[*step as usize]).filter(|from| from != unit);
                edges.extend(shown.map(|from| Edge { from, to, why: Why::Read }));
                taken.set(chain, input.key, known.max(input.length));
            }
        }
        edges
    }

    /// Whether something happened to another key, or may have.
    fn tells_of_others(&self, key: usize) -> bool {
        let facts = self.facts;
        (0..).zip(&facts.history.steps).filter(|(_, step)| step.key as usize != key).any(|(at, step)| match facts.outcome(at) {
            Outcome::Ok => written(step).is_some() || step.call != Call::Read(Returned::Unknown),
            Outcome::Info => written(step).is_some(),
            Outcome::Fail => false,
        })
    }

    /// Looks for a cycle in these edges, and then in them and those that follow from what is in sight.
    fn in_sight(&self, options: &Options, mut edges: Vec<Edge>, rules: Rules, order: &[u32]) -> Verdict {
        if let Some(evidence) = self.cycle(&edges) {
            return Verdict::Violated(evidence);
        }
        let mut back = self.going_back();
        back.iter_mut().zip(&self.units.forked).for_each(|(back, forked)| *back |= forked);
        match derive(self, rules, &back, order, options.memory) {
            Sight::Broken(evidence) => return Verdict::Violated(evidence),
            Sight::Spent => return spent(options),
            Sight::Edges(derived) => edges.extend(derived),
        }
        // Of one key alone, lists that contradict each other have told everything.
        let alone = |key: &usize| self.units.forked[*key] && !self.tells_of_others(*key);
        match (self.verdict(self.cycle(&edges)), back.iter().position(|back| *back).filter(|key| !alone(key))) {
            (Verdict::Holds, Some(key)) => {
                let name = key_name(self.facts.history, key as u32);
                Verdict::Unknown(match &self.facts.told[key] {
                    Some(list) if list.contradictory => {
                        format!("the reads of {name} contradict each other, so they show no order of its appends")
                    }
                    _ if self.units.forked[key] => {
                        format!("the reads of {name} show what was not appended, so they show no order of its appends")
                    }
                    _ => format!("the reads of {name} go back whatever the order of its writes, so they do not show that order"),
                })
            }
            (verdict, _) => verdict,
        }
    }

    /// The keys on which reads go back whatever the order of the writes. Without ranks, the writes of a unit to a key are one.
    fn going_back(&self) -> Vec<bool> {
        let facts = self.facts;
        let (keys, mut edges) = (facts.history.keys.len(), Vec::new());
        let mut back = vec![false; keys];
        let mut last = PerChain::new(keys, (NONE, NONE));
        for unit in &self.units.in_chains {
            let chain = facts.chain[*unit as usize];
            for input in self.units.inputs(*unit).iter().filter(|input| self.plain(input.key)) {
                let write = self.first_write(input.step);
                if let Some((_, before)) = last.get(chain, input.key).filter(|(from, _)| *from != input.from) {
                    back[input.key as usize] |= input.from == NONE;
                    edges.extend((input.from != NONE).then_some(Edge { from: before, to: write, why: Why::Seen(*unit) }));
                }
                if input.from != NONE {
                    last.set(chain, input.key, (input.from, write));
                }
            }
        }
        for step in cycle::on_cycles(facts.history.steps.len(), &edges) {
            back[facts.key(step) as usize] = true;
        }
        let mut floors = PerChain::new(keys, 0);
        _ = self.ranked_steps(|key, unit, returned, _| -> Option<()> {
            let (chain, rank) = (facts.chain[unit as usize], returned?);
            let floor = floors.get(chain, key).unwrap_or(0);
            back[key as usize] |= rank < floor;
            floors.set(chain, key, floor.max(rank));
            None
        });
        back
    }

    /// The first write of the key by the unit of a write.
    fn first_write(&self, write: u32) -> u32 {
        let (facts, steps) = (self.facts, &self.facts.history.steps);
        if write == NONE {
            return NONE;
        }
        let op = &facts.history.operations[facts.op_of[write as usize] as usize];
        let key = facts.key(write);
        (op.first..write).find(|step| facts.key(*step) == key && written(&steps[*step as usize]).is_some()).unwrap_or(write)
    }
}

fn spent(options: &Options) -> Verdict {
    Verdict::Unknown(format!("the budget of {} bytes was spent", options.memory))
}
