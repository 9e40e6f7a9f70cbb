//! How fast runs are computed. `cargo bench`; the last group prints what memory the records take.

/// The browser has its own entry: the test `the_kernel_does_the_same_work_here`.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    native::simulation();
    criterion::Criterion::default().configure_from_args().final_summary();
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::hint::black_box;
    use std::time::Duration;

    use criterion::{BatchSize, Criterion, Throughput, criterion_group};
    use replicated_telemetry_store::kernel;
    use replicated_telemetry_store::presets::Preset;
    use replicated_telemetry_store::rng::Rng;
    use replicated_telemetry_store::run::Run;
    use replicated_telemetry_store::scenario::{Plan, Scenario};
    use replicated_telemetry_store::simulation::Simulation;
    use replicated_telemetry_store::time::{SimDuration, SimTime};
    use replicated_telemetry_store::trace::{Record, Trace};

    /// One simulated second of the 10 kHz pipeline with three followers.
    fn pipeline() -> Scenario {
        let mut scenario = Preset::named("telemetry-pipeline").expect("it is a preset").scenario();
        scenario.until = SimDuration::secs(1);
        scenario.workload[0].to = None;
        scenario
    }

    fn events(c: &mut Criterion) {
        const EVENTS: u64 = 100_000;
        let mut group = c.benchmark_group("kernel");
        group.throughput(Throughput::Elements(EVENTS));
        group.bench_function("event, recorded", |b| b.iter(|| kernel::run(black_box(EVENTS))));
        group.finish();
    }

    fn pipeline_speed(c: &mut Criterion) {
        let plan = Plan::new(&pipeline()).expect("the preset can be run");
        let mut group = c.benchmark_group("pipeline, 1 simulated second");
        group.bench_function("simulate and record", |b| {
            b.iter(|| {
                let (mut simulation, mut trace) = (Simulation::new(&plan), Trace::default());
                simulation.run_until(SimTime(1_000_000), &mut trace);
                trace.digest
            });
        });
        group.bench_function("run, with checkpoints and checks", |b| {
            b.iter_batched(|| plan.clone(), Run::of_plan, BatchSize::LargeInput);
        });
        let run = Run::of_plan(plan.clone());
        let mut rng = Rng::new(1);
        group.bench_function("go to a random moment", |b| b.iter(|| run.state_at(SimTime(rng.below(1_000_000)))));
        group.finish();
        let (records, ops) = (run.trace.records.len(), run.trace.ops.len());
        let bytes = size_of_val(&run.trace.records[..]) + size_of_val(&run.trace.ops[..]) + size_of_val(&run.trace.steps[..]);
        let happened = run.end.events();
        eprintln!(
            "pipeline: {happened} events, {records} records of {} bytes, {ops} operations, {} bytes of trace per event",
            size_of::<Record>(),
            bytes as u64 / happened
        );
    }

    criterion_group! {
        name = simulation;
        config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
        targets = events, pipeline_speed
    }
}
