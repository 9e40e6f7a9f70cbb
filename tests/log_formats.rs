//! The three log formats: what each carries, and what breaks it (Kleppmann 2017, chapter 5, "Implementation of Replication Logs").

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::single_leader::Fact;
use replicated_telemetry_store::log::Value;
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, ClockSpec, Event, FormatSpec, Scenario, SetSpec};
use replicated_telemetry_store::time::Offset;
use replicated_telemetry_store::trace::What;

use crate::run_support::{has, preset, run};

fn run_in(id: &str, format: FormatSpec, change: impl Fn(&mut Scenario)) -> Run {
    let mut scenario = preset(id);
    scenario.shards[0].format = format;
    change(&mut scenario);
    run(&scenario)
}

fn noted(run: &Run, wanted: impl Fn(Fact) -> bool) -> usize {
    run.trace
        .records
        .iter()
        .filter(|r| matches!(r.what(), What::Noted(_, family::Fact::SingleLeader(fact)) if wanted(fact)))
        .count()
}

/// The statement that the preset carries out at 2 s becomes this one.
fn set_to(set: &SetSpec) -> impl Fn(&mut Scenario) {
    let set = set.clone();
    move |scenario| {
        let last = scenario.script.iter_mut().rev().find_map(|scheduled| match &mut scheduled.event {
            Event::Update { set, .. } => Some(set),
            _ => None,
        });
        *last.expect("the preset has a statement") = set.clone();
    }
}

/// "Any statement that calls a nondeterministic function ... is likely to generate a different value on each replica."
#[test]
fn a_statement_with_a_clock_or_dice_diverges_and_its_rows_do_not() {
    for set in [SetSpec::Now, SetSpec::Random] {
        let statement = run_in("statement-divergence", FormatSpec::Statement, set_to(&set));
        assert!(has(&statement, Anomaly::Divergence), "{set:?}");
        // At equal positions: that is what makes it permanent, and not lag.
        let [one, other] = [1, 2].map(|n| statement.end.replica(NodeId(n)).expect("a replica"));
        assert_eq!(one.log.last_position(), other.log.last_position());
        assert_ne!(one.data.checksum, other.data.checksum, "{set:?}");
        for format in [FormatSpec::WriteAheadLog, FormatSpec::Logical] {
            assert!(!has(&run_in("statement-divergence", format, set_to(&set)), Anomaly::Divergence), "{set:?} {format:?}");
        }
    }
}

/// What `now()` is at a replica is told by its clock, also where that only is ahead.
#[test]
fn now_is_the_time_of_the_clock_of_who_works_it_out() {
    let value = |offset: i64, node: u16| {
        let clocks = |scenario: &mut Scenario| {
            set_to(&SetSpec::Now)(scenario);
            let node = scenario.shards[0].followers[0].clone();
            scenario.clocks = vec![ClockSpec { node, ms_per_second: 1_000, offset: Offset(offset) }];
        };
        let run = run_in("statement-divergence", FormatSpec::Statement, clocks);
        let key = run.plan.statements.iter().find_map(|statement| statement.rows.first().copied()).expect("a statement has rows");
        match run.end.replica(NodeId(node)).expect("a replica").version(key).expect("a row").value {
            Value::Int(ms) => ms,
            other => panic!("{other:?} is no time"),
        }
    };
    let right = value(0, 1);
    assert_eq!((value(20_000, 1), value(-20_000, 1)), (right + 20, right - 20));
    assert_eq!(value(20_000, 2), value(0, 2), "the other replicas look at their own clocks");
}

/// A statement whose effect depends on the data is harmless as long as every replica carries out all of them in the same order.
#[test]
fn a_statement_that_depends_on_data_needs_equal_data() {
    let add = SetSpec::Add(replicated_telemetry_store::scenario::Datum::Int(5));
    let sound = run_in("statement-divergence", FormatSpec::Statement, set_to(&add));
    assert!(sound.findings.is_empty(), "{:?}", sound.findings);
    // After a difference, it carries the difference on.
    let mut scenario = preset("statement-divergence");
    let mut later = scenario.script[3].clone();
    later.at = replicated_telemetry_store::time::SimDuration::millis(2_500);
    scenario.script.push(later);
    let run = Run::of(&scenario).expect("the scenario can be run");
    let values: Vec<Option<Value>> = (0..3)
        .map(|n| run.end.replica(NodeId(n)).expect("a replica").versions().next().map(|(_, version)| version.value))
        .collect();
    assert!(values[0] != values[1] && values[1] != values[2], "{values:?}");
}

/// A follower on another storage version refuses bytes, says so, and takes rows.
#[test]
fn bytes_are_tied_to_a_version_and_rows_are_not() {
    let bytes = run_in("wal-version", FormatSpec::WriteAheadLog, |_| {});
    assert!(noted(&bytes, |fact| matches!(fact, Fact::RefusedVersion(1))) > 0);
    assert!(has(&bytes, Anomaly::LostAcknowledgedWrite));
    let rows = run_in("wal-version", FormatSpec::Logical, |_| {});
    assert_eq!(noted(&rows, |fact| matches!(fact, Fact::RefusedVersion(_))), 0);
    assert!(rows.findings.is_empty(), "{:?}", rows.findings);
    // The rolling upgrade is impossible with bytes: while it lasts the follower takes nothing.
    let rolling = run_in("rolling-upgrade", FormatSpec::WriteAheadLog, |_| {});
    let whole = run_in("rolling-upgrade", FormatSpec::Logical, |_| {});
    let meanwhile = |run: &Run| {
        let acknowledged = run.trace.ops.iter().filter_map(|op| op.acknowledged());
        acknowledged.filter(|(_, at)| at.0 > 1_200_000 && at.0 < 3_500_000).count()
    };
    assert_eq!(meanwhile(&rolling), 0, "nothing is acknowledged from one upgrade to the other");
    assert!(meanwhile(&whole) > 15, "{}", meanwhile(&whole));
}

/// One statement over n rows is one entry as a statement, and n as rows, which become visible together.
#[test]
fn the_rows_of_a_statement_are_shown_together() {
    let run = run_in("analytics-replica", FormatSpec::Logical, |_| {});
    let leader = run.end.replica(NodeId(0)).expect("the leader");
    assert_eq!(leader.log.last().0, 7);
    // Three rows of one statement: whoever has applied one has applied all.
    for record in &run.trace.records {
        if let What::Noted(_, family::Fact::SingleLeader(Fact::Applied(lsn))) = record.what() {
            assert!(![5, 6].contains(&lsn.0), "half a statement is shown at {:?}", record.at);
        }
    }
    let one = run_in("statement-divergence", FormatSpec::Statement, |_| {});
    assert_eq!(one.end.replica(NodeId(0)).expect("the leader").log.last().0, 5);
}

/// A store of another kind: it keeps some keys, applies everything, and answers for what it keeps.
#[test]
fn a_partial_replica_has_its_keys_and_no_others() {
    let run = run_in("analytics-replica", FormatSpec::Logical, |_| {});
    let [leader, ohio] = [0, 2].map(|n| run.end.replica(NodeId(n)).expect("a replica"));
    let kept: Vec<_> = leader.versions().filter(|(key, _)| run.plan.key_name(*key).starts_with("battery/")).collect();
    assert_eq!(ohio.versions().collect::<Vec<_>>(), kept);
    assert_eq!(ohio.applied, leader.applied);
    let error = Run::of(&{
        let mut scenario = preset("analytics-replica");
        scenario.shards[0].format = FormatSpec::WriteAheadLog;
        scenario
    })
    .expect_err("bytes cannot be taken in part");
    assert!(error.to_string().contains("cannot be taken in part"), "{error}");
}

/// A change of the table travels with bytes and statements; with rows it does not, and the follower stops where it needs it.
#[test]
fn rows_do_not_carry_a_new_column() {
    let rows = run_in("schema-change", FormatSpec::Logical, |_| {});
    assert_eq!(noted(&rows, |fact| matches!(fact, Fact::LacksColumn(_))), 1);
    assert!(has(&rows, Anomaly::ReadYourWrites));
    for format in [FormatSpec::Statement, FormatSpec::WriteAheadLog] {
        let carried = run_in("schema-change", format, |_| {});
        assert!(carried.findings.is_empty() && noted(&carried, |fact| matches!(fact, Fact::LacksColumn(_))) == 0, "{format:?}");
    }
    // Followers first is the way to do it with rows.
    let first = run_in("schema-change", FormatSpec::Logical, |scenario| {
        let mut alter = scenario.script[1].clone();
        alter.at = replicated_telemetry_store::time::SimDuration::millis(700);
        alter.event = Event::Alter(replicated_telemetry_store::scenario::Target { node: "frankfurt".into() });
        scenario.script.insert(1, alter);
    });
    assert!(first.findings.is_empty(), "{:?}", first.findings);
}

/// GitHub 2012: a leader that lost the last rows gives their numbers out again.
#[test]
fn numbers_are_given_out_again_after_a_loss_and_not_without_one() {
    let run = Run::of(&preset("reused-ids")).expect("the preset can be run");
    assert!(has(&run, Anomaly::ReusedId) && has(&run, Anomaly::LostAcknowledgedWrite));
    let fixed = Run::of(&preset("reused-ids").with_fix().expect("there is a fix")).expect("it can be run");
    assert!(fixed.findings.is_empty(), "{:?}", fixed.findings);
}
