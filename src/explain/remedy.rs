//! What would have prevented a finding. Nothing is claimed that was not tried: the same scenario is run with the other setting,
//! and the same operation is looked up in it. Operations keep their numbers, because they are numbered as they are asked for.

use std::ops::Deref;

use super::ring_remedy::RingRemedy;
use super::words::Words;
use super::{Explainer, answered};
use crate::check::{Evidence, Finding};
use crate::family::GroupId;
use crate::family::multi_leader::Policy;
use crate::history::Op;
use crate::log::KeyId;
use crate::network::NodeId;
use crate::operation::{Outcome, Reason};
use crate::router::{ReadMode, TokenHome};
use crate::run::Run;
use crate::scenario::{
    AckSpec, ConflictRule, ConflictSpec, DataTypeSpec, DeliverySpec, Event, FencingSpec, FormatSpec, LeaderReadsSpec,
};
use crate::scenario::{NumbersSpec, Plan, Scenario, SyncSpec, TopologySpec, WinnerClock};
use crate::sorted::Map;
use crate::time::SimTime;

/// The most other settings that are tried for one run: a script may promote many replicas.
const TRIALS_MAX: usize = 4;
/// The same where there are several leaders, or none: there are more settings, and rules that hold for one key.
const TRIALS_OF_LEADERS_MAX: usize = 8;

/// Another setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    /// The built-in defects are taken out.
    NoDefects,
    /// Messages of old generations are refused.
    Fencing,
    /// Leaders have a majority confirm that they lead before they answer.
    ReadIndex,
    /// All reads are session-consistent.
    SessionConsistent,
    /// All reads are session-consistent, and the devices of a user have one token.
    SharedToken,
    /// All clocks are right.
    TrueClocks,
    /// The logs carry rows.
    Logical,
    /// Writes of the group wait until this follower has flushed them.
    Sync(GroupId, NodeId),
    /// Updates are kept back until what they depend on is there.
    CausalDelivery,
    /// Each leader gives numbers of its own to new rows.
    Interleaved,
    /// Every leader tells every other one.
    AllToAll,
    /// Something else is done about conflicts over a key.
    Rule(KeyId, Rule),
    /// Rings have another setting.
    Ring(RingRemedy),
}

/// What else may be done about conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// The last writer wins by hybrid logical clocks.
    HybridClocks,
    /// All versions are kept.
    Siblings,
    /// Sets are united.
    Union,
    /// Sets are united, but for what was taken out.
    Cart,
    /// This leader takes all writes.
    Home(NodeId),
    /// Replicated data of a type that asks nothing of clocks or of the channel, and merges by the laws.
    Sound,
    /// A counter with rights that are handed out beforehand.
    Bounded,
}

/// The scenario of a run with another setting.
#[derive(Debug)]
pub(super) struct Trial<R> {
    run: RunOf<R>,
    /// By number, the operations that a finding is about.
    faulty: Vec<bool>,
}

fn faulty(run: &Run) -> Vec<bool> {
    let mut faulty = vec![false; run.trace.ops.len()];
    for finding in &run.findings {
        if let Some(faulty) = faulty.get_mut(finding.op().index()) {
            *faulty = true;
        }
    }
    faulty
}

#[derive(Debug)]
enum RunOf<R> {
    Given(R),
    Made(Box<Run>),
}

/// The trials of one run, each made when it is first needed. `None` for a setting that changes nothing or cannot be run.
#[derive(Debug)]
pub(super) struct Trials<R>(Map<Setting, Option<Trial<R>>>);

impl<R: Deref<Target = Run>> Trials<R> {
    pub(super) fn new() -> Trials<R> {
        Trials(Map::default())
    }

    /// Takes a run with session-consistent reads that somebody has made already.
    pub(super) fn given(run: R) -> Trials<R> {
        let faulty = faulty(&run);
        let mut trials = Map::default();
        trials.or_insert_with(Setting::SessionConsistent, || Some(Trial { run: RunOf::Given(run), faulty }));
        Trials(trials)
    }

    pub(super) fn of(&mut self, setting: Setting, original: &Scenario) -> Option<&Trial<R>> {
        let several = original.shards.iter().any(|shard| !shard.peers.is_empty() || shard.ring.is_some());
        let most = if several { TRIALS_OF_LEADERS_MAX } else { TRIALS_MAX };
        if self.0.get(setting).is_none() && self.0.len() >= most {
            return None;
        }
        let trial = || {
            let run = Run::of(&setting.applied_to(original)?).ok()?;
            let faulty = faulty(&run);
            Some(Trial { run: RunOf::Made(Box::new(run)), faulty })
        };
        self.0.or_insert_with(setting, trial).as_ref()
    }
}

impl<R: Deref<Target = Run>> Trial<R> {
    pub(super) fn run(&self) -> &Run {
        match &self.run {
            RunOf::Given(run) => run,
            RunOf::Made(run) => run,
        }
    }
}

impl Setting {
    /// The scenario with this setting; `None` if it has it already.
    fn applied_to(self, original: &Scenario) -> Option<Scenario> {
        let mut scenario = original.clone();
        match self {
            Setting::NoDefects => scenario.sabotage.clear(),
            Setting::TrueClocks => scenario.clocks.clear(),
            Setting::SessionConsistent | Setting::SharedToken => {
                if self == Setting::SharedToken {
                    scenario.read.tokens = TokenHome::User;
                }
                scenario.read.mode = ReadMode::SessionConsistent;
                for scheduled in &mut scenario.script {
                    if let Event::Read { mode, .. } = &mut scheduled.event {
                        *mode = None;
                    }
                }
            }
            Setting::ReadIndex => {
                scenario.shards.iter_mut().for_each(|shard| shard.leader_reads = LeaderReadsSpec::ReadIndex);
            }
            Setting::Logical => scenario.shards.iter_mut().for_each(|shard| shard.format = FormatSpec::Logical),
            Setting::Fencing => scenario.shards.iter_mut().for_each(|shard| shard.fencing = FencingSpec::On),
            Setting::CausalDelivery => scenario.shards.iter_mut().for_each(|shard| shard.delivery = DeliverySpec::Causal),
            Setting::Interleaved => scenario.shards.iter_mut().for_each(|shard| shard.numbers = NumbersSpec::Interleaved),
            Setting::AllToAll => scenario.shards.iter_mut().for_each(|shard| shard.topology = TopologySpec::AllToAll),
            Setting::Ring(remedy) => {
                scenario.shards.iter_mut().filter_map(|s| s.ring.as_mut()).for_each(|ring| remedy.apply(ring))
            }
            Setting::Rule(key, rule) => {
                let plan = Plan::new(original).ok()?;
                let shard = scenario.shards.get_mut(plan.key_groups.get(key.0 as usize)?.index())?;
                let spec = ConflictSpec { keys: vec![plan.key_name(key).to_owned()], rule: rule.spec(&plan, key)? };
                shard.conflicts.insert(0, spec);
            }
            Setting::Sync(group, node) => {
                let shard = scenario.shards.get_mut(group.index())?;
                let before: usize = original.shards[..group.index()].iter().map(|s| 1 + s.followers.len()).sum();
                let follower = shard.followers.get(node.index().checked_sub(before + 1)?)?.clone();
                shard.ack = AckSpec::Sync(SyncSpec {
                    followers: vec![follower],
                    k: 1,
                    selection: crate::scenario::SelectionSpec::default(),
                    level: crate::scenario::LevelSpec::default(),
                    on_loss: crate::scenario::OnLossSpec::default(),
                });
            }
        }
        (scenario != *original).then_some(scenario)
    }
}

impl Rule {
    fn spec(self, plan: &Plan, key: KeyId) -> Option<ConflictRule> {
        let now = || match plan.policy(key)? {
            Policy::Replicated(replicated) => Some(DataTypeSpec::of(replicated)),
            _ => None,
        };
        Some(match self {
            Rule::HybridClocks => ConflictRule::LastWriteWins(WinnerClock::Hybrid),
            Rule::Siblings => ConflictRule::Siblings,
            Rule::Union => ConflictRule::Union,
            Rule::Cart => ConflictRule::Cart,
            Rule::Home(leader) => ConflictRule::Avoid(plan.name(leader).to_owned()),
            Rule::Sound => ConflictRule::Crdt(now()?.sound()?),
            Rule::Bounded => ConflictRule::Crdt(now()?.bounded()?),
        })
    }
}

/// The settings that are meant against a kind of finding.
fn settings(run: &Run, finding: &Finding) -> Vec<Setting> {
    let mut settings = vec![Setting::NoDefects];
    match finding.evidence {
        Evidence::LostAcknowledgedWrite { by, .. } => {
            let takeover = by.takeover().and_then(|i| run.takeovers.get(i));
            settings.extend(takeover.map(|t| Setting::Sync(t.group, t.leader)));
        }
        Evidence::SplitBrain { .. } => settings.push(Setting::Fencing),
        Evidence::Linearizability { .. } => settings.push(Setting::ReadIndex),
        Evidence::DirtyThenLost { .. } => {}
        Evidence::Divergence { .. } => settings.push(Setting::Logical),
        Evidence::ReusedId { later, .. } => {
            let epoch = run.trace.ops.get(later.index()).and_then(Op::acknowledged).map(|(at, _)| at.epoch);
            let takeover = run.takeovers.iter().find(|t| Some(t.epoch) == epoch);
            settings.extend(takeover.map(|t| Setting::Sync(t.group, t.leader)));
        }
        Evidence::ReadYourWrites { .. }
        | Evidence::MonotonicReads { .. }
        | Evidence::ConsistentPrefix { .. }
        | Evidence::MonotonicWrites { .. }
        | Evidence::WritesFollowReads { .. }
        | Evidence::Causal { .. } => {
            settings.push(Setting::SessionConsistent);
            if run.plan.scenario.clients.iter().any(|client| client.user.is_some()) {
                settings.push(Setting::SharedToken);
            }
        }
        Evidence::BoundedStaleness { .. } => settings.extend([Setting::TrueClocks, Setting::ReadIndex]),
        Evidence::AbortedRead { .. }
        | Evidence::ThinAirRead { .. }
        | Evidence::NonConvergence(_)
        | Evidence::DuplicateId { .. }
        | Evidence::ConcurrentWriteConflict { .. }
        | Evidence::LostUpdate { .. }
        | Evidence::ResurrectedDelete { .. }
        | Evidence::ReplicationLoop { .. }
        | Evidence::ConstraintBroken { .. }
        | Evidence::StaleQuorumRead { .. }
        | Evidence::FailedWriteVisible { .. }
        | Evidence::HintLost { .. }
        | Evidence::FalseSiblings { .. }
        | Evidence::FalseValue { .. }
        | Evidence::DuplicateApplied { .. }
        | Evidence::LawBroken { .. } => {}
    }
    settings
}

/// Adds the sentence that names what would have prevented the finding, if a trial shows that it would.
pub(super) fn say<R: Deref<Target = Run>>(words: &mut Words<'_>, explainer: &Explainer<R>, finding: &Finding) {
    let run: &Run = &explainer.run;
    let settings = settings(run, finding);
    let Some(op) = run.trace.ops.get(finding.op().index()) else { return };
    let first = match finding.evidence {
        Evidence::ReusedId { earlier, .. } => Some(earlier.index()),
        _ => None,
    };
    let mut trials = explainer.trials.borrow_mut();
    for setting in settings {
        if setting == Setting::NoDefects && run.plan.scenario.sabotage.is_empty() {
            continue;
        }
        let Some(trial) = trials.of(setting, &run.plan.scenario) else { continue };
        let other = trial.run().trace.ops.get(op.id.index());
        let Some(other) = other.filter(|other| same(op, other)) else { continue };
        if !trial.faulty[op.id.index()] {
            if matches!(finding.evidence, Evidence::Divergence { .. } | Evidence::NonConvergence(_)) {
                let instead = if setting == Setting::NoDefects {
                    "out the built-in defect"
                } else {
                    " a log that carries the rows themselves"
                };
                words.text(format!(" With{instead}, the two would be equal."));
                return;
            }
            let row = first.and_then(|first| Some((run.trace.ops.get(first)?, trial.run().trace.ops.get(first)?)));
            let what = if row.is_some() { "the first row" } else { "this write" };
            if let (Evidence::AbortedRead { .. }, Setting::NoDefects) = (finding.evidence, setting) {
                words.text(" Without the built-in defect, the client of the write would have been told just that.");
                return;
            }
            return describe(words, run, (trial.run(), setting), row.unwrap_or((op, other)), what);
        }
    }
}

/// Whether two runs mean the same thing by an operation's number.
pub(super) fn same(a: &Op, b: &Op) -> bool {
    (a.client, a.key, a.group, a.is_write()) == (b.client, b.key, b.group, b.is_write())
}

fn describe(words: &mut Words<'_>, run: &Run, (trial, setting): (&Run, Setting), (op, other): (&Op, &Op), what: &str) {
    match setting {
        Setting::NoDefects => {
            words.text(" Without the built-in defect, ");
        }
        Setting::SessionConsistent if op.is_write() => {
            words.text(" In a session whose operations carry its token, ");
        }
        Setting::SessionConsistent => {
            words.text(" A session-consistent read ");
        }
        Setting::SharedToken if op.is_write() => {
            words.text(" With one token for all devices of the user, carried by every operation, ");
        }
        Setting::SharedToken => {
            words.text(" With one token for all devices of the user, a session-consistent read ");
        }
        Setting::TrueClocks => {
            words.text(" With clocks that are right, the read ");
        }
        Setting::ReadIndex => {
            words.text(" With a read index, the read ");
        }
        Setting::Fencing => {
            words.text(" With fencing, ");
        }
        Setting::Logical => {
            words.text(" With a log that carries the rows themselves, ");
        }
        // These are said where groups have several leaders, or are rings: see `prevention` and `ring_remedy`.
        Setting::CausalDelivery | Setting::Interleaved | Setting::AllToAll | Setting::Rule(..) | Setting::Ring(_) => {}
        Setting::Sync(_, follower) => {
            words.text(" Had writes been acknowledged only once ").node(follower).text(" had flushed them, ");
        }
    }
    if op.is_write() {
        return kept(words, other, what);
    }
    if setting == Setting::NoDefects {
        words.text("the read ");
    }
    read(words, run, trial, (op, other));
}

/// What would have become of a write that was lost.
fn kept(words: &mut Words<'_>, other: &Op, what: &str) {
    match other.acknowledged() {
        Some((_, at)) => {
            words.text(format!("{what} would have been acknowledged at ")).time(at).text(" and kept.");
        }
        None => {
            words.text(format!("{what} would not have been acknowledged, and ")).node(other.client);
            words.text(" would know that its outcome is open.");
        }
    }
}

/// What would have become of a read that showed something old.
fn read(words: &mut Words<'_>, run: &Run, trial: &Run, (op, other): (&Op, &Op)) {
    let Some(end) = other.end else {
        words.text("would still have been waiting at the end of the run.");
        return;
    };
    match (end.outcome, answered::answered(trial, other.id)) {
        (_, Some((replica, found))) => {
            let first = run.trace.ops[op.id.index()].end.and_then(|e| e.replica);
            let leads = leader_at(trial, other.group, end.at) == Some(replica);
            let gone = if end.attempts > 1 { "would have gone on to " } else { "would have gone to " };
            if first == Some(replica) {
                words.text("would have been answered by ").node(replica).text(" at ").time(end.at).text(", with ");
            } else if leads {
                words.text(gone).text("the leader, ").node(replica).text(", and returned ");
            } else {
                words.text(gone).node(replica).text(" and returned ");
            }
            words.reading(other.key, found).text(".");
        }
        (Outcome::Rejected(Reason::SessionLost), None) => {
            words.text("would have been refused, because what the session had seen was discarded by the failover.");
        }
        (Outcome::Rejected(Reason::NoReplicaFreshEnough), None) => {
            words.text("would have been refused, because no replica it asked had applied enough.");
        }
        (_, None) => {
            words.text("would not have returned older data: it would have ended at ").time(end.at).text(" without an answer.");
        }
    }
}

/// Who leads a group at a time, by the promotions of the run.
pub(super) fn leader_at(run: &Run, group: GroupId, at: SimTime) -> Option<NodeId> {
    let promoted = run.takeovers.iter().rfind(|t| t.group == group && t.at <= at).map(|t| t.leader);
    promoted.or_else(|| run.plan.groups.get(group.index()).map(|g| g.leader))
}
