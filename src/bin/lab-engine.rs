//! The program that the page starts as a worker at once: it runs scenarios of the first family, and says what is to be drawn and read.

/// Half the code of the standard allocator for wasm32, in constant time: two-level segregated fit (Masmano et al. 2004).
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf = rlsf::GlobalTlsf::new();

#[cfg(target_arch = "wasm32")]
fn main() {
    replicated_telemetry_store::worker::engine();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;

    // If this cannot be written, the exit status still says that nothing was done.
    drop(writeln!(std::io::stderr(), "error: this program runs in a browser, as a part of the lab"));
    std::process::ExitCode::from(2)
}
