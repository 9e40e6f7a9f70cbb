//! A scenario: everything a run depends on, as plain data. The only input there is.
//!
//! A scenario is written by hand (the presets are such files), carried in a link, or grown by clicks: a click in the lab adds
//! an event to the script and the run is computed anew. So every run, improvised ones included, can be shared and tested.
//! The format is JSON, version 1; `parse` says where a mistake is, with line and column.

mod anomaly;
mod event;
mod failover;
mod limits;
mod mistake;
mod parse;
mod place;
mod plan;
mod read;
mod reader;
mod rows;
mod text;

use serde::{Deserialize, Serialize};

pub use anomaly::Anomaly;
pub use event::{Datum, Direction, Event, Scheduled, SetSpec, Target};
pub use failover::{ClockSpec, FailoverSpec, FencingSpec, LeaderReadsSpec, LeaseSpec, PolicySpec, QuorumSpec};
pub use limits::{KEYS_MAX, NAME_MAX, NODES_MAX, SCRIPT_MAX, TEXT_MAX, UNTIL_MAX};
pub use parse::{ScenarioError, parse};
pub use plan::{Action, Feed, GroupPlan, Plan};
pub use read::ReadSpec;

use crate::family::single_leader::Visibility;
use crate::network::Latency;
use crate::rng::Ratio;
use crate::router::{Bound, ReadMode, TokenHome, TokenKind};
use crate::sabotage::Sabotage;
use crate::statement::Format;
use crate::time::SimDuration;

/// The version of the format that this crate writes.
pub const VERSION: u32 = 1;

/// Everything a run depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The version of the format: 1.
    pub version: u32,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What it is meant to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
    /// The seed of all random choices.
    pub seed: u64,
    /// When the run ends.
    pub until: SimDuration,
    /// Independent groups of one leader and its followers; keys are mapped to them.
    pub shards: Vec<Shard>,
    /// Who writes and reads.
    pub clients: Vec<ClientSpec>,
    /// What the links do; a later entry overrides an earlier one. Unnamed links take 1 ms and lose nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkSpec>,
    /// Clocks that run faster or slower than true time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<ClockSpec>,
    /// How clients read.
    #[serde(default)]
    pub read: ReadSpec,
    /// How long a client waits for the end of an operation.
    #[serde(default = "op_timeout_default", skip_serializing_if = "is_op_timeout_default")]
    pub op_timeout: SimDuration,
    /// Steady streams of operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workload: Vec<Workload>,
    /// Single operations, faults and interventions, each at its time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Scheduled>,
    /// Defects to build in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sabotage: Vec<Sabotage>,
}

fn op_timeout_default() -> SimDuration {
    SimDuration::secs(10)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_op_timeout_default(d: &SimDuration) -> bool {
    *d == op_timeout_default()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a scenario is meant to show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The situation, in two or three sentences.
    pub story: String,
    /// What to try first, in one sentence.
    pub hint: String,
    /// The kinds of findings that the run has, each named once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expects: Vec<Anomaly>,
    /// What removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Where the lab waits for its user at first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub start: SimDuration,
}

/// A change of settings that removes the findings of a lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// What to do, and why it helps.
    pub text: String,
    /// The read mode to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ReadMode>,
    /// The acknowledgement rule to choose, for every shard that has the followers it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<AckSpec>,
    /// The fencing to choose, for every shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fencing: Option<FencingSpec>,
    /// How leaders answer reads, for every shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader_reads: Option<LeaderReadsSpec>,
    /// What tokens are compared by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenKind>,
    /// How long to read at the leader after an own write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<SimDuration>,
    /// Where to keep the token of a user with several devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenHome>,
    /// How far behind a follower may be that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// What log entries carry, for every shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatSpec>,
    /// How many entries are kept, for every shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<u64>,
    /// After how long a silence a leader is suspected, for every shard with failover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// Whether built-in defects are taken out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub repair: bool,
    /// The replica to promote instead of the one that the script promotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promote: Option<String>,
}

/// One group of replicas with a log of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// What it is called.
    pub name: String,
    /// The replica that leads at the start.
    pub leader: String,
    /// The other replicas.
    pub followers: Vec<String>,
    /// Keys that begin with one of these belong here. The first shard takes every key that no shard claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// When a write is acknowledged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ack: AckSpec,
    /// When the leader's own reads show a write.
    #[serde(default, skip_serializing_if = "is_default")]
    pub visibility: VisibilitySpec,
    /// How the group finds out that its leader is gone, and what it does then; without it, an operator promotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<FailoverSpec>,
    /// Whether messages of an old generation are refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fencing: FencingSpec,
    /// How a leader answers reads that ask for the leader.
    #[serde(default, skip_serializing_if = "is_default")]
    pub leader_reads: LeaderReadsSpec,
    /// How long a disk takes to flush.
    #[serde(default, skip_serializing_if = "is_default")]
    pub flush: SimDuration,
    /// How long a follower takes to apply one entry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub apply: SimDuration,
    /// What the entries of the log carry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: FormatSpec,
    /// How many entries behind the head of the log are kept; all if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<u64>,
    /// How long a follower takes to copy one row of a snapshot.
    #[serde(default = "copy_default", skip_serializing_if = "is_copy_default")]
    pub copy: SimDuration,
    /// Followers that keep only some keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps: Vec<KeepSpec>,
}

/// 10 ms.
fn copy_default() -> SimDuration {
    SimDuration::millis(10)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_copy_default(d: &SimDuration) -> bool {
    *d == copy_default()
}

impl Default for Shard {
    fn default() -> Shard {
        Shard {
            name: String::new(),
            leader: String::new(),
            followers: Vec::new(),
            keys: Vec::new(),
            ack: AckSpec::default(),
            visibility: VisibilitySpec::default(),
            failover: None,
            fencing: FencingSpec::default(),
            leader_reads: LeaderReadsSpec::default(),
            flush: SimDuration::ZERO,
            apply: SimDuration::ZERO,
            format: FormatSpec::default(),
            retention: None,
            copy: copy_default(),
            keeps: Vec::new(),
        }
    }
}

/// What the entries of a log carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormatSpec {
    /// The rows that changed, one entry each.
    #[default]
    Logical,
    /// The text of statements, which every replica works out for itself.
    Statement,
    /// Bytes of the storage engine, for the same storage version only.
    WriteAheadLog,
}

impl FormatSpec {
    /// All of them, in the order of the lesson.
    pub const ALL: [FormatSpec; 3] = [FormatSpec::Statement, FormatSpec::WriteAheadLog, FormatSpec::Logical];

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FormatSpec::Logical => "logical",
            FormatSpec::Statement => "statement",
            FormatSpec::WriteAheadLog => "write-ahead-log",
        }
    }
}

impl From<FormatSpec> for Format {
    fn from(spec: FormatSpec) -> Format {
        match spec {
            FormatSpec::Logical => Format::Logical,
            FormatSpec::Statement => Format::Statement,
            FormatSpec::WriteAheadLog => Format::WriteAheadLog,
        }
    }
}

/// A follower that keeps only some keys, as a store for analytics does. It cannot lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepSpec {
    /// Which follower.
    pub node: String,
    /// It keeps the keys that begin with one of these.
    pub keys: Vec<String>,
}

/// When a write is acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AckSpec {
    /// Once the leader has flushed it.
    #[default]
    Async,
    /// Once followers have it as well.
    Sync(SyncSpec),
}

/// Which followers a synchronous write waits for. They are counted without the leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncSpec {
    /// The followers that may count, in order of priority.
    pub followers: Vec<String>,
    /// How many of them.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub k: usize,
    /// The first k of the list, or any k.
    #[serde(default, skip_serializing_if = "is_default")]
    pub selection: SelectionSpec,
    /// Which position of a follower counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: LevelSpec,
    /// What happens when they do not answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_loss: OnLossSpec,
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_one(k: &usize) -> bool {
    *k == 1
}

/// The first k of the list, or any k.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionSpec {
    /// The first k that are not lost.
    #[default]
    First,
    /// Whichever k answer first.
    Any,
}

/// Which position of a follower counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LevelSpec {
    /// In memory.
    Received,
    /// On disk.
    #[default]
    Flushed,
    /// Visible to reads.
    Applied,
}

/// What happens when synchronous followers do not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OnLossSpec {
    /// Writes wait.
    #[default]
    Block,
    /// After this time writes no longer wait, until the followers have caught up.
    FallBackToAsync(SimDuration),
    /// After this time the next follower of the list takes the place of a silent one.
    PromoteNext(SimDuration),
}

/// When the leader's own reads show a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisibilitySpec {
    /// Once it is acknowledged.
    #[default]
    Acknowledged,
    /// As soon as the leader has flushed it.
    Flushed,
}

impl From<VisibilitySpec> for Visibility {
    fn from(spec: VisibilitySpec) -> Visibility {
        match spec {
            VisibilitySpec::Acknowledged => Visibility::Acknowledged,
            VisibilitySpec::Flushed => Visibility::Flushed,
        }
    }
}

/// One client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSpec {
    /// What it is called.
    pub name: String,
    /// Whether it starts operations without waiting for the end of earlier ones, as a telemetry feed does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub concurrent: bool,
    /// Whose device it is. What the devices of one user do is one session, for its guarantees; without a user, each client is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl ClientSpec {
    /// A client that does one thing at a time, and is its own user.
    #[must_use]
    pub fn named(name: &str) -> ClientSpec {
        ClientSpec { name: name.to_owned(), concurrent: false, user: None }
    }
}

/// What some links do. `"*"` stands for every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// The sending node.
    pub from: String,
    /// The receiving node.
    pub to: String,
    /// How long a message takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// How likely a message is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Ratio>,
    /// How likely a message arrives twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplication: Option<Ratio>,
    /// Whether a later message may overtake an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder: Option<bool>,
}

/// A steady stream of operations of one client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Who.
    pub client: String,
    /// Write or read.
    pub kind: WorkloadKind,
    /// How many operations per second.
    pub per_second: u32,
    /// On which keys, in turn.
    pub keys: Vec<String>,
    /// When it starts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: SimDuration,
    /// When it stops; the end of the run if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SimDuration>,
    /// Whether the pauses are random (exponential) or all alike.
    #[serde(default, skip_serializing_if = "is_default")]
    pub random: bool,
}

/// Write or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadKind {
    /// Writes of 1, 2, 3 and so on.
    Write,
    /// Reads in the scenario's mode.
    Read,
}

impl Scenario {
    /// The scenario as JSON, the form in which it is saved and shared. Reading it back gives the same scenario.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The scenario with its lesson's fix applied; `None` if the lesson names none.
    #[must_use]
    pub fn with_fix(&self) -> Option<Scenario> {
        let fix = self.lesson.as_ref()?.fix.as_ref()?;
        let mut fixed = self.clone();
        if let Some(mode) = fix.mode {
            fixed.read.mode = mode;
        }
        if let Some(ack) = &fix.ack {
            let waits_for: &[String] = if let AckSpec::Sync(rule) = ack { &rule.followers } else { &[] };
            for shard in &mut fixed.shards {
                if waits_for.iter().all(|name| shard.followers.contains(name)) {
                    shard.ack = ack.clone();
                }
            }
        }
        if let Some(fencing) = fix.fencing {
            fixed.shards.iter_mut().for_each(|shard| shard.fencing = fencing);
        }
        if let Some(leader_reads) = fix.leader_reads {
            fixed.shards.iter_mut().for_each(|shard| shard.leader_reads = leader_reads);
        }
        if let Some(format) = fix.format {
            fixed.shards.iter_mut().for_each(|shard| shard.format = format);
        }
        if fix.retention.is_some() {
            fixed.shards.iter_mut().for_each(|shard| shard.retention = fix.retention);
        }
        if let Some(timeout) = fix.timeout {
            fixed.shards.iter_mut().filter_map(|shard| shard.failover.as_mut()).for_each(|spec| spec.timeout = timeout);
        }
        if fix.repair {
            fixed.sabotage.clear();
        }
        fixed.read.token = fix.token.unwrap_or(fixed.read.token);
        fixed.read.window = fix.window.unwrap_or(fixed.read.window);
        fixed.read.tokens = fix.tokens.unwrap_or(fixed.read.tokens);
        fixed.read.bound = fix.bound.unwrap_or(fixed.read.bound);
        if let Some(replica) = &fix.promote {
            for scheduled in &mut fixed.script {
                if let Event::Promote(target) = &mut scheduled.event {
                    target.node.clone_from(replica);
                }
            }
        }
        Some(fixed)
    }
}
