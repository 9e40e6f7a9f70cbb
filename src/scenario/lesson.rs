//! What a scenario is meant to show, what findings it has, and what removes them.

use serde::{Deserialize, Serialize};

use super::left_out;
use super::{AckSpec, Anomaly, ConflictSpec, DeliverySpec, Event, FencingSpec, FormatSpec, LeaderReadsSpec};
use super::{NumbersSpec, RingChange, Scenario, TopologySpec, is_default};
use crate::router::{Bound, ReadMode, TokenHome, TokenKind};
use crate::time::SimDuration;

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

/// A change of settings that removes the findings of a lesson, or all but those that it says.
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
    /// When updates that have arrived are applied, for every shard.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliverySpec>,
    /// Who passes updates on to whom, for every shard.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "Option::is_none")]
    pub topology: Option<TopologySpec>,
    /// What is done about conflicts, for every shard.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<ConflictSpec>,
    /// Which numbers leaders give to new rows, for every shard.
    #[serde(default, with = "left_out::of_leaders", skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumbersSpec>,
    /// Other settings for every ring.
    #[serde(default, with = "left_out::of_rings", skip_serializing_if = "Option::is_none")]
    pub ring: Option<RingChange>,
    /// The replica to promote instead of the one that the script promotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promote: Option<String>,
    /// The kinds of findings that are left with it: a conflict that is kept for somebody to resolve is still one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<Anomaly>,
}

impl Scenario {
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
        for shard in &mut fixed.shards {
            shard.delivery = fix.delivery.unwrap_or(shard.delivery);
            shard.numbers = fix.numbers.unwrap_or(shard.numbers);
            if let Some(topology) = &fix.topology {
                shard.topology.clone_from(topology);
            }
            if !fix.conflicts.is_empty() {
                shard.conflicts.clone_from(&fix.conflicts);
            }
            if let (Some(change), Some(ring)) = (&fix.ring, &mut shard.ring) {
                change.apply(ring);
            }
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
