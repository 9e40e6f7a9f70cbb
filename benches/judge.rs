//! How fast recorded histories are judged: each guarantee at a thousand, ten thousand and a hundred thousand operations of sixteen
//! clients, on a store that is right.

#[path = "judge/valid.rs"]
mod valid;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Model, Observed};

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

const ISOLATION: [Guarantee; 5] = [
    Guarantee::ReadCommitted,
    Guarantee::ReadAtomic,
    Guarantee::SnapshotIsolation,
    Guarantee::Serializable,
    Guarantee::StrictSerializable,
];

fn one(c: &mut Criterion, name: &str, guarantee: Guarantee, make: impl Fn(u32) -> Observed) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for size in SIZES {
        let history = make(size);
        let options = Options {
            guarantees: vec![guarantee],
            staleness_versions: Some(100),
            staleness_time: Some(1_000_000),
            ..Options::default()
        };
        let verdict = judge(&history, &options).verdicts.remove(0).1;
        assert_eq!(verdict, Verdict::Holds, "{name} of {size} operations");
        group.throughput(Throughput::Elements(u64::from(size)));
        group.bench_function(BenchmarkId::from_parameter(size), |b| b.iter(|| judge(&history, &options)));
    }
    group.finish();
}

fn guarantees(c: &mut Criterion) {
    for guarantee in Guarantee::of(Model::Register) {
        if guarantee != Guarantee::NoLostUpdates && !ISOLATION.contains(&guarantee) {
            one(c, &format!("registers, {}", guarantee.name()), guarantee, |size| valid::registers(size, 100));
        }
    }
    one(c, "registers with versions, linearizable", Guarantee::Linearizable, |size| valid::versioned(size, 100));
    one(c, "registers with versions, monotonic-reads", Guarantee::MonotonicReads, |size| valid::versioned(size, 100));
    one(c, "lists, linearizable", Guarantee::Linearizable, |size| valid::lists(size, size / 20));
    one(c, "compare-and-set, linearizable (search)", Guarantee::Linearizable, |size| valid::updates(size, 100));
    one(c, "compare-and-set, no-lost-updates", Guarantee::NoLostUpdates, |size| valid::updates(size, 100));
    one(c, "transactions, causal", Guarantee::Causal, |size| valid::transactions(size, 100));
    for guarantee in [Guarantee::ConsistentPrefix, Guarantee::Causal].into_iter().chain(ISOLATION) {
        one(c, &format!("list transactions, {}", guarantee.name()), guarantee, valid::list_transactions);
    }
}

criterion_group!(benches, guarantees);
criterion_main!(benches);
