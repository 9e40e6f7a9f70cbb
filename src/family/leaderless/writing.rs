//! How a write becomes a version: what it is numbered with, and what it comes after.
//!
//! Whoever takes a write in must hold all that it has numbered before for this key; else one number would seem to stand for writes that the
//! reader of the version has never been shown. A node that holds nothing of the key any more (it had stood in, and handed everything off, or
//! collected a tombstone) therefore goes on under a new id, as Riak does with its actor epochs (basho/riak_kv, issue 679).

use std::sync::Arc;

use super::version::{Context, Version, Versioning, raise};
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::sorted::Map;
use crate::version::{Actor, Clock, Dot, DottedVersion, VersionVector};

/// What a client wants to write.
#[derive(Clone, Debug)]
pub struct Writing {
    /// The operation.
    pub op: OpId,
    /// The key.
    pub key: KeyId,
    /// The value; nothing for a deletion.
    pub value: Value,
    /// What its client had seen of the key.
    pub context: Context,
    /// The client.
    pub client: NodeId,
}

/// The id under which a node numbers writes of one key, and the last number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbered {
    /// How often it has taken a new id for this key.
    life: u32,
    count: u64,
}

/// Gives numbers to the writes that a node takes in. It is on the node's disk.
#[derive(Clone, Debug)]
pub struct Numbering {
    node: NodeId,
    /// How many nodes there are: the second id of a node is its number and this.
    nodes: u32,
    numbered: Map<KeyId, Numbered>,
    /// The last reading of a clock that was given out.
    last: Clock,
}

impl Numbering {
    /// For a node of so many.
    #[must_use]
    pub fn new(node: NodeId, nodes: u32) -> Numbering {
        let last = Clock { time: 0, count: 0, actor: Actor(u32::from(node.0)) };
        Numbering { node, nodes, numbered: Map::default(), last }
    }

    /// Makes a version of a write. `held` is all that the node has of the key, and `now` its clock in microseconds.
    pub fn version(&mut self, versioning: Versioning, writing: &Writing, held: &[Arc<Version>], now: u64) -> Version {
        let Writing { op, key, value, ref context, client } = *writing;
        let dot = self.next_dot(key, held, &context.seen);
        let stamp = DottedVersion::new(dot, context.seen.clone())
            .unwrap_or_else(|| panic!("the context of {op:?} has its own update {dot}: {}", context.seen));
        let (mut vector, mut raised) = (context.vector.clone(), context.raised.clone());
        let own = match versioning {
            Versioning::ServerVectors => Some(u32::from(self.node.0)),
            Versioning::ClientVectors { .. } => Some(u32::from(client.0)),
            Versioning::Dotted | Versioning::LastWriteWins | Versioning::Arrival => None,
        };
        if let Some(own) = own {
            // Counted from what the server has, and not from what the client sent: after truncation that may have forgotten.
            let known = held.iter().map(|version| version.vector.get(&own)).max().unwrap_or(0).max(vector.get(&own));
            vector.raise(&own, known + 1);
            raise(&mut raised, own, now);
            if let Versioning::ClientVectors { limit } = versioning {
                let at = |id: &u32| raised.iter().find(|(other, _)| other == id).map_or(0, |(_, at)| *at);
                vector.truncate(usize::from(limit), &own, at);
                raised.retain(|(id, _)| vector.get(id) > 0);
            }
        }
        Version { op, value, stamp, vector, raised, clock: self.reading(now) }
    }

    /// The next reading of the clock: with the number of the reading where the clock has not moved.
    fn reading(&mut self, now: u64) -> Clock {
        let count = if self.last.time == now { self.last.count + 1 } else { 0 };
        self.last = Clock { time: now, count, ..self.last };
        self.last
    }

    fn next_dot(&mut self, key: KeyId, held: &[Arc<Version>], seen: &VersionVector) -> Dot {
        let (node, nodes) = (u32::from(self.node.0), self.nodes);
        let actor = |life: u32| Actor(node + life * nodes);
        let numbered = self.numbered.or_insert_with(key, || Numbered { life: 0, count: 0 });
        let id = actor(numbered.life);
        let own = |version: &Arc<Version>| {
            let dot = version.stamp.dot();
            version.stamp.past().get(id).max(if dot.actor == id { dot.count } else { 0 })
        };
        let known = held.iter().map(own).max().unwrap_or(0).max(seen.get(id));
        if known != numbered.count {
            *numbered = Numbered { life: numbered.life + 1, count: 0 };
        }
        numbered.count += 1;
        Dot { actor: actor(numbered.life), count: numbered.count }
    }
}
