//! The sizes a scenario may have. Input comes from files and links that anybody may have written: what is too large is refused
//! with a message, before anything is allocated for it.

use crate::time::SimDuration;

/// The most nodes: replicas and clients together.
pub const NODES_MAX: usize = 64;
/// The most shards.
pub(super) const SHARDS_MAX: usize = 8;
/// The most events in a script.
pub const SCRIPT_MAX: usize = 10_000;
/// The most links, workloads and keys of a workload.
pub(super) const LIST_MAX: usize = 4_096;
/// The most different keys.
pub const KEYS_MAX: usize = 4_096;
/// The longest name of a node, shard or key, in bytes.
pub const NAME_MAX: usize = 64;
/// The longest value, in bytes.
pub(super) const VALUE_MAX: usize = 1_024;
/// The longest story, hint or title, in bytes.
pub(super) const PROSE_MAX: usize = 4_096;
/// The longest scenario file, in bytes.
pub const TEXT_MAX: usize = 1 << 20;
/// The latest end of a run.
pub const UNTIL_MAX: SimDuration = SimDuration::secs(3_600);
/// The highest rate of one workload, per second.
pub(super) const RATE_MAX: u32 = 100_000;
