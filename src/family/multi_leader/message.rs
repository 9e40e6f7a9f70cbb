//! What replicas of a multi-leader group, and their clients, say to each other.

use std::sync::Arc;

use super::payloads::SentState;
use super::update::Update;
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::{Attempt, Demand, Reason, Sibling};
use crate::rng::{mix, mix_pair};
use crate::time::SimDuration;
use crate::version::{Dot, DottedVersion, VersionVector};

/// What a replica must have applied.
pub type Token = Option<Arc<VersionVector>>;

/// The nodes that an update has passed, a bit for each: the tags that keep it from going round for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed(u64);

impl Passed {
    /// With one node more.
    #[must_use]
    pub fn and(self, node: NodeId) -> Passed {
        Passed(self.0 | 1 << (node.0 & 63))
    }

    /// Whether it has passed a node.
    #[must_use]
    pub fn has(self, node: NodeId) -> bool {
        self.0 & 1 << (node.0 & 63) != 0
    }
}

/// An update on its way to a neighbour.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The update.
    pub update: Arc<Update>,
    /// The nodes that it has passed.
    pub passed: Passed,
    /// Of replicated data of which states travel: the state of the sender.
    pub state: Option<SentState>,
}

/// What travels between the replicas of a group, and between them and clients.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Client to leader: change a key.
    Write {
        /// Which operation.
        attempt: Attempt,
        /// The key.
        key: KeyId,
        /// The new value, or what is to be done to the one that is there.
        value: Value,
        /// What must be so where it is carried out.
        demand: Demand,
        /// What the client's session has seen of the key.
        context: Token,
        /// What the leader must have applied.
        token: Token,
        /// How long the leader may keep the write back until it has.
        wait: SimDuration,
    },
    /// Client to replica: read a key.
    Read {
        /// Which operation.
        attempt: Attempt,
        /// The key.
        key: KeyId,
        /// What the replica must have applied.
        token: Token,
        /// How long the replica may keep the read back until it has.
        wait: SimDuration,
    },
    /// Replica to client.
    Reply {
        /// Which operation.
        attempt: Attempt,
        /// The answer.
        answer: Answer,
    },
    /// Replica to its neighbour: updates, in the order in which it took them.
    Updates {
        /// The place in the sender's log up to which the receiver must have been told before.
        after: u64,
        /// The place up to which this message tells.
        upto: u64,
        /// The updates between the two that the receiver has not passed on itself.
        updates: Vec<Sent>,
        /// How often the sender had to send again before.
        resent: u32,
    },
    /// The neighbour's answer: so far it has been told.
    Ack {
        /// The place in the log of the other.
        upto: u64,
        /// The other's `resent`, given back.
        resent: u32,
    },
    /// A leader to leaders and clients: I am the home of these keys from now on.
    Home {
        /// The range of keys.
        range: u16,
        /// How often it has been moved.
        number: u32,
        /// How often it has been said before.
        resent: u32,
    },
    /// The answer: I know.
    Noted {
        /// The range of keys.
        range: u16,
        /// How often it has been moved.
        number: u32,
        /// How often it had been said before, given back: each answer is another message, with a fate of its own.
        resent: u32,
    },
}

/// What a replica shows a reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The versions of the key.
    pub versions: Vec<Sibling>,
    /// What the replica has applied: of each leader, up to where none is missing.
    pub applied: Arc<VersionVector>,
    /// What it has applied beyond a gap.
    pub beyond: Vec<Dot>,
}

/// What a replica answers a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The write is acknowledged.
    Written {
        /// Its update, and the versions that it comes after.
        stamp: Arc<DottedVersion>,
        /// The value that it gave the key.
        value: Value,
        /// Where clients resolve versions: those that stand beside it, as a reader is shown them.
        beside: Vec<Sibling>,
    },
    /// What was read.
    Shown(Arc<Shown>),
    /// The replica has not applied what the token asks for.
    Behind,
    /// Not executed: another leader takes writes of this key.
    NotHome {
        /// Which one, as far as the replica knows.
        leader: NodeId,
        /// How often the home has been moved, as far as it knows; 0 if it is not about that.
        number: u32,
    },
    /// Not executed, and why.
    Refused(Reason),
}

impl Message {
    /// A number that tells the messages of one link apart, and that is the same in every run in which the same is said.
    #[must_use]
    pub fn identity(&self) -> u64 {
        mix_pair(self.identity_words())
    }

    /// What the identity is made of.
    pub(crate) fn identity_words(&self) -> (u64, u64) {
        let join = |kind: u64, a: u64, b: u64| (kind.wrapping_add(a << 8), b);
        match self {
            Message::Write { attempt, .. } => join(1, attempt.identity, u64::from(attempt.number)),
            Message::Read { attempt, .. } => join(2, attempt.identity, u64::from(attempt.number)),
            Message::Reply { attempt, .. } => join(3, attempt.identity, u64::from(attempt.number)),
            Message::Updates { after, upto, resent, .. } => join(4, mix(*after) ^ *upto, u64::from(*resent)),
            Message::Ack { upto, resent } => join(5, *upto, u64::from(*resent)),
            Message::Home { range, number, resent } => join(6, u64::from(*range) << 32 | u64::from(*number), u64::from(*resent)),
            Message::Noted { range, number, resent } => join(7, u64::from(*range) | u64::from(*resent) << 16, u64::from(*number)),
        }
    }
}
