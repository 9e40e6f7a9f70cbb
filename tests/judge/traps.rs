//! The traps into which judges of histories have fallen, each with the history that shows it.

use replicated_telemetry_store::judge::{Guarantee, Options, Report, Verdict, judge};
use replicated_telemetry_store::observed::{Initial, Model, Observed, Outcome};

use crate::judge::build::{empty, history, read};

fn registers(text: &str) -> Observed {
    history(Model::Register, text)
}

fn judged(history: &Observed) -> Report {
    judge(history, &Options::default())
}

fn linearizable(history: &Observed) -> Verdict {
    judged(history).verdict(Guarantee::Linearizable).cloned().expect("all were asked for")
}

fn violated(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Violated(_))
}

#[test]
fn t1_what_has_no_answer_may_have_happened() {
    assert_eq!(linearizable(&registers("0wx1? 1rx1")), Verdict::Holds);
    assert_eq!(linearizable(&registers("0wx1? 1rx-")), Verdict::Holds);
    assert_eq!(judged(&registers("0wx1? 1rx1")).verdict(Guarantee::NoThinAirReads), Some(&Verdict::Holds));
}

#[test]
fn t2_what_has_no_answer_stays_open() {
    assert_eq!(linearizable(&registers("0wx1? 1wx2 1rx2 1rx1")), Verdict::Holds);
    // The same session goes on, and its write may still come.
    assert_eq!(linearizable(&registers("0wx1? 0wx2 0rx2 1rx1")), Verdict::Holds);
}

#[test]
fn t3_a_failed_compare_and_set_may_say_what_was_there() {
    let history = history(Model::CasRegister, "0wx1 1cx1>2! 1rx1");
    let with = |saw| judge(&history, &Options { failed_cas_saw_another_value: saw, ..Options::default() });
    assert_eq!(with(false).overall(), Verdict::Holds);
    assert!(violated(&with(true).overall()), "the register held 1 all the time");
    assert!(with(false).assumptions.iter().any(|a| a.contains("was not done")), "the assumption is named");
}

#[test]
fn t4_the_initial_value_decides() {
    let mut history = registers("0rx5 0wx1 1rx1");
    assert!(violated(&linearizable(&history)), "5 was not there");
    history.initial = Initial::Value(5);
    assert_eq!(linearizable(&history), Verdict::Holds);
    history.initial = Initial::Unknown;
    assert_eq!(linearizable(&history), Verdict::Holds);
    let mut history = registers("0rx5 1rx6");
    history.initial = Initial::Unknown;
    assert!(violated(&linearizable(&history)), "it cannot have been both");
}

#[test]
fn t4_an_unknown_initial_value_may_be_one_that_is_written_later() {
    let mut history = registers("0rx1 0wx2 0wx1 0rx1");
    assert!(violated(&linearizable(&history)), "1 was read before it was written");
    history.initial = Initial::Unknown;
    assert_eq!(linearizable(&history), Verdict::Holds);
}

#[test]
fn t4_an_unknown_beginning_of_several_keys_is_settled_by_the_first_read() {
    let unknown = |text| {
        let mut history = history(Model::Register, text);
        history.initial = Initial::Unknown;
        linearizable(&history)
    };
    assert_eq!(unknown("0rx5,ry6 1rx5,ry6 0wx1 1rx1,ry6"), Verdict::Holds);
    assert!(violated(&unknown("0rx5,ry6 1rx5,ry7")), "y was not written between the two");
    assert!(violated(&unknown("0rx5,ry6 0wx1 1rx5,ry6")), "x was written before it was read again");
}

#[test]
fn t5_values_that_are_written_twice_are_searched_and_else_not_judged() {
    let history = registers("0wx1 1wx2 0wx1 2rx1 2rx1");
    let report = judged(&history);
    assert_eq!(report.overall(), Verdict::Holds);
    for guarantee in [Guarantee::MonotonicReads, Guarantee::Causal, Guarantee::ConsistentPrefix, Guarantee::ReadYourWrites] {
        let verdict = report.verdict(guarantee);
        assert!(matches!(verdict, Some(Verdict::NotApplicable(_))), "{}: {verdict:?}", guarantee.name());
    }
    assert!(violated(&linearizable(&registers("0wx1 1wx2 0wx1 2rx2"))), "2 was overwritten");
}

#[test]
fn t5_a_value_written_twice_that_nobody_reads_is_no_obstacle() {
    let report = judged(&registers("0wx1 0wx1 0wx2 1rx2"));
    assert_eq!(report.verdict(Guarantee::Causal), Some(&Verdict::Holds));
}

#[test]
fn t5_an_element_that_is_appended_twice_tells_no_order_unless_one_of_the_appends_failed() {
    let monotonic = |text| judged(&history(Model::AppendList, text)).verdict(Guarantee::MonotonicReads).cloned();
    for twice in ["0ax1 1ax1 2lx1", "0ax1 1ax1 2lx", "0ax1 1ax1? 2lx1"] {
        assert!(matches!(monotonic(twice), Some(Verdict::NotApplicable(_))), "'{twice}': {:?}", monotonic(twice));
    }
    for once in ["0ax1! 1ax1 2lx1", "0ax1 1ax1! 2lx1"] {
        assert_eq!(monotonic(once), Some(Verdict::Holds), "'{once}'");
    }
}

#[test]
fn t5_the_values_of_one_key_are_not_those_of_another() {
    assert!(judged(&registers("0wx1 1ry1")).verdict(Guarantee::NoThinAirReads).is_some_and(violated), "nobody wrote 1 to y");
    let report = judged(&registers("0wx1 0wy2 0wx3 0wy1 1ry1 1rx3"));
    for guarantee in [Guarantee::Linearizable, Guarantee::Causal, Guarantee::MonotonicReads, Guarantee::ConsistentPrefix] {
        assert_eq!(report.verdict(guarantee), Some(&Verdict::Holds), "1 is written once to each key: {}", guarantee.name());
    }
    let report = judged(&registers("0wx1 1rx1 1wy2 1wy1 1wx3 2rx3 2ry2"));
    assert!(report.verdict(Guarantee::Causal).is_some_and(violated), "x was set to 3 after y was set to 1");
}

#[test]
fn t6_reads_without_a_result_say_nothing() {
    assert_eq!(linearizable(&registers("0wx1 1rx* 2rx1")), Verdict::Holds);
    assert_eq!(linearizable(&registers("0wx1 1rx? 2rx1")), Verdict::Holds);
    // A list, or nothing, in an operation that failed or has no answer was not returned.
    for text in ["0ax1 1lx2! 2lx1", "0ax1 1lx2? 2lx1", "0ax1 1rx-! 2lx1", "0ax1 1rx-? 2lx1"] {
        let report = judged(&history(Model::AppendList, text));
        for guarantee in [Guarantee::Linearizable, Guarantee::MonotonicReads, Guarantee::ConsistentPrefix, Guarantee::Causal] {
            assert_eq!(report.verdict(guarantee), Some(&Verdict::Holds), "'{text}', {}", guarantee.name());
        }
    }
}

#[test]
fn t7_operations_of_one_session_may_overlap() {
    let mut history = registers("0wx1 0rx-");
    history.operations[1].invoked = 2;
    let report = judged(&history);
    assert_eq!(report.verdict(Guarantee::ReadYourWrites), Some(&Verdict::Holds));
    assert!(report.assumptions.iter().any(|a| a.contains("overlap")), "it is said: {:?}", report.assumptions);
}

#[test]
fn t8_a_newer_value_or_a_write_without_an_answer_is_no_missing_write() {
    assert_eq!(judged(&registers("0wx1 1wx2 0rx2")).verdict(Guarantee::ReadYourWrites), Some(&Verdict::Holds));
    assert_eq!(judged(&registers("0wx1? 0rx-")).verdict(Guarantee::ReadYourWrites), Some(&Verdict::Holds));
}

#[test]
fn t10_once_seen_a_write_without_an_answer_stays() {
    assert!(violated(&linearizable(&registers("0wx1? 1rx1 2rx-"))), "it was there");
}

#[test]
fn t11_equal_instants_are_concurrent() {
    let mut history = registers("0wx1 1rx-");
    history.operations[1].invoked = history.operations[0].completed.expect("it ended");
    assert_eq!(linearizable(&history), Verdict::Holds);
    history.operations[1].invoked += 1;
    assert!(violated(&linearizable(&history)), "now the write had ended");
}

#[test]
fn t12_what_nobody_wrote_is_never_linearizable() {
    let report = judged(&registers("0wx1 1rx3"));
    assert!(violated(&report.overall()), "nobody wrote 3");
    assert!(report.verdict(Guarantee::NoThinAirReads).is_some_and(violated), "and that has a name");
    let report = judged(&registers("0wx1! 1rx1"));
    assert!(violated(&report.overall()), "the write failed");
    let aborted = report.verdict(Guarantee::NoAbortedReads).and_then(Verdict::evidence).expect("it is aborted");
    assert_eq!(aborted.operations, [1, 0]);
}

#[test]
fn t13_several_writes_of_one_value_without_an_answer_explain_several_reads() {
    let three = "0wx7? 1wx7? 2wx7? 3wx1 3rx7 3wx2 3rx7 3wx4 3rx7 3wx5";
    assert_eq!(linearizable(&registers(three)), Verdict::Holds);
    assert!(violated(&linearizable(&registers(three.trim_start_matches("0wx7? ")))), "two of them do not explain three");
    // Another such write is not one of them, and stays open for longer.
    let another = "4wx8? 0wx7? 1wx7? 3wx1 3rx7 3wx2 3rx7 3rx8";
    assert_eq!(linearizable(&registers(another)), Verdict::Holds);
    assert!(violated(&linearizable(&registers(&another.replace("1wx7? ", "")))), "one of them does not explain two");
}

#[test]
fn t15_nothing_and_no_result_are_two_things() {
    assert!(violated(&linearizable(&registers("0wx1 1rx-"))), "the key was not empty");
    assert_eq!(linearizable(&registers("0wx1 1rx*")), Verdict::Holds);
    assert_eq!(linearizable(&registers("0wx1 0dx 1rx-")), Verdict::Holds);
    assert!(violated(&linearizable(&registers("0wx1 0dx 1rx1"))), "it had been removed");
}

#[test]
fn t19_keys_are_judged_one_by_one_and_together_where_they_are_touched_together() {
    // Each key by itself is fine, and so is the whole: linearizability is local.
    assert_eq!(linearizable(&registers("0wx1 0wy2 1ry2 1rx1")), Verdict::Holds);
    // One operation that reads two keys is not: it saw neither state.
    let both = history(Model::Register, "0wx1 0wy2 1rx-,ry2");
    assert!(violated(&linearizable(&both)), "x was written before y");
    let both = history(Model::Register, "0wx1,wy2 1rx1,ry2 1wx3,wy4 2rx3,ry4");
    assert_eq!(linearizable(&both), Verdict::Holds);
}

#[test]
fn t20_a_spent_budget_is_no_answer() {
    let mut history = empty(Model::CasRegister, 1, 40);
    for session in 0..30 {
        crate::judge::build::add(
            &mut history,
            session,
            0,
            Some(100),
            Outcome::Ok,
            vec![(0, crate::judge::build::write(session % 7))],
        );
    }
    for session in 30..34 {
        let value = Some((session * 3) % 7);
        crate::judge::build::add(&mut history, session, 101, Some(200), Outcome::Ok, vec![(0, read(value))]);
    }
    let with = |steps, memory| judge(&history, &Options { steps, memory, ..Options::default() }).overall();
    assert!(matches!(with(5, 1 << 30), Verdict::Unknown(_)), "five steps are few");
    assert!(matches!(with(u64::MAX, 10_000), Verdict::Unknown(_)), "ten thousand bytes are few");
}

#[test]
fn what_cannot_be_asked_is_not_answered() {
    let mut timeless = registers("0wx1 1rx1");
    timeless.real_time = false;
    assert!(matches!(linearizable(&timeless), Verdict::NotApplicable(_)), "without real time there is no such question");
    assert_eq!(judged(&timeless).overall(), Verdict::Holds, "the others answer");
    let texts = history(Model::AppendText, "0ax1 1rx1");
    let report = judged(&texts);
    assert_eq!(report.overall(), Verdict::Holds);
    for guarantee in [Guarantee::Causal, Guarantee::MonotonicWrites, Guarantee::NoThinAirReads] {
        assert!(matches!(report.verdict(guarantee), Some(Verdict::NotApplicable(_))), "{} of texts", guarantee.name());
    }
}

#[test]
fn what_is_asked_for_is_judged_once_in_the_order_of_a_report() {
    assert_eq!(Guarantee::from_name("eventual"), None);
    let asked = vec![Guarantee::Causal, Guarantee::Linearizable, Guarantee::Causal];
    let asked = Options { guarantees: asked, ..Options::default() }.asked();
    assert_eq!(asked, [Guarantee::Linearizable, Guarantee::Causal], "each once, in the order of a report");
}

#[test]
fn appends_in_other_models_are_no_writes() {
    for model in [Model::Register, Model::CasRegister] {
        assert!(violated(&linearizable(&history(model, "0ax1 0ax2 1lx2"))), "{model:?}: the list had two elements");
        assert_eq!(linearizable(&history(model, "0ax1 0ax2 1lx1.2")), Verdict::Holds, "{model:?}");
    }
}
