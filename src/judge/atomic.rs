//! Read atomic: what must come before what because a reader saw one write of a transaction and not another (Biswas and Enea 2019).
//!
//! If `t3` reads `x` from `t1`, and `t2` is another that writes `x` and that `t3` has read from, or that stands before it in its session,
//! then `t2` comes before `t1` in the one order of all transactions. That order is free to choose otherwise, so that it exists if and only
//! if these pairs, the reads, the known versions (and the sessions) have no cycle. For read committed in this school only what `t3`
//! had read before counts, and no session. A list shows all of its elements, so its reader has read from the writers of all.

use super::anomaly::{Anomaly, Through};
use super::cycle::{Edge, Why};
use super::facts::{Facts, NONE, written};
use super::known::{Known, PerChain};
use super::report::Evidence;
use super::units::Input;
use super::words::{key_name, operation};
use crate::observed::Key;

/// The pairs. With `whole` all that a transaction reads counts, else what it had read before. A read of what was there at the beginning
/// has nothing before it: then that is the evidence.
pub(super) fn edges(known: &Known<'_>, whole: bool, in_sessions: bool) -> Result<Vec<Edge>, Evidence> {
    let (facts, units) = (known.facts, known.units);
    let mut edges = Vec::new();
    let mut last = PerChain::new(facts.history.keys.len(), (NONE, NONE));
    for unit in &units.in_chains {
        let inputs = units.inputs(*unit);
        let view = View { known, unit: *unit, reads: ordered(inputs) };
        for (at, input) in (0..).zip(inputs) {
            view.all_of(*input, if whole { 0 } else { at + 1 }, &mut edges)?;
        }
        let chain = facts.chain[*unit as usize];
        if whole && in_sessions {
            for input in inputs {
                if let Some((writer, step)) = last.get(chain, input.key) {
                    view.compare((writer, step), *input, Through::Session, &mut edges)?;
                }
            }
        }
        for step in written_by(facts, *unit) {
            last.set(chain, facts.key(step), (*unit, step));
        }
    }
    Ok(edges)
}

fn written_by<'a>(facts: &'a Facts<'_>, unit: u32) -> impl Iterator<Item = u32> + 'a {
    let op = &facts.history.operations[unit as usize];
    (op.first..op.first + op.count).filter(|step| written(&facts.history.steps[*step as usize]).is_some())
}

/// The inputs of a transaction by key, each with its place among all.
fn ordered(inputs: &[Input]) -> Vec<(Key, u32, Input)> {
    let mut reads: Vec<(Key, u32, Input)> = (0..).zip(inputs).map(|(at, input)| (input.key, at, *input)).collect();
    reads.sort_unstable_by_key(|(key, at, _)| (*key, *at));
    reads
}

/// A transaction that reads.
struct View<'k, 'a> {
    known: &'k Known<'a>,
    unit: u32,
    reads: Vec<(Key, u32, Input)>,
}

impl View<'_, '_> {
    /// Looks at the other writes of those that an input was read from, and at what was read of the same keys from a place on.
    fn all_of(&self, input: Input, from: u32, edges: &mut Vec<Edge>) -> Result<(), Evidence> {
        let facts = self.known.facts;
        if input.from == NONE {
            return Ok(());
        }
        let shown = facts.order_of(input.key).map(|order| &order.appends[..input.length as usize]);
        let Some(shown) = shown else { return self.writes_of(input.from, from, edges) };
        let mut last = NONE;
        for append in shown {
            let writer = facts.op_of[*append as usize];
            if writer != last && writer != self.unit {
                self.writes_of(writer, from, edges)?;
            }
            last = writer;
        }
        Ok(())
    }

    /// Compares the writes of one that was read from with what was read of the same keys.
    fn writes_of(&self, writer: u32, from: u32, edges: &mut Vec<Edge>) -> Result<(), Evidence> {
        for step in written_by(self.known.facts, writer) {
            let key = self.known.facts.key(step);
            let first = self.reads.partition_point(|(other, at, _)| (*other, *at) < (key, from));
            for (_, _, input) in self.reads[first..].iter().take_while(|(other, ..)| *other == key) {
                self.compare((writer, step), *input, Through::Dependencies, edges)?;
            }
        }
        Ok(())
    }

    /// A write that was in sight, and what was read of its key.
    fn compare(&self, (writer, step): (u32, u32), input: Input, through: Through, edges: &mut Vec<Edge>) -> Result<(), Evidence> {
        let (facts, ranks) = (self.known.facts, self.known.ranks);
        if input.from == writer || writer == self.unit {
            return Ok(());
        }
        if input.from == NONE {
            let (reader, seen) = (operation(facts.history, self.unit), operation(facts.history, writer));
            let name = key_name(facts.history, input.key);
            let text = format!(
                "Read skew: {reader}, with a write of {name} in sight, but returned what was there at the beginning: {seen}."
            );
            let anomaly = Some((Anomaly::ReadSkew, through));
            return Err(Evidence { operations: vec![writer, self.unit], key: Some(input.key), text, anomaly });
        }
        // Where the record orders the versions, only what contradicts that order says something new.
        let said = ranks.known[input.key as usize]
            && ranks.get(step).is_none_or(|rank| ranks.get(input.step).is_some_and(|read| rank <= read));
        if !said {
            let why = if through == Through::Session { Why::Followed(self.unit) } else { Why::Seen(self.unit) };
            edges.push(Edge { from: writer, to: input.from, why });
        }
        Ok(())
    }
}
