//! Histories that tell the order of the writes of each key, by versions or by lists, against the definitions: the same laws as for
//! plain values, with that order given.

use std::collections::BTreeSet;

use replicated_telemetry_store::judge::Guarantee;
use replicated_telemetry_store::observed::{Call, Model, Observed, Operation, Outcome, Returned, Step};
use replicated_telemetry_store::rng::Rng;

use crate::judge::brute::{Laws, explained, ops, prefix};
use crate::judge::build::{Shape, planted, random};
use crate::judge::{UNIQUE, agrees, beside_going_back};

/// How a history tells the order of the writes of a key.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Versions,
    Lists,
    /// Lists of which some contradict the others.
    Forks,
}

/// The writing steps of each key, mostly in the order of their invocations.
fn order(history: &Observed, rng: &mut Rng) -> Vec<Vec<u32>> {
    let mut order = vec![Vec::new(); history.keys.len()];
    for op in &history.operations {
        let step = &history.steps[op.first as usize];
        if !matches!(step.call, Call::Read(_)) {
            let of: &mut Vec<u32> = &mut order[step.key as usize];
            let at = of.len() - (rng.below(6) == 0 && !of.is_empty()) as usize;
            of.insert(at, op.first);
        }
    }
    order
}

fn written(call: &Call) -> Option<u32> {
    match call {
        Call::Write(value) | Call::CompareAndSet(_, value) => Some(*value),
        _ => None,
    }
}

/// Gives a history of values that are written once an order of its writes, and lets it tell that order.
fn told(mut history: Observed, seed: u64, told: Told) -> Observed {
    let mut rng = Rng::keyed(seed, &[12]);
    let order = order(&history, &mut rng);
    let place = |history: &Observed, key: u32, value: u32| {
        order[key as usize]
            .iter()
            .position(|w| written(&history.steps[*w as usize].call) == Some(value))
            .map(|place| place as u64 + 1)
    };
    let answered = history.operations.iter().filter(|op| op.outcome == Outcome::Ok).map(|op| &history.steps[op.first as usize]);
    let seen: Vec<(u32, u32)> = answered.filter_map(|step| Some((step.key, returned(&step.call)?))).collect();
    for number in 0..history.operations.len() {
        let (at, lost) = (history.operations[number].first as usize, history.operations[number].outcome == Outcome::Info);
        let key = history.steps[at].key;
        history.steps[at].version = match &history.steps[at].call {
            Call::Read(Returned::Value(value)) => place(&history, key, *value),
            Call::Read(_) => (rng.below(2) == 0).then_some(0),
            // Who got no answer knows a version only if somebody has seen it.
            call => {
                let known = written(call).filter(|value| !lost || seen.contains(&(key, *value)));
                known.and_then(|value| place(&history, key, value))
            }
        };
    }
    if told != Told::Versions {
        as_lists(&mut history, &order, &mut rng, told == Told::Forks);
    }
    history
}

/// The same history with appends and lists: what was read is the list up to it. Some lists are spoiled, if that is wanted.
fn as_lists(history: &mut Observed, order: &[Vec<u32>], rng: &mut Rng, spoiled: bool) {
    history.model = Model::AppendList;
    let values: Vec<Vec<u32>> =
        order.iter().map(|of| of.iter().filter_map(|w| written(&history.steps[*w as usize].call)).collect()).collect();
    for step in &mut history.steps {
        step.version = None;
        let of = &values[step.key as usize];
        if let Some(value) = written(&step.call) {
            step.call = Call::Append(value);
            continue;
        }
        let Call::Read(was) = &step.call else { continue };
        let count = if let Returned::Value(value) = was { of.iter().position(|v| v == value).map_or(0, |p| p + 1) } else { 0 };
        let mut list = of[..count].to_vec();
        match rng.below(5) {
            0 if spoiled && count > 1 => list.swap(count - 2, count - 1),
            1 if spoiled && count > 1 => _ = list.remove(rng.below(count as u64) as usize),
            2 if spoiled && count > 2 => list.rotate_left(1),
            _ => {}
        }
        let nothing = list.is_empty() && rng.below(2) == 0;
        step.call = Call::Read(if nothing { Returned::Absent } else { Returned::List(list) });
    }
}

fn all_of(history: &Observed, laws: Laws) -> Option<bool> {
    let ops = ops(history);
    Some(explained(&ops, Laws { versions: true, ..laws }, &vec![false; ops.len()]))
}

/// The value that a step returned.
fn returned(call: &Call) -> Option<u32> {
    match call {
        Call::Read(Returned::Value(value)) | Call::CompareAndSet(value, _) => Some(*value),
        _ => None,
    }
}

/// What a step has seen of its key, as versions that came before: of a register the last is enough.
fn seen_by(history: &Observed, at: usize) -> Option<BTreeSet<u64>> {
    let step = &history.steps[at];
    let version = |value: u32| {
        let same = |s: &&Step| s.key == step.key && (written(&s.call) == Some(value) || s.call == Call::Append(value));
        history
            .steps
            .iter()
            .find(same)
            .map_or(0, |s| if s.call == Call::Append(value) { u64::from(value) } else { s.version.unwrap_or(0) })
    };
    match &step.call {
        Call::Read(Returned::List(list)) => Some(list.iter().map(|v| version(*v)).collect()),
        Call::Read(Returned::Absent) => Some(BTreeSet::new()),
        call => returned(call).map(|value| (1..=version(value)).collect()),
    }
}

/// Whether what sessions did earlier on a key, as versions, is in what they see later.
fn kept(history: &Observed, earlier: impl Fn(usize) -> Option<BTreeSet<u64>>) -> Option<bool> {
    let ops = &history.operations;
    let follows = |a: &Operation, b: &Operation| a.session == b.session && a.completed.is_some_and(|end| end <= b.invoked);
    Some(ops.iter().all(|b| {
        let Some(seen) = seen_by(history, b.first as usize).filter(|_| b.outcome == Outcome::Ok) else { return true };
        let same = |a: &&Operation| {
            let key = history.steps[a.first as usize].key == history.steps[b.first as usize].key;
            key && a.outcome == Outcome::Ok && follows(a, b)
        };
        ops.iter().filter(same).all(|a| earlier(a.first as usize).is_none_or(|versions| versions.is_subset(&seen)))
    }))
}

fn own_writes(h: &Observed) -> Option<bool> {
    kept(h, |at| match h.steps[at].call {
        Call::Append(value) => Some(BTreeSet::from([u64::from(value)])),
        ref call => written(call).and(h.steps[at].version).map(|version| (1..=version).collect()),
    })
}

fn reads_stay(h: &Observed) -> Option<bool> {
    kept(h, |at| seen_by(h, at))
}

fn monotonic_writes(h: &Observed) -> Option<bool> {
    let wanted = Laws { reads_stay: true, writes_in_order: true, earlier_writes_in_sight: true, ..Laws::default() };
    beside_going_back(h, Laws { versions: true, ..wanted })
}

fn writes_follow_reads(h: &Observed) -> Option<bool> {
    let wanted = Laws { reads_stay: true, writes_after_reads: true, ..Laws::default() };
    beside_going_back(h, Laws { versions: true, ..wanted })
}

fn causal(h: &Observed) -> Option<bool> {
    all_of(h, Laws { causal: true, ..Laws::default() })
}

fn prefixes(h: &Observed) -> Option<bool> {
    Some(prefix(&ops(h), false, true))
}

/// The lists of each key that operations returned, with the operation.
fn lists(h: &Observed) -> impl Iterator<Item = (&Operation, u32, &[u32])> {
    h.operations.iter().filter(|op| op.outcome == Outcome::Ok).filter_map(|op| match &h.steps[op.first as usize].call {
        Call::Read(Returned::List(list)) => Some((op, h.steps[op.first as usize].key, list.as_slice())),
        _ => None,
    })
}

/// Of one key: whether each list has, before an append, what must be before it.
fn before_each(h: &Observed, must: impl Fn(&Operation) -> Vec<u32>) -> Option<bool> {
    let append = |value: u32| h.operations.iter().find(|op| h.steps[op.first as usize].call == Call::Append(value));
    Some(lists(h).all(|(_, _, list)| {
        list.iter().enumerate().all(|(at, value)| append(*value).is_none_or(|w| must(w).iter().all(|v| list[..at].contains(v))))
    }))
}

fn earlier<'a>(h: &'a Observed, w: &'a Operation) -> impl Iterator<Item = &'a Operation> {
    let of = h.operations.iter().filter(|op| op.outcome == Outcome::Ok);
    of.filter(|op| op.session == w.session && op.completed.is_some_and(|end| end <= w.invoked))
}

fn whole_in_lists(h: &Observed) -> Option<bool> {
    let appended = |op: &Operation| if let Call::Append(value) = h.steps[op.first as usize].call { Some(value) } else { None };
    before_each(h, |w| earlier(h, w).filter_map(appended).collect())
}

fn after_reads_in_lists(h: &Observed) -> Option<bool> {
    let read = |op: &Operation| match &h.steps[op.first as usize].call {
        Call::Read(Returned::List(list)) => list.clone(),
        _ => Vec::new(),
    };
    before_each(h, |w| earlier(h, w).flat_map(read).collect())
}

/// Whether two lists of a key contradict each other: neither begins with the other.
fn forked(h: &Observed) -> bool {
    let one = |a: &[u32], b: &[u32]| a.starts_with(b) || b.starts_with(a);
    lists(h).any(|(_, key, list)| lists(h).any(|(_, other, with)| other == key && !one(list, with)))
}

/// Where lists contradict each other no order explains them, else the definition decides.
fn causal_unless_forked(h: &Observed) -> Option<bool> {
    if forked(h) { Some(false) } else { causal(h) }
}

fn one_by_one(direct: fn(&Observed) -> Option<bool>, whole: fn(&Observed) -> Option<bool>) -> impl Fn(&Observed) -> Option<bool> {
    move |h| if forked(h) { direct(h) } else { whole(h) }
}

const SHAPE: Shape = Shape { ops: 8, sessions: 2, info: 4, ..UNIQUE };

fn some(seed: u64, cas: bool) -> Observed {
    random(seed, Shape { keys: 1 + seed as u32 % 2, cas, wild: 20 + seed % 60, ..SHAPE })
}

/// One key, and reads that mostly do not go back.
fn one_key(seed: u64) -> Observed {
    random(seed, Shape { keys: 1, wild: seed % 30, stale: 10, reads: 45, ..SHAPE })
}

fn two_writes(seed: u64) -> Observed {
    if seed.is_multiple_of(2) { some(seed, false) } else { planted(seed, false) }
}

fn relayed(cas: bool) -> impl Fn(u64) -> Observed {
    move |seed| if seed.is_multiple_of(2) { some(seed, cas) } else { planted(seed, true) }
}

macro_rules! compared {
    ($($test:ident $told:ident $guarantee:ident, $draw:expr, $definition:expr;)*) => {$(
        #[test]
        fn $test() {
            let draw = |seed| told($draw(seed), seed, Told::$told);
            agrees(concat!("ordered::", stringify!($test)), Guarantee::$guarantee, draw, $definition);
        }
    )*};
}

compared! {
    own_writes_with_versions Versions ReadYourWrites, |seed| some(seed, true), own_writes;
    own_writes_in_lists Lists ReadYourWrites, |seed| some(seed, false), own_writes;
    own_writes_in_forks Forks ReadYourWrites, one_key, own_writes;
    reads_with_versions Versions MonotonicReads, |seed| some(seed, true), reads_stay;
    reads_of_lists Lists MonotonicReads, |seed| some(seed, false), reads_stay;
    reads_of_forks Forks MonotonicReads, |seed| some(seed, false), reads_stay;
    writes_in_order_with_versions Versions MonotonicWrites, two_writes, monotonic_writes;
    writes_in_order_in_lists Lists MonotonicWrites, two_writes, monotonic_writes;
    writes_in_order_in_forks Forks MonotonicWrites, one_key, one_by_one(whole_in_lists, monotonic_writes);
    writes_after_reads_with_versions Versions WritesFollowReads, relayed(true), writes_follow_reads;
    writes_after_reads_in_lists Lists WritesFollowReads, relayed(false), writes_follow_reads;
    writes_after_reads_in_forks Forks WritesFollowReads, one_key, one_by_one(after_reads_in_lists, writes_follow_reads);
    causal_with_versions Versions Causal, |seed| some(seed, true), causal;
    causal_in_lists Lists Causal, |seed| some(seed, false), causal;
    causal_in_forks Forks Causal, |seed| some(seed, false), causal_unless_forked;
    prefixes_with_versions Versions ConsistentPrefix, |seed| some(seed, true), prefixes;
    prefixes_of_lists Lists ConsistentPrefix, |seed| some(seed, false), prefixes;
    prefixes_of_forks Forks ConsistentPrefix, |seed| some(seed, false), prefixes;
}
