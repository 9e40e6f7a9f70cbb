//! The kernel's time, natively, in the one line that the browser test prints as well: `cargo xtask speed` divides the two.
//!
//! With `operations N` it does so many operations of the workload instead, and prints the line of the anchors beside which it is measured
//! (`benches/anchors`): the same workload in JavaScript, SimPy, turmoil and madsim.

/// The browser has its own entry: the test `the_kernel_does_the_same_work_here`.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    let words: Vec<String> = std::env::args().skip_while(|word| word != "operations").collect();
    match words.get(1).map(|number| number.parse()) {
        None => native::events(),
        Some(Ok(operations)) => native::operations(operations),
        Some(Err(error)) => panic!("`{}` is no number of operations: {error}", words[1]),
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[expect(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints; the simulation does not"
)]
mod native {
    use std::time::Instant;

    use replicated_telemetry_store::kernel::{self, Done};

    /// What one run of some work does, and the best time of several, in nanoseconds.
    fn best(runs: u32, work: impl Fn() -> Done) -> (Done, u128) {
        let (mut best, mut done) = (u128::MAX, work());
        for _ in 0..runs {
            let start = Instant::now();
            done = work();
            best = best.min(start.elapsed().as_nanos());
        }
        (done, best)
    }

    pub(super) fn events() {
        const EVENTS: u64 = 200_000;
        let (done, best) = best(5, || kernel::run(EVENTS));
        let tenths = best * 10 / u128::from(EVENTS);
        println!("kernel: {}.{} ns/event over {} events, digest {}", tenths / 10, tenths % 10, done.events, done.digest);
    }

    pub(super) fn operations(operations: u32) {
        let (done, best) = best(7, || kernel::run_operations(operations));
        println!("anchor: {} delivered, {} records, {best} ns", done.delivered, done.records);
    }
}
