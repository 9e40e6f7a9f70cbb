//! Stores that are right, at length: everything holds, and no search spends its budget.

use std::collections::VecDeque;

use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Model, Observed, Outcome, Returned};

use super::draw::{self, Shape};

fn of(model: Model, ops: u64) -> Observed {
    let shape = Shape { model, ops, info: 0, fail: 0, long: 6 };
    let (mut bank, mut set, mut counter, mut queue, mut fresh) = ([500_i64; 5], Vec::new(), 0, VecDeque::new(), 0_u32);
    let mut history = draw::history(1, shape, |rng, _, _| {
        let looks = rng.below(5) == 0;
        fresh += 1;
        match model {
            Model::Bank if looks => Call::Balances(Some((0..).zip(bank).collect())),
            Model::Bank => {
                let (from, to, amount) = (rng.below(5) as u32, rng.below(5) as u32, 1 + rng.below(4) as i64);
                bank[from as usize] -= amount;
                bank[to as usize] += amount;
                Call::Transfer { from, to, amount }
            }
            Model::Set if looks => Call::Elements(Some(set.clone())),
            Model::Set => {
                set.push(fresh);
                Call::Add(fresh)
            }
            Model::Counter if looks => Call::Count { value: Some(counter), quiet: fresh > 1_000 && rng.below(9) == 0 },
            Model::Counter => {
                let by = rng.below(9) as i64 - 4;
                counter += by;
                Call::Increment(by)
            }
            Model::Queue if rng.below(2) == 0 => {
                queue.push_back(fresh);
                Call::Enqueue(fresh)
            }
            Model::Queue => Call::Dequeue(queue.pop_front().map_or(Returned::Absent, Returned::Value)),
            _ => Call::Generate(Some(vec![fresh])),
        }
    });
    history.values = (0..=fresh).map(|value| value.to_string()).collect();
    history
}

#[test]
fn many_operations_of_right_workloads_hold() {
    for (model, ops) in
        [(Model::Bank, 3_000), (Model::Set, 4_000), (Model::Counter, 4_000), (Model::Queue, 20_000), (Model::UniqueIds, 20_000)]
    {
        let history = of(model, ops);
        let report = judge(&history, &Options { negative_balances: true, ..Options::default() });
        assert_eq!(report.verdicts.iter().map(|(guarantee, _)| *guarantee).collect::<Vec<_>>(), Guarantee::of(model));
        for (guarantee, verdict) in &report.verdicts {
            let aside = model == Model::Bank && *guarantee == Guarantee::NoNegativeBalances;
            let right = *verdict == Verdict::Holds || (aside && matches!(verdict, Verdict::NotApplicable(_)));
            assert!(right, "{} of {} is {verdict:?}", guarantee.name(), model.name());
        }
    }
}

/// Asked for what means nothing of a model, a judgement says why.
#[test]
fn what_means_nothing_is_not_applicable() {
    for model in [Model::Bank, Model::Set, Model::Counter, Model::Queue, Model::UniqueIds, Model::Register] {
        let asked = Options { guarantees: Guarantee::ALL.to_vec(), ..Options::default() };
        let call = match model {
            Model::Bank => Call::Balances(None),
            Model::Set => Call::Elements(None),
            Model::Counter => Call::Increment(1),
            Model::Queue => Call::Enqueue(1),
            Model::UniqueIds => Call::Generate(None),
            _ => crate::judge::build::write(1),
        };
        let mut history = crate::judge::build::empty(model, 1, 1);
        crate::judge::build::add(&mut history, 0, 0, Some(1), Outcome::Ok, vec![(0, call)]);
        let report = judge(&history, &asked);
        assert_eq!(report.verdicts.len(), Guarantee::ALL.len());
        for (guarantee, verdict) in report.verdicts {
            let meant = Guarantee::of(model).contains(&guarantee);
            let said =
                matches!(&verdict, Verdict::NotApplicable(why) if why.ends_with(&format!("the model is {}", model.name())));
            assert_eq!(said, !meant, "{} of {}: {verdict:?}", guarantee.name(), model.name());
        }
    }
}
