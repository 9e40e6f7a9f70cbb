//! Lost updates against their definition: two acknowledged operations have each read the same version of a key, and each wrote the key
//! afterwards (P4 of Berenson et al. 1995), a compare-and-set in one step.

use replicated_telemetry_store::judge::{Guarantee, Verdict};
use replicated_telemetry_store::observed::{Call, Model, Observed, Operation, Outcome, Returned};
use replicated_telemetry_store::rng::Rng;

use crate::judge::build::{add, empty, read, write};

/// Operations one after the other, whose reads now and then return what was there before.
fn random(seed: u64) -> Observed {
    let mut rng = Rng::keyed(seed, &[0x10]);
    let swaps = seed.is_multiple_of(2);
    let mut history = empty(if swaps { Model::CasRegister } else { Model::Transactions }, 2, 3);
    let mut held: [Vec<Option<u32>>; 2] = [vec![None], vec![None]];
    let mut fresh = 0;
    for n in 0..3 + rng.below(4) {
        let outcome = [Outcome::Ok, Outcome::Ok, Outcome::Ok, Outcome::Info][rng.below(4) as usize];
        let (mut calls, mut inside) = (Vec::new(), [None; 2]);
        for _ in 0..if swaps { 1 } else { 1 + rng.below(4) } {
            let key = rng.below(2) as usize;
            let back = if rng.below(5) == 0 { 2 } else { 1 };
            let seen = inside[key].unwrap_or(held[key][held[key].len().saturating_sub(back)]);
            let looks = rng.below(2) == 0;
            fresh += 1;
            let call = match (swaps, looks, seen) {
                (true, _, Some(seen)) => Call::CompareAndSet(seen, fresh),
                (false, true, _) => read(seen),
                _ => write(fresh),
            };
            if !matches!(call, Call::Read(_)) {
                inside[key] = Some(Some(fresh));
            }
            calls.push((key as u32, call));
        }
        for (held, inside) in held.iter_mut().zip(inside) {
            held.extend(inside);
        }
        let ended = (outcome == Outcome::Ok).then_some(n * 10 + 5);
        add(&mut history, rng.below(3) as u32, n * 10, ended, outcome, calls);
    }
    history
}

/// What an operation replaced after having read it, with the keys: of the beginning, nothing.
fn replaced(history: &Observed, op: &Operation) -> Vec<(u32, Option<u32>)> {
    let steps = history.steps_of(op);
    let writes = |call: &Call| matches!(call, Call::Write(_) | Call::CompareAndSet(..));
    let own = |value: u32| steps.iter().any(|s| matches!(s.call, Call::Write(v) | Call::CompareAndSet(_, v) if v == value));
    let mut all = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let seen = match &step.call {
            Call::Read(Returned::Value(value)) | Call::CompareAndSet(value, _) => Some(*value),
            Call::Read(Returned::Absent) => None,
            _ => continue,
        };
        let later = steps[n..].iter().any(|later| later.key == step.key && writes(&later.call));
        if later && seen.is_none_or(|value| !own(value)) {
            all.push((step.key, seen));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn lost_updates_agree_with_their_definition() {
    let (mut held, mut violated, mut neither) = (0, 0, 0);
    for seed in crate::judge::seeds() {
        let history = random(seed);
        let happened = history.operations.iter().filter(|op| op.outcome == Outcome::Ok);
        let mut all: Vec<_> = happened.flat_map(|op| replaced(&history, op)).collect();
        let updates = all.len();
        all.sort_unstable();
        all.dedup();
        let found = crate::judge::verdict(&history, Guarantee::NoLostUpdates);
        let again = format!(
            "{found:?}: JUDGE_SEED={seed} cargo test --test native judge::updates::lost_updates\n{}",
            crate::judge::shown(&history)
        );
        match &found {
            Verdict::Violated(evidence) => {
                let [one, two] = [0, 1].map(|n| replaced(&history, &history.operations[evidence.operations[n] as usize]));
                let key = evidence.key.expect("it is of one key");
                assert!(one.iter().any(|update| update.0 == key && two.contains(update)), "not these two: {again}");
                assert!(evidence.operations[0] != evidence.operations[1] && all.len() < updates, "none is lost: {again}");
                violated += 1;
            }
            Verdict::Holds => {
                assert!(updates > 0 && all.len() == updates, "{again}");
                held += 1;
            }
            Verdict::NotApplicable(_) => {
                assert_eq!(updates, 0, "{again}");
                neither += 1;
            }
            Verdict::Unknown(_) => panic!("{again}"),
        }
    }
    let all = held + violated + neither;
    let least = all / 50;
    assert!(all == 1 || held.min(violated).min(neither) > least, "{held} hold, {violated} are violated, {neither} say nothing");
}

#[test]
fn what_is_read_after_the_own_write_is_not_replaced_by_it() {
    let history = crate::judge::build::history(Model::Transactions, "0wx1,rx- 1rx-,wx2");
    assert_eq!(
        crate::judge::verdict(&history, Guarantee::NoLostUpdates),
        Verdict::Holds,
        "only the second has replaced what it read"
    );
}
