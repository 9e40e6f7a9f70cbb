//! What a judgement says to its reader: the names that scripts rely on, operations in words, and the assumptions, word for word.
//!
//! All else that the tests compare are verdicts and operations; a sentence that names the wrong client would pass.

use replicated_telemetry_store::judge::{Evidence, Guarantee, Options, Report, Verdict, judge};
use replicated_telemetry_store::observed::{Call, Initial, Model, Observed, Outcome, Returned};

use crate::judge::build::{add, history, read};

/// The names of the guarantees on the command line and in files; not one of them may change.
const NAMES: [(Guarantee, &str); 26] = [
    (Guarantee::Linearizable, "linearizable"),
    (Guarantee::ReadYourWrites, "read-your-writes"),
    (Guarantee::MonotonicReads, "monotonic-reads"),
    (Guarantee::MonotonicWrites, "monotonic-writes"),
    (Guarantee::WritesFollowReads, "writes-follow-reads"),
    (Guarantee::ConsistentPrefix, "consistent-prefix"),
    (Guarantee::Causal, "causal"),
    (Guarantee::BoundedStaleness, "bounded-staleness"),
    (Guarantee::NoAbortedReads, "no-aborted-reads"),
    (Guarantee::NoThinAirReads, "no-thin-air-reads"),
    (Guarantee::NoLostUpdates, "no-lost-updates"),
    (Guarantee::ReadCommitted, "read-committed"),
    (Guarantee::ReadAtomic, "read-atomic"),
    (Guarantee::SnapshotIsolation, "snapshot-isolation"),
    (Guarantee::Serializable, "serializable"),
    (Guarantee::StrictSerializable, "strict-serializable"),
    (Guarantee::TotalKept, "total-kept"),
    (Guarantee::NoNegativeBalances, "no-negative-balances"),
    (Guarantee::SnapshotReads, "snapshot-reads"),
    (Guarantee::NoLostElements, "no-lost-elements"),
    (Guarantee::NoStaleReads, "no-stale-reads"),
    (Guarantee::NoDuplicates, "no-duplicates"),
    (Guarantee::CounterBounds, "counter-bounds"),
    (Guarantee::FinalCount, "final-count"),
    (Guarantee::FifoOrder, "fifo-order"),
    (Guarantee::NoLostWrites, "no-lost-writes"),
];

#[test]
fn guarantees_and_verdicts_have_these_names() {
    assert_eq!(Guarantee::ALL.map(|guarantee| (guarantee, guarantee.name())), NAMES);
    for (guarantee, name) in NAMES {
        assert_eq!(Guarantee::from_name(name), Some(guarantee));
    }
    let verdicts = [
        (Verdict::Holds, "holds"),
        (Verdict::Violated(Evidence::default()), "violated"),
        (Verdict::Unknown(String::new()), "unknown"),
        (Verdict::NotApplicable(String::new()), "not applicable"),
    ];
    for (verdict, name) in verdicts {
        assert_eq!(verdict.name(), name);
    }
}

/// The argument against a guarantee.
fn against(history: &Observed, guarantee: Guarantee) -> String {
    crate::judge::verdict(history, guarantee).evidence().expect("it is violated").text.clone()
}

#[test]
fn operations_are_told_in_words() {
    let table = [
        (
            "0wx1 0rx-",
            "client 0 wrote 1 to k0 (operation 0); later in the same session client 0 read k0 and found nothing (operation 1)",
        ),
        ("0wx1! 1rx1", "client 1 read k0 and got 1 (operation 1), although client 0 failed to write 1 to k0 (operation 0)"),
        (
            "0cx5>6! 1rx6",
            "client 1 read k0 and got 6 (operation 1), although client 0 failed to change k0 from 5 to 6 (operation 0)",
        ),
        ("0dx! 1rx7", "client 1 read k0 and got 7 (operation 1)"),
        ("0wx1? 1rx1 1rx-", "client 1 read k0 and found nothing (operation 2)"),
    ];
    for (words, expected) in table {
        let history = history(Model::CasRegister, words);
        let report = judge(&history, &Options::default());
        let texts: Vec<&str> =
            report.verdicts.iter().filter_map(|(_, verdict)| verdict.evidence()).map(|e| e.text.as_str()).collect();
        assert!(texts.iter().any(|text| text.contains(expected)), "{words}: '{expected}' is in none of {texts:#?}");
    }
}

#[test]
fn what_was_done_and_what_may_have_been_is_told() {
    let table = [
        (Model::CasRegister, Guarantee::Linearizable, "0rx1 1wx1?", "client 1 may have written 1 to k0 (operation 1)"),
        (Model::AppendList, Guarantee::Linearizable, "0lx1 1ax1?", "client 1 may have appended 1 to k0 (operation 1)"),
        (Model::AppendList, Guarantee::ReadYourWrites, "0ax1 0lx", "client 0 appended 1 to k0 (operation 0)"),
        (Model::CasRegister, Guarantee::ReadYourWrites, "0wx1 0dx 0rx1", "client 0 removed k0 (operation 1)"),
        (Model::CasRegister, Guarantee::ReadYourWrites, "0wx1 0cx1>2 0rx1", "client 0 changed k0 from 1 to 2 (operation 1)"),
    ];
    let twice = "k0 would have had to hold two values at once. One from the end of the first of these to the start of the second: the initial \
                 value was there before everything; client 1 read k0 and found nothing (operation 2). The other was there wholly within \
                 that time: client 1 read k0 and got 1 (operation 1).";
    assert_eq!(against(&history(Model::Register, "0wx1? 1rx1 1rx-"), Guarantee::Linearizable), twice);
    for (model, guarantee, words, expected) in table {
        let told = against(&history(model, words), guarantee);
        assert!(told.contains(expected), "{words}: {told}");
    }
}

#[test]
fn lists_that_contradict_each_other_are_told_by_session() {
    use Guarantee::{MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};
    let table = [
        (MonotonicWrites, "0ax1 0ax2 1lx1.2 2lx2.1", "(operation 3), which shows them the wrong way round.", &[0, 1, 3][..]),
        (
            MonotonicWrites,
            "0ax1 0ax2 1lx2 2lx1",
            "client 1 read k0 and got [2] (operation 2), which shows only the later one.",
            &[0, 1, 2],
        ),
        (MonotonicReads, "0ax1 1ax2 2lx1 2lx2", "client 2 read k0 and got [2] (operation 3), in which it is missing.", &[2, 3]),
        (ReadYourWrites, "0ax1 1ax2 2lx1.2 0lx2", "client 0 read k0 and got [2] (operation 3), in which it is missing.", &[0, 3]),
        (WritesFollowReads, "0ax1 1lx1 1ax2 2lx2.1 3lx1", "where not all of the former is before the latter.", &[1, 2, 3]),
    ];
    for (guarantee, words, expected, operations) in table {
        let verdict = crate::judge::verdict(&history(Model::AppendList, words), guarantee);
        let evidence = verdict.evidence().unwrap_or_else(|| panic!("{words}: {verdict:?}"));
        assert!(evidence.text.ends_with(expected), "{words}: {}", evidence.text);
        assert_eq!(&evidence.operations[..operations.len()], operations, "{words}: {}", evidence.text);
        assert_eq!(evidence.key, Some(0), "{words}");
    }
}

#[test]
fn keys_and_clients_that_are_numbers_are_called_what_they_are() {
    let mut history = history(Model::Register, "0wx1 0rx-");
    (history.keys[0], history.sessions[0]) = ("17".to_owned(), "ground control".to_owned());
    let text = against(&history, Guarantee::ReadYourWrites);
    assert!(text.starts_with("ground control wrote 1 to key 17 (operation 0)"), "{text}");
    // By itself too, not only where an operation is told.
    let mut lists = crate::judge::build::history(Model::AppendList, "0ax1 0ax2 1lx1.2 2lx2.1");
    lists.keys[0] = "17".to_owned();
    let text = against(&lists, Guarantee::Linearizable);
    assert!(text.ends_with("so the appends to key 17 have no one order."), "{text}");
}

#[test]
fn long_values_and_lists_are_cut_and_counted() {
    let mut history = history(Model::Register, "0wx1 1rx2");
    history.values[2] = "é".repeat(41);
    let text = against(&history, Guarantee::NoThinAirReads);
    assert!(text.contains(&format!("got {}… (41 characters) (operation 1)", "é".repeat(40))), "{text}");
    history.values[2] = "é".repeat(40);
    assert!(against(&history, Guarantee::NoThinAirReads).contains(&format!("got {} (operation 1)", "é".repeat(40))), "all of it");
    history.values[2] = String::new();
    assert!(against(&history, Guarantee::NoThinAirReads).contains("got the empty text (operation 1)"), "it has a name");
    let told = |last: u32| {
        let mut lists = crate::judge::build::history(Model::AppendList, "0ax1");
        let seen = Call::Read(Returned::List((1..=last).collect()));
        add(&mut lists, 1, 100, Some(101), Outcome::Ok, vec![(0, seen)]);
        against(&lists, Guarantee::NoThinAirReads)
    };
    assert!(told(11).contains("got [1 more, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] (operation 1)"), "{}", told(11));
    assert!(told(10).contains("got [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] (operation 1)"), "{}", told(10));
}

#[test]
fn of_a_long_transaction_four_steps_are_told() {
    let told = |steps: u32| {
        let mut history = history(Model::Transactions, "");
        let reads = (0..steps).map(|n| (n % 3, read((n == 0).then_some(9)))).collect();
        add(&mut history, 1, 0, Some(5), Outcome::Ok, reads);
        against(&history, Guarantee::NoThinAirReads)
    };
    let four = "client 1 read k0 and got 9, read k1 and found nothing, read k2 and found nothing, read k0 and found nothing";
    assert!(told(4).starts_with(&format!("{four} (operation 0)")), "{}", told(4));
    assert!(told(6).starts_with(&format!("{four}, did 2 things more (operation 0)")), "{}", told(6));
}

fn assumed(history: &Observed, options: &Options) -> Vec<String> {
    judge(history, options).assumptions
}

/// Of what linearizability rests on nothing is said that other guarantees ask for.
fn linearizable() -> Options {
    Options { guarantees: vec![Guarantee::Linearizable], ..Options::default() }
}

const IN_ORDER: &str = "Where no versions are recorded, read-your-writes and monotonic-reads are judged as if the writes of each session \
                        took effect in its order, and monotonic-writes and writes-follow-reads as if reads did not go back.";
const EMPTY: &str = "Every key holds nothing at the beginning.";
const OPEN: &str = "An operation without an answer may take effect at any later time, or never.";
const LISTS: &str = "A list is all that its key held, so all reads of a key have to show the beginning of one list.";

#[test]
fn assumptions_are_named_where_a_verdict_rests_on_them() {
    let of = |words: &str| assumed(&history(Model::CasRegister, words), &linearizable());
    assert_eq!(of("0wx1 1rx1"), [EMPTY]);
    assert_eq!(of("0wx1? 1rx1"), [EMPTY, OPEN]);
    assert_eq!(of("0cx1>2 0wx1!"), [EMPTY], "no compare-and-set has failed");
    let failed = "A compare-and-set that failed was not done, whatever the key held.";
    assert_eq!(of("0wx1 0cx2>3!"), [EMPTY, failed]);
    let saw = Options { failed_cas_saw_another_value: true, ..linearizable() };
    let other = "A compare-and-set that failed has seen another value than it expected.";
    assert_eq!(assumed(&history(Model::CasRegister, "0wx1 0cx2>3!"), &saw), [EMPTY, other]);
    for guarantee in [Guarantee::ReadYourWrites, Guarantee::MonotonicReads] {
        let options = Options { guarantees: vec![guarantee], ..Options::default() };
        assert_eq!(assumed(&history(Model::Register, "0wx1 1rx1"), &options), [EMPTY, IN_ORDER], "{}", guarantee.name());
        assert_eq!(assumed(&history(Model::AppendText, "0ax1 1rx1"), &options), [EMPTY], "texts are not judged by sessions");
    }
}

#[test]
fn beginnings_sessions_and_lists_are_among_the_assumptions() {
    let mut history = history(Model::Register, "0wx1 1rx1");
    history.notes.push("Line 3 was left out.".to_owned());
    history.initial = Initial::Value(5);
    assert_eq!(assumed(&history, &linearizable()), ["Line 3 was left out.", "Every key holds 5 at the beginning."]);
    history.initial = Initial::Unknown;
    let unknown = "Nothing is assumed of what keys hold at the beginning, but that sessions did not write that value again.";
    assert_eq!(assumed(&history, &linearizable())[1], unknown);
    let mut overlapping = crate::judge::build::history(Model::Register, "0wx1 0rx1");
    overlapping.operations[1].invoked = 1;
    let overlap = "Operations of session 0 overlap; only those that follow each other are in its order.";
    assert_eq!(assumed(&overlapping, &linearizable()), [EMPTY, overlap]);
    assert_eq!(assumed(&crate::judge::build::history(Model::AppendList, "0ax1 1lx1"), &linearizable()), [EMPTY, LISTS]);
}

#[test]
fn versions_that_are_not_used_are_named() {
    let with = |versions: [Option<u64>; 4]| {
        let mut history = history(Model::Register, "0wx1 1rx1 0wy2 1ry2");
        history.steps.iter_mut().zip(versions).for_each(|(step, version)| step.version = version);
        assumed(&history, &linearizable())
    };
    assert_eq!(with([None; 4]), [EMPTY]);
    assert_eq!(with([Some(1), Some(1), None, None]), [EMPTY], "each key by itself");
    let of = |key: &str| format!("The versions of {key} are not used, as only some of its answers tell one.");
    assert_eq!(with([Some(1), Some(1), Some(2), None]), [EMPTY.to_owned(), of("k1")]);
    assert_eq!(with([Some(1), None, None, Some(2)]), [EMPTY.to_owned(), of("k0 and of 1 more")]);
}

#[test]
fn one_guarantee_decides_for_the_whole() {
    let decides = |model, real_time, verdicts: Vec<(Guarantee, Verdict)>| {
        let report = Report { model, real_time, verdicts, assumptions: Vec::new() };
        report.decides().map(|(guarantee, _)| guarantee)
    };
    let both = || vec![(Guarantee::Linearizable, Verdict::Holds), (Guarantee::Causal, Verdict::Holds)];
    assert_eq!(decides(Model::Register, true, both()), Some(Guarantee::Linearizable));
    assert_eq!(decides(Model::Register, false, both()), Some(Guarantee::Linearizable));
    assert_eq!(decides(Model::Transactions, true, both()), Some(Guarantee::Linearizable));
    assert_eq!(decides(Model::Transactions, false, both()), Some(Guarantee::Causal));
    let unknown = (Guarantee::Causal, Verdict::Unknown(String::new()));
    let not_asked = vec![(Guarantee::MonotonicReads, Verdict::Holds), unknown];
    assert_eq!(decides(Model::Register, true, not_asked), Some(Guarantee::Causal), "the worst of the others");
    assert_eq!(decides(Model::Register, true, Vec::new()), None);
}
