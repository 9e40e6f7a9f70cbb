//! Counters, sets and maps beside those of `crdts`.

use std::hint::black_box;

use crdts::{CmRDT, CvRDT, Map, Orswot};
use replicated_telemetry_store::crdt::{Crdt, GCounter, MvMap, MvRegister, OrSet, OrSetOptimised, PnCounter, StateBased};

use super::measure::{alone, line, median};

const RUNS: usize = 15;

/// Two counters with the same replicas, each of which one of them has seen count further.
fn dense(replicas: u64) -> (GCounter<u64>, GCounter<u64>) {
    let (mut a, mut b) = (GCounter::new(), GCounter::new());
    for id in 0..replicas {
        a.increment(&id, 1 + id % 7).expect("a small count");
        b.increment(&id, 1 + id % 5).expect("a small count");
    }
    (a, b)
}

pub(crate) fn counters() {
    for replicas in [100, 10_000, 1_000_000] {
        let (ours, other) = dense(replicas);
        let time = median(RUNS, || ours.clone(), |counter| counter.merge(black_box(&other)));
        // What a machine needs at least: the same bytes, read and written.
        let bytes: Vec<(u64, u64)> = (0..replicas).map(|id| (id, id % 7)).collect();
        let memory = median(RUNS, || bytes.clone(), |copy| copy.copy_from_slice(black_box(&bytes)));
        line(
            &format!("G-Counter of {replicas} replicas, merge, per entry"),
            replicas.into(),
            time,
            "a copy of its bytes",
            memory,
        );
        if replicas <= 10_000 {
            let (mut a, mut b) = (crdts::GCounter::new(), crdts::GCounter::new());
            for id in 0..replicas {
                let steps = [(&mut a, 1 + id % 7), (&mut b, 1 + id % 5)];
                steps.into_iter().for_each(|(counter, n)| counter.apply(counter.inc_many(id, n)));
            }
            let theirs = median(RUNS, || (a.clone(), b.clone()), |(a, b)| a.merge(std::mem::take(b)));
            line(&format!("G-Counter of {replicas} replicas, merge, per entry"), replicas.into(), time, "crdts", theirs);
        }
    }
    let time = median(RUNS, PnCounter::new, |counter: &mut PnCounter<u64>| {
        for step in 0..10_000 {
            counter.increment(&(step % 8), 1).expect("a small count");
        }
    });
    let theirs = median(RUNS, crdts::PNCounter::new, |counter: &mut crdts::PNCounter<u64>| {
        for step in 0..10_000 {
            counter.apply(counter.inc(step % 8));
        }
    });
    line("PN-Counter of 8 replicas, increment", 10_000, time, "crdts", theirs);
}

fn set_of(id: u64, from: u64, to: u64) -> OrSetOptimised<u64, u64> {
    let mut set = OrSetOptimised::new();
    (from..to).for_each(|element| set.add(&id, element).expect("a short history"));
    set
}

fn orswot_of(id: u64, from: u64, to: u64) -> Orswot<u64, u64> {
    let mut set = Orswot::new();
    (from..to).for_each(|element| set.apply(set.add(element, set.read_ctx().derive_add_ctx(id))));
    set
}

pub(crate) fn sets() {
    for size in [1_000, 100_000] {
        let ours = median(RUNS, || (), |()| drop(black_box(set_of(1, 0, size))));
        // Each context that is read is a copy of the clock; `crdts` has no addition without one.
        let theirs = median(3, || (), |()| drop(black_box(orswot_of(1, 0, size))));
        line(&format!("OrSetOptimised of {size}, add"), size.into(), ours, "crdts Orswot", theirs);
        let tombstones = median(RUNS, OrSet::new, |set: &mut OrSet<u64, u64>| {
            (0..size).for_each(|element| set.add(&1, element).expect("a short history"));
        });
        alone(&format!("OrSet of {size}, add"), size.into(), tombstones);

        let same = (set_of(1, 0, size), orswot_of(1, 0, size));
        let ours = median(RUNS, || same.0.clone(), |set| set.merge(&same.0));
        let theirs = median(RUNS, || (same.1.clone(), same.1.clone()), |(a, b)| a.merge(std::mem::take(b)));
        line(&format!("OrSetOptimised of {size}, merge of equal ones"), size.into(), ours, "crdts Orswot", theirs);

        let half = size / 2;
        let (a, b) = (set_of(1, 0, size), set_of(2, half, size + half));
        let (theirs_a, theirs_b) = (orswot_of(1, 0, size), orswot_of(2, half, size + half));
        let ours = median(RUNS, || a.clone(), |set| set.merge(&b));
        let theirs = median(RUNS, || (theirs_a.clone(), theirs_b.clone()), |(a, b)| a.merge(std::mem::take(b)));
        line(&format!("OrSetOptimised of {size}, merge of half others"), size.into(), ours, "crdts Orswot", theirs);

        let mut changed = a.clone();
        let delta = changed.add_delta(&1, size + 7).expect("a short history");
        let added = median(RUNS, || a.clone(), |set| set.merge(&delta));
        alone(&format!("OrSetOptimised of {size}, merge of the delta of an addition"), 1, added);
        let delta = changed.remove_delta(&half).expect("an element");
        let removed = median(RUNS, || a.clone(), |set| set.merge(&delta));
        alone(
            &format!("OrSetOptimised of {size}, merge of the delta of a removal, per element that is there"),
            size.into(),
            removed,
        );
    }
}

pub(crate) fn maps() {
    let time = median(RUNS, MvRegister::new, |register: &mut MvRegister<u64, u64>| {
        (0..10_000).for_each(|value| register.assign(&1, value).expect("a short history"));
    });
    let theirs = median(RUNS, crdts::MVReg::new, |register: &mut crdts::MVReg<u64, u64>| {
        for value in 0..10_000 {
            let context = register.read_ctx().derive_add_ctx(1);
            register.apply(register.write(value, context));
        }
    });
    line("MvRegister, assign", 10_000, time, "crdts MVReg", theirs);

    let ours = |from: u64, id: u64| {
        let mut map: MvMap<u64, u64, u64> = MvMap::new();
        (from..from + 10_000).for_each(|key| map.update(&id, key, key).expect("a short history"));
        map
    };
    let theirs = |from: u64, id: u64| {
        let mut map: Map<u64, crdts::MVReg<u64, u64>, u64> = Map::new();
        for key in from..from + 10_000 {
            let context = map.read_ctx().derive_add_ctx(id);
            map.apply(map.update(key, context, |register, context| register.write(key, context)));
        }
        map
    };
    let (time, other) = (median(RUNS, || (), |()| drop(ours(0, 1))), median(RUNS, || (), |()| drop(theirs(0, 1))));
    line("MvMap of 10000 keys, update", 10_000, time, "crdts Map", other);
    let (a, b) = (ours(0, 1), ours(5_000, 2));
    let (theirs_a, theirs_b) = (theirs(0, 1), theirs(5_000, 2));
    let time = median(RUNS, || a.clone(), |map| map.merge(&b));
    let other = median(RUNS, || (theirs_a.clone(), theirs_b.clone()), |(a, b)| a.merge(std::mem::take(b)));
    line("MvMap of 10000 keys, merge of half others", 10_000, time, "crdts Map", other);
    let mut joined = a;
    joined.merge(&b);
    assert_eq!(joined.value().len(), 15_000, "all keys are there");
}
