//! The program: in the browser it mounts the labs of the page; natively it is the command line.

#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
fn main() -> std::process::ExitCode {
    replicated_telemetry_store::cli::main()
}

#[cfg(all(not(feature = "cli"), not(target_arch = "wasm32")))]
fn main() -> std::process::ExitCode {
    use std::io::Write;

    // If this cannot be written, the exit status still says that nothing was done.
    drop(writeln!(std::io::stderr(), "error: this program was built without its command line, the feature 'cli'"));
    std::process::ExitCode::from(2)
}

/// Half the code of the standard allocator for wasm32, in constant time: two-level segregated fit (Masmano et al. 2004).
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf = rlsf::GlobalTlsf::new();

#[cfg(target_arch = "wasm32")]
fn main() {
    replicated_telemetry_store::page::start();
}
