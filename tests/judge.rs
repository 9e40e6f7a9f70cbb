//! Judgement of recorded histories: against the definitions tried out on small histories, on the shapes of the literature, and on
//! every trap.
//!
//! `JUDGE_CASES` sets how many random histories each checker is compared on; a failure says how to repeat the one that failed.
#![expect(clippy::cast_possible_truncation, reason = "a few operations, keys and sessions")]

mod brute;
mod brute_units;
mod build;
mod lagging;
mod litmus;
mod ordered;
mod said;
mod siblings;
mod texts;
mod transactions;
mod traps;
mod updates;
mod versioned;
mod witnesses;
mod workloads;

use brute::{Laws, explained, going_back, linearizable, ops, orderable, prefix, staleness};
use build::{Shape, planted, random, shown};
use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Observed, Outcome};

const CASES: u64 = 100_000;
/// Of a hundred histories at least so many must hold, and as many be violated.
const SHARE: u64 = 15;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// The seeds of the histories to compare on.
fn seeds() -> std::ops::Range<u64> {
    number("JUDGE_SEED").map_or(0..number("JUDGE_CASES").unwrap_or(CASES), |seed| seed..seed + 1)
}

fn verdict(history: &Observed, guarantee: Guarantee) -> Verdict {
    let options = Options { guarantees: vec![guarantee], ..Options::default() };
    judge(history, &options).verdicts.remove(0).1
}

fn nothing_succeeded(history: &Observed) -> bool {
    history.operations.iter().all(|op| op.outcome != Outcome::Ok)
}

/// Compares a checker with a definition on many histories; where the definition says nothing, the checker must not either.
fn agrees(test: &str, guarantee: Guarantee, draw: impl Fn(u64) -> Observed, definition: impl Fn(&Observed) -> Option<bool>) {
    let seeds = seeds();
    let many = seeds.end - seeds.start;
    let (mut held, mut violated) = (0, 0);
    for seed in seeds {
        let history = draw(seed);
        let (found, expected) = (verdict(&history, guarantee), definition(&history));
        let agree = match &found {
            // Of a history in which nothing succeeded nothing is said.
            Verdict::NotApplicable(_) => nothing_succeeded(&history),
            Verdict::Holds => expected == Some(true),
            Verdict::Violated(_) => expected == Some(false),
            Verdict::Unknown(_) => expected.is_none(),
        };
        let again = format!("JUDGE_SEED={seed} cargo test --test native judge::{test}");
        assert!(agree, "{} is {found:?}, and by definition {expected:?}: {again}\n{}", guarantee.name(), shown(&history));
        held += u64::from(expected == Some(true));
        violated += u64::from(expected == Some(false));
    }
    let least = many * SHARE / 100;
    assert!(many == 1 || (held > least && violated > least), "of {many} histories {held} hold and {violated} do not");
}

const UNIQUE: Shape =
    Shape { ops: 7, sessions: 3, keys: 2, values: 0, cas: false, reads: 60, roles: false, info: 12, wild: 60, stale: 30 };

#[test]
fn zones_agree_with_the_definition() {
    let shape = Shape { keys: 1, stale: 30, wild: 30, ..UNIQUE };
    agrees("zones", Guarantee::Linearizable, |seed| random(seed, shape), |h| Some(linearizable(&ops(h), h.keys.len())));
}

#[test]
fn the_search_agrees_with_the_definition() {
    let shape = Shape { keys: 1, values: 3, cas: true, stale: 0, wild: 15, info: 20, reads: 40, ..UNIQUE };
    agrees("the_search", Guarantee::Linearizable, |seed| random(seed, shape), |h| Some(linearizable(&ops(h), h.keys.len())));
}

fn all_of(history: &Observed, laws: Laws) -> Option<bool> {
    let ops = ops(history);
    Some(explained(&ops, laws, &vec![false; ops.len()]))
}

#[test]
fn read_your_writes_agrees_with_the_definition() {
    let laws = Laws { own_writes: true, writes_in_order: true, ..Laws::default() };
    let shape = Shape { ops: 8, keys: 1, reads: 50, ..UNIQUE };
    agrees("read_your_writes", Guarantee::ReadYourWrites, |seed| random(seed, shape), |h| all_of(h, laws));
}

#[test]
fn monotonic_reads_agree_with_the_definition() {
    let laws = Laws { reads_stay: true, writes_in_order: true, ..Laws::default() };
    let shape = Shape { ops: 8, sessions: 2, keys: 1, wild: 90, roles: true, ..UNIQUE };
    agrees("monotonic_reads", Guarantee::MonotonicReads, |seed| random(seed, shape), |h| all_of(h, laws));
}

/// The definition of the two guarantees that are judged as if reads did not go back: where they do, only what breaks it anyway is known.
fn beside_going_back(history: &Observed, laws: Laws) -> Option<bool> {
    let ops = ops(history);
    let ignored = going_back(&ops, history.keys.len() as u32, laws.versions);
    if !orderable(&ops, Laws { reads_stay: false, ..laws }) {
        return Some(false);
    }
    let explained = explained(&ops, laws, &ignored);
    (!explained || !ignored.contains(&true)).then_some(explained)
}

#[test]
fn monotonic_writes_agree_with_the_definition() {
    let laws = Laws { reads_stay: true, writes_in_order: true, earlier_writes_in_sight: true, ..Laws::default() };
    let shape = Shape { ops: 10, sessions: 3, wild: 95, info: 5, roles: true, ..UNIQUE };
    let draw = |seed| if seed % 3 == 0 { random(seed, shape) } else { planted(seed, false) };
    agrees("monotonic_writes", Guarantee::MonotonicWrites, draw, |h| beside_going_back(h, laws));
}

#[test]
fn writes_follow_reads_agree_with_the_definition() {
    let laws = Laws { reads_stay: true, writes_after_reads: true, ..Laws::default() };
    let shape = Shape { ops: 9, sessions: 2, wild: 95, info: 5, keys: 1, cas: true, ..UNIQUE };
    let draw = |seed| if seed % 3 == 0 { random(seed, shape) } else { planted(seed, true) };
    agrees("writes_follow_reads", Guarantee::WritesFollowReads, draw, |h| beside_going_back(h, laws));
}

#[test]
fn causal_agrees_with_the_definition() {
    let laws = Laws { causal: true, ..Laws::default() };
    agrees(
        "causal",
        Guarantee::Causal,
        |seed| random(seed, Shape { ops: 8, wild: 100, keys: 1 + seed as u32 % 2, ..UNIQUE }),
        |h| all_of(h, laws),
    );
}

#[test]
fn consistent_prefix_agrees_with_the_definition() {
    let shape = Shape { ops: 10, wild: 100, info: 6, ..UNIQUE };
    agrees(
        "consistent_prefix",
        Guarantee::ConsistentPrefix,
        |seed| random(seed, Shape { keys: 1 + seed as u32 % 2, ..shape }),
        |h| Some(prefix(&ops(h), false, false)),
    );
}

#[test]
fn bounded_staleness_agrees_with_the_definition() {
    let shape = Shape { ops: 9, keys: 1, wild: 70, info: 6, ..UNIQUE };
    for seed in 0..number("JUDGE_CASES").unwrap_or(CASES) {
        let mut history = random(seed, shape);
        for op in &mut history.operations {
            op.time = op.completed.map(|completed| (op.invoked, completed));
        }
        let (versions, time) = staleness(&ops(&history));
        missed_writes_had_ended(&history, versions, time);
        let kept = |versions, time| {
            let guarantees = vec![Guarantee::BoundedStaleness];
            let options = Options { guarantees, staleness_versions: versions, staleness_time: time, ..Options::default() };
            judge(&history, &options).verdicts.remove(0).1 == Verdict::Holds
        };
        let again = format!("seed {seed}:\n{}", shown(&history));
        assert!(kept(Some(versions), None) && kept(None, Some(time)), "{versions} versions or {time} ns are too few: {again}");
        assert!(versions == 0 || !kept(Some(versions - 1), None), "{versions} versions are too many: {again}");
        assert!(time == 0 || !kept(None, Some(time - 1)), "{time} ns are too long: {again}");
    }
}

/// The evidence of a stale read names its key, the read last or before what it read, and only writes that had ended when it began.
fn missed_writes_had_ended(history: &Observed, versions: u64, time: u64) {
    let stricter = [(versions.checked_sub(1), None), (None, time.checked_sub(1))];
    for (staleness_versions, staleness_time) in stricter.into_iter().filter(|(v, t)| v.is_some() || t.is_some()) {
        let guarantees = vec![Guarantee::BoundedStaleness];
        let options = Options { guarantees, staleness_versions, staleness_time, ..Options::default() };
        let report = judge(history, &options);
        let Some(evidence) = report.verdicts[0].1.evidence() else { continue };
        let named: Vec<_> = evidence.operations.iter().map(|op| &history.operations[*op as usize]).collect();
        let reader = named.iter().position(|op| matches!(history.steps_of(op)[0].call, Call::Read(_))).expect("a read is named");
        assert_eq!(evidence.key, Some(history.steps_of(named[reader])[0].key), "{}", shown(history));
        let missed = named[..reader].iter().all(|write| write.completed.is_some_and(|ended| ended < named[reader].invoked));
        assert!(missed && reader > 0, "{}\n{}", evidence.text, shown(history));
    }
}

#[test]
fn lists_agree_with_the_definition() {
    let draw = |seed| brute_units::lists(seed, 0);
    agrees("lists_agree", Guarantee::Linearizable, draw, |h| Some(brute_units::linearizable(h)));
}

#[test]
fn lists_with_equal_elements_agree_with_the_definition() {
    let draw = |seed| brute_units::lists(seed, 2);
    agrees("lists_with_equal", Guarantee::Linearizable, draw, |h| Some(brute_units::linearizable(h)));
}

#[test]
fn texts_agree_with_the_definition() {
    agrees("texts_agree", Guarantee::Linearizable, texts::random, |h| Some(texts::linearizable(h)));
}

/// Twelve appends at once have 479,001,600 orders; the read after them tells which it was.
#[test]
fn a_read_guides_the_search_for_the_order_of_appends() {
    for first in ["", "anew"] {
        let history = texts::appended_at_once(first, 12);
        let options = Options { guarantees: vec![Guarantee::Linearizable], steps: 500, ..Options::default() };
        assert_eq!(judge(&history, &options).verdicts[0].1, Verdict::Holds, "after '{first}'");
    }
}

#[test]
fn versions_agree_with_the_definition() {
    let shape = Shape { keys: 1, info: 0, wild: 10, stale: 20, ..UNIQUE };
    let draw = |seed| {
        let mut history = random(seed, shape);
        brute_units::number(&mut history, seed);
        history
    };
    agrees("versions_agree", Guarantee::Linearizable, draw, |h| Some(brute_units::linearizable(h)));
}

#[test]
fn causal_transactions_agree_with_the_definition() {
    agrees("causal_transactions", Guarantee::Causal, brute_units::transactions, |h| Some(brute_units::causal(h)));
}

#[test]
fn stronger_guarantees_imply_weaker_ones() {
    let shape = Shape { ops: 9, ..UNIQUE };
    let weaker = [
        Guarantee::ReadYourWrites,
        Guarantee::MonotonicReads,
        Guarantee::MonotonicWrites,
        Guarantee::WritesFollowReads,
        Guarantee::Causal,
        Guarantee::ConsistentPrefix,
    ];
    for seed in 0..number("JUDGE_CASES").unwrap_or(CASES) / 10 {
        let mut history = random(seed, Shape { wild: seed % 60, keys: 1 + seed as u32 % 3, ..shape });
        // What ends at an instant ends before what its session begins then, and is concurrent with the rest: here, ends before all.
        for op in &mut history.operations {
            (op.invoked, op.completed) = (op.invoked * 2 + 1, op.completed.map(|at| at * 2));
        }
        let report = judge(&history, &Options::default());
        let holds = |guarantee| report.verdict(guarantee) == Some(&Verdict::Holds);
        for (i, guarantee) in weaker.into_iter().enumerate() {
            let implied = holds(Guarantee::Linearizable) || (i < 4 && holds(Guarantee::Causal));
            assert!(!implied || holds(guarantee), "seed {seed}: {} does not hold\n{}", guarantee.name(), shown(&history));
        }
        let prefix = [Guarantee::MonotonicReads, Guarantee::MonotonicWrites];
        assert!(!holds(Guarantee::ConsistentPrefix) || prefix.into_iter().all(holds), "seed {seed}:\n{}", shown(&history));
    }
}

#[path = "../benches/judge/valid.rs"]
#[expect(dead_code, reason = "the benchmarks use all of it")]
mod valid;

#[test]
fn many_operations_of_a_right_store_hold() {
    for (history, none) in [(valid::registers(30_000, 100), 6), (valid::versioned(5_000, 10), 6), (valid::updates(5_000, 10), 5)]
    {
        let bounds = Options { staleness_versions: Some(100), ..Options::default() };
        let report = judge(&history, &bounds);
        let holds = report.verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Holds).count();
        let others: Vec<_> = report.verdicts.iter().filter(|(_, verdict)| *verdict != Verdict::Holds).collect();
        assert_eq!(holds, report.verdicts.len() - none, "{others:?}");
    }
}

/// Records of many short sessions: each client goes on as another one after two transactions, as Jepsen's processes do after each crash.
#[test]
fn ten_thousand_sessions_leave_room_for_an_answer() {
    let mut history = valid::list_transactions(20_000);
    let mut done = [0_u32; 16];
    for op in &mut history.operations {
        let client = op.session as usize;
        op.session = op.session * 10_000 + done[client] / 2;
        done[client] += 1;
    }
    let mut numbers: Vec<u32> = history.operations.iter().map(|op| op.session).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for op in &mut history.operations {
        op.session = numbers.binary_search(&op.session).expect("it is one of them") as u32;
    }
    history.sessions = (0..numbers.len()).map(|session| session.to_string()).collect();
    assert!(history.sessions.len() >= 10_000, "{} sessions", history.sessions.len());
    let undecided = |verdict: &Verdict| matches!(verdict, Verdict::Unknown(_) | Verdict::Violated(_));
    let report = judge(&history, &Options::default());
    let wrong: Vec<_> = report.verdicts.iter().filter(|(_, verdict)| undecided(verdict)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Lists whose reads show their appends leave nothing to search: no level is unknown, however many clients work at once.
#[test]
fn transactions_on_lists_are_decided_without_a_search() {
    let history = valid::list_transactions(20_000);
    let options = Options { steps: 0, ..Options::default() };
    let report = judge(&history, &options);
    for guarantee in [Guarantee::StrictSerializable, Guarantee::Serializable, Guarantee::SnapshotIsolation, Guarantee::ReadAtomic]
    {
        assert_eq!(report.verdict(guarantee), Some(&Verdict::Holds), "{}", guarantee.name());
    }
}
