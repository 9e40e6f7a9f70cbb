//! Replicated data you can watch, check and replay.

#[cfg(target_arch = "wasm32")]
pub mod app;
pub mod check;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod cli;
pub mod client;
pub mod explain;
pub mod history;
pub mod kernel;
pub mod log;
pub mod lsn;
pub mod network;
pub mod player;
pub mod presets;
pub mod protocol;
pub mod rng;
pub mod router;
pub mod run;
pub mod sabotage;
pub mod scenario;
pub mod session;
pub mod share;
pub mod simulation;
pub mod store;
pub mod time;
pub mod trace;
pub mod transcript;
pub mod view;

pub use lsn::Lsn;
pub use store::{Follower, Leader, Network, ReadMode, ReadRouter, WriteError};
