//! Causal consistency by its definition, over sets: a session knows a set of versions, and each read is held against all of them.
//!
//! A session knows what it has written and read, and what the writers of what it has read had known when they wrote, but for what is discarded in
//! the end: that is a loss of its own kind. A read misses a version of its key that its session knew when it asked, if nothing that is shown is that
//! version or came after it, unless its replica had applied the version and it lost there: by the reading of the clock that decides, or because a
//! server has not yet taken what is shown. Who finds nothing misses nothing that came before a deletion that it knows. The checker counts, keeps chains of versions and looks at the end of each; it has to come to the same.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use replicated_telemetry_store::check::check_one;
use replicated_telemetry_store::family::multi_leader::Policy;
use replicated_telemetry_store::history::{Event, History, Op, Sibling};
use replicated_telemetry_store::log::{KeyId, OpId};
use replicated_telemetry_store::operation::Outcome;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, DeliverySpec};
use replicated_telemetry_store::version::{Clock, Dot, Stamp};

use super::generate::{self, Profile};
use super::harness::{for_all, judged};
use super::run;

/// Versions of keys: the key, the write and its update, and the stamp.
type Known = BTreeMap<(KeyId, OpId, Dot), Stamp>;

/// The reads that miss something.
fn missed(run: &Run) -> BTreeSet<OpId> {
    let (history, fates) = (run.history(), run.survival().fates);
    let mut known: BTreeMap<(u32, u32), Known> = BTreeMap::new();
    let mut knew: BTreeMap<OpId, Known> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for event in &history.events {
        let (Event::Invoke(id) | Event::Complete(id)) = event;
        let op = &history.ops[id.index()];
        let mine = known.entry(op.session).or_default();
        if let Event::Invoke(id) = event {
            knew.insert(*id, mine.clone());
            continue;
        }
        if let Some(stamp) = history.stamp_of(op).filter(|_| !fates.of(op.id).is_discarded()) {
            mine.extend(history.keys_of(op).map(|key| ((key, op.id, dot(&stamp)), stamp.clone())));
        }
        let Some(returned) = history.returned(op) else { continue };
        let deleted = |version: &Stamp| {
            let deletions = knew[&op.id].iter().filter(|((key, write, _), _)| *key == op.key && history.deletes(*write));
            returned.siblings().is_empty() && deletions.into_iter().any(|(_, stamp)| stamp.covers(version))
        };
        let lacks = |((key, ..), stamp): &(&(KeyId, OpId, Dot), &Stamp)| {
            *key == op.key && !deleted(stamp) && !is_there(run, &history, op, returned.siblings(), stamp)
        };
        if knew[&op.id].iter().any(|known| lacks(&known)) {
            found.insert(op.id);
        }
        for sibling in returned.siblings() {
            mine.extend(knew.get(&sibling.op).into_iter().flatten().map(|(version, stamp)| (*version, stamp.clone())));
            if !fates.of(sibling.op).is_discarded() {
                let stamp = history.stands(sibling);
                mine.insert((op.key, sibling.op, dot(&stamp)), stamp);
            }
        }
    }
    found
}

/// The update of a version.
fn dot(stamp: &Stamp) -> Dot {
    match stamp {
        Stamp::Dotted(version) => version.dot(),
        Stamp::Position(_) | Stamp::Vector(_) | Stamp::Clock(_) => panic!("{stamp:?} is no version of several leaders"),
    }
}

/// Whether a read shows a version, something that came after it, or something to which it has lost.
fn is_there(run: &Run, history: &History<'_>, read: &Op, shown: &[Sibling], version: &Stamp) -> bool {
    let required = dot(version);
    let applied = match read.end.expect("it has ended").outcome {
        Outcome::Siblings { applied, .. } => history.versions.get(applied).iter().any(|known| match &known.stamp {
            Stamp::Vector(all) => required.count <= all.get(required.actor),
            Stamp::Dotted(one) => one.dot() == required,
            Stamp::Position(_) | Stamp::Clock(_) => false,
        }),
        _ => false,
    };
    shown.iter().any(|sibling| {
        let lost = || match run.plan.policy(read.key) {
            Some(Policy::Rebase { .. }) => !version.covers(&sibling.stamp),
            Some(policy) => {
                let larger = |kind| order(run, kind, dot(&sibling.stamp)) > order(run, kind, required);
                policy.drops_by().is_some_and(larger)
            }
            None => false,
        };
        history.stands(sibling).covers(version) || (applied && lost())
    })
}

/// What a clock showed at an update.
fn order(run: &Run, kind: replicated_telemetry_store::family::multi_leader::ClockKind, dot: Dot) -> Option<(u64, u32, u32)> {
    let mut logs = run.end.multi_leader_replicas().flat_map(|(_, replica)| replica.log.iter());
    let Clock { time, count, actor } = logs.find(|entry| entry.update.dot() == dot)?.update.clocks.of(kind);
    Some((time, count, actor.0))
}

#[test]
fn what_a_read_misses_is_what_the_definition_says() {
    let (misses, wrong_clocks) = (Cell::new(0), Cell::new(0));
    for_all("what_a_read_misses_is_what_the_definition_says", 300, |seed| {
        let rows = seed % 3 == 0;
        let profile = Profile { delivery: Some(DeliverySpec::AsItComes), busy: seed % 2 == 0, rows, ..Profile::default() };
        let scenario = generate::scenario(seed, profile);
        let run = run(&scenario);
        let expected = missed(&run);
        let found = check_one(&run.history(), &run.survival(), Anomaly::Causal);
        let found: BTreeSet<OpId> = found.iter().map(|finding| finding.op()).collect();
        misses.set(misses.get() + expected.len());
        wrong_clocks.set(wrong_clocks.get() + usize::from(!scenario.clocks.is_empty()));
        judged(scenario, if found == expected { Ok(()) } else { Err(format!("found {found:?}, by definition {expected:?}")) })
    });
    if std::env::var("LEADERS_SEED").is_err() {
        let (misses, wrong_clocks) = (misses.get(), wrong_clocks.get());
        assert!(misses > 100 && wrong_clocks > 100, "{misses} reads missed something, {wrong_clocks} runs had wrong clocks");
    }
}
