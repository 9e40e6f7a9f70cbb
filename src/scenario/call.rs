//! What a scenario says of replicated data: the type of a range of keys, and the methods that clients call.

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::crdt::Bias;
use crate::family::multi_leader::{DataType, MergeRule, Replicated, Sends};

/// The replicated data type of a range of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataTypeSpec {
    /// Which type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// What travels between leaders.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sends: Sends,
    /// What decides equal times, where times decide.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bias: Bias,
    /// How two numbers become one, where the type is a number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub merge: MergeRule,
}

impl DataTypeSpec {
    /// How a range of keys is replicated, as a scenario writes it.
    #[must_use]
    pub fn of(replicated: Replicated) -> DataTypeSpec {
        let Replicated { data_type, sends, bias, merge } = replicated;
        DataTypeSpec { data_type, sends, bias, merge }
    }

    /// A type with the same methods that asks nothing of clocks or of the channel and merges by the laws; none, if it is one.
    #[must_use]
    pub fn sound(&self) -> Option<DataTypeSpec> {
        let states = |data_type: DataType| DataTypeSpec {
            data_type,
            sends: Sends::States,
            bias: Bias::default(),
            merge: MergeRule::default(),
        };
        let instead = match self.data_type {
            DataType::Number => states(DataType::PnCounter),
            DataType::TwoPhaseSet | DataType::PnSet | DataType::LwwElementSet => states(DataType::OrSet),
            DataType::LwwRegister => states(DataType::MvRegister),
            DataType::PlainText => states(DataType::Rga),
            DataType::GCounter
            | DataType::PnCounter
            | DataType::BoundedCounter
            | DataType::MvRegister
            | DataType::GSet
            | DataType::OrSet
            | DataType::OrSetOptimised
            | DataType::TwoPhaseGraph
            | DataType::Rga
            | DataType::OrMapOfCounters
            | DataType::OrMapOfSets => states(self.data_type),
        };
        (instead != *self).then_some(instead)
    }

    /// A counter that keeps a bound, for one that cannot.
    #[must_use]
    pub fn bounded(&self) -> Option<DataTypeSpec> {
        let bounded = DataTypeSpec { data_type: DataType::BoundedCounter, sends: Sends::States, ..self.clone() };
        (self.data_type == DataType::PnCounter).then_some(bounded)
    }
}

/// A method of replicated data, as a client calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MethodSpec {
    /// Count up by so much.
    Increment(u64),
    /// Count down by so much.
    Decrement(u64),
    /// Give rights to another leader.
    Transfer(TransferSpec),
    /// Assign a value.
    Assign(String),
    /// Add an element.
    Add(String),
    /// Remove an element.
    Remove(String),
    /// Type a text.
    Insert(InsertSpec),
    /// Delete characters.
    Delete(DeleteSpec),
    /// Add a vertex.
    AddVertex(String),
    /// Remove a vertex.
    RemoveVertex(String),
    /// Add an edge from the first vertex to the second.
    AddEdge((String, String)),
    /// Remove an edge.
    RemoveEdge((String, String)),
    /// Count at a field of a map.
    Count(CountSpec),
    /// Add an element to the set at a field of a map.
    Put(EntrySpec),
    /// Remove an element from the set at a field of a map.
    Take(EntrySpec),
    /// Remove a field of a map.
    Drop(String),
}

/// Rights that are given to another leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferSpec {
    /// The leader that gets them.
    pub to: String,
    /// How many.
    pub amount: u64,
}

/// A text that is typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertSpec {
    /// Before which character, counted from 0; the length of the text stands for its end.
    pub index: u32,
    /// The characters.
    pub text: String,
}

/// Characters that are deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteSpec {
    /// The first one, counted from 0.
    pub index: u32,
    /// How many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
}

/// What is counted at a field of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountSpec {
    /// The field.
    pub field: String,
    /// How much; down, if negative.
    pub by: i64,
}

/// An element of the set at a field of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntrySpec {
    /// The field.
    pub field: String,
    /// The element.
    pub element: String,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(count: &u32) -> bool {
    *count == 1
}
