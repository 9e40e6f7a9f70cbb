//! What a judgement of a workload says to its reader, word for word: a sentence that names the wrong client would pass elsewhere.

use replicated_telemetry_store::judge::{Guarantee, Options, judge};
use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Outcome, Returned};

use crate::judge::build::{add, empty};

/// One operation after the other, each of a client of its own.
fn history(model: Model, calls: &[(Call, Outcome)]) -> Observed {
    let mut history = empty(model, 1, calls.len() as u32);
    for (n, (call, outcome)) in (0..).zip(calls) {
        let ended = (*outcome != Outcome::Info).then_some(n * 10 + 5);
        add(&mut history, n as u32, n * 10, ended, *outcome, vec![(0, call.clone())]);
    }
    history
}

fn ok(call: Call) -> (Call, Outcome) {
    (call, Outcome::Ok)
}

#[test]
fn evidence_of_banks_sets_and_counters_is_told_in_words() {
    let transfer = Call::Transfer { from: 1, to: 2, amount: 5 };
    let balances = |a, b| Call::Balances(Some(vec![(1, a), (2, b)]));
    let count = |value| Call::Count { value: Some(value), quiet: true };
    let table = [
        (
            history(Model::Bank, &[ok(balances(5, 0)), ok(transfer.clone()), ok(balances(0, 4))]),
            Guarantee::TotalKept,
            "The accounts of k0 held 5 together, and then 4: client 0 read k0 and got {1: 5, 2: 0} (operation 0); client 2 read k0 and got \
             {1: 0, 2: 4} (operation 2).",
        ),
        (
            history(Model::Bank, &[ok(balances(5, 0)), (transfer, Outcome::Info), ok(balances(-5, 10))]),
            Guarantee::NoNegativeBalances,
            "Account 1 holds -5: client 2 read k0 and got {1: -5, 2: 10} (operation 2).",
        ),
        (
            history(Model::Set, &[ok(Call::Add(7)), ok(Call::Elements(Some(vec![7]))), ok(Call::Elements(Some(vec![])))]),
            Guarantee::NoLostElements,
            "7 is lost from k0: client 0 added 7 to k0 (operation 0); it was seen last where client 1 read k0 and got [7] (operation 1); and \
             later client 2 read k0 and got [] (operation 2).",
        ),
        (
            history(
                Model::Set,
                &[ok(Call::Add(7)), ok(Call::Add(8)), ok(Call::Elements(Some(vec![7, 8]))), ok(Call::Elements(Some(vec![])))],
            ),
            Guarantee::NoLostElements,
            "7 is lost from k0: client 0 added 7 to k0 (operation 0); it was seen last where client 2 read k0 and got [7, 8] (operation 2); \
             and later client 3 read k0 and got [] (operation 3). So is 1 more element.",
        ),
        (
            history(Model::Set, &[ok(Call::Add(7)), ok(Call::Elements(Some(vec![]))), ok(Call::Elements(Some(vec![7])))]),
            Guarantee::NoStaleReads,
            "A read misses 7, which was known to be in k0: client 0 added 7 to k0 (operation 0); then client 1 read k0 and got [] (operation \
             1); it is there where client 2 read k0 and got [7] (operation 2).",
        ),
        (
            history(Model::Set, &[(Call::Add(7), Outcome::Fail), ok(Call::Elements(Some(vec![7])))]),
            Guarantee::NoAbortedReads,
            "client 1 read k0 and got [7] (operation 1); 7 is in it, although client 0 failed to add 7 to k0 (operation 0).",
        ),
        (
            history(Model::Counter, &[ok(Call::Increment(2)), (Call::Increment(-3), Outcome::Info), ok(count(1))]),
            Guarantee::FinalCount,
            "When all was quiet, k0 had to hold -1 or 2: client 2 read k0 and got 1 (operation 2). 1 increment may have happened or not.",
        ),
        (
            history(Model::Counter, &[ok(Call::Increment(2)), (Call::Increment(-3), Outcome::Info), ok(count(3))]),
            Guarantee::CounterBounds,
            "k0 was between -1 and 2 during a read: client 2 read k0 and got 3 (operation 2).",
        ),
    ];
    say(&table);
}

#[test]
fn evidence_of_queues_and_identifiers_is_told_in_words() {
    let taken = |value| Call::Dequeue(Returned::Value(value));
    let table = [
        (
            history(Model::Queue, &[ok(Call::Enqueue(1)), ok(Call::Enqueue(2)), ok(taken(2)), ok(taken(1))]),
            Guarantee::FifoOrder,
            "Out of order: client 0 enqueued 1 into k0 (operation 0); client 1 enqueued 2 into k0 (operation 1); client 2 dequeued 2 from k0 \
             (operation 2); client 3 dequeued 1 from k0 (operation 3).",
        ),
        (
            history(Model::Queue, &[ok(Call::Enqueue(1)), ok(Call::Drain(Some(vec![])))]),
            Guarantee::NoLostElements,
            "Nobody took it out of k0, which was drained later: client 0 enqueued 1 into k0 (operation 0); client 1 drained k0 of [] \
             (operation 1).",
        ),
        (
            history(Model::Queue, &[ok(Call::Enqueue(1)), ok(taken(1)), ok(taken(1))]),
            Guarantee::NoDuplicates,
            "1 came out 2 times and had been put in 1 time at most: client 0 enqueued 1 into k0 (operation 0); client 1 dequeued 1 from k0 \
             (operation 1); client 2 dequeued 1 from k0 (operation 2).",
        ),
        (
            history(Model::UniqueIds, &[ok(Call::Generate(Some(vec![4, 4])))]),
            Guarantee::NoDuplicates,
            "4 was given out twice by one operation: client 0 got [4, 4] from k0 (operation 0).",
        ),
    ];
    say(&table);
}

fn say(table: &[(Observed, Guarantee, &str)]) {
    for (history, guarantee, expected) in table {
        let verdict = crate::judge::verdict(history, *guarantee);
        let text = verdict.evidence().map_or_else(|| format!("{verdict:?}"), |evidence| evidence.text.clone());
        assert_eq!(text, *expected, "{}", guarantee.name());
    }
}

#[test]
fn what_is_assumed_and_what_is_only_counted_is_told() {
    let assumed = |history: &Observed, options: &Options| judge(history, options).assumptions;
    let mut bank = history(Model::Bank, &[ok(Call::Balances(Some(vec![(1, 5), (2, 4)])))]);
    bank.initial = Initial::Unknown;
    let said = assumed(&bank, &Options::default());
    assert_eq!(
        said,
        [
            "The accounts of k0 hold 9 together, because the first read shows that (operation 0); another total has to be said.",
            "No account may hold less than nothing; where it may, that has to be said.",
            "An account that a read does not show holds nothing.",
        ]
    );
    let said = assumed(&bank, &Options { total_amount: Some(9), negative_balances: true, ..Options::default() });
    assert_eq!(said[..2], ["All accounts hold 9 together, as said.", "An account may hold less than nothing, as said."]);
    let set = history(Model::Set, &[ok(Call::Elements(Some(vec![]))), ok(Call::Add(1)), ok(Call::Add(2))]);
    let expected = [
        "A set is empty at the beginning, and nothing is taken out of it.",
        "2 elements were added and never read: no read began later.",
    ];
    assert_eq!(assumed(&set, &Options::default()), expected);
    let queue = history(Model::Queue, &[ok(Call::Enqueue(1)), (Call::Dequeue(Returned::Unknown), Outcome::Info)]);
    let expected = [
        "A queue is empty at the beginning.",
        "1 value was put in and is not known to have come out: it may still be there, as nothing drains the queue.",
        "An operation without an answer may take effect at any later time, or never.",
    ];
    assert_eq!(assumed(&queue, &Options::default()), expected);
    let counter = history(Model::Counter, &[ok(Call::Count { value: Some(0), quiet: true })]);
    let expected =
        ["1 read is marked as made when all was quiet: what it returns decides, and other reads may be stale, as in Maelstrom."];
    assert_eq!(assumed(&counter, &Options::default()), expected);
}
