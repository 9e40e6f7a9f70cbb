//! Conflict-free replicated data types: replicas change without asking each other, and agree once they have heard the same.
//!
//! Shapiro, Preguiça, Baquero and Zawirski, "A comprehensive study of convergent and commutative replicated data types" (INRIA RR-7506) and
//! "Conflict-free replicated data types" (SSS 2011), with the types that came after. Each is [`Crdt`]; what travels is a state
//! ([`StateBased`]), an operation ([`OpBased`], with the [`Delivery`] that it needs in its type), or a delta, which is a small state. Replicas are
//! named by anything that is `Ord + Clone`. A name must not be used again after a replica has lost what it counted (a restored backup):
//! its new updates would pass for old ones.
//!
//! | type | concurrent updates | it cannot | op-based form | needs |
//! | --- | --- | --- | --- | --- |
//! | [`GCounter`], [`PnCounter`] | all count | keep a bound on the total | [`OpCounter`] | any order, once |
//! | [`BoundedCounter`] | all count | spend rights that another replica holds | none | |
//! | [`LwwRegister`] | the largest time wins | know that a clock is wrong | itself | any order, once |
//! | [`MvRegister`] | all values are kept | choose one | [`OpMvRegister`] | causal, once |
//! | [`GSet`] | all are added | remove | itself | any order, once |
//! | [`TwoPhaseSet`] | removal wins | add again | itself; [`USet`] | any order, once; causal, once |
//! | [`LwwElementSet`] | the largest time wins, then the [`Bias`] | know that a clock is wrong | itself | any order, once |
//! | [`PnSet`] | all count | promise that what is added is there | itself | any order, once |
//! | [`OrSet`], [`OrSetOptimised`] | addition wins | bound its size | [`OpOrSet`] | causal, once |
//! | [`TwoPhaseGraph`] | removal of a vertex hides its edges | add again, stay acyclic | itself | any order, once |
//! | [`MonotonicDag`] | all are added, without an order | order what has none | itself | any order, once |
//! | [`AddRemovePartialOrder`] | removal leaves the order | forget | itself | any order, once |
//! | [`Rga`] | the newer stands nearer | keep apart what is typed backwards | itself | causal, once |
//! | [`TreeDoc`] | by timestamp, runs stay together | balance itself | itself | causal, once |
//! | [`MvMap`], [`OrMap`] | joined by what stands at the key; an update survives removal | move between keys | [`OpOrMap`] | causal, once |
//!
//! Deltas: `increment_delta`, `decrement_delta`, `add_delta`, `remove_delta`, `update_delta`, for the counters, both OR-Sets and the maps. They
//! are merged in any order and any number of times; those that come before their predecessors are remembered one by one
//! ([`CausalContext`]). [`CausalBroadcast`] is the channel for operations. [`TextOp`] is the other way to edit together, operational
//! transformation.
//!
//! All types are read as data from strangers: what could not have been written is refused. Two states of one update name that say
//! different things of it cannot both be right, and nobody can tell from one of them; merging them panics nowhere.

mod bounded_counter;
mod broadcast;
mod causal;
mod context;
mod counter;
mod dot_fun;
mod dot_map;
mod dots;
mod error;
mod form;
mod graph;
mod grow_set;
mod lww_set;
mod monotonic;
mod or_map;
mod or_set;
mod pairs;
mod partial_order;
mod pn_set;
mod register;
mod rga;
mod sequence;
mod transform;
mod tree_doc;

pub use bounded_counter::BoundedCounter;
pub use broadcast::{CausalBroadcast, Message, ReceiveError};
pub use causal::{Causal, OpForm};
pub use context::CausalContext;
pub use counter::{GCounter, OpCounter, PnCounter};
pub use dot_fun::{DotCounter, DotFun};
pub use dot_map::{DotMap, MapOp, MapUpdate};
pub use dots::{DotOp, DotSet, DotStore};
pub use error::UpdateError;
pub use form::{Crdt, Delivery, OpBased, StateBased};
pub use graph::{GraphUpdate, TwoPhaseGraph};
pub use grow_set::{GSet, SetUpdate, TwoPhaseSet, USet};
pub use lww_set::{Bias, LwwElementSet, SetUpdateAt};
pub use monotonic::{DagOp, DagUpdate, MonotonicDag, Vertex};
pub use or_map::{MvMap, OpOrMap, OpOrSet, OrMap, OrSetOptimised};
pub use or_set::OrSet;
pub use partial_order::{AddRemovePartialOrder, OrderOp, OrderUpdate};
pub use pn_set::PnSet;
pub use register::{Assignment, LwwRegister, MvRegister, OpMvRegister};
pub use rga::Rga;
pub use sequence::{ElementId, SequenceOp, SequenceUpdate};
pub use transform::{TextOp, transform_both};
pub use tree_doc::TreeDoc;
