//! Versions of replicated data for programs: version vectors, dots, dotted version vectors and sets, and logical clocks.
//!
//! The structures of optimistic replication, for any ids that are `Ord + Clone`; nothing here needs the laboratory. The laboratory's own
//! stamps stand in [`version`](crate::version): they number nodes, and checkers ask them one question.
//!
//! | structure | what it says | source |
//! | --- | --- | --- |
//! | [`Causality`] | how two versions stand to each other | Lamport 1978, "The partial ordering" |
//! | [`VersionVector`] | how many updates of each id are included | Parker et al. 1983; DeCandia et al. 2007, section 4.4 |
//! | [`DottedVersionVector`] | one update, and what its writer had seen | Preguiça et al. 2010 (arXiv 1011.5808), "Dotted version vectors" |
//! | [`DottedSet`] | all siblings of a key in one structure | Almeida et al. 2014, "Dotted version vector sets" |
//! | [`LamportClock`], [`HybridLogicalClock`] | a total order that extends happens-before | Lamport 1978; Kulkarni et al. 2014, Figure 5 |
//!
//! A version vector is not a vector clock, which has the same shape and stamps every event of a process (Fidge 1988, Mattern 1989); here only
//! updates count. With a counter for each *server*, a vector cannot tell apart two clients that write through one server without having seen
//! each other's write: it loses one of the writes, or invents a conflict. A dot names the one update by itself, outside of the vector.
//!
//! # A key with siblings
//!
//! A client reads values and their context, and sends the context along when it writes. What it had seen is replaced; what it had not seen
//! stays beside its value.
//!
//! ```
//! use replicated_telemetry_store::versions::{Causality, DottedSet, VersionVector};
//!
//! let mut cart = DottedSet::new(); // a key on the server "a"
//! let server = "a".to_string();
//! let nothing = VersionVector::new();
//!
//! cart.update(&nothing, "milk", &server);
//! let seen = cart.context(); // one client reads ...
//! cart.update(&nothing, "eggs", &server); // ... another one writes without having read ...
//! cart.update(&seen, "milk, flour", &server); // ... and the first one writes what it made of "milk"
//! assert_eq!(cart.values().collect::<Vec<_>>(), [&"milk, flour", &"eggs"]);
//!
//! let mut other = DottedSet::new(); // the same key on the server "b"
//! other.update(&seen, "milk, ham", &"b".to_string());
//! assert_eq!(cart.context().compare(&other.context()), Causality::Concurrent);
//! other.sync(&cart);
//! assert_eq!(other.len(), 3);
//!
//! let read = other.context(); // whoever has seen all siblings replaces them
//! other.update(&read, "milk, flour, eggs, ham", &"b".to_string());
//! cart.sync(&other);
//! assert_eq!(cart.values().collect::<Vec<_>>(), [&"milk, flour, eggs, ham"]);
//! ```
//!
//! # What these structures ask of who uses them
//!
//! - **An id is of one writer at a time**, and its counter is never set back. A node that is restored from an older state needs a new id: if
//!   it goes on under the old one it gives out dots again, and its writes get lost. [`check_own_id`] and [`DottedSet::contradictions`] find it.
//! - **A context comes from a read.** What it names counts as seen, even if nobody has written it.
//! - **A version of a vector is numbered from the server's own count**, not from what a client sent, as soon as vectors are
//!   [truncated](VersionVector::truncate).

mod causality;
mod dotted_set;
mod dotted_vector;
mod hybrid;
mod lamport;
mod reuse;
mod stored_set;
mod truncation;
mod vector;

use std::fmt;

pub use causality::Causality;
pub use dotted_set::DottedSet;
pub use dotted_vector::{Dot, DottedVersionVector};
pub use hybrid::{HybridClockError, HybridLogicalClock, HybridTime};
pub use lamport::LamportClock;
pub use reuse::{ReusedId, check_own_id};
pub use vector::VersionVector;

/// The largest counter that is read from outside: 2^63 - 1. Who counts on from there comes to no end, so what was read can be incremented.
pub const READ_MAX: u64 = u64::MAX >> 1;

/// A counter is at its end: another number would be an old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the counter is at {}, and has no number left", u64::MAX)
    }
}

impl std::error::Error for Exhausted {}

/// The number after this one.
fn next(count: u64) -> Result<u64, Exhausted> {
    count.checked_add(1).ok_or(Exhausted)
}
