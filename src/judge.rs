//! Judgement of a recorded history: which guarantees it keeps, which it breaks, and what cannot be said.
//!
//! Nothing is known here but what clients saw. So a verdict has four values: the history *holds* (some execution that keeps the
//! guarantee explains it), is *violated* (none does, and operations are named that prove it), is *unknown* (the budget was spent:
//! never taken for an answer), or the question is *not applicable* to this record, with the reason. Definitions follow Herlihy and
//! Wing 1990, Terry et al. 1994, Viotti and Vukolić 2016, and Bouajjani et al. 2017; each module says which and how it decides.

#![expect(clippy::cast_possible_truncation, reason = "operations, steps and values are numbered by 32 bits in a record")]

mod anomaly;
mod atomic;
mod calls;
mod causal;
mod clocks;
mod cycle;
mod dependencies;
mod facts;
mod foresight;
mod forks;
mod guarantee;
mod isolation;
mod known;
mod lanes;
mod linearizable;
mod lists;
mod machine;
mod pairs;
mod prefix;
mod propagation;
mod ranks;
mod reads;
mod real_time;
mod reduce;
mod report;
mod schedule;
mod search;
mod sequence;
mod serial;
mod sessions;
mod siblings;
mod staleness;
mod table;
mod units;
mod versions;
mod visibility;
mod words;
mod workloads;
mod writers;
mod zones;

pub use anomaly::{Anomaly, Through};
pub use report::{Evidence, Guarantee, Options, Report, Verdict};

use std::cell::OnceCell;

use crate::observed::{Call, Initial, Model, Observed, Operation, Outcome};
use facts::{Facts, Source};
use isolation::Isolation;
use known::Known;
use ranks::Ranks;
use units::Units;

/// Judges a history.
#[must_use]
pub fn judge(history: &Observed, options: &Options) -> Report {
    let asked = if options.guarantees.is_empty() { Guarantee::of_history(history) } else { options.asked() };
    if let Some(why) = says_nothing(history, options) {
        let verdicts = asked.into_iter().map(|guarantee| (guarantee, Verdict::NotApplicable(why.clone()))).collect();
        let (model, real_time, assumptions) = (history.model, history.real_time, history.notes.clone());
        return Report { model, real_time, verdicts, assumptions };
    }
    if !history.model.reads_and_writes() {
        return workloads::judge(history, options, &asked);
    }
    if siblings::are_returned(history) {
        return siblings::judge(history, options, &asked);
    }
    let facts = Facts::new(history);
    let coverage = siblings::Coverage::of(history, options);
    let by_coverage = |guarantee| coverage.as_ref().and_then(|coverage| coverage.verdict(guarantee));
    let alone = |guarantee: &Guarantee| by_coverage(*guarantee).or_else(|| by_facts(&facts, options, *guarantee));
    let alone: Vec<Option<Verdict>> = asked.iter().map(alone).collect();
    let report = |verdicts: Vec<Verdict>| {
        let verdicts = asked.iter().copied().zip(verdicts.into_iter().map(|verdict| with_writers(&facts, verdict))).collect();
        Report {
            model: history.model,
            real_time: history.real_time,
            verdicts,
            assumptions: assumptions(&facts, options, coverage.is_some()),
        }
    };
    if alone.iter().all(Option::is_some) {
        return report(alone.into_iter().flatten().collect());
    }
    let units = Units::new(&facts);
    let ranks = Ranks::new(&facts);
    let known = Known { facts: &facts, units: &units, ranks: &ranks };
    let isolation = OnceCell::new();
    let isolation = |level| isolation.get_or_init(|| Isolation::new(&known, options)).judge(level);
    let of = |guarantee| match guarantee {
        Guarantee::Linearizable => isolation(Guarantee::StrictSerializable),
        Guarantee::ReadCommitted
        | Guarantee::ReadAtomic
        | Guarantee::SnapshotIsolation
        | Guarantee::Serializable
        | Guarantee::StrictSerializable => isolation(guarantee),
        Guarantee::ReadYourWrites => known.read_your_writes(),
        Guarantee::MonotonicReads => known.monotonic_reads(),
        Guarantee::MonotonicWrites => known.monotonic_writes(options),
        Guarantee::WritesFollowReads => known.writes_follow_reads(options),
        Guarantee::ConsistentPrefix => prefix::judge(&known, options),
        Guarantee::BoundedStaleness => staleness::judge(&facts, &ranks, options),
        Guarantee::Causal => causal::judge(&known, options),
        Guarantee::NoAbortedReads
        | Guarantee::NoThinAirReads
        | Guarantee::NoLostUpdates
        | Guarantee::NoLostWrites
        | Guarantee::TotalKept
        | Guarantee::NoNegativeBalances
        | Guarantee::SnapshotReads
        | Guarantee::NoLostElements
        | Guarantee::NoStaleReads
        | Guarantee::NoDuplicates
        | Guarantee::CounterBounds
        | Guarantee::FinalCount
        | Guarantee::FifoOrder => {
            unreachable!("{} has a verdict by the facts", guarantee.name())
        }
    };
    report(asked.iter().zip(alone).map(|(guarantee, verdict)| verdict.unwrap_or_else(|| of(*guarantee))).collect())
}

/// Why a record says nothing at all: whatever is said of all operations holds of none, but who has lost a record must not be told that all is
/// well.
fn says_nothing(history: &Observed, options: &Options) -> Option<String> {
    let tells = |op: &Operation| {
        let swaps = history.steps_of(op).iter().any(|step| matches!(step.call, Call::CompareAndSet(..)));
        op.outcome == Outcome::Ok || (op.outcome == Outcome::Fail && options.failed_cas_saw_another_value && swaps)
    };
    match history.operations.len() {
        0 => Some("the record has no operations".to_owned()),
        1 if !tells(&history.operations[0]) => {
            Some("its one operation did not succeed, so there is nothing that could be broken".to_owned())
        }
        many if !history.operations.iter().any(tells) => {
            Some(format!("none of its {many} operations succeeded, so there is nothing that could be broken"))
        }
        _ => None,
    }
}

/// Evidence stands on its own only with the writes of what its reads returned: they are added behind the operations of the argument.
fn with_writers(facts: &Facts<'_>, mut verdict: Verdict) -> Verdict {
    if let Verdict::Violated(evidence) = &mut verdict {
        for number in evidence.operations.clone() {
            let op = &facts.history.operations[number as usize];
            for step in op.first..op.first + op.count {
                let Source::Write(write) = facts.sources[step as usize] else { continue };
                let writer = facts.op_of[write as usize];
                if !evidence.operations.contains(&writer) {
                    evidence.operations.push(writer);
                }
            }
        }
    }
    verdict
}

/// The verdict on a guarantee that needs nothing but the facts: neither the order of sessions nor that of versions, which take longer to
/// find than some of these verdicts.
fn by_facts(facts: &Facts<'_>, options: &Options, guarantee: Guarantee) -> Option<Verdict> {
    let of_sessions = matches!(
        guarantee,
        Guarantee::ReadYourWrites | Guarantee::MonotonicReads | Guarantee::MonotonicWrites | Guarantee::WritesFollowReads
    );
    if facts.history.sessionless && of_sessions {
        return Some(Verdict::NotApplicable("the record names no sessions".to_owned()));
    }
    Some(match guarantee {
        Guarantee::Linearizable if facts.history.operations.iter().any(|op| op.count > 1) => {
            return linearizable::declined(facts);
        }
        Guarantee::Linearizable => linearizable::judge(facts, options),
        Guarantee::NoAbortedReads => reads::judge_aborted(facts),
        Guarantee::NoThinAirReads => reads::judge_thin_air(facts),
        Guarantee::NoLostUpdates => reads::judge_lost_updates(facts),
        Guarantee::ReadCommitted
        | Guarantee::ReadAtomic
        | Guarantee::SnapshotIsolation
        | Guarantee::Serializable
        | Guarantee::StrictSerializable => return isolation::declined(facts),
        Guarantee::ReadYourWrites
        | Guarantee::MonotonicReads
        | Guarantee::MonotonicWrites
        | Guarantee::WritesFollowReads
        | Guarantee::Causal
        | Guarantee::ConsistentPrefix
        | Guarantee::BoundedStaleness => return None,
        Guarantee::NoLostWrites
        | Guarantee::TotalKept
        | Guarantee::NoNegativeBalances
        | Guarantee::SnapshotReads
        | Guarantee::NoLostElements
        | Guarantee::NoStaleReads
        | Guarantee::NoDuplicates
        | Guarantee::CounterBounds
        | Guarantee::FinalCount
        | Guarantee::FifoOrder => workloads::meaningless(facts.history.model, guarantee),
    })
}

/// What the answers rest on, beside what was noted while the record was read.
fn assumptions(facts: &Facts<'_>, options: &Options, by_coverage: bool) -> Vec<String> {
    let history = facts.history;
    let mut all = history.notes.clone();
    // A record that was read says itself what keys hold at the beginning, and why.
    let said = all.iter().any(|note| note.contains("before anything is written"));
    if !said {
        all.extend(words::at_first(history));
    }
    if history.initial == Initial::Unknown {
        let text = "Nothing is assumed of what keys hold at the beginning, but that sessions did not write that value again.";
        all.push(text.to_owned());
    }
    if facts.has_lists() {
        all.push("A list is all that its key held, so all reads of a key have to show the beginning of one list.".to_owned());
    }
    if history.versions.siblings_have_stamps() && !by_coverage {
        all.push("The versions are not used, as only some of the answers tell one.".to_owned());
    }
    let unused = versions::unused(facts);
    if let Some((key, others)) = unused.split_first() {
        let name = words::key_name(history, *key);
        let more = if others.is_empty() { String::new() } else { format!(" and of {} more", others.len()) };
        all.push(format!("The versions of {name}{more} are not used, as only some of its answers tell one."));
    }
    if history.operations.iter().any(|op| op.outcome == Outcome::Info) {
        all.push("An operation without an answer may take effect at any later time, or never.".to_owned());
    }
    if history.steps.iter().zip(&facts.op_of).any(|(step, op)| {
        matches!(step.call, Call::CompareAndSet(..)) && history.operations[*op as usize].outcome == Outcome::Fail
    }) {
        all.push(if options.failed_cas_saw_another_value {
            "A compare-and-set that failed has seen another value than it expected.".to_owned()
        } else {
            "A compare-and-set that failed was not done, whatever the key held.".to_owned()
        });
    }
    if let Some(session) = facts.overlapping {
        let name = history.sessions.get(session as usize).map_or("?", String::as_str);
        all.push(format!("Operations of session {name} overlap; only those that follow each other are in its order."));
    }
    let asked = options.asked_of(history.model);
    let levels = [
        Guarantee::ReadCommitted,
        Guarantee::ReadAtomic,
        Guarantee::SnapshotIsolation,
        Guarantee::Serializable,
        Guarantee::StrictSerializable,
    ];
    if isolation::declined(facts).is_none() && !history.sessionless && levels.iter().any(|level| asked.contains(level)) {
        all.push(if options.isolation_in_sessions {
            "Levels of isolation keep the order of each session, as Biswas and Enea have it.".to_owned()
        } else {
            "Levels of isolation do not ask for the order of sessions, as Adya has it.".to_owned()
        });
    }
    if history.model != Model::AppendText
        && [Guarantee::ReadYourWrites, Guarantee::MonotonicReads].iter().any(|g| asked.contains(g))
    {
        let text = "Where no versions are recorded, read-your-writes and monotonic-reads are judged as if the writes of each session took \
                    effect in its order, and monotonic-writes and writes-follow-reads as if reads did not go back.";
        all.push(text.to_owned());
    }
    all
}
