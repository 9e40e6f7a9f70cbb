//! The four guarantees of a session (Terry et al. 1994), on what its reads returned.
//!
//! Where the record tells versions, each is read off them. Where it only tells values, and each was written once, the question is
//! whether *some* order of all writes explains the reads (Viotti and Vukolić 2016 quantify in the same way). A guarantee shows then only
//! together with another: that a session read the second write of another before the first breaks either "reads do not go
//! back" or "writes stay in order". So each is judged as if its companion held, and the companion is named:
//! - *read your writes*: own earlier acknowledged write ≤ what is returned; companion: the order of each session's writes.
//! - *monotonic reads*: what was returned before ≤ what is returned; the same companion.
//! - *monotonic writes*: the order of each session's writes, and who sees a write sees the earlier ones of its session
//!   ([`visibility`](super::visibility)); companion: monotonic reads.
//! - *writes follow reads*: what was in sight of earlier reads < the write, and who sees the write sees that; companion: monotonic reads.
//!
//! Violated means that no order satisfies the conditions, proven by a cycle. Keys on which reads go back whatever the order of
//! writes show nothing of the latter two; if there are such and nothing else is found, the answer is unknown. All four hold in every history
//! that is causal. A write without an answer binds nobody until it is seen, and comes after what its session did before.

use super::cycle::{self, Edge, Why};
use super::facts::{NONE, Source, written};
use super::forks::{Forks, TooLong};
use super::known::{Known, PerChain};
use super::reads;
use super::report::{Evidence, Options, Verdict};
use super::visibility::{Rules, Sight, derive};
use super::words::{key_name, operation};
use crate::observed::{Key, Outcome};

impl Known<'_> {
    /// What a finding and the reads that cannot be judged make together.
    fn verdict(&self, found: Option<Evidence>) -> Verdict {
        if let Some(evidence) = found {
            return Verdict::Violated(evidence);
        }
        reads::texts(self.facts).or_else(|| reads::ambiguous(self.facts)).unwrap_or(Verdict::Holds)
    }

    fn cycle(&self, edges: &[Edge]) -> Option<Evidence> {
        cycle::find(self.facts.history.operations.len() * 2, edges).map(|cycle| cycle::evidence(self.facts, &cycle))
    }

    /// Judges read-your-writes.
    pub(super) fn read_your_writes(&self) -> Verdict {
        let found = self.ranked(true).or_else(|| self.forks()?.own_appends());
        self.verdict(found.or_else(|| self.own_writes()))
    }

    /// Judges monotonic reads.
    pub(super) fn monotonic_reads(&self) -> Verdict {
        let found = self.ranked(false).or_else(|| self.forks()?.shrinking());
        self.verdict(found.or_else(|| {
            let mut edges = self.session_edges();
            let back = self.reads_in_order(|from, _, to, _, unit| edges.push(Edge { from, to, why: Why::Seen(unit) }));
            back.or_else(|| self.cycle(&edges))
        }))
    }

    /// The rank of what a step of an operation that happened returned. A compare-and-set returns what it replaced.
    fn returned(&self, step: u32) -> Option<u64> {
        if written(&self.facts.history.steps[step as usize]).is_none() {
            return self.ranks.get(step);
        }
        match self.facts.sources[step as usize] {
            Source::Initial => Some(0),
            Source::Write(write) => self.ranks.get(write),
            _ => None,
        }
    }

    /// Calls with each step of a key with ranks in each chain: the key, the unit, the rank of what it returned and that of what it wrote.
    fn ranked_steps<T>(&self, mut each: impl FnMut(Key, u32, Option<u64>, Option<u64>) -> Option<T>) -> Option<T> {
        if !self.ranks.known.contains(&true) {
            return None;
        }
        let history = self.facts.history;
        let happened = |unit: &&u32| history.operations[**unit as usize].outcome == Outcome::Ok;
        for unit in self.units.in_chains.iter().filter(happened) {
            let op = &history.operations[*unit as usize];
            for number in op.first..op.first + op.count {
                let step = &history.steps[number as usize];
                if self.ranks.known[step.key as usize] {
                    let wrote = self.ranks.get(number).filter(|_| written(step).is_some());
                    if let Some(found) = each(step.key, *unit, self.returned(number), wrote) {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    /// Looks at the ranks of what was returned: against own writes that were acknowledged, or against earlier reads.
    fn ranked(&self, own: bool) -> Option<Evidence> {
        let (facts, history) = (self.facts, self.facts.history);
        let mut floors = PerChain::new(history.keys.len(), (0, NONE));
        self.ranked_steps(|key, unit, returned, wrote| {
            let chain = facts.chain[unit as usize];
            let floor = floors.get(chain, key).unwrap_or((0, NONE));
            if returned.is_some_and(|rank| rank < floor.0) && floor.1 != unit {
                let (a, b) = (operation(history, floor.1), operation(history, unit));
                let text =
                    format!("{a}; later in the same session {b}, which is an older version of {}.", key_name(history, key));
                return Some(Evidence { operations: vec![floor.1, unit], key: Some(key), text, anomaly: None });
            }
            if let Some(rank) = if own { wrote } else { returned }.filter(|rank| *rank > floor.0) {
                floors.set(chain, key, (rank, unit));
            }
            None
        })
    }

    /// Own acknowledged writes before what is returned, for keys without ranks.
    fn own_writes(&self) -> Option<Evidence> {
        let (facts, history) = (self.facts, self.facts.history);
        let mut edges = self.session_edges();
        let mut last = PerChain::new(history.keys.len(), NONE);
        for unit in &self.units.in_chains {
            let (op, chain) = (&history.operations[*unit as usize], facts.chain[*unit as usize]);
            for input in self.units.inputs(*unit).iter().filter(|input| self.plain(input.key)) {
                let Some(own) = last.get(chain, input.key).filter(|own| *own != input.from) else { continue };
                if input.from == NONE {
                    let (a, b) = (operation(history, own), operation(history, *unit));
                    let text = format!("{a}; later in the same session {b}, which was there at the beginning.");
                    return Some(Evidence { operations: vec![own, *unit], key: Some(input.key), text, anomaly: None });
                }
                edges.push(Edge { from: own, to: input.from, why: Why::Seen(*unit) });
            }
            for step in history.steps_of(op).iter().filter(|step| op.outcome == Outcome::Ok && written(step).is_some()) {
                last.set(chain, step.key, *unit);
            }
        }
        self.cycle(&edges)
    }

    /// Calls with each two writes (units and steps) of a key without ranks that a session read one after the other, and the later reader.
    /// Returns a read of the initial value after another.
    fn reads_in_order(&self, mut found: impl FnMut(u32, u32, u32, u32, u32)) -> Option<Evidence> {
        let (facts, history) = (self.facts, self.facts.history);
        let mut last = PerChain::new(history.keys.len(), (NONE, NONE, NONE));
        let mut back = None;
        for unit in &self.units.in_chains {
            let chain = facts.chain[*unit as usize];
            for input in self.units.inputs(*unit).iter().filter(|input| self.plain(input.key)) {
                if let Some((from, step, by)) = last.get(chain, input.key).filter(|(from, ..)| *from != input.from) {
                    if input.from == NONE {
                        let (a, b) = (operation(history, by), operation(history, *unit));
                        let text = format!("{a}; later in the same session {b}, which was there at the beginning.");
                        back.get_or_insert(Evidence { operations: vec![by, *unit], key: Some(input.key), text, anomaly: None });
                        found(NONE, NONE, NONE, input.key, NONE);
                        continue;
                    }
                    found(from, step, input.from, input.step, *unit);
                }
                if input.from != NONE {
                    last.set(chain, input.key, (input.from, input.step, *unit));
                }
            }
        }
        back
    }

    /// The keys on which reads go back whatever the order of the writes.
    fn going_back(&self) -> Vec<bool> {
        let (facts, mut back) = (self.facts, vec![false; self.facts.history.keys.len()]);
        let mut edges = Vec::new();
        _ = self.reads_in_order(|from, before, to, after, by| {
            if from == NONE {
                back[after as usize] = true;
            } else {
                _ = to;
                edges.push(Edge { from: before, to: after, why: Why::Seen(by) });
            }
        });
        for step in cycle::on_cycles(facts.history.steps.len(), &edges) {
            back[facts.key(step) as usize] = true;
        }
        self.ranked_back(&mut back);
        back
    }

    /// All keys with ranks on which a session's reads go back.
    fn ranked_back(&self, back: &mut [bool]) {
        let mut floors = PerChain::new(self.facts.history.keys.len(), 0);
        _ = self.ranked_steps(|key, unit, returned, _| -> Option<()> {
            let (chain, rank) = (self.facts.chain[unit as usize], returned?);
            let floor = floors.get(chain, key).unwrap_or(0);
            back[key as usize] |= rank < floor;
            floors.set(chain, key, floor.max(rank));
            None
        });
    }

    /// What stands against a history whatever its order: a value that nobody wrote, or that a failed write did; a unit that contradicts
    /// itself; lists that contradict each other.
    pub(super) fn against_any_order(&self) -> Option<Evidence> {
        let of_values = reads::aborted(self.facts).or_else(|| reads::thin_air(self.facts));
        of_values.or_else(|| self.units.inner.clone())
    }

    /// The lists that contradict each other, if there are any.
    fn forks(&self) -> Option<Forks<'_>> {
        self.units.forked.contains(&true).then_some(Forks { facts: self.facts, units: self.units })
    }

    /// Whether a key has neither ranks nor lists that contradict each other.
    fn plain(&self, key: Key) -> bool {
        !self.ranks.known[key as usize] && !self.units.forked[key as usize]
    }

    /// Judges monotonic writes.
    pub(super) fn monotonic_writes(&self, options: &Options) -> Verdict {
        if let Some(evidence) = self.forks().and_then(|forks| forks.out_of_order()) {
            return Verdict::Violated(evidence);
        }
        let mut edges = self.session_edges();
        edges.extend(self.version_edges());
        self.in_sight(options, edges, Rules::WritesInOrder, &self.units.in_chains)
    }

    /// Judges writes-follow-reads; `order` is one in which nothing is read before it is written, or there is a cycle.
    pub(super) fn writes_follow_reads(&self, options: &Options, order: &Result<Vec<u32>, Evidence>) -> Verdict {
        let order = match order {
            Ok(order) => order,
            Err(evidence) => return Verdict::Violated(evidence.clone()),
        };
        match self.forks().map(|forks| forks.before_what_was_read()) {
            Some(Ok(Some(evidence))) => return Verdict::Violated(evidence),
            None | Some(Ok(None)) => {}
            Some(Err(TooLong)) => {
                return Verdict::Unknown("lists that contradict each other are too long to be compared".to_owned());
            }
        }
        let mut edges = Vec::new();
        let readers = self.last_readers();
        // What a unit reads passes on to later writes of the session, what it writes does not: it is two nodes.
        let half = self.facts.history.operations.len() as u32;
        let reading = |unit: u32| unit + half;
        for unit in &self.units.in_chains {
            let inputs = self.units.inputs(*unit);
            let op = &self.facts.history.operations[*unit as usize];
            let before = match self.facts.before[*unit as usize] {
                NONE => NONE,
                before => readers[before as usize],
            };
            let matters = !inputs.is_empty() || self.facts.history.steps_of(op).iter().any(|step| written(step).is_some());
            if before != NONE && matters {
                let to = if inputs.is_empty() { *unit } else { reading(*unit) };
                edges.push(Edge { from: reading(before), to, why: Why::Session });
            }
            for input in inputs.iter().filter(|input| input.from != NONE) {
                edges.push(Edge { from: input.from, to: reading(*unit), why: Why::Read });
            }
            if !inputs.is_empty() {
                edges.push(Edge { from: reading(*unit), to: *unit, why: Why::Session });
            }
        }
        edges.extend(self.version_edges());
        self.in_sight(options, edges, Rules::AfterReads, order)
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
            Sight::Spent => return Verdict::Unknown(format!("the budget of {} bytes was spent", options.memory)),
            Sight::Edges(derived) => edges.extend(derived),
        }
        // Of one key alone, lists that contradict each other have told everything.
        let alone =
            |key: &usize| self.units.forked[*key] && self.facts.history.steps.iter().all(|step| step.key as usize == *key);
        match (self.verdict(self.cycle(&edges)), back.iter().position(|back| *back).filter(|key| !alone(key))) {
            (Verdict::Holds, Some(key)) => {
                let name = key_name(self.facts.history, key as u32);
                Verdict::Unknown(if self.units.forked[key] {
                    format!("the reads of {name} contradict each other, so they show no order of its appends")
                } else {
                    format!("the reads of {name} go back whatever the order of its writes, so they do not show that order")
                })
            }
            (verdict, _) => verdict,
        }
    }
}
