//! Every checker agrees with its definition where versions may be concurrent; and the rule of a total order, which looks at the newest of
//! what is required and of what was returned, would not.

use replicated_telemetry_store::check::{Evidence, Survival, check_one};
use replicated_telemetry_store::history::{By, Fate, Op};
use replicated_telemetry_store::router::Bound;
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::time::SimDuration;
use replicated_telemetry_store::version::Stamp;

use super::definition::{Definition, covers};
use super::stamped::stamped;
use super::{broken_by, seeds};

/// Holds a checker to its definition.
fn agree(test: &str, kind: Anomaly, bound: Bound, breaks: impl for<'a> Fn(&Definition<'a>, &'a Op) -> bool) {
    let (mut broken, mut whole) = (0_u64, 0_u64);
    for seed in seeds() {
        let stamped = stamped(seed);
        let history = stamped.history(bound);
        let survival = Survival { fates: stamped.fates(), ..Survival::default() };
        let found = broken_by(&history, &survival, kind);
        let definition = Definition::of(&stamped);
        let ops = &stamped.sample.ops;
        let defined: Vec<u32> = ops.iter().filter(|op| breaks(&definition, op)).map(|op| op.id.0).collect();
        assert_eq!(
            found, defined,
            "the checker finds the first, the definition the second\n{stamped:#?}\nCHECK_SEED={seed} cargo test --test native check_agreement::concurrent::{test}"
        );
        *(if found.is_empty() { &mut whole } else { &mut broken }) += 1;
    }
    let all = broken + whole;
    assert!(all < 1_000 || (broken > all / 100 && whole > all / 100), "{broken} of {all} histories are no test");
}

agreements! {
    read_your_writes_agrees: ReadYourWrites, read_your_writes;
    monotonic_reads_agrees: MonotonicReads, monotonic_reads;
    monotonic_writes_agrees: MonotonicWrites, monotonic_writes;
    writes_follow_reads_agrees: WritesFollowReads, writes_follow_reads;
    causal_agrees: Causal, causal;
    consistent_prefix_agrees: ConsistentPrefix, consistent_prefix;
    linearizability_agrees: Linearizability, linearizability;
    lost_writes_agree: LostAcknowledgedWrite, lost;
    dirty_reads_agree: DirtyThenLost, dirty;
    aborted_reads_agree: AbortedRead, aborted;
    thin_air_agrees: ThinAirRead, thin_air;
}

#[test]
fn bounds_agree() {
    for bound in [Bound::Time(SimDuration(20)), Bound::Entries(1)] {
        agree("bounds_agree", Anomaly::BoundedStaleness, bound, |definition, op| definition.bounded(op, bound));
    }
}

/// The rule of a total order, kept here as a mutant: the newest required version against the newest that was returned. It misses what
/// it should find.
#[test]
fn the_newest_of_concurrent_versions_says_nothing() {
    let (mut missed, mut invented, mut right) = (0, 0, 0);
    for seed in seeds() {
        let stamped = stamped(seed);
        let definition = Definition::of(&stamped);
        let newest = |stamps: Vec<Stamp>| stamps.into_iter().max_by(Stamp::arbitrate);
        for op in stamped.sample.ops.iter().filter(|op| definition.read(op).is_some()) {
            let required = definition.own_writes(op);
            let mutant = match (newest(required), newest(definition.shown(op))) {
                (Some(required), Some(returned)) => returned.arbitrate(&required).is_lt(),
                (required, _) => required.is_some(),
            };
            match (mutant, definition.read_your_writes(op)) {
                (false, true) => missed += 1,
                (true, false) => invented += 1,
                (true, true) | (false, false) => right += 1,
            }
        }
    }
    assert!(seeds().count() < 1_000 || (missed > 100 && right > 100), "{missed} missed, {invented} invented, {right} right");
    // Who covers all has the newest, so the mutant errs to one side; but for two dots with one history, which contradict each other.
    assert!(invented * 100 <= missed, "{missed} missed, {invented} invented");
}

/// Evidence names a write that the read indeed misses.
#[test]
fn evidence_is_not_covered() {
    for seed in seeds() {
        let stamped = stamped(seed);
        let definition = Definition::of(&stamped);
        for finding in check_one(&stamped.history(Bound::default()), &Survival::default(), Anomaly::ReadYourWrites) {
            let Evidence::ReadYourWrites { write, read } = finding.evidence else { panic!("{finding:?} is of another kind") };
            let op = |id: replicated_telemetry_store::log::OpId| &stamped.sample.ops[id.index()];
            let required = definition.written(op(write)).expect("it was acknowledged");
            assert!(!covers(&definition.shown(op(read)), &required), "seed {seed}: {finding:?}");
        }
    }
}

/// Fates by their definition: a write is kept if it is left; superseded if a write that is left comes after it, by stamps or by a
/// way through contexts and sessions; and discarded otherwise, by the largest stamp above it.
#[test]
fn fates_agree() {
    let mut seen = [0_u32; 4];
    for seed in seeds() {
        let stamped = super::stamped::with_contexts(seed);
        let history = stamped.history(Bound::default());
        let left = super::stamped::left(seed, &stamped);
        let fates = history.fates(&left);
        let definition = Definition::of(&stamped);
        for op in stamped.sample.ops.iter().filter(|op| definition.written(op).is_some()) {
            let expected = definition.fate(op, &left);
            assert_eq!(fates.of(op.id), expected, "{:?} of {stamped:#?}\n{left:?}\nCHECK_SEED={seed}", op.id);
            seen[match expected {
                Fate::Kept => 0,
                Fate::Superseded => 1,
                Fate::Discarded(By::Write(_)) => 2,
                Fate::Discarded(By::Unknown | By::Takeover(_)) => 3,
            }] += 1;
        }
    }
    assert!(seeds().count() < 1_000 || seen.iter().all(|count| *count > 500), "{seen:?}");
}
