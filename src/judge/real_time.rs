//! Real time as an order: what had ended comes before what began after that.
//!
//! Of `n` operations that is up to `n²` pairs. Two ways make it few: only the pairs that follow from no others, of which each operation has
//! about as many as run at once; or nodes that stand for instants, so that there are fewer than five for each operation.

use super::cycle::{Edge, Why};
use super::facts::{Facts, NONE};
use crate::observed::{Operation, Outcome};

/// Of these units those that were acknowledged before those that began after they had ended; what follows from others is left out.
pub(super) fn direct(facts: &Facts<'_>, units: &[u32]) -> Vec<Edge> {
    let op = |unit: u32| &facts.history.operations[unit as usize];
    let ok = units.iter().filter(|unit| op(**unit).outcome == Outcome::Ok);
    let mut ended: Vec<(u64, u32)> = ok.map(|unit| (op(*unit).completed.unwrap_or(u64::MAX), *unit)).collect();
    ended.sort_unstable();
    let mut latest = Vec::with_capacity(ended.len());
    for (_, unit) in &ended {
        latest.push(op(*unit).invoked.max(latest.last().copied().unwrap_or(0)));
    }
    let mut edges = Vec::new();
    for to in units {
        let before = ended.partition_point(|(completed, _)| *completed < op(*to).invoked);
        let Some(begun) = before.checked_sub(1).map(|last| latest[last]) else { continue };
        let direct = ended[..before].iter().rev().take_while(|(completed, _)| *completed >= begun);
        edges.extend(direct.map(|(_, from)| Edge { from: *from, to: *to, why: Why::Time }));
    }
    edges
}

/// Acknowledged operations before those that began after they had ended, by way of nodes that stand for instants: who ended comes before the
/// instant, an instant before the next one, and before who began after it. Equal instants are concurrent.
pub(super) fn by_instants(facts: &Facts<'_>, first_node: usize, edges: &mut Vec<Edge>) -> usize {
    let operations = &facts.history.operations;
    let live = || (0_u32..).zip(operations).filter(|(unit, _)| facts.chain[*unit as usize] != NONE);
    let ended = |op: &Operation| op.completed.filter(|_| op.outcome == Outcome::Ok);
    let mut ends: Vec<u64> = live().filter_map(|(_, op)| ended(op)).collect();
    ends.sort_unstable();
    ends.dedup();
    let node = |at: usize| (first_node + at) as u32;
    for at in 1..ends.len() {
        edges.push(Edge { from: node(at - 1), to: node(at), why: Why::Time });
    }
    for (unit, op) in live() {
        if let Some(ended) = ended(op) {
            edges.push(Edge { from: unit, to: node(ends.partition_point(|end| *end < ended)), why: Why::Time });
        }
        if let Some(before) = ends.partition_point(|end| *end < op.invoked).checked_sub(1) {
            edges.push(Edge { from: node(before), to: unit, why: Why::Time });
        }
    }
    first_node + ends.len()
}
