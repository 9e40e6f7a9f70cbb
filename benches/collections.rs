//! The collections of our own beside those of the standard library, each at what it is used for: why they stay, as printed ratios.
//!
//! Rounds of both take turns, and the best of each counts. Both have to come to the same sum. A ratio says how many times as long the
//! standard library takes. `ByNumber` and `Chunks` stay for their time; `Map`, `by_key` and `set` take as long as theirs, and stay for their
//! size: one sort serves all types, and a sorted list is less code than a tree for each type, in what a browser has to load.
#![expect(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints; the collections do not"
)]
#![expect(dead_code, reason = "only a part of each is measured")]

#[path = "../src/by_number.rs"]
mod by_number;
#[path = "../src/time/chunks.rs"]
mod chunks;
#[path = "../src/sorted.rs"]
mod sorted;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use by_number::ByNumber;
use chunks::Chunks;

const ROUNDS: u32 = 200;
/// As many slots as the event queue shares together.
const CHUNK: usize = 16;

/// Numbers that look random and are the same in every run.
fn numbers(count: u64, below: u64) -> Vec<u64> {
    (1..=count).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) % below).collect()
}

/// Measures both, and prints how they compare.
fn beside(what: &str, ours: impl Fn() -> u64, theirs: impl Fn() -> u64) {
    assert_eq!(ours(), theirs(), "{what}: the two did different work");
    let time = |work: &dyn Fn() -> u64| {
        let start = Instant::now();
        black_box(work());
        start.elapsed().as_nanos()
    };
    let (mut here, mut there) = (u128::MAX, u128::MAX);
    for _ in 0..ROUNDS {
        here = here.min(time(&ours));
        there = there.min(time(&theirs));
    }
    let hundredths = there * 100 / here.max(1);
    println!("{what}: here {here} ns, standard library {there} ns, ratio {}.{:02}", hundredths / 100, hundredths % 100);
}

/// What every client and every checker does: few keys, each looked up and changed many times.
fn maps(keys: u64) {
    let steps = numbers(10_000, keys);
    let ours = || {
        let mut map = sorted::Map::<u64, u64>::default();
        steps.iter().for_each(|key| *map.or_insert_with(*key, || 0) += *key);
        map.iter().map(|(_, sum)| sum).sum()
    };
    let theirs = || {
        let mut map = BTreeMap::<u64, u64>::new();
        steps.iter().for_each(|key| *map.entry(*key).or_insert(0) += *key);
        map.values().sum()
    };
    beside(&format!("sorted::Map, {keys} keys, beside BTreeMap"), ours, theirs);
}

/// Keys that come in order, as versions do, and are looked up later.
fn maps_in_order() {
    let ours = || {
        let mut map = sorted::Map::<u64, u64>::default();
        (0..10_000).for_each(|key| *map.or_insert_with(key, || 0) = key);
        (0..10_000).filter_map(|key| map.get(key)).sum()
    };
    let theirs = || {
        let map: BTreeMap<u64, u64> = (0..10_000).map(|key| (key, key)).collect();
        (0..10_000).filter_map(|key| map.get(&key)).sum()
    };
    beside("sorted::Map, 10,000 keys in order, beside BTreeMap", ours, theirs);
}

/// Operations and keys, by the numbers that they were given in order.
fn by_numbers() {
    let asked: Vec<usize> = numbers(10_000, 2_000).into_iter().filter_map(|number| usize::try_from(number).ok()).collect();
    let ours = || {
        let mut map = ByNumber::<u64>::default();
        asked.iter().for_each(|number| *map.place(*number).get_or_insert(0) += 1);
        asked.iter().filter_map(|number| map.get(*number)).sum()
    };
    let theirs = || {
        let mut map = BTreeMap::<usize, u64>::new();
        asked.iter().for_each(|number| *map.entry(*number).or_insert(0) += 1);
        asked.iter().filter_map(|number| map.get(number)).sum()
    };
    beside("ByNumber, 2,000 numbers, beside BTreeMap", ours, theirs);
}

/// A run's findings or its script, in order of time.
fn sorts() {
    let items: Vec<[u64; 6]> = numbers(1_000, 1_000_000).into_iter().map(|number| [number; 6]).collect();
    let first = |items: &[[u64; 6]]| items.iter().enumerate().map(|(n, item)| n as u64 * item[0]).sum();
    let ours = || first(&sorted::by_key(items.clone(), |item| (item[0], 0)));
    let theirs = || {
        let mut items = items.clone();
        items.sort_by_key(|item| (item[0], 0_u64));
        first(&items)
    };
    beside("sorted::by_key, 1,000 items, beside sort_by_key", ours, theirs);
    let few = numbers(40, 12);
    let ours = || sorted::set(few.iter().copied()).into_iter().sum();
    let theirs = || few.iter().copied().collect::<BTreeSet<u64>>().into_iter().sum();
    beside("sorted::set, 12 of 40, beside BTreeSet", ours, theirs);
}

/// The slots of an event queue of which a copy is kept every 2,048 changes, as a run does for its checkpoints.
fn copies() {
    const CHUNKS: usize = 64;
    let changes: Vec<usize> =
        numbers(20_480, (CHUNKS * CHUNK) as u64).into_iter().filter_map(|n| usize::try_from(n).ok()).collect();
    let ours = || {
        let mut list = Chunks::<[u64; 8], CHUNK>::default();
        (0..CHUNKS).for_each(|_| list.add(|n| [n as u64; 8]));
        let mut kept = Vec::new();
        for (n, place) in changes.iter().enumerate() {
            if n % 2_048 == 0 {
                list.share();
                kept.push(list.clone());
            }
            if let Some(item) = list.get_mut(*place) {
                item[0] += 1;
            }
        }
        kept.iter().chain([&list]).flat_map(Chunks::iter).map(|item| item[0]).sum()
    };
    let theirs = || {
        let chunk = |number: usize| Arc::new((number * CHUNK..(number + 1) * CHUNK).map(|n| [n as u64; 8]).collect::<Vec<_>>());
        let mut list: Vec<Arc<Vec<[u64; 8]>>> = (0..CHUNKS).map(chunk).collect();
        let mut kept = Vec::new();
        for (n, place) in changes.iter().enumerate() {
            if n % 2_048 == 0 {
                kept.push(list.clone());
            }
            Arc::make_mut(&mut list[place / CHUNK])[place % CHUNK][0] += 1;
        }
        kept.iter().chain([&list]).flatten().flat_map(|chunk| chunk.iter()).map(|item| item[0]).sum()
    };
    beside("Chunks, a copy every 2,048 changes, beside Arc::make_mut", ours, theirs);
}

fn main() {
    [4, 16, 256].into_iter().for_each(maps);
    maps_in_order();
    by_numbers();
    sorts();
    copies();
}
