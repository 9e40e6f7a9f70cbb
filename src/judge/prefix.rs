//! Consistent prefix: reads see the beginning of one sequence of all writes, and each session ever more of it.
//!
//! An operation that reads and writes, as a transaction or a compare-and-set does, reads a beginning that ends before its own writes (prefix
//! consistency of Biswas and Enea 2019, where who is read from comes before the reader): so two transactions that read each other's
//! writes (Adya's G1c) have no such sequence. All that a transaction reads it reads of one beginning, and what it writes stands together.
//!
//! The sequence keeps the order in which each session wrote (`PrefixSequential` of Viotti and Vukolić 2016, with monotonic sessions, as
//! a single read can see any prefix), and on demand the order of real time (`PrefixLinearizable`, Jepsen's causal-reverse). If the
//! versions of the record number all writes of the store, the sequence is given and one scan decides. Otherwise two things are tried:
//! edges that every sequence must keep, whose cycle is the proof against one (Jepsen's long fork is the smallest); and the construction of
//! a sequence: a linearization is one, and else it is built ([`schedule`](super::schedule)), which is a proof for it. The question is hard in general (it contains sequential
//! consistency of readers and writers), so the construction has a budget, and beyond it the answer is unknown.

use super::cycle::{self, Edge, Why};
use super::dependencies::{Dependencies, Readers};
use super::facts::{NONE, written};
use super::known::Known;
use super::linearizable;
use super::reads;
use super::real_time;
use super::report::{Evidence, Options, Verdict};
use super::schedule::{self, Found};
use super::visibility::{Rules, Sight, derive};
use super::words::{key_name, operation};
use crate::observed::Outcome;

/// Steps after which a linearization is not quickly found.
const QUICK: u64 = 100_000;

/// Judges a history.
pub(super) fn judge(known: &Known<'_>, options: &Options) -> Verdict {
    let (facts, units) = (known.facts, known.units);
    if let Some(verdict) = reads::texts(facts) {
        return verdict;
    }
    if let Some(evidence) = known.against_any_order() {
        return Verdict::Violated(evidence);
    }
    if options.global_versions && known.ranks.known.iter().all(|known| *known) && !facts.has_lists() {
        return numbered(known).map_or(Verdict::Holds, Verdict::Violated);
    }
    if options.prefix_in_real_time && !facts.history.real_time {
        return Verdict::NotApplicable("the record does not tell which operations ended before others began".to_owned());
    }
    let ambiguous = reads::ambiguous(facts);
    let mut edges = known.session_edges();
    if options.prefix_in_real_time {
        let writes = |unit: &u32| {
            let op = &facts.history.operations[*unit as usize];
            facts.history.steps_of(op).iter().any(|step| written(step).is_some())
        };
        let writers: Vec<u32> = units.in_chains.iter().copied().filter(writes).collect();
        edges.extend(real_time::direct(facts, &writers));
    }
    let cuts = Dependencies::new(known, Readers::Halves);
    edges.extend(&cuts.edges);
    edges.extend(ends(known));
    if let Some(cycle) = cycle::find(cuts.nodes, &edges) {
        return Verdict::Violated(cycle::evidence(facts, &cycle));
    }
    // Where all keys have an order of versions, that is all that a sequence has to keep.
    if cuts.unknown.is_empty() {
        return ambiguous.unwrap_or(Verdict::Holds);
    }
    if ambiguous.is_none() && linearized(known, options) {
        return Verdict::Holds;
    }
    let nothing = vec![false; facts.history.keys.len()];
    match derive(known, Rules::Prefix, &nothing, &units.in_chains, options.memory) {
        Sight::Broken(evidence) => return Verdict::Violated(evidence),
        Sight::Spent => return Verdict::Unknown(format!("the budget of {} bytes was spent", options.memory)),
        Sight::Edges(derived) => edges.extend(derived),
    }
    if let Some(cycle) = cycle::find(cuts.nodes, &edges) {
        return Verdict::Violated(cycle::evidence(facts, &cycle));
    }
    if let Some(verdict) = ambiguous {
        return verdict;
    }
    match schedule::find(facts, units, &edges, options) {
        Found::Sequence => Verdict::Holds,
        Found::Nothing(evidence) => Verdict::Violated(evidence),
        Found::Spent => Verdict::Unknown(format!("{} was spent", options.budget())),
    }
}

/// Where the beginning that a unit reads ends: behind those that its session read before, and before what the unit writes.
fn ends(known: &Known<'_>) -> Vec<Edge> {
    let (facts, units) = (known.facts, known.units);
    let half = facts.history.operations.len() as u32;
    let readers = known.last_readers();
    let mut edges = Vec::new();
    for unit in units.in_chains.iter().filter(|unit| !units.inputs(**unit).is_empty()) {
        if let Some(before) = readers.get(facts.before[*unit as usize] as usize).filter(|before| **before != NONE) {
            edges.push(Edge { from: before + half, to: unit + half, why: Why::Session });
        }
        if facts.history.steps_of(&facts.history.operations[*unit as usize]).iter().any(|step| written(step).is_some()) {
            edges.push(Edge { from: unit + half, to: *unit, why: Why::Session });
        }
    }
    edges
}

/// Whether a linearization, which is quickly found for most, is such a sequence: it is if it keeps the order of the sessions, which it does
/// unless operations of one session share an instant.
fn linearized(known: &Known<'_>, options: &Options) -> bool {
    let facts = known.facts;
    let operations = &facts.history.operations;
    let apart = known.units.in_chains.iter().all(|unit| {
        let before = facts.before[*unit as usize];
        before == NONE || operations[before as usize].completed.is_some_and(|ended| ended < operations[*unit as usize].invoked)
    });
    let options = Options { steps: options.steps.min(QUICK), reduce: false, ..options.clone() };
    apart && facts.history.real_time && linearizable::judge(facts, &options) == Verdict::Holds
}

/// The check where versions number all writes: each session's cut only grows, and a read tells between which versions it lies.
fn numbered(known: &Known<'_>) -> Option<Evidence> {
    let (facts, history) = (known.facts, known.facts.history);
    let mut cuts = vec![(0_u64, NONE); facts.chains];
    for unit in &known.units.in_chains {
        let op = &history.operations[*unit as usize];
        let cut = &mut cuts[facts.chain[*unit as usize] as usize];
        let reads = (op.first..op.first + op.count).filter(|step| written(&history.steps[*step as usize]).is_none());
        let seen: Vec<(u32, u64)> = reads.filter_map(|step| Some((facts.key(step), known.ranks.get(step)?))).collect();
        for (_, version) in seen.iter().filter(|_| op.outcome == Outcome::Ok) {
            if *version > cut.0 {
                *cut = (*version, *unit);
            }
        }
        for (key, version) in seen.iter().filter(|_| op.outcome == Outcome::Ok) {
            let writes = &known.ranks.writes[*key as usize];
            let after = writes.partition_point(|write| known.ranks.get(*write) <= Some(*version));
            let Some(missed) = writes.get(after).filter(|write| known.ranks.get(**write) <= Some(cut.0)) else { continue };
            let (by, write) = (cut.1, facts.op_of[*missed as usize]);
            let name = key_name(history, *key);
            let text = format!(
                "{} had shown version {}; in the same session {}, although {name} had been changed at version {}: {}.",
                operation(history, by),
                cut.0,
                operation(history, *unit),
                known.ranks.get(*missed).unwrap_or(0),
                operation(history, write)
            );
            return Some(Evidence { operations: vec![write, by, *unit], key: Some(*key), text, anomaly: None });
        }
    }
    None
}
