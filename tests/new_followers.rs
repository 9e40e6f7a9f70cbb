//! New followers and restored ones: a snapshot with a position, the log from there on, and a log that forgets.
//!
//! Kleppmann 2017, chapter 5, "Setting Up New Followers": the snapshot belongs to an exact position of the log, and whatever comes after
//! it is asked for. Random clusters are held to that; `SEED=n cargo test --test native new_followers::shows_the_scenario -- --nocapture`
//! prints the scenario of a seed.

use replicated_telemetry_store::family;
use replicated_telemetry_store::family::single_leader::Fact;
use replicated_telemetry_store::network::NodeId;
use replicated_telemetry_store::operation::{Outcome, Reason};
use replicated_telemetry_store::rng::{Ratio, Rng};
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::sabotage::Sabotage;
use replicated_telemetry_store::scenario::{
    Anomaly, Datum, Event, FormatSpec, LinkSpec, Scenario, Scheduled, SetSpec, Target, parse,
};
use replicated_telemetry_store::time::{SimDuration, SimTime};
use replicated_telemetry_store::trace::What;

use crate::run_support::{has, preset, run};

const SEEDS: u64 = 600;

/// When a node noted a fact, in order.
fn noted(run: &Run, node: &str, wanted: impl Fn(Fact) -> bool) -> Vec<SimTime> {
    let id = run.plan.node_id(node).expect("there is such a node");
    let records = run.trace.records.iter();
    records
        .filter(|r| matches!(r.what(), What::Noted(n, family::Fact::SingleLeader(fact)) if n == id && wanted(fact)))
        .map(|r| r.at)
        .collect()
}

/// A random cluster into which `new` is taken while others write, statements that start from the data among it: applied twice, or not
/// at all, they leave another number. Links lose messages, `new` may crash during its copy, and logs may be short.
fn cluster(seed: u64, sabotage: &[Sabotage]) -> Scenario {
    let mut rng = Rng::keyed(seed, &[0x4E3]);
    let mut below = |n: u64| rng.next_u64() % n;
    let mut scenario = parse(
        r#"{ "version": 1, "seed": 1, "until": "40s", "shards": [{ "name": "s", "leader": "lead", "followers": ["old", "new"] }],
        "clients": [{ "name": "x" }, { "name": "y" }], "op_timeout": "5s",
        "links": [{ "from": "*", "to": "*", "latency": { "uniform": { "min": "2ms", "max": "40ms" } } }] }"#,
    )
    .expect("a scenario to begin with");
    scenario.seed = seed;
    scenario.sabotage = sabotage.to_vec();
    let shard = &mut scenario.shards[0];
    shard.format = FormatSpec::ALL[usize::try_from(below(3)).expect("small")];
    shard.retention = (below(2) == 0).then_some(3 + below(10));
    shard.copy = SimDuration::millis(20 + below(150));
    let loss = Some(Ratio::percent(u32::try_from(below(8)).expect("small")));
    let duplication = Some(Ratio::percent(u32::try_from(below(8)).expect("small")));
    let reorder = Some(below(2) == 0);
    let lossy = |from: &str, to: &str| LinkSpec { from: from.into(), to: to.into(), latency: None, loss, duplication, reorder };
    scenario.links.extend([lossy("lead", "new"), lossy("new", "lead"), lossy("lead", "old")]);
    let mut push = |at: u64, event: Event| scenario.script.push(Scheduled { at: SimDuration::millis(at), event });
    for n in 0..9 {
        push(
            50 + 20 * n,
            Event::Write { client: "x".into(), key: format!("r/{n}"), value: Datum::Int(0), at: None, condition: None },
        );
    }
    for n in 0..20 + below(30) {
        let client = if below(2) == 0 { "x" } else { "y" }.to_owned();
        let at = 400 + below(5_000);
        let event = match below(4) {
            0 => Event::Update { client, rows: "r/".into(), set: SetSpec::Add(Datum::Int(1)) },
            1 => Event::Insert { client, table: "t".into(), value: Datum::Int(i64::try_from(n).expect("small")) },
            _ => Event::Write {
                client,
                key: format!("r/{}", below(9)),
                value: Datum::Int(i64::try_from(n).expect("small")),
                at: None,
                condition: None,
            },
        };
        push(at, event);
    }
    push(1_000 + below(2_000), Event::Join(Target { node: "new".into() }));
    if below(3) == 0 {
        let at = 3_000 + below(2_000);
        push(at, Event::Crash(Target { node: "new".into() }));
        push(at + 200 + below(1_500), Event::Restart(Target { node: "new".into() }));
    }
    if below(3) == 0 {
        push(1_500 + below(2_000), Event::Partition { a: vec!["old".into()], b: vec!["lead".into(), "new".into()] });
        push(5_000, Event::Heal { a: "*".into(), b: "*".into() });
    }
    scenario
}

/// Whether all replicas show the same rows at the end.
fn equal(run: &Run) -> bool {
    let rows = |n: u16| run.end.replica(NodeId(n)).expect("a replica").versions().collect::<Vec<_>>();
    rows(0) == rows(1) && rows(0) == rows(2)
}

fn bad(run: &Run) -> bool {
    !equal(run) || has(run, Anomaly::Divergence) || has(run, Anomaly::LostAcknowledgedWrite)
}

#[test]
fn what_is_written_during_a_copy_is_neither_lost_nor_applied_twice() {
    let broken: Vec<u64> = (1..=SEEDS).filter(|seed| bad(&run(&cluster(*seed, &[])))).collect();
    assert!(
        broken.is_empty(),
        "seeds {broken:?}; SEED={} cargo test --test native new_followers::shows_the_scenario -- --nocapture",
        broken[0]
    );
    let (mut during, mut again) = (0, 0);
    for seed in 1..=200 {
        let run = run(&cluster(seed, &[]));
        let restored = noted(&run, "new", |fact| matches!(fact, Fact::Restored(_)));
        let copied = noted(&run, "new", |fact| matches!(fact, Fact::Copied(1, _)));
        let (from, to) = (copied.first().copied().expect("a copy begins"), restored.last().copied().expect("a copy ends"));
        during += run.trace.ops.iter().filter_map(|op| op.acknowledged()).filter(|(_, at)| *at > from && *at < to).count();
        again += usize::from(restored.len() > 1 || copied.len() > 1);
    }
    assert!(during > 500, "only {during} writes were acknowledged during copies: the test tests nothing");
    assert!(again > 15, "only {again} copies were begun again");
}

/// A snapshot that is tagged too early applies what lies between twice; one that is tagged too late misses it.
#[test]
fn a_wrong_position_is_found() {
    for defect in [Sabotage::SnapshotTooEarly, Sabotage::SnapshotTooLate] {
        let found = (1..=SEEDS).find(|seed| has(&run(&cluster(*seed, &[defect])), Anomaly::Divergence));
        assert!(found.is_some(), "{defect:?} is not found in {SEEDS} clusters");
    }
}

/// Not eligible to be synchronous before it has had everything once: PostgreSQL's states "catchup" and "streaming".
#[test]
fn a_new_follower_does_not_count_before_it_has_caught_up() {
    let mut scenario = preset("new-follower");
    // The other follower is gone, so every write waits for the new one.
    scenario.script.push(Scheduled { at: SimDuration::millis(1_500), event: Event::Crash(Target { node: "frankfurt".into() }) });
    scenario.op_timeout = SimDuration::secs(10);
    let run = run(&scenario);
    let restored = noted(&run, "singapore", |fact| matches!(fact, Fact::Restored(_)))[0];
    let caught_up = noted(&run, "virginia", |fact| matches!(fact, Fact::CaughtUp(_)))[0];
    assert!(restored < caught_up, "the copy is not enough: {restored:?}, {caught_up:?}");
    let acknowledged: Vec<SimTime> = run.trace.ops.iter().filter_map(|op| op.acknowledged()).map(|(_, at)| at).collect();
    assert!(acknowledged.iter().any(|at| *at > caught_up), "it counts from then on");
    let between = acknowledged.iter().filter(|at| at.0 > 1_600_000 && **at < caught_up).count();
    assert_eq!(between, 0, "nobody confirms while it copies");
}

/// What it lacks is gone from the leader's log: nothing but a snapshot can help. With more of the log it is not needed.
#[test]
fn a_log_that_begins_too_late_forces_a_snapshot() {
    let mut scenario = preset("truncated-log");
    let short = run(&scenario);
    assert_eq!(noted(&short, "singapore", |fact| matches!(fact, Fact::Restored(_))).len(), 1);
    assert!(equal(&short));
    scenario.shards[0].retention = Some(40);
    let long = run(&scenario);
    assert!(noted(&long, "singapore", |fact| matches!(fact, Fact::Copied(..))).is_empty());
    assert!(equal(&long));
}

/// What a follower shows before it is flushed may be taken back by a crash, so its log must not begin behind it.
#[test]
fn a_log_is_not_forgotten_before_it_is_on_the_disk() {
    let mut scenario = preset("truncated-log");
    scenario.shards[0].retention = Some(0);
    scenario.shards[0].flush = SimDuration::millis(400);
    scenario.sabotage = vec![Sabotage::ApplyBeforeFlush];
    scenario.script.push(Scheduled { at: SimDuration::millis(700), event: Event::Crash(Target { node: "frankfurt".into() }) });
    scenario.script.push(Scheduled { at: SimDuration::millis(900), event: Event::Restart(Target { node: "frankfurt".into() }) });
    assert!(equal(&run(&scenario)));
}

/// What stands for rows is no key, and a statement stays in the shard of its table: said where the scenario is read.
#[test]
fn names_that_stand_for_rows_are_refused_as_keys() {
    let told = |event: Event| {
        let mut scenario = preset("reused-ids");
        scenario.script.push(Scheduled { at: SimDuration::secs(4), event });
        Run::of(&scenario).expect_err("it is refused").to_string()
    };
    let write =
        |key: &str| Event::Write { client: "Svalbard".into(), key: key.into(), value: Datum::Int(1), at: None, condition: None };
    assert!(told(write("passes/new")).contains("'passes/new' stands for the rows of a table"));
    assert!(told(write("passes/*")).contains("'passes/*' stands for the rows of a table"));
    let update = Event::Update { client: "Svalbard".into(), rows: "p".into(), set: SetSpec::Now };
    assert!(told(update).contains("is in another shard, antennas"));
}

/// A replica with a part of the data must not lead, whoever asks for it.
#[test]
fn half_a_replica_cannot_be_promoted() {
    let mut scenario = preset("new-follower");
    scenario
        .script
        .push(Scheduled { at: SimDuration::millis(2_500), event: Event::Promote(Target { node: "singapore".into() }) });
    let copying = run(&scenario);
    assert!(
        noted(&copying, "singapore", |fact| matches!(fact, Fact::Promoted(..))).is_empty(),
        "it is in the middle of its copy"
    );
    let mut partial = preset("analytics-replica");
    partial.script.push(Scheduled { at: SimDuration::secs(1), event: Event::Promote(Target { node: "ohio".into() }) });
    let error = Run::of(&partial).expect_err("a part of the keys cannot lead");
    assert!(error.to_string().contains("'ohio' keeps only some keys and cannot lead"), "{error}");
}

#[test]
fn shows_the_scenario() {
    if let Some(seed) = std::env::var("SEED").ok().and_then(|text| text.parse().ok()) {
        let text = cluster(seed, &[]).to_json();
        std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).expect("it can be printed");
    }
}

/// A leader introduces itself again and again to a newcomer that it does not hear. The newcomer asks at a steady pace all the same: with
/// a timer more for each introduction, the record of a run grew with the square of its length.
#[test]
fn a_newcomer_that_nobody_hears_asks_at_a_steady_pace() {
    let scenario = parse(
        r#"{ "version": 1, "seed": 1, "until": "31s",
        "shards": [{ "name": "s", "leader": "lead", "followers": ["old", "new"], "failover": { "heartbeat": "100ms" } }],
        "clients": [{ "name": "x" }], "links": [{ "from": "new", "to": "lead", "loss": "100%" }],
        "script": [{ "at": "500ms", "do": { "join": { "node": "new" } } },
                   { "at": "600ms", "do": { "crash": { "node": "lead" } } }, { "at": "700ms", "do": { "restart": { "node": "lead" } } },
                   { "at": "800ms", "do": { "promote": { "node": "lead" } } }] }"#,
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let run = run(&scenario);
    let new = run.plan.node_id("new").expect("a node");
    let sent = |from: u64, to: u64| {
        let within = SimTime(from * 1_000_000)..SimTime(to * 1_000_000);
        let records = run.trace.records.iter().filter(|r| within.contains(&r.at));
        records.filter(|r| matches!(r.what(), What::Sent(sent) if sent.src == new)).count()
    };
    let (early, late) = (sent(1, 11), sent(20, 30));
    assert!(early > 10 && late <= early + early / 5, "{early} messages in ten seconds, and later {late}");
}

/// "No value" would be an answer about the key. A member in initial sync is not readable (MongoDB, "Replica Set Member States":
/// STARTUP2), and a server that restores a base backup does not take connections yet (PostgreSQL, "Log-Shipping Standby Servers").
#[test]
fn a_replica_without_its_first_snapshot_declines_reads() {
    let scenario = |mode: &str| {
        parse(&format!(
            r#"{{ "version": 1, "seed": 1, "until": "8s", "read": {{ "mode": "{mode}" }},
            "shards": [{{ "name": "s", "leader": "lead", "followers": ["old", "new"], "copy": "2s" }}], "clients": [{{ "name": "x" }}],
            "script": [{{ "at": "100ms", "do": {{ "write": {{ "client": "x", "key": "k", "value": 1 }} }} }},
                       {{ "at": "500ms", "do": {{ "join": {{ "node": "new" }} }} }},
                       {{ "at": "1s", "do": {{ "read": {{ "client": "x", "key": "k", "at": "new" }} }} }},
                       {{ "at": "7s", "do": {{ "read": {{ "client": "x", "key": "k", "at": "new" }} }} }}] }}"#
        ))
        .unwrap_or_else(|error| panic!("{error}"))
    };
    let ends = |mode: &str| {
        let run = run(&scenario(mode));
        assert!(run.findings.is_empty(), "{mode}: {:?}", run.findings);
        let end = |n: usize| run.trace.ops[n].end.expect("it is over");
        [end(1), end(2)].map(|end| (end.outcome, end.replica.map(|replica| run.plan.name(replica).to_owned())))
    };
    let [(early, _), (late, by)] = ends("any-follower");
    assert_eq!(early, Outcome::Rejected(Reason::NoReplicaFreshEnough));
    assert!(matches!(late, Outcome::Value { found: Some(_), .. }) && by.as_deref() == Some("new"), "{late:?} by {by:?}");
    let [(early, by), _] = ends("session-consistent");
    assert!(matches!(early, Outcome::Value { found: Some(_), .. }) && by.as_deref() == Some("old"), "{early:?} by {by:?}");
}
