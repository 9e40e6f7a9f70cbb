//! The program that the page starts as a worker when the first experiment is asked for.

#[cfg(target_arch = "wasm32")]
fn main() {
    replicated_telemetry_store::worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;

    // If this cannot be written, the exit status still says that nothing was done.
    drop(writeln!(std::io::stderr(), "error: this program runs in a browser, as a part of the lab"));
    std::process::ExitCode::from(2)
}
