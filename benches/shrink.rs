//! How long the smallest example of a finding takes: a scenario of two hundred inputs (operations, faults, delays), as somebody would bring
//! one. The goal is less than a second.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use replicated_telemetry_store::rng::Rng;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, Scenario, parse};
use replicated_telemetry_store::shrink::{Shrinker, size};

/// Four clients, five replicas, 160 operations, 20 faults with their ends, 20 links with delays of their own.
fn inputs() -> Scenario {
    const NODES: [&str; 5] = ["virginia", "frankfurt", "singapore", "sydney", "tokyo"];
    const CLIENTS: [&str; 4] = ["a", "b", "c", "d"];
    let mut rng = Rng::keyed(200, &[1]);
    let mut below = |n: usize| usize::try_from(rng.below(n as u64)).unwrap_or(0);
    let mut links = vec![r#"{ "from": "*", "to": "*", "latency": { "constant": "10ms" } }"#.to_owned()];
    for n in 0..20 {
        let (from, to) = (NODES[n % 5], NODES[(n + 1 + n / 5) % 5]);
        links.push(format!(r#"{{ "from": "{from}", "to": "{to}", "latency": {{ "constant": "{}ms" }} }}"#, 20 + below(200)));
    }
    let mut script = Vec::new();
    for n in 0..160 {
        let (at, client, key) = (100 + 40 * n, CLIENTS[below(4)], below(2));
        script.push(if below(2) == 0 {
            format!(r#"{{ "at": "{at}ms", "do": {{ "write": {{ "client": "{client}", "key": "k{key}", "value": {n} }} }} }}"#)
        } else {
            format!(r#"{{ "at": "{at}ms", "do": {{ "read": {{ "client": "{client}", "key": "k{key}" }} }} }}"#)
        });
    }
    for n in 0..10 {
        let (at, node) = (200 + 600 * n, NODES[1 + below(4)]);
        let (begin, end) = if below(2) == 0 { ("pause", "resume") } else { ("crash", "restart") };
        script.push(format!(r#"{{ "at": "{at}ms", "do": {{ "{begin}": {{ "node": "{node}" }} }} }}"#));
        script.push(format!(r#"{{ "at": "{}ms", "do": {{ "{end}": {{ "node": "{node}" }} }} }}"#, at + 300));
    }
    let clients: Vec<String> = CLIENTS.iter().map(|name| format!(r#"{{ "name": "{name}" }}"#)).collect();
    let text = format!(
        r#"{{ "version": 1, "seed": 1, "until": "8s", "read": {{ "mode": "any-follower" }}, "shards": [{{ "name": "s", "leader": "virginia",
        "followers": ["frankfurt", "singapore", "sydney", "tokyo"] }}], "clients": [{}], "links": [{}], "script": [{}] }}"#,
        clients.join(", "),
        links.join(", "),
        script.join(", ")
    );
    parse(&text).unwrap_or_else(|error| panic!("{error}"))
}

fn smallest(c: &mut Criterion) {
    let scenario = inputs();
    let mut group = c.benchmark_group("smallest example");
    group.sample_size(10);
    let run = Run::of(&scenario).unwrap_or_else(|error| panic!("{error}"));
    assert!(!run.findings.is_empty(), "there is something to show");
    for kind in Anomaly::ALL.into_iter().filter(|kind| run.findings.iter().any(|finding| finding.anomaly() == *kind)) {
        let mut shrinker = Shrinker::new(&scenario, kind);
        let runs = shrinker.step(u64::MAX).tried;
        let smallest = shrinker.finish().unwrap_or_else(|| panic!("{} is found", kind.name()));
        eprintln!("{}: from {} parts to {} in {runs} runs", kind.name(), size(&scenario), size(&smallest));
        group.bench_function(kind.name(), |b| {
            b.iter_batched(|| Shrinker::new(&scenario, kind), Shrinker::finish, BatchSize::PerIteration)
        });
    }
    group.finish();
}

criterion_group!(benches, smallest);
criterion_main!(benches);
