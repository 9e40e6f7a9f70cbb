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
use super::forks::Forks;
use super::known::{Known, PerChain};
use super::reads;
use super::report::{Evidence, Verdict};
use super::words::{key_name, operation};
use crate::observed::{Key, Observed, Outcome};

impl Known<'_> {
    /// What a finding and the reads that cannot be judged make together.
    pub(super) fn verdict(&self, found: Option<Evidence>) -> Verdict {
        if let Some(evidence) = found {
            return Verdict::Violated(evidence);
        }
        reads::texts(self.facts).or_else(|| reads::ambiguous(self.facts)).unwrap_or(Verdict::Holds)
    }

    pub(super) fn cycle(&self, edges: &[Edge]) -> Option<Evidence> {
        cycle::find(self.facts.history.operations.len() * 3, edges).map(|cycle| cycle::evidence(self.facts, &cycle))
    }

    /// Judges read-your-writes.
    pub(super) fn read_your_writes(&self) -> Verdict {
        let found = self.ranked(true).or_else(|| self.forks()?.own_appends());
        self.verdict(found.or_else(|| self.own_writes()))
    }

    /// Judges monotonic reads.
    pub(super) fn monotonic_reads(&self) -> Verdict {
        let found = self.ranked(false).or_else(|| self.forks()?.shrinking());
        self.verdict(found.or_else(|| self.reads_stay()))
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
    pub(super) fn ranked_steps<T>(&self, mut each: impl FnMut(Key, u32, Option<u64>, Option<u64>) -> Option<T>) -> Option<T> {
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
            if returned.is_some_and(|rank| rank < floor.0) {
                let what = format!("which is an older version of {}", key_name(history, key));
                return Some(backwards(history, (floor.1, unit), key, &what));
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
        for (unit, step) in self.plain_steps() {
            let (chain, key) = (facts.chain[unit as usize], facts.key(step));
            if let Some(own) = last.get(chain, key) {
                match self.newer(own, facts.sources[step as usize]) {
                    Newer::Yes => {}
                    Newer::If(from, to) => edges.push(Edge { from, to, why: Why::Seen(unit) }),
                    Newer::No(what) => return Some(backwards(history, (facts.op_of[own as usize], unit), key, what)),
                }
            }
            if written(&history.steps[step as usize]).is_some() {
                last.set(chain, key, step);
            }
        }
        self.cycle(&edges)
    }

    /// The steps of operations that happened on keys without ranks, chain by chain.
    fn plain_steps(&self) -> impl Iterator<Item = (u32, u32)> {
        let operations = &self.facts.history.operations;
        let happened = self.units.in_chains.iter().map(|unit| (*unit, &operations[*unit as usize]));
        let happened = happened.filter(|(_, op)| op.outcome == Outcome::Ok);
        let steps = happened.flat_map(|(unit, op)| (op.first..op.first + op.count).map(move |step| (unit, step)));
        steps.filter(|(_, step)| self.plain(self.facts.key(*step)))
    }

    /// Whether what a read returned is as new as a write.
    fn newer(&self, write: u32, source: Source) -> Newer {
        let op_of = &self.facts.op_of;
        match source {
            Source::Initial => Newer::No("which was there at the beginning"),
            Source::Write(other) if op_of[other as usize] == op_of[write as usize] => {
                if other < write {
                    Newer::No("which the same operation had replaced")
                } else {
                    Newer::Yes
                }
            }
            Source::Write(other) => Newer::If(op_of[write as usize], op_of[other as usize]),
            Source::Nothing | Source::Aborted(_) | Source::ThinAir | Source::Ambiguous => Newer::Yes,
        }
    }

    /// What was read before what is read later, for keys without ranks.
    fn reads_stay(&self) -> Option<Evidence> {
        let (facts, history) = (self.facts, self.facts.history);
        let mut edges = self.session_edges();
        let mut last = PerChain::new(history.keys.len(), (NONE, NONE));
        for (unit, step) in self.plain_steps() {
            let (chain, key, source) = (facts.chain[unit as usize], facts.key(step), facts.sources[step as usize]);
            if let Some((before, by)) = last.get(chain, key) {
                match self.newer(before, source) {
                    Newer::Yes => {}
                    Newer::If(from, to) => edges.push(Edge { from, to, why: Why::Seen(unit) }),
                    Newer::No(what) => return Some(backwards(history, (by, unit), key, what)),
                }
            }
            if let Source::Write(write) = source {
                last.set(chain, key, (write, unit));
            }
        }
        self.cycle(&edges)
    }

    /// What stands against a history whatever its order: a value that nobody wrote, or that a failed write did; a unit that contradicts
    /// itself; lists that contradict each other.
    pub(super) fn against_any_order(&self) -> Option<Evidence> {
        let of_values = reads::aborted(self.facts).or_else(|| reads::thin_air(self.facts));
        of_values.or_else(|| self.units.inner.clone())
    }

    /// The lists that contradict each other, if there are any.
    pub(super) fn forks(&self) -> Option<Forks<'_>> {
        self.units.forked.contains(&true).then_some(Forks { facts: self.facts, units: self.units })
    }

    /// Whether a key has neither ranks nor lists that contradict each other.
    pub(super) fn plain(&self, key: Key) -> bool {
        !self.ranks.known[key as usize] && !self.units.forked[key as usize]
    }
}

/// Whether what was read is as new as something else.
enum Newer {
    Yes,
    /// If the first unit comes before the second.
    If(u32, u32),
    /// It is not; what it is instead.
    No(&'static str),
}

/// Something older than what the session did or read before.
fn backwards(history: &Observed, (before, unit): (u32, u32), key: Key, what: &str) -> Evidence {
    let (a, b) = (operation(history, before), operation(history, unit));
    let (operations, text) = if before == unit {
        (vec![unit], format!("{b}: within the operation it goes back to a value, {what}."))
    } else {
        (vec![before, unit], format!("{a}; later in the same session {b}, {what}."))
    };
    Evidence { operations, key: Some(key), text, anomaly: None }
}
