//! Laws: comparing is a partial order, merging its least upper bound, exchanging a join; each with mutants that break it.

use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::versions::{Causality, DottedSet, VersionVector};

use super::random::{Trace, Value, run, steps};
use super::stores::{COMPARE_IGNORES_ONE, RIGHT, SYNC_KEEPS_COVERED, Store, UPDATE_REUSES_DOTS, Versions, ignoring_one};
use super::{all, found, many};

type Vector = VersionVector<u32>;

fn vectors(seed: u64) -> [Vector; 3] {
    let mut rng = Rng::keyed(seed, &[0x1A35]);
    std::array::from_fn(|_| (0..4).map(|id| (id, rng.below(3))).collect())
}

fn held(law: bool, name: &str, told: &impl std::fmt::Debug) -> Result<(), String> {
    if law { Ok(()) } else { Err(format!("{name}: {told:?}")) }
}

/// Reflexive, antisymmetric, transitive, and the definition itself: every counter is as large, or larger.
fn is_partial_order([a, b, c]: &[Vector; 3], compare: impl Fn(&Vector, &Vector) -> Causality) -> Result<(), String> {
    let told = &(a, b, c);
    let upto = |a: &Vector, b: &Vector| matches!(compare(a, b), Causality::Before | Causality::Equal);
    held(compare(a, a) == Causality::Equal, "reflexive", told)?;
    held((compare(a, b) == Causality::Equal) == (a == b), "antisymmetric", told)?;
    held(compare(a, b) == compare(b, a).reverse(), "the same from both sides", told)?;
    held(!upto(a, b) || !upto(b, c) || upto(a, c), "transitive", told)?;
    held(upto(a, b) == (0..4).all(|id| a.get(&id) <= b.get(&id)), "every counter", told)
}

fn merged(a: &Vector, b: &Vector) -> Vector {
    let mut merged = a.clone();
    merged.merge(b);
    merged
}

/// An upper bound, and smaller than any other one.
fn is_least_upper_bound([a, b, c]: &[Vector; 3], merge: impl Fn(&Vector, &Vector) -> Vector) -> Result<(), String> {
    let (told, both) = (&(a, b, c), merge(a, b));
    held(both.covers(a) && both.covers(b), "an upper bound", told)?;
    held(!c.covers(a) || !c.covers(b) || c.covers(&both), "the least", told)?;
    held(both == merge(b, a), "commutative", told)?;
    held(merge(&both, c) == merge(a, &merge(b, c)), "associative", told)?;
    held(merge(a, a) == *a, "idempotent", told)
}

#[test]
fn comparing_vectors_is_a_partial_order_and_merging_its_least_upper_bound() {
    let met = all("comparing_vectors", |seed| {
        let vectors = vectors(seed);
        is_partial_order(&vectors, VersionVector::compare)?;
        is_least_upper_bound(&vectors, merged)?;
        let [a, b, c] = &vectors;
        held(a.partial_cmp(b) == a.compare(b).ordering(), "partial_cmp", &(a, b))?;
        let mut more = a.clone();
        let number = more.increment(&2);
        held(number == a.get(&2) + 1 && more > *a && more.get(&2) == number, "an update comes after", &(a, more))?;
        let answer = |wanted: Causality| u64::from(a.compare(b) == wanted);
        let counts = [Causality::Before, Causality::After, Causality::Equal, Causality::Concurrent].map(answer);
        let bounded = u64::from(c.covers(&merged(a, b)));
        Ok([counts[0], counts[1], counts[2], counts[3], bounded])
    });
    assert!(!many() || met.iter().all(|count| *count > 10), "every answer is met, and bounds above both: {met:?}");
}

#[test]
fn mutants_of_vectors_break_a_law() {
    found("a comparison that ignores an id", |seed| is_partial_order(&vectors(seed), ignoring_one));
    let by_sum = |a: &Vector, b: &Vector| {
        let sum = |vector: &Vector| vector.iter().map(|(_, count)| count).sum::<u64>();
        Some(sum(a).cmp(&sum(b))).into()
    };
    found("a comparison of sums", |seed| is_partial_order(&vectors(seed), by_sum));
    let of_one_side = |a: &Vector, b: &Vector| {
        b.iter().filter(|(id, _)| a.get(*id) == 0).map(|(id, n)| (*id, n)).chain(a.iter().map(|(id, n)| (*id, n))).collect()
    };
    found("a merge that takes only new ids", |seed| is_least_upper_bound(&vectors(seed), of_one_side));
    let added = |a: &Vector, b: &Vector| (0..4).map(|id| (id, a.get(&id) + b.get(&id))).collect();
    found("a merge that adds", |seed| is_least_upper_bound(&vectors(seed), added));
}

/// Commutative, associative, idempotent; and what a server had before a step adds nothing to what it has after it.
fn exchange_is_a_join<S: Store<Value, u32>>(trace: &Trace<S>) -> Result<(), String> {
    let sync = |a: &S, b: &S| {
        let mut both = a.clone();
        both.sync(b);
        both
    };
    let [a, b, c] = &trace.servers;
    let told = &trace.servers.iter().map(Store::read).collect::<Vec<_>>();
    held(sync(a, b) == sync(b, a), "commutative", told)?;
    held(sync(&sync(a, b), c) == sync(a, &sync(b, c)), "associative", told)?;
    held(sync(a, a) == *a, "idempotent", told)?;
    held(sync(&sync(a, b), b) == sync(a, b), "absorbing", told)?;
    for (before, after) in &trace.growth {
        let told = &(before.read(), after.read());
        held(sync(before, after) == *after && sync(after, before) == *after, "what was known before is known", told)?;
    }
    Ok(())
}

#[test]
fn exchanging_sets_is_commutative_associative_and_idempotent() {
    let met = all("exchanging_sets", |seed| {
        let mut trace = run::<DottedSet<Value, u32>>(seed)?;
        // Who reconciles differently than others for a second time takes back what an exchange would bring again.
        trace.growth.retain(|(before, after)| {
            before.anonymous().len() == 0 || after.anonymous().len() == 0 || before.context() != after.context()
        });
        exchange_is_a_join(&trace)?;
        Ok([
            trace.servers.iter().filter(|server| server.len() > 1).count() as u64,
            trace.servers.iter().filter(|server| server.anonymous().len() > 0).count() as u64,
        ])
    });
    assert!(!many() || met.iter().all(|count| *count > 500), "sets with siblings, and with anonymous values: {met:?}");
}

#[test]
fn exchanging_dotted_versions_is_commutative_associative_and_idempotent() {
    all("exchanging_dotted_versions", |seed| exchange_is_a_join(&run::<Versions<Value, u32, RIGHT>>(seed)?).map(|()| [0; 0]));
}

/// The steps of a seed, whatever comes of them.
fn unchecked<S: Store<Value, u32>>(seed: u64) -> Trace<S> {
    let mut trace = Trace::new();
    for step in steps(seed) {
        let before: [S; 3] = trace.servers.clone();
        let server = trace.take(step);
        trace.growth.push((before[server].clone(), trace.servers[server].clone()));
    }
    trace
}

#[test]
fn mutants_of_the_exchange_break_a_law() {
    found("a sync that keeps covered values", |seed| {
        exchange_is_a_join(&unchecked::<Versions<Value, u32, SYNC_KEEPS_COVERED>>(seed))
    });
    found("an update that reuses dots", |seed| exchange_is_a_join(&unchecked::<Versions<Value, u32, UPDATE_REUSES_DOTS>>(seed)));
    found("a comparison that ignores an id", |seed| {
        exchange_is_a_join(&unchecked::<Versions<Value, u32, COMPARE_IGNORES_ONE>>(seed))
    });
}
