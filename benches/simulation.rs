//! The telemetry pipeline at 10 kHz beside its aims: how many simulated seconds a second of processor time computes, and how long it takes
//! to go to any moment of a run, short or long.
//!
//! Others use the machine as well: what is measured is processor time where the system tells it (Linux), and else the clock's. `short` leaves
//! out the seeks, for profilers.

/// The browser has its own entry: the test `the_kernel_does_the_same_work_here`.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
#[expect(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints; the simulation does not"
)]
fn main() {
    use std::hint::black_box;
    use std::time::{Duration, Instant};

    use replicated_telemetry_store::presets::Preset;
    use replicated_telemetry_store::rng::Rng;
    use replicated_telemetry_store::run::Run;
    use replicated_telemetry_store::scenario::Plan;
    use replicated_telemetry_store::simulation::Simulation;
    use replicated_telemetry_store::time::{SimDuration, SimTime};
    use replicated_telemetry_store::trace::Trace;

    /// The preset with three followers, going on for so long.
    fn plan(seconds: u64) -> Plan {
        let mut scenario = Preset::named("telemetry-pipeline").expect("it is a preset").scenario();
        scenario.until = SimDuration::secs(seconds);
        scenario.workload[0].to = None;
        Plan::new(&scenario).expect("the preset can be run")
    }

    /// The processor time that this program has used. The system counts it up some hundred times a second.
    fn used() -> Option<Duration> {
        let told = std::fs::read_to_string("/proc/self/schedstat").ok()?;
        told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    }

    /// The mean time of many runs.
    fn mean(runs: u32, mut work: impl FnMut()) -> Duration {
        let (clock, before) = (Instant::now(), used());
        (0..runs).for_each(|_| work());
        let used = used().zip(before).map(|(after, before)| after - before);
        used.unwrap_or_else(|| clock.elapsed()) / runs
    }

    /// The best time of a few runs, by the clock: for what takes less than the system's own counting.
    fn best(mut work: impl FnMut()) -> Duration {
        let times = (0..5).map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        });
        times.min().unwrap_or_default()
    }

    let second = plan(1);
    let recorded = mean(40, || {
        let (mut simulation, mut trace) = (Simulation::new(&second), Trace::default());
        simulation.run_until(SimTime(1_000_000), &mut trace);
        black_box(trace.digest);
    });
    let checked = mean(40, || drop(black_box(Run::of_plan(second.clone()))));
    let per_second = |time: Duration| 1_000_000_000 / time.as_nanos().max(1);
    println!("pipeline: {} simulated seconds per second of processor time, recorded", per_second(recorded));
    println!("pipeline: {} with checkpoints and checks (aim: at least 100)", per_second(checked));
    let run = Run::of_plan(second.clone());
    let (trace, events) = (&run.trace, run.end.events());
    let bytes = size_of_val(&trace.records[..]) + size_of_val(&trace.ops[..]) + size_of_val(&trace.steps[..]);
    let bytes = bytes + size_of_val(&trace.events[..]);
    println!("pipeline: {events} events, {} records, {} bytes of trace per event", trace.records.len(), bytes as u64 / events);
    if std::env::args().any(|word| word == "short") {
        return;
    }
    // After 25 seconds the record of a run is nearly full.
    for seconds in [1, 5, 25] {
        const SEEKS: u32 = 500;
        let run = Run::of_plan(plan(seconds));
        let mut rng = Rng::new(seconds);
        let moments: Vec<SimTime> = (0..SEEKS).map(|_| SimTime(rng.below(seconds * 1_000_000))).collect();
        let all = mean(3, || moments.iter().for_each(|at| drop(black_box(run.state_at(*at)))));
        let longest = moments.iter().map(|at| best(|| drop(black_box(run.state_at(*at))))).max().unwrap_or_default();
        println!(
            "seek: {} us on average, {} at the longest, in a run of {seconds} s with {} records (aim: at most 200)",
            (all / SEEKS).as_micros(),
            longest.as_micros(),
            run.trace.records.len()
        );
    }
}
