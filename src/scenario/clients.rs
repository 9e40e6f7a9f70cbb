//! Who writes and reads, and the steady streams of their operations.

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::time::SimDuration;

/// One client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSpec {
    /// What it is called.
    pub name: String,
    /// Whether it starts operations without waiting for the end of earlier ones, as a telemetry feed does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub concurrent: bool,
    /// Whose device it is. What the devices of one user do is one session, for its guarantees; without a user, each client is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The leader to which it turns, where there are several; the first if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
}

impl ClientSpec {
    /// A client that does one thing at a time, and is its own user.
    #[must_use]
    pub fn named(name: &str) -> ClientSpec {
        ClientSpec { name: name.to_owned(), concurrent: false, user: None, home: None }
    }
}

/// A steady stream of operations of one client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Who.
    pub client: String,
    /// Write or read.
    pub kind: WorkloadKind,
    /// How many operations per second.
    pub per_second: u32,
    /// On which keys, in turn.
    pub keys: Vec<String>,
    /// When it starts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: SimDuration,
    /// When it stops; the end of the run if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SimDuration>,
    /// Whether the pauses are random (exponential) or all alike.
    #[serde(default, skip_serializing_if = "is_default")]
    pub random: bool,
}

/// Write or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadKind {
    /// Writes of 1, 2, 3 and so on.
    Write,
    /// Reads in the scenario's mode.
    Read,
}
