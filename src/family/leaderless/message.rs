//! What nodes of a ring, and their clients, say to each other.

use std::sync::Arc;

use super::coordinator::Purpose;
use super::membership::Member;
use super::merkle::Place;
use super::version::{Context, Version};
use crate::log::{KeyId, Value};
use crate::network::NodeId;
use crate::operation::Attempt;
use crate::rng::{mix, mix_pair};

/// The versions of a key on their way.
pub type Versions = Arc<Vec<Arc<Version>>>;

/// The hash of one place of one range's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash {
    /// The range, by its number in the ring.
    pub range: u32,
    /// The place in its tree.
    pub place: Place,
    /// The hash.
    pub hash: u64,
}

/// What travels between the nodes of a ring, and between them and clients.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Client to coordinator: write a key. A node that does not hold the key may pass it on to one that does.
    Put {
        /// Which operation.
        attempt: Attempt,
        /// Who wants it.
        client: NodeId,
        /// The key.
        key: KeyId,
        /// The value; nothing to delete the key.
        value: Value,
        /// What the client has seen of the key.
        context: Arc<Context>,
        /// How many answers it needs, if not as many as usual.
        quorum: Option<u8>,
    },
    /// Client to coordinator: read a key.
    Get {
        /// Which operation.
        attempt: Attempt,
        /// The key.
        key: KeyId,
        /// How many answers it needs, if not as many as usual.
        quorum: Option<u8>,
    },
    /// Coordinator to client.
    Reply {
        /// Which operation.
        attempt: Attempt,
        /// The answer.
        answer: Answer,
    },
    /// Coordinator to node: store these versions.
    Store {
        /// For which operation.
        attempt: Attempt,
        /// The key.
        key: KeyId,
        /// For whom the node keeps them as a hint, if it stands in.
        owner: Option<NodeId>,
        /// Why.
        purpose: Purpose,
        /// The versions.
        versions: Versions,
    },
    /// Node to coordinator: stored.
    Stored {
        /// For which operation.
        attempt: Attempt,
        /// For whom it keeps them as a hint.
        owner: Option<NodeId>,
        /// Why they were stored.
        purpose: Purpose,
    },
    /// Coordinator to node: what do you hold of this key?
    Fetch {
        /// For which operation.
        attempt: Attempt,
        /// The key.
        key: KeyId,
    },
    /// Node to coordinator: this.
    Found {
        /// For which operation.
        attempt: Attempt,
        /// The versions.
        versions: Versions,
    },
    /// Who keeps a hint to its owner: take it.
    HandOff {
        /// The number of the hint.
        number: u64,
        /// How often it has been sent before.
        tries: u32,
        /// The key.
        key: KeyId,
        /// The versions.
        versions: Versions,
    },
    /// The owner of a hint to who kept it: I have it.
    HandedOff {
        /// The number of the hint.
        number: u64,
        /// How often it had been sent before, given back.
        tries: u32,
    },
    /// Node to node: hashes of my trees. Where yours differ, tell me those below, or what you hold.
    Compare {
        /// Which comparison, counted by who began it.
        round: u64,
        /// How many messages of this comparison came before.
        turn: u32,
        /// What stands for the ring that the sender knows: trees of different rings cannot be compared.
        ring: u64,
        /// How many hashes have been told before in this comparison.
        before: u32,
        /// The hashes.
        hashes: Vec<Hash>,
    },
    /// Node to node: what I hold of keys of which a leaf differed.
    Exchange {
        /// Which comparison.
        round: u64,
        /// Whether it answers another one, so that nothing is to be told back.
        answers: bool,
        /// The leaves: range and place.
        leaves: Vec<(u32, Place)>,
        /// What the sender holds there.
        keys: Vec<(KeyId, Versions)>,
    },
    /// Node to node: what I know of the members.
    Gossip {
        /// Which round of the one who began.
        round: u64,
        /// Whether it answers another one.
        answers: bool,
        /// All that it knows.
        members: Arc<Vec<Member>>,
    },
}

/// What a coordinator answers a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The write is acknowledged.
    Written {
        /// Its version.
        version: Arc<Version>,
        /// Those that stand beside it at the coordinator.
        beside: Versions,
    },
    /// What was read.
    Shown {
        /// The versions.
        versions: Versions,
        /// The replica that answered first.
        fastest: NodeId,
    },
    /// Too few replicas answered in time. A write is where it was stored.
    TooFew {
        /// How many answered.
        got: u16,
        /// How many were needed.
        needed: u16,
    },
    /// Not even begun: too few replicas are believed to be up.
    Unavailable,
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
        let of = |kind: u64, attempt: &Attempt, more: u64| join(kind, attempt.identity, u64::from(attempt.number) | more << 8);
        let place = |owner: &Option<NodeId>, purpose: Purpose| {
            owner.map_or(0, |owner| u64::from(owner.0) + 1) << 2 | u64::from(purpose as u8)
        };
        match self {
            Message::Put { attempt, .. } => of(1, attempt, 0),
            Message::Get { attempt, .. } => of(2, attempt, 0),
            Message::Reply { attempt, .. } => of(3, attempt, 0),
            Message::Store { attempt, owner, purpose, .. } => of(4, attempt, place(owner, *purpose)),
            Message::Stored { attempt, owner, purpose } => of(5, attempt, place(owner, *purpose)),
            Message::Fetch { attempt, .. } => of(6, attempt, 0),
            Message::Found { attempt, .. } => of(7, attempt, 0),
            Message::HandOff { number, tries, .. } => join(8, *number, u64::from(*tries)),
            Message::HandedOff { number, tries } => join(9, *number, u64::from(*tries)),
            Message::Compare { round, turn, .. } => join(10, *round, u64::from(*turn)),
            Message::Exchange { round, answers, leaves, .. } => {
                let words =
                    leaves.iter().fold(0, |all, (range, place)| mix_pair((all, u64::from(*range) << 32 | u64::from(*place))));
                join(11, *round, mix(words) ^ u64::from(*answers))
            }
            Message::Gossip { round, answers, .. } => join(12, *round, u64::from(*answers)),
        }
    }

    /// Whether it only says who is there.
    #[must_use]
    pub fn is_sign_of_life(&self) -> bool {
        matches!(self, Message::Gossip { .. })
    }
}
