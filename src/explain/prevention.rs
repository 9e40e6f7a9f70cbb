//! What would have prevented a finding about several leaders, where a run with the other setting shows it.
//!
//! Each kind of finding has settings that are meant against it: causal delivery against overtaking, better clocks and siblings against
//! lost updates, one home against conflicts and broken conditions, and so on (Kleppmann and Riccomini, chapter 6, "Dealing with conflicting
//! writes"). At most two are said, and none that was not tried.

use std::ops::Deref;

use super::Explainer;
use super::remedy::{Rule, Setting, Trials, same};
use super::unseen::key_of;
use super::words::{Words, list, quoted};
use crate::check::{Evidence, Finding};
use crate::family::multi_leader::Policy;
use crate::history::Op;
use crate::log::{KeyId, OpId, Value};
use crate::network::NodeId;
use crate::operation::{Kind, Outcome, Reason};
use crate::run::Run;
use crate::scenario::{Anomaly, DataTypeSpec};

/// How many settings are named of those that help.
const NAMED_MAX: usize = 2;

/// Adds the sentences that name what would have prevented the finding, if trials show that it would.
pub(super) fn say<R: Deref<Target = Run>>(words: &mut Words<'_>, explainer: &Explainer<R>, finding: &Finding) {
    let run: &Run = &explainer.run;
    let Some(op) = run.trace.ops.get(finding.op().index()) else { return };
    let mut trials = explainer.trials.borrow_mut();
    let mut named = 0;
    for setting in settings(run, finding) {
        if named < NAMED_MAX
            && let Some(trial) = prevents(&mut trials, run, finding, op, setting)
        {
            name(words, run, setting);
            instead(words, run, trial, (finding, op, setting));
            named += 1;
        }
    }
}

/// The settings that are meant against a kind of finding, the nearest first.
fn settings(run: &Run, finding: &Finding) -> Vec<Setting> {
    let scenario = &run.plan.scenario;
    let mut settings = Vec::new();
    if !scenario.sabotage.is_empty() {
        settings.push(Setting::NoDefects);
    }
    let key = key_of(run, finding.op());
    let rule = |rule: Rule| key.map(|key| Setting::Rule(key, rule));
    let leader = |op: &OpId| run.trace.ops.get(op.index())?.end?.replica;
    let leaders: Vec<NodeId> = finding.ops().iter().filter_map(leader).collect();
    // Where one leader took all of them it would not help to let it.
    let home = || leaders.first().filter(|one| leaders.iter().any(|other| other != *one)).and_then(|one| rule(Rule::Home(*one)));
    let inserts = run.trace.ops.get(finding.op().index()).is_some_and(|op| matches!(op.kind, Kind::Write(Value::Statement(_))));
    if inserts {
        settings.push(Setting::Interleaved);
    }
    let policy = key.and_then(|key| run.plan.policy(key));
    let data_type = match policy {
        Some(Policy::Replicated(replicated)) => Some(replicated.data_type),
        _ => None,
    };
    match finding.anomaly() {
        Anomaly::ReadYourWrites | Anomaly::MonotonicReads => {
            settings.push(Setting::SessionConsistent);
            if scenario.clients.iter().any(|client| client.user.is_some()) {
                settings.push(Setting::SharedToken);
            }
            settings.push(Setting::AllToAll);
        }
        Anomaly::Causal | Anomaly::ConsistentPrefix => settings.extend([Setting::CausalDelivery, Setting::SessionConsistent]),
        Anomaly::MonotonicWrites | Anomaly::WritesFollowReads => settings.push(Setting::CausalDelivery),
        Anomaly::Divergence | Anomaly::NonConvergence => {
            settings.push(Setting::CausalDelivery);
            settings.extend(rule(Rule::Sound).filter(|_| data_type.is_some()));
        }
        Anomaly::LostUpdate | Anomaly::LostAcknowledgedWrite | Anomaly::DirtyThenLost => {
            if !scenario.clocks.is_empty() {
                settings.push(Setting::TrueClocks);
                settings.extend(rule(Rule::HybridClocks));
            }
            settings.extend(rule(Rule::Siblings).into_iter().chain(home()));
        }
        Anomaly::ConstraintBroken if data_type.is_some() => settings.extend(rule(Rule::Bounded)),
        Anomaly::FalseValue | Anomaly::ResurrectedDelete if data_type.is_some() => {
            if !scenario.clocks.is_empty() {
                settings.push(Setting::TrueClocks);
            }
            settings.push(Setting::CausalDelivery);
            settings.extend(rule(Rule::Sound));
        }
        Anomaly::DuplicateApplied
        | Anomaly::MergeNotCommutative
        | Anomaly::MergeNotAssociative
        | Anomaly::MergeNotIdempotent
        | Anomaly::FalseValue => settings.extend(rule(Rule::Sound)),
        Anomaly::ConcurrentWriteConflict if policy == Some(Policy::Concatenate) => settings.extend(rule(Rule::Union)),
        Anomaly::ConcurrentWriteConflict | Anomaly::ConstraintBroken => settings.extend(home()),
        Anomaly::ResurrectedDelete => settings.extend(rule(Rule::Cart)),
        Anomaly::DuplicateId
        | Anomaly::ReplicationLoop
        | Anomaly::SplitBrain
        | Anomaly::Linearizability
        | Anomaly::ReusedId
        | Anomaly::BoundedStaleness
        | Anomaly::AbortedRead
        | Anomaly::ThinAirRead
        | Anomaly::StaleQuorumRead
        | Anomaly::FailedWriteVisible
        | Anomaly::HintLost
        | Anomaly::FalseSiblings => {}
    }
    settings
}

/// The run with a setting, if the finding is not there.
pub(super) fn prevents<'t, R: Deref<Target = Run>>(
    trials: &'t mut Trials<R>,
    run: &Run,
    finding: &Finding,
    op: &Op,
    setting: Setting,
) -> Option<&'t Run> {
    let trial = trials.of(setting, &run.plan.scenario)?.run();
    trial.trace.ops.get(op.id.index()).filter(|other| same(op, other))?;
    let lost = [Anomaly::LostUpdate, Anomaly::LostAcknowledgedWrite];
    let differ = [Anomaly::Divergence, Anomaly::NonConvergence];
    let there = |other: &Finding| {
        let (was, is) = (finding.anomaly(), other.anomaly());
        let alike = was == is || !op.is_write() || (lost.contains(&was) && lost.contains(&is));
        (differ.contains(&was) && differ.contains(&is)) || (alike && other.op() == op.id)
    };
    (!trial.findings.iter().any(there)).then_some(trial)
}

/// " With causal delivery, "
fn name(words: &mut Words<'_>, run: &Run, setting: Setting) {
    match setting {
        Setting::NoDefects => words.text(" Without the built-in defect, "),
        Setting::SessionConsistent => words.text(" With session-consistent reads, "),
        Setting::SharedToken => words.text(" With one token for all devices of the user and session-consistent reads, "),
        Setting::TrueClocks => words.text(" With clocks that are right, "),
        Setting::CausalDelivery => words.text(" With causal delivery, "),
        Setting::Interleaved => words.text(" With numbers that are interleaved, "),
        Setting::AllToAll => words.text(" If every leader told every other one, "),
        Setting::Rule(_, Rule::HybridClocks) => words.text(" With hybrid logical clocks, "),
        Setting::Rule(_, Rule::Siblings) => words.text(" With siblings, "),
        Setting::Rule(_, Rule::Union) => words.text(" With a union, which is the same in whatever order, "),
        Setting::Rule(_, Rule::Cart) => words.text(" With a merge that remembers what was taken out, "),
        Setting::Rule(key, rule @ (Rule::Sound | Rule::Bounded)) => {
            let instead = instead_of(run, key, rule);
            let (name, sends) = instead.map_or(("other type", "states"), |spec| (spec.data_type.name(), spec.sends.name()));
            let article = if name.starts_with(['m', 'o', 'r']) { "an" } else { "a" };
            words.text(format!(" With {article} {name} of which {sends} travel, "))
        }
        Setting::Rule(key, Rule::Home(leader)) => {
            words.text(" Had ").node(leader).text(" taken all writes of ").key(key).text(", ")
        }
        Setting::Fencing | Setting::ReadIndex | Setting::Logical | Setting::Sync(..) | Setting::Ring(_) => {
            unreachable!("{setting:?} is no setting of {} leaders", run.plan.groups.len())
        }
    };
}

/// What would have been instead.
fn instead(words: &mut Words<'_>, run: &Run, trial: &Run, (finding, op, setting): (&Finding, &Op, Setting)) {
    match (finding.evidence, setting) {
        (Evidence::DirtyThenLost { .. }, _) => {
            words.text("what was read would not have been dropped.");
        }
        (Evidence::Causal { seen_by, .. }, _) if trial.trace.ops.get(seen_by.index()).is_some_and(|op| !op.is_write()) => {
            returned(words, trial, seen_by);
            words.text(", and ");
            returned(words, trial, op.id);
            words.text(".");
        }
        _ if !op.is_write() => {
            returned(words, trial, op.id);
            words.text(".");
        }
        (Evidence::Divergence { .. } | Evidence::NonConvergence(_), _) => {
            words.text("the two would be equal.");
        }
        (Evidence::ReplicationLoop { .. }, _) => {
            words.text("nobody would have passed it on to a replica that had it.");
        }
        (Evidence::DuplicateId { later, .. }, _) => {
            if let (Some(row), Some(leader)) = (trial.rows_of(later).next(), op.end.and_then(|end| end.replica)) {
                words.node(leader).text(" would have given the new row the number of ").key(row).text(".");
            } else {
                words.text("the second row would have had no number.");
            }
        }
        (Evidence::DuplicateApplied { .. } | Evidence::LawBroken { .. }, _) => {
            words.text("that would not have been.");
        }
        (Evidence::ConstraintBroken { .. }, Setting::Rule(key, Rule::Bounded)) => {
            let refused = trial.trace.ops.iter().filter(|op| op.key == key);
            let refused = refused.filter(|op| matches!(op.end.map(|end| end.outcome), Some(Outcome::Rejected(Reason::NoRights))));
            words.key(key).text(format!(" would be {} in the end, and ", left(trial, key)));
            words.text(format!("{} would have been refused for want of rights.", refused.count()));
        }
        (Evidence::FalseValue { .. }, _) => {
            words.key(op.key).text(format!(" would be {} in the end.", left(trial, op.key)));
        }
        (Evidence::ResurrectedDelete { .. }, Setting::Rule(key, _)) => {
            words.key(key).text(format!(" would be {} in the end.", left(trial, key)));
        }
        (Evidence::ResurrectedDelete { .. }, _) => {
            words.text("what was deleted would have stayed deleted.");
        }
        (Evidence::ConcurrentWriteConflict { .. }, Setting::Rule(key, Rule::Union)) => {
            words.key(key).text(format!(" would be {} in the end, and nobody would have to resolve anything.", left(trial, key)));
        }
        (Evidence::ConcurrentWriteConflict { .. }, Setting::Interleaved) => {
            words.text("the two would be different rows.");
        }
        (Evidence::ConcurrentWriteConflict { .. } | Evidence::ConstraintBroken { .. }, _) => {
            ordered(words, trial, finding);
        }
        (_, Setting::Rule(_, Rule::Siblings)) => {
            words.text("this write would have been kept beside the other, until a client that has seen both replaces them.");
        }
        (_, Setting::Rule(_, Rule::Home(_))) => ordered(words, trial, finding),
        _ => {
            words.text(if run.history().acknowledged(op).is_some() && trial.history().acknowledged(op).is_none() {
                "this write would not have been acknowledged."
            } else {
                "this write would have been kept."
            });
        }
    }
}

/// The type that a rule puts in the place of a key's.
fn instead_of(run: &Run, key: KeyId, rule: Rule) -> Option<DataTypeSpec> {
    let Some(Policy::Replicated(replicated)) = run.plan.policy(key) else { return None };
    let now = DataTypeSpec::of(replicated);
    if rule == Rule::Bounded { now.bounded() } else { now.sound() }
}

/// What one leader would have made of the writes of a finding.
fn ordered(words: &mut Words<'_>, trial: &Run, finding: &Finding) {
    let ops = finding.ops().into_iter().filter_map(|op| trial.trace.ops.get(op.index()));
    let refused = |op: &&Op| matches!(op.end.map(|end| end.outcome), Some(Outcome::Rejected(Reason::ConditionFailed)));
    match ops.into_iter().find(refused) {
        Some(op) => {
            words.node(op.client).text("'s ").op(op.id, "write").text(" would have been refused, because the other was there.");
        }
        None => {
            words.text("one of the two would have come after the other.");
        }
    }
}

/// "the read would have returned x = 1 at n1"
pub(super) fn returned(words: &mut Words<'_>, trial: &Run, read: OpId) {
    let Some(op) = trial.trace.ops.get(read.index()) else { return };
    words.text("the ").op(read, "read").text(" of ").key(op.key);
    let Some(end) = op.end else {
        words.text(" would still have been waiting at the end of the run");
        return;
    };
    match end.outcome {
        Outcome::Siblings { found, .. } => {
            let mut values: Vec<String> =
                trial.trace.versions.get(found).iter().map(|version| quoted(&trial.plan, version.value)).collect();
            values.dedup();
            let values = if values.is_empty() { "none".to_owned() } else { list(&values) };
            words.text(format!(" would have returned {values}"));
            if let Some(replica) = end.replica {
                words.text(" at ").node(replica);
            }
        }
        Outcome::Rejected(Reason::NoReplicaFreshEnough) => {
            words.text(" would have been refused, because no replica it asked had applied enough");
        }
        Outcome::Written { .. }
        | Outcome::Value { .. }
        | Outcome::Stamped { .. }
        | Outcome::Rejected(_)
        | Outcome::Indeterminate(_) => {
            words.text(" would have ended at ").time(end.at).text(" without an answer");
        }
    }
}

/// What a replica shows of a key at the end of a run.
fn left(run: &Run, key: KeyId) -> String {
    let mut replicas = run.end.multi_leader_replicas().map(|(_, replica)| replica.store.value(key, replica.policy(key)));
    replicas.next().flatten().map_or_else(|| "empty".to_owned(), |value| quoted(&run.plan, value))
}
