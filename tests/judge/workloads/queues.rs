//! Queues: what came out whence, what is missing, and in which order, by trying out all that may have happened.

use std::collections::{BTreeSet, VecDeque};

use replicated_telemetry_store::judge::{Guarantee, Verdict};
use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome, Returned};

use super::draw::{self, Shape};
use super::{Op, agrees, orderable};

/// What a store that is wrong does.
#[derive(Clone, Copy)]
struct Wrong {
    /// Of a hundred values so many are lost, so many delivered again, so many from nowhere, and so many taken from elsewhere than the front.
    lost: u64,
    again: u64,
    nowhere: u64,
    elsewhere: u64,
    /// Whether values are put in more than once, and whether queues are drained.
    repeated: bool,
    drains: bool,
    empty: bool,
}

const FIFO: Wrong = Wrong { lost: 0, again: 0, nowhere: 0, elsewhere: 0, repeated: false, drains: false, empty: false };

fn random(seed: u64, (ops, long): (u64, u64), info: u64, wrong: Wrong) -> Observed {
    let shape = Shape { model: Model::Queue, ops, info, fail: 6, long };
    let (mut held, mut fresh) = (VecDeque::new(), 0);
    draw::history(seed, shape, |rng, outcome, effect| {
        let take = |rng: &mut replicated_telemetry_store::rng::Rng, held: &mut VecDeque<u32>| {
            let at = if rng.below(100) < wrong.elsewhere { rng.below(held.len() as u64 + 1) as usize } else { 0 };
            let value = if at == held.len() { held.front().copied() } else { held.get(at).copied() };
            if rng.below(100) < wrong.nowhere {
                return Some(60 + rng.below(2) as u32);
            }
            if rng.below(100) >= wrong.again {
                held.remove(if at == held.len() { 0 } else { at });
            }
            value
        };
        let kind = rng.below(if wrong.drains { 12 } else { 10 });
        if kind < 5 {
            fresh += u32::from(!wrong.repeated || rng.below(3) > 0);
            if effect && rng.below(100) >= wrong.lost {
                held.push_back(fresh);
            }
            return Call::Enqueue(fresh);
        }
        if kind < 10 {
            let value = if effect { take(rng, &mut held) } else { None };
            let empty = value.is_none() && wrong.empty;
            return match (outcome, value) {
                (Outcome::Ok, Some(value)) if rng.below(25) > 0 => Call::Dequeue(Returned::Value(value)),
                (Outcome::Ok, None) if empty => Call::Dequeue(Returned::Absent),
                // Where nothing is there and that is not told, somebody else puts something in.
                (Outcome::Ok, None) => {
                    fresh += 1;
                    held.push_back(fresh);
                    Call::Enqueue(fresh)
                }
                _ => Call::Dequeue(Returned::Unknown),
            };
        }
        let mut all = Vec::new();
        while effect && !held.is_empty() && all.len() < 5 {
            all.extend(take(rng, &mut held));
        }
        Call::Drain((outcome == Outcome::Ok && rng.below(20) > 0).then_some(all))
    })
}

/// Values that came out: of which operation, at which place in it.
fn outs(ops: &[Op]) -> Vec<(u32, usize, usize)> {
    let of = |(n, op): (usize, &Op)| match &op.call {
        Call::Dequeue(Returned::Value(value)) if op.ok() => vec![(*value, n, 0)],
        Call::Drain(Some(all)) if op.ok() => all.iter().enumerate().map(|(place, value)| (*value, n, place)).collect(),
        _ => Vec::new(),
    };
    ops.iter().enumerate().flat_map(of).collect()
}

fn values(ops: &[Op]) -> BTreeSet<u32> {
    let puts = ops.iter().filter_map(|op| if let Call::Enqueue(value) = op.call { Some(value) } else { None });
    puts.chain(outs(ops).into_iter().map(|(value, ..)| value)).collect()
}

fn puts(ops: &[Op], value: u32, failed: bool) -> impl Iterator<Item = &Op> {
    ops.iter().filter(move |op| op.call == Call::Enqueue(value) && (op.outcome == Outcome::Fail) == failed)
}

/// Whether a value came out when nobody had begun to put it in; `aborted`: nobody but who failed.
fn unexpected(ops: &[Op], aborted: bool) -> bool {
    outs(ops).into_iter().any(|(value, op, _)| {
        let until = ops[op].ended;
        let live = puts(ops, value, false).any(|put| put.invoked <= until);
        let failed = puts(ops, value, true).any(|put| put.invoked <= until);
        !live && failed == aborted
    })
}

/// Whether a value has come out at some instant more than once and more often than it had been put in.
fn duplicated(ops: &[Op]) -> bool {
    let outs = outs(ops);
    outs.iter().any(|(value, op, _)| {
        let until = ops[*op].ended;
        let came = outs.iter().filter(|(other, n, _)| other == value && ops[*n].ended <= until).count();
        let put = puts(ops, *value, false).filter(|put| put.invoked <= until).count();
        let any = puts(ops, *value, false).count();
        came > 1 && came > put && any > 0
    })
}

const MANY: Wrong = Wrong { again: 25, nowhere: 12, repeated: true, drains: true, ..FIFO };

#[test]
fn unexpected_values_agree_with_the_definition() {
    let draw = |seed| random(seed, (9, 5), 10, MANY);
    agrees("queues::unexpected", Guarantee::NoThinAirReads, draw, |ops| Some(!unexpected(ops, false)));
    let failing = |seed| {
        let mut history = random(seed, (9, 5), 10, FIFO);
        let puts: Vec<usize> =
            (0..history.operations.len()).filter(|n| matches!(history.steps[*n].call, Call::Enqueue(_))).collect();
        if let Some(n) = puts.get(seed as usize % 3) {
            history.operations[*n].outcome = Outcome::Fail;
        }
        history
    };
    agrees("queues::unexpected", Guarantee::NoAbortedReads, failing, |ops| Some(!unexpected(ops, true)));
}

#[test]
fn duplicates_agree_with_the_definition() {
    let draw = |seed| random(seed, (9, 5), 10, MANY);
    agrees("queues::duplicates", Guarantee::NoDuplicates, draw, |ops| Some(!duplicated(ops)));
}

/// Whether what nobody is known to have taken, though the queue was drained later, can have been taken by operations without an answer. Every
/// choice is tried: which of equal values came out, and who took each of the rest.
fn accounted(ops: &[Op]) -> bool {
    let mut open: Vec<usize> = Vec::new();
    fn choose(ops: &[Op], values: &[u32], open: &mut Vec<usize>) -> bool {
        let Some((value, rest)) = values.split_first() else { return taken(ops, open, &mut vec![false; ops.len()]) };
        let sure: Vec<usize> = (0..ops.len()).filter(|n| ops[*n].call == Call::Enqueue(*value) && ops[*n].ok()).collect();
        let came = outs(ops).into_iter().filter(|(other, ..)| other == value).count().min(sure.len());
        (0_u32..1 << sure.len()).filter(|chosen| chosen.count_ones() as usize == came).any(|chosen| {
            let before = open.len();
            open.extend(sure.iter().enumerate().filter(|(i, _)| chosen >> i & 1 == 0).map(|(_, n)| *n));
            let found = choose(ops, rest, open);
            open.truncate(before);
            found
        })
    }
    fn taken(ops: &[Op], open: &[usize], used: &mut Vec<bool>) -> bool {
        let Some((put, rest)) = open.split_first() else { return true };
        let drains: Vec<&Op> =
            ops.iter().filter(|op| matches!(op.call, Call::Drain(_)) && op.ok() && ops[*put].before(op)).collect();
        if drains.is_empty() {
            return taken(ops, rest, used);
        }
        (0..ops.len()).any(|n| {
            let (one, many) = match &ops[n].call {
                Call::Dequeue(Returned::Unknown) if ops[n].outcome != Outcome::Fail => (true, false),
                Call::Drain(all) if ops[n].outcome == Outcome::Info || (all.is_none() && ops[n].ok()) => (false, true),
                _ => (false, false),
            };
            let free = many || (one && !used[n]);
            if !free || drains.iter().any(|drain| ops[n].invoked > drain.ended) {
                return false;
            }
            let before = used[n];
            used[n] = true;
            let found = taken(ops, rest, used);
            used[n] = before;
            found
        })
    }
    let values: Vec<u32> = values(ops).into_iter().collect();
    choose(ops, &values, &mut open)
}

#[test]
fn lost_values_agree_with_the_definition() {
    let wrong = Wrong { lost: 45, repeated: true, drains: true, ..FIFO };
    agrees("queues::lost", Guarantee::NoLostElements, |seed| random(seed, (11, 3), 12, wrong), |ops| Some(accounted(ops)));
}

/// Whether there is an order in which values were put in, and a beginning of it that came out in the same order.
fn in_order(ops: &[Op]) -> bool {
    let outs = outs(ops);
    let puts: Vec<usize> =
        (0..ops.len()).filter(|n| matches!(ops[*n].call, Call::Enqueue(_)) && ops[*n].outcome != Outcome::Fail).collect();
    let known =
        |put: usize| outs.iter().find(|(value, ..)| ops[put].call == Call::Enqueue(*value)).map(|(_, op, place)| (*op, *place));
    let takers: Vec<(usize, bool)> = (0..ops.len())
        .filter_map(|n| match &ops[n].call {
            Call::Dequeue(Returned::Unknown) if ops[n].outcome != Outcome::Fail => Some((n, false)),
            Call::Drain(all) if ops[n].outcome == Outcome::Info || (all.is_none() && ops[n].ok()) => Some((n, true)),
            _ => None,
        })
        .collect();
    /// An out follows another if neither real time nor the list of a drain stands against it.
    fn follows(ops: &[Op], before: &[(usize, usize, bool)], (op, place, sure): (usize, usize, bool)) -> bool {
        before.iter().all(|(other, at, known)| {
            let late = sure && ops[op].ended < ops[*other].invoked;
            let listed = *known && sure && other == &op && place < *at;
            !late && !listed
        })
    }
    fn go(
        ops: &[Op],
        puts: &[usize],
        done: &mut Vec<usize>,
        came: &mut Vec<(usize, usize, bool)>,
        stopped: bool,
        known: &dyn Fn(usize) -> Option<(usize, usize)>,
        takers: &[(usize, bool)],
    ) -> bool {
        let left: Vec<usize> = puts.iter().copied().filter(|put| !done.contains(put)).collect();
        if left.iter().all(|put| !ops[*put].ok() && known(*put).is_none()) {
            return true;
        }
        for put in left.iter().copied() {
            if left.iter().any(|other| ops[*other].before(&ops[put])) {
                continue;
            }
            let mut ways: Vec<Option<(usize, usize, bool)>> = Vec::new();
            match known(put) {
                Some((op, place)) if !stopped => ways.push(Some((op, place, true))),
                Some(_) => {}
                None => {
                    ways.push(None);
                    let free = takers.iter().filter(|(n, many)| *many || !came.iter().any(|(other, ..)| other == n));
                    ways.extend(free.filter(|_| !stopped).map(|(n, _)| Some((*n, 0, false))));
                }
            }
            for way in ways {
                if way.is_some_and(|way| !follows(ops, came, way)) {
                    continue;
                }
                done.push(put);
                came.extend(way);
                if go(ops, puts, done, came, stopped || way.is_none(), known, takers) {
                    return true;
                }
                done.pop();
                if way.is_some() {
                    came.pop();
                }
            }
        }
        false
    }
    go(ops, &puts, &mut Vec::new(), &mut Vec::new(), false, &known, &takers)
}

#[test]
fn the_order_agrees_with_the_definition() {
    let wrong = Wrong { lost: 15, elsewhere: 85, drains: true, ..FIFO };
    // What fails is left out: a value that came out all the same would have no place in the order.
    let draw = |seed| {
        let mut history = random(seed, (10, 2), 10, wrong);
        history.operations.iter_mut().filter(|op| op.outcome == Outcome::Fail).for_each(|op| op.outcome = Outcome::Info);
        history.operations.iter_mut().filter(|op| op.outcome == Outcome::Info).for_each(|op| op.completed = None);
        history
    };
    agrees("queues::the_order", Guarantee::FifoOrder, draw, |ops| Some(in_order(ops)));
}

#[test]
fn an_order_needs_values_of_their_own() {
    let mut neither = 0;
    for seed in crate::judge::seeds().take(5_000) {
        let history = random(seed, (9, 5), 14, Wrong { again: 10, repeated: true, ..FIFO });
        let ops = super::ops(&history);
        let twice = values(&ops).into_iter().any(|value| {
            puts(&ops, value, false).count() > 1 || outs(&ops).iter().filter(|(other, ..)| *other == value).count() > 1
        });
        let found = crate::judge::verdict(&history, Guarantee::FifoOrder);
        assert_eq!(
            matches!(found, Verdict::NotApplicable(_)),
            twice,
            "{found:?}: seed {seed}\n{}",
            crate::judge::shown(&history)
        );
        neither += usize::from(twice);
    }
    assert!(crate::judge::seeds().count() == 1 || neither > 100, "only {neither} have equal values");
}

fn linearizable(ops: &[Op]) -> bool {
    let live = |op: &&Op| op.outcome != Outcome::Fail;
    let live: Vec<Op> = ops.iter().filter(live).cloned().collect();
    let step = |state: &VecDeque<u32>, op: &Op| {
        let mut next = state.clone();
        match op.call {
            Call::Enqueue(value) => next.push_back(value),
            Call::Dequeue(Returned::Value(value)) if op.ok() => {
                if next.pop_front() != Some(value) {
                    return None;
                }
            }
            Call::Dequeue(Returned::Absent) if op.ok() => {
                if !next.is_empty() {
                    return None;
                }
            }
            _ => drop(next.pop_front()),
        }
        Some(next)
    };
    orderable(&live, &VecDeque::new(), &step)
}

#[test]
fn linearizable_queues_agree_with_the_definition() {
    let wrong = Wrong { lost: 6, again: 8, elsewhere: 40, nowhere: 3, ..FIFO };
    let draw = |seed: u64| {
        let wrong = Wrong { repeated: seed.is_multiple_of(3), empty: !seed.is_multiple_of(2), ..wrong };
        random(seed, (9, 3), 10, wrong)
    };
    agrees("queues::linearizable", Guarantee::Linearizable, draw, |ops| Some(linearizable(ops)));
}
