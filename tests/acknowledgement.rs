//! The acknowledgement table, claim by claim: when a rule loses acknowledged writes, and that it does not otherwise.
//!
//! Each test runs one schedule twice: with what the rule does not survive, and with what it does. The rules are those of
//! PostgreSQL's `synchronous_commit` and `synchronous_standby_names`, and of majorities (Ongaro and Ousterhout 2014, section 5.4).

use replicated_telemetry_store::check::Finding;
use replicated_telemetry_store::run::Run;
use replicated_telemetry_store::scenario::{Anomaly, parse};

/// A group of three, flushing takes 30 ms and applying 60, links 10 ms, the one to far 500. Ann writes at 1 s and reads where she is told to.
fn run(shard: &str, script: &str) -> Run {
    let text = format!(
        r#"{{ "version": 1, "seed": 1, "until": "6s",
        "shards": [{{ "name": "s", "leader": "lead", "followers": ["near", "far"], "flush": "30ms", "apply": "60ms", {shard} }}],
        "clients": [{{ "name": "ann" }}, {{ "name": "bob" }}],
        "links": [{{ "from": "*", "to": "*", "latency": {{ "constant": "10ms" }} }},
          {{ "from": "lead", "to": "far", "latency": {{ "constant": "500ms" }} }}],
        "read": {{ "mode": "any-follower" }},
        "script": [ {{ "at": "1s", "do": {{ "write": {{ "client": "ann", "key": "k", "value": "v" }} }} }}, {script} ] }}"#
    );
    Run::of(&parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))).expect("the scenario can be run")
}

fn lost(run: &Run) -> usize {
    run.findings.iter().map(Finding::anomaly).filter(|a| *a == Anomaly::LostAcknowledgedWrite).count()
}

/// When the write was acknowledged, in milliseconds.
fn acknowledged(run: &Run) -> u64 {
    run.trace.ops[0].acknowledged().map(|(_, at)| at.0 / 1_000).expect("the write is acknowledged")
}

const ASYNC: &str = r#""ack": "async""#;
const RECEIVED: &str = r#""ack": { "sync": { "followers": ["near"], "level": "received" } }"#;
const FLUSHED: &str = r#""ack": { "sync": { "followers": ["near"] } }"#;
const APPLIED: &str = r#""ack": { "sync": { "followers": ["near"], "level": "applied" } }"#;

/// The leader dies at this moment, and a follower is promoted a second later.
fn dies(at: &str, successor: &str) -> String {
    format!(
        r#"{{ "at": "{at}", "do": {{ "crash": {{ "node": "lead" }} }} }},
           {{ "at": "2500ms", "do": {{ "promote": {{ "node": "{successor}" }} }} }}"#
    )
}

/// Async: lost if a follower is promoted that has not received the write.
#[test]
fn asynchronous_loses_what_the_promoted_follower_has_not_received() {
    // Dead before anything has reached near.
    let cut = r#"{ "at": "1041ms", "do": { "cut": { "from": "lead", "to": "near" } } },"#;
    let gone = run(ASYNC, &format!("{cut}{}", dies("1100ms", "near")));
    assert_eq!((acknowledged(&gone), lost(&gone)), (1_050, 1));
    let kept = run(ASYNC, &dies("1100ms", "near"));
    assert_eq!((acknowledged(&kept), lost(&kept)), (1_050, 0), "the same crash, but the entry was on its way");
}

/// Received: the acknowledging follower must not lose its memory at the same time.
#[test]
fn received_does_not_survive_a_crash_of_both() {
    // Near confirms what it has received at 1.05 s, and has it on disk 30 ms later.
    let both = r#"{ "at": "1065ms", "do": { "crash": { "node": "near" } } }, { "at": "1500ms", "do": { "restart": { "node": "near" } } },"#;
    let gone = run(RECEIVED, &format!("{both}{}", dies("1065ms", "near")));
    assert_eq!((acknowledged(&gone), lost(&gone)), (1_070, 1));
    let kept = run(RECEIVED, &dies("1065ms", "near"));
    assert_eq!((acknowledged(&kept), lost(&kept)), (1_070, 0), "the leader alone may die");
}

/// Flushed: survives a crash of both; the wrong successor does not have it.
#[test]
fn flushed_survives_a_crash_of_both_and_not_the_wrong_successor() {
    let both = r#"{ "at": "1100ms", "do": { "crash": { "node": "near" } } }, { "at": "1500ms", "do": { "restart": { "node": "near" } } },"#;
    let kept = run(FLUSHED, &format!("{both}{}", dies("1100ms", "near")));
    assert_eq!((acknowledged(&kept), lost(&kept)), (1_100, 0));
    // The wrong one is promoted before the entry has reached it, and is cut off from what is still under way.
    let cut = r#"{ "at": "1101ms", "do": { "cut": { "from": "lead", "to": "far" } } },"#;
    let gone = run(FLUSHED, &format!("{cut}{}", dies("1101ms", "far")));
    assert_eq!((acknowledged(&gone), lost(&gone)), (1_100, 1));
}

/// Applied: the same durability, and a read at that follower sees the write from the acknowledgement on.
#[test]
fn applied_is_seen_at_the_follower_and_flushed_is_not_yet() {
    let stale = |run: &Run| run.findings.iter().any(|f| f.anomaly() == Anomaly::ReadYourWrites);
    // Whichever rule: read as soon as the acknowledgement has arrived.
    let read = |at: &str| format!(r#"{{ "at": "{at}", "do": {{ "read": {{ "client": "ann", "key": "k", "at": "near" }} }} }}"#);
    let flushed = run(FLUSHED, &read("1100ms"));
    assert_eq!(acknowledged(&flushed), 1_100);
    assert!(stale(&flushed), "on near's disk, and not yet applied there");
    let applied = run(APPLIED, &read("1160ms"));
    assert_eq!(acknowledged(&applied), 1_160);
    assert!(!stale(&applied), "{:?}", applied.findings);
    let both = r#"{ "at": "1160ms", "do": { "crash": { "node": "near" } } }, { "at": "1500ms", "do": { "restart": { "node": "near" } } },"#;
    assert_eq!(lost(&run(APPLIED, &format!("{both}{}", dies("1160ms", "near")))), 0);
}

/// Any k of n: n-k+1 candidates must be consulted. Here k = 1 of 2, so both; one alone may lack the write.
#[test]
fn any_one_of_two_asks_for_both_candidates() {
    let shard = |consulted: u32| {
        format!(
            r#""ack": {{ "sync": {{ "followers": ["near", "far"], "selection": "any" }} }},
            "failover": {{ "policy": "automatic-best", "timeout": "700ms", "quorum": {{ "followers": {consulted} }} }}"#
        )
    };
    // Near, which has the write, is away while far looks for a leader.
    let script = r#"{ "at": "1101ms", "do": { "cut": { "from": "lead", "to": "*" } } },
        { "at": "1101ms", "do": { "crash": { "node": "lead" } } },
        { "at": "1150ms", "do": { "pause": { "node": "near" } } }, { "at": "4s", "do": { "resume": { "node": "near" } } }"#;
    let gone = run(&shard(1), script);
    assert_eq!((acknowledged(&gone), lost(&gone)), (1_100, 1), "far promoted itself: {:?}", gone.takeovers);
    let kept = run(&shard(2), script);
    assert_eq!((acknowledged(&kept), lost(&kept)), (1_100, 0));
    assert!(kept.takeovers.iter().all(|t| t.at.0 > 4_000_000), "nobody leads before near is back: {:?}", kept.takeovers);
}

/// A majority of three, the leader included: the new leader must be the best of a majority, not just any member of it.
#[test]
fn a_majority_must_choose_its_best_member() {
    let shard = |policy: &str| {
        format!(
            r#""ack": {{ "sync": {{ "followers": ["near", "far"], "selection": "any" }} }},
            "failover": {{ "policy": "{policy}", "timeout": "700ms", "quorum": "majority" }}"#
        )
    };
    // Far hears of the leader later, so it suspects later; near is frozen until far has begun to ask.
    let script = r#"{ "at": "1101ms", "do": { "cut": { "from": "lead", "to": "*" } } },
        { "at": "1101ms", "do": { "crash": { "node": "lead" } } },
        { "at": "1150ms", "do": { "pause": { "node": "near" } } }, { "at": "2100ms", "do": { "resume": { "node": "near" } } }"#;
    let gone = run(&shard("automatic-any"), script);
    assert_eq!((acknowledged(&gone), lost(&gone)), (1_100, 1), "{:?}", gone.takeovers);
    let kept = run(&shard("automatic-best"), script);
    assert_eq!((acknowledged(&kept), lost(&kept)), (1_100, 0), "{:?}", kept.takeovers);
    assert!(!kept.takeovers.is_empty(), "somebody leads again");
}

/// Trap C-7: a rule that falls back protects nothing from then on, and the run says when.
#[test]
fn a_rule_that_fell_back_loses_what_it_would_have_kept() {
    let shard = |on_loss: &str| format!(r#""ack": {{ "sync": {{ "followers": ["near"], "on_loss": {on_loss} }} }}"#);
    let script = format!(
        r#"{{ "at": "900ms", "do": {{ "crash": {{ "node": "near" }} }} }}, {{ "at": "2s", "do": {{ "restart": {{ "node": "near" }} }} }},
        {{ "at": "1500ms", "do": {{ "cut": {{ "from": "lead", "to": "*" }} }} }}, {}"#,
        dies("1600ms", "near")
    );
    let gone = run(&shard(r#"{ "fall-back-to-async": "200ms" }"#), &script);
    assert_eq!(lost(&gone), 1);
    let kept = run(&shard(r#""block""#), &script);
    assert_eq!(lost(&kept), 0);
    assert!(kept.trace.ops[0].acknowledged().is_none(), "it blocks: the write is never acknowledged");
}

/// Trap C-6: visible before it is acknowledged (MySQL's AFTER_COMMIT), a value can be read and then be gone.
#[test]
fn what_is_visible_before_its_acknowledgement_can_vanish() {
    let shard = |visibility: &str| format!(r#"{FLUSHED}, "visibility": "{visibility}""#);
    let script = format!(
        r#"{{ "at": "990ms", "do": {{ "cut": {{ "from": "lead", "to": "near" }} }} }},
        {{ "at": "1200ms", "do": {{ "read": {{ "client": "bob", "key": "k", "mode": "leader" }} }} }}, {}"#,
        dies("1300ms", "near")
    );
    let dirty = |visibility: &str| {
        let found = run(&shard(visibility), &script).findings;
        found.iter().filter(|f| f.anomaly() == Anomaly::DirtyThenLost).count()
    };
    assert_eq!(dirty("flushed"), 1);
    assert_eq!(dirty("acknowledged"), 0);
}
