//! The families of replication: how replicas of one kind work together. There are three: single-leader,
//! multi-leader and leaderless replication.
//!
//! A node is a function from an input to effects (the shape of etcd's raft and of stateright's actors): it performs no I/O,
//! reads no clock and draws no randomness of its own. The simulation feeds it and carries out what it asks for ([`Effects`]).
//!
//! Each family has a folder with its messages, timers, facts and labels. Here they are closed enums, one variant for each family: the kernel
//! (time, network, queue, trace) carries them, asks of them what stands here, and looks no deeper. A new family is a folder
//! and a variant, and the compiler then lists every place that has to know of it.

mod effects;
mod included;
pub mod leaderless;
pub mod multi_leader;
mod round_trip;
pub mod single_leader;

pub use effects::{Effects, Family};
pub use included::{Included, LeaderlessIncluded, MultiLeaderIncluded};

use crate::log::OpId;
use crate::network::NodeId;
use crate::operation::{Deadline, Invocation};
use crate::time::SimTime;

/// The number of a group: replicas that hold the same keys. A scenario's shards are its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u16);

impl GroupId {
    /// The number as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What travels between nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Within a group with one leader, and between it and clients.
    SingleLeader(single_leader::Message),
    /// Within a group with several leaders, and between it and clients.
    MultiLeader(MultiLeaderIncluded, multi_leader::Message),
    /// Between the nodes of a ring, and between them and clients.
    Leaderless(LeaderlessIncluded, leaderless::Message),
}

impl Message {
    /// Whether it travels beside the other messages of its link: it neither waits for them nor holds them up.
    #[must_use]
    #[inline]
    pub fn travels_beside(&self) -> bool {
        match self {
            Message::SingleLeader(message) => message.travels_beside(),
            Message::MultiLeader(..) | Message::Leaderless(..) => false,
        }
    }

    /// A number that tells the messages of one link apart, and that is the same in every run in which the same is said.
    #[must_use]
    pub fn identity(&self) -> u64 {
        match self {
            Message::SingleLeader(message) => message.identity(),
            Message::MultiLeader(_, message) => message.identity(),
            Message::Leaderless(_, message) => message.identity(),
        }
    }

    /// Whether it only says that somebody is there: as long as nobody misses one, it changes nothing.
    #[must_use]
    pub fn is_sign_of_life(&self) -> bool {
        match self {
            Message::SingleLeader(message) => message.is_sign_of_life(),
            Message::MultiLeader(..) => false,
            Message::Leaderless(_, message) => message.is_sign_of_life(),
        }
    }
}

/// What wakes a node. A timer that no longer matters when it runs out is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A client gives up waiting.
    Client(Deadline),
    /// A replica of a group with one leader set it.
    SingleLeader(single_leader::Timer),
    /// A replica of a group with several leaders set it.
    MultiLeader(MultiLeaderIncluded, multi_leader::Timer),
    /// A node of a ring set it, or a client that coordinates its requests there.
    Leaderless(LeaderlessIncluded, leaderless::Timer),
}

impl Timer {
    /// Whether what it wakes for changes nothing that replicas hold, as long as nobody misses a sign of life.
    #[must_use]
    pub fn is_sign_of_life(self) -> bool {
        match self {
            // A client that gives up waiting changes nothing.
            Timer::Client(Deadline::Write | Deadline::Read) => true,
            Timer::SingleLeader(timer) => timer.is_sign_of_life(),
            Timer::MultiLeader(_, timer) => timer.is_sign_of_life(),
            Timer::Leaderless(_, timer) => timer.is_sign_of_life(),
        }
    }
}

/// What an operator tells a replica to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To a replica of a group with one leader.
    SingleLeader(single_leader::Order),
    /// To a replica of a group with several leaders.
    MultiLeader(MultiLeaderIncluded, multi_leader::Order),
    /// To a node of a ring.
    Leaderless(LeaderlessIncluded, leaderless::Order),
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
    /// The operator wants something of a replica.
    Order(Order),
    /// A client is told to do an operation.
    Invoke(Invocation),
}

/// What a reader of the trace wants to know beyond messages and operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Of a group with one leader.
    SingleLeader(single_leader::Fact),
    /// Of a group with several leaders.
    MultiLeader(MultiLeaderIncluded, multi_leader::Fact),
    /// Of a ring.
    Leaderless(LeaderlessIncluded, leaderless::Fact),
}

impl Fact {
    /// The fact in words: its number in a byte, and what it speaks of. The two highest bits of the number tell the families apart.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64, u64) {
        match self {
            Fact::SingleLeader(fact) => fact.words(),
            Fact::MultiLeader(_, fact) => fact.words(),
            Fact::Leaderless(_, fact) => fact.words(),
        }
    }

    /// Whether a replica has put something into its memory that stays there.
    #[inline(always)]
    pub(crate) fn adds_an_entry(self) -> bool {
        match self {
            Fact::SingleLeader(fact) => matches!(fact, single_leader::Fact::Appended(_)),
            Fact::MultiLeader(_, fact) => matches!(fact, multi_leader::Fact::Took(..)),
            // Each copy is noted where it is stored.
            Fact::Leaderless(..) => false,
        }
    }

    /// Whether the fact with this number tells of a change of leaders, or of what one had discarded.
    #[inline(always)]
    pub(crate) fn tells_of_failover(number: u64) -> bool {
        single_leader::Fact::tells_of_failover(number)
    }

    /// The fact that was put into these words.
    pub(crate) fn of_words(number: u64, x: u64, y: u64) -> Fact {
        match number & (multi_leader::FAMILY | leaderless::FAMILY) {
            0 => Fact::SingleLeader(single_leader::Fact::of_words(number, x, y)),
            leaderless::FAMILY => Fact::Leaderless(LeaderlessIncluded::certain(), leaderless::Fact::of_words(number, x, y)),
            _ => Fact::MultiLeader(MultiLeaderIncluded::certain(), multi_leader::Fact::of_words(number, x, y)),
        }
    }
}

/// What a message is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// It carries writes from replica to replica.
    Replication,
    /// It confirms such a message.
    Confirmation,
    /// It says that somebody is there, or how far.
    Heartbeat,
    /// It carries a client's request, or the answer.
    Request,
    /// It is about who leads, or what is to be copied.
    Control,
}

/// What a message is, for reading and drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Of a group with one leader.
    SingleLeader(single_leader::Label),
    /// Of a group with several leaders.
    MultiLeader(MultiLeaderIncluded, multi_leader::Label),
    /// Of a ring.
    Leaderless(LeaderlessIncluded, leaderless::Label),
}

impl Label {
    /// The label of a message.
    #[must_use]
    pub fn of(message: &Message) -> Label {
        match message {
            Message::SingleLeader(message) => Label::SingleLeader(single_leader::Label::of(message)),
            Message::MultiLeader(included, message) => Label::MultiLeader(*included, multi_leader::Label::of(message)),
            Message::Leaderless(included, message) => Label::Leaderless(*included, leaderless::Label::of(message)),
        }
    }

    /// The label, if it is of a group with one leader.
    #[must_use]
    #[inline]
    pub fn single_leader(self) -> Option<single_leader::Label> {
        match self {
            Label::SingleLeader(label) => Some(label),
            Label::MultiLeader(..) | Label::Leaderless(..) => None,
        }
    }

    /// The label, if it is of a group with several leaders.
    #[must_use]
    pub fn multi_leader(self) -> Option<multi_leader::Label> {
        match self {
            Label::MultiLeader(_, label) => Some(label),
            Label::SingleLeader(_) | Label::Leaderless(..) => None,
        }
    }

    /// What kind of message it is, for drawing.
    #[must_use]
    pub fn traffic(self) -> Traffic {
        match self {
            Label::SingleLeader(label) => label.traffic(),
            Label::MultiLeader(_, label) => label.traffic(),
            Label::Leaderless(_, label) => label.traffic(),
        }
    }

    /// The operation the message belongs to, if any.
    #[must_use]
    pub fn op(self) -> Option<OpId> {
        match self {
            Label::SingleLeader(label) => label.op(),
            Label::MultiLeader(_, label) => label.op(),
            Label::Leaderless(_, label) => label.op(),
        }
    }

    /// The label in words: its number in a byte with a flag above it, and what it speaks of. The two highest bits of the number tell the
    /// families apart.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64) {
        match self {
            Label::SingleLeader(label) => label.words(),
            Label::MultiLeader(_, label) => label.words(),
            Label::Leaderless(_, label) => label.words(),
        }
    }

    /// The label that was put into these words.
    pub(crate) fn of_words(number: u64, arg: u64) -> Label {
        match number & (multi_leader::FAMILY | leaderless::FAMILY) {
            0 => Label::SingleLeader(single_leader::Label::of_words(number, arg)),
            leaderless::FAMILY => Label::Leaderless(LeaderlessIncluded::certain(), leaderless::Label::of_words(number, arg)),
            _ => Label::MultiLeader(MultiLeaderIncluded::certain(), multi_leader::Label::of_words(number, arg)),
        }
    }
}

/// The lower half of a word.
#[expect(clippy::cast_possible_truncation, reason = "takes the lower half")]
pub(crate) fn half(word: u64) -> u32 {
    word as u32
}

/// The lowest quarter of a word.
#[expect(clippy::cast_possible_truncation, reason = "takes the lowest quarter")]
pub(crate) fn quarter(word: u64) -> u16 {
    word as u16
}

/// The time a node sees when it handles an input.
pub type Now = SimTime;
