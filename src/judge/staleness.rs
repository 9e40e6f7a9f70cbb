//! Bounded staleness: how long, and how often, a value had been replaced when it was read.
//!
//! A read misses a write that was acknowledged before the read began and that is newer than what the read returned. Its staleness in
//! versions is the number of writes missed; in time, how long ago the first of them was acknowledged (timed visibility of Viotti and
//! Vukolić 2016, K-atomicity of Golab et al.). Where the record tells versions, newer is what they say. Where it does not, only what
//! began after the returned value's write had ended counts as newer, so that what is found is certain.

use super::facts::{Facts, NONE, Source, written};
use super::ranks::Ranks;
use super::reads;
use super::report::{Evidence, Options, Verdict};
use super::words::{key_name, operation};
use crate::observed::{Call, Key, Outcome};
use crate::plural::plural;

/// An acknowledged write: its place among others, when it was acknowledged, and its operation.
#[derive(Clone, Copy)]
struct Write {
    place: u64,
    completed: u64,
    op: u32,
}

/// A read: what lies behind this place is newer than what it returned; nothing, if all of it is.
#[derive(Clone, Copy)]
struct Read {
    behind: Option<u64>,
    op: u32,
}

/// Judges a history.
pub(super) fn judge(facts: &Facts<'_>, ranks: &Ranks, options: &Options) -> Verdict {
    let history = facts.history;
    if options.staleness_time.is_none() && options.staleness_versions.is_none() {
        return Verdict::NotApplicable("no bound was given".to_owned());
    }
    if !history.real_time {
        return Verdict::NotApplicable("the record does not tell which writes had ended before a read began".to_owned());
    }
    if let Some(verdict) = reads::texts(facts) {
        return verdict;
    }
    let clocked = history.operations.iter().all(|op| op.time.is_some() || op.outcome != Outcome::Ok);
    for (key, steps) in (0_u32..).zip(facts.steps_by_key()) {
        let (writes, reads) = of_key(facts, ranks, key, &steps);
        let missed = options.staleness_versions.and_then(|bound| versions(facts, &writes, &reads, bound));
        if let Some(evidence) =
            missed.or_else(|| options.staleness_time.filter(|_| clocked).and_then(|b| time(facts, &writes, &reads, b)))
        {
            return Verdict::Violated(Evidence { key: Some(key), ..evidence });
        }
    }
    if options.staleness_time.is_some() && !clocked {
        return Verdict::NotApplicable("the record has no clock, so nothing can be said of time".to_owned());
    }
    let step = facts.ambiguous.iter().zip(&ranks.known).position(|(ambiguous, known)| ambiguous.is_some() && !known);
    step.and_then(|_| reads::ambiguous(facts)).unwrap_or(Verdict::Holds)
}

/// The acknowledged writes of a key, newest first, and its reads.
fn of_key(facts: &Facts<'_>, ranks: &Ranks, key: Key, steps: &[u32]) -> (Vec<Write>, Vec<Read>) {
    let (history, known) = (facts.history, ranks.known[key as usize]);
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    for number in steps.iter().filter(|step| facts.outcome(**step) == Outcome::Ok) {
        let (step, op) = (&history.steps[*number as usize], facts.op_of[*number as usize]);
        let operation = &history.operations[op as usize];
        if written(step).is_some() {
            let place = if known { ranks.get(*number) } else { Some(operation.invoked) };
            let (place, completed) = (place.unwrap_or(u64::MAX), operation.completed.unwrap_or(u64::MAX));
            writes.push(Write { place, completed, op });
        }
        if let Call::Read(_) = step.call {
            let behind = match (known, facts.sources[*number as usize]) {
                (true, _) => ranks.get(*number).map(Some),
                (false, Source::Initial) => Some(None),
                (false, Source::Write(write)) => {
                    let writer = &history.operations[facts.op_of[write as usize] as usize];
                    let ended = writer.completed.filter(|_| writer.outcome == Outcome::Ok);
                    ended.map(Some)
                }
                (false, _) => None,
            };
            reads.extend(behind.map(|behind| Read { behind, op }));
        }
    }
    writes.sort_unstable_by_key(|w| std::cmp::Reverse((w.place, w.completed)));
    reads.sort_unstable_by_key(|r| std::cmp::Reverse(r.behind));
    // What all writes are newer than comes last, as it has the most behind it.
    (writes, reads)
}

/// How many places were taken, up to each: a Fenwick tree.
struct Counts(Vec<u32>);

impl Counts {
    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while at < self.0.len() {
            self.0[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// How many places below this one were added.
    fn below(&self, place: usize) -> u32 {
        let (mut at, mut sum) = (place, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
}

/// A read that misses more acknowledged writes than the bound.
fn versions(facts: &Facts<'_>, writes: &[Write], reads: &[Read], bound: u64) -> Option<Evidence> {
    let mut ends: Vec<u64> = writes.iter().map(|w| w.completed).collect();
    ends.sort_unstable();
    let mut counts = Counts(vec![0; ends.len() + 1]);
    let mut next = 0;
    for read in reads {
        while let Some(write) = writes.get(next).filter(|w| read.behind.is_none_or(|behind| w.place > behind)) {
            counts.add(ends.partition_point(|end| *end < write.completed));
            next += 1;
        }
        let invoked = facts.history.operations[read.op as usize].invoked;
        let missed = counts.below(ends.partition_point(|end| *end < invoked));
        if u64::from(missed) > bound {
            let newer = writes[..next].iter().filter(|w| w.completed < invoked);
            let mut operations: Vec<u32> = newer.map(|w| w.op).take(8).collect();
            operations.push(read.op);
            let reader = operation(facts.history, read.op);
            let text = format!(
                "{reader}, and missed {} that had been acknowledged; the bound is {bound}.",
                plural(u64::from(missed), "newer write")
            );
            return Some(Evidence { operations, key: None, text, anomaly: None });
        }
    }
    None
}

/// A read that misses a write longer after its acknowledgement than the bound.
fn time(facts: &Facts<'_>, writes: &[Write], reads: &[Read], bound: u64) -> Option<Evidence> {
    let clock = |op: u32| facts.history.operations[op as usize].time.unwrap_or_default();
    let (mut next, mut first) = (0, (u64::MAX, NONE));
    for read in reads {
        while let Some(write) = writes.get(next).filter(|w| read.behind.is_none_or(|behind| w.place > behind)) {
            first = first.min((clock(write.op).1, write.op));
            next += 1;
        }
        let stale = clock(read.op).0.saturating_sub(first.0);
        if stale > bound {
            let (reader, writer) = (operation(facts.history, read.op), operation(facts.history, first.1));
            let name = key_name(facts.history, facts.key(facts.history.operations[read.op as usize].first));
            let text = format!(
                "{reader}, {stale} ns after a newer value of {name} had been acknowledged, and the bound is {bound} ns: {writer}."
            );
            return Some(Evidence { operations: vec![first.1, read.op], key: None, text, anomaly: None });
        }
    }
    None
}
