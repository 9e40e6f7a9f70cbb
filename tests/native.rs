//! All native tests, in one program: what each of them is about stands in the file of its name.
//!
//! One program is compiled and linked once, where one for each file took most of the time of a build. A file is chosen by its name,
//! `cargo test --test native judge::`. A new one stands beside the others, with a line here, without which `tidy` fails.
#![cfg(not(target_arch = "wasm32"))]

// What several files share.
mod dice;
mod digests;
mod run_support;
mod store_support;

mod acknowledgement;
mod bounds;
mod cause;
mod check;
mod check_agreement;
mod check_words;
mod cli;
mod cli_leaders;
mod cli_pbs;
mod compare;
mod consistent_prefix;
mod constraints;
mod crdt;
mod crdt_lab;
mod engine;
mod export;
mod export_leaders;
mod external_histories;
mod failover;
mod first_paint;
mod import;
mod import_never_panics;
mod import_spellings;
mod judge;
mod leaderless;
mod links;
mod local_first;
mod log_formats;
mod matrix;
mod matrix_quorums;
mod monotonic_reads;
mod multi_leader;
mod new_followers;
mod partition_durability;
mod pbs;
mod pbs_and_runs;
mod pbs_questions;
mod properties;
mod questions;
mod read_after_write;
mod read_modes;
mod records;
mod refused;
mod routing;
mod scenarios;
mod search;
mod shrink;
mod stage;
mod store_executors;
mod store_leaderless;
mod store_multi_leader;
mod tidy;
mod version;
mod versions;
