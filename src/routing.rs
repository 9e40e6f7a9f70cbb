//! A router over anything that has one leader and followers: which node a read may go to, and what a session has to find there.
//!
//! What it routes to is a [`Backend`]: a few questions to nodes, and connections that carry out what the caller asks for. The simulated
//! store ([`crate::store`]) is one, PostgreSQL another. What a session knows is a [`Session`], one token `(epoch, LSN)` for each
//! cluster, which can be carried as text. Whether a node may answer is decided by pure functions ([`demand`]) from the token, from
//! what the node says of itself, and from the history of epochs; the router asks, and never guesses.
//!
//! The guarantees are those of Terry et al., "Session guarantees for weakly consistent replicated data" (PDIS 1994). That a token beyond the
//! switchpoint of its epoch is lost, and not reached, is the rule of [`crate::lsn::barrier`].

mod backend;
pub mod demand;
mod error;
mod lent;
mod policy;
mod router;
mod session;
mod view;

pub use backend::{Backend, Notice, Role, Standing};
pub use error::{Declined, Failure, Place, RoutingError};
pub use lent::Lent;
pub use policy::{Bound, OnBehind, ReadPolicy, Step, plan};
pub use router::{Patience, Router};
pub use session::{CLUSTERS_MAX, ClusterId, Served, Session, SessionTextError, TEXT_MAX};
