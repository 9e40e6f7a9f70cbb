//! Random transactions around the shapes that decide monotonic writes and writes-follow-reads, which chance alone seldom draws.

use replicated_telemetry_store::observed::{Call, Model, Observed, Returned};
use replicated_telemetry_store::rng::Rng;

use crate::judge::build::{add, empty, planted};

/// The shape for one of the two guarantees ([`planted`]), with neighbouring operations of a session made one transaction now and then, on
/// registers or on lists.
pub(crate) fn transactions(seed: u64, relayed: bool, lists: bool) -> Observed {
    let mut rng = Rng::keyed(seed, &[0x7B]);
    let single = planted(seed, relayed);
    let mut history = empty(if lists { Model::AppendList } else { Model::Transactions }, 2, 3);
    let order = order(&single, &mut rng);
    let mut taken = vec![false; single.operations.len()];
    for first in 0..taken.len() {
        if taken[first] {
            continue;
        }
        let op = single.operations[first];
        let mut members = vec![first];
        for next in first + 1..taken.len() {
            let other = &single.operations[next];
            if other.session != op.session {
                continue;
            }
            if other.outcome != op.outcome || members.len() == 3 || rng.below(3) > 0 {
                break;
            }
            members.push(next);
        }
        let mut calls = Vec::new();
        for member in &members {
            taken[*member] = true;
            let step = &single.steps_of(&single.operations[*member])[0];
            let call = if lists { listed(&step.call, &order[step.key as usize]) } else { step.call.clone() };
            calls.push((step.key, call));
        }
        let last = members.last().expect("the first is one");
        add(&mut history, op.session, op.invoked, single.operations[*last].completed, op.outcome, calls);
    }
    history
}

/// The values of each key, mostly in the order in which they were written.
fn order(history: &Observed, rng: &mut Rng) -> [Vec<u32>; 2] {
    let mut order = [Vec::new(), Vec::new()];
    for step in &history.steps {
        if let Call::Write(value) = step.call {
            let of: &mut Vec<u32> = &mut order[step.key as usize];
            let at = of.len() - usize::from(rng.below(6) == 0 && !of.is_empty());
            of.insert(at, value);
        }
    }
    order
}

/// The same on a list of which this is the order.
fn listed(call: &Call, order: &[u32]) -> Call {
    match call {
        Call::Write(value) => Call::Append(*value),
        Call::Read(Returned::Value(value)) => {
            let end = order.iter().position(|v| v == value).map_or(0, |at| at + 1);
            Call::Read(Returned::List(order[..end].to_vec()))
        }
        other => other.clone(),
    }
}
