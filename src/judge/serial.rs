//! Serializability and snapshot isolation where nobody knows the order of the versions of some keys.
//!
//! Three things are tried: the order of real time, which most stores keep; the pairs of writers of which one has to come first
//! ([`pairs`](super::pairs)), whose contradiction is a proof against all orders; and a sequence of the transactions
//! ([`sequence`](super::sequence)), with a budget. Evidence is what is left when no transactions can be left out any more.

use super::cycle::Why;
use super::dependencies::Dependencies;
use super::facts::{NONE, written};
use super::known::Known;
use super::pairs::{self, Pruned};
use super::real_time;
use super::report::{Evidence, Guarantee, Options, Verdict};
use super::sequence::{Found, Store, Transaction};
use super::words::{key_name, operation};
use crate::observed::Key;

/// Attempts at smaller proofs, and the steps of each.
const TRIES: usize = 400;
const EFFORT: u64 = 30_000;

/// A question: which transactions, on how many keys, and whether they commit with their snapshot.
struct Question<'q> {
    all: Vec<Transaction>,
    keys: usize,
    snapshots: bool,
    options: &'q Options,
}

/// Judges a history of which some keys' versions have no known order, and whose graph shows nothing.
pub(super) fn judge(known: &Known<'_>, options: &Options, graph: &Dependencies, level: Guarantee) -> Verdict {
    let ask = |level| Question {
        all: transactions(known, options, graph, level),
        keys: known.facts.history.keys.len(),
        snapshots: level == Guarantee::SnapshotIsolation,
        options,
    };
    let question = ask(level);
    let all = vec![true; question.all.len()];
    // Most stores that keep a level keep real time too, and that is soon found.
    let strict = level != Guarantee::StrictSerializable && known.facts.history.real_time;
    if strict && ask(Guarantee::StrictSerializable).answer(&all, EFFORT) == Found::Sequence {
        return Verdict::Holds;
    }
    match question.answer(&all, options.steps) {
        Found::Sequence => Verdict::Holds,
        Found::Spent => {
            let names: Vec<String> = graph.unknown.iter().take(3).map(|key| key_name(known.facts.history, *key)).collect();
            let names = if names.is_empty() { "the lists' last elements".to_owned() } else { names.join(", ") };
            Verdict::Unknown(format!(
                "the record does not tell the order of the writes of {names}, and {} was spent on the search for one",
                options.budget()
            ))
        }
        Found::Nothing => {
            let kept = if options.reduce { question.smaller() } else { all };
            Verdict::Violated(evidence(known, &question.all, &kept, level))
        }
    }
}

impl Question<'_> {
    /// Whether the transactions that are kept have a sequence.
    fn answer(&self, kept: &[bool], steps: u64) -> Found {
        let ordered = match pairs::prune(&self.all, kept, self.keys, self.snapshots, self.options.memory / 2) {
            Pruned::Impossible => return Found::Nothing,
            Pruned::Explained => return Found::Sequence,
            Pruned::Ordered(ordered) => ordered,
            Pruned::Spent => Vec::new(),
        };
        Store::new(&self.all, kept, &ordered, (self.keys, self.snapshots)).search(steps, self.options.memory)
    }

    /// Fewer transactions that have no sequence either: any may be left out, with those that read from them.
    fn smaller(&self) -> Vec<bool> {
        let mut kept = vec![true; self.all.len()];
        let mut size = self.all.len().div_ceil(2);
        let mut tries = TRIES;
        while size > 0 && tries > 0 {
            let (mut at, mut fewer) = (self.all.len(), false);
            while at > 0 && tries > 0 {
                let from = at.saturating_sub(size);
                let rest = self.without(&kept, from, at);
                at = from;
                if rest != kept {
                    tries -= 1;
                    if self.answer(&rest, EFFORT) == Found::Nothing {
                        (kept, fewer) = (rest, true);
                    }
                }
            }
            // What could not be spared at first may be, after others are gone.
            if size > 1 || !fewer {
                size /= 2;
            }
        }
        kept
    }

    fn without(&self, kept: &[bool], from: usize, to: usize) -> Vec<bool> {
        let mut rest = kept.to_vec();
        rest[from..to].fill(false);
        let mut open: Vec<usize> = (from..to).filter(|at| kept[*at]).collect();
        while let Some(gone) = open.pop() {
            for (reader, transaction) in self.all.iter().enumerate() {
                if rest[reader] && transaction.reads.iter().any(|(_, source)| *source as usize == gone) {
                    rest[reader] = false;
                    open.push(reader);
                }
            }
        }
        rest
    }
}

/// The transactions of a history, in the order of their ends.
fn transactions(known: &Known<'_>, options: &Options, graph: &Dependencies, level: Guarantee) -> Vec<Transaction> {
    let facts = known.facts;
    let operations = &facts.history.operations;
    let mut units: Vec<u32> = known.units.in_chains.clone();
    units.sort_by_key(|unit| (operations[*unit as usize].completed.unwrap_or(u64::MAX), *unit));
    let mut place = vec![NONE; operations.len()];
    for (at, unit) in (0_u32..).zip(&units) {
        place[*unit as usize] = at;
    }
    let mut all: Vec<Transaction> = Vec::with_capacity(units.len());
    for unit in units {
        let op = &operations[unit as usize];
        let mut reads: Vec<(Key, u32)> = known.units.inputs(unit).iter().map(|input| (input.key, input.from)).collect();
        let steps = (op.first..op.first + op.count).filter(|step| written(&facts.history.steps[*step as usize]).is_some());
        let mut writes: Vec<Key> = steps.map(|step| facts.key(step)).collect();
        for (_, from) in &mut reads {
            *from = place.get(*from as usize).copied().unwrap_or(NONE);
        }
        reads.sort_unstable();
        reads.dedup();
        writes.sort_unstable();
        writes.dedup();
        all.push(Transaction { unit, reads, writes, preceding: Vec::new() });
    }
    let orders = graph.edges.iter().filter(|edge| matches!(edge.why, Why::Read | Why::Version(_))).copied();
    let sessions = if options.isolation_in_sessions { known.session_edges() } else { Vec::new() };
    let strict = level == Guarantee::StrictSerializable;
    let times = if strict { real_time::direct(facts, &known.units.in_chains) } else { Vec::new() };
    for edge in orders.chain(sessions).chain(times) {
        all[place[edge.to as usize] as usize].preceding.push(place[edge.from as usize]);
    }
    all
}

fn evidence(known: &Known<'_>, all: &[Transaction], kept: &[bool], level: Guarantee) -> Evidence {
    let mut operations: Vec<u32> = all.iter().zip(kept).filter(|(_, kept)| **kept).map(|(t, _)| t.unit).collect();
    operations.sort_unstable();
    let said: Vec<String> = operations.iter().take(6).map(|op| operation(known.facts.history, *op)).collect();
    let what = match level {
        Guarantee::SnapshotIsolation => "no order of commits and snapshots of these transactions",
        Guarantee::StrictSerializable => "no order of these transactions in real time",
        _ => "no order of these transactions",
    };
    let more = operations.len().saturating_sub(said.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let text = format!("There is {what} that explains what they read: {}{more}.", said.join("; "));
    Evidence { operations, key: None, text, anomaly: None }
}
