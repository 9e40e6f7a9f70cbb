//! What nodes say and do: the closed enums of messages, inputs, effects and facts.
//!
//! A node is a function from an input to effects (the shape of etcd's raft and of stateright's actors): it performs no I/O,
//! reads no clock and draws no randomness of its own. The simulation feeds it and carries out what it asks for ([`Effects`]). Adding a
//! protocol means adding variants here; the compiler then lists every place that has to know about them.

mod effects;
pub mod single_leader;

use std::sync::Arc;

pub use effects::Effects;

use crate::log::{Dependencies, Entry, KeyId, OpId, Value};
use crate::lsn::{Epoch, EpochStart, Lsn, Position};
use crate::network::NodeId;
use crate::protocol::single_leader::Snapshot;
use crate::router::Bound;
use crate::time::{SimDuration, SimTime};

/// The number of a group: one leader, its followers, one log. A scenario's shards are its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u16);

impl GroupId {
    /// The number as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One attempt at a client operation. A client that tries again counts the attempts, and answers carry the number back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The operation.
    pub op: OpId,
    /// A number that names the operation in every run of the scenario, whatever the read mode: client and place in its work.
    pub identity: u64,
    /// 0 for the first attempt.
    pub number: u8,
}

/// What travels between nodes.
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

/// The value of a key and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Where it was written.
    pub at: Position,
    /// The value.
    pub value: Value,
    /// The operation that wrote it.
    pub op: OpId,
}

/// What happens to a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A message arrives.
    Deliver {
        /// Who sent it.
        src: NodeId,
        /// What it says.
        msg: Message,
    },
    /// A timer that the node set runs out.
    Timer(Timer),
    /// The node comes up, for the first time or after a crash.
    Start,
    /// The operator makes this replica the leader of its group.
    Promote {
        /// Its generation: larger than any that was given out before.
        epoch: Epoch,
    },
    /// The operator adds a column to the rows of this replica's group.
    Alter,
    /// A client is told to do an operation.
    Invoke(Invocation),
}

/// An operation that a client is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Its number in the run.
    pub op: OpId,
    /// A name for it that does not depend on the read mode.
    pub identity: u64,
    /// The session it belongs to.
    pub session: u32,
    /// The key.
    pub key: KeyId,
    /// What to do.
    pub kind: Kind,
    /// A random word, for choices among replicas.
    pub dice: u64,
    /// The replica to go to first, if the caller chose one.
    pub prefer: Option<NodeId>,
}

/// Read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Set the key to a value.
    Write(Value),
    /// Read the key; the mode overrides the client's.
    Read(Option<crate::router::ReadMode>),
}

/// Timers that nodes set for themselves. A timer that no longer matters when it runs out is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The disk has finished writing.
    Flush,
    /// The next entry has been applied.
    Apply,
    /// A follower has been silent for too long.
    Resend(NodeId),
    /// Some nodes have not answered an announcement.
    Announce,
    /// The oldest write has waited too long for a synchronous follower.
    SyncLoss,
    /// A read has been kept back for as long as it may be.
    Park(OpId),
    /// The next heartbeat is due.
    Heartbeat,
    /// Patience with a silent leader ends.
    Suspect,
    /// The time for answers to a poll is over.
    Election,
    /// The leader is to say again how far it is.
    Status,
    /// A part of a snapshot has been written.
    Copy,
    /// A client's oldest write is due for giving up.
    WriteDeadline,
    /// A client's oldest attempt at a read is due for giving up.
    ReadDeadline,
}

/// The start of an operation, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// What was asked for.
    pub invocation: Invocation,
    /// The session's number; it grows when a session is lost and begins anew.
    pub session_number: u32,
    /// The session's token for the key's group.
    pub token: Position,
}

/// The end of an operation, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which operation.
    pub op: OpId,
    /// How it ended.
    pub outcome: Outcome,
    /// The replica that answered, if one did.
    pub replica: Option<NodeId>,
    /// How many attempts it took.
    pub attempts: u8,
}

/// How an operation ended. Only `Written` owes durability; `Indeterminate` may have happened, may happen later, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A write was acknowledged.
    Written {
        /// Where it stands.
        at: Position,
    },
    /// A read was answered.
    Value {
        /// What was found.
        found: Option<Version>,
        /// How far the replica had applied the log.
        applied: Position,
    },
    /// Certainly not executed.
    Rejected(Reason),
    /// Nobody can say (Jepsen's `info`).
    Indeterminate(Reason),
}

/// Why an operation did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No answer in time.
    TimedOut,
    /// No replica that was asked leads the group.
    NoLeader,
    /// The leader was deposed while the write waited.
    Deposed,
    /// No replica had applied what the session's token asks for.
    NoReplicaFreshEnough,
    /// The session's writes or reads were discarded by a failover.
    SessionLost,
}

/// What a reader of the trace wants to know beyond messages and operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The leader put an entry into its log.
    Appended(Lsn),
    /// Entries up to here have been received without a gap.
    Received(Lsn),
    /// Entries up to here survive a crash.
    Flushed(Lsn),
    /// Entries up to here are visible to reads.
    Applied(Lsn),
    /// The acknowledgement rule holds up to here.
    Acknowledged(Lsn),
    /// Entries after the first number, up to the second, were discarded.
    Truncated(Lsn, Lsn),
    /// The node leads from now on; its first entry will have this number.
    Promoted(Epoch, Lsn),
    /// The node follows a leader of this generation from now on.
    Follows(Epoch),
    /// The leader no longer waits for its synchronous followers.
    FellBackToAsync,
    /// The leader waits for its synchronous followers again.
    BackToSync,
    /// A follower takes the place of a lost synchronous one.
    PromotedToSync(NodeId),
    /// A read is kept back until the token's position is applied.
    Parked(OpId),
    /// A message of an old generation was refused.
    RefusedEpoch(Epoch),
    /// The follower has heard nothing of its leader for too long.
    Suspects(NodeId),
    /// The follower holds an election for this generation.
    Polls(Epoch),
    /// The election failed: it reached no more than so many members.
    TooFewReached(Epoch, u32),
    /// The leader has carried out this row of an operation's statement.
    Wrote(OpId, KeyId),
    /// What all the replica's rows come to, once everything up to here is applied.
    Checksum(Position, u32),
    /// Entries, or a snapshot, in bytes of this storage version were refused.
    RefusedVersion(u32),
    /// The replica runs this storage version from now on.
    Upgraded(u32),
    /// The rows have so many added columns from now on.
    Altered(u32),
    /// The entry names a column that the replica does not have: nothing can be applied any more.
    LacksColumn(Lsn),
    /// So many parts of a snapshot have been copied, of so many.
    Copied(u32, u32),
    /// A snapshot is in place: the log goes on behind this entry.
    Restored(Lsn),
    /// A follower that began with a snapshot has everything for the first time, and may count as synchronous.
    CaughtUp(NodeId),
    /// The client asks this replica no more for a while: it was further behind than the bound, or silent.
    LeftOut(NodeId),
    /// The client asks this replica again.
    TakenBack(NodeId),
}

impl Message {
    /// Whether it travels beside the other messages of its link: it neither waits for them nor holds them up.
    #[must_use]
    #[inline]
    pub fn travels_beside(&self) -> bool {
        matches!(self, Message::Status { .. })
    }

    /// A number that tells the messages of one link apart, and that is the same in every run in which the same is said.
    #[must_use]
    #[cfg_attr(feature = "speed", inline(always))]
    pub fn identity(&self) -> u64 {
        use crate::rng::mix;
        let join = |kind: u64, a: u64, b: u64| mix(mix(kind.wrapping_add(a << 8)).wrapping_add(b));
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

/// The time a node sees when it handles an input.
pub type Now = SimTime;
