//! The store as a library: `Leader`, `Follower`, `ReadRouter` and `Network`, for programs that await.
//!
//! It is thin: every handle works on the same simulation that the scenarios use, with the same log, the same protocol and the same
//! checkers. What it adds is virtual time for asynchronous programs. All futures are `Send + Sync + 'static` and run on any
//! executor, natively and in a browser, and whatever the executor, the same program takes the same course. The chapter
//! that it follows is DDIA 2e, ch. 6; the session guarantees are those of Terry et al. (PDIS 1994).
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use replicated_telemetry_store::{Follower, Leader, Network, ReadMode, ReadRouter};
//!
//! let network = Arc::new(Network::new());
//! let leader = Arc::new(Leader::new("leader".into(), network.clone()));
//! let f1 = Arc::new(Follower::new("f1".into(), network.clone()));
//! leader.add_async_follower("f1");
//! network.inject_lag("leader", "f1", Duration::from_secs(5));
//! let router = ReadRouter::new(leader.clone(), vec![f1.clone()]);
//! let program = async {
//!     let lsn = leader.write("position".into(), b"42".to_vec()).await.expect("no follower is waited for");
//!     router.record_session_write("alice", lsn);
//!     assert_eq!(router.read("position", ReadMode::AnyFollower).await, None);
//!     let alice = ReadMode::SessionConsistent { session_id: "alice".into() };
//!     assert_eq!(router.read("position", alice).await, Some(b"42".to_vec()));
//! };
//! futures::executor::block_on(futures::future::select(Box::pin(f1.run()), Box::pin(program)));
//! assert_eq!(network.findings()[0].kind(), "read-your-writes");
//! ```
//!
//! What is *not* promised: that sleeps which end in the same microsecond end in one order when the tasks that sleep were spawned
//! onto several threads and have done nothing to tell them apart. A program whose tasks wait for each other by other means
//! (channels, a lock) for longer than some milliseconds on several threads may find that time has moved meanwhile.

mod advance;
mod cluster;
mod error;
mod findings;
mod follower;
mod leader;
mod leaderless;
mod links;
mod local;
mod multi_leader;
mod network;
mod node;
mod operation;
mod pace;
mod power;
mod read_router;
mod request;
mod sessions;
mod shared;
mod simulated;
mod waiting;

pub use error::{Reason, WriteError};
pub use findings::{Judgement, LostWrite, Operation};
pub use follower::Follower;
pub use leader::Leader;
pub use leaderless::{Leaderless, Quorum};
pub use multi_leader::{MultiLeader, OnConflict};
pub use network::Network;
pub use read_router::{ReadMode, ReadRouter};
pub use simulated::{NodeDown, Simulated, SimulatedNode};
