//! Banks, after `jepsen.tests.bank`: reads of all accounts while amounts move between them.
//!
//! *Total kept*: every read that ended well shows accounts which hold the same together. What they should hold is an option of
//! Jepsen's test and stands in no record, so it is what the first read shows, unless it is said. An account that a read does not show
//! holds nothing. *No negative balances*: no read shows an account with less than nothing, unless that is allowed. *Snapshot reads*:
//! some of the transfers (all that ended well, none that failed, any of the others), one after the other, explain the reads: each shows what
//! the first so many of them left. That is what snapshot isolation and serializability promise, and neither promises fresh reads; with
//! fresh ones it is *linearizability*. What accounts hold at first is not in the record either: it may be anything.
//!
//! Totals and signs take one look at each balance. The other two are searched with a budget ([`order`]); a read with another total is evidence
//! against both, for no transfer changes a total.

use std::collections::BTreeSet;

use super::super::calls::Call as SearchCall;
use super::super::machine::{Act, Machine};
use super::super::report::{Guarantee, Options, Verdict};
use super::super::words::{key_name, operation, value};
use super::order::{self, Problem};
use super::transitions::{self, Transition};
use super::{Object, Op, first, told, violated};
use crate::observed::{Call, Observed, Value};

/// Judges a guarantee of banks.
pub(super) fn judge(history: &Observed, objects: &[Object<'_>], guarantee: Guarantee, options: &Options) -> Verdict {
    match guarantee {
        Guarantee::TotalKept => first(objects, |object| total_kept(history, object, options)),
        Guarantee::NoNegativeBalances if options.negative_balances => {
            Verdict::NotApplicable("accounts may hold less than nothing, as said".to_owned())
        }
        Guarantee::NoNegativeBalances => first(objects, |object| negative(history, object)),
        _ => ordered(history, objects, guarantee, options),
    }
}

/// What a read that ended well shows.
fn shown<'h>(op: &Op<'h>) -> Option<&'h [(Value, i64)]> {
    match op.call {
        Call::Balances(Some(balances)) if op.is_ok() => Some(balances),
        _ => None,
    }
}

fn total(balances: &[(Value, i64)]) -> i128 {
    balances.iter().map(|(_, holds)| i128::from(*holds)).sum()
}

fn first_read<'h>(object: &Object<'h>) -> Option<(u32, &'h [(Value, i64)])> {
    object.ops.iter().find_map(|op| shown(op).map(|balances| (op.number, balances)))
}

fn total_kept(history: &Observed, object: &Object<'_>, options: &Options) -> Option<Verdict> {
    let (first, balances) = first_read(object)?;
    let expected = options.total_amount.map_or_else(|| total(balances), i128::from);
    let other = object.ops.iter().find_map(|op| shown(op).map(total).filter(|sum| *sum != expected).map(|sum| (op.number, sum)));
    let (number, sum) = other?;
    let name = key_name(history, object.key);
    let said = operation(history, number);
    Some(match options.total_amount {
        Some(_) => violated(vec![number], object.key, format!("{name} holds {expected} in all, as said, and not {sum}: {said}.")),
        None => {
            let before = operation(history, first);
            let text = format!("The accounts of {name} held {expected} together, and then {sum}: {before}; {said}.");
            violated(vec![first, number], object.key, text)
        }
    })
}

fn negative(history: &Observed, object: &Object<'_>) -> Option<Verdict> {
    object.ops.iter().find_map(|op| {
        let (account, holds) = shown(op)?.iter().find(|(_, holds)| *holds < 0)?;
        let text = format!("Account {} holds {holds}: {}.", value(history, *account), told(history, &[op.number]));
        Some(violated(vec![op.number], object.key, text))
    })
}

/// Snapshot reads and linearizability.
fn ordered(history: &Observed, objects: &[Object<'_>], guarantee: Guarantee, options: &Options) -> Verdict {
    if let broken @ Verdict::Violated(_) = first(objects, |object| total_kept(history, object, options)) {
        return broken;
    }
    let mut machine = Machine::new(history);
    let mut problems: Vec<Problem> = objects.iter().map(|object| problem(object, &mut machine)).collect();
    let fresh = order::judge(history, options, &problems, &mut machine);
    if guarantee == Guarantee::Linearizable || fresh == Verdict::Holds || !history.real_time {
        return fresh;
    }
    // No real time order: everything may take effect at any time.
    for call in problems.iter_mut().flat_map(|problem| &mut problem.calls) {
        (call.invoked, call.completed) = (0, call.completed.map(|_| u64::MAX));
    }
    // Each step looks at every call, for none has to come before another.
    let longest = problems.iter().map(|problem| problem.calls.len() as u64).max().unwrap_or(0);
    let steps = options.steps.min(options.steps / (longest / 16 + 1) + 10_000);
    order::judge(history, &Options { steps, ..options.clone() }, &problems, &mut machine)
}

fn problem(object: &Object<'_>, machine: &mut Machine<'_>) -> Problem {
    let named = object.ops.iter().flat_map(|op| match op.call {
        Call::Transfer { from, to, .. } => vec![*from, *to],
        Call::Balances(Some(balances)) => balances.iter().map(|(account, _)| *account).collect(),
        _ => Vec::new(),
    });
    let accounts: Vec<Value> = named.collect::<BTreeSet<Value>>().into_iter().collect();
    let place = |account: &Value| accounts.binary_search(account).expect("all accounts are there");
    let calls = object.ops.iter().filter_map(|op| {
        let act = match op.call {
            Call::Transfer { from, to, amount } if op.may_be() && from != to => {
                let moves = vec![(place(from) as u32, amount.wrapping_neg()), (place(to) as u32, *amount)];
                machine.transition(Transition::moves(moves, op.is_ok()))
            }
            _ => {
                let mut holds = vec![0; accounts.len()];
                shown(op)?.iter().for_each(|(account, amount)| holds[place(account)] = *amount);
                machine.transition(Transition::Show(holds))
            }
        };
        Some(call(op, act))
    });
    let calls = calls.collect();
    let initial = machine.state_of_words(&transitions::bank(accounts.len(), None));
    Problem { key: object.key, calls, initial, unknown: Some(initial) }
}

/// A call of a search, from an operation.
pub(super) fn call(op: &Op<'_>, act: Act) -> SearchCall {
    SearchCall { op: op.number, invoked: op.invoked, completed: op.is_ok().then_some(op.ended), act }
}

/// What the answers rest on.
pub(super) fn assumptions(history: &Observed, objects: &[Object<'_>], options: &Options) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(said) = options.total_amount {
        all.push(format!("All accounts hold {said} together, as said."));
    } else {
        for object in objects {
            let Some((number, balances)) = first_read(object) else { continue };
            let (name, sum) = (key_name(history, object.key), total(balances));
            all.push(format!(
                "The accounts of {name} hold {sum} together, because the first read shows that (operation {number}); another total has to be said."
            ));
            if objects.len() > 1 {
                all.push("The same is taken from the first read of every other bank.".to_owned());
                break;
            }
        }
    }
    all.push(if options.negative_balances {
        "An account may hold less than nothing, as said.".to_owned()
    } else {
        "No account may hold less than nothing; where it may, that has to be said.".to_owned()
    });
    all.push("An account that a read does not show holds nothing.".to_owned());
    all
}
