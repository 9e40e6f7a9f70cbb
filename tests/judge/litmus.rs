//! The smallest histories that tell one guarantee from the next, by the names that the literature gives them.

use replicated_telemetry_store::judge::{Guarantee, Options, Verdict, judge};
use replicated_telemetry_store::observed::Model;

use crate::judge::build::history;

use Guarantee::{Causal, ConsistentPrefix, Linearizable, MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};

/// The guarantees that orders of operations decide.
const ORDERS: [Guarantee; 7] =
    [Linearizable, ReadYourWrites, MonotonicReads, MonotonicWrites, WritesFollowReads, ConsistentPrefix, Causal];

/// Judges a history; exactly these guarantees are violated, and these unknown. All others hold.
fn broken(model: Model, text: &str, violated: &[Guarantee], unknown: &[Guarantee]) {
    let history = history(model, text);
    let report = judge(&history, &Options::default());
    for guarantee in ORDERS {
        let verdict = report.verdict(guarantee).expect("all were asked for");
        match verdict {
            Verdict::Violated(evidence) => {
                assert!(violated.contains(&guarantee), "'{text}' breaks {}: {}", guarantee.name(), evidence.text);
                assert!(!evidence.operations.is_empty(), "'{text}', {}: {}", guarantee.name(), evidence.text);
                let inside = evidence.operations.iter().all(|op| (*op as usize) < history.operations.len());
                assert!(inside, "'{text}', {}: {:?}", guarantee.name(), evidence.operations);
            }
            Verdict::Holds => {
                assert!(!violated.contains(&guarantee) && !unknown.contains(&guarantee), "'{text}' keeps {}", guarantee.name());
            }
            Verdict::Unknown(why) => assert!(unknown.contains(&guarantee), "'{text}', {}: {why}", guarantee.name()),
            Verdict::NotApplicable(why) => panic!("'{text}', {}: {why}", guarantee.name()),
        }
    }
}

fn registers(text: &str, violated: &[Guarantee]) {
    broken(Model::Register, text, violated, &[]);
}

#[test]
fn all_is_well() {
    registers("0wx1 1rx1 1wy2 2ry2 2rx1 0rx1", &[]);
}

#[test]
fn a_stale_read_breaks_linearizability_only() {
    registers("0wx1 0wx2 1rx1 1rx2", &[Linearizable]);
}

#[test]
fn new_old_inversion_breaks_linearizability_only() {
    // The second write is under way while one session sees it and, after that, another does not yet.
    let mut history = history(Model::Register, "0wx1 0wx2 1rx2 2rx1");
    history.operations[1].completed = Some(100);
    let report = judge(&history, &Options::default());
    for guarantee in ORDERS {
        let violated = matches!(report.verdict(guarantee), Some(Verdict::Violated(_)));
        assert_eq!(violated, guarantee == Linearizable, "{}", guarantee.name());
    }
}

#[test]
fn the_own_write_is_missing() {
    registers("0wx1 0rx- 1rx1", &[Linearizable, ReadYourWrites, Causal]);
    registers("0wx1 0wx2 0rx1", &[Linearizable, ReadYourWrites, Causal]);
}

#[test]
fn two_sessions_miss_each_their_own_write() {
    registers("& 0wx1 1wx2 | 0rx2 1rx1", &[Linearizable, ReadYourWrites, Causal]);
}

#[test]
fn reads_go_back() {
    let all = [Linearizable, MonotonicReads, ConsistentPrefix, Causal];
    broken(Model::Register, "0wx1 1wx2 2rx1 2rx2 2rx1", &all, &[MonotonicWrites, WritesFollowReads]);
    broken(Model::Register, "0wx1 1rx1 1rx-", &all, &[MonotonicWrites, WritesFollowReads]);
}

#[test]
fn two_readers_disagree_on_two_writers() {
    let all = [Linearizable, MonotonicReads, ConsistentPrefix, Causal];
    broken(Model::Register, "& 0wx1 1wx2 | 2rx1 3rx2 2rx2 3rx1", &all, &[MonotonicWrites, WritesFollowReads]);
}

#[test]
fn a_reader_disagrees_with_one_writer() {
    // Either the reads went back or the writes were swapped: each is judged as if the other held.
    registers("0wx1 0wx2 1rx2 1rx1", &[Linearizable, MonotonicReads, MonotonicWrites, ConsistentPrefix, Causal]);
}

#[test]
fn message_passing_needs_monotonic_writes() {
    registers("0wx1 0wy2 1ry2 1rx-", &[Linearizable, MonotonicWrites, ConsistentPrefix, Causal]);
}

#[test]
fn an_answer_before_its_question_needs_writes_follow_reads() {
    registers("0wx1 1rx1 1wy2 2ry2 2rx-", &[Linearizable, WritesFollowReads, Causal]);
}

#[test]
fn a_reply_that_is_ordered_before_its_post_needs_writes_follow_reads() {
    registers("0wx1 1rx1 1wx2 2rx2 2rx1", &[Linearizable, WritesFollowReads, Causal]);
}

#[test]
fn a_chain_over_three_sessions_needs_causality() {
    registers("0wx1 0wy2 1ry2 1wz3 2rz3 2rx-", &[Linearizable, Causal]);
}

#[test]
fn a_loop_of_reads_and_writes_needs_writes_follow_reads() {
    // Each reads what the other writes only later.
    registers("0rx1 1ry2 0wy2 1wx1", &[Linearizable, WritesFollowReads, ConsistentPrefix, Causal]);
}

#[test]
fn a_long_fork_is_causal_and_no_prefix() {
    registers("& 0wx1 1wy2 | 2rx1 3ry2 2ry- 3rx-", &[Linearizable, ConsistentPrefix]);
}

#[test]
fn store_buffering_is_a_prefix_and_causal() {
    registers("0wx1 1wy2 0ry- 1rx-", &[Linearizable]);
}

#[test]
fn causal_memory_is_not_causal_convergence() {
    // Each session returns the other's write after its own: allowed by causal memory, not if all agree on the order of writes.
    registers("& 0wx1 1wx2 | 0rx2 1rx1", &[Linearizable, ReadYourWrites, Causal]);
}

#[test]
fn a_lost_update_is_causal() {
    let text = "0wx1 & 1cx1>2 2cx1>3 |";
    broken(Model::CasRegister, text, &[Linearizable], &[]);
    let report = judge(&history(Model::CasRegister, text), &Options::default());
    let lost = report.verdict(Guarantee::NoLostUpdates).and_then(Verdict::evidence).expect("an update is lost");
    assert_eq!(lost.operations, [1, 2, 0], "two updates, and the write that both saw");
}

#[test]
fn a_fractured_read_of_a_transaction_is_not_causal() {
    let judged = |text| judge(&history(Model::Transactions, text), &Options::default());
    assert!(matches!(judged("0wx1,wy2 1rx1,ry-").overall(), Verdict::Violated(_)), "half of a transaction was seen");
    assert_eq!(judged("0wx1,wy2 1rx1,ry2").overall(), Verdict::Holds);
    let skew = judged("0wx1,wy2 & 1rx1,wy3 2ry2,wx4 |");
    assert_eq!(skew.verdict(Guarantee::Causal), Some(&Verdict::Holds), "write skew is causal");
    assert!(
        matches!(skew.decides(), Some((Guarantee::Linearizable, Verdict::Violated(_)))),
        "with times, it is not strictly serializable"
    );
}

#[test]
fn a_transaction_sees_its_own_writes_and_no_unfinished_ones() {
    let judged = |text| judge(&history(Model::Transactions, text), &Options::default());
    assert_eq!(judged("0wx1,rx1").overall(), Verdict::Holds);
    assert!(matches!(judged("0wx1,rx-").overall(), Verdict::Violated(_)), "its own write is missing");
    assert!(matches!(judged("0wx1,wx2 1rx1").overall(), Verdict::Violated(_)), "an intermediate value was read");
    assert!(matches!(judged("0wx1 1rx1,rx-").overall(), Verdict::Violated(_)), "one transaction, two answers");
}

#[test]
fn lists_show_the_order_of_their_appends() {
    let all = [Linearizable, ReadYourWrites, MonotonicReads, MonotonicWrites, WritesFollowReads, ConsistentPrefix, Causal];
    broken(Model::AppendList, "0ax1 0ax2 1lx1.2 1lx1.2", &[], &[]);
    broken(Model::AppendList, "0ax1 0ax2 1lx2.1", &[Linearizable, MonotonicWrites, ConsistentPrefix, Causal], &[]);
    broken(Model::AppendList, "0ax1 0lx 1lx1", &[Linearizable, ReadYourWrites, Causal], &[]);
    broken(Model::AppendList, "0ax1 1lx1 1lx", &[Linearizable, MonotonicReads, ConsistentPrefix, Causal], &all[3..5]);
    broken(Model::AppendList, "0ax1 1lx1 1ax2 2lx2.1", &[Linearizable, WritesFollowReads, ConsistentPrefix, Causal], &[]);
}

#[test]
fn bounds_on_staleness_tell_more_from_less() {
    let mut history = history(Model::Register, "0wx1 0wx2 0wx3 1rx1");
    for op in &mut history.operations {
        op.time = op.completed.map(|ended| (op.invoked, ended));
    }
    let judged = |versions, time| {
        let guarantees = vec![Guarantee::BoundedStaleness];
        let options = Options { guarantees, staleness_versions: versions, staleness_time: time, ..Options::default() };
        judge(&history, &options).verdicts.remove(0).1
    };
    assert_eq!(judged(Some(2), Some(15)), Verdict::Holds);
    assert_eq!(judged(Some(1), None).evidence().map(|e| e.operations.clone()), Some(vec![2, 1, 3, 0]));
    assert_eq!(judged(None, Some(14)).evidence().map(|e| e.operations.clone()), Some(vec![1, 3, 0]));
    assert!(matches!(judged(None, None), Verdict::NotApplicable(_)), "no bound, no answer");
}

#[test]
fn what_stands_behind_an_element_hides_none_of_its_causes() {
    // The read of y shows 7, though 1 stands behind it; with 7 comes what its session did before, and that is 6 in x.
    let broken_by_it = [Linearizable, MonotonicWrites, ConsistentPrefix, Causal];
    broken(Model::AppendList, "0ax3 0ax6 0ay7 1ay1 1ly7.1 1lx3", &broken_by_it, &[]);
    broken(Model::AppendList, "0ax3 0ax6 0ay7 1ay1 1ly7.1 1lx3.6", &[], &[]);
}

#[test]
fn appends_that_no_read_shows_have_no_order() {
    // The record has 1 before 2, and by 9 the session that appended 1 knew of 2.
    broken(Model::AppendList, "1ax2 1ay9 0ly9 0ax1 2lx", &[Linearizable], &[]);
    // Nor has a read whose result is not known a place among them.
    broken(Model::AppendList, "0rx* 0ay9 1ly9 1ax1 2lx1", &[], &[]);
}
