//! Banks: totals, signs, and all orders of transfers and reads.

use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Outcome};

use super::draw::{self, Shape};
use super::{Op, agrees, orderable};

/// Transfers between three accounts, and reads: some of an older moment, some of several moments at once, some that are off.
fn random(seed: u64, wrong: u64, off: u64) -> Observed {
    let shape = Shape { model: Model::Bank, ops: 8, info: 12, fail: 8, long: 5 };
    let mut held = vec![[4_i64, 2, 2]];
    let mut history = draw::history(seed, shape, |rng, outcome, effect| {
        let mut now = *held.last().expect("there is a first");
        if rng.below(2) == 0 {
            let (from, to, amount) = (rng.below(3), rng.below(3), 1 + rng.below(3) as i64);
            if effect {
                now[from as usize] -= amount;
                now[to as usize] += amount;
                held.push(now);
            }
            return Call::Transfer { from: from as u32, to: to as u32, amount };
        }
        if rng.below(100) < wrong {
            let older = held[held.len() - 1 - rng.below(held.len().min(3) as u64) as usize];
            let whole = rng.below(3) > 0;
            let other = rng.below(3) as usize;
            now = if whole { older } else { now };
            now[other] = older[other];
        }
        if rng.below(100) < off {
            now[rng.below(3) as usize] += 1;
        }
        let shown = (0..).zip(now).filter(|(_, holds)| *holds != 0 || seed.is_multiple_of(2)).collect();
        Call::Balances((outcome == Outcome::Ok && rng.below(20) > 0).then_some(shown))
    });
    history.initial = Initial::Unknown;
    history
}

fn shown(op: &Op) -> Option<[i64; 3]> {
    let Call::Balances(Some(balances)) = &op.call else { return None };
    let mut all = [0; 3];
    balances.iter().for_each(|(account, holds)| all[*account as usize] = *holds);
    op.ok().then_some(all)
}

fn moved(op: &Op) -> Option<[i64; 3]> {
    let Call::Transfer { from, to, amount } = op.call else { return None };
    let mut by = [0; 3];
    by[from as usize] -= amount;
    by[to as usize] += amount;
    (op.outcome != Outcome::Fail).then_some(by)
}

#[test]
fn totals_agree_with_the_definition() {
    let draw = |seed| random(seed, 20, 15);
    agrees("banks::totals", Guarantee::TotalKept, draw, |ops| {
        let totals: Vec<i64> = ops.iter().filter_map(shown).map(|all| all.iter().sum()).collect();
        Some(totals.iter().all(|total| *total == totals[0]))
    });
}

#[test]
fn a_total_that_is_said_is_the_one_to_keep() {
    for seed in crate::judge::seeds().take(5_000) {
        let history = random(seed, 20, 15);
        if crate::judge::nothing_succeeded(&history) {
            continue;
        }
        let asked = Options { guarantees: vec![Guarantee::TotalKept], total_amount: Some(8), ..Options::default() };
        let kept = super::ops(&history).iter().filter_map(shown).all(|all| all.iter().sum::<i64>() == 8);
        let found = judge(&history, &asked).verdicts.remove(0).1;
        let silent = crate::judge::nothing_succeeded(&history) && matches!(found, Verdict::NotApplicable(_));
        assert_eq!(silent || found == Verdict::Holds, kept, "{found:?}: seed {seed}\n{}", crate::judge::shown(&history));
    }
}

#[test]
fn signs_agree_with_the_definition() {
    let draw = |seed| random(seed, 20, 0);
    let definition = |ops: &[Op]| Some(ops.iter().filter_map(shown).all(|all| all.iter().all(|holds| *holds >= 0)));
    agrees("banks::signs", Guarantee::NoNegativeBalances, draw, definition);
    let allowed = Options { guarantees: vec![Guarantee::NoNegativeBalances], negative_balances: true, ..Options::default() };
    assert!(matches!(judge(&random(1, 20, 0), &allowed).verdicts[0].1, Verdict::NotApplicable(_)));
}

/// All operations in any order (`fresh`: that real time allows), from whatever the accounts held at first.
fn explained(ops: &[Op], fresh: bool) -> bool {
    let at_any_time = |op: &Op| Op { invoked: 0, ended: u64::MAX, ..op.clone() };
    let live = ops.iter().filter(|op| moved(op).is_some() || shown(op).is_some());
    let live: Vec<Op> = live.map(|op| if fresh { op.clone() } else { at_any_time(op) }).collect();
    let sum = |a: &[i64; 3], b: &[i64; 3]| std::array::from_fn(|i| a[i] + b[i]);
    // What is held, if it is known, and by how much it has changed.
    type State = (Option<[i64; 3]>, [i64; 3]);
    let step = |(first, changed): &State, op: &Op| -> Option<State> {
        if let Some(by) = moved(op) {
            return Some((*first, sum(changed, &by)));
        }
        let seen = shown(op)?;
        let begins = std::array::from_fn(|i| seen[i] - changed[i]);
        first.is_none_or(|first| first == begins).then_some((Some(begins), *changed))
    };
    orderable(&live, &(None, [0; 3]), &step)
}

#[test]
fn snapshot_reads_agree_with_the_definition() {
    let draw = |seed| random(seed, 40, 6);
    agrees("banks::snapshot", Guarantee::SnapshotReads, draw, |ops| Some(explained(ops, false)));
}

#[test]
fn linearizable_banks_agree_with_the_definition() {
    let draw = |seed| random(seed, 30, 3);
    agrees("banks::linearizable", Guarantee::Linearizable, draw, |ops| Some(explained(ops, true)));
}
