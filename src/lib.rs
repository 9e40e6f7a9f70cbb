//! Replicated data you can watch, check and replay.
//!
//! One sentence holds the crate together: plain data in (a [`scenario`]) → a deterministic step function ([`simulation`]) → a
//! record of what happened ([`trace`]) → pure functions over the record, which check it ([`check`]), explain it ([`explain`]),
//! draw it ([`view`]) and print it ([`transcript`]). A [`run`] is all of that for one scenario.
//!
//! The same scenario gives the same trace digest natively and in every browser. Nothing here reads a clock or a random device.
//!
//! ```
//! use replicated_telemetry_store::presets::Preset;
//! use replicated_telemetry_store::router::ReadMode;
//! use replicated_telemetry_store::run::Run;
//!
//! let mut scenario = Preset::named("read-after-write").expect("a preset").scenario();
//! assert_eq!(Run::of(&scenario)?.findings.len(), 1); // the writer misses its own write
//! scenario.read.mode = ReadMode::SessionConsistent;
//! assert_eq!(Run::of(&scenario)?.findings.len(), 0); // the same delays, another read mode
//! # Ok::<(), replicated_telemetry_store::scenario::ScenarioError>(())
//! ```
//!
//! Programs and tests that want a store rather than a run use [`store`]: async handles named [`Leader`], [`Follower`],
//! [`ReadRouter`] and [`Network`] over one simulated cluster, where awaiting moves simulated time.
//!
//! Programs that replicate data of their own want [`versions`]: version vectors, dotted version vectors and sets, and logical clocks, for
//! ids of any type and without the laboratory; and [`crdt`], data that replicas change without asking each other.
//!
//! What no run is needed for stands beside: [`pbs`] says how soon reads of partial quorums see a write, by trials and closed forms.
//!
//! Every layer uses only those before it:
//! [`time`], [`rng`], [`network`] → [`lsn`], [`version`], [`log`], [`operation`], [`family`] → [`session`], [`router`], [`client`] → [`scenario`],
//! [`simulation`], [`trace`], [`history`], [`run`] → [`check`], [`explain`], [`transcript`] → [`view`], [`scene`], [`player`], [`share`] → [`engine`], which a page asks.

mod by_number;
pub mod cause;
pub mod check;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod cli;
pub mod client;
pub mod compare;
pub mod crdt;
pub mod engine;
pub mod experiment;
pub mod explain;
pub mod export;
pub mod family;
pub mod history;
pub mod import;
pub mod judge;
pub mod kernel;
pub mod log;
pub mod lsn;
pub mod matrix;
pub mod network;
pub mod observed;
pub mod operation;
#[cfg(target_arch = "wasm32")]
pub mod page;
pub mod pbs;
pub mod player;
mod plural;
#[cfg(all(feature = "postgres", not(target_arch = "wasm32")))]
pub mod postgres;
pub mod presets;
mod program;
pub mod property;
pub mod rng;
pub mod router;
pub mod routing;
pub mod run;
pub mod sabotage;
pub mod scenario;
pub mod scene;
pub mod search;
pub mod session;
pub mod share;
pub mod sheet;
pub mod shrink;
pub mod simulation;
mod sorted;
pub mod staleness;
pub mod statement;
pub mod store;
pub mod sweep;
pub mod systems;
pub mod time;
pub mod trace;
pub mod transcript;
pub mod version;
pub mod versions;
pub mod view;
pub mod volume;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use lsn::Lsn;
pub use store::{Follower, Leader, Leaderless, MultiLeader, Network, OnConflict, Quorum, ReadMode, ReadRouter, WriteError};
