//! The workload by which the speed of the simulation is measured, natively and in the browser.
//!
//! One leader and two followers, one of them synchronous; eight clients, each of which starts its next operation at the moment
//! the last one ends, a quarter of them writes, the rest reads at a random follower; delays from one to two milliseconds, all
//! equally likely; everything is recorded. An event is one message or timer taken out of the queue. No clock is read here:
//! whoever calls this measures the time it takes, and compares the digest to know that the same work was done.

use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::{Kind, Request};
use crate::rng::mix;
use crate::scenario::{Plan, parse};
use crate::simulation::Simulation;
use crate::trace::{Digest, Record, Trace};

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
    /// How many messages reached their receivers.
    pub delivered: u64,
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
    let mut workload = Workload::new(events, u32::MAX);
    while workload.simulation.events() < events && workload.step() {}
    workload.done()
}

/// Carries out so many operations of the workload, and all that follows from them.
///
/// Kinds and keys follow from the numbers of operations, and what an operation makes nodes send does not depend on delays here: whoever
/// carries out as many operations of this workload delivers as many messages. That is how other kernels are compared with this one
/// (`benches/anchors`).
///
/// # Panics
/// Never: the built-in scenario can be run.
#[must_use]
pub fn run_operations(operations: u32) -> Done {
    let mut workload = Workload::new(4 * u64::from(operations), operations);
    while workload.step() {}
    workload.done()
}

/// The clients at work.
struct Workload {
    simulation: Simulation,
    trace: Trace,
    /// How many operations are begun at most.
    most: u32,
    delivered: u64,
    operations: u64,
}

impl Workload {
    /// Every client at its first operation, and room for about so many events.
    fn new(events: u64, most: u32) -> Workload {
        let plan = parse(SCENARIO).and_then(|scenario| Plan::new(&scenario)).expect("the kernel's scenario can be run");
        let (simulation, trace) = (Simulation::new(&plan), Trace::with_room(events));
        let mut workload = Workload { simulation, trace, most, delivered: 0, operations: 0 };
        for client in plan.replicas..plan.nodes.len() {
            workload.begin(NodeId(u16::try_from(client).unwrap_or(0)));
        }
        workload
    }

    /// Lets the next event happen; whoever has ended an operation in it begins another. Returns whether there was an event.
    ///
    /// An arrival is the first record of its step, and here the end of an operation is the last: its client has nothing else to do.
    fn step(&mut self) -> bool {
        let before = self.trace.records.len();
        let stepped = !self.trace.full && self.simulation.step(&mut self.trace);
        let new = &self.trace.records[before..];
        self.delivered += u64::from(new.first().is_some_and(Record::is_arrival));
        if let Some(op) = new.last().and_then(Record::completed) {
            self.operations += 1;
            self.begin(self.trace.ops[op.index()].client);
        }
        stepped
    }

    fn begin(&mut self, client: NodeId) {
        let number = self.trace.ops.len() as u64;
        if number >= u64::from(self.most) {
            return;
        }
        let dice = mix(number);
        let key = KeyId(u32::try_from(dice % KEYS).unwrap_or(0));
        let kind = if (dice >> 32).is_multiple_of(4) { Kind::Write(Value::Int(i64::from(key.0))) } else { Kind::Read(None) };
        self.simulation.invoke(client, u32::from(client.0), Request::new(key, kind), number, &mut self.trace);
    }

    fn done(&self) -> Done {
        Done {
            events: self.simulation.events(),
            delivered: self.delivered,
            operations: self.operations,
            records: self.trace.records.len(),
            digest: self.trace.digest,
        }
    }
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

    #[test]
    fn a_number_of_operations_says_how_many_messages_are_delivered() {
        let operations = 4_000;
        let done = run_operations(operations);
        let writes = (0..u64::from(operations)).filter(|number| (mix(*number) >> 32).is_multiple_of(4)).count() as u64;
        let reads = u64::from(operations) - writes;
        // A write: request, two copies of the entry, two acknowledgements, reply.
        assert_eq!((done.operations, done.delivered), (u64::from(operations), 2 * reads + 6 * writes), "{done:?}");
    }
}
