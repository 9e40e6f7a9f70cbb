//! What the programs that work beside the page have in common: each starts one function of [`crate::worker`], and natively says that it runs
//! in a browser only. Their files name the function and nothing else.

/// The whole of such a program: its allocator and its start.
#[doc(hidden)]
#[macro_export]
macro_rules! browser_program {
    ($start:ident) => {
        /// Half the code of the standard allocator for wasm32, in constant time: two-level segregated fit (Masmano et al. 2004).
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static ALLOCATOR: rlsf::GlobalTlsf = rlsf::GlobalTlsf::new();

        #[cfg(target_arch = "wasm32")]
        fn main() {
            $crate::worker::$start();
        }

        #[cfg(not(target_arch = "wasm32"))]
        fn main() -> std::process::ExitCode {
            use std::io::Write;

            // If this cannot be written, the exit status still says that nothing was done.
            drop(writeln!(std::io::stderr(), "error: this program runs in a browser, as a part of the lab"));
            std::process::ExitCode::from(2)
        }
    };
}
