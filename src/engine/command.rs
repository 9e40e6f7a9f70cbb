//! What controls ask for. Those that set something are carried out on the scenario as it stands when they arrive, so that two changes in a
//! row do not undo each other.

use serde::{Deserialize, Serialize};

use crate::experiment::Experiment;
use crate::router::{Guarantee, ReadMode};
use crate::scenario::Event;

/// What a control asks for; where it has a value, the page sends that along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Command {
    /// Something happens to the cluster, now; in a few words.
    Act(Event, String),
    /// An operation of a client, with what was entered.
    Operate(String, Operation),
    /// A setting of the whole run changes.
    Set(Set),
    /// What was entered changes to the value.
    Enter(Entry),
    /// Look at another branch, by the value.
    Branch,
    /// Take the last change back.
    Undo,
    /// Open a preset, by the value.
    Preset,
    /// Ask a question, with its argument.
    Ask(Experiment, String),
    /// Ask a question with what was entered for it.
    AskEntered(Experiment),
    /// Open a scenario from an answer as a branch: its name, the moment to look at.
    Fork(String, u64),
}

/// An operation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    /// Write the key.
    Write,
    /// Read the key.
    Read,
    /// Insert a row into the table of the key.
    Insert,
    /// Set all rows of the table of the key to the present time.
    SetAll,
    /// Delete the key.
    Delete,
    /// Add to the number that the key has.
    Add,
}

/// What a user can enter before using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Entry {
    /// The key of operations.
    Key,
    /// The value of writes.
    Value,
    /// Where a read goes; empty for the router's choice.
    At,
    /// Where the link starts whose lag is looked at.
    From,
    /// Where it ends.
    To,
    /// The read mode to compare with.
    Mode,
    /// The kind of finding to search for.
    Kind,
    /// The leader to which writes go; empty for the client's home.
    WriteAt,
    /// The operation from which a path is looked for.
    First,
    /// The operation to which.
    Second,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Set {
    /// The read mode.
    Mode(ReadMode),
    /// A guarantee is asked for, or no more.
    Guarantee(Guarantee),
    /// For how long the leader is read after an own write.
    Window,
    /// How far behind a follower may be that answers.
    Bound,
    /// What happens if no follower is fresh enough.
    OnMiss,
    /// Where tokens are kept.
    Tokens,
    /// Something of the shard of this number.
    Shard(usize, ShardSet),
    /// The lag of these links.
    Lag(Vec<(String, String)>),
    /// The rate of the workload of this number.
    Rate(usize),
    /// The seed.
    Seed,
    /// The seed after this one.
    NextSeed,
    /// The lesson's fix.
    Fix,
    /// The leader to which the client of this number turns.
    Home(usize),
    /// How far the clock of this node is ahead.
    ClockOffset(String),
    /// How fast the clock of this node runs.
    ClockRate(String),
    /// Mode and seed, by the value, which has them as a link has.
    AsLinked,
}

/// A setting of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ShardSet {
    /// Writes wait for this follower, or no more.
    WaitFor(String),
    /// For how many followers.
    Count,
    /// For which of them.
    Selection,
    /// For what.
    Level,
    /// What happens if they are silent.
    OnLoss,
    /// Who promotes.
    Promotion,
    /// How long a silence is borne.
    Patience,
    /// How a leader answers reads.
    LeaderReads,
    /// Whether a leader of the past is refused.
    Fencing,
    /// What entries carry.
    Format,
    /// How much of the log is kept.
    Retention,
    /// Which leaders tell each other.
    Topology(String),
    /// When an update that has arrived is applied.
    Delivery,
    /// What is done about conflicts over the range of keys of this number.
    Rule(usize),
    /// Which numbers leaders give to new rows.
    Numbers,
    /// Something about a ring.
    Ring(RingSet),
}

/// A setting of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RingSet {
    /// How many replicas a key has.
    Replicas,
    /// How many answers a read needs.
    Reads,
    /// How many answers a write needs.
    Writes,
    /// Whether others stand in.
    Sloppy,
    /// How versions are told apart.
    Versions,
    /// Who coordinates.
    Coordinator,
    /// What reads do about replicas that are behind.
    ReadRepair,
    /// Whether reads write back first.
    WriteBack,
    /// Whether hints are handed off.
    Handoff,
    /// Whether nodes compare their trees.
    AntiEntropy,
}
