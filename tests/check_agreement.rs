//! Every checker of histories agrees with the definition that it stands for, on a hundred thousand small random histories each.
//!
//! The checkers remember as little as they can; the definitions in `reference` remember nothing and look at every pair. A failure says
//! how to repeat the one seed, and shows its history.

/// A test for each checker: its name, the anomaly, and the definition of it. Definitions are of whatever the module's `agree` hands out.
macro_rules! agreements {
    ($($name:ident: $kind:ident, $definition:ident;)*) => {$(
        #[test]
        fn $name() {
            agree(stringify!($name), Anomaly::$kind, Bound::default(), |definitions, op| definitions.$definition(op));
        }
    )*};
}

mod boundaries;
mod concurrent;
mod definition;
mod leftovers;
mod random;
mod recorded;
mod reference;
mod sentences;
mod siblings;
mod stamped;

use random::{Sample, sample};
use reference::Reference;
use replicated_telemetry_store::check::{Evidence, Finding, Survival, check_all, check_one};
use replicated_telemetry_store::history::{By, Fate, Fates, History};
use replicated_telemetry_store::router::Bound;
use replicated_telemetry_store::scenario::Anomaly;
use replicated_telemetry_store::time::SimDuration;

const CASES: u64 = 100_000;

/// How many histories are tried: fewer while one is at work on the checkers (`CHECK_CASES=5000`).
fn cases() -> u64 {
    std::env::var("CHECK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

fn history(sample: &Sample, bound: Bound) -> (History<'_>, Survival) {
    let history = History { ops: &sample.ops, events: sample.events.clone(), groups: sample.groups, bound, ..History::default() };
    let fate = |survives: &bool| if *survives { Fate::Kept } else { Fate::Discarded(By::Unknown) };
    (history, Survival { fates: Fates(sample.survives.iter().map(fate).collect()), ..Survival::default() })
}

fn seeds() -> std::ops::Range<u64> {
    match std::env::var("CHECK_SEED").ok().and_then(|seed| seed.parse::<u64>().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..cases(),
    }
}

/// The operations that break something, as the checker has it.
fn broken_by(history: &History<'_>, survival: &Survival, kind: Anomaly) -> Vec<u32> {
    let mut found: Vec<u32> = check_one(history, survival, kind).iter().map(|finding| finding.op().0).collect();
    found.sort_unstable();
    found
}

/// Holds a checker to its definition.
fn agree(
    test: &str,
    kind: Anomaly,
    bound: Bound,
    breaks: impl Fn(&Reference<'_>, &replicated_telemetry_store::history::Op) -> bool,
) {
    let (mut broken, mut whole) = (0_u64, 0_u64);
    for seed in seeds() {
        let sample = sample(seed);
        let (history, survival) = history(&sample, bound);
        let found = broken_by(&history, &survival, kind);
        let reference = Reference::of(&sample);
        let mut defined: Vec<u32> = sample.ops.iter().filter(|op| breaks(&reference, op)).map(|op| op.id.0).collect();
        defined.sort_unstable();
        assert_eq!(
            found, defined,
            "the checker finds the first, the definition the second\n{sample:#?}\nCHECK_SEED={seed} cargo test --test native check_agreement::{test}"
        );
        *(if found.is_empty() { &mut whole } else { &mut broken }) += 1;
    }
    if seeds() == (0..CASES) {
        eprintln!("{test}: {broken} histories break it, {whole} do not");
        assert!(broken > CASES / 100 && whole > CASES / 100, "{broken} of {CASES} histories are no test");
    }
}

agreements! {
    read_your_writes_agrees: ReadYourWrites, read_your_writes;
    monotonic_reads_agrees: MonotonicReads, monotonic_reads;
    monotonic_writes_agrees: MonotonicWrites, monotonic_writes;
    writes_follow_reads_agrees: WritesFollowReads, writes_follow_reads;
    causal_agrees: Causal, causal;
    consistent_prefix_agrees: ConsistentPrefix, consistent_prefix;
    linearizability_agrees: Linearizability, linearizability;
    split_brain_agrees: SplitBrain, split_brain;
    lost_writes_agree: LostAcknowledgedWrite, lost;
    dirty_reads_agree: DirtyThenLost, dirty;
    aborted_reads_agree: AbortedRead, aborted;
    thin_air_agrees: ThinAirRead, thin_air;
}

#[test]
fn a_bound_in_time_agrees() {
    let bound = Bound::Time(SimDuration(20));
    agree("a_bound_in_time_agrees", Anomaly::BoundedStaleness, bound, |reference, op| reference.bounded(op, bound));
}

#[test]
fn a_bound_in_versions_agrees() {
    let bound = Bound::Entries(1);
    agree("a_bound_in_versions_agrees", Anomaly::BoundedStaleness, bound, |reference, op| reference.bounded(op, bound));
}

/// Order and propagation, of both guarantees about writes, are there to be agreed on.
#[test]
fn both_halves_are_among_the_histories() {
    let mut seen = [[0_u32; 2]; 2];
    for seed in 0..CASES / 10 {
        let sample = sample(seed);
        let (history, survival) = history(&sample, Bound::default());
        for (place, kind) in [Anomaly::MonotonicWrites, Anomaly::WritesFollowReads].into_iter().enumerate() {
            for finding in check_one(&history, &survival, kind) {
                match finding.evidence {
                    Evidence::MonotonicWrites { hole, .. } | Evidence::WritesFollowReads { hole, .. } => {
                        seen[place][usize::from(hole.is_some())] += 1;
                    }
                    other => panic!("{other:?} is of another kind"),
                }
            }
        }
    }
    assert!(seen.as_flattened().iter().all(|count| u64::from(*count) > CASES / 1_000), "{seen:?}");
}

/// Of one read only the narrowest guarantee is reported: it is one of those that it breaks, and no narrower one is.
#[test]
fn only_the_narrowest_is_reported() {
    const ORDER: [Anomaly; 7] = [
        Anomaly::ReadYourWrites,
        Anomaly::MonotonicReads,
        Anomaly::MonotonicWrites,
        Anomaly::WritesFollowReads,
        Anomaly::ConsistentPrefix,
        Anomaly::Linearizability,
        Anomaly::BoundedStaleness,
    ];
    let mut seen = [0_u32; ORDER.len()];
    for seed in 0..CASES / 10 {
        let sample = sample(seed);
        let (history, survival) = history(&sample, Bound::Entries(0));
        let all = check_all(&history, &survival);
        let mut expected: Vec<Option<usize>> = vec![None; sample.ops.len()];
        for (place, kind) in ORDER.into_iter().enumerate() {
            for finding in check_one(&history, &survival, kind) {
                expected[finding.op().index()].get_or_insert(place);
            }
        }
        for op in &sample.ops {
            let mine = |finding: &&Finding| finding.op() == op.id && ORDER.contains(&finding.anomaly());
            let reported: Vec<Anomaly> = all.iter().filter(mine).map(Finding::anomaly).collect();
            let narrowest = expected[op.id.index()].map(|place| ORDER[place]);
            assert_eq!(reported, narrowest.into_iter().collect::<Vec<_>>(), "seed {seed}, {:?}", op.id);
        }
        expected.into_iter().flatten().for_each(|place| seen[place] += 1);
    }
    assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
}
