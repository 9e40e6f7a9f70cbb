//! A witness has to convince by itself: the operations of the evidence alone break the guarantee, and few would do.
//!
//! The rest of the history is taken away, and what is left is judged again, and by the definition. So evidence that names the wrong
//! operations is found, not only a wrong verdict.

use replicated_telemetry_store::judge::{Evidence, Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Observed, Outcome, Returned};

use crate::judge::brute::{Laws, explained, linearizable, ops, prefix};
use crate::judge::build::{Shape, random, shown};
use crate::judge::{CASES, UNIQUE, number};

/// The part of a history that evidence names.
fn part(history: &Observed, evidence: &Evidence) -> Observed {
    let mut numbers = evidence.operations.clone();
    numbers.sort_unstable();
    numbers.dedup();
    let mut part = Observed { operations: Vec::new(), steps: Vec::new(), ..history.clone() };
    for number in numbers {
        let mut op = history.operations[number as usize];
        let steps = history.steps_of(&op).to_vec();
        op.first = part.steps.len() as u32;
        part.steps.extend(steps);
        part.operations.push(op);
    }
    part
}

/// Values that are read in a part and written in the whole only: without its write a read proves nothing.
fn lacks_a_write(part: &Observed, whole: &Observed) -> bool {
    let writes = |history: &Observed, key: u32, value: u32| {
        history.steps.iter().any(|s| s.key == key && matches!(s.call, Call::Write(v) | Call::CompareAndSet(_, v) if v == value))
    };
    part.steps.iter().any(|s| match s.call {
        Call::Read(Returned::Value(v)) => writes(whole, s.key, v) && !writes(part, s.key, v),
        _ => false,
    })
}

/// Judges many histories, and of each violation the evidence alone. Says how many operations a proof has on average, in hundredths.
fn convinces(guarantee: Guarantee, shape: Shape, holds: impl Fn(&Observed) -> bool) -> u64 {
    let (mut violated, mut named) = (0_u64, 0_u64);
    for seed in 0..number("JUDGE_CASES").unwrap_or(CASES) / 5 {
        let history = random(seed, shape);
        let options = Options { guarantees: vec![guarantee], ..Options::default() };
        let verdict = judge(&history, &options).verdicts.remove(0).1;
        let Verdict::Violated(evidence) = verdict else { continue };
        let part = part(&history, &evidence);
        let again = judge(&part, &options).verdicts.remove(0).1;
        let told = || format!("{}, seed {seed}: {}\n{}\nof\n{}", guarantee.name(), evidence.text, shown(&part), shown(&history));
        assert!(!lacks_a_write(&part, &history), "a write is missing: {}", told());
        assert!(matches!(again, Verdict::Violated(_)), "alone it is {again:?}: {}", told());
        assert!(!holds(&part), "by definition the evidence alone proves nothing: {}", told());
        violated += 1;
        named += part.operations.len() as u64;
    }
    assert!(violated > 20, "only {violated} histories are violated");
    named * 100 / violated
}

fn by_laws(laws: Laws) -> impl Fn(&Observed) -> bool {
    move |history| {
        let ops = ops(history);
        explained(&ops, laws, &vec![false; ops.len()])
    }
}

#[test]
fn evidence_against_linearizability_convinces_alone() {
    let least = |h: &Observed| linearizable(&ops(h), h.keys.len());
    let named = convinces(Guarantee::Linearizable, Shape { keys: 1, stale: 30, wild: 30, ..UNIQUE }, least);
    assert!(named < 400, "{named} hundredths of an operation");
}

/// Where the search decides, the proof is made smaller: no operation in it can be left out.
#[test]
fn evidence_of_a_search_can_spare_no_operation() {
    let shape = Shape { keys: 1, values: 3, cas: true, stale: 0, wild: 15, info: 20, reads: 40, ..UNIQUE };
    let options = Options { guarantees: vec![Guarantee::Linearizable], ..Options::default() };
    let mut proofs = 0;
    for seed in 0..number("JUDGE_CASES").unwrap_or(CASES) / 20 {
        let history = random(seed, shape);
        let Verdict::Violated(evidence) = judge(&history, &options).verdicts.remove(0).1 else { continue };
        if !history.steps.iter().any(|step| matches!(step.call, Call::CompareAndSet(..))) {
            continue;
        }
        let whole = part(&history, &evidence);
        assert!(!linearizable(&ops(&whole), 1), "seed {seed}: {evidence:?}\n{}", shown(&history));
        for spared in &evidence.operations {
            let reads = history.steps_of(&history.operations[*spared as usize]).iter().all(|s| matches!(s.call, Call::Read(_)));
            if !reads {
                continue;
            }
            let rest = evidence.operations.iter().copied().filter(|op| op != spared).collect();
            let less = part(&history, &Evidence { operations: rest, ..evidence.clone() });
            assert!(
                linearizable(&ops(&less), 1),
                "seed {seed}: without operation {spared} it is still a proof\n{}",
                shown(&whole)
            );
        }
        proofs += 1;
    }
    assert!(proofs > 20, "only {proofs} proofs");
}

#[test]
fn evidence_against_the_guarantees_of_a_session_convinces_alone() {
    let shape = Shape { ops: 8, keys: 1, reads: 50, info: 0, ..UNIQUE };
    let own = Laws { own_writes: true, writes_in_order: true, ..Laws::default() };
    let named = convinces(Guarantee::ReadYourWrites, shape, by_laws(own));
    assert!(named < 400, "{named} hundredths of an operation");
    let back = Laws { reads_stay: true, writes_in_order: true, ..Laws::default() };
    let shape = Shape { ops: 8, sessions: 2, keys: 1, wild: 90, roles: true, info: 0, ..UNIQUE };
    let named = convinces(Guarantee::MonotonicReads, shape, by_laws(back));
    assert!(named < 500, "{named} hundredths of an operation");
}

#[test]
fn evidence_against_causal_consistency_convinces_alone() {
    let causal = Laws { causal: true, ..Laws::default() };
    let named = convinces(Guarantee::Causal, Shape { ops: 8, wild: 100, keys: 1, info: 0, ..UNIQUE }, by_laws(causal));
    assert!(named < 500, "{named} hundredths of an operation");
}

#[test]
fn prefixes_in_real_time_agree_with_the_definition() {
    let shape = Shape { ops: 9, wild: 60, info: 6, ..UNIQUE };
    let (cases, mut held) = (number("JUDGE_CASES").unwrap_or(CASES), 0);
    for seed in 0..cases {
        let history = random(seed, Shape { keys: 1 + seed as u32 % 2, ..shape });
        let guarantees = vec![Guarantee::ConsistentPrefix];
        let options = Options { guarantees, prefix_in_real_time: true, ..Options::default() };
        let (found, expected) = (judge(&history, &options).verdicts.remove(0).1, prefix(&ops(&history), true, false));
        assert_eq!(found == Verdict::Holds, expected, "seed {seed}: {found:?}\n{}", shown(&history));
        held += u64::from(expected);
    }
    assert!(held > cases / 10 && held < cases - cases / 10, "{held} of {cases} hold");
    let mut timeless = random(1, shape);
    timeless.real_time = false;
    let options = Options { prefix_in_real_time: true, ..Options::default() };
    let report = judge(&timeless, &options);
    assert!(matches!(report.verdict(Guarantee::ConsistentPrefix), Some(Verdict::NotApplicable(_))), "{report:?}");
}

/// All orders of what happened, in which a compare-and-set that failed stands where the key holds something else.
fn with_failures(history: &Observed) -> bool {
    fn some(left: &[usize], holds: Option<u32>, history: &Observed) -> bool {
        let op = |n: usize| &history.operations[n];
        let sure = |n: &usize| op(*n).outcome != Outcome::Info;
        if !left.iter().any(sure) {
            return true;
        }
        let end = |n: usize| if op(n).outcome == Outcome::Info { u64::MAX } else { op(n).completed.unwrap_or(u64::MAX) };
        left.iter().any(|n| {
            if left.iter().any(|other| end(*other) < op(*n).invoked) {
                return false;
            }
            let failed = op(*n).outcome == Outcome::Fail;
            let next = match history.steps[op(*n).first as usize].call {
                Call::Write(value) => Some(Some(value)),
                Call::CompareAndSet(from, to) if failed => (holds != Some(from)).then_some(holds).filter(|_| to > 0),
                Call::CompareAndSet(from, to) => (holds == Some(from)).then_some(Some(to)),
                Call::Read(Returned::Value(value)) => (holds == Some(value)).then_some(holds),
                Call::Read(Returned::Absent) => holds.is_none().then_some(holds),
                _ => Some(holds),
            };
            let rest: Vec<usize> = left.iter().copied().filter(|other| other != n).collect();
            next.is_some_and(|holds| some(&rest, holds, history))
        })
    }
    some(&(0..history.operations.len()).collect::<Vec<_>>(), None, history)
}

#[test]
fn a_compare_and_set_that_saw_another_value_agrees_with_the_definition() {
    let shape = Shape { ops: 8, keys: 1, values: 2, cas: true, stale: 0, wild: 5, info: 5, reads: 25, ..UNIQUE };
    let (cases, mut held) = (number("JUDGE_CASES").unwrap_or(CASES), 0);
    for seed in 0..cases {
        let mut history = random(seed, shape);
        for (n, op) in history.operations.iter_mut().enumerate() {
            if matches!(history.steps[op.first as usize].call, Call::CompareAndSet(..))
                && op.outcome == Outcome::Ok
                && (seed >> n) % 2 == 0
            {
                op.outcome = Outcome::Fail;
            }
        }
        let guarantees = vec![Guarantee::Linearizable];
        let options = Options { guarantees, failed_cas_saw_another_value: true, ..Options::default() };
        let (found, expected) = (judge(&history, &options).verdicts.remove(0).1, with_failures(&history));
        assert_eq!(found == Verdict::Holds, expected, "seed {seed}: {found:?}\n{}", shown(&history));
        held += u64::from(expected);
    }
    assert!(held > cases / 10 && held < cases - cases / 10, "{held} of {cases} hold");
}
