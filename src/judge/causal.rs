//! Causal consistency in the sense of causal convergence (CCv, Bouajjani et al. 2017; "causal" of Biswas and Enea 2019 and of AWDIT).
//!
//! A unit depends on what came before it in its session, on what it has read, and on their dependencies. It has all of these in sight, and
//! there is one order of all units, which respects dependency, such that each read returns the last of the writes in sight. That is so if
//! and only if nothing is read that nobody wrote, no unit contradicts itself, dependency has no cycle, and it has none together
//! with the edges that follow from sight. Units are single operations or whole transactions. No real time is asked for.

use super::cycle::{self, Edge, Why};
use super::facts::{Facts, NONE};
use super::known::{Known, PerChain};
use super::reads;
use super::report::{Evidence, Options, Verdict};
use super::units::Units;
use super::visibility::{Rules, Sight, derive};

/// An order of the units in which none reads from a later one and sessions stay in order, or a cycle that forbids it.
fn order(facts: &Facts<'_>, units: &Units) -> Result<Vec<u32>, Evidence> {
    let mut edges = Vec::new();
    // What a chain has taken in of a list, it need not take in again.
    let mut taken = PerChain::new(facts.history.keys.len(), 0);
    for unit in &units.in_chains {
        let before = facts.before[*unit as usize];
        if before != NONE {
            edges.push(Edge { from: before, to: *unit, why: Why::Session });
        }
        for input in units.inputs(*unit).iter().filter(|input| input.from != NONE) {
            edges.push(Edge { from: input.from, to: *unit, why: Why::Read });
            let Some(order) = facts.order_of(input.key) else { continue };
            let known = taken.get(facts.chain[*unit as usize], input.key).unwrap_or(0);
            let shown =
                order.appends[..input.length as usize].iter().skip(known as usize).map(|step| facts.op_of[*step as usize]);
            edges.extend(shown.filter(|from| *from != *unit).map(|from| Edge { from, to: *unit, why: Why::Read }));
            taken.set(facts.chain[*unit as usize], input.key, known.max(input.length));
        }
    }
    if edges.iter().all(|edge| edge.from < edge.to) {
        let live = (0_u32..).zip(&facts.chain).filter(|(_, chain)| **chain != NONE);
        return Ok(live.map(|(unit, _)| unit).collect());
    }
    let nodes = facts.history.operations.len();
    match cycle::find(nodes, &edges) {
        Some(cycle) => Err(cycle::evidence(facts, &cycle)),
        None => Ok(cycle::sorted(nodes, &edges).into_iter().filter(|unit| facts.chain[*unit as usize] != NONE).collect()),
    }
}

/// Judges a history.
pub(super) fn judge(known: &Known<'_>, options: &Options) -> Verdict {
    let (facts, units) = (known.facts, known.units);
    if let Some(verdict) = reads::texts(facts) {
        return verdict;
    }
    if let Some(evidence) = known.against_any_order() {
        return Verdict::Violated(evidence);
    }
    let order = match order(facts, units) {
        Ok(order) => order,
        Err(evidence) => return Verdict::Violated(evidence),
    };
    let mut edges = known.session_edges();
    for unit in &units.in_chains {
        let inputs = units.inputs(*unit).iter().filter(|input| input.from != NONE);
        edges.extend(inputs.map(|input| Edge { from: input.from, to: *unit, why: Why::Read }));
    }
    edges.extend(known.version_edges());
    match derive(known, Rules::Causal, &vec![false; facts.history.keys.len()], &order, options.memory) {
        Sight::Broken(evidence) => return Verdict::Violated(evidence),
        Sight::Spent => return Verdict::Unknown(format!("the budget of {} bytes was spent", options.memory)),
        Sight::Edges(derived) => edges.extend(derived),
    }
    if let Some(cycle) = cycle::find(facts.history.operations.len(), &edges) {
        return Verdict::Violated(cycle::evidence(facts, &cycle));
    }
    reads::ambiguous(facts).unwrap_or(Verdict::Holds)
}
