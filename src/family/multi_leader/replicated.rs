//! Replicated data types as what is done about the conflicts of a range of keys: which type, what travels, and what it needs of the channel.
//!
//! The types are those of [`crate::crdt`] (Shapiro et al., INRIA RR-7506; SSS 2011), and nothing of their logic stands here. A key holds
//! a [`Payload`]; a client calls a [`Method`]; what travels is the state, the operation, or a delta ([`Sends`]). A text that replays indices
//! and a counter that is one number ([`Number`]) are there too: they are what goes wrong without such a type.

mod carried;
mod drawn;
mod method;
mod number;
mod payload;
mod source;

use serde::{Deserialize, Serialize};

pub use carried::{Carried, Operation};
pub use drawn::{Bar, Drawn, Edge, Tag, Tagged};
pub use method::{Arrow, Method};
pub(super) use number::broken_law;
pub use number::{Law, MergeRule, Number};
pub use payload::Payload;
pub use source::Source;

use crate::crdt::{Bias, Delivery};

/// The name of a replica in replicated data: the number of its node.
pub type ReplicaName = u16;

/// The data types that a key can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataType {
    /// A counter that only grows.
    GCounter,
    /// A counter that goes up and down.
    PnCounter,
    /// A counter that never falls below zero, with rights that are handed out beforehand.
    BoundedCounter,
    /// Of concurrent assignments the last in time counts.
    LwwRegister,
    /// All concurrent assignments are kept.
    MvRegister,
    /// A set that only grows.
    GSet,
    /// A set in which what was removed cannot be added again.
    TwoPhaseSet,
    /// A set in which the last addition or removal in time counts.
    LwwElementSet,
    /// A set with a counter for each element.
    PnSet,
    /// A set in which a removal removes the additions that it has seen, with tombstones.
    OrSet,
    /// The same without tombstones.
    OrSetOptimised,
    /// A graph in which what was removed cannot be added again.
    TwoPhaseGraph,
    /// A text as a replicated growable array.
    Rga,
    /// A map whose entries are counters.
    OrMapOfCounters,
    /// A map whose entries are sets.
    OrMapOfSets,
    /// A text whose updates are replayed by index: deliberately bad.
    PlainText,
    /// A counter that is one number, with a merge that somebody made up: deliberately bad.
    Number,
}

/// What travels from replica to replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sends {
    /// The whole state, as it is when it is sent.
    #[default]
    States,
    /// A small state with what an update changed.
    Deltas,
    /// The operation.
    Operations,
}

impl Sends {
    /// All three, in the order of the lesson.
    pub const ALL: [Sends; 3] = [Sends::States, Sends::Deltas, Sends::Operations];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sends::States => "states",
            Sends::Deltas => "deltas",
            Sends::Operations => "operations",
        }
    }
}

/// How a range of keys is replicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicated {
    /// The type of each key.
    pub data_type: DataType,
    /// What travels.
    pub sends: Sends,
    /// What decides equal times, where times decide.
    pub bias: Bias,
    /// How two numbers become one, where the type is [`DataType::Number`].
    pub merge: MergeRule,
}

impl DataType {
    /// All types, in the order of lists.
    pub const ALL: [DataType; 17] = [
        DataType::GCounter,
        DataType::PnCounter,
        DataType::BoundedCounter,
        DataType::LwwRegister,
        DataType::MvRegister,
        DataType::GSet,
        DataType::TwoPhaseSet,
        DataType::LwwElementSet,
        DataType::PnSet,
        DataType::OrSet,
        DataType::OrSetOptimised,
        DataType::TwoPhaseGraph,
        DataType::Rga,
        DataType::OrMapOfCounters,
        DataType::OrMapOfSets,
        DataType::PlainText,
        DataType::Number,
    ];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DataType::GCounter => "g-counter",
            DataType::PnCounter => "pn-counter",
            DataType::BoundedCounter => "bounded-counter",
            DataType::LwwRegister => "lww-register",
            DataType::MvRegister => "mv-register",
            DataType::GSet => "g-set",
            DataType::TwoPhaseSet => "two-phase-set",
            DataType::LwwElementSet => "lww-element-set",
            DataType::PnSet => "pn-set",
            DataType::OrSet => "or-set",
            DataType::OrSetOptimised => "or-set-optimised",
            DataType::TwoPhaseGraph => "two-phase-graph",
            DataType::Rga => "rga",
            DataType::OrMapOfCounters => "or-map-of-counters",
            DataType::OrMapOfSets => "or-map-of-sets",
            DataType::PlainText => "plain-text",
            DataType::Number => "number",
        }
    }

    /// Whether the type has this form.
    #[must_use]
    pub fn has(self, sends: Sends) -> bool {
        match (self, sends) {
            (DataType::PlainText, sends) => sends == Sends::Operations,
            (DataType::Number, sends) => sends == Sends::States,
            (_, Sends::States) => true,
            (
                DataType::GCounter
                | DataType::PnCounter
                | DataType::BoundedCounter
                | DataType::MvRegister
                | DataType::OrSet
                | DataType::OrSetOptimised
                | DataType::OrMapOfCounters
                | DataType::OrMapOfSets,
                Sends::Deltas,
            ) => true,
            (
                DataType::LwwRegister
                | DataType::GSet
                | DataType::TwoPhaseSet
                | DataType::LwwElementSet
                | DataType::PnSet
                | DataType::TwoPhaseGraph
                | DataType::Rga,
                Sends::Deltas,
            ) => false,
            (DataType::BoundedCounter, Sends::Operations) => false,
            (
                DataType::GCounter
                | DataType::PnCounter
                | DataType::LwwRegister
                | DataType::MvRegister
                | DataType::GSet
                | DataType::TwoPhaseSet
                | DataType::LwwElementSet
                | DataType::PnSet
                | DataType::OrSet
                | DataType::OrSetOptimised
                | DataType::TwoPhaseGraph
                | DataType::Rga
                | DataType::OrMapOfCounters
                | DataType::OrMapOfSets,
                Sends::Operations,
            ) => true,
        }
    }

    /// What its operations need of the channel. States and deltas need nothing: they are merged in any order and any number of times.
    #[must_use]
    pub fn delivery(self) -> Delivery {
        match self {
            DataType::GCounter
            | DataType::PnCounter
            | DataType::BoundedCounter
            | DataType::LwwRegister
            | DataType::GSet
            | DataType::TwoPhaseSet
            | DataType::LwwElementSet
            | DataType::PnSet
            | DataType::TwoPhaseGraph
            | DataType::Number => Delivery::AnyOnce,
            DataType::MvRegister
            | DataType::OrSet
            | DataType::OrSetOptimised
            | DataType::Rga
            | DataType::OrMapOfCounters
            | DataType::OrMapOfSets
            | DataType::PlainText => Delivery::CausalOnce,
        }
    }

    /// Whether clients can call a method of this type.
    #[must_use]
    pub fn knows(self, method: &Method) -> bool {
        match method {
            Method::Increment(_) => self.counts(),
            Method::Decrement(_) => self.counts() && self != DataType::GCounter,
            Method::Transfer { .. } => self == DataType::BoundedCounter,
            Method::Assign(_) => matches!(self, DataType::LwwRegister | DataType::MvRegister),
            Method::Add(_) => self.is_set(),
            Method::Remove(_) => self.is_set() && self != DataType::GSet,
            Method::Insert { .. } | Method::Delete { .. } => matches!(self, DataType::Rga | DataType::PlainText),
            Method::AddVertex(_) | Method::RemoveVertex(_) | Method::AddEdge(_) | Method::RemoveEdge(_) => {
                self == DataType::TwoPhaseGraph
            }
            Method::Count { .. } => self == DataType::OrMapOfCounters,
            Method::Put { .. } | Method::Take { .. } => self == DataType::OrMapOfSets,
            Method::Drop(_) => matches!(self, DataType::OrMapOfCounters | DataType::OrMapOfSets),
        }
    }

    /// Whether it is a counter.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, DataType::GCounter | DataType::PnCounter | DataType::BoundedCounter | DataType::Number)
    }

    /// Whether it is a set.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(
            self,
            DataType::GSet
                | DataType::TwoPhaseSet
                | DataType::LwwElementSet
                | DataType::PnSet
                | DataType::OrSet
                | DataType::OrSetOptimised
        )
    }
}
