//! Which family of replication a scenario is of, and what has a meaning there.
//!
//! The structures of a scenario hold what any family can be told, in one flat form, so that a scenario of one family reads as one of another
//! does. What a family does not have is refused by the plan, with its place, and never ignored: whoever sets it expects something of it.

use serde::{Deserialize, Serialize};

use super::{leaderless, multi_leader, single_leader};
use crate::router::ReadMode;
use crate::sabotage::Sabotage;

/// A family of replication, of which all groups of a scenario are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FamilySpec {
    /// Each group has one leader, which decides on the order of writes, and followers.
    #[default]
    SingleLeader,
    /// Each group has several leaders, which take writes at the same time and tell each other later.
    MultiLeader,
    /// Each group is a ring of nodes: any of them takes requests, and some of a key's replicas have to answer.
    Leaderless,
}

impl FamilySpec {
    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FamilySpec::SingleLeader => "single-leader",
            FamilySpec::MultiLeader => "multi-leader",
            FamilySpec::Leaderless => "leaderless",
        }
    }

    /// Whether a setting has a meaning in groups of this family.
    #[must_use]
    pub fn knows(self, setting: Setting) -> bool {
        match self {
            FamilySpec::SingleLeader => single_leader::knows(setting),
            FamilySpec::MultiLeader => multi_leader::knows(setting),
            FamilySpec::Leaderless => leaderless::knows(setting),
        }
    }
}

/// What a scenario can ask for that not every family has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Reads in this mode.
    ReadMode(ReadMode),
    /// What a read does that finds no replica fresh enough.
    OnMiss,
    /// What tokens are compared by.
    Token,
    /// Where tokens are kept.
    Tokens,
    /// For how long a session reads at the leader after a write.
    Window,
    /// A bound on staleness.
    Bound,
    /// Guarantees of sessions, chosen one by one.
    Guarantees,
    /// When a write is acknowledged.
    Ack,
    /// When a leader's own reads show a write.
    Visibility,
    /// Promotion without an operator.
    Failover,
    /// Whether messages of old generations are refused.
    Fencing,
    /// How a leader makes sure that it leads.
    LeaderReads,
    /// What log entries carry.
    Format,
    /// How much of the log is kept.
    Retention,
    /// Replicas that keep only some keys.
    Keeps,
    /// How long a disk takes to flush.
    Flush,
    /// How long a follower takes to apply one entry.
    Apply,
    /// More leaders.
    Peers,
    /// Who passes updates on to whom.
    Topology,
    /// When an update that has arrived is applied.
    Delivery,
    /// What is done about conflicts.
    Conflicts,
    /// Which numbers each leader gives to new rows.
    Numbers,
    /// The leader to which a client turns.
    Home,
    /// The leader to which a write goes.
    At,
    /// What must be so where a write is carried out.
    If,
    /// A client deletes a key.
    Delete,
    /// A client adds to a number.
    Add,
    /// A client calls a method of replicated data.
    Call,
    /// A client changes all rows of a table.
    Update,
    /// An operator lets a leader pass updates on to another one.
    Connect,
    /// An operator makes another leader the home of keys.
    MoveHome,
    /// An operator makes a replica the leader.
    Promote,
    /// An operator adds a column.
    Alter,
    /// An operator starts a replica with the next storage version.
    Upgrade,
    /// A replica joins later.
    Join,
    /// A client adds a row to a table.
    Insert,
    /// A ring of nodes instead of a leader and its followers.
    Ring,
    /// A node leaves its ring.
    Leave,
    /// A deliberate defect.
    Defect(Sabotage),
}

impl Setting {
    /// What it is, by its name in files.
    #[must_use]
    pub fn words(self) -> String {
        let (what, name) = match self {
            Setting::ReadMode(mode) => ("read mode", mode.name()),
            Setting::OnMiss => ("setting", "on_miss"),
            Setting::Token => ("setting", "token"),
            Setting::Tokens => ("setting", "tokens"),
            Setting::Window => ("setting", "window"),
            Setting::Bound => ("setting", "bound"),
            Setting::Guarantees => ("setting", "guarantees"),
            Setting::Ack => ("setting", "ack"),
            Setting::Visibility => ("setting", "visibility"),
            Setting::Failover => ("setting", "failover"),
            Setting::Fencing => ("setting", "fencing"),
            Setting::LeaderReads => ("setting", "leader_reads"),
            Setting::Format => ("setting", "format"),
            Setting::Retention => ("setting", "retention"),
            Setting::Keeps => ("setting", "keeps"),
            Setting::Flush => ("setting", "flush"),
            Setting::Apply => ("setting", "apply"),
            Setting::Peers => ("setting", "peers"),
            Setting::Topology => ("setting", "topology"),
            Setting::Delivery => ("setting", "delivery"),
            Setting::Conflicts => ("setting", "conflicts"),
            Setting::Numbers => ("setting", "numbers"),
            Setting::Home => ("setting", "home"),
            Setting::At => ("setting", "at"),
            Setting::If => ("setting", "if"),
            Setting::Delete => ("event", "delete"),
            Setting::Add => ("event", "add"),
            Setting::Call => ("event", "call"),
            Setting::Update => ("event", "update"),
            Setting::Connect => ("event", "connect"),
            Setting::MoveHome => ("event", "move-home"),
            Setting::Promote => ("event", "promote"),
            Setting::Alter => ("event", "alter"),
            Setting::Upgrade => ("event", "upgrade"),
            Setting::Join => ("event", "join"),
            Setting::Insert => ("event", "insert"),
            Setting::Ring => ("setting", "ring"),
            Setting::Leave => ("event", "leave"),
            Setting::Defect(defect) => ("defect", defect.name()),
        };
        format!("{what} `{name}`")
    }
}
