//! The kernel's time, natively, in the one line that the browser test prints as well: `cargo xtask speed` divides the two.

/// The browser has its own entry: the test `the_kernel_does_the_same_work_here`.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::disallowed_types, reason = "a benchmark reads the clock; the simulation does not")]
fn main() {
    use std::io::Write;
    use std::time::Instant;

    use replicated_telemetry_store::kernel;

    const EVENTS: u64 = 200_000;
    let mut best = u128::MAX;
    let mut done = kernel::run(1_000);
    for _ in 0..5 {
        let start = Instant::now();
        done = kernel::run(EVENTS);
        best = best.min(start.elapsed().as_nanos());
    }
    let tenths = best * 10 / u128::from(EVENTS);
    let line = format!("kernel: {}.{} ns/event over {} events, digest {}", tenths / 10, tenths % 10, done.events, done.digest);
    writeln!(std::io::stdout(), "{line}").expect("the line can be printed");
}
