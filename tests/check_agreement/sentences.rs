//! What is said of versions that may be concurrent: siblings are named, versions are written as people write them, and who superseded or
//! discarded a write is told.

use replicated_telemetry_store::check::{Survival, check_one};
use replicated_telemetry_store::explain::{explain_fate, explain_versions};
use replicated_telemetry_store::history::{By, Fate, History};
use replicated_telemetry_store::log::KeyId;
use replicated_telemetry_store::scenario::Anomaly;

use crate::check_agreement::recorded::plan;
use crate::check_agreement::siblings::{A, B, Story, X, Y, clock, dotted, vector};
use crate::check_agreement::stamped;

fn named(story: &Story) -> History<'_> {
    History { actors: ["a", "b", "c"].map(str::to_owned).to_vec(), ..story.history() }
}

/// A story, what it breaks, and what is said of that.
type Told = (&'static str, fn(&mut Story), Anomaly, &'static str);

const TOLD: &[Told] = &[
    (
        "a sibling is shown without the own write",
        |story| {
            story.write(1, X, vector(&[(A, 1)]), &[]);
            let other = story.write(2, X, vector(&[(A, 0), (B, 1)]), &[]);
            story.read(1, X, &[other]);
        },
        Anomaly::ReadYourWrites,
        "ann read x = 1 (version {b:1}) at n0. The session had written before: ann's write of x = 0 was version {a:1}, acknowledged at 0.01 ms. \
         {b:1} is concurrent to it.",
    ),
    (
        "nothing is shown",
        |story| {
            story.write(1, X, dotted((A, 3), &[(A, 1), (B, 2)]), &[]);
            story.read(1, X, &[]);
        },
        Anomaly::ReadYourWrites,
        "ann read x = none at n0. The session had written before: ann's write of x = 0 was version a:3 after {a:1, b:2}, acknowledged at 0.01 ms. \
         The answer has no version at all.",
    ),
    (
        "of two siblings one is gone",
        |story| {
            let one = story.write(1, X, dotted((A, 1), &[]), &[]);
            let two = story.write(2, X, dotted((B, 1), &[]), &[]);
            story.read(3, X, &[one, two]);
            story.read(3, X, &[two]);
        },
        Anomaly::MonotonicReads,
        "carol read x = 0 (version a:1) and 1 (version b:1) at n0. Then carol read x = 1 (version b:1) at n0. The version a:1 that it had been shown is \
         gone, and nothing of the answer came after it. b:1 is concurrent to it.",
    ),
    (
        "a second leader has not heard of the first write",
        |story| {
            story.write(1, X, vector(&[(A, 1)]), &[]);
            story.write(1, Y, vector(&[(B, 1)]), &[]);
        },
        Anomaly::MonotonicWrites,
        "ann's write of x = 0 was version {a:1}, acknowledged at 0.01 ms. After that, in the same session, ann's write of y = 1 was version {b:1}, \
         acknowledged at 0.02 ms. {b:1} is concurrent to {a:1}, so whoever took the write in did not have the other.",
    ),
    (
        "an answer beside its question",
        |story| {
            let question = story.write(1, X, dotted((A, 1), &[]), &[]);
            story.read(2, X, &[question]);
            story.write(2, X, dotted((B, 1), &[]), &[]);
        },
        Anomaly::WritesFollowReads,
        "bob read x = 0 (version a:1) at n0. After that, in the same session, bob's write of x = 2 was version b:1, acknowledged at 0.03 ms. \
         b:1 is concurrent to a:1, so whoever took the write in did not have the other.",
    ),
    (
        "an answer without its question",
        |story| {
            let question = story.write(1, X, vector(&[(A, 1)]), &[]);
            story.read(2, X, &[question]);
            let answer = story.write(2, Y, vector(&[(A, 1), (B, 1)]), &[]);
            story.read(3, Y, &[answer]);
            story.read(3, X, &[]);
        },
        Anomaly::Causal,
        "carol read y = 2 (version {a:1, b:1}) at n0. Then carol read x = none at n0. It misses ann's write of x = 0, version {a:1}, which came before \
         bob's write of y = 2. The answer has no version at all.",
    ),
    (
        "a slow clock",
        |story| {
            let first = story.write(1, X, clock(5_000, A), &[]);
            story.read(2, X, &[first]);
            story.write(2, X, clock(20, B), &[first]);
        },
        Anomaly::WritesFollowReads,
        "bob's write of x = 2 was version 20 µs by the clock of b, acknowledged at 0.03 ms. 20 µs by the clock of b is older than 5000 µs by the clock of a",
    ),
];

#[test]
fn findings_name_siblings_and_versions() {
    for (what, tell, kind, expected) in TOLD {
        let mut story = Story::default();
        tell(&mut story);
        let history = named(&story);
        let found = check_one(&history, &Survival::default(), *kind);
        let finding = found.first().unwrap_or_else(|| panic!("{what}: nothing is found"));
        let said = explain_versions(&history, &plan(), finding).sentence();
        assert!(said.contains(expected), "{what}: {said}\nexpected: {expected}");
    }
}

#[test]
fn a_fate_is_told_with_who_did_it() {
    let mut story = Story::default();
    let one = story.write(1, X, dotted((A, 1), &[]), &[]);
    let two = story.write(2, X, dotted((B, 1), &[]), &[]);
    let merge = story.write(3, X, dotted((B, 2), &[(A, 1), (B, 1)]), &[one, two]);
    let tells =
        |story: &Story, op, fate| explain_fate(&named(story), &plan(), op, fate).map(|told| told.sentence()).unwrap_or_default();
    assert_eq!(
        tells(&story, one, Fate::Superseded),
        "ann's write of x = 0 was version a:1, acknowledged at 0.01 ms. It was superseded by carol's write of x = 2, version b:2 after \
         {a:1, b:1}, which had seen it."
    );
    assert!(tells(&story, merge, Fate::Kept).ends_with("acknowledged at 0.03 ms. It is kept."));
    assert!(
        tells(&story, two, Fate::Discarded(By::Unknown)).ends_with("discarded: nothing that is left is that or came after it.")
    );
    let mut clocks = Story::default();
    let loser = clocks.write(1, X, clock(10, A), &[]);
    let winner = clocks.write(2, X, clock(20, B), &[]);
    let expected = "It was discarded by bob's write of x = 1, version 20 µs by the clock of b, which had not seen it and has the later clock.";
    assert!(tells(&clocks, loser, Fate::Discarded(By::Write(winner))).ends_with(expected));
    // By its context the winner came first, and its clock is later all the same.
    let mut slow = Story::default();
    let first = slow.write(1, X, clock(5_000, A), &[]);
    let second = slow.write(2, X, clock(20, B), &[first]);
    let said = tells(&slow, second, Fate::Discarded(By::Write(first)));
    assert!(said.ends_with("which came before it and has the later clock."), "{said}");
    let lost = History { ..named(&slow) }.fates(&[(KeyId(X), vec![slow.sibling(first)])]);
    let found = check_one(&named(&slow), &Survival { fates: lost, ..Survival::default() }, Anomaly::LostAcknowledgedWrite);
    assert_eq!(explain_versions(&named(&slow), &plan(), &found[0]).sentence(), said);
}

/// Whatever is found in random histories has a sentence, and none speaks of a log that there is not.
#[test]
fn every_finding_is_told_without_a_log() {
    let kinds = [
        Anomaly::ReadYourWrites,
        Anomaly::MonotonicReads,
        Anomaly::MonotonicWrites,
        Anomaly::WritesFollowReads,
        Anomaly::ConsistentPrefix,
        Anomaly::Causal,
        Anomaly::Linearizability,
        Anomaly::AbortedRead,
        Anomaly::ThinAirRead,
        Anomaly::LostAcknowledgedWrite,
        Anomaly::DirtyThenLost,
    ];
    let mut told = 0_u32;
    let plan = plan();
    for seed in super::seeds().take(3_000) {
        let stamped = stamped::with_contexts(seed);
        let history = stamped.history(replicated_telemetry_store::router::Bound::default());
        let survival = Survival { fates: stamped.fates(), ..Survival::default() };
        for finding in kinds.into_iter().flat_map(|kind| check_one(&history, &survival, kind)) {
            let said = explain_versions(&history, &plan, &finding).sentence();
            assert!(said.ends_with('.') && !said.contains("entry") && !said.contains("LSN"), "seed {seed}: {finding:?}: {said}");
            told += 1;
        }
    }
    assert!(super::seeds().count() < 1_000 || told > 1_000, "only {told} findings");
}
