//! The channel that operations need: each comes once to each replica, after those that its sender had seen.
//!
//! Causal broadcast by version vectors (Birman, Schiper and Stephenson, "Lightweight causal and atomic group multicast", TOCS 1991): a
//! message carries its number and what its sender had delivered, waits until all of that is delivered here, and is dropped if it comes
//! again. The network below may lose, repeat and reorder; who loses messages has to send them again.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::versions::{Dot, Exhausted, VersionVector};

/// An operation on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "I: Serialize + Clone, Op: Serialize",
    deserialize = "I: Deserialize<'de> + Ord, Op: Deserialize<'de>"
))]
pub struct Message<I, Op> {
    /// Who sent it, and its number there.
    pub dot: Dot<I>,
    /// What its sender had delivered before.
    pub after: VersionVector<I>,
    /// The operation.
    pub op: Op,
}

/// Why a message was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveError {
    /// It has to wait, and as many wait as may. It can be sent again once its causes are here.
    Full {
        /// How many may wait.
        capacity: usize,
    },
    /// Its number does not follow those that it says came before.
    Malformed,
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReceiveError::Full { capacity } => write!(f, "the message has to wait, and {capacity} messages wait already"),
            ReceiveError::Malformed => f.write_str("the number of the message does not follow those that it says came before it"),
        }
    }
}

impl Error for ReceiveError {}

/// One replica's end of a causal broadcast.
///
/// Memory: one counter for each replica, and at most `capacity` messages that came before their causes.
///
/// ```
/// use replicated_telemetry_store::crdt::CausalBroadcast;
///
/// let (mut a, mut b) = (CausalBroadcast::new('A', 8), CausalBroadcast::new('B', 8));
/// let first = a.send("first")?;
/// let second = a.send("second")?;
/// assert!(b.receive(second.clone())?.is_empty()); // waits
/// let delivered: Vec<&str> = b.receive(first)?.into_iter().map(|message| message.op).collect();
/// assert_eq!(delivered, ["first", "second"]);
/// assert!(b.receive(second)?.is_empty()); // a duplicate
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CausalBroadcast<I, Op> {
    id: I,
    delivered: VersionVector<I>,
    waiting: BTreeMap<Dot<I>, Message<I, Op>>,
    capacity: usize,
}

impl<I: Ord + Clone, Op> CausalBroadcast<I, Op> {
    /// The end of a replica, at which at most so many messages wait.
    #[must_use]
    pub fn new(id: I, capacity: usize) -> CausalBroadcast<I, Op> {
        CausalBroadcast { id, delivered: VersionVector::default(), waiting: BTreeMap::new(), capacity }
    }

    /// The dot of the next message that is sent from here, with which its operation is prepared.
    ///
    /// # Errors
    /// [`Exhausted`] if the replica has no number left.
    pub fn next_dot(&self) -> Result<Dot<I>, Exhausted> {
        let count = self.delivered.get(&self.id).checked_add(1).ok_or(Exhausted)?;
        Ok(Dot { id: self.id.clone(), count })
    }

    /// Makes the message of an operation, for all other replicas. At this one it counts as delivered.
    ///
    /// # Errors
    /// [`Exhausted`] if the replica has no number left.
    pub fn send(&mut self, op: Op) -> Result<Message<I, Op>, Exhausted> {
        let dot = self.next_dot()?;
        let after = self.delivered.clone();
        self.delivered.raise(&dot.id, dot.count);
        Ok(Message { dot, after, op })
    }

    /// Takes a message in, and returns what is delivered now, in order: nothing if it has to wait or has come before.
    ///
    /// # Errors
    /// [`ReceiveError`] if it cannot wait, or contradicts itself. It counts as not received.
    pub fn receive(&mut self, message: Message<I, Op>) -> Result<Vec<Message<I, Op>>, ReceiveError> {
        if message.dot.count == 0 || message.after.get(&message.dot.id) != message.dot.count - 1 {
            return Err(ReceiveError::Malformed);
        }
        if self.delivered.includes(&message.dot) || self.waiting.contains_key(&message.dot) {
            return Ok(Vec::new());
        }
        if !self.delivered.covers(&message.after) {
            if self.waiting.len() >= self.capacity {
                return Err(ReceiveError::Full { capacity: self.capacity });
            }
            self.waiting.insert(message.dot.clone(), message);
            return Ok(Vec::new());
        }
        let mut ready = Vec::new();
        let mut next = Some(message);
        while let Some(message) = next {
            self.delivered.raise(&message.dot.id, message.dot.count);
            ready.push(message);
            next = self.take_ready();
        }
        Ok(ready)
    }

    /// How many messages wait for their causes.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many messages of each replica were delivered.
    #[must_use]
    pub const fn delivered(&self) -> &VersionVector<I> {
        &self.delivered
    }

    /// A message whose causes are delivered: of each sender only the first that waits can be one.
    fn take_ready(&mut self) -> Option<Message<I, Op>> {
        let mut from: Bound<Dot<I>> = Bound::Unbounded;
        loop {
            let (dot, first) = self.waiting.range((from, Bound::Unbounded)).next()?;
            if self.delivered.covers(&first.after) {
                let dot = dot.clone();
                return self.waiting.remove(&dot);
            }
            from = Bound::Excluded(Dot { id: dot.id.clone(), count: u64::MAX });
        }
    }
}
