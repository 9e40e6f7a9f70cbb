//! The workload by which the speed of the simulation is measured, natively and in the browser.
//!
//! One leader and two followers, one of them synchronous; eight clients, each of which starts its next operation at the moment
//! the last one ends, a quarter of them writes, the rest reads at a random follower; delays from one to two milliseconds, all
//! equally likely; everything is recorded. An event is one message or timer taken out of the queue. No clock is read here:
//! whoever calls this measures the time it takes, and compares the digest to know that the same work was done.

use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::Kind;
use crate::rng::mix;
use crate::scenario::{Plan, parse};
use crate::simulation::Simulation;
use crate::trace::{Digest, Trace};

const SCENARIO: &str = r#"{
  "version": 1, "seed": 1, "until": "3600s",
  "shards": [{
    "name": "kernel", "leader": "leader", "followers": ["near", "far"],
    "ack": { "sync": { "followers": ["near"] } }
  }],
  "clients": [
    { "name": "c0" }, { "name": "c1" }, { "name": "c2" }, { "name": "c3" },
    { "name": "c4" }, { "name": "c5" }, { "name": "c6" }, { "name": "c7" }
  ],
  "links": [{ "from": "*", "to": "*", "latency": { "uniform": { "min": "1ms", "max": "2ms" } } }],
  "workload": [{ "client": "c0", "kind": "read", "per_second": 1, "keys": ["k0", "k1", "k2", "k3"], "from": "3600s" }]
}"#;

/// The number of keys that the scenario names.
const KEYS: u64 = 4;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// How many events happened.
    pub events: u64,
    /// How many client operations ended.
    pub operations: u64,
    /// How many records were kept.
    pub records: usize,
    /// Stands for all that happened.
    pub digest: Digest,
}

/// Carries out so many events of the workload.
///
/// # Panics
/// Never: the built-in scenario can be run.
#[must_use]
pub fn run(events: u64) -> Done {
    let plan = parse(SCENARIO).and_then(|scenario| Plan::new(&scenario)).expect("the kernel's scenario can be run");
    let (mut simulation, mut trace) = (Simulation::new(&plan), Trace::with_room(events));
    let clients = plan.replicas..plan.nodes.len();
    for client in clients {
        next_operation(&mut simulation, NodeId(u16::try_from(client).unwrap_or(0)), &mut trace);
    }
    let (mut seen, mut operations) = (0, 0);
    while simulation.events() < events && !trace.full && simulation.step(&mut trace) {
        while let Some(record) = trace.records.get(seen) {
            seen += 1;
            if let Some(op) = record.completed() {
                operations += 1;
                let client = trace.ops[op.index()].client;
                next_operation(&mut simulation, client, &mut trace);
            }
        }
    }
    Done { events: simulation.events(), operations, records: trace.records.len(), digest: trace.digest }
}

fn next_operation(simulation: &mut Simulation, client: NodeId, trace: &mut Trace) {
    let number = trace.ops.len() as u64;
    let dice = mix(number);
    let key = KeyId(u32::try_from(dice % KEYS).unwrap_or(0));
    let kind = if (dice >> 32).is_multiple_of(4) { Kind::Write(Value::Int(i64::from(key.0))) } else { Kind::Read(None) };
    simulation.invoke(client, u32::from(client.0), (key, kind, None), number, trace);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_writes_and_every_client_stays_busy() {
        let done = run(10_000);
        assert_eq!(done, run(10_000));
        assert!(done.events == 10_000 && (1_800..3_500).contains(&done.operations), "{done:?}");
    }
}
