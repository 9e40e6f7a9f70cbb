//! Sets: what is lost, stale, shown twice or unexpected, and whether there is an order, tried out literally.

use std::collections::BTreeSet;

use replicated_telemetry_store::judge::Guarantee;
use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome};

use super::draw::{self, Shape};
use super::{Op, agrees, orderable};

/// How a store is wrong: of eight wrong reads so many lack the last element, as many show what was there before, and the rest shows an element
/// twice or what nobody added; and of six so many change what is there.
struct Wrong {
    lacks: u64,
    lasts: u64,
}

const MIXED: Wrong = Wrong { lacks: 5, lasts: 2 };

/// Adds and reads, of a hundred of which `wrong` are wrong.
fn random(seed: u64, wrong: u64, info: u64, how: Wrong) -> Observed {
    let shape = Shape { model: Model::Set, ops: 9, info, fail: 8, long: 4 };
    let (mut held, mut fresh, mut before): (Vec<u32>, u32, Vec<u32>) = (Vec::new(), 0, Vec::new());
    draw::history(seed, shape, |rng, outcome, effect| {
        if rng.below(2) == 0 {
            fresh += u32::from(rng.below(6) > 0);
            if effect && !held.contains(&fresh) {
                before.clone_from(&held);
                held.push(fresh);
            }
            return Call::Add(fresh);
        }
        let mut shown = held.clone();
        if rng.below(100) < wrong {
            match rng.below(8) {
                n if n < how.lacks / 2 => shown.clone_from(&before),
                n if n < how.lacks => drop(shown.pop()),
                6 if rng.below(2) == 0 => shown.push(fresh + 1),
                6 => shown.push(9),
                _ => shown.extend(held.first()),
            }
            if rng.below(6) < how.lasts {
                held.clone_from(&shown);
                held.dedup();
            }
        }
        Call::Elements((outcome == Outcome::Ok && rng.below(20) > 0).then_some(shown))
    })
}

fn shows(op: &Op) -> Option<&Vec<u32>> {
    match &op.call {
        Call::Elements(Some(shown)) if op.ok() => Some(shown),
        _ => None,
    }
}

fn elements(ops: &[Op]) -> BTreeSet<u32> {
    let of = |op: &Op| match &op.call {
        Call::Add(element) => vec![*element],
        _ => shows(op).cloned().unwrap_or_default(),
    };
    ops.iter().flat_map(of).collect()
}

fn adds(op: &Op, element: u32) -> bool {
    op.call == Call::Add(element)
}

/// Whether an element was missing after it was known, and whether it was seen again: in a read that began no earlier.
fn missing(ops: &[Op], element: u32) -> Option<bool> {
    let shown = |op: &Op| shows(op).is_some_and(|shown| shown.contains(&element));
    let known = ops.iter().filter(|op| op.ok() && (adds(op, element) || shown(op))).map(|op| op.ended).min()?;
    let absent = ops.iter().filter(|op| shows(op).is_some_and(|shown| !shown.contains(&element)) && op.invoked > known);
    let last = absent.map(|op| op.invoked).max()?;
    Some(ops.iter().any(|op| shown(op) && op.invoked >= last))
}

#[test]
fn lost_elements_agree_with_the_definition() {
    let draw = |seed| random(seed, 40, 10, MIXED);
    agrees("sets::lost", Guarantee::NoLostElements, draw, |ops| {
        let unread = ops.iter().all(|op| shows(op).is_none()) && ops.iter().any(|op| op.ok() && matches!(op.call, Call::Add(_)));
        (!unread).then(|| elements(ops).iter().all(|element| missing(ops, *element) != Some(false)))
    });
}

#[test]
fn stale_reads_agree_with_the_definition() {
    let draw = |seed| random(seed, 45, 5, Wrong { lacks: 8, lasts: 0 });
    agrees("sets::stale", Guarantee::NoStaleReads, draw, |ops| {
        Some(elements(ops).iter().all(|element| missing(ops, *element) != Some(true)))
    });
}

#[test]
fn duplicates_agree_with_the_definition() {
    let draw = |seed| random(seed, 60, 5, Wrong { lacks: 2, lasts: 0 });
    agrees("sets::duplicates", Guarantee::NoDuplicates, draw, |ops| {
        Some(ops.iter().filter_map(shows).all(|shown| shown.iter().collect::<BTreeSet<_>>().len() == shown.len()))
    });
}

/// Whether a read shows what only who failed had begun to add, or what nobody had begun to add.
fn unexpected(ops: &[Op], aborted: bool) -> bool {
    ops.iter().filter_map(|op| shows(op).map(|shown| (op, shown))).any(|(read, shown)| {
        shown.iter().any(|element| {
            let mut begun = ops.iter().filter(|op| adds(op, *element) && op.invoked <= read.ended).peekable();
            let nobody = begun.peek().is_none();
            let failed = begun.all(|op| op.outcome == Outcome::Fail);
            if aborted { failed && !nobody } else { nobody }
        })
    })
}

#[test]
fn unexpected_elements_agree_with_the_definition() {
    let draw = |seed| random(seed, 60, 10, Wrong { lacks: 3, lasts: 0 });
    agrees("sets::unexpected", Guarantee::NoThinAirReads, draw, |ops| Some(!unexpected(ops, false)));
    let failing = |seed| {
        let mut history = random(seed, 20, 5, MIXED);
        let adds: Vec<usize> = (0..history.operations.len()).filter(|n| matches!(history.steps[*n].call, Call::Add(_))).collect();
        if let Some(n) = adds.get(seed as usize % 3) {
            history.operations[*n].outcome = Outcome::Fail;
        }
        history
    };
    agrees("sets::unexpected", Guarantee::NoAbortedReads, failing, |ops| Some(!unexpected(ops, true)));
}

#[test]
fn linearizable_sets_agree_with_the_definition() {
    let draw = |seed| random(seed, 35, 15, MIXED);
    agrees("sets::linearizable", Guarantee::Linearizable, draw, |ops| {
        let live: Vec<Op> = ops.iter().filter(|op| matches!(op.call, Call::Add(_)) || shows(op).is_some()).cloned().collect();
        let step = |state: &BTreeSet<u32>, op: &Op| match &op.call {
            Call::Add(element) => Some(state.iter().copied().chain([*element]).collect()),
            _ => (shows(op)?.iter().copied().collect::<BTreeSet<u32>>() == *state).then(|| state.clone()),
        };
        Some(orderable(&live, &BTreeSet::new(), &step))
    });
}
