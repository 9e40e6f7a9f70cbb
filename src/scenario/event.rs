//! What can happen to a cluster from outside: operations of clients, faults, and what operators do.

use std::fmt;

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::left_out;
use super::{ConditionSpec, LinkSpec, MethodSpec};
use crate::router::ReadMode;
use crate::time::SimDuration;

/// An event of the script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// When.
    pub at: SimDuration,
    /// What.
    #[serde(rename = "do")]
    pub event: Event,
}

/// What can happen to a cluster from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// A client writes.
    Write {
        /// Who.
        client: String,
        /// Which key.
        key: String,
        /// A text, a whole number, or a list of texts.
        value: Datum,
        /// The leader to go to, where there are several; on a ring, the coordinator.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        /// What must be so where it is carried out.
        #[serde(default, with = "left_out::of_leaders", rename = "if", skip_serializing_if = "Option::is_none")]
        condition: Option<ConditionSpec>,
    },
    /// A client deletes a key.
    Delete {
        /// Who.
        client: String,
        /// Which key.
        key: String,
        /// The leader to go to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// A client adds to a number.
    Add {
        /// Who.
        client: String,
        /// Which key.
        key: String,
        /// How much; below zero to take away.
        amount: i64,
        /// The sum must be at least this afterwards, as far as the leader knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<i64>,
        /// The leader to go to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// A client calls a method of replicated data.
    Call {
        /// Who.
        client: String,
        /// Which key.
        key: String,
        /// What to do.
        #[serde(rename = "do", with = "left_out::of_leaders")]
        method: MethodSpec,
        /// The counter must be at least this afterwards, as far as the leader knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<i64>,
        /// The leader to go to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// A client reads.
    Read {
        /// Who.
        client: String,
        /// Which key.
        key: String,
        /// The replica to go to first, instead of a random one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        /// The read mode, instead of the scenario's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<ReadMode>,
    },
    /// A client changes all rows of a table that are there.
    Update {
        /// Who.
        client: String,
        /// The rows: all keys that begin with this.
        rows: String,
        /// What to.
        set: SetSpec,
    },
    /// A client adds a row to a table, under the next number that is free: `passes/1`, `passes/2` and so on.
    Insert {
        /// Who.
        client: String,
        /// The table; its rows are called `TABLE/1` and so on.
        table: String,
        /// A text or a whole number.
        value: Datum,
    },
    /// Links change, for messages sent from now on.
    Link(LinkSpec),
    /// Nothing passes between the two sides, in either direction.
    Partition {
        /// One side.
        a: Vec<String>,
        /// The other side.
        b: Vec<String>,
    },
    /// Nothing passes in this direction.
    Cut(Direction),
    /// Cuts end: those between the two nodes, in both directions; `"*"` stands for every node.
    Heal {
        /// One node.
        #[serde(default = "star", skip_serializing_if = "is_star")]
        a: String,
        /// The other node.
        #[serde(default = "star", skip_serializing_if = "is_star")]
        b: String,
    },
    /// The network keeps what it carries in this direction.
    Hold(Direction),
    /// The network hands out what it has kept in this direction.
    Release(Direction),
    /// A replica loses its power, and all that it has not flushed.
    Crash(Target),
    /// A crashed replica comes back.
    Restart(Target),
    /// A replica freezes; it keeps all it has and does nothing.
    Pause(Target),
    /// A frozen replica goes on as if nothing had been.
    Resume(Target),
    /// The operator makes a replica the leader of its shard, in a new epoch.
    Promote(Target),
    /// The operator adds a column to the rows of a replica's shard. Where the log carries rows, only this replica has it then.
    Alter(Target),
    /// The operator stops a replica cleanly and starts it with the next storage version.
    Upgrade(Target),
    /// A follower, or a node of a ring, joins with nothing: until then it is not there.
    Join(Target),
    /// A node leaves its ring, and hands off what it holds.
    Leave(Target),
    /// The operator lets one leader pass updates on to another one, beside the topology.
    Connect(Direction),
    /// The operator makes another leader the home of the keys with which this one is avoided to conflict.
    MoveHome {
        /// One of the keys.
        key: String,
        /// The leader.
        to: String,
    },
}

impl Event {
    /// Whether a client is told to do something: such events give operations their numbers.
    #[must_use]
    pub fn is_operation(&self) -> bool {
        matches!(
            self,
            Event::Write { .. }
                | Event::Delete { .. }
                | Event::Add { .. }
                | Event::Call { .. }
                | Event::Read { .. }
                | Event::Update { .. }
                | Event::Insert { .. }
        )
    }
}

/// What a statement sets rows to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SetSpec {
    /// The time of the clock of whoever works it out, in milliseconds.
    Now,
    /// A random number below 1000.
    Random,
    /// What is there, and so much more.
    Add(Datum),
    /// This value.
    To(Datum),
}

/// The replica that something happens to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Which one.
    pub node: String,
}

/// One direction between nodes. `"*"` stands for every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direction {
    /// The sending node.
    pub from: String,
    /// The receiving node.
    pub to: String,
}

fn star() -> String {
    "*".to_owned()
}

fn is_star(name: &str) -> bool {
    name == "*"
}

/// A value as a scenario writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Datum {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A set of texts, where a rule merges sets.
    Set(Vec<String>),
}

impl<'de> Deserialize<'de> for Datum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Datum, D::Error> {
        deserializer.deserialize_any(DatumVisitor)
    }
}

struct DatumVisitor;

impl<'de> Visitor<'de> for DatumVisitor {
    type Value = Datum;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, or a list of texts")
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Datum, E> {
        Ok(Datum::Int(n))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Datum, E> {
        i64::try_from(n).map(Datum::Int).map_err(|_| E::invalid_value(Unexpected::Unsigned(n), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Datum, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(Datum::Set(texts))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Datum, E> {
        Ok(Datum::Text(text.to_owned()))
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Datum::Int(n) => write!(f, "{n}"),
            Datum::Text(t) => f.write_str(t),
            Datum::Set(texts) => f.write_str(&texts.join(", ")),
        }
    }
}
