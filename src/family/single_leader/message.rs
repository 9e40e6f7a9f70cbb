//! What nodes of a single-leader group, and their clients, say to each other.
//!
//! A message has an identity, by which the network tells it apart: it is the same in every run in which the same is said, so that two runs
//! which differ in one message agree on the fate of all others.

use std::sync::Arc;

use super::Snapshot;
use crate::log::{Dependencies, Entry, KeyId, Value};
use crate::lsn::{Epoch, EpochStart, Lsn, Position};
use crate::network::NodeId;
use crate::operation::{Attempt, Version};
use crate::rng::{mix, mix_pair};
use crate::router::Bound;
use crate::time::{SimDuration, SimTime};

/// What travels between the nodes of a group, and between them and clients.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Client to replica: set a key.
    Write {
        /// Which operation.
        attempt: Attempt,
        /// The generation that the receiver leads, as far as the client knows. A copy of a request that was refused once must
        /// not be carried out by a replica that has become leader in the meantime.
        epoch: Epoch,
        /// The session's token, so that the leader can tell whether what it stands for survived.
        token: Option<Position>,
        /// Whether the write may be carried out only where everything is that the token stands for.
        strict: bool,
        /// The key.
        key: KeyId,
        /// The new value.
        value: Value,
        /// What the client's session had seen in other groups.
        deps: Dependencies,
    },
    /// Client to replica: read a key.
    Read {
        /// Which operation.
        attempt: Attempt,
        /// The key.
        key: KeyId,
        /// The session's token: the replica must have applied at least this much.
        token: Option<Position>,
        /// How long the replica may keep the read back until it has.
        wait: SimDuration,
        /// Whether only the leader may answer.
        linear: bool,
        /// How far behind the replica may be, by what it knows itself.
        bound: Option<Bound>,
    },
    /// Replica to client.
    Reply {
        /// Which operation.
        attempt: Attempt,
        /// The answer.
        answer: Answer,
        /// What the writer of the value had seen in other groups.
        deps: Dependencies,
    },
    /// Leader to follower: entries of the log.
    Append {
        /// The leader's generation.
        epoch: Epoch,
        /// The entries, without a gap; none answers a subscription, or asks a silent follower how far it is.
        entries: Entries,
        /// How often the leader had to send again before.
        resent: u32,
        /// Which life of the follower the leader knows of: only the answer to its newest subscription confirms it.
        boot: u32,
        /// The leader's storage version.
        version: u16,
    },
    /// Follower to leader: how far it is.
    Ack {
        /// The generation the follower is in.
        epoch: Epoch,
        /// The follower's three positions.
        progress: Positions,
        /// How often the follower has been restarted: an acknowledgement from before a crash counts for nothing.
        boot: u32,
        /// The leader's `resent`, given back, so that two acknowledgements of the same positions differ.
        resent: u32,
    },
    /// New leader to everybody: follow me.
    Announce {
        /// The new generation.
        epoch: Epoch,
        /// Where each generation of the leader's log starts: the receiver finds its switchpoint in it.
        history: Arc<Vec<EpochStart>>,
        /// How often it has been announced before.
        resent: u32,
    },
    /// Follower to leader: I follow; send me what comes after my last entry. PostgreSQL calls this `START_REPLICATION`.
    Subscribe {
        /// The generation the follower is in; if it is an old one, the leader announces itself first.
        epoch: Epoch,
        /// What the follower has.
        progress: Positions,
        /// How often the follower has been restarted.
        boot: u32,
        /// The leader's `resent`, given back.
        resent: u32,
    },
    /// Leader to follower: I am alive.
    Heartbeat {
        /// The leader's generation.
        epoch: Epoch,
        /// Its number within the generation.
        beat: u32,
    },
    /// Follower to leader: you lead, as far as I know.
    HeartbeatAck {
        /// The generation.
        epoch: Epoch,
        /// The number of the heartbeat.
        beat: u32,
    },
    /// Coordinator to member: the leader seems gone; how far are you, and will you follow whoever leads this epoch?
    Poll {
        /// The epoch that the new leader will have.
        epoch: Epoch,
    },
    /// Member to coordinator.
    Vote {
        /// The epoch that was polled for.
        epoch: Epoch,
        /// Whether it promises to refuse all older epochs from now on.
        granted: bool,
        /// Where its log ends.
        last: Position,
    },
    /// Coordinator to the best candidate: lead.
    TakeOver {
        /// The epoch.
        epoch: Epoch,
    },
    /// Follower to leader: send me this part of the snapshot; of a new one, if the position is zero.
    Fetch {
        /// The generation the follower is in.
        epoch: Epoch,
        /// Which snapshot.
        at: Position,
        /// Which part, from 0 on.
        part: u32,
        /// How often the follower has been restarted.
        boot: u32,
        /// How often it has asked.
        resent: u32,
    },
    /// Leader to follower: a part of a snapshot.
    Part {
        /// The leader's generation.
        epoch: Epoch,
        /// The whole snapshot; the receiver takes from it only this part.
        snapshot: Arc<Snapshot>,
        /// The position from which the follower is to go on.
        tag: Position,
        /// Which part, from 0 on.
        part: u32,
        /// Which life of the follower asked for it.
        boot: u32,
        /// The number of the request.
        resent: u32,
    },
    /// Leader to follower: everything that I had acknowledged by this time stands at or before this entry. It travels beside the log
    /// and changes nothing in it (CockroachDB calls it a closed timestamp).
    Status {
        /// The leader's generation.
        epoch: Epoch,
        /// Its number within the generation.
        count: u32,
        /// The time, by the leader's clock.
        time: SimTime,
        /// The entry.
        head: Lsn,
    },
    /// Client to leader: I know that you lead.
    Noted {
        /// The generation that was announced.
        epoch: Epoch,
        /// The announcement's `resent`, given back.
        resent: u32,
    },
    /// Replica to replica: your generation is over.
    Fenced {
        /// The generation the receiver claimed.
        claimed: Epoch,
        /// The newest generation the sender knows.
        epoch: Epoch,
        /// Its leader.
        leader: NodeId,
    },
}

/// Entries in one message. Nearly always it is one; only catching up sends many.
#[derive(Clone, Debug, PartialEq)]
pub enum Entries {
    /// A single entry.
    One(Entry),
    /// Several, shared between the copies of the message.
    Many(Arc<Vec<Entry>>),
}

impl Entries {
    /// The entries as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[Entry] {
        match self {
            Entries::One(entry) => std::slice::from_ref(entry),
            Entries::Many(entries) => entries,
        }
    }
}

/// How far a replica is: `applied <= flushed <= received`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Positions {
    /// The last entry that it has without a gap, in memory at least.
    pub received: Lsn,
    /// The last entry that survives a crash.
    pub flushed: Lsn,
    /// The last entry that its reads show.
    pub applied: Lsn,
}

/// What a replica answers a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The write is acknowledged.
    Written {
        /// Where it stands.
        at: Position,
        /// Whether a failover discarded what the session's token stood for: the session begins anew with this write.
        token_lost: bool,
    },
    /// The value that was read.
    Value {
        /// The version that the key holds, if any.
        found: Option<Version>,
        /// How far the replica had applied the log.
        applied: Position,
    },
    /// The replica has not applied what the token asks for.
    Behind {
        /// How far it had.
        applied: Position,
    },
    /// What the token stands for was discarded by a failover: no replica will ever have it.
    SessionLost {
        /// The last position that survived.
        survived: Position,
    },
    /// Not executed: only a leader takes writes.
    NotLeader {
        /// Who leads, as far as the replica knows.
        leader: NodeId,
        /// The generation.
        epoch: Epoch,
    },
    /// The leader was deposed before the write was acknowledged: it may survive or not.
    Deposed,
}

impl Message {
    /// Whether it travels beside the other messages of its link: it neither waits for them nor holds them up.
    #[must_use]
    #[inline]
    pub fn travels_beside(&self) -> bool {
        matches!(self, Message::Status { .. })
    }

    /// Whether it only says that somebody is there.
    #[must_use]
    pub fn is_sign_of_life(&self) -> bool {
        matches!(self, Message::Heartbeat { .. } | Message::HeartbeatAck { .. } | Message::Status { .. })
    }

    /// A number that tells the messages of one link apart, and that is the same in every run in which the same is said.
    #[must_use]
    pub fn identity(&self) -> u64 {
        mix_pair(self.identity_words())
    }

    /// What the identity is made of: where a message is sent its kind is known, and little of this is left.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn identity_words(&self) -> (u64, u64) {
        let join = |kind: u64, a: u64, b: u64| (kind.wrapping_add(a << 8), b);
        match self {
            Message::Write { attempt, .. } => join(1, attempt.identity, u64::from(attempt.number)),
            Message::Read { attempt, .. } => join(2, attempt.identity, u64::from(attempt.number)),
            Message::Reply { attempt, .. } => join(3, attempt.identity, u64::from(attempt.number)),
            Message::Append { epoch, entries, resent, .. } => {
                let first = entries.as_slice().first().map_or(0, |e| e.lsn.0);
                join(4, first, (u64::from(epoch.0) << 32) | u64::from(*resent))
            }
            Message::Ack { epoch, progress, boot, resent } => {
                let at = mix(progress.received.0) ^ mix(progress.flushed.0 << 1) ^ mix(progress.applied.0 << 2);
                join(5, at, (u64::from(epoch.0) << 48) ^ (u64::from(*boot) << 32) ^ u64::from(*resent))
            }
            Message::Announce { epoch, resent, .. } => join(6, u64::from(epoch.0), u64::from(*resent)),
            Message::Subscribe { epoch, progress, boot, resent } => {
                join(7, progress.received.0, (u64::from(epoch.0) << 48) ^ (u64::from(*boot) << 32) ^ u64::from(*resent))
            }
            Message::Noted { epoch, resent } => join(8, u64::from(epoch.0), u64::from(*resent)),
            Message::Fenced { claimed, epoch, .. } => join(9, u64::from(claimed.0), u64::from(epoch.0)),
            Message::Heartbeat { epoch, beat } => join(10, u64::from(epoch.0), u64::from(*beat)),
            Message::Poll { epoch } => join(11, u64::from(epoch.0), 0),
            Message::Vote { epoch, granted, last } => join(12, (u64::from(epoch.0) << 1) | u64::from(*granted), last.lsn.0),
            Message::TakeOver { epoch } => join(13, u64::from(epoch.0), 0),
            Message::Fetch { epoch, at, part, resent, .. } => {
                join(15, u64::from(*part), at.lsn.0 ^ (u64::from(epoch.0) << 48) ^ (u64::from(*resent) << 32))
            }
            Message::Part { epoch, snapshot, part, resent, .. } => {
                join(16, u64::from(*part), snapshot.at.lsn.0 ^ (u64::from(epoch.0) << 48) ^ (u64::from(*resent) << 32))
            }
            Message::Status { epoch, count, .. } => join(17, u64::from(epoch.0), u64::from(*count)),
            Message::HeartbeatAck { epoch, beat } => join(14, u64::from(epoch.0), u64::from(*beat)),
        }
    }
}
