//! The plan's side of workloads: steady streams of operations.

use super::Plan;
use super::place::{Place, Result, at_most, wrong};
use crate::log::KeyId;
use crate::network::NodeId;
use crate::scenario::limits::{LIST_MAX, RATE_MAX};
use crate::scenario::{Datum, Workload, WorkloadKind};
use crate::time::{SimDuration, SimTime};

/// A steady stream of operations with its names looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Who.
    pub client: NodeId,
    /// Write or read.
    pub kind: WorkloadKind,
    /// The mean pause between two operations.
    pub pause: SimDuration,
    /// Whether pauses are random.
    pub random: bool,
    /// The keys, in turn.
    pub keys: Vec<KeyId>,
    /// When it starts.
    pub from: SimTime,
    /// When it stops.
    pub to: SimTime,
}

impl Plan {
    /// A stream with its names looked up.
    pub(super) fn feed(&mut self, workload: &Workload, path: &Place<'_>) -> Result<Feed> {
        let client = self.client(&workload.client, &path.at("client"))?;
        if workload.per_second == 0 || workload.per_second > RATE_MAX {
            let message = format!("{} operations per second, not from 1 to {RATE_MAX}", workload.per_second);
            return wrong(&path.at("per_second"), message);
        }
        if workload.keys.is_empty() {
            return wrong(&path.at("keys"), "a workload needs at least one key");
        }
        at_most(workload.keys.len(), LIST_MAX, &path.at("keys"), "keys")?;
        let mut keys = Vec::new();
        for (i, key) in workload.keys.iter().enumerate() {
            let id = self.row(key, &path.nth("keys", i))?;
            if workload.kind == WorkloadKind::Write {
                self.value_of(id, &Datum::Int(1), &path.nth("keys", i))?;
            }
            keys.push(id);
        }
        Ok(Feed {
            client,
            kind: workload.kind,
            pause: SimDuration(1_000_000 / u64::from(workload.per_second)),
            random: workload.random,
            keys,
            from: SimTime(workload.from.0),
            to: SimTime(workload.to.unwrap_or(self.scenario.until).0),
        })
    }
}
